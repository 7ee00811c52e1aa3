"""What of the user's words a prepared reply depends on (conversation.md 5.2)."""

import re

from media_worker.conversation.words.courtesies import courtesies
from media_worker.conversation.words.cue_words import cues_of
from media_worker.conversation.words.normal_form import ends_with, normalise

_BETWEEN_DIGITS = re.compile(r"(?<=\d) (?=\d)")


def basis(text: str, language: str) -> str:
    """The same for two texts when a reply to one is a reply to the other.

    Case, punctuation, fillers and courtesies at the end do not count, nor whether a digit is spelled out.
    """
    cues = cues_of(language)
    words = _without_tail(normalise(text), cues.fillers | courtesies(language))
    digits = (str(cues.digits.get(word, word)) for word in words.split())
    return _BETWEEN_DIGITS.sub("", " ".join(digits))


def _without_tail(words: str, entries: frozenset[str]) -> str:
    """What is before the entries at the end; all of it when there is nothing else."""
    left = words
    while tail := max((entry for entry in entries if ends_with(left, entry)), key=len, default=""):
        left = left.removesuffix(tail).strip()
    return left or words
