"""The API's description: `PYTHONPATH=functions python -m api.openapi > functions/api/openapi.json`."""

import json
import sys

from api.app import described_app


def document() -> str:
    """OpenAPI 3.1 as a text that only changes when the API does."""
    return json.dumps(described_app().openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
