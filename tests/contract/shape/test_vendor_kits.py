"""A worker that speaks through vendors imports none of their kits: they cost a start more than all of ours."""

import pytest

from tests.bench.import_weight import ACCOUNT, KEYS, OF_AWS, VENDORS, WORKER, loaded

KITS = {"openai", "deepgram", "elevenlabs", "cartesia", "anthropic", "boto3", "aiobotocore"}


@pytest.mark.parametrize(
    ("adapters", "environment", "none_of"),
    [
        (VENDORS, KEYS, KITS | {"botocore"}),
        ((*VENDORS, *OF_AWS), KEYS | ACCOUNT, KITS),
    ],
)
def test_a_worker_with_vendors_imports_no_kit_of_theirs(
    adapters: tuple[tuple[str, str], ...], environment: dict[str, str], none_of: set[str]
) -> None:
    _, modules = loaded(WORKER, adapters, environment)
    assert {name.partition(".")[0] for name in modules} & none_of == set()
    assert "media_worker.providers.openai.chat" in modules
