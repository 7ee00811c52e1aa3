"""A call with real audio in virtual time: a room with a loudspeaker, a microphone and whatever sounds in it.

The session is the real one, with the Silero detector, the embedded recogniser, the script and flite. Only the clock
is not: a call lasts as long as its computing, and goes the same way every time.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callcore.calls.call import Call, CallStatus, Checkpoint
from callcore.ids import AccountId, AgentId, SessionId
from callcore.opening.plan import OpeningRequest, SessionPlan, begin_opening, finish_opening
from callcore.ports import Delivery
from callcore.wire import client as wire
from callstore.files import FilesBlobStore
from media_worker.media.playout import MS_PER_CHARACTER
from media_worker.ports.leg import Leg
from media_worker.ports.stt import SpeechToText
from media_worker.providers.local import silero
from media_worker.providers.script.llm import ScriptModel
from media_worker.session.casting.providers import Providers
from media_worker.session.driver import Session
from media_worker.session.journal import Journal, SessionEnd, Stores
from media_worker.session.pacer import Pacer
from media_worker.transports.loopback import LoopbackLeg
from tests.bench.inline_speech import InlineRecogniser, InlineVoice
from tests.bench.known_words import Heard, KnownWords
from tests.virtual_time import VirtualClock, run_virtual

FRAME_S = 0.020
ROOM_DBFS = -65.0

Samples = NDArray[np.float64]
Said = tuple[float, float, str]
"""From when to when, and what."""


class Nowhere:
    """Stores that keep nothing."""

    def begin_call(self, call: Call) -> None: ...

    def get_call(self, account_id: AccountId, session_id: SessionId) -> Call:
        raise KeyError(session_id)

    def finish_call(self, call: Call) -> bool:
        return True

    def list_live_calls(self) -> list[Call]:
        return []

    def save_checkpoint(self, checkpoint: Checkpoint) -> None: ...

    def load_checkpoint(self, session_id: SessionId) -> Checkpoint | None:
        return None

    def beat(self, worker_id: str, unix_s: float) -> None: ...

    def last_beat(self, worker_id: str) -> float | None:
        return None

    def send(self, body: str) -> None: ...

    def receive(self, limit: int, visibility_s: float) -> list[Delivery]:
        return []

    def delete(self, receipt: str) -> None: ...


@dataclass(frozen=True)
class EchoPath:
    """From the loudspeaker back into the microphone."""

    decibels: float
    """How much louder the echo is than what is played: negative."""
    delay_s: float
    reverberation_s: float = 0.3
    """Time in which the room's answer falls by 60 dB."""
    direct_decibels: float = 3.0
    """How much louder the direct sound is than the room's answer."""
    seed: int = 0

    def response(self, rate_hz: int) -> Samples:
        """The path's impulse response, after the delay."""
        count = round(self.reverberation_s * rate_hz)
        decay = np.exp(-6.9 * np.arange(count) / count)
        room = np.random.default_rng(self.seed).normal(size=count) * decay
        room *= 10 ** (-self.direct_decibels / 20) / np.sqrt(np.sum(room**2))
        room[0] += 1.0
        return np.asarray(room * 10 ** (self.decibels / 20) / np.sqrt(np.sum(room**2)))


class Room(LoopbackLeg):
    """The caller's end: plays what it gets, as a page does, and records what sounds."""

    def __init__(self, sound: Samples, echo: EchoPath | None, rate_hz: int, seed: int) -> None:
        """`sound` is what the caller and his room do, from the call's first moment; full scale is 1."""
        super().__init__()
        self.log: list[tuple[float, wire.ServerMessage]] = []
        """What the agent sent beside audio, and when."""
        self._rate_hz = rate_hz
        self._frame = round(FRAME_S * rate_hz)
        self._buffer = bytearray()
        self._paused = False
        self.heard = Heard(rate_hz)
        """What the microphone records, and the words in it."""
        self._echo = echo
        self._text = ""
        self._sound = sound + np.random.default_rng(seed).normal(size=sound.size) * 10 ** (ROOM_DBFS / 20)
        self._tail: Samples | None = None
        if echo is not None:
            self._response = echo.response(rate_hz)
            self._size = 1 << (self._frame + self._response.size).bit_length()
            self._spectrum = np.fft.rfft(self._response, self._size)
            self._delay = round(echo.delay_s * rate_hz)
            self._tail = np.zeros(self._delay + self._size + sound.size)

    @property
    def sample_rate_hz(self) -> int:
        return self._rate_hz

    def send(self, message: bytes | wire.ServerMessage) -> None:
        if isinstance(message, bytes):
            self._buffer += message
            return
        self.log.append((asyncio.get_running_loop().time(), message))
        if isinstance(message, wire.Clear):
            self._buffer.clear()
            self._paused = False
        elif isinstance(message, wire.Pause | wire.Unpause):
            self._paused = isinstance(message, wire.Pause)
        elif isinstance(message, wire.OnResponseText) and not message.is_final and self._echo is not None:
            self._echo_words(message.text, self._echo)

    async def be(self) -> None:
        """Play and record until the sound is over, then hang up."""
        for start in range(0, self._sound.size - self._frame + 1, self._frame):
            self._play(start)
            heard = self._sound[start : start + self._frame]
            if self._tail is not None:
                heard = heard + self._tail[start : start + self._frame]
            pcm = (heard.clip(-1, 1) * 32767).astype("<i2").tobytes()
            self.heard.audio += pcm
            self.give(pcm)
            await asyncio.sleep((start + self._frame) / self._rate_hz - asyncio.get_running_loop().time())
        self.hang_up()

    def _echo_words(self, text: str, echo: EchoPath) -> None:
        """More of the agent's words come back from now on."""
        added, self._text = text.removeprefix(self._text), text
        begin_s = asyncio.get_running_loop().time() + echo.delay_s
        self.heard.say(begin_s, begin_s + len(added) * MS_PER_CHARACTER / 1000, added)

    def _play(self, start: int) -> None:
        size = 0 if self._paused else 2 * self._frame
        played = np.frombuffer(bytes(self._buffer[:size]), "<i2") / 32768
        del self._buffer[:size]
        if self._tail is not None and played.size:
            echo = np.fft.irfft(np.fft.rfft(played, self._size) * self._spectrum, self._size)
            at = start + self._delay
            self._tail[at : at + self._size] += echo[: self._tail.size - at]


@dataclass(frozen=True)
class Happened:
    """What became of a call."""

    log: Sequence[tuple[float, wire.ServerMessage]]
    """What the agent sent beside audio, and when."""
    end: SessionEnd

    def times(self, kind: type[wire.ServerMessage]) -> list[float]:
        """When messages of this kind were sent."""
        return [at for at, message in self.log if isinstance(message, kind)]

    def holds(self) -> list[tuple[float, float]]:
        """When the agent was held, and for how long, until it went on or was cut."""
        held: list[tuple[float, float]] = []
        since: float | None = None
        for at, message in self.log:
            if isinstance(message, wire.Pause):
                since = at
            elif isinstance(message, wire.Unpause | wire.Clear) and since is not None:
                held.append((since, at - since))
                since = None
        return held


def plan(**config: Any) -> SessionPlan:
    """An agent's, as a session gets it."""
    request = OpeningRequest(
        session_id=SessionId("s1"),
        account_id=AccountId("acc_1"),
        max_call_duration_s=600,
        agent_id=AgentId("-a"),
        stored_config={"prompt": "", **config},
        metadata={},
    )
    return finish_opening(begin_opening(request), None)


@cache
def _detector() -> silero.SileroDetector:
    return silero.create()


def call(
    session_plan: SessionPlan,
    sound: Samples,
    echo: EchoPath | None = None,
    *,
    words: Sequence[Said] | None = None,
    rate_hz: int = 16_000,
    seed: int = 0,
) -> Happened:
    """Hold a call in which the caller's room sounds like this, until the sound is over or the agent hangs up.

    `words` are those of the caller, for the recogniser that knows; without them the embedded one listens.
    """

    async def scene() -> Happened:
        pacer, room = Pacer(VirtualClock()), Room(sound, echo, rate_hz, seed)
        recogniser: SpeechToText = InlineRecogniser()
        if words is not None:
            recogniser = KnownWords(room.heard)
            for begin_s, end_s, text in words:
                room.heard.say(begin_s, end_s, text)
        end = await hold(session_plan, room, recogniser, pacer, room.be())
        return Happened(tuple(room.log), end)

    return run_virtual(scene())


async def hold(
    session_plan: SessionPlan, leg: Leg, recogniser: SpeechToText, pacer: Pacer, caller: Coroutine[Any, Any, None]
) -> SessionEnd:
    """A session on that leg, and the caller at its other end, until the session is over."""
    clock, store = VirtualClock(), Nowhere()
    providers = Providers(recogniser, ScriptModel(), InlineVoice(), _detector())
    journal = Journal(Stores(store, store, store, FilesBlobStore(Path("never-written"))), session_plan, "worker", clock)
    session = Session(session_plan, leg, providers, journal, clock, pacer)
    async with asyncio.TaskGroup() as tasks:
        others = [tasks.create_task(pacer.run()), tasks.create_task(caller)]
        end = await session.run()
        for other in others:
            other.cancel()
    assert end.status is not CallStatus.ERROR, end.error
    return end
