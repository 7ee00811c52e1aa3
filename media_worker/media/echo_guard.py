"""Stands between the microphone's edges and the conversation: our own echo is nobody speaking (conversation.md 4.5).

A sound that begins while we can be heard is in doubt, until enough of it was heard to say whether our own voice
explains it. Where an echo is likely, because the call has just begun or there was one lately, a sound in doubt is
withheld from the conversation; elsewhere it is reported, so that the agent stops at once, and taken back when it was
an echo after all.

    QUIET ──sound──► WITHHELD or REPORTED ──explained──► ECHO
      │                        │                          │
      │                   not explained           no longer explained
      └──we were silent──► PERSON ◄───────────────────────┘
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from media_worker.media.echo import LONGEST_WINDOW_S, EchoDetector
from media_worker.media.speech_edge import SpeechEdge, SpeechEnded, SpeechStarted

SETTLE_S = 3.0
"""A browser's own cancellation needs so much of our voice before it works."""
WARY_S = 30.0
"""An echo may come again for so long."""
STEP_S = 0.1
"""Between two looks at a sound."""
FIRST_WINDOW_S, SURE_WINDOW_S = 0.24, 0.40
"""The shortest piece of sound that can be judged, and the shortest that is easy."""
WATCH_WINDOW_S = 0.5
"""A person who talks over an echo is noticed in this much of it."""


class Source(Enum):
    """Who makes the sound that is heard now."""

    QUIET = auto()
    WITHHELD = auto()
    """In doubt; the conversation does not know of it."""
    REPORTED = auto()
    """In doubt; the conversation knows."""
    ECHO = auto()
    PERSON = auto()


@dataclass(frozen=True)
class SoundBegan:
    """Somebody has begun to speak."""

    onset_s: float
    """Stream time of the first sound."""
    doubtful: bool
    """It may be ourselves."""


@dataclass(frozen=True)
class EchoFound:
    """The sound that began last is our own echo."""


@dataclass(frozen=True)
class PersonFound:
    """The sound that began last is no echo."""


GuardedEdge = SoundBegan | SpeechEnded | EchoFound | PersonFound


class EchoGuard:
    """One call's. Feed it what `SpeechEdges` says; it hands on what the conversation should know."""

    def __init__(self, rate_hz: int) -> None:
        self.source = Source.QUIET
        self.onset_s = 0.0
        """Stream time at which the sound began, as far as it is a person's."""
        self._detector = EchoDetector(rate_hz)
        self._bytes_per_s = rate_hz * 2
        self._played_s = 0.0
        self._wary_until_s = 0.0
        self._next_look_s = 0.0

    @property
    def trusts(self) -> bool:
        """What is heard now is no echo, as far as we know: the recogniser may hear it."""
        return self.source in (Source.QUIET, Source.PERSON)

    def played(self, pcm: bytes, now_s: float) -> None:
        """Our voice, as it sounded until now."""
        self._detector.played(pcm, now_s)
        self._played_s += len(pcm) / self._bytes_per_s

    def push(self, pcm: bytes, edges: Sequence[SpeechEdge], stream_s: float, now_s: float) -> list[GuardedEdge]:
        """Take a frame of the microphone that ends now, and the edges found in it."""
        self._detector.heard(pcm, now_s)
        passed: list[GuardedEdge] = []
        for edge in edges:
            passed += self._begin(edge, now_s) if isinstance(edge, SpeechStarted) else self._end(edge, stream_s, now_s)
        if not self.trusts and stream_s >= self._next_look_s:
            self._next_look_s = stream_s + STEP_S
            passed += self._look(stream_s, now_s)
        return passed

    def _begin(self, edge: SpeechStarted, now_s: float) -> list[GuardedEdge]:
        self.onset_s = edge.onset_s
        self._next_look_s = edge.onset_s + FIRST_WINDOW_S
        if not self._detector.possible(now_s):
            self.source = Source.PERSON
            return [SoundBegan(edge.onset_s, doubtful=False)]
        if self._played_s < SETTLE_S or now_s < self._wary_until_s:
            self.source = Source.WITHHELD
            return []
        self.source = Source.REPORTED
        return [SoundBegan(edge.onset_s, doubtful=True)]

    def _end(self, edge: SpeechEnded, stream_s: float, now_s: float) -> list[GuardedEdge]:
        passed = [] if self.trusts or self.source is Source.ECHO else self._look(stream_s, now_s)
        if self.source in (Source.PERSON, Source.REPORTED):
            passed.append(edge)
        self.source = Source.QUIET
        return passed

    def _look(self, stream_s: float, now_s: float) -> list[GuardedEdge]:
        was = self.source
        sounded_s = WATCH_WINDOW_S if was is Source.ECHO else stream_s - self.onset_s
        window_s = min(max(sounded_s, FIRST_WINDOW_S), LONGEST_WINDOW_S)
        share = self._detector.explain(window_s).share
        is_sure = window_s >= SURE_WINDOW_S
        if share >= (0.6 if is_sure else 0.8):
            self._wary_until_s = now_s + WARY_S
            self.source = Source.ECHO
            return [EchoFound()] if was is Source.REPORTED else []
        if share > (0.4 if is_sure else 0.3) and sounded_s < LONGEST_WINDOW_S:
            return []
        self.source = Source.PERSON
        if was is Source.ECHO:
            self.onset_s = stream_s - WATCH_WINDOW_S
        if was is Source.REPORTED:
            return [PersonFound()] if share <= 0.4 else []
        return [SoundBegan(self.onset_s, doubtful=share > 0.4)]
