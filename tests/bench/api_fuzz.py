"""Hostile requests to every REST path of a running stack, made by schemathesis from the committed description.

    make fuzz                # 200 seconds
    make fuzz SECONDS=3600

Fails on a server error, a status or a body that openapi.json does not describe. Repeatable but for the ids that the
stack gives: the seed is printed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from tests.e2e.stack import REPOSITORY, Stack, running

SCHEMATHESIS = REPOSITORY / ".venv-fuzz/bin/schemathesis"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
REQUESTS_PER_S = 45
"""Below what one key is granted (50 a second), so that 429 is not all that is seen."""


def made(stack: Stack, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What a POST with the private key made."""
    headers = {"Authorization": stack.connection["private_key"]}
    request = urllib.request.Request(stack.connection["api_url"] + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as reply:
        made_now: dict[str, Any] = json.load(reply)
    return made_now


def settings(stack: Stack) -> str:
    """Ids that exist, so that the paths behind them are reached."""
    phone = "+15550001111"
    made(stack, "/phones/import", {"provider": "twilio", "phone": phone})
    ids = {
        "agent_id": stack.connection["agent_id"],
        "campaign_id": made(stack, "/campaigns", {"name": "Fuzz"})["id"],
        "session_id": made(stack, "/register_call", {"agent_id": stack.connection["agent_id"]})["session_id"],
        "phone": phone,
    }
    return "[parameters]\n" + "".join(f'"path.{name}" = {json.dumps(value)}\n' for name, value in ids.items())


def main() -> int:
    """The exit code of schemathesis."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "stack") as stack:
        configuration = Path(folder) / "schemathesis.toml"
        configuration.write_text(settings(stack))
        command: list[str | Path] = [SCHEMATHESIS, "--config-file", configuration, "run"]
        command += [REPOSITORY / "functions/api/openapi.json", "--url", stack.connection["api_url"]]
        command += ["-H", f"Authorization: {stack.connection['private_key']}"]
        command += ["--rate-limit", f"{REQUESTS_PER_S}/s", "--phases", "coverage,fuzzing", "--checks", CHECKS]
        command += ["--max-examples", "100000", "--max-time", str(wanted.seconds), "--seed", str(wanted.seed)]
        return subprocess.run(command, cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
