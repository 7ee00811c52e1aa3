"""UDP ports out of a range."""

import asyncio
import os
import socket
from contextlib import AsyncExitStack
from typing import Any

import pytest

from callcore.errors import LimitExceeded
from media_worker.transports.rtp.ports import RtpPorts
from media_worker.transports.rtp.terms import Address

HOST = f"127.66.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"
"""An address of this process alone: others have its ports for themselves."""


def test_pairs_are_even_and_odd_and_of_the_range() -> None:
    async def scenario() -> None:
        ports = RtpPorts(HOST, 42_001, 42_008)
        async with AsyncExitStack() as opened:
            found = {(await opened.enter_async_context(ports.open())).port for _ in range(3)}
            assert found == {42_002, 42_004, 42_006}
            with pytest.raises(LimitExceeded):
                await opened.enter_async_context(ports.open())
        assert ports.free == 3

    asyncio.run(scenario())


def test_a_port_of_another_process_is_left_alone() -> None:
    async def scenario() -> int:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind((HOST, 42_023))
            async with RtpPorts(HOST, 42_022, 42_025).open() as pair:
                return pair.port

    assert asyncio.run(scenario()) == 42_024


def test_a_range_without_a_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="no even port"):
        RtpPorts(HOST, 42_003, 42_004)


def test_datagrams_come_and_go_on_both_ports() -> None:
    async def scenario() -> list[tuple[str, bytes]]:
        got: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        async with RtpPorts(HOST, 42_030, 42_033).open() as one, RtpPorts(HOST, 42_034, 42_037).open() as other:
            other.listen(
                lambda datagram, source: got.put_nowait((f"rtp {source.port - one.port}", datagram)),
                lambda datagram, source: got.put_nowait((f"rtcp {source.port - one.port}", datagram)),
            )
            one.send_rtp(b"sound", Address(HOST, other.port))
            one.send_rtcp(b"report", Address(HOST, other.port + 1))
            async with asyncio.timeout(30):
                return sorted([await got.get(), await got.get()])

    assert asyncio.run(scenario()) == [("rtcp 1", b"report"), ("rtp 0", b"sound")]


def test_ports_that_could_not_be_opened_are_given_back_and_hear_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        loop, ports = asyncio.get_running_loop(), RtpPorts(HOST, 42_040, 42_041)
        opens, opened = loop.create_datagram_endpoint, 0

        async def fails_once(*arguments: Any, **named: Any) -> Any:
            nonlocal opened
            opened += 1
            if opened == 2:
                raise OSError("no memory")
            return await opens(*arguments, **named)

        monkeypatch.setattr(loop, "create_datagram_endpoint", fails_once)
        with pytest.raises(OSError, match="no memory"):
            async with ports.open():
                pass
        got: asyncio.Queue[bytes] = asyncio.Queue()
        async with ports.open() as pair, asyncio.timeout(5):
            pair.listen(lambda datagram, _: got.put_nowait(datagram), lambda datagram, _: got.put_nowait(datagram))
            for send, port in ((pair.send_rtp, pair.port), (pair.send_rtcp, pair.port + 1)):
                send(b"sound", Address(HOST, port))
                assert await got.get() == b"sound"

    asyncio.run(scenario())
