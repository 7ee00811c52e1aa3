"""A worker behind a NAT of 1:1 asks for its public address."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from media_worker.providers.vendor_http import vendor_client
from media_worker.server.public_address import ATTEMPTS, read_public_address
from tests.peers.asgi_server import serving


def told(*answers: tuple[int, str]) -> tuple[str | None, int]:
    """What is found where these are the answers, the last one again and again, and how often it was asked."""
    asked = 0

    async def server(scope: Any, receive: Any, send: Any) -> None:
        nonlocal asked
        assert scope["type"] != "lifespan", "it has none"
        status, text = _of(answers, asked)
        asked += 1
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": text.encode()})

    async def scenario() -> str | None:
        async with serving(server) as address, vendor_client() as http:
            return await read_public_address(http, f"http://{address}/")

    return asyncio.run(scenario()), asked


def _of(answers: Sequence[tuple[int, str]], number: int) -> tuple[int, str]:
    return answers[min(number, len(answers) - 1)]


def test_it_is_what_the_answer_says() -> None:
    assert told((200, "203.0.113.7\n")) == ("203.0.113.7", 1)
    assert told((503, "later"), (200, "203.0.113.7")) == ("203.0.113.7", 2)


def test_nonsense_is_no_address(caplog: pytest.LogCaptureFixture) -> None:
    assert told((200, "<html>")) == (None, ATTEMPTS)
    assert "the public address is not known" in caplog.text
