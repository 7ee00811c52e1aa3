"""A customer's server that may be killed: `python -m tests.peers.event_receiver --port 9000 --journal events.jsonl`.

What it answered with a 200 it had written to disk before. It takes its time, so that whoever sends may die meanwhile.
"""

import argparse
import json
import os
import time
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REPLY_S = 0.2


class Handler(BaseHTTPRequestHandler):
    """One request."""

    journal: Path

    def do_POST(self) -> None:
        """Something has happened."""
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:  # the sender died over it
            self.close_connection = True
            return
        event = {"id": self.headers["webhook-id"], "path": self.path, "digest": sha256(body).hexdigest()}
        self._keep(event)
        time.sleep(REPLY_S)
        self._answer("{}")

    def do_GET(self) -> None:
        """A function is called."""
        self._answer('{"soup": "of the day"}')

    def _keep(self, event: dict[str, str]) -> None:
        with self.journal.open("ab") as file:
            file.write(json.dumps(event).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _answer(self, body: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--journal", type=Path, required=True)
    given = parser.parse_args()
    Handler.journal = given.journal
    ThreadingHTTPServer(("127.0.0.1", given.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
