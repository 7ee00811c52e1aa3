"""A caller over WebRTC as another program would be: aiortc as it is, with its own codecs and jitter buffer."""

import asyncio
import fractions
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import av
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcconfiguration import RTCBundlePolicy, RTCIceServer, RTCIceTransportPolicy

RATE_HZ = 16_000
FRAME_S = 0.02
_FRAME_BYTES = 2 * RATE_HZ // 50


class Microphone(MediaStreamTrack):
    """Silence in real time, and between it whatever is said."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._speech = bytearray()
        self._began_at: float | None = None
        self._frames = 0

    def say(self, pcm: bytes) -> None:
        """This comes next."""
        self._speech += pcm

    @property
    def speaking(self) -> bool:
        """Something is left to be said."""
        return bool(self._speech)

    async def recv(self) -> av.AudioFrame:
        now = asyncio.get_running_loop().time()
        self._began_at = now if self._began_at is None else self._began_at
        await asyncio.sleep(max(0.0, self._began_at + self._frames * FRAME_S - now))
        pcm = bytes(self._speech[:_FRAME_BYTES]).ljust(_FRAME_BYTES, b"\0")
        del self._speech[:_FRAME_BYTES]
        frame = av.AudioFrame(format="s16", layout="mono", samples=RATE_HZ // 50)
        frame.sample_rate = RATE_HZ
        frame.pts = self._frames * frame.samples
        frame.time_base = fractions.Fraction(1, RATE_HZ)
        frame.planes[0].update(pcm)
        self._frames += 1
        return frame


@dataclass
class WebRtcClient:
    """One caller."""

    connection: RTCPeerConnection
    microphone: Microphone
    channel: RTCDataChannel
    messages: list[dict[str, Any]] = field(default_factory=list)
    heard: bytearray = field(default_factory=bytearray)
    """What the agent said: PCM of 16 kHz."""
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def send(self, method: str, data: Any = None) -> None:
        """A message on the channel."""
        self.channel.send(json.dumps({"method": method, "data": data}))

    def say(self, pcm: bytes) -> None:
        """Say this now."""
        self.microphone.say(pcm)

    async def wait_until(self, holds: Callable[[], Any], within_s: float = 30.0) -> Any:
        """What `holds` gives once it gives something; it is asked after every message and every sound."""
        async with asyncio.timeout(within_s):
            while not (found := holds()):
                self.news.clear()
                await self.news.wait()
            return found

    async def wait_for(self, method: str, within_s: float = 30.0, **payload: Any) -> dict[str, Any]:
        """The next message of this method whose payload has these values; it is not found again."""

        def wanted() -> dict[str, Any] | None:
            for message in self.messages:
                if message["method"] == method and payload.items() <= message.get("payload", {}).items():
                    self.messages.remove(message)
                    return message
            return None

        found: dict[str, Any] = await self.wait_until(wanted, within_s)
        return found

    async def take(self, answer: str) -> None:
        """The answer to our offer."""
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))


@asynccontextmanager
async def calling(
    *, turn: RTCIceServer | None = None, direction: str = "sendrecv", video: bool = False
) -> AsyncIterator[tuple[WebRtcClient, str]]:
    """A caller and his offer; give him the answer. Leaving the context hangs up."""
    configuration = RTCConfiguration(
        iceServers=[turn] if turn else [],
        bundlePolicy=RTCBundlePolicy.MAX_BUNDLE,
        iceTransportPolicy=RTCIceTransportPolicy.RELAY if turn else RTCIceTransportPolicy.ALL,
    )
    connection = RTCPeerConnection(configuration)
    microphone = Microphone()
    connection.addTransceiver(microphone, direction=direction)
    if video:
        connection.addTransceiver("video", direction="recvonly")
    client = WebRtcClient(connection, microphone, connection.createDataChannel("events"))
    hearing: list[asyncio.Task[None]] = []
    async with asyncio.TaskGroup() as tasks:

        @client.channel.on("message")
        def told(text: str) -> None:
            client.messages.append(json.loads(text))
            client.news.set()

        @connection.on("track")
        def track(heard: MediaStreamTrack) -> None:
            hearing.append(tasks.create_task(_hear(heard, client)))

        await connection.setLocalDescription(await connection.createOffer())
        try:
            yield client, connection.localDescription.sdp
        finally:
            await connection.close()
            for task in hearing:
                task.cancel()  # a track that never began does not end either


async def sound_of(track: MediaStreamTrack) -> AsyncIterator[bytes]:
    """What it gives, as PCM at RATE_HZ, until it ends."""
    resampler = av.AudioResampler("s16", "mono", RATE_HZ)
    while True:
        try:
            frame = await track.recv()
        except MediaStreamError:
            return
        assert isinstance(frame, av.AudioFrame)
        yield b"".join(bytes(part.planes[0])[: 2 * part.samples] for part in resampler.resample(frame))


async def _hear(track: MediaStreamTrack, client: WebRtcClient) -> None:
    async for pcm in sound_of(track):
        client.heard += pcm
        client.news.set()
