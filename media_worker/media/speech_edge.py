"""Where speech begins and ends, in stream time (conversation.md 2.2 to 2.4).

A detector's windows say *that* somebody speaks, 32 ms at a time and up to 100 ms late. Two consecutive strong
windows begin an utterance and 100 ms of low ones end it; the energies of 4 ms sub-frames then tell where the
sound itself began and stopped. An edge is a fact about the microphone, never the end of a turn.

    SILENT ──strong──► STARTING ──minimum speech──► SPEAKING ──low──► ENDING ──100 ms──► SILENT
                          └──── too weak ────► SILENT   ▲────── not low ──────┘
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from media_worker.media.energy import Energies, NoiseFloor, frame_energies, ratio

_SUBFRAME_MS = 4
_FLOOR_SUBFRAMES = 5
"""The noise floor follows 20 ms frames."""
_MEMORY_SUBFRAMES = 320
_LOOK_BACK_S = 0.160
_ONSET_LOOK_BACK_S = 0.120
_NOISY_END_S = 0.048
_LEVEL_SPAN_S = 1.0
_OVER_FLOOR = ratio(6.0)
_BRIGHT_OVER_FLOOR = ratio(8.0)
_UNDER_LEVEL = ratio(-30.0)
_NOISY = ratio(-15.0)
DOUBT, DOUBT_S = 0.15, 10.0
"""Added to the start probability after `doubt`, and for how long."""

_Marks = NDArray[np.bool_]


@dataclass(frozen=True)
class SpeechStarted:
    """The user has begun to speak."""

    onset_s: float
    """Stream time of the first sound."""


@dataclass(frozen=True)
class SpeechEnded:
    """The user has stopped; whether the turn is over is not decided here."""

    true_end_s: float
    """Stream time of the last sound."""
    voiced_ms: int
    """How much of the utterance the detector took for speech."""


SpeechEdge = SpeechStarted | SpeechEnded


@dataclass(frozen=True)
class EdgePolicy:
    """When a window counts, and how many of them make an edge: times are rounded to whole windows."""

    start_probability: float = 0.5
    hysteresis: float = 0.15
    """A window is low under the start probability less this."""
    echo_raise: float = 0.10
    """Added to the start probability while an echo of the agent is likely."""
    highest_start_probability: float = 0.90
    minimum_speech_ms: int = 64
    minimum_speech_audible_ms: int = 96
    end_silence_ms: int = 100

    def start(self, with_echo: bool) -> float:
        """The probability from which a window is strong."""
        raised = self.start_probability + (self.echo_raise if with_echo else 0.0)
        return min(raised, max(self.highest_start_probability, self.start_probability))


class EdgeState(Enum):
    """What the windows so far amount to."""

    SILENT = "silent"
    STARTING = "starting"
    SPEAKING = "speaking"
    ENDING = "ending"


class Strength(Enum):
    """One window against the two thresholds."""

    STRONG = "strong"
    WEAK = "weak"
    LOW = "low"


_S, _W = EdgeState, Strength

TRANSITIONS: dict[tuple[EdgeState, Strength], tuple[EdgeState, EdgeState]] = {
    (_S.SILENT, _W.STRONG): (_S.STARTING, _S.SPEAKING),
    (_S.SILENT, _W.WEAK): (_S.SILENT, _S.SILENT),
    (_S.SILENT, _W.LOW): (_S.SILENT, _S.SILENT),
    (_S.STARTING, _W.STRONG): (_S.STARTING, _S.SPEAKING),
    (_S.STARTING, _W.WEAK): (_S.STARTING, _S.SILENT),
    (_S.STARTING, _W.LOW): (_S.STARTING, _S.SILENT),
    (_S.SPEAKING, _W.STRONG): (_S.SPEAKING, _S.SPEAKING),
    (_S.SPEAKING, _W.WEAK): (_S.SPEAKING, _S.SPEAKING),
    (_S.SPEAKING, _W.LOW): (_S.ENDING, _S.SILENT),
    (_S.ENDING, _W.STRONG): (_S.SPEAKING, _S.SPEAKING),
    (_S.ENDING, _W.WEAK): (_S.SPEAKING, _S.SPEAKING),
    (_S.ENDING, _W.LOW): (_S.ENDING, _S.SILENT),
}
"""The next state, and the next state once the evidence is in: enough speech (strong windows), no evidence left
(a weaker window while starting), enough silence (low windows after speech)."""


class SpeechEdges:
    """Follows one stream. Feed it every frame of the microphone together with the detector's windows of it."""

    def __init__(self, sample_rate_hz: int, window_ms: int, policy: EdgePolicy | None = None) -> None:
        self.policy = policy or EdgePolicy()
        """May be replaced while the stream runs."""
        self.echo_likely = True
        """Whether the agent's echo may be in the stream while it is audible; may change at any time."""
        self.state = EdgeState.SILENT
        self.floor = NoiseFloor()
        """The room's level."""
        self.voiced_ms = 0
        """Speech so far of the running utterance, or of the last one."""
        self._bright_floor = NoiseFloor()
        self._rate_hz = sample_rate_hz
        self._window_ms = window_ms
        self._window_samples = sample_rate_hz * window_ms // 1000
        self._subframe_samples = sample_rate_hz * _SUBFRAME_MS // 1000
        self._stream_s = self._doubted_until_s = 0.0
        self._forget_position()

    def _forget_position(self) -> None:
        self._energies: deque[float] = deque(maxlen=_MEMORY_SUBFRAMES)
        self._brightness: deque[float] = deque(maxlen=_MEMORY_SUBFRAMES)
        self._rest = b""
        self._last_sample = 0
        self._into_window = 0
        self._evidence_ms = 0
        self._probability = 0.0
        self._first_strong_s = 0.0
        self._last_speech_s = 0.0
        self._onset_s = 0.0
        self._subframes_into_frame = 0

    def push(
        self, pcm: bytes, probabilities: Sequence[float], now_s: float, agent_audible: bool = False
    ) -> Sequence[SpeechEdge]:
        """Take a frame of any even length and the probability of every window that it completed.

        `now_s` is the stream time of the frame's end. Almost always returns nothing.
        """
        self._stream_s = now_s
        energies_end_s = now_s - self._measure(pcm, agent_audible) / self._rate_hz
        self._into_window = (self._into_window + len(pcm) // 2) % self._window_samples
        if not probabilities:
            return ()
        edges: list[SpeechEdge] = []
        window_s = self._window_ms / 1000
        window_end_s = now_s - self._into_window / self._rate_hz - (len(probabilities) - 1) * window_s
        for probability in probabilities:
            edge = self._step(probability, window_end_s, energies_end_s, agent_audible)
            if edge is not None:
                edges.append(edge)
            window_end_s += window_s
        return edges

    def doubt(self) -> None:
        """What was taken for speech was none: be harder to convince for a while."""
        self._doubted_until_s = self._stream_s + DOUBT_S

    def reset(self) -> Sequence[SpeechEdge]:
        """Forget the stream's position, after a gap or a mute; ends a running utterance. Keeps the noise floor."""
        running = self.state in (EdgeState.SPEAKING, EdgeState.ENDING)
        edges = (SpeechEnded(self._last_speech_s, self.voiced_ms),) if running else ()
        self.state = EdgeState.SILENT
        self._forget_position()
        return edges

    def _measure(self, pcm: bytes, agent_audible: bool) -> int:
        """Store the energies of all complete sub-frames; returns how many samples wait for the next push."""
        data = self._rest + pcm if self._rest else pcm
        usable = len(data) - len(data) % (2 * self._subframe_samples)
        self._rest = data[usable:]
        if usable:
            samples = np.frombuffer(data, np.int16, usable // 2)
            energies, brightness = frame_energies(samples, self._last_sample, self._subframe_samples)
            self._last_sample = int(samples[-1])
            self._energies.extend(energies.tolist())
            self._brightness.extend(brightness.tolist())
            self._subframes_into_frame += len(energies)
            self._follow_floor(frozen=agent_audible or self._probability > 0.5 or self.state is not EdgeState.SILENT)
        return len(self._rest) // 2

    def _follow_floor(self, frozen: bool) -> None:
        while self._subframes_into_frame >= _FLOOR_SUBFRAMES:
            behind = self._subframes_into_frame
            self._subframes_into_frame -= _FLOOR_SUBFRAMES
            if frozen or behind > len(self._energies):
                continue
            positions = range(-behind, _FLOOR_SUBFRAMES - behind)
            self.floor.update(sum(self._energies[at] for at in positions) / _FLOOR_SUBFRAMES)
            self._bright_floor.update(sum(self._brightness[at] for at in positions) / _FLOOR_SUBFRAMES)

    def _step(
        self, probability: float, window_end_s: float, energies_end_s: float, agent_audible: bool
    ) -> SpeechEdge | None:
        self._probability = probability
        strength = self._strength(probability, agent_audible)
        before = self.state
        settled = self._weigh(strength, agent_audible, window_end_s)
        self.state = TRANSITIONS[before, strength][settled]
        if self.state is EdgeState.SPEAKING:
            self._last_speech_s = window_end_s
            if before in (EdgeState.SILENT, EdgeState.STARTING):
                self._onset_s = self._find_onset(energies_end_s)
                return SpeechStarted(self._onset_s)
        if self.state is EdgeState.SILENT and before in (EdgeState.SPEAKING, EdgeState.ENDING):
            return SpeechEnded(self._find_true_end(energies_end_s), self.voiced_ms)
        return None

    def _strength(self, probability: float, agent_audible: bool) -> Strength:
        start = self.policy.start(agent_audible and self.echo_likely)
        if self._stream_s < self._doubted_until_s:
            start = max(start, min(start + DOUBT, self.policy.highest_start_probability))
        if probability >= start:
            return Strength.STRONG
        return Strength.LOW if probability < start - self.policy.hysteresis else Strength.WEAK

    def _weigh(self, strength: Strength, agent_audible: bool, window_end_s: float) -> bool:
        """Add the window to the evidence; whether the state's question is settled by it."""
        policy = self.policy
        if self.state in (EdgeState.SPEAKING, EdgeState.ENDING):
            if strength is not Strength.LOW:
                self.voiced_ms += self._window_ms
                return False
            self._evidence_ms = self._window_ms + (self._evidence_ms if self.state is EdgeState.ENDING else 0)
            return self._evidence_ms + self._window_ms / 2 > policy.end_silence_ms
        if strength is Strength.STRONG:
            if self.state is EdgeState.SILENT:
                self._evidence_ms = self.voiced_ms = 0
                self._first_strong_s = window_end_s
            self._evidence_ms += self._window_ms
            self.voiced_ms += self._window_ms
            needed_ms = policy.minimum_speech_audible_ms if agent_audible else policy.minimum_speech_ms
            return self._evidence_ms + self._window_ms / 2 > needed_ms
        self._evidence_ms = 0 if agent_audible else self._evidence_ms - self._window_ms
        return self._evidence_ms <= 0

    def _find_onset(self, energies_end_s: float) -> float:
        """The first sound near the first strong window, at most 120 ms before it."""
        window_start_s = self._first_strong_s - self._window_ms / 1000
        energies, _, begin_s = self._span(window_start_s - _ONSET_LOOK_BACK_S, self._first_strong_s, energies_end_s)
        loud = _in_runs_of_two(energies > self.floor.energy * _OVER_FLOOR)
        return begin_s + int(np.argmax(loud)) * _SUBFRAME_MS / 1000 if loud.any() else window_start_s

    def _find_true_end(self, energies_end_s: float) -> float:
        """The last sound before the detector's own end, at most 160 ms before it."""
        edge_s = self._last_speech_s
        level_from_s = max(edge_s - _LEVEL_SPAN_S, self._onset_s)
        energies, brightness, begin_s = self._span(min(level_from_s, edge_s - _LOOK_BACK_S), edge_s, energies_end_s)
        if not energies.size:
            return edge_s
        level = float(np.percentile(energies, 90))
        floor = self.floor.energy
        if floor > level * _NOISY:
            return edge_s - _NOISY_END_S
        sound = energies > max(floor * _OVER_FLOOR, level * _UNDER_LEVEL)
        sound |= brightness > self._bright_floor.energy * _BRIGHT_OVER_FLOOR
        loud = np.flatnonzero(_in_runs_of_two(sound))
        last_s = begin_s + (int(loud[-1]) + 1) * _SUBFRAME_MS / 1000 if loud.size else begin_s
        return min(max(last_s, edge_s - _LOOK_BACK_S), edge_s)

    def _span(self, from_s: float, to_s: float, end_s: float) -> tuple[Energies, Energies, float]:
        """The remembered energies and brightness between two stream times, and the time of the first of them."""
        length = len(self._energies)
        first = max(length - round((end_s - from_s) * 1000 / _SUBFRAME_MS), 0)
        last = min(max(length - round((end_s - to_s) * 1000 / _SUBFRAME_MS), first), length)
        begin_s = end_s - (length - first) * _SUBFRAME_MS / 1000
        energies, brightness = np.array(self._energies), np.array(self._brightness)
        return energies[first:last], brightness[first:last], begin_s


def _in_runs_of_two(mask: _Marks) -> _Marks:
    """Only those marks that have a neighbour: a single loud sub-frame is a click."""
    neighbours = np.zeros_like(mask)
    neighbours[1:] |= mask[:-1]
    neighbours[:-1] |= mask[1:]
    return mask & neighbours
