"""The HTTP proxy between two real servers."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx2
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.local import http_proxy
from infra.local.http_proxy import HttpProxy, http_fallback
from tests.peers.asgi_server import serving


async def read_body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], *chunks: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for chunk in chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def mirror(scope: Scope, receive: Receive, send: Send) -> None:
    """Tells what arrived; `/raw` answers bytes that only a careful proxy leaves alone."""
    if scope["type"] == "lifespan":
        await answer_lifespan(receive, send)
    elif scope["path"] == "/raw":
        headers = [(b"content-encoding", b"gzip"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"x-up", b"1")]
        await answer(send, 418, headers, b"not really ", b"gzip")
    elif scope["path"] == "/empty":
        await answer(send, 304, [(b"etag", b'"1"')])
    else:
        seen = {
            "method": scope["method"],
            "target": (scope["raw_path"] + b"?" + scope["query_string"]).decode(),
            "headers": [[name.decode(), value.decode()] for name, value in scope["headers"] if name != b"host"],
            "body": len(await read_body(receive)),
        }
        await answer(send, 200, [(b"content-type", b"application/json")], json.dumps(seen).encode())


async def answer_lifespan(receive: Receive, send: Send) -> None:
    assert (await receive())["type"] == "lifespan.startup"
    await send({"type": "lifespan.startup.complete"})
    assert (await receive())["type"] == "lifespan.shutdown"
    await send({"type": "lifespan.shutdown.complete"})


def serving_lifespan(app: ASGIApp) -> ASGIApp:
    async def with_lifespan(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await answer_lifespan(receive, send)
        else:
            await app(scope, receive, send)

    return with_lifespan


@contextlib.asynccontextmanager
async def through_a_proxy() -> AsyncIterator[httpx2.AsyncClient]:
    async with (
        serving(mirror) as upstream,
        HttpProxy(f"http://{upstream}") as proxy,
        serving(serving_lifespan(proxy)) as front,
        httpx2.AsyncClient(base_url=f"http://{front}", timeout=30, trust_env=False) as client,
    ):
        client.headers.clear()
        yield client


def proxied(check: Callable[[httpx2.AsyncClient], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncio.timeout(60), through_a_proxy() as client:
            await check(client)

    asyncio.run(run())


def test_a_request_arrives_as_it_was_sent() -> None:
    async def check(client: httpx2.AsyncClient) -> None:
        headers = [
            ("authorization", "k3y"),
            ("x-twice", "1"),
            ("x-twice", "2"),
            ("connection", "x-hop"),
            ("x-hop", "1"),
        ]
        reply = await client.get("/agents/-A%2Fb/%2B1?q=%7Bx%7D&a=b+c", headers=headers)
        seen = reply.json()
        assert seen["target"] == "/agents/-A%2Fb/%2B1?q=%7Bx%7D&a=b+c"
        assert seen["headers"] == [["authorization", "k3y"], ["x-twice", "1"], ["x-twice", "2"]]
        assert (seen["method"], seen["body"]) == ("GET", 0)

    proxied(check)


@pytest.mark.parametrize("size", [0, 1, 70_000, 3_000_000])
def test_bodies_stream_with_and_without_a_length(size: int) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, size, 65_536):
            yield b"x" * min(65_536, size - start)

    async def check(client: httpx2.AsyncClient) -> None:
        for content in (b"x" * size, chunks()):
            seen = (await client.put("/upload", content=content)).json()
            assert (seen["method"], seen["body"]) == ("PUT", size)

    proxied(check)


def test_a_reply_arrives_as_it_was_sent() -> None:
    async def check(client: httpx2.AsyncClient) -> None:
        async with client.stream("GET", "/raw") as reply:
            raw = b"".join([chunk async for chunk in reply.aiter_raw()])
        assert (reply.status_code, raw) == (418, b"not really gzip")
        assert reply.headers.get_list("set-cookie") == ["a=1", "b=2"]
        assert (reply.headers["x-up"], reply.headers["content-encoding"]) == ("1", "gzip")
        assert len(reply.headers.get_list("date")) == len(reply.headers.get_list("server")) == 1
        assert (await client.get("/empty")).status_code == 304

    proxied(check)


def test_a_body_over_the_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_proxy, "MAX_BODY_BYTES", 1000)

    async def check(client: httpx2.AsyncClient) -> None:
        assert (await client.post("/upload", content=b"x" * 1000)).status_code == 200
        reply = await client.post("/upload", content=b"x" * 1001)
        assert (reply.status_code, set(reply.json())) == (413, {"detail", "message"})

    proxied(check)


def test_an_upstream_that_is_down_is_a_502() -> None:
    async def run() -> None:
        async with (
            HttpProxy("http://127.0.0.1:1") as proxy,
            serving(serving_lifespan(proxy)) as front,
            httpx2.AsyncClient(timeout=30, trust_env=False) as client,
        ):
            reply = await client.get(f"http://{front}/x")
            assert (reply.status_code, set(reply.json())) == (502, {"detail", "message"})

    asyncio.run(run())


def test_a_worker_answers_its_own_paths_and_hands_on_the_rest() -> None:
    async def worker(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, 200, [], b"worker " + scope["path"].encode())

    async def run() -> None:
        async with (
            serving(mirror) as upstream,
            HttpProxy(f"http://{upstream}") as proxy,
            serving(serving_lifespan(http_fallback(worker, proxy))) as front,
            httpx2.AsyncClient(base_url=f"http://{front}", timeout=30, trust_env=False) as client,
        ):
            assert (await client.get("/health")).text == "worker /health"
            assert (await client.get("/ready")).text == "worker /ready"
            assert (await client.get("/agents/-A")).json()["target"] == "/agents/-A?"

    asyncio.run(run())


def test_a_client_that_leaves_during_its_upload_ends_the_request() -> None:
    async def run() -> None:
        messages: list[Message] = [
            {"type": "http.request", "body": b"x", "more_body": True},
            {"type": "http.disconnect"},
        ]
        sent: list[Message] = []

        async def receive() -> Message:
            return messages.pop(0)

        async def send(message: Message) -> None:
            sent.append(message)

        async with serving(mirror) as upstream, HttpProxy(f"http://{upstream}") as proxy:
            scope = {
                "type": "http",
                "method": "POST",
                "path": "/upload",
                "raw_path": b"/upload",
                "query_string": b"",
                "headers": [(b"content-length", b"10")],
                "client": ("127.0.0.1", 5),
            }
            async with asyncio.timeout(30):
                await proxy(scope, receive, send)
        assert sent == []

    asyncio.run(run())
