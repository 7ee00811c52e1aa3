"""A customer's web server: answers what a test says, and keeps what it was asked."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callcore.errors import RequestFailed
from callcore.opening.plan import Prefetched, PrefetchRequest
from tests.peers.web import serving


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class CustomerWeb:
    """A running server; `replies` may be changed while it runs."""

    origin: str = ""
    replies: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Status and body by path; every other path is answered by an empty JSON object."""
    asked: list[Asked] = field(default_factory=list)
    reply_s: float = 0.0
    """How long it thinks."""

    def url(self, path: str) -> str:
        """Of a path."""
        return self.origin + path

    async def answer(self, request: Request) -> Response:
        """Keep the request, say what was wanted."""
        path = request.url.path
        asked = Asked(request.method, path, dict(request.query_params), dict(request.headers), await request.body())
        self.asked.append(asked)
        await asyncio.sleep(self.reply_s)
        status, body = self.replies.get(path, (200, "{}"))
        return Response(body, status, media_type="application/json")


@contextmanager
def customer_web() -> Iterator[CustomerWeb]:
    """On a free loopback port."""
    web = CustomerWeb()
    routes = [Route("/{path:path}", web.answer, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])]
    with serving(Starlette(routes=routes)) as origin:
        web.origin = origin
        yield web


class NoPrefetch:
    """No customer's server answers."""

    async def fetch(self, request: PrefetchRequest) -> Prefetched:
        """Never asked: no agent here has one."""
        raise RequestFailed("no connection to the host")
