"""A carrier's side of a media stream: it plays what it is sent in real time, returns marks, drops on `clear`.

The caller's voice is a queue of PCM (16 kHz) that is sent in frames of 20 ms; silence goes between.
"""

import asyncio
import base64
import contextlib
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import websockets
from websockets.asyncio.client import ClientConnection

from media_worker.media.g711 import mu_law
from media_worker.media.resample import Resampler

FRAME_S = 0.02
RATE_HZ = 16_000
FRAME_BYTES = 640
C = TypeVar("C", bound="TwilioCall | VonageCall")


class CarrierCall:
    """One call on one socket. Made by `twilio_call` and `vonage_call`."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.heard = bytearray()
        """What the caller has heard so far, PCM of 16 kHz, with silence where nothing was played."""
        self.clears = 0
        self.closed = asyncio.Event()
        self.loses: Callable[[], bool] = lambda: False
        """Whether the caller's next frame never arrives."""
        self.spoke_at = 0.0
        """When the last frame of what was said had been sent, time.monotonic()."""
        self.arrived_at: list[float] = []
        """When each piece of the agent's audio came."""
        self._speech: deque[bytes] = deque()
        self._queue: deque[bytes | str] = deque()
        """Audio frames that wait to be played, and the names of marks between them."""

    def say(self, pcm: bytes) -> None:
        """The caller speaks, after what he is saying already."""
        for start in range(0, len(pcm), FRAME_BYTES):
            self._speech.append(pcm[start : start + FRAME_BYTES].ljust(FRAME_BYTES, b"\0"))

    async def quiet(self, *, for_s: float = 0.6, spoken_s: float = FRAME_S, within: float = 40.0) -> bytes:
        """Wait until the agent has spoken for so long, pauses left out, and is silent; what it said meanwhile."""
        start = len(self.heard)
        async with asyncio.timeout(within):
            while not self._is_over(start, for_s, spoken_s):  # noqa: ASYNC110  # the playback's own pace is the event
                await asyncio.sleep(FRAME_S)
        return bytes(self.heard[start:])

    def _is_over(self, start: int, for_s: float, spoken_s: float) -> bool:
        tail = round(for_s * RATE_HZ) * 2
        said = bytes(self.heard[start:])
        spoken, silence = said[:-tail], said[-tail:]
        sounding = sum(any(spoken[at : at + FRAME_BYTES]) for at in range(0, len(spoken), FRAME_BYTES))
        return not self._speech and sounding * FRAME_S >= spoken_s and not any(silence)

    async def run(self) -> None:
        """Speak and play, frame by frame, until cancelled."""
        receiving = asyncio.ensure_future(self._receive())
        try:
            due, stamp = time.monotonic(), 0
            while not self.closed.is_set():
                stamp += 20
                is_said = bool(self._speech)
                spoken = self._speech.popleft() if is_said else bytes(FRAME_BYTES)
                if not self.loses():
                    await self._send_audio(spoken, stamp)
                self.spoke_at = time.monotonic() if is_said else self.spoke_at
                await self._play_frame()
                due += FRAME_S
                await asyncio.sleep(max(0.0, due - time.monotonic()))
        except websockets.ConnectionClosed:
            self.closed.set()
        finally:
            receiving.cancel()

    async def _play_frame(self) -> None:
        played = bytes(FRAME_BYTES)
        while self._queue:
            item = self._queue.popleft()
            if isinstance(item, bytes):
                played = item
                break
            await self._return_mark(item)
        self.heard += played

    async def _receive(self) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for message in self.connection:
                await self._take(message)
        self.closed.set()

    async def _clear(self) -> None:
        self.clears += 1
        waiting, self._queue = self._queue, deque()
        for item in waiting:
            if isinstance(item, str):
                await self._return_mark(item)

    async def _send_audio(self, pcm: bytes, stamp_ms: int) -> None:
        raise NotImplementedError

    async def _return_mark(self, name: str) -> None:
        raise NotImplementedError

    async def _take(self, message: str | bytes) -> None:
        raise NotImplementedError

    async def press(self, key: str) -> None:
        """The caller presses a key."""
        raise NotImplementedError

    async def hang_up(self) -> None:
        """The caller is gone."""
        await self.connection.close()

    def drop(self) -> None:
        """The line is cut, without a word."""
        self.connection.transport.abort()


class TwilioCall(CarrierCall):
    """Twilio's frames: text, mu-law in base64, only three events back."""

    STREAM, ACCOUNT = "MZ" + "1" * 32, "AC" + "3" * 32
    call_sid = "CA" + "2" * 32

    def __init__(self, connection: ClientConnection) -> None:
        super().__init__(connection)
        self._down, self._up = Resampler(RATE_HZ, 8000), Resampler(8000, RATE_HZ)
        self._sequence = 0
        self._rest = b""

    async def begin(self, parameters: Mapping[str, str]) -> None:
        await self.connection.send('{"event":"connected","protocol":"Call","version":"1.0.0"}')
        start = {
            "streamSid": self.STREAM,
            "accountSid": self.ACCOUNT,
            "callSid": self.call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": dict(parameters),
        }
        await self._send("start", start)

    async def _send(self, event: str, part: Mapping[str, Any]) -> None:
        self._sequence += 1
        frame = {"event": event, "sequenceNumber": str(self._sequence), "streamSid": self.STREAM, event: part}
        await self.connection.send(json.dumps(frame))

    async def _send_audio(self, pcm: bytes, stamp_ms: int) -> None:
        payload = base64.b64encode(mu_law().encode(self._down.push(pcm))).decode()
        part = {"track": "inbound", "chunk": str(stamp_ms // 20), "timestamp": str(stamp_ms), "payload": payload}
        await self._send("media", part)

    async def _return_mark(self, name: str) -> None:
        await self._send("mark", {"name": name})

    async def _take(self, message: str | bytes) -> None:
        assert isinstance(message, str), "a media stream has text frames only (error 31924)"
        frame = json.loads(message)
        assert frame["streamSid"] == self.STREAM
        match frame["event"]:
            case "media":
                self.arrived_at.append(time.monotonic())
                pcm = self._rest + self._up.push(mu_law().decode(base64.b64decode(frame["media"]["payload"])))
                whole = len(pcm) - len(pcm) % FRAME_BYTES
                self._queue.extend(pcm[start : start + FRAME_BYTES] for start in range(0, whole, FRAME_BYTES))
                self._rest = pcm[whole:]
            case "mark":
                self._queue.append(frame["mark"]["name"])
            case "clear":
                await self._clear()
            case unknown:
                raise AssertionError(f"{unknown} is no event that Twilio takes (error 31924)")

    async def press(self, key: str) -> None:
        await self._send("dtmf", {"track": "inbound_track", "digit": key})

    async def hang_up(self) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):  # we have hung up
            await self._send("stop", {"accountSid": self.ACCOUNT, "callSid": self.call_sid})
        await self.connection.close()


class VonageCall(CarrierCall):
    """Vonage's frames: audio is binary, 20 ms exactly; the rest is text."""

    async def begin(self, parameters: Mapping[str, str]) -> None:
        first = {"event": "websocket:connected", "content-type": "audio/l16;rate=16000", **parameters}
        await self.connection.send(json.dumps(first))

    async def _send_audio(self, pcm: bytes, stamp_ms: int) -> None:
        await self.connection.send(pcm)

    async def _return_mark(self, name: str) -> None:
        await self.connection.send(json.dumps({"event": "websocket:notify", "payload": {"id": name}}))

    async def _take(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            assert len(message) == FRAME_BYTES, "Vonage plays frames of 20 ms"
            self.arrived_at.append(time.monotonic())
            self._queue.append(message)
            return
        command = json.loads(message)
        if command["action"] == "clear":
            await self._clear()
            await self.connection.send('{"event":"websocket:cleared"}')
        else:
            assert command["action"] == "notify"
            self._queue.append(command["payload"]["id"])

    async def press(self, key: str) -> None:
        await self.connection.send(json.dumps({"event": "websocket:dtmf", "digit": key, "duration": 260}))


Signed = Callable[[str], Mapping[str, str]]
"""The headers with which a carrier proves an upgrade at this address."""


def unsigned(url: str) -> Mapping[str, str]:
    """Those of nobody."""
    return {}


@asynccontextmanager
async def _begun(
    url: str, kind: type[C], parameters: Mapping[str, str], signed: Signed = unsigned, **known: str
) -> AsyncIterator[C]:
    headers = signed(url)
    async with websockets.connect(url, proxy=None, compression=None, additional_headers=headers) as connection:
        call = kind(connection)
        vars(call).update(known)
        await call.begin(parameters)
        running = asyncio.ensure_future(call.run())
        try:
            yield call
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def twilio_stream(
    url: str, call_sid: str, parameters: Mapping[str, str], signed: Signed = unsigned
) -> AsyncIterator[TwilioCall]:
    """The stream of a call that Twilio knows by this sid."""
    async with _begun(url, TwilioCall, parameters, signed, call_sid=call_sid) as call:
        yield call


@asynccontextmanager
async def twilio_call(media_url: str, signed: Signed = unsigned, **parameters: str) -> AsyncIterator[CarrierCall]:
    """A call whose TwiML has these parameters; `media_url` is that of /millis."""
    async with _begun(media_url.replace("/millis", "/twilio"), TwilioCall, parameters, signed) as call:
        yield call


@asynccontextmanager
async def vonage_call(media_url: str, **parameters: str) -> AsyncIterator[CarrierCall]:
    """A call whose NCCO has these headers; `media_url` is that of /millis."""
    async with _begun(media_url.replace("/millis", "/vonage"), VonageCall, parameters) as call:
        yield call


@asynccontextmanager
async def vonage_socket(url: str, headers: Mapping[str, str], signed: Signed = unsigned) -> AsyncIterator[VonageCall]:
    """The socket that an NCCO names, with its headers."""
    async with _begun(url, VonageCall, headers, signed) as call:
        yield call
