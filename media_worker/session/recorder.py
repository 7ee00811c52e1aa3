"""Records a call, whatever transport carries it: a leg around the leg hears both sides.

Two files are written as the call goes on: the sides mixed (protocol.md 9.2), and caller left, agent right.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from callcore.blobs import recording_key
from callcore.opening.plan import SessionPlan
from callcore.ports import BlobStore, BlobWriter
from callcore.wire.client import Clear, Pause, ServerMessage, Unpause
from media_worker.media.call_sound import BYTES_PER_SAMPLE, CallSound
from media_worker.media.wav import HEADER_BYTES, mixed, stereo, wav_header
from media_worker.ports.leg import Leg, LegEvent
from media_worker.session.clock import WorkerClock

WRITE_EVERY_S = 1.0
WRITE_WAIT_S = 30.0
"""A store that takes longer than this loses the recording: its sound would fill the memory."""
FINISH_WAIT_S = 60.0
WAV = "audio/wav"
T = TypeVar("T")
log = logging.getLogger(__name__)


def wants_recording(plan: SessionPlan) -> bool:
    """Whether the call is recorded; an agent that opts out of data collection never is."""
    config = plan.config
    return config.call_settings.enable_recording and not config.privacy_settings.opt_out_data_collection


class RecordedLeg:
    """The same leg; what passes through it is heard by `sound`."""

    def __init__(self, leg: Leg, sound: CallSound, clock: WorkerClock) -> None:
        self._leg = leg
        self._clock = clock
        self.sound: CallSound | None = sound
        """None = nobody listens any more."""
        self.closed_at: float | None = None

    @property
    def sample_rate_hz(self) -> int:
        """The leg's own."""
        return self._leg.sample_rate_hz

    async def receive(self) -> bytes | LegEvent:
        """The user's next audio or event. Raises TransportClosed."""
        received = await self._leg.receive()
        if isinstance(received, bytes) and self.sound is not None:
            self.sound.caller_said(received, self._clock.monotonic_s())
        return received

    def send(self, message: bytes | ServerMessage) -> None:
        """Queue agent audio or a control message."""
        if self.sound is not None:
            _tell(self.sound, message, self._clock.monotonic_s())
        self._leg.send(message)

    async def aclose(self, code: int, reason: str) -> None:
        """Close the leg: the call's sound ends here."""
        if self.closed_at is None:
            self.closed_at = self._clock.monotonic_s()
        await self._leg.aclose(code, reason)


def _tell(sound: CallSound, message: bytes | ServerMessage, now: float) -> None:
    """What this message does to what the caller hears."""
    if isinstance(message, bytes):
        sound.agent_said(message, now)
    elif isinstance(message, Pause):
        sound.hold(now)
    elif isinstance(message, Unpause):
        sound.resume(now)
    elif isinstance(message, Clear):
        sound.clear(now)


class Recorder:
    """Records one call, or nothing when it is not to be recorded."""

    def __init__(self, leg: Leg, plan: SessionPlan, blobs: BlobStore, clock: WorkerClock) -> None:
        self._blobs = blobs
        self._clock = clock
        self._rate_hz = leg.sample_rate_hz
        self._session_id = plan.session_id
        self._keys = {form: recording_key(plan.account_id, plan.session_id, form) for form in ("mixed", "stereo")}
        self._sound = CallSound(leg.sample_rate_hz, clock.monotonic_s())
        self._recorded = RecordedLeg(leg, self._sound, clock) if wants_recording(plan) else None
        self._over = asyncio.Event()
        self._written: asyncio.Task[bool] | None = None
        self.leg: Leg = self._recorded or leg
        """What the session shall talk through."""

    @asynccontextmanager
    async def recording(self) -> AsyncIterator[None]:
        """Record while the context is open; `finish` in it."""
        async with asyncio.TaskGroup() as tasks:
            if self._recorded is not None:
                self._written = tasks.create_task(self._write(self._recorded))
            try:
                yield
            finally:
                await self.finish()

    async def finish(self) -> Mapping[str, str] | None:
        """The call is over: write what is left. The files' keys by form; None when there is no recording."""
        self._over.set()
        return self._keys if self._written is not None and await self._written else None

    async def _write(self, leg: RecordedLeg) -> bool:
        """Until the call is over; whether the files are there. A failure costs the recording, never the call."""
        files: _Files | None = None
        try:
            files = await _in_thread(WRITE_WAIT_S, self._create)
            while not await self._over_within(WRITE_EVERY_S):
                await _in_thread(WRITE_WAIT_S, partial(files.append, *self._sound.take(self._clock.monotonic_s())))
            ended_at = self._clock.monotonic_s() if leg.closed_at is None else leg.closed_at
            await _in_thread(FINISH_WAIT_S, partial(files.finish, *self._sound.take_rest(ended_at)))
        except Exception as error:
            log.exception("a recording was lost", extra={"session_id": self._session_id})
            leg.sound = None
            if files is not None and not isinstance(error, TimeoutError):  # else a thread still writes
                await self._abandon(files)
            return False
        return True

    async def _over_within(self, wait_s: float) -> bool:
        try:
            async with asyncio.timeout(wait_s):
                return await self._over.wait()
        except TimeoutError:
            return False

    def _create(self) -> "_Files":
        writers = {form: self._blobs.create(key, WAV, HEADER_BYTES) for form, key in self._keys.items()}
        return _Files(writers["mixed"], writers["stereo"], self._rate_hz)

    async def _abandon(self, files: "_Files") -> None:
        try:
            await _in_thread(WRITE_WAIT_S, files.abandon)
        except Exception:
            log.exception("a recording was not cleared away", extra={"session_id": self._session_id})


@dataclass
class _Files:
    """What is being written; used in threads, by one at a time."""

    mixed: BlobWriter
    stereo: BlobWriter
    rate_hz: int
    frames: int = 0

    def append(self, caller: bytes, agent: bytes) -> None:
        self.mixed.append(mixed(caller, agent))
        self.stereo.append(stereo(caller, agent))
        self.frames += len(caller) // BYTES_PER_SAMPLE

    def finish(self, caller: bytes, agent: bytes) -> None:
        self.append(caller, agent)
        for writer, channels in ((self.mixed, 1), (self.stereo, 2)):
            writer.finish(wav_header(self.rate_hz, channels, self.frames * channels * BYTES_PER_SAMPLE))

    def abandon(self) -> None:
        self.mixed.abandon()
        self.stereo.abandon()


async def _in_thread(wait_s: float, work: Callable[[], T]) -> T:
    async with asyncio.timeout(wait_s):
        return await asyncio.to_thread(work)
