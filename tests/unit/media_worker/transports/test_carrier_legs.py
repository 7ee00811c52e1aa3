"""The legs of both carriers over a socket made of two queues: the same promises, each in its carrier's frames."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from callcore.errors import RemoteProtocolError, TransportClosed
from callcore.wire.client import Clear, OnResponseText, Pause, StartAnswering, Unpause
from media_worker.media.g711 import mu_law
from media_worker.ports.leg import KeyPressed, PlaybackLate
from media_worker.transports import twilio, vonage
from media_worker.transports.twilio import TwilioLeg
from media_worker.transports.vonage import VonageLeg
from tests.peers.queue_socket import QueueSocket
from tests.virtual_time import VirtualClock, run_virtual

START = {
    "streamSid": "MZ1",
    "accountSid": "AC1",
    "callSid": "CA1",
    "tracks": ["inbound"],
    "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
    "customParameters": {"agent_id": "-a", "public_key": "k"},
}
CarrierLeg = TwilioLeg | VonageLeg
TONE = (8000 * np.sin(np.arange(32_000) * 2 * np.pi * 440 / 16_000)).astype("<i2").tobytes()


@dataclass(frozen=True)
class Carrier:
    """How one of them writes what both mean."""

    open_leg: Callable[[QueueSocket, VirtualClock], AbstractAsyncContextManager[CarrierLeg]]
    hello: tuple[str, ...]
    key: str
    mark: Callable[[str], str]
    audio: Callable[[bytes], str | bytes]


def twilio_media(pcm: bytes) -> str:
    codes = mu_law().encode(pcm)
    return json.dumps({"event": "media", "media": {"track": "inbound", "payload": base64.b64encode(codes).decode()}})


CARRIERS = {
    "twilio": Carrier(
        twilio.open_leg,
        ('{"event":"connected","protocol":"Call"}', json.dumps({"event": "start", "start": START})),
        '{"event":"dtmf","dtmf":{"track":"inbound_track","digit":"5"}}',
        lambda name: json.dumps({"event": "mark", "mark": {"name": name}}),
        twilio_media,
    ),
    "vonage": Carrier(
        vonage.open_leg,
        ('{"event":"websocket:connected","content-type":"audio/l16;rate=16000","agent_id":"-a","public_key":"k"}',),
        '{"event":"websocket:dtmf","digit":"5","duration":260}',
        lambda name: json.dumps({"event": "websocket:notify", "payload": {"id": name}}),
        lambda pcm: pcm,
    ),
}
BOTH = pytest.mark.parametrize("carrier", CARRIERS.values(), ids=CARRIERS)


@asynccontextmanager
async def started(carrier: Carrier, *incoming: str | bytes) -> AsyncIterator[tuple[CarrierLeg, QueueSocket]]:
    socket = QueueSocket(*carrier.hello, *incoming)
    async with carrier.open_leg(socket, VirtualClock()) as leg:
        await leg.start()
        yield leg, socket


def told(socket: QueueSocket) -> list[str]:
    """What the carrier was told beside audio, marks' names left out."""
    kinds = []
    for message in socket.outgoing:
        frame: dict[str, Any] = json.loads(message) if isinstance(message, str) else {}
        kind = frame.get("event") or frame.get("action")
        if kind and kind != "media":
            kinds.append({"notify": "mark"}.get(kind, kind))
    return kinds


def played(socket: QueueSocket) -> bytes:
    """The audio that the carrier was sent, as PCM."""
    pcm = b""
    for message in socket.outgoing:
        if isinstance(message, bytes):
            pcm += message
        elif json.loads(message).get("event") == "media":
            pcm += mu_law().decode(base64.b64decode(json.loads(message)["media"]["payload"]))
    return pcm


def mark_names(socket: QueueSocket) -> list[str]:
    frames = [json.loads(message) for message in socket.outgoing if isinstance(message, str)]
    named = [frame.get("mark", {}).get("name") or frame.get("payload", {}).get("id") for frame in frames]
    return [name for name in named if name]


@BOTH
def test_the_start_brings_the_parameters(carrier: Carrier) -> None:
    async def scenario() -> None:
        async with carrier.open_leg(QueueSocket(*carrier.hello), VirtualClock()) as leg:
            assert (await leg.start()).parameters == {"agent_id": "-a", "public_key": "k"}

    run_virtual(scenario())


@BOTH
def test_no_start_is_no_call(carrier: Carrier) -> None:
    async def scenario() -> float:
        async with carrier.open_leg(QueueSocket(), VirtualClock()) as leg:
            with pytest.raises(RemoteProtocolError, match="in time"):
                await leg.start()
        return asyncio.get_running_loop().time()

    assert run_virtual(scenario()) == pytest.approx(twilio.START_WAIT_S)


@BOTH
def test_what_the_caller_says_and_presses_arrives_in_order(carrier: Carrier) -> None:
    async def scenario() -> list[object]:
        frames = (carrier.audio(TONE[:640]), carrier.key, carrier.audio(TONE[640:1280]))
        async with started(carrier, *frames) as (leg, _):
            return [await leg.receive() for _ in range(3)]

    first, key, second = run_virtual(scenario())
    assert key == KeyPressed("5")
    for heard, said in ((first, TONE[:640]), (second, TONE[640:1280])):
        assert isinstance(heard, bytes)
        np.testing.assert_allclose(np.frombuffer(heard, "<i2"), np.frombuffer(said, "<i2"), atol=300)


@BOTH
def test_a_stream_without_any_frame_is_dead(carrier: Carrier) -> None:
    async def scenario() -> float:
        async with started(carrier) as (leg, _):
            with pytest.raises(TransportClosed):
                await leg.receive()
        return asyncio.get_running_loop().time()

    assert run_virtual(scenario()) == pytest.approx(twilio.SILENCE_WAIT_S)


@BOTH
def test_the_agents_audio_is_sent_whole_with_marks_and_nothing_a_telephone_does_not_know(carrier: Carrier) -> None:
    async def scenario() -> QueueSocket:
        async with started(carrier) as (leg, socket):
            leg.send(StartAnswering())
            leg.send(OnResponseText("Hello", is_final=False))
            for start in range(0, leg.sample_rate_hz * 2, 500):
                leg.send(TONE[start : min(start + 500, leg.sample_rate_hz * 2)])
            await leg.aclose(1000, "")
            return socket

    socket = run_virtual(scenario())
    pcm = played(socket)
    length = len(pcm) - len(pcm) % 640
    np.testing.assert_allclose(np.frombuffer(pcm[:length], "<i2"), np.frombuffer(TONE[:length], "<i2"), atol=300)
    assert set(told(socket)) == {"mark"}
    assert 4 <= len(mark_names(socket)) <= 5


@BOTH
def test_marks_tell_how_late_the_caller_hears(carrier: Carrier) -> None:
    async def scenario() -> object:
        async with started(carrier) as (leg, socket):
            leg.send(TONE[: leg.sample_rate_hz * 2 // 5])
            await asyncio.sleep(0.35)
            socket.incoming.put_nowait(carrier.mark(mark_names(socket)[0]))
            return await leg.receive()

    late = run_virtual(scenario())
    assert isinstance(late, PlaybackLate)
    assert late.seconds == pytest.approx(0.15, abs=0.001)


@BOTH
def test_a_hold_stops_the_carrier_and_a_false_alarm_plays_what_was_not_heard(carrier: Carrier) -> None:
    async def scenario() -> tuple[bytes, list[str], int]:
        async with started(carrier) as (leg, socket):
            sent = TONE[: leg.sample_rate_hz * 2 // 5]
            leg.send(sent)
            await asyncio.sleep(0.05)
            leg.send(Pause())
            await asyncio.sleep(1)
            before = len(played(socket))
            leg.send(Unpause())
            await leg.aclose(1000, "")
            return played(socket)[before:], told(socket), len(sent)

    again, frames, size = run_virtual(scenario())
    assert frames.count("clear") == 1
    assert len(again) == pytest.approx(size * 3 / 4, abs=640)


@BOTH
def test_an_interruption_drops_what_was_not_heard_for_good(carrier: Carrier) -> None:
    async def scenario() -> tuple[bytes, list[str]]:
        async with started(carrier) as (leg, socket):
            leg.send(TONE[: leg.sample_rate_hz])
            await asyncio.sleep(0.01)
            leg.send(Pause())
            leg.send(Clear())
            await asyncio.sleep(1)
            before = len(played(socket))
            leg.send(Unpause())
            await leg.aclose(1000, "")
            return played(socket)[before:], told(socket)

    again, frames = run_virtual(scenario())
    assert again == b""
    assert frames.count("clear") == 2


@BOTH
@pytest.mark.parametrize("text", ["", "nonsense", "[]", "{" * 10_000, '{"event":"media","media":{"payload":"%"}}'])
def test_garbage_ends_the_stream_or_means_nothing(carrier: Carrier, text: str) -> None:
    async def scenario() -> None:
        async with started(carrier, text, carrier.key) as (leg, _):
            try:
                assert await leg.receive() == KeyPressed("5")
            except RemoteProtocolError:
                return

    run_virtual(scenario())


def test_twilio_says_when_the_stream_is_over() -> None:
    async def scenario() -> None:
        async with started(CARRIERS["twilio"], '{"event":"stop","stop":{"callSid":"CA1"}}') as (leg, _):
            with pytest.raises(TransportClosed) as over:
                await leg.receive()
            assert over.value.code == 1000

    run_virtual(scenario())


def test_twilio_frames_that_were_lost_are_silence() -> None:
    def media(at_ms: int) -> str:
        payload = base64.b64encode(b"\x80" * 160).decode()
        return json.dumps({"event": "media", "media": {"timestamp": str(at_ms), "payload": payload}})

    async def scenario() -> list[object]:
        async with started(CARRIERS["twilio"], media(20), media(80), media(60), media(100)) as (leg, _):
            return [await leg.receive() for _ in range(3)]

    first, second, third = run_virtual(scenario())
    assert [len(part) for part in (first, second, third) if isinstance(part, bytes)] == [320, 960, 320]


def test_vonage_gets_frames_of_twenty_milliseconds_and_the_last_one_is_filled_up() -> None:
    async def scenario() -> list[str | bytes]:
        async with started(CARRIERS["vonage"]) as (leg, socket):
            leg.send(TONE[:1000])
            await asyncio.sleep(0.01)
            leg.send(TONE[1000:1500])
            await asyncio.sleep(1)
            return socket.outgoing

    frames = run_virtual(scenario())
    assert [len(frame) for frame in frames if isinstance(frame, bytes)] == [640, 640, 640]
    assert b"".join(frame for frame in frames if isinstance(frame, bytes)) == TONE[:1500] + bytes(420)


def test_vonage_keys_come_in_three_spellings() -> None:
    async def scenario() -> list[object]:
        spellings = ('{"digit":"1"}', '{"dtmf":"2"}', '{"dtmf":{"digit":"#"}}')
        frames = [f'{{"event":"websocket:dtmf",{spelling[1:]}' for spelling in spellings]
        async with started(CARRIERS["vonage"], *frames) as (leg, _):
            return [await leg.receive() for _ in spellings]

    assert run_virtual(scenario()) == [KeyPressed("1"), KeyPressed("2"), KeyPressed("#")]
