"""The guarded client against servers that mean harm, and names that lead elsewhere."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from callcore.errors import RequestFailed
from callnet.guarded import MAX_REPLY_BYTES, GuardedClient, Reply
from callnet.websocket import guarded_websocket
from tests.peers.hostile_web import HostileWeb, hostile_web

PATIENCE_S, SHORT_S = 20.0, 0.5
"""For what comes, and for what never does."""


def against(scenario: Callable[[HostileWeb, GuardedClient], Awaitable[None]]) -> None:
    """Run it with a server and a client that may reach this machine."""

    async def run() -> None:
        async with hostile_web() as web, GuardedClient(private=True) as client:
            await scenario(web, client)

    asyncio.run(run())


async def get(client: GuardedClient, url: str, **more: Any) -> Reply:
    given: dict[str, Any] = {"headers": {}, "timeout_s": PATIENCE_S} | more
    return await client.send("GET", url, **given)


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Names lead to one list of addresses after the other, the last for ever; gives what was asked."""
    asked: list[str] = []

    async def getaddrinfo(_loop: object, host: str, port: int, **_more: object) -> list[Any]:
        if not host[0].isdigit():
            asked.append(host)
            addresses = answers[min(len(asked), len(answers)) - 1]
        else:
            addresses = [host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return asked


def test_a_reply_and_the_host_it_was_asked_of(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(web: HostileWeb, client: GuardedClient) -> None:
        resolving(monkeypatch, ["127.0.0.1"])
        reply = await client.send(
            "POST",
            web.url("/ok?x=1", "hooks.example.com"),
            headers={
                "X-Customer": "1",
                "Authorization": " Bearer \t",
                "Host": "internal",
                "Content-Length": "999",
                "Content-Type": "application/json",
            },
            body=b"{}",
            timeout_s=PATIENCE_S,
        )
        assert (reply.status, reply.body, reply.headers["content-type"]) == (200, b"ok", "text/plain")
        head = web.requests[0].decode().lower()
        assert head.startswith("post /ok?x=1 http/1.1\r\n")
        assert head.count("host:") == head.count("content-length:") == 1
        assert f"host: hooks.example.com:{web.port}\r\n" in head
        assert "content-length: 2\r\n" in head
        assert "x-customer: 1\r\n" in head
        assert "authorization: bearer\r\n" in head, "blanks around a value are no part of it"

    against(scenario)


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    async def scenario(web: HostileWeb, client: GuardedClient) -> None:
        assert (await get(client, web.url("/redirect"))).status == 302
        assert len(web.requests) == 1

    against(scenario)


@pytest.mark.parametrize("path", ["/loris", "/silence"])
def test_a_slow_server_costs_the_whole_deadline_and_no_more(path: str) -> None:
    async def scenario(web: HostileWeb, client: GuardedClient) -> None:
        with pytest.raises(RequestFailed, match="within"):
            await get(client, web.url(path), timeout_s=SHORT_S)
        assert (await get(client, web.url("/ok"))).body == b"ok"

    against(scenario)


@pytest.mark.parametrize("path", ["/endless", "/headers"])
def test_an_endless_reply_is_given_up_early(path: str) -> None:
    async def scenario(web: HostileWeb, client: GuardedClient) -> None:
        with pytest.raises(RequestFailed):
            await get(client, web.url(path))
        assert web.sent_bytes < 10 * MAX_REPLY_BYTES + 10_000_000, "what the sockets' buffers hold, and no more"

    against(scenario)


@pytest.mark.parametrize("path", ["/half", "/nonsense"])
def test_a_broken_reply_is_a_failure_that_may_be_tried_again(path: str) -> None:
    async def scenario(web: HostileWeb, client: GuardedClient) -> None:
        with pytest.raises(RequestFailed) as failed:
            await get(client, web.url(path))
        assert not failed.value.final

    against(scenario)


def test_cookies_are_not_kept() -> None:
    async def scenario(web: HostileWeb, client: GuardedClient) -> None:
        await get(client, web.url("/cookie"))
        await get(client, web.url("/ok"))
        assert b"ookie" not in web.requests[1]

    against(scenario)


@pytest.mark.parametrize(
    "headers",
    [{"X": "a\r\nY: b"}, {"X": "a\n"}, {"X\n": "a"}, {"X": "\u4e00"}, {"\u00e9": "a"}, {"a b": "c"}, {"": "a"}],
)
def test_a_header_that_would_write_another_or_is_none_is_refused(headers: dict[str, str]) -> None:
    async def scenario(web: HostileWeb, client: GuardedClient) -> None:
        with pytest.raises(RequestFailed) as failed:
            await get(client, web.url("/ok"), headers=headers)
        assert failed.value.final
        assert web.requests == []

    against(scenario)


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    async def scenario(web: HostileWeb, client: GuardedClient) -> None:
        assert (await get(client, web.url("/ok"))).body == b"ok"

    against(scenario)


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["169.254.170.2"], ["93.184.216.34", "10.0.0.5"], ["::ffff:192.168.0.1"], ["fd00:ec2::254"]],
)
def test_a_name_that_leads_inside_is_refused_whatever_else_it_leads_to(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    async def run() -> None:
        resolving(monkeypatch, addresses)
        async with GuardedClient() as client:
            with pytest.raises(RequestFailed, match="not public") as failed:
                await get(client, "https://hooks.example.com/")
            assert failed.value.final
            assert not any(address in str(failed.value) for address in addresses)

    asyncio.run(run())


def test_a_name_is_resolved_once_and_the_checked_address_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the second answer of the name's server would lead inside."""
    connected: list[str] = []

    async def sock_connect(_backend: object, host: str, *_more: object) -> Any:
        connected.append(host)
        raise OSError("far away")

    async def run() -> None:
        asked = resolving(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
        monkeypatch.setattr("anyio.connect_tcp", lambda remote_host, **_more: sock_connect(None, remote_host))
        async with GuardedClient() as client:
            with pytest.raises(RequestFailed, match="no connection"):
                await get(client, "https://hooks.example.com/")
        assert (asked, connected) == (["hooks.example.com"], ["93.184.216.34"])

    asyncio.run(run())


def test_nobody_there() -> None:
    async def run() -> None:
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            async with GuardedClient(private=True) as client:
                with pytest.raises(RequestFailed, match="no connection") as failed:
                    await get(client, f"http://127.0.0.1:{bound.getsockname()[1]}/")
        assert not failed.value.final

    asyncio.run(run())


def test_a_websocket_by_the_same_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    async def echo(connection: ServerConnection) -> None:
        assert connection.request is not None
        await connection.send(connection.request.headers["Authorization"])

    async def run() -> None:
        async with serve(echo, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            headers = {"Authorization": "Bearer secret"}
            resolving(monkeypatch, ["127.0.0.1"])
            url = f"ws://llm.example.com:{port}/"
            async with guarded_websocket(url, headers=headers, timeout_s=5, private=True) as connection:
                assert await connection.recv() == "Bearer secret"
            for refused in (url, f"wss://llm.example.com:{port}/", "wss://127.0.0.1/", "https://example.com/"):
                with pytest.raises(RequestFailed) as failed:
                    async with guarded_websocket(refused, headers=headers, timeout_s=5):
                        pass
                assert failed.value.final

    asyncio.run(run())


@pytest.mark.parametrize("path", ["/redirect", "/ok", "/nonsense"])
def test_a_websocket_with_something_that_speaks_none(path: str) -> None:
    async def run() -> None:
        async with hostile_web() as web:
            url = web.url(path).replace("http:", "ws:")
            with pytest.raises(RequestFailed, match="no WebSocket"):
                async with guarded_websocket(url, headers={}, timeout_s=PATIENCE_S, private=True):
                    pass
            assert len(web.requests) == 1

    asyncio.run(run())


def test_a_websocket_with_something_that_says_nothing() -> None:
    async def run() -> None:
        async with hostile_web() as web:
            url = web.url("/silence").replace("http:", "ws:")
            with pytest.raises(RequestFailed, match="within"):
                async with guarded_websocket(url, headers={}, timeout_s=SHORT_S, private=True):
                    pass

    asyncio.run(run())
