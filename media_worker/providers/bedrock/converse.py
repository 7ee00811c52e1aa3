"""Amazon Bedrock's ConverseStream for every model behind it.

Signed here and sent with httpx2: botocore's client would hold a thread for every reply, and cannot be left before the
first bytes (providers.md 0, 6).
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any
from urllib.parse import quote

import httpx2

from callcore.errors import ProviderError, ProviderFailure
from callcore.jsontext import to_json
from media_worker.ports.llm import LlmCapabilities, ReplyEvent, ReplyRequest
from media_worker.providers.aws.failures import message_of, refusal
from media_worker.providers.aws.signing import Signer
from media_worker.providers.bedrock.reading import ReplyReader
from media_worker.providers.bedrock.request import DISPENSABLE, body_of, refused_field
from media_worker.providers.models import default_model, reasoning_effort
from media_worker.providers.registry import Resources
from media_worker.providers.vendor_http import CONNECT_S, ReadyConnection, body_within, told_as_ours
from media_worker.providers.vendors import Vendor

PROVIDER = "bedrock"
FIRST_BYTE_S = 5.0
"""So long a request may stay without an answer."""


class ConverseModel:
    """The models of one region; serves all sessions of the process."""

    def __init__(self, http: httpx2.AsyncClient, url: str, signer: Signer, first_byte_s: float = FIRST_BYTE_S) -> None:
        self._http = http
        self._url = url
        self._signer = signer
        self._timeout = httpx2.Timeout(first_byte_s, connect=CONNECT_S, pool=CONNECT_S)
        self._refused: defaultdict[str, set[str]] = defaultdict(set)
        """The fields that a model does not take, learned from its refusals."""
        self._connection = ReadyConnection(http, url)

    @property
    def capabilities(self) -> LlmCapabilities:
        """A reply that is left costs what it has said so far."""
        return LlmCapabilities(discardable=True)

    async def prepare(self) -> None:
        """Have a connection open, and credentials at hand."""
        await asyncio.gather(self._connection.open(), self._signer.prepare())

    @asynccontextmanager
    async def reply(self, request: ReplyRequest) -> AsyncIterator[AsyncIterator[ReplyEvent]]:
        """The reply; leaving it closes the connection, which stops the model."""
        async with aclosing(self._events(request)) as events:
            yield events

    async def _events(self, request: ReplyRequest) -> AsyncGenerator[ReplyEvent]:
        model = request.llm.model or default_model(PROVIDER) or ""
        effort = reasoning_effort(PROVIDER, model)
        reader = ReplyReader(PROVIDER, [tool.name for tool in request.tools])
        with told_as_ours(PROVIDER):
            for _ in range(len(DISPENSABLE) + 1):
                body = body_of(request, effort, self._refused[model])
                async with self._asked(model, body) as response:
                    if response.status_code != httpx2.codes.OK:
                        self._learn(model, body, response, await body_within(response))
                        continue
                    async for data in response.aiter_raw():
                        for event in reader.feed(data):
                            yield event
                    for event in reader.finish():
                        yield event
                    self._connection.used()
                    return
        raise ProviderError(PROVIDER, ProviderFailure.REJECTED, "it refuses every form of the request")

    @asynccontextmanager
    async def _asked(self, model: str, body: Mapping[str, Any]) -> AsyncIterator[httpx2.Response]:
        url = f"{self._url}/model/{quote(model, safe='')}/converse-stream"
        content = to_json(dict(body)).encode()
        headers = await self._signer.headers("POST", url, content, {"Content-Type": "application/json"})
        headers["Accept-Encoding"] = "identity"
        async with self._http.stream("POST", url, content=content, headers=headers, timeout=self._timeout) as response:
            yield response

    def _learn(self, model: str, body: Mapping[str, Any], response: httpx2.Response, said: bytes) -> None:
        """Returns when another request, without a field of this one, may do. Raises ProviderError."""
        is_complaint = response.status_code == httpx2.codes.BAD_REQUEST
        field = refused_field(message_of(said), body) if is_complaint else None
        if field is None:
            raise refusal(PROVIDER, response.status_code, response.headers)
        self._refused[model].add(field)


def create(resources: Resources) -> ConverseModel:
    """The models that this process's credentials reach."""
    access = resources.vendors.need(Vendor.AWS)
    url = access.http_url or f"https://bedrock-runtime.{access.region}.amazonaws.com"
    return ConverseModel(resources.http, url, Signer("bedrock", access.region))
