"""Which of the microphone's sounds are told to the conversation, and when."""

from collections.abc import Sequence

import numpy as np
import pytest

from media_worker.media.echo import LONGEST_WINDOW_S
from media_worker.media.echo_guard import (
    SETTLE_S,
    STEP_S,
    WARY_S,
    EchoGuard,
    GuardedEdge,
    SoundBegan,
    SoundJudged,
    Source,
)
from media_worker.media.speech_edge import SpeechEdge, SpeechEnded, SpeechStarted

RATE_HZ = 16_000
FRAME = 320
FRAME_S = FRAME / RATE_HZ
DELAY_FRAMES = 5


def noise(seed: int, seconds: float) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE_HZ))


def hum(seconds: float, hertz: float) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """A voice that wavers."""
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    phase = 2 * np.pi * np.cumsum(hertz + 8 * np.sin(2 * np.pi * 2 * at)) / RATE_HZ
    return np.asarray(0.04 * sum((np.sin(part * phase) for part in range(1, 16)), np.zeros(at.size)))


OURS, HIS, CROWD = noise(1, 60), hum(60, 140), noise(2, 60)


class Call:
    """We speak the noise OURS; the microphone hears it 100 ms late, HIS voice, a CROWD, some of them or none."""

    def __init__(self, ours: "np.ndarray[tuple[int], np.dtype[np.float64]]" = OURS) -> None:
        self._ours = ours
        self.guard = EchoGuard(RATE_HZ)
        self.frame = 0
        self.told: list[tuple[float, GuardedEdge]] = []

    @property
    def now_s(self) -> float:
        return self.frame * FRAME_S

    def go(self, seconds: float, *, speaking: bool = True, **levels: float) -> "Call":
        """The levels of echo, person and crowd are factors of full voice."""
        for _ in range(round(seconds / FRAME_S)):
            self._hear((), speaking, **levels)
        return self

    def begin(self, *, speaking: bool = True, **levels: float) -> "Call":
        """A tenth of a second of sound, and the detector's word that it has begun."""
        onset_s = self.now_s
        self.go(0.1, speaking=speaking, **levels)
        self._hear((SpeechStarted(onset_s),), speaking, **levels)
        return self

    def end(self) -> "Call":
        end_s = self.now_s
        self.go(0.1)
        self._hear((SpeechEnded(end_s, 500),), True)
        return self

    def _hear(
        self, edges: Sequence[SpeechEdge], speaking: bool, echo: float = 0.0, person: float = 0.0, crowd: float = 0.0
    ) -> None:
        at = self.frame * FRAME
        self.frame += 1
        if speaking:
            self.guard.played(pcm(self._ours[at : at + FRAME]), self.now_s)
        late = at - DELAY_FRAMES * FRAME
        mixed = echo * self._ours[late : late + FRAME] if late >= 0 and echo else np.zeros(FRAME)
        mixed = mixed + person * HIS[at : at + FRAME] + crowd * CROWD[at : at + FRAME]
        self.told += [(self.now_s, edge) for edge in self.guard.push(pcm(mixed), edges, self.now_s, self.now_s)]

    @property
    def kinds(self) -> list[type[GuardedEdge]]:
        return [type(edge) for _, edge in self.told]


def pcm(samples: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> bytes:
    return (samples.clip(-1, 1) * 32767).astype("<i2").tobytes()


def settled() -> Call:
    """We have been heard for long enough without an echo."""
    return Call().go(SETTLE_S + 0.5)


def test_who_speaks_while_we_are_silent_is_a_person_at_once() -> None:
    call = Call().go(1.0, speaking=False).begin(person=1.0, speaking=False).end()
    assert call.kinds == [SoundBegan, SpeechEnded]
    assert call.told[0][1] == SoundBegan(1.0, doubtful=False)


def test_a_sound_over_us_is_told_at_once_and_found_to_be_a_person() -> None:
    call = settled().begin(person=1.0)
    ((at, edge),) = call.told
    assert (round(at, 2), edge) == (3.62, SoundBegan(3.5, doubtful=True))
    call.go(0.3, person=1.0).end()
    assert call.kinds == [SoundBegan, SoundJudged, SpeechEnded]


def test_an_echo_that_nobody_expected_is_told_and_taken_back() -> None:
    call = settled().begin(echo=0.5).go(0.5, echo=0.5).end()
    assert call.kinds == [SoundBegan, SoundJudged]
    assert call.told[1][1] == SoundJudged(Source.ECHO)


def test_a_noise_over_us_is_told_and_taken_back_within_half_a_second() -> None:
    call = settled().begin(crowd=0.5)
    began = call.now_s
    call.go(2.0, crowd=0.5).end()
    assert call.kinds == [SoundBegan, SoundJudged]
    assert call.told[1][1] == SoundJudged(Source.NOISE)
    assert call.told[1][0] - began <= 0.5


def test_a_person_who_talks_over_a_noise_is_noticed() -> None:
    call = settled().begin(crowd=0.1).go(1.0, crowd=0.1)
    call.told.clear()
    call.go(0.6, crowd=0.1, person=1.0)
    assert call.kinds == [SoundBegan]


def test_a_noise_while_we_are_silent_is_for_the_recogniser_to_judge() -> None:
    call = Call().go(1.0, speaking=False).begin(crowd=0.5, speaking=False).go(1.0, crowd=0.5, speaking=False).end()
    assert call.kinds == [SoundBegan, SpeechEnded]


def test_in_the_first_seconds_an_echo_is_not_told_at_all() -> None:
    call = Call().go(0.5).begin(echo=0.5).go(1.0, echo=0.5)
    assert call.guard.source is Source.ECHO
    assert not call.guard.trusts(call.now_s)
    assert call.end().kinds == []
    assert not call.guard.trusts(call.now_s)
    call.go(1.0, speaking=False)
    assert call.guard.trusts(call.now_s)


def test_in_the_first_seconds_a_person_is_told_as_soon_as_he_is_known() -> None:
    call = Call().go(0.5).begin(person=1.0).go(0.3, person=1.0)
    ((at, edge),) = call.told
    assert edge == SoundBegan(0.5, doubtful=False)
    assert at - 0.5 <= 0.4


def test_after_an_echo_we_are_wary_for_a_while() -> None:
    call = settled().begin(echo=0.5).go(0.5, echo=0.5).end()
    call.told.clear()
    call.begin(echo=0.5).go(0.5, echo=0.5).end()
    assert call.kinds == []
    call.go(WARY_S, speaking=False).go(0.5).begin(echo=0.5)
    assert call.kinds == [SoundBegan]


def test_a_person_who_talks_over_the_echo_is_noticed() -> None:
    call = Call().go(0.5).begin(echo=0.4).go(1.0, echo=0.4)
    began = call.now_s
    call.go(0.6, echo=0.4, person=1.0)
    ((at, edge),) = call.told
    assert isinstance(edge, SoundBegan)
    assert edge.onset_s == pytest.approx(began, abs=0.5)
    assert edge.doubtful
    assert at - began <= 0.7
    assert call.end().kinds == [SoundBegan, SpeechEnded]


def test_a_doubt_that_lasts_is_passed_on_with_the_sound() -> None:
    call = Call(hum(60, 230)).go(0.5)
    call.begin(echo=0.5, person=0.5).go(LONGEST_WINDOW_S + STEP_S, echo=0.5, person=0.5)
    assert call.told[0][1] == SoundBegan(0.5, doubtful=True)


def test_a_short_sound_is_judged_when_it_ends() -> None:
    call = Call().go(0.5).begin(person=1.0).end()
    assert call.kinds == [SoundBegan, SpeechEnded]
