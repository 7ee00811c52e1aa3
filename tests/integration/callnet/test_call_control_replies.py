"""What becomes of the replies that a worker, or whatever stands before it, may give to a command."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from callcore.errors import CallError, Conflict, LimitExceeded, NotFound, WorkerUnreachable
from callcore.ids import AccountId, SessionId
from callcore.wire.jobs import COMMANDS_PATH, Done, Inject, Job, Terminate
from callnet.call_control import MAX_REPLY_BYTES, HttpCallControl

ANN, S1 = AccountId("acc_ann"), SessionId("s-1")


class Worker(HTTPServer):
    """Gives one reply and keeps the request."""

    reply: tuple[int, bytes] = (200, b'{"worker_id": "w-1"}')
    path = ""
    proof: str | None = None
    body = b""


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        worker = self.server
        assert isinstance(worker, Worker)
        worker.path, worker.proof = self.path, self.headers["proof"]
        worker.body = self.rfile.read(int(self.headers["content-length"]))
        status, content = worker.reply
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def worker() -> Iterator[Worker]:
    with Worker(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def control(worker: Worker, *, forwarding: bool = False) -> HttpCallControl:
    url = f"http://127.0.0.1:{worker.server_port}"
    return HttpCallControl(lambda *_: url, lambda *request: {"proof": request[0] + request[1]}, forwarding)


@pytest.mark.parametrize("forwarding", [False, True])
@pytest.mark.parametrize("command", [Terminate(), Terminate(message="Bye é"), Inject(message="News.")])
def test_a_command_arrives_with_its_proof(worker: Worker, command: Terminate | Inject, forwarding: bool) -> None:
    assert control(worker, forwarding=forwarding).send(ANN, S1, command) == Done(worker_id="w-1")
    assert (worker.path, worker.proof) == (COMMANDS_PATH, f"POST{COMMANDS_PATH}")
    expected = Job(account_id=ANN, session_id=S1, command=command, forwarded=forwarding)
    assert Job.model_validate_json(worker.body) == expected


@pytest.mark.parametrize(
    ("status", "content", "error", "message"),
    [
        (404, json.dumps({"message": "x"}).encode(), NotFound, "call s-1 was not found"),
        (409, json.dumps({"message": "call s-1 is not going on"}).encode(), Conflict, "call s-1 is not going on"),
        (429, json.dumps({"message": "8 wait"}).encode(), LimitExceeded, "8 wait"),
        (401, json.dumps({"message": "the request is not signed"}).encode(), WorkerUnreachable, None),
        (503, json.dumps({"message": "lost"}).encode(), WorkerUnreachable, None),
        (502, b"<html>Bad Gateway</html>", WorkerUnreachable, None),
        (404, b"", WorkerUnreachable, None),
        (200, b"{}", WorkerUnreachable, None),
        (200, b'{"worker_id": "w-1"' + b" " * MAX_REPLY_BYTES + b"}", WorkerUnreachable, None),
    ],
)
def test_every_other_reply_is_an_error_that_says_what_to_do(
    worker: Worker, status: int, content: bytes, error: type[CallError], message: str | None
) -> None:
    worker.reply = (status, content)
    with pytest.raises(error) as failure:
        control(worker).send(ANN, S1, Terminate())
    assert message is None or str(failure.value) == message


def test_nobody_listens() -> None:
    lost = HttpCallControl(lambda *_: "http://127.0.0.1:9", lambda *_: {})
    with pytest.raises(WorkerUnreachable, match="s-1"):
        lost.send(ANN, S1, Terminate())
