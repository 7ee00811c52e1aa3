"""Connections by TLS do not read the certificates of this machine: that would hold up every call of a worker."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable

import httpx2
import pytest

from callcore.errors import ProviderError, RequestFailed
from callnet.guarded import GuardedClient
from callnet.trust import usual_trust
from callnet.websocket import guarded_websocket
from media_worker.providers.vendor_http import vendor_client
from media_worker.providers.vendor_socket import vendor_socket


async def by_http(address: str) -> None:
    async with GuardedClient(private=True) as client:
        await client.send("GET", f"https://{address}/", headers={}, timeout_s=5)


async def by_websocket(address: str) -> None:
    async with guarded_websocket(f"wss://{address}/", headers={}, timeout_s=5, private=True):
        pass


async def to_a_vendor_by_http(address: str) -> None:
    async with vendor_client() as client:
        await client.get(f"https://{address}/")


async def to_a_vendor_by_websocket(address: str) -> None:
    async with vendor_socket("vendor", f"wss://{address}/", {}):
        pass


@pytest.mark.parametrize("connect", [by_http, by_websocket, to_a_vendor_by_http, to_a_vendor_by_websocket])
def test_certificates_are_read_once(monkeypatch: pytest.MonkeyPatch, connect: Callable[[str], Awaitable[None]]) -> None:
    usual_trust()
    read: list[object] = []
    for name in ("load_verify_locations", "load_default_certs", "set_default_verify_paths"):
        monkeypatch.setattr(ssl.SSLContext, name, lambda *given, **named: read.append(given))
    greeted: list[bytes] = []

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greeted.append(await reader.read(1))
        writer.close()

    async def scenario() -> None:
        async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises((RequestFailed, ProviderError, httpx2.HTTPError)):
                await connect(f"127.0.0.1:{port}")

    asyncio.run(scenario())
    assert greeted == [b"\x16"], "a TLS handshake was begun (RFC 8446, 5.1)"
    assert read == []
