"""What a session may rely on, whatever carries its call."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import numpy as np
import pytest

from callcore.errors import TransportClosed
from callcore.wire.client import Clear, OnReady, OnResponseText, Pause, StartAnswering, Unpause
from media_worker.ports.leg import KeyPressed, Leg, LegEvent
from tests.contract.ports.worker.legs import FRAME_S, LEGS, FarEnd, Line
from tests.virtual_time import run_virtual

Opened = Callable[[], AbstractAsyncContextManager[Line]]
pytestmark = pytest.mark.parametrize("opened", LEGS.values(), ids=LEGS)
LOUD = 1000


def speech(rate_hz: int, seconds: float) -> bytes:
    at = np.arange(round(rate_hz * seconds)) / rate_hz
    return bytes((8000 * np.sin(2 * np.pi * 440 * at)).astype("<i2").tobytes())


async def say(far: FarEnd, pcm: bytes, rate_hz: int) -> None:
    """At the pace of speech."""
    size = 2 * round(rate_hz * FRAME_S)
    for start in range(0, len(pcm), size):
        far.say(pcm[start : start + size])
        await asyncio.sleep(FRAME_S)


async def received(leg: Leg) -> list[bytes | LegEvent]:
    """All that comes until nothing does for a moment."""
    found: list[bytes | LegEvent] = []
    while True:
        try:
            async with asyncio.timeout(0.001):
                found.append(await leg.receive())
        except TimeoutError:
            return found


async def nearly_closed(leg: Leg) -> bytes | LegEvent | None:
    """What comes; None: it is closed."""
    try:
        return await leg.receive()
    except TransportClosed:
        return None


def sound_of(found: list[bytes | LegEvent]) -> bytes:
    return b"".join(piece for piece in found if isinstance(piece, bytes))


def loud_s(pcm: bytes, rate_hz: int) -> float:
    """How many seconds of it are no silence, by frames of 10 ms."""
    samples = np.abs(np.frombuffer(pcm, "<i2").astype(np.int32))
    frames = samples[: samples.size // (rate_hz // 100) * (rate_hz // 100)].reshape(-1, rate_hz // 100)
    return float((frames.max(axis=1, initial=0) > LOUD).sum() / 100)


def test_speech_and_keys_come_whole_and_in_order(opened: Opened) -> None:
    async def scenario() -> tuple[list[bytes | LegEvent], int, bytes]:
        async with opened() as (leg, far):
            rate_hz = leg.sample_rate_hz
            said = speech(rate_hz, 0.2)
            await say(far, said, rate_hz)
            far.press("5")
            await asyncio.sleep(FRAME_S)
            await say(far, said, rate_hz)
            return await received(leg), rate_hz, said

    found, rate_hz, said = run_virtual(scenario())
    assert all(len(piece) % 2 == 0 for piece in found if isinstance(piece, bytes))
    assert [event for event in found if not isinstance(event, bytes)] == [KeyPressed("5")]
    place = found.index(KeyPressed("5"))
    before, after = sound_of(found[:place]), sound_of(found[place:])
    np.testing.assert_allclose(np.frombuffer(before, "<i2"), np.frombuffer(said, "<i2"), atol=300)
    np.testing.assert_allclose(np.frombuffer(after[-len(said) :], "<i2"), np.frombuffer(said, "<i2"), atol=300)
    assert loud_s(after, rate_hz) == pytest.approx(0.2, abs=0.02)


def test_who_hangs_up_is_heard_to_the_end_and_then_gone_for_good(opened: Opened) -> None:
    async def scenario() -> None:
        async with opened() as (leg, far):
            far.press("1")
            far.hang_up()
            assert await leg.receive() == KeyPressed("1")
            while isinstance(await nearly_closed(leg), bytes):
                pass
            with pytest.raises(TransportClosed):
                await leg.receive()

    run_virtual(scenario())


def test_the_agent_is_heard_whole_among_messages_that_the_other_end_may_not_know(opened: Opened) -> None:
    async def scenario() -> tuple[bytes, bytes]:
        async with opened() as (leg, far):
            leg.send(OnReady("s"))
            leg.send(StartAnswering())
            said = speech(leg.sample_rate_hz, 0.4)
            leg.send(said[:1000])
            leg.send(OnResponseText("Hello", is_final=False))
            leg.send(said[1000:])
            await asyncio.sleep(0.6)
            return far.heard(), said

    heard, said = run_virtual(scenario())
    samples = np.frombuffer(heard, "<i2")
    first = int(np.flatnonzero(np.abs(samples) > 100)[0]) - 1
    wanted = np.frombuffer(said, "<i2")
    np.testing.assert_allclose(samples[first : first + wanted.size], wanted, atol=300)


def test_an_interruption_is_never_heard_again(opened: Opened) -> None:
    async def scenario() -> tuple[bytes, bytes, int]:
        async with opened() as (leg, far):
            leg.send(speech(leg.sample_rate_hz, 0.2))
            await asyncio.sleep(0.1)
            leg.send(Pause())
            leg.send(Clear())
            await asyncio.sleep(0.2)
            before = far.heard()
            leg.send(Unpause())
            await asyncio.sleep(0.5)
            return before, far.heard()[len(before) :], leg.sample_rate_hz

    before, after, rate_hz = run_virtual(scenario())
    assert loud_s(before, rate_hz) > 0.05
    assert loud_s(after, rate_hz) == 0.0


def test_the_end_says_what_is_queued_and_nothing_follows_it(opened: Opened) -> None:
    async def scenario() -> tuple[bytes, bytes, int, float]:
        async with opened() as (leg, far):
            leg.send(speech(leg.sample_rate_hz, 0.2))
            began = asyncio.get_running_loop().time()
            await leg.aclose(1000, "agent-ended")
            took_s = asyncio.get_running_loop().time() - began
            before = far.heard()
            leg.send(speech(leg.sample_rate_hz, 0.2))
            leg.send(OnReady("s"))
            await leg.aclose(1008, "again")
            await asyncio.sleep(0.5)
            return before, far.heard(), leg.sample_rate_hz, took_s

    before, after, rate_hz, took_s = run_virtual(scenario())
    assert took_s <= 1.0
    assert loud_s(before, rate_hz) == pytest.approx(0.2, abs=0.02)
    assert loud_s(after, rate_hz) == pytest.approx(0.2, abs=0.02)
