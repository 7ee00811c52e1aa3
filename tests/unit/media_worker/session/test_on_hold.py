"""A whole session by RTP that is put on hold, in virtual time: what its caller hears, and what the record has of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from callcore.calls.call import CallStatus
from media_worker.conversation.resumable import HOLD_S
from media_worker.media.call_sound import CallSound
from media_worker.session.driver import Session
from media_worker.session.journal import SessionEnd
from media_worker.session.recorder import RecordedLeg
from media_worker.transports.rtp.leg import RtpLeg, open_leg
from media_worker.transports.rtp.terms import Codec, RtpTerms
from tests.peers.rtp_caller import CALLER, Telephone, Wire
from tests.unit.media_worker.session.rig import Rig, plan
from tests.virtual_time import run_virtual

GREETING = "Hello and welcome to the harbour table."
GREETING_MS = len(GREETING) * 60
TALKING = RtpTerms(CALLER, CALLER.host, Codec.PCMU)
WITH_MUSIC, IN_SILENCE = replace(TALKING, sends=False), replace(TALKING, sends=False, receives=False, remote=None)
HELD_AFTER_S, HELD_S = 1.0, 300.0
MUSIC = (8000 * np.sin(np.arange(8000) / 3)).astype("<i2").tobytes()
IMPATIENT: dict[str, Any] = {
    "first_message": GREETING,
    "flow": {"inactivity_handling": {"idle_time": 4, "message": "Are you there?"}},
    "session_timeout": {"max_idle": 15, "message": "Bye."},
}


@dataclass
class Caller:
    """Hears the agent, talks and turns away."""

    leg: RtpLeg
    wire: Wire
    telephone: Telephone

    async def says(self, pcm: bytes) -> None:
        for packet in self.telephone.say(pcm):
            self.wire.arrive(packet.to_wire())
            await asyncio.sleep(0.02)


@dataclass(frozen=True)
class Kept:
    """What is left of a call."""

    end: SessionEnd
    heard: bytes
    """By the caller, without what was silent."""
    agent: "np.ndarray[Any, np.dtype[np.int16]]"
    """His side of the recording, a sample each 1/8 ms."""

    @property
    def agent_ms(self) -> list[int]:
        """The milliseconds of the recording in which the agent sounds."""
        frames = np.abs(self.agent[: len(self.agent) // 8 * 8]).reshape(-1, 8).max(axis=1)
        return [int(ms) for ms in np.flatnonzero(frames > 100)]


def call(scene: Callable[[Caller], Awaitable[None]], first: RtpTerms = TALKING, *, lasts_s: float = 1000.0) -> Kept:
    async def scenario() -> Kept:
        agent = replace(plan(**IMPATIENT), max_duration_s=lasts_s)
        rig, wire = Rig(agent), Wire()
        sound = CallSound(8000, rig.clock.monotonic_s())
        async with open_leg(wire, first, rig.pacer, rig.clock) as leg:
            recorded = RecordedLeg(leg, sound, rig.clock)
            rig.session = Session(agent, recorded, rig.providers, rig.journal, rig.clock, rig.pacer)

            async def user(_: Rig) -> None:
                await scene(Caller(leg, wire, Telephone()))
                leg.hang_up()

            end = await rig.hold(user)
        samples = np.frombuffer(wire.sound(), "<i2")
        recording = np.frombuffer(sound.take_rest(rig.clock.monotonic_s())[1], "<i2")
        return Kept(end, samples[np.abs(samples) > 100].tobytes(), recording)

    return run_virtual(scenario())


async def listens(caller: Caller) -> None:
    await asyncio.sleep(3.5)


@pytest.mark.parametrize("away", [WITH_MUSIC, IN_SILENCE])
def test_the_agent_waits_and_goes_on_where_it_was(away: RtpTerms) -> None:
    async def turns_away(caller: Caller) -> None:
        await asyncio.sleep(HELD_AFTER_S)
        caller.leg.renegotiate(away)
        sent = len(caller.wire.rtp)
        await caller.says(MUSIC * 5)
        await asyncio.sleep(HELD_S - 5)
        assert len(caller.wire.rtp) == sent
        caller.leg.renegotiate(TALKING)
        await listens(caller)

    kept, whole = call(turns_away), call(listens)
    assert kept.end.status is CallStatus.USER_ENDED
    assert [message["content"] for message in kept.end.chat] == [GREETING]
    assert kept.heard == whole.heard
    assert len(kept.agent_ms) == pytest.approx(len(whole.agent_ms), abs=5)
    before = [ms for ms in kept.agent_ms if ms < 1000 * HELD_AFTER_S + 20]
    assert len(before) == pytest.approx(1000 * HELD_AFTER_S, abs=60)
    assert kept.agent_ms[len(before)] == pytest.approx(1000 * (HELD_AFTER_S + HELD_S), abs=60)
    assert kept.end.call_metrics["holds"] == []


def test_who_stays_away_has_heard_what_he_had_heard() -> None:
    async def never_comes_back(caller: Caller) -> None:
        await asyncio.sleep(HELD_AFTER_S)
        caller.leg.renegotiate(WITH_MUSIC)
        await asyncio.sleep(2 * HOLD_S)

    end = call(never_comes_back).end
    assert end.status is CallStatus.USER_ENDED
    assert end.duration_s == round(HELD_AFTER_S + HOLD_S)
    (said,) = end.chat
    assert GREETING.startswith(said["content"].rstrip(".… "))
    assert len(said["content"]) < 0.6 * len(GREETING)


def test_the_longest_a_call_may_last_is_no_longer_on_hold() -> None:
    async def never_comes_back(caller: Caller) -> None:
        await asyncio.sleep(HELD_AFTER_S)
        caller.leg.renegotiate(WITH_MUSIC)
        await asyncio.sleep(HOLD_S)

    end = call(never_comes_back, lasts_s=60.0).end
    assert (end.status, end.duration_s) == (CallStatus.TIMEOUT, 60)


def test_a_call_that_begins_on_hold_is_greeted_when_somebody_listens() -> None:
    async def comes_later(caller: Caller) -> None:
        await asyncio.sleep(10.0)
        assert not caller.wire.rtp
        caller.leg.renegotiate(TALKING)
        await listens(caller)

    kept = call(comes_later, IN_SILENCE)
    assert kept.heard == call(listens).heard
    assert [message["content"] for message in kept.end.chat] == [GREETING]
