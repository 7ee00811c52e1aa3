"""Lambda's runtime API on a loopback port, with the real runtime client as its child (awslambdaric)."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

TIMEOUT_S = 30.0
_API = "/2018-06-01/runtime"
_RUNTIME_BRINGS = (
    "awslambdaric", "simplejson", "snapshot_restore_py", "runtime_client",
    "boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six",
)  # fmt: skip
"""What stands in the managed runtime beside the artifact."""
_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:parley"


def make_runtime(folder: Path) -> Path:
    """A folder with what the managed runtime brings, and with nothing else of our environment."""
    for name in _RUNTIME_BRINGS:
        spec = find_spec(name)
        assert spec is not None, name
        origin = Path(spec.submodule_search_locations[0] if spec.submodule_search_locations else str(spec.origin))
        (folder / origin.name).symlink_to(origin)
    return folder


class FunctionError(Exception):
    """The function answered with an error: its type and its message."""


@dataclass
class _Turn:
    """One invocation."""

    event: bytes
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    done: threading.Event = field(default_factory=threading.Event)
    reply: Any = None
    failed: bool = False
    took_s: float = 0.0


class _Api(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.turns: queue.Queue[_Turn] = queue.Queue()
        self.open: dict[str, _Turn] = {}
        self.ready = threading.Event()
        self.ready_at = 0.0
        self.init_error: Any = None
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A killed child breaks its connection; nothing else happens here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet a response
    disable_nagle_algorithm = True
    server: _Api

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        if self.path == f"{_API}/restore/next":  # what is loaded now would be in the snapshot; at once it is restored
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        assert self.path == f"{_API}/invocation/next", self.path
        if not self.server.ready.is_set():
            self.server.ready_at = time.perf_counter()
            self.server.ready.set()
        turn = self.server.turns.get()
        self.server.open[turn.request_id] = turn
        self.send_response(200)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(turn.event)),
            "Lambda-Runtime-Aws-Request-Id": turn.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + TIMEOUT_S) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": _ARN,
            "Lambda-Runtime-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(turn.event)

    def do_POST(self) -> None:
        at = time.perf_counter()
        body = json.loads(self._body() or b"null")
        *_, request_id, what = self.path.split("/")
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        if request_id == "init":
            self.server.init_error = body
            self.server.ready.set()
            return
        turn = self.server.open.pop(request_id)
        turn.reply, turn.failed, turn.took_s = body, what == "error", at - turn.took_s
        turn.done.set()

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)


class LambdaFunction:
    """A function that runs; one invocation at a time."""

    def __init__(self, api: _Api, init_s: float, init_cpu_s: float, log: Path) -> None:
        self._api = api
        self._log = log
        self.init_s = init_s
        """From the start of its process to the first question for an event."""
        self.init_cpu_s = init_cpu_s
        """What of it the processor worked: on a machine that others load too, this can be compared."""
        self.took_s = 0.0
        """The last invocation."""

    def invoke(self, event: Any) -> Any:
        """What the function returns. Raises FunctionError."""
        turn = _Turn(json.dumps(event).encode())
        turn.took_s = time.perf_counter()
        self._api.turns.put(turn)
        assert turn.done.wait(TIMEOUT_S), self.log()
        self.took_s = turn.took_s
        if turn.failed:
            raise FunctionError(f"{turn.reply['errorType']}: {turn.reply['errorMessage']}")
        return turn.reply

    def log(self) -> str:
        """What it has written so far."""
        return self._log.read_text()


@contextmanager
def running(
    handler: str, artifact: Path, runtime: Path, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[LambdaFunction]:
    """The function in a process of its own, as Lambda starts it; it ends with the block.

    Raises FunctionError when its module cannot be loaded.
    """
    with _Api() as api, log.open("wb") as output:
        threading.Thread(target=api.serve_forever, daemon=True).start()
        begun = time.perf_counter()
        child = subprocess.Popen(
            # -S: nothing of our environment; -u as the managed runtime's streams.
            [sys.executable, "-S", "-u", "-m", "awslambdaric", handler],
            cwd=artifact,
            env=_environment(handler, api.server_port, artifact, runtime) | dict(environment or {}),
            stdout=output,
            stderr=output,
        )
        try:
            assert api.ready.wait(TIMEOUT_S), log.read_text()
            if api.init_error is not None:
                raise FunctionError(f"{api.init_error['errorType']}: {api.init_error['errorMessage']}")
            yield LambdaFunction(api, api.ready_at - begun, _cpu_s(child.pid), log)
        finally:
            child.kill()
            child.wait()
            api.shutdown()


def _cpu_s(pid: int) -> float:
    # clock_getcpuclockid(3) as Linux makes the number: the process, with all its threads, to the nanosecond.
    return time.clock_gettime((~pid << 3) | 2)


def _environment(handler: str, port: int, artifact: Path, runtime: Path) -> dict[str, str]:
    return {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "_HANDLER": handler,
        "LAMBDA_TASK_ROOT": str(artifact),
        "PYTHONPATH": os.pathsep.join((str(artifact), str(runtime))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_LAMBDA_FUNCTION_NAME": "parley",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/parley",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/20/[$LATEST]0",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "HOME": "/tmp",
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
    }
