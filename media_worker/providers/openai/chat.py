"""Chat completions as they stream: OpenAI's, and those of every server that speaks its protocol."""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx2

from callcore.errors import ProviderError, ProviderFailure
from callcore.jsontext import to_json
from media_worker.ports.llm import LlmCapabilities, ReplyEvent, ReplyRequest
from media_worker.providers.models import reasoning_effort
from media_worker.providers.openai.failures import error_of, refusal
from media_worker.providers.openai.reading import ReplyReader
from media_worker.providers.openai.request import DISPENSABLE, Dialect, body_of, refused_field
from media_worker.providers.vendor_http import CONNECT_S, ReadyConnection, body_within, told_as_ours
from media_worker.providers.vendors import Access

LAST_BYTES_S = 0.25
"""Of a reply that has said that it is over."""
_CLOSED_BEFORE = (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)
_BAD_REQUEST = frozenset({400, 422})


class ChatModel:
    """A language model behind one server; serves all sessions of the process."""

    def __init__(
        self, http: httpx2.AsyncClient, access: Access, provider: str, dialect: Dialect, first_byte_s: float
    ) -> None:
        """`provider` is its name in errors."""
        self._http = http
        self._access = access
        self._provider = provider
        self._dialect = dialect
        self._timeout = httpx2.Timeout(first_byte_s, connect=CONNECT_S, pool=CONNECT_S)
        self._refused: defaultdict[str, set[str]] = defaultdict(set)
        """The fields that the server takes not from us, by model: learned from its refusals."""
        self._only_model: str | None = None
        self._connection = ReadyConnection(http, access.http_url)

    @property
    def capabilities(self) -> LlmCapabilities:
        """A reply that is left costs what it has said so far."""
        return LlmCapabilities(discardable=True)

    async def prepare(self) -> None:
        """Have a connection open."""
        await self._connection.open()

    @asynccontextmanager
    async def reply(self, request: ReplyRequest) -> AsyncIterator[AsyncIterator[ReplyEvent]]:
        """The reply; leaving it closes the connection, which stops the server."""
        async with aclosing(self._events(request)) as events:
            yield events

    async def _events(self, request: ReplyRequest) -> AsyncGenerator[ReplyEvent]:
        with told_as_ours(self._provider):
            model = request.llm.model or await self._served_model()
            effort = reasoning_effort(self._provider, model)
            for _ in range(len(DISPENSABLE)):
                body = body_of(request, model, self._dialect, self._refused[model], effort)
                async with self._asked(body) as response:
                    if response.status_code != httpx2.codes.OK:
                        self._learn(model, body, response, await body_within(response))
                        continue
                    async for event in self._read(response, [tool.name for tool in request.tools]):
                        yield event
                    return
        raise ProviderError(self._provider, ProviderFailure.REJECTED, "it refuses every form of the request")

    async def _read(self, response: httpx2.Response, offered: Collection[str]) -> AsyncIterator[ReplyEvent]:
        reader = ReplyReader(self._provider, offered)
        pieces = response.aiter_raw()
        async for data in pieces:
            for event in reader.feed(data):
                yield event
            if reader.done:
                break
        for event in reader.finish():
            yield event
        self._connection.used()
        # A connection whose reply was read to its end can be used again.
        with contextlib.suppress(TimeoutError, httpx2.HTTPError):
            async with asyncio.timeout(LAST_BYTES_S):
                async for _ in pieces:
                    pass

    @asynccontextmanager
    async def _asked(self, body: Mapping[str, Any]) -> AsyncIterator[httpx2.Response]:
        """The response to a request; once more when a connection that was kept turns out to be closed."""
        url, content = f"{self._access.http_url}/chat/completions", to_json(dict(body)).encode()
        request = self._http.build_request("POST", url, content=content, headers=self._headers, timeout=self._timeout)
        try:
            response = await self._http.send(request, stream=True)
        except _CLOSED_BEFORE:
            response = await self._http.send(request, stream=True)
        try:
            yield response
        finally:
            await response.aclose()

    def _learn(self, model: str, body: Mapping[str, Any], response: httpx2.Response, said: bytes) -> None:
        """Returns when another request, without a field of this one, may do. Raises ProviderError."""
        field = refused_field(error_of(said), body) if response.status_code in _BAD_REQUEST else None
        if field is None:
            raise refusal(self._provider, response.status_code, response.headers, said)
        self._refused[model].add(field)

    async def _served_model(self) -> str:
        """What a server of one's own serves, when nobody says which model is wanted: the first of its list."""
        if self._only_model is None:
            url = f"{self._access.http_url}/models"
            response = await self._http.get(url, headers=self._headers, timeout=self._timeout)
            if response.status_code != httpx2.codes.OK:
                raise refusal(self._provider, response.status_code, response.headers, response.content)
            self._only_model = _first_of(response.content)
        if not self._only_model:
            raise ProviderError(self._provider, ProviderFailure.REJECTED, "it serves no model")
        return self._only_model

    @property
    def _headers(self) -> dict[str, str]:
        # A compressed stream would be held back until there is enough of it.
        headers = {"content-type": "application/json", "accept-encoding": "identity"}
        key = self._access.api_key
        return {**headers, "authorization": f"Bearer {key}"} if key else headers


def _first_of(listed: bytes) -> str:
    try:
        return str(json.loads(listed)["data"][0]["id"])
    except (ValueError, LookupError, TypeError):
        return ""
