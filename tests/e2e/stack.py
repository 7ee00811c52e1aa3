"""The local stack as its user starts it: a process that prints how to reach it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.peers.ports import lasting_ports

REPOSITORY = Path(__file__).parents[2]
START_S = 100


@dataclass
class Stack:
    """A running `python -m infra.local`."""

    process: subprocess.Popen[str]
    data_dir: Path
    connection: Mapping[str, str]

    def get(self, path: str, *, base: str | None = None, key: str | None = None) -> Any:
        """The JSON reply to a GET with the private key. Raises HTTPError."""
        headers = {"Authorization": key or self.connection["private_key"]}
        request = urllib.request.Request((base or self.connection["api_url"]) + path, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)

    def download(self, url: str, part: str | None = None) -> bytes:
        """What is at an address that needs no key; only the `part` that a Range header names."""
        request = urllib.request.Request(url, headers={} if part is None else {"Range": part})
        with urllib.request.urlopen(request, timeout=30) as reply:
            content: bytes = reply.read()
            return content

    def ended_call(self, session_id: str, within_s: float = 40) -> Mapping[str, Any]:
        """The call's record, once the call has ended."""
        give_up = time.monotonic() + within_s
        while time.monotonic() < give_up:
            call: Mapping[str, Any] = self.get(f"/call-logs/{session_id}")
            if call["call_status"] != "in-progress":
                return call
            time.sleep(0.1)
        raise TimeoutError(f"the call {session_id} did not end")

    @property
    def media_http(self) -> str:
        """The media port over HTTP."""
        return self.connection["media_url"].removesuffix("/millis").replace("ws", "http", 1)

    def worker_process_id(self) -> int:
        """Of the media worker, whose parent is the stack's process."""
        for found in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # others come and go
                parent = int((found / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == self.process.pid and b"infra.local.media_process" in (found / "cmdline").read_bytes():
                    return int(found.name)
        raise LookupError("the stack has no worker")

    def stop(self) -> str:
        """Ctrl-C; what the stack wrote."""
        self.process.send_signal(signal.SIGINT)
        return self.process.communicate(timeout=60)[0]

    def kill(self) -> None:
        """kill -9 of the supervisor alone; its children must follow by themselves."""
        self.process.kill()
        self.process.communicate(timeout=30)


def start(
    data_dir: Path, *options: str, environment: Mapping[str, str] = MappingProxyType({})
) -> subprocess.Popen[str]:
    """`python -m infra.local` on free ports, as somebody without a vendor's key starts it; `environment` is added."""
    http_port, media_port = map(str, lasting_ports(2))
    ports = () if "--http-port" in options else ("--http-port", http_port, "--media-port", media_port)
    inherited = {
        # Tests of AWS leave credentials behind, and a developer has keys: with them vendors would serve.
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_") and "_API_KEY" not in name},
        **environment,
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "functions"), str(REPOSITORY)]),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "infra.local", "--data-dir", str(data_dir), *ports, *options],
        cwd=REPOSITORY,
        env=inherited,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def running(data_dir: Path, *options: str, environment: Mapping[str, str] = MappingProxyType({})) -> Iterator[Stack]:
    """A stack that answers; leaving the context stops it."""
    process = start(data_dir, *options, environment=environment)
    try:
        stack = Stack(process, data_dir, _wait_until_ready(process, data_dir))
        yield stack
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def _wait_until_ready(process: subprocess.Popen[str], data_dir: Path) -> Mapping[str, str]:
    give_up = time.monotonic() + START_S
    while time.monotonic() < give_up:
        if process.poll() is not None:
            raise RuntimeError(f"the stack ended: {process.communicate()[0]}")
        try:
            connection: Mapping[str, str] = json.loads((data_dir / "connection.json").read_text())
            media_http = connection["media_url"].removesuffix("/millis").replace("ws", "http", 1)
            for url in (connection["api_url"], media_http):
                urllib.request.urlopen(url + "/health", timeout=2).close()
            return connection
        except (OSError, ValueError, urllib.error.URLError):
            time.sleep(0.1)
    raise RuntimeError("the stack did not become ready")
