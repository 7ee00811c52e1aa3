"""Two accounts, their keys, and a caller of the API who holds one."""

import json
from dataclasses import dataclass
from typing import Any

from starlette.testclient import TestClient

from tests.peers.accounts import BOBS, PRIVATE, PUBLIC

__all__ = ["API_URL", "BOBS", "PRIVATE", "PUBLIC", "Caller"]
API_URL = "https://api.example"
"""Where the API is, as people are told."""


@dataclass(frozen=True)
class Caller:
    """Sends requests with a key; a reply is its status and its JSON. A body of None is no body, one of ... is null."""

    client: TestClient
    key: str | None = PRIVATE

    def send(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        headers = {} if self.key is None else {"authorization": self.key}
        content = None if body is None else json.dumps(None if body is ... else body)
        reply = self.client.request(method, path, headers=headers, content=content)
        assert reply.headers["content-type"] == "application/json"
        return reply.status_code, reply.json()

    def get(self, path: str) -> tuple[int, Any]:
        return self.send("GET", path)

    def post(self, path: str, body: object = None) -> tuple[int, Any]:
        return self.send("POST", path, body)

    def put(self, path: str, body: object = None) -> tuple[int, Any]:
        return self.send("PUT", path, body)

    def delete(self, path: str) -> tuple[int, Any]:
        return self.send("DELETE", path)
