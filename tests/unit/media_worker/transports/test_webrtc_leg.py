"""The leg of WebRTC over a wire that the test holds: the same promises as the other legs, and a connection's own."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from callcore.errors import RemoteProtocolError, TransportClosed
from callcore.wire.client import Clear, OnReady, Pause, StartAnswering, Unpause
from media_worker.media.rtp import RtpPacket
from media_worker.ports.leg import ConnectionBack, ConnectionLost, KeyPressed, PlaybackLate, TypedText, VoiceWanted
from media_worker.transports.webrtc.codecs import Codec, Opus, new_codec
from media_worker.transports.webrtc.leg import CONNECT_S, DEAD_S, LOST_S, QUIET_FRAMES, WebRtcLeg
from tests.peers.plain_codec import PlainCodec
from tests.virtual_time import VirtualClock, run_virtual

FRAME_S = 0.02
TONE = (8000 * np.sin(np.arange(16_000) * 2 * np.pi * 440 / 16_000)).astype("<i2").tobytes()
SILENCE = bytes(640)


@dataclass
class FakeWire:
    """What the leg sent, and when; a peer that sends nothing unless the test does."""

    datagrams: int = 0
    texts: list[dict[str, Any]] = field(default_factory=list)
    audio: list[tuple[bytes, int]] = field(default_factory=list)
    closed: int = 0

    def send_audio(self, payload: bytes, at: int, clock_hz: int) -> None:
        self.audio.append((payload, at))

    def send_text(self, text: str) -> None:
        self.texts.append(json.loads(text))

    async def aclose(self) -> None:
        self.closed += 1

    def sound(self) -> list[bool]:
        """Of each frame: whether anything is heard in it."""
        return [payload != SILENCE for payload, _ in self.audio]


@dataclass
class House:
    leg: WebRtcLeg
    wire: FakeWire
    tasks: asyncio.TaskGroup
    codec: Codec
    sent: int = 0

    async def run(self, seconds: float, *, speaking: bool = True) -> None:
        """The process's clock ticks; the peer's packets come in time."""
        for _ in range(round(seconds / FRAME_S)):
            if speaking:
                self.say(bytes(640))
            self.leg.tick(asyncio.get_running_loop().time())
            await asyncio.sleep(FRAME_S)

    def say(self, pcm: bytes) -> None:
        self.wire.datagrams += 1
        payload = self.codec.encode(pcm)
        self.leg.took(RtpPacket(0, self.sent, self.sent * self.codec.clock_hz // 50, 7, payload))
        self.sent += 1


def play(scene: Callable[[House], Coroutine[Any, Any, None]], *, speaks: bool = True) -> None:
    async def scenario() -> None:
        leg, wire = WebRtcLeg(VirtualClock()), FakeWire()
        leg.use(wire, {0: PlainCodec()}, speaks=speaks)
        leg.opened()
        async with asyncio.TaskGroup() as tasks:
            await scene(House(leg, wire, tasks, PlainCodec()))

    run_virtual(scenario())


async def heard(leg: WebRtcLeg, frames: int) -> bytes:
    parts = [await leg.receive() for _ in range(frames)]
    return b"".join(part for part in parts if isinstance(part, bytes))


def test_what_is_said_typed_and_pressed_arrives_in_order() -> None:
    async def scene(house: House) -> None:
        house.say(TONE[:640])
        house.leg.told('{"method":"dtmf","data":"5#"}')
        house.leg.told('{"method":"user_text","data":" hello "}')
        house.leg.told('{"method":"voice","data":false}')
        house.leg.told('{"method":"dance"}')
        house.say(TONE[640:1280])
        first, *events, second = [await house.leg.receive() for _ in range(6)]
        assert events == [KeyPressed("5"), KeyPressed("#"), TypedText("hello"), VoiceWanted(False)]
        assert isinstance(first, bytes)
        assert isinstance(second, bytes)
        assert len(first) == len(second) == 640
        assert np.abs(np.frombuffer(second, "<i2")).max() > 7000

    play(scene)


def test_a_ping_is_answered_and_a_broken_message_ends_the_leg() -> None:
    async def scene(house: House) -> None:
        house.leg.told('{"method":"ping","data":"17"}')
        assert house.wire.texts == [{"method": "pong", "data": "17"}]
        house.leg.told("[]")
        with pytest.raises(RemoteProtocolError, match="not an object"):
            await house.leg.receive()

    play(scene)


def test_the_agent_is_heard_in_even_steps_from_the_round_in_which_it_speaks() -> None:
    async def scene(house: House) -> None:
        await house.run(0.1)
        house.leg.tick(0.1)
        house.leg.send(TONE[: 640 * 3 + 100])
        await asyncio.sleep(FRAME_S)
        await house.run(0.2)
        assert house.wire.sound() == [False] * 5 + [True] * 3 + [False, True] + [False] * 6
        assert [at for _, at in house.wire.audio] == [320 * n for n in range(16)]

    play(scene)


def test_a_pause_is_heard_after_one_frame_and_goes_on_where_it_stopped() -> None:
    async def scene(house: House) -> None:
        house.leg.send(TONE[:6400])
        await house.run(0.1)
        house.leg.send(Pause())
        await house.run(0.1)
        house.leg.send(Unpause())
        await house.run(0.2)
        assert house.wire.sound() == [True] * 5 + [False] * 5 + [True] * 5 + [False] * 5
        assert [text["method"] for text in house.wire.texts] == ["pause", "unpause"]

    play(scene)


@pytest.mark.parametrize("paused", [False, True])
def test_after_a_clear_nothing_of_the_reply_is_heard(paused: bool) -> None:
    async def scene(house: House) -> None:
        house.leg.send(TONE[:6400])
        await house.run(0.1)
        if paused:
            house.leg.send(Pause())
        house.leg.send(Clear())
        await house.run(0.1)
        house.leg.send(TONE[:640])
        await house.run(0.1)
        assert house.wire.sound() == [True] * 5 + [False] * 5 + [True] + [False] * 4

    play(scene)


def test_a_peer_that_takes_no_audio_gets_messages_only() -> None:
    async def scene(house: House) -> None:
        house.leg.send(StartAnswering())
        house.leg.send(TONE)
        await house.run(0.2)
        assert house.wire.audio == []
        assert [text["method"] for text in house.wire.texts] == ["start_answering"]

    play(scene, speaks=False)


def test_of_a_long_silence_the_peer_is_only_reminded() -> None:
    async def scene(house: House) -> None:
        house.leg.use(house.wire, {111: new_codec("opus")}, speaks=True)
        await house.run(1.2, speaking=False)
        house.leg.send(TONE[:640])
        await house.run(0.1, speaking=False)
        frames = [at // 960 for _, at in house.wire.audio]
        assert frames == [*range(QUIET_FRAMES), 10, 30, 50, *range(60, 65)], "time goes on meanwhile"
        assert {len(payload) for payload, at in house.wire.audio if at // 960 in (10, 30, 50)} == {1}

    play(scene)


def test_a_codec_without_pauses_sends_silence_all_the_time() -> None:
    async def scene(house: House) -> None:
        await house.run(1.0, speaking=False)
        assert [at for _, at in house.wire.audio] == [320 * n for n in range(50)]

    play(scene)


def test_a_lost_packet_leaves_no_hole_and_no_delay() -> None:
    async def scene(house: House) -> None:
        for frame in range(25):
            if frame == 10:
                house.sent += 1
            else:
                house.say(TONE[640 * frame : 640 * frame + 640])
            house.leg.tick(asyncio.get_running_loop().time())
            await asyncio.sleep(FRAME_S)
        sound = np.frombuffer(await heard(house.leg, len(house.leg._received)), "<i2").astype(float)
        assert sound.size == 25 * 320
        loudness = np.sqrt((sound.reshape(25, 320)[2:-1] ** 2).mean(axis=1))
        assert loudness.min() > 3000, "what is lost is concealed"
        assert (house.leg.arrivals.lost, house.leg.arrivals.played) == (1, 24)

    play(scene)


def test_a_peer_without_a_microphone_is_not_taken_for_a_silent_one() -> None:
    async def scene(house: House) -> None:
        house.say(TONE[:640])
        await house.run(8.0, speaking=False)
        house.wire.datagrams += 1
        sound = await heard(house.leg, len(house.leg._received) - 1)
        assert len(sound) / 32_000 == pytest.approx(2.0, abs=0.1)

    play(scene)


def test_a_peer_of_which_nothing_comes_is_lost_then_back_then_gone() -> None:
    async def scene(house: House) -> None:
        loop = asyncio.get_running_loop()
        events: list[tuple[float, str]] = []

        async def watch() -> None:
            try:
                while True:
                    event = await house.leg.receive()
                    if isinstance(event, ConnectionLost | ConnectionBack):
                        events.append((loop.time(), type(event).__name__))
            except TransportClosed as closed:
                events.append((loop.time(), str(closed.code)))

        watching = house.tasks.create_task(watch())
        await house.run(1.0)
        await house.run(3.0, speaking=False)
        await house.run(1.0)
        await house.run(DEAD_S + 1, speaking=False)
        await watching
        assert [name for _, name in events] == ["ConnectionLost", "ConnectionBack", "ConnectionLost", "1006"]
        times = [at for at, _ in events]
        assert times == pytest.approx([1 + LOST_S, 4, 5 + LOST_S, 5 + DEAD_S], abs=0.06)

    play(scene)


def test_how_late_the_peer_hears_is_told_when_it_changes() -> None:
    async def scene(house: House) -> None:
        for round_trip_s in (None, 0.01, 0.2, 0.21, 0.05):
            house.leg.measured(round_trip_s)
        told = [await house.leg.receive() for _ in range(3)]
        late_ms = [round(1000 * event.seconds) for event in told if isinstance(event, PlaybackLate)]
        assert late_ms == [50, 150, 75]

    play(scene)


def test_a_peer_that_hangs_up_has_closed_normally() -> None:
    async def scene(house: House) -> None:
        house.leg.closed(by_peer=True)
        with pytest.raises(TransportClosed) as closed:
            await house.leg.receive()
        assert closed.value.code == 1000
        house.leg.send(OnReady("s"))
        assert house.wire.texts == []

    play(scene)


def test_a_closed_leg_sends_nothing_and_closing_twice_is_fine() -> None:
    async def scene(house: House) -> None:
        await house.leg.aclose(1000, "over")
        await house.leg.aclose(1000, "over")
        house.leg.send(TONE)
        await house.run(0.1)
        assert house.wire.audio == []

    play(scene)


def test_a_peer_that_does_not_connect_in_time_is_no_call() -> None:
    async def scenario() -> float:
        leg = WebRtcLeg(VirtualClock())
        with pytest.raises(TransportClosed):
            await leg.connected()
        return asyncio.get_running_loop().time()

    assert run_virtual(scenario()) == pytest.approx(CONNECT_S)


@pytest.mark.parametrize("name", ["opus", "pcmu", "pcma"])
def test_what_a_codec_encodes_it_decodes(name: str) -> None:
    sending, receiving = new_codec(name), new_codec(name)
    payloads = [sending.encode(TONE[at : at + 640]) for at in range(0, 32_000, 640)]
    assert {sending.samples_of(payload) for payload in payloads} == {sending.clock_hz // 50}
    sound = np.frombuffer(b"".join(receiving.decode(payload) or b"" for payload in payloads), "<i2")
    assert sound.size == 16_000
    spectrum = np.abs(np.fft.rfft(sound[4000:12_000].astype(float)))
    assert np.argmax(spectrum) == 220, "440 Hz in steps of two"


def test_what_is_no_opus_is_none() -> None:
    opus = Opus()
    assert [opus.decode(bad) for bad in (b"", b"\xff")] == [None, None]
    assert opus.decode(opus.encode(TONE[:640])), "it still hears"
    assert [opus.samples_of(bytes(payload)) for payload in ([], [3], [3, 2], [0x00], [0x0B, 4], [0xE1])] == [
        0,
        0,
        960,
        480,
        3840,
        240,
    ]
