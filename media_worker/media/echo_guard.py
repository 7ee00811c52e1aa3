"""Stands between the microphone's edges and the conversation: over our own speech, only a person speaks.

A sound that begins while we can be heard may be our own echo (conversation.md 4.5) or a noise in the room (4.4). It is
in doubt, until enough of it was heard to say whether our own voice explains it and whether it has the pitch of one
voice. Where an echo is likely, because the call has just begun or there was one lately, a sound in doubt is withheld
from the conversation; elsewhere it is reported, so that the agent stops at once, and taken back when it was nobody's.
Who whispers over the agent is taken for a noise.

    QUIET ──sound──► WITHHELD or REPORTED ──our voice──► ECHO ───────┐ another voice in it
      │                        │  └────────no voice────► NOISE ──────┤
      │                     a voice                                  │
      └──we were silent──► PERSON ◄──────────────────────────────────┘
"""

import math
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
"""A person who talks over an echo or a noise is noticed in this much of it."""
MIXED_S = 0.2
"""He began at least so long before he was noticed; what was before is not worth reading."""
MIXED_SHARE = 0.7
"""An echo explains more of a sound, unless a person is in it."""
MIXED_LOOKS = 2
"""So often in a row."""
A_VOICE, CLEAR_VOICE, LOUD_VOICE = 0.25, 0.4, 0.6
"""Share of frames with a pitch: enough in a sound that is over, in one that goes on, and in what was a noise so far."""


class Source(Enum):
    """Who makes the sound that is heard now."""

    QUIET = auto()
    WITHHELD = auto()
    """In doubt; the conversation does not know of it."""
    REPORTED = auto()
    """In doubt; the conversation knows."""
    ECHO = auto()
    NOISE = auto()
    PERSON = auto()


@dataclass(frozen=True)
class SoundBegan:
    """Somebody has begun to speak."""

    onset_s: float
    """Stream time of the first sound."""
    doubtful: bool
    """It may be ourselves."""


@dataclass(frozen=True)
class SoundJudged:
    """Whose the doubtful sound is that began last."""

    source: Source
    """ECHO, NOISE or PERSON."""


GuardedEdge = SoundBegan | SpeechEnded | SoundJudged


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
        self._mixed = 0

    @property
    def in_doubt(self) -> bool:
        """Nobody knows yet whose the present sound is."""
        return self.source in (Source.WITHHELD, Source.REPORTED)

    def trusts(self, now_s: float) -> bool:
        """What is heard now is the user's or nobody's, as far as we know: the recogniser may hear it."""
        if self.source is Source.QUIET:
            return not (self.is_wary(now_s) and self._detector.possible(now_s))
        return self.source is Source.PERSON

    def is_wary(self, now_s: float) -> bool:
        """An echo of us is likely while we can be heard."""
        return self._played_s < SETTLE_S or now_s < self._wary_until_s

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
        if self.source is not Source.QUIET and stream_s >= self._next_look_s:
            self._next_look_s = stream_s + STEP_S
            passed += self._look_again(stream_s, now_s) if self.source is Source.PERSON else self._look(stream_s, now_s)
        return passed

    def _begin(self, edge: SpeechStarted, now_s: float) -> list[GuardedEdge]:
        self.onset_s = edge.onset_s
        self._next_look_s = edge.onset_s + FIRST_WINDOW_S
        if not self._detector.possible(now_s):
            self.source, self._next_look_s = Source.PERSON, math.inf
            return [SoundBegan(edge.onset_s, doubtful=False)]
        if self.is_wary(now_s):
            self.source = Source.WITHHELD
            return []
        self.source = Source.REPORTED
        return [SoundBegan(edge.onset_s, doubtful=True)]

    def _end(self, edge: SpeechEnded, stream_s: float, now_s: float) -> list[GuardedEdge]:
        passed = self._look(stream_s, now_s, is_over=True) if self.in_doubt else []
        if self.source in (Source.PERSON, Source.REPORTED):
            passed.append(edge)
        self.source = Source.QUIET
        return passed

    def _look(self, stream_s: float, now_s: float, *, is_over: bool = False) -> list[GuardedEdge]:
        """Whose is the sound? Empty as long as that cannot be told."""
        was, was_in_doubt = self.source, self.in_doubt
        sounded_s = stream_s - self.onset_s if was_in_doubt else WATCH_WINDOW_S
        window_s = min(max(sounded_s, FIRST_WINDOW_S), LONGEST_WINDOW_S)
        share, rest, voice = self._measure(window_s)
        is_sure = window_s >= SURE_WINDOW_S
        self._mixed = self._mixed + 1 if was is Source.ECHO and share < MIXED_SHARE and rest >= LOUD_VOICE else 0
        is_mixed = self._mixed >= MIXED_LOOKS
        if not is_mixed and share >= (0.6 if is_sure else 0.8):
            self._wary_until_s = now_s + WARY_S
            return self._found(Source.ECHO)
        if not is_mixed and share > (0.4 if is_sure else 0.3) and sounded_s < LONGEST_WINDOW_S:
            return []
        needed = LOUD_VOICE if was is Source.NOISE else A_VOICE if is_over else CLEAR_VOICE
        if max(rest, voice) < needed:
            is_noise = was is not Source.ECHO and (is_over or window_s >= WATCH_WINDOW_S)
            return self._found(Source.NOISE) if is_noise else []
        if not was_in_doubt:
            self.onset_s = stream_s - MIXED_S
        if was is not Source.REPORTED:
            self.source = Source.PERSON
            return [SoundBegan(self.onset_s, doubtful=share > 0.4 or was is Source.ECHO)]
        return self._found(Source.PERSON) if share <= 0.4 else []

    def _look_again(self, stream_s: float, now_s: float) -> list[GuardedEdge]:
        """What seemed to be a person may be one of a crowd, or we: for a second over us, he must stay one."""
        if stream_s - self.onset_s > LONGEST_WINDOW_S:
            self._next_look_s = math.inf
        if stream_s - self.onset_s < WATCH_WINDOW_S:
            return []
        share, rest, voice = self._measure(WATCH_WINDOW_S)
        if share >= 0.6:
            self._wary_until_s = now_s + WARY_S
            self.source = Source.ECHO
        elif max(rest, voice) < A_VOICE:
            self.source = Source.NOISE
        return [] if self.source is Source.PERSON else [SoundJudged(self.source)]

    def _measure(self, window_s: float) -> tuple[float, float, float]:
        """How much of the sound we explain, and how much of the end of the rest, and of all, has a voice's pitch."""
        explained = self._detector.explain(window_s)
        voice_s = min(window_s, WATCH_WINDOW_S)
        return explained.share, explained.periodic_share(voice_s), self._detector.periodic_share(voice_s)

    def _found(self, source: Source) -> list[GuardedEdge]:
        was, self.source = self.source, source
        return [SoundJudged(source)] if was is Source.REPORTED else []
