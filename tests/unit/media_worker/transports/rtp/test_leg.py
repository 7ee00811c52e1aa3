"""The leg over a wire without a network, in virtual time: who is heard, what is told, when it is over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcore.errors import TransportClosed
from callcore.wire.client import Clear, CloseCode, OnResponseText, Pause, Unpause
from media_worker.media.reception import ReceptionReport
from media_worker.media.rtcp import Bye, Report, ReportBlock, compound, middle_bits, parse_rtcp
from media_worker.ports.leg import KeyPressed, LegEvent, PlaybackLate, PutOnHold, TakenOffHold
from media_worker.session.pacer import Pacer
from media_worker.transports.rtp.leg import DEAD, FLUSH_WAIT_S, SILENCE_WAIT_S, RtpLeg, open_leg
from media_worker.transports.rtp.terms import Address, Codec, RtpTerms
from tests.peers.rtp_caller import CALLER, EVENT_PAYLOAD_TYPE, Telephone, Wire
from tests.virtual_time import VirtualClock, run_virtual

TERMS = RtpTerms(CALLER, CALLER.host, Codec.PCMU, event_payload_type=EVENT_PAYLOAD_TYPE)
HIJACKER = Address("203.0.113.9", 5000)
SPEECH = (8000 * np.sin(np.arange(8000) / 3)).astype("<i2").tobytes()
"""A second."""


@asynccontextmanager
async def opened(terms: RtpTerms = TERMS) -> AsyncIterator[tuple[RtpLeg, Wire]]:
    clock, wire = VirtualClock(), Wire()
    pacer = Pacer(clock)
    async with asyncio.TaskGroup() as tasks:
        ticking = tasks.create_task(pacer.run())
        async with open_leg(wire, terms, pacer, clock) as leg:
            yield leg, wire
        ticking.cancel()


async def heard(leg: RtpLeg) -> list[bytes | LegEvent]:
    """All that waits."""
    received: list[bytes | LegEvent] = []
    while True:
        try:
            async with asyncio.timeout(0.001):
                received.append(await leg.receive())
        except TimeoutError:
            return received


async def until_closed(leg: RtpLeg) -> tuple[list[bytes | LegEvent], TransportClosed]:
    """All that comes, and the end."""
    received: list[bytes | LegEvent] = []
    while True:
        try:
            received.append(await leg.receive())
        except TransportClosed as closed:
            return received, closed


def audio(received: list[bytes | LegEvent]) -> bytes:
    return b"".join(piece for piece in received if isinstance(piece, bytes))


async def say(wire: Wire, telephone: Telephone, pcm: bytes, source: Address = CALLER) -> None:
    for packet in telephone.say(pcm):
        wire.arrive(packet.to_wire(), source)
        await asyncio.sleep(0.02)


def assert_sounds_like(pcm: bytes, said: bytes) -> None:
    np.testing.assert_allclose(np.frombuffer(pcm, "<i2"), np.frombuffer(said, "<i2"), atol=300)


@pytest.mark.parametrize("codec", [Codec.PCMU, Codec.PCMA])
def test_what_the_caller_says_is_heard_in_either_law(codec: Codec) -> None:
    async def scenario() -> bytes:
        async with opened() as (leg, wire):
            for packet in Telephone().say(SPEECH, codec):
                wire.arrive(packet.to_wire())
            return audio(await heard(leg))

    assert_sounds_like(run_virtual(scenario()), SPEECH)


WIDE = (8000 * np.sin(np.arange(32_000) / 3)).astype("<i2").tobytes()
"""Two seconds at 16 kHz, 850 Hz."""


def loudness(pcm: bytes, hz: float, rate_hz: int) -> float:
    """Of one frequency."""
    samples = np.frombuffer(pcm, "<i2").astype(float)
    at = np.arange(samples.size) / rate_hz
    return float(abs(samples @ np.exp(-2j * np.pi * hz * at))) * 2 / samples.size


@pytest.mark.parametrize(("rate_hz", "first"), [(16_000, Codec.G722), (8000, Codec.PCMU)])
def test_a_wideband_caller_is_heard_and_answered_at_the_rate_of_the_leg(rate_hz: int, first: Codec) -> None:
    """A leg keeps its rate, whatever the peer wants later."""

    async def scenario() -> tuple[bytes, bytes]:
        async with opened(replace(TERMS, codec=first)) as (leg, wire):
            assert leg.sample_rate_hz == rate_hz
            leg.renegotiate(replace(TERMS, codec=Codec.G722))
            await heard(leg)
            leg.send(WIDE if rate_hz == 16_000 else WIDE[: len(WIDE) // 2])
            for packet in Telephone().say(WIDE, Codec.G722):
                wire.arrive(packet.to_wire())
                await asyncio.sleep(0.02)
            return audio(await heard(leg)), wire.sound(Codec.G722)

    came, went = run_virtual(scenario())
    assert len(came) == pytest.approx(2 * 2 * rate_hz, rel=0.01)
    tone_hz = 16_000 / 3 / (2 * np.pi)
    half = rate_hz // 2 * 2
    assert loudness(came[half : 3 * half], tone_hz, rate_hz) == pytest.approx(8000, rel=0.1)
    sent_hz = tone_hz if rate_hz == 16_000 else tone_hz / 2
    assert loudness(went[16_000:48_000], sent_hz, 16_000) == pytest.approx(8000, rel=0.1)


def test_the_other_law_in_the_middle_of_a_wideband_call_is_heard_too() -> None:
    async def scenario() -> tuple[bytes, set[int]]:
        async with opened(replace(TERMS, codec=Codec.G722)) as (leg, wire):
            leg.renegotiate(TERMS)
            await say(wire, Telephone(), SPEECH)
            return audio(await heard(leg)), {packet.payload_type for packet in wire.packets()[2:]}

    came, kinds = run_virtual(scenario())
    assert kinds == {0}
    assert len(came) == 2 * len(SPEECH)
    assert loudness(came[8000:24_000], 8000 / 3 / (2 * np.pi), 16_000) == pytest.approx(8000, rel=0.1)


def test_a_key_is_told_once_and_its_tone_is_not_heard() -> None:
    async def scenario() -> list[bytes | LegEvent]:
        async with opened() as (leg, wire):
            telephone = Telephone()
            for packet in (*telephone.say(SPEECH[:3200]), *telephone.press("5"), *telephone.say(SPEECH[:3200])):
                wire.arrive(packet.to_wire())
                await asyncio.sleep(0.02)
            return await heard(leg)

    received = run_virtual(scenario())
    assert [event for event in received if not isinstance(event, bytes)] == [KeyPressed("5")]
    pcm = audio(received)
    assert_sounds_like(pcm[:3200], SPEECH[:3200])
    assert_sounds_like(pcm[-3200:], SPEECH[:3200])
    assert set(pcm[3200:-3200]) <= {0}
    assert len(pcm) == 2 * 3200 + 7 * 320


def test_the_agent_is_heard_at_the_pace_of_sound_and_silence_is_sent_else() -> None:
    async def scenario() -> Wire:
        async with opened() as (leg, wire):
            await asyncio.sleep(0.1)
            leg.send(SPEECH)
            leg.send(OnResponseText("a text that a telephone does not show", is_final=True))
            await asyncio.sleep(1.1)
            return wire

    wire = run_virtual(scenario())
    assert {target for _, target in wire.rtp} == {CALLER}
    assert len(wire.rtp) == pytest.approx(60, abs=1)
    pcm = wire.sound()
    first = int(np.flatnonzero(np.frombuffer(pcm, "<i2"))[0]) - 1
    assert first * 2 == pytest.approx(0.1 * 16_000, abs=320)
    assert_sounds_like(pcm[2 * first : 2 * first + len(SPEECH)], SPEECH)


def test_pause_unpause_and_clear_hold_at_the_sample() -> None:
    async def scenario() -> list[int]:
        loud: list[int] = []
        async with opened() as (leg, wire):
            leg.send(SPEECH)
            for command in (Pause(), Unpause(), Clear()):
                await asyncio.sleep(0.2)
                loud.append(sum(set(packet.payload) != {0xFF} for packet in wire.packets()))
                leg.send(command)
            await asyncio.sleep(0.2)
            loud.append(sum(set(packet.payload) != {0xFF} for packet in wire.packets()))
        return loud

    before, held, released, cleared = run_virtual(scenario())
    assert (held, cleared) == (before, released)
    assert released == pytest.approx(2 * before, abs=1)


def test_media_of_another_address_is_neither_heard_nor_answered() -> None:
    async def scenario() -> tuple[bytes, Wire, int]:
        async with opened() as (leg, wire):
            telephone, hijacker = Telephone(), Telephone(ssrc=0x1234)
            for mine, his in zip(telephone.say(SPEECH), hijacker.say(bytes(len(SPEECH))), strict=True):
                wire.arrive(mine.to_wire())
                wire.arrive(his.to_wire(), HIJACKER)
                await asyncio.sleep(0.02)
            return audio(await heard(leg)), wire, leg.statistics.refused

    pcm, wire, refused = run_virtual(scenario())
    assert_sounds_like(pcm, SPEECH)
    assert {target for _, target in wire.rtp} == {CALLER}
    assert refused == 50


def test_a_caller_behind_nat_gets_his_answer_where_he_sends_from() -> None:
    private = replace(TERMS, remote=Address("10.0.0.5", 4000))

    async def scenario() -> list[Address]:
        async with opened(private) as (_, wire):
            await say(wire, Telephone(), SPEECH[:3200])
            return [target for _, target in wire.rtp]

    targets = run_virtual(scenario())
    assert targets[-1] == CALLER


def test_noise_on_the_port_is_nothing() -> None:
    async def scenario() -> list[bytes | LegEvent]:
        async with opened() as (leg, wire):
            for datagram in (b"", b"\r\n\r\n", bytes(12), b"\x80\xc8", bytes([0x80, 34]) + bytes(20)):
                wire.arrive(datagram)
                wire.arrive_rtcp(datagram)
            return await heard(leg)

    assert run_virtual(scenario()) == []


@settings(max_examples=50)
@given(st.lists(st.tuples(st.binary(max_size=64), st.booleans(), st.sampled_from([CALLER, HIJACKER])), max_size=30))
def test_no_datagram_breaks_the_leg(datagrams: list[tuple[bytes, bool, Address]]) -> None:
    """Neither noise nor what looks like RTP or RTCP."""

    async def scenario() -> None:
        async with opened() as (leg, wire):
            for tail, on_rtcp, source in datagrams:
                for head in (b"", b"\x80", b"\x80\x00", b"\x80\xc8", b"\x81\xc9\x00\x07"):
                    (wire.arrive_rtcp if on_rtcp else wire.arrive)(head + tail, source)
            await asyncio.sleep(0.1)
            assert sum(len(piece) for piece in await heard(leg) if isinstance(piece, bytes)) < 1_000_000

    run_virtual(scenario())


def test_comfort_noise_that_nobody_agreed_on_is_no_loss_and_opens_nothing() -> None:
    noise = replace(next(Telephone(sequence=10).say(SPEECH)), payload_type=13, payload=b"\x40")

    async def scenario() -> tuple[bytes, RtpLeg]:
        async with opened() as (leg, wire):
            wire.arrive(noise.to_wire(), HIJACKER)
            telephone = Telephone()
            await say(wire, telephone, SPEECH[:3200])
            [between] = telephone.say(SPEECH[:320])
            wire.arrive(replace(between, payload_type=13, payload=b"\x40").to_wire())
            await asyncio.sleep(0.02)
            await say(wire, telephone, SPEECH[:3200])
            return audio(await heard(leg)), leg

    pcm, leg = run_virtual(scenario())
    assert leg.statistics.arrivals.lost == 0
    assert_sounds_like(pcm[-3200:], SPEECH[:3200])
    assert set(pcm[3200:-3200]) == {0}
    assert len(pcm) == 2 * 3200 + 320


def test_hold_stops_our_sound_and_the_call_goes_on_after_it() -> None:
    async def scenario() -> tuple[int, int, bytes]:
        async with opened() as (leg, wire):
            telephone = Telephone()
            await say(wire, telephone, SPEECH[:3200])
            leg.renegotiate(replace(TERMS, remote=None, sends=False, receives=False))
            before = len(wire.rtp)
            leg.send(SPEECH)
            await asyncio.sleep(2 * SILENCE_WAIT_S)
            during = len(wire.rtp) - before
            leg.renegotiate(TERMS)
            assert [event for event in await heard(leg) if isinstance(event, LegEvent)] == [PutOnHold(), TakenOffHold()]
            await say(wire, Telephone(ssrc=7), SPEECH)
            resumed = wire.sound()[before * 320 :]
            assert_sounds_like(resumed[: 45 * 320], SPEECH[: 45 * 320])
            return during, len(wire.rtp) - before, audio(await heard(leg))

    during, after, pcm = run_virtual(scenario())
    assert during == 0
    assert after == pytest.approx(50, abs=2)
    assert_sounds_like(pcm[-len(SPEECH) :], SPEECH)


def test_music_on_hold_is_not_heard_and_who_never_listened_is() -> None:
    async def scenario(*terms: RtpTerms) -> bytes:
        async with opened(terms[0]) as (leg, wire):
            for later in terms[1:]:
                leg.renegotiate(later)
            await say(wire, Telephone(), SPEECH)
            return audio(await heard(leg))

    deaf = replace(TERMS, sends=False)
    assert run_virtual(scenario(TERMS, deaf)) == b""
    assert run_virtual(scenario(TERMS, deaf, deaf)) == b""
    assert_sounds_like(run_virtual(scenario(TERMS, deaf, TERMS)), SPEECH)
    assert_sounds_like(run_virtual(scenario(deaf)), SPEECH)


def test_a_hold_without_music_is_no_dead_peer_and_keys_on_hold_are_for_somebody_else() -> None:
    async def scenario() -> list[bytes | LegEvent]:
        async with opened() as (leg, wire):
            await say(wire, Telephone(), SPEECH[:3200])
            await heard(leg)
            leg.renegotiate(replace(TERMS, sends=False))
            leg.press("5")
            await asyncio.sleep(2 * SILENCE_WAIT_S)
            leg.renegotiate(TERMS)
            leg.press("6")
            events = [event for event in await heard(leg) if not isinstance(event, bytes)]
            _, closed = await until_closed(leg)
            assert closed.code == DEAD
            return [*events]

    assert run_virtual(scenario()) == [PutOnHold(), TakenOffHold(), KeyPressed("6")]


@pytest.mark.parametrize("signalled_first", [True, False])
def test_a_key_that_comes_by_rtp_and_by_the_signalling_counts_once(*, signalled_first: bool) -> None:
    async def scenario() -> list[bytes | LegEvent]:
        async with opened() as (leg, wire):
            telephone = Telephone()
            for key in "7717":
                if signalled_first:
                    leg.press(key)
                for packet in telephone.press(key):
                    wire.arrive(packet.to_wire())
                    await asyncio.sleep(0.02)
                if not signalled_first:
                    leg.press(key)
            return [event for event in await heard(leg) if not isinstance(event, bytes)]

    assert run_virtual(scenario()) == [KeyPressed(key) for key in "7717"]


def test_a_peer_that_sends_nothing_at_all_is_gone() -> None:
    async def scenario() -> float:
        async with opened() as (leg, wire):
            await say(wire, Telephone(), SPEECH)
            await until_closed(leg)
        return asyncio.get_running_loop().time()

    assert run_virtual(scenario()) == pytest.approx(1.0 + SILENCE_WAIT_S, abs=0.1)


def test_reports_tell_both_ends_how_it_goes() -> None:
    async def scenario() -> tuple[Wire, list[bytes | LegEvent], RtpLeg]:
        clock = VirtualClock()
        async with opened() as (leg, wire):
            await say(wire, Telephone(), SPEECH * 3)
            [(datagram, target)] = wire.rtcp[:1]
            assert target == Address(CALLER.host, CALLER.port + 1)
            ours = parse_rtcp(datagram)
            assert ours is not None
            [report] = ours
            assert isinstance(report, Report)
            assert report.ntp is not None
            assert [block.reception.ssrc for block in report.blocks] == [0x1234]
            waited_s = clock.monotonic_s() - 2.5
            block = ReportBlock(ReceptionReport(report.ssrc, 0.5, 9, 0, 80), middle_bits(report.ntp), waited_s - 0.2)
            wire.arrive_rtcp(compound(Report(0x1234, (block,)), "caller"), HIJACKER)
            assert leg.statistics.round_trip_s is None
            wire.arrive_rtcp(compound(Report(0x1234, (block,)), "caller"))
            return wire, await heard(leg), leg

    wire, received, leg = run_virtual(scenario())
    [late] = [event for event in received if isinstance(event, PlaybackLate)]
    assert late.seconds == pytest.approx(0.1, abs=0.02)
    assert leg.statistics.remote_fraction_lost == 0.5
    assert leg.statistics.remote_jitter_s == 0.01
    last = parse_rtcp(wire.rtcp[-1][0])
    assert last is not None
    assert isinstance(last[-1], Bye)


def test_the_end_waits_for_the_last_words_but_not_for_long() -> None:
    async def scenario(pcm: bytes) -> tuple[float, int]:
        async with opened() as (leg, wire):
            leg.send(pcm)
            await leg.aclose(CloseCode.NORMAL, "agent-ended")
            took_s = asyncio.get_running_loop().time()
            await leg.aclose(CloseCode.NORMAL, "again")
            sent = len(wire.rtp)
            leg.send(pcm)
            await asyncio.sleep(0.2)
            assert len(wire.rtp) == sent
            with pytest.raises(TransportClosed):
                await leg.receive()
        return took_s, sent

    took_s, sent = run_virtual(scenario(SPEECH[:6400]))
    assert took_s == pytest.approx(0.4, abs=0.05)
    assert sent >= 20
    assert run_virtual(scenario(SPEECH * 5))[0] == pytest.approx(FLUSH_WAIT_S, abs=0.05)


def test_a_hang_up_is_received_after_what_was_said() -> None:
    async def scenario() -> bytes:
        async with opened() as (leg, wire):
            await say(wire, Telephone(), SPEECH)
            leg.press("7")
            leg.hang_up()
            received, closed = await until_closed(leg)
            assert closed.code == CloseCode.NORMAL
            assert received[-1] == KeyPressed("7")
            return audio(received)

    assert_sounds_like(run_virtual(scenario()), SPEECH)


def test_who_does_not_read_loses_audio_and_not_the_process() -> None:
    async def scenario() -> int:
        async with opened() as (leg, wire):
            telephone = Telephone()
            for _ in range(40):
                for packet in telephone.say(SPEECH):
                    wire.arrive(packet.to_wire())
            return len(await heard(leg))

    assert run_virtual(scenario()) == 1000
