"""AWS on loopback in a process of its own: `python -m tests.peers.aws_process` prints its environment as JSON.

It serves until its standard input is closed.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from infra.local.settings import REPOSITORY
from tests.peers.aws import CREDENTIALS, ENDPOINT, serve_aws


@contextmanager
def aws_process() -> Iterator[Mapping[str, str]]:
    """What boto3 must find in its environment to be led there."""
    serving = subprocess.Popen(
        [sys.executable, "-m", "tests.peers.aws_process"],
        env=os.environ | {"PYTHONPATH": f"{REPOSITORY / 'functions'}{os.pathsep}{REPOSITORY}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert serving.stdout is not None
    try:
        yield json.loads(serving.stdout.readline())
    finally:
        serving.communicate()


if __name__ == "__main__":
    serve_aws()
    print(json.dumps({name: os.environ[name] for name in (*CREDENTIALS, ENDPOINT)}), flush=True)
    sys.stdin.read()
