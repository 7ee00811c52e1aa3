"""The legs that must keep the promises of media_worker.ports.leg, each with its far end on a wire that the test holds.

To join, a transport adds one line to LEGS.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol, cast

from media_worker.media.g711 import mu_law
from media_worker.media.rtp import RtpPacket
from media_worker.ports.leg import KeyPressed, Leg
from media_worker.session.pacer import Pacer
from media_worker.transports import millis, twilio, vonage
from media_worker.transports.loopback import LoopbackLeg
from media_worker.transports.rtp.leg import RtpLeg
from media_worker.transports.rtp.leg import open_leg as open_rtp
from media_worker.transports.rtp.terms import Codec, RtpTerms
from media_worker.transports.webrtc.leg import WebRtcLeg
from tests.peers.plain_codec import PlainCodec
from tests.peers.queue_socket import QueueSocket
from tests.peers.rtp_caller import CALLER, EVENT_PAYLOAD_TYPE, Telephone, Wire
from tests.unit.media_worker.transports.sip.bench import Bench
from tests.unit.media_worker.transports.sip.phone import sdp
from tests.virtual_time import VirtualClock

FRAME_S = 0.02


class FarEnd(Protocol):
    """The caller's side of a leg."""

    def say(self, pcm: bytes) -> None:
        """20 ms of sound, as PCM at the leg's rate."""
        ...

    def press(self, key: str) -> None: ...

    def hang_up(self) -> None: ...

    def heard(self) -> bytes:
        """All that the caller was sent, as PCM at the leg's rate."""
        ...


Line = tuple[Leg, FarEnd]


@dataclass
class _MillisClient:
    socket: QueueSocket

    def say(self, pcm: bytes) -> None:
        self.socket.incoming.put_nowait(pcm)

    def press(self, key: str) -> None:
        self.socket.incoming.put_nowait(json.dumps({"method": "dtmf", "data": key}))

    def hang_up(self) -> None:
        self.socket.hang_up()

    def heard(self) -> bytes:
        return b"".join(message for message in self.socket.outgoing if isinstance(message, bytes))


class _TwilioStream(_MillisClient):
    def _tell(self, event: str, **part: str) -> None:
        self.socket.incoming.put_nowait(json.dumps({"event": event, event: part}))

    def say(self, pcm: bytes) -> None:
        self._tell("media", payload=base64.b64encode(mu_law().encode(pcm)).decode())

    def press(self, key: str) -> None:
        self._tell("dtmf", digit=key)

    def heard(self) -> bytes:
        frames = [json.loads(message) for message in self.socket.outgoing]
        payloads = [frame["media"]["payload"] for frame in frames if frame["event"] == "media"]
        return mu_law().decode(b"".join(map(base64.b64decode, payloads)))


class _VonageStream(_MillisClient):
    def press(self, key: str) -> None:
        self.socket.incoming.put_nowait(json.dumps({"event": "websocket:dtmf", "digit": key}))


@dataclass
class _LoopbackPeer:
    leg: LoopbackLeg

    def say(self, pcm: bytes) -> None:
        self.leg.give(pcm)

    def press(self, key: str) -> None:
        self.leg.give(KeyPressed(key))

    def hang_up(self) -> None:
        self.leg.hang_up()

    def heard(self) -> bytes:
        return b"".join(message for message in self.leg.sent if isinstance(message, bytes))


@dataclass
class _RtpCaller:
    leg: RtpLeg
    wire: Wire
    telephone: Telephone = field(default_factory=Telephone)

    def say(self, pcm: bytes) -> None:
        for packet in self.telephone.say(pcm):
            self.wire.arrive(packet.to_wire())

    def press(self, key: str) -> None:
        for packet in self.telephone.press(key):
            self.wire.arrive(packet.to_wire())

    def hang_up(self) -> None:
        self.leg.hang_up()

    def heard(self) -> bytes:
        return self.wire.sound()


@dataclass
class _Browser:
    leg: WebRtcLeg
    datagrams: int = 0
    sound: bytes = b""

    def say(self, pcm: bytes) -> None:
        self.leg.took(RtpPacket(0, self.datagrams, self.datagrams * 320, 7, pcm))
        self.datagrams += 1

    def press(self, key: str) -> None:
        self.leg.told(json.dumps({"method": "dtmf", "data": key}))

    def hang_up(self) -> None:
        self.leg.closed(by_peer=True)

    def heard(self) -> bytes:
        return self.sound

    # --- its connection ---

    def send_audio(self, payload: bytes, at: int, clock_hz: int) -> None:
        self.sound += payload

    def send_text(self, text: str) -> None: ...

    async def aclose(self) -> None: ...


@asynccontextmanager
async def _ticking() -> AsyncIterator[Pacer]:
    pacer = Pacer(VirtualClock())
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(pacer.run())
        yield pacer
        running.cancel()


@asynccontextmanager
async def _millis() -> AsyncIterator[Line]:
    socket = QueueSocket()
    async with millis.open_leg(socket) as leg:
        yield leg, _MillisClient(socket)


@asynccontextmanager
async def _twilio() -> AsyncIterator[Line]:
    start = {"streamSid": "MZ1", "callSid": "CA1"}
    socket = QueueSocket(json.dumps({"event": "start", "start": start}))
    async with twilio.open_leg(socket, VirtualClock()) as leg:
        await leg.start()
        yield leg, _TwilioStream(socket)


@asynccontextmanager
async def _vonage() -> AsyncIterator[Line]:
    socket = QueueSocket('{"event":"websocket:connected","content-type":"audio/l16;rate=16000"}')
    async with vonage.open_leg(socket, VirtualClock()) as leg:
        await leg.start()
        yield leg, _VonageStream(socket)


@asynccontextmanager
async def _loopback() -> AsyncIterator[Line]:
    leg = LoopbackLeg()
    yield leg, _LoopbackPeer(leg)


@asynccontextmanager
async def _rtp() -> AsyncIterator[Line]:
    wire, terms = Wire(), RtpTerms(CALLER, CALLER.host, Codec.PCMU, EVENT_PAYLOAD_TYPE)
    async with _ticking() as pacer, open_rtp(wire, terms, pacer, VirtualClock()) as leg:
        yield leg, _RtpCaller(leg, wire)


class _SipCaller(_RtpCaller):
    """The same, and his signalling."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(cast(RtpLeg, None), bench.wire)
        self.bench = bench

    def hang_up(self) -> None:
        self.bench.phone.ask("BYE")


@asynccontextmanager
async def _sip() -> AsyncIterator[Line]:
    bench = Bench()
    async with bench.leg(body=sdp(host=CALLER.host, port=CALLER.port)) as leg:
        bench.answered(leg)
        yield leg, _SipCaller(bench)


@asynccontextmanager
async def _webrtc() -> AsyncIterator[Line]:
    leg = WebRtcLeg(VirtualClock())
    browser = _Browser(leg)
    leg.use(browser, {0: PlainCodec()}, speaks=True)
    leg.opened()
    async with _ticking() as pacer:
        pacer.add(leg.tick)
        yield leg, browser
        pacer.remove(leg.tick)


LEGS: Mapping[str, Callable[[], AbstractAsyncContextManager[Line]]] = {
    "loopback": _loopback,
    "millis": _millis,
    "rtp": _rtp,
    "sip": _sip,
    "twilio": _twilio,
    "vonage": _vonage,
    "webrtc": _webrtc,
}
