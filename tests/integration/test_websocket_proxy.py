"""The WebSocket proxy between a real client and a real server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from infra.local.websocket_proxy import MAX_MESSAGE_BYTES, WebSocketProxy
from tests.peers.asgi_server import serving


class Worker:
    """Echoes; a text `close CODE` closes; remembers how it was reached and left."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self.closes: list[tuple[int, str]] = []
        self.gone = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            return
        self.scopes.append(scope)
        await receive()
        subprotocol = scope["subprotocols"][0] if scope["subprotocols"] else None
        await send({"type": "websocket.accept", "subprotocol": subprotocol})
        while (message := await receive())["type"] != "websocket.disconnect":
            text = message.get("text")
            if text is not None and text.startswith("close "):
                await send({"type": "websocket.close", "code": int(text[6:]), "reason": "as asked"})
            elif text is not None:
                await send({"type": "websocket.send", "text": text})
            else:
                await send({"type": "websocket.send", "bytes": message["bytes"]})
        self.closes.append((message["code"], message.get("reason") or ""))
        self.gone.set()


def websockets_only(app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> Any:
    async def divided(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return  # uvicorn takes it that the application has none
        await app(scope, receive, send)

    return divided


@contextlib.asynccontextmanager
async def through_a_proxy(path: str = "/millis", **options: Any) -> AsyncIterator[tuple[ClientConnection, Worker]]:
    worker = Worker()
    async with (
        asyncio.timeout(90),
        serving(websockets_only(worker)) as upstream,
        serving(websockets_only(WebSocketProxy(f"ws://{upstream}"))) as front,
        connect(f"ws://{front}{path}", proxy=None, compression=None, **options) as client,
    ):
        yield client, worker


def test_messages_go_both_ways_in_order_and_whole() -> None:
    async def run() -> None:
        async with through_a_proxy() as (client, _):
            messages: list[str | bytes] = ["é", b"", b"\x00\xff", "", "x" * MAX_MESSAGE_BYTES, b"y" * MAX_MESSAGE_BYTES]
            for message in messages:
                await client.send(message)
                assert await client.recv() == message
            for number in range(200):
                await client.send(str(number))
            assert [await client.recv() for _ in range(200)] == [str(number) for number in range(200)]

    asyncio.run(run())


def test_the_handshake_arrives_as_it_was_made() -> None:
    async def run() -> None:
        headers = {"x-forwarded-for": "203.0.113.9", "x-own": "1"}
        options = {"origin": "https://shop.example", "subprotocols": ["a", "b"], "additional_headers": headers}
        async with through_a_proxy("/millis?public_key=%7Bk%7D", **options) as (client, worker):
            assert client.subprotocol == "a"
            (scope,) = worker.scopes
            seen = dict(scope["headers"])
            assert (scope["raw_path"], scope["query_string"]) == (b"/millis", b"public_key=%7Bk%7D")
            assert scope["subprotocols"] == ["a", "b"]
            assert (seen[b"origin"], seen[b"x-forwarded-for"], seen[b"x-own"]) == (
                b"https://shop.example",
                b"203.0.113.9",
                b"1",
            )

    asyncio.run(run())


def test_a_local_client_stays_local() -> None:
    async def run() -> None:
        async with through_a_proxy() as (_, worker):
            assert not [name for name, _ in worker.scopes[0]["headers"] if b"forwarded" in name]

    asyncio.run(run())


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 4321])
def test_the_workers_close_reaches_the_client(code: int) -> None:
    async def run() -> None:
        async with through_a_proxy() as (client, _):
            await client.send(f"close {code}")
            with pytest.raises(ConnectionClosed):
                await client.recv()
            assert (client.close_code, client.close_reason) == (code, "as asked")

    asyncio.run(run())


@pytest.mark.parametrize(("code", "reason"), [(1000, "bye"), (1001, ""), (4000, "é" * 60)])
def test_the_clients_close_reaches_the_worker(code: int, reason: str) -> None:
    async def run() -> None:
        async with through_a_proxy() as (client, worker):
            await client.close(code, reason)
            await worker.gone.wait()
            assert worker.closes == [(code, reason)]

    asyncio.run(run())


def test_a_client_that_vanishes_is_gone_for_the_worker_too() -> None:
    async def run() -> None:
        async with through_a_proxy() as (client, worker):
            client.transport.abort()
            await worker.gone.wait()
            assert worker.closes == [(1001, "")]

    asyncio.run(run())


def test_a_message_over_the_bound_closes_with_its_code() -> None:
    async def run() -> None:
        async with through_a_proxy() as (client, worker):
            await client.send(b"x" * (MAX_MESSAGE_BYTES + 1))
            with pytest.raises(ConnectionClosed):
                await client.recv()
            assert client.close_code == 1009
            await worker.gone.wait()

    asyncio.run(run())


def test_a_worker_that_is_down_refuses_the_handshake() -> None:
    async def run() -> None:
        async with serving(websockets_only(WebSocketProxy("ws://127.0.0.1:1"))) as front:
            with pytest.raises(InvalidStatus) as refusal:
                await connect(f"ws://{front}/millis", proxy=None)
            assert refusal.value.response.status_code == 502

    asyncio.run(run())
