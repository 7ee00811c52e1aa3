"""Was it speech, and was it what the recogniser says it was? (setup.md, pocketsphinx)

A grammar finds its nearest phrase in anything. A loop over all phones, decoded beside it, tells how well the same
sound could be explained without any phrase: where it does much better, the phrase is wrong.
"""

from collections.abc import Sequence
from typing import NamedTuple

REJECTION_THRESHOLD = -3.5
"""Mean log-likelihood ratio per frame, in thousandths; tuned by tests/bench/rejection.py."""
_SILENCES = frozenset({"<sil>", "SIL", "(NULL)", "<s>", "</s>", "[NOISE]", "[SPEECH]", "+NSN+", "+SPN+"})
_LONGEST_MEAN_PHONE = 25
"""Frames of 10 ms. Speech changes its phones faster; hum, music and breath do not."""
_SETTLED_AFTER = 10
"""Frames of silence after a word."""


class Segment(NamedTuple):
    """A word or phone where the decoder found it."""

    name: str
    first_frame: int
    last_frame: int
    log_likelihood: float
    """Of all its frames together."""

    @property
    def is_sound(self) -> bool:
        """Whether it is neither silence nor noise."""
        return self.name not in _SILENCES and self.last_frame >= self.first_frame


def is_speech(phones: Sequence[Segment], at_least: int) -> bool:
    """Whether the phone loop heard that many phones, and at the pace of speech."""
    frames = [phone.last_frame - phone.first_frame + 1 for phone in phones if phone.is_sound]
    return len(frames) >= at_least and sum(frames) <= _LONGEST_MEAN_PHONE * len(frames)


def is_unsettled(words: Sequence[Segment]) -> bool:
    """Whether the last word may still be on its way to being another: nothing has followed it for 100 ms."""
    sounds = [word for word in words if word.is_sound]
    return not sounds or words[-1].last_frame - sounds[-1].last_frame < _SETTLED_AFTER


def ratio(words: Sequence[Segment], phones: Sequence[Segment]) -> float:
    """How well the words explain what was said, against the phone loop: about 0 for a match, under -5 for nonsense.

    Every frame counts in which either of the two heard sound, so speech that a phrase passes over as silence tells
    against it. The divisor is the length of the words: a short word in a long utterance is not excused.
    """
    length = max((segment.last_frame + 1 for segment in (*words, *phones)), default=0)
    by_words, word_sound = _per_frame(words, length)
    by_phones, phone_sound = _per_frame(phones, length)
    spoken = sum(word_sound)
    if not spoken:
        return float("-inf")
    counted = (
        by_word - by_phone
        for by_word, by_phone, word, phone in zip(by_words, by_phones, word_sound, phone_sound, strict=True)
        if word or phone
    )
    return 1000 * sum(counted) / spoken


def _per_frame(segments: Sequence[Segment], length: int) -> tuple[list[float], list[bool]]:
    """Every frame's share of its segment's likelihood, and whether it is sound."""
    likelihoods, sound = [0.0] * length, [False] * length
    for segment in segments:
        count = segment.last_frame - segment.first_frame + 1
        if count > 0 <= segment.first_frame:
            frames = slice(segment.first_frame, segment.last_frame + 1)
            likelihoods[frames] = [segment.log_likelihood / count] * count
            sound[frames] = [segment.is_sound] * count
    return likelihoods, sound
