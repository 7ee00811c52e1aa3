"""Numbers, addresses and spellings that are read out: people pause between the groups (conversation.md 3.4)."""

import re
from collections.abc import Sequence
from enum import Enum, auto

from media_worker.conversation.words.cue_words import Cues
from media_worker.conversation.words.normal_form import ends_with, normalise

_CARD_DIGITS, _AMEX_DIGITS = 16, 15
_EMAIL = re.compile(r"@\S+\.[a-z]{2,}\W*$", re.IGNORECASE)
_SPOKEN_TAIL_WORDS = 3
_FIRST_GROUP = 3
"""Digits. With fewer nobody knows yet whether a number of the expected length is coming."""
_LAST_TOKENS, _ENOUGH_TOKENS = 4, 3


class Dictation(Enum):
    """How a text relates to dictation."""

    NONE = auto()
    RUNNING = auto()
    SHORT = auto()
    """What is dictated has a known length, and this is less."""
    DONE = auto()
    """It has its length, or its end."""


def dictation(text: str, asked: str, cues: Cues) -> Dictation:
    """Whether something is being dictated at the end of `text`; `asked` is what the agent said last."""
    tokens = normalise(text).split()
    wanted = normalise(asked)
    topics = cues.phone | cues.card | cues.email | cues.number
    if any(_mentions(wanted, topic) for topic in topics):
        if _is_email(text, tokens, cues):
            return Dictation.DONE
        if not any(is_dictated(token, cues) or token in cues.signs for token in tokens[-_SPOKEN_TAIL_WORDS:]):
            return Dictation.NONE
        return _by_length(_digit_count(tokens, cues), _expected_digits(wanted, tokens, cues))
    dictated = sum(is_dictated(token, cues) for token in tokens[-_LAST_TOKENS:])
    return Dictation.RUNNING if dictated >= _ENOUGH_TOKENS else Dictation.NONE


def _mentions(text: str, entry: str) -> bool:
    return entry in text if not entry.isascii() else re.search(rf"\b{re.escape(entry)}\b", text) is not None


def is_dictated(token: str, cues: Cues) -> bool:
    """Whether a word is a digit, a letter or the like."""
    if token in cues.digits or token in cues.repeats or any(character.isdigit() for character in token):
        return True
    return len(token) == 1 and token.isalpha() and token.isascii() and token not in cues.letter_words


def _is_email(text: str, tokens: Sequence[str], cues: Cues) -> bool:
    if not any(ends_with(token, sign) for token in tokens[-2:-1] for sign in cues.signs):
        return _EMAIL.search(text) is not None
    return len(tokens) >= _LAST_TOKENS and tokens[-1].isalpha() and any(sign in tokens[:-2] for sign in cues.signs)


def _digit_count(tokens: Sequence[str], cues: Cues) -> int:
    """How many digits were dictated so far."""
    count, times = 0, 1
    for token in tokens:
        if token in cues.repeats:
            times = 2 if token[0] == "d" else 3
            continue
        digits = 1 if token in cues.digits else sum(character.isdigit() for character in token)
        count += digits * times
        times = 1
    return count


def _expected_digits(wanted: str, tokens: Sequence[str], cues: Cues) -> int | None:
    """How many there will be; None = nobody knows."""
    if stated := re.search(r"\b(\w+) ?(?:digit|stellig|chiffres|dígitos|cifre|cijfer)", wanted):
        return int(stated[1]) if stated[1].isdecimal() else cues.digits.get(stated[1])
    if any(_mentions(wanted, topic) for topic in cues.card):
        starts_with_three = bool(tokens) and (tokens[0][0] == "3" or cues.digits.get(tokens[0]) == 3)
        return _AMEX_DIGITS if starts_with_three else _CARD_DIGITS
    if any(_mentions(wanted, topic) for topic in cues.phone):
        return cues.phone_digits
    return None


def _by_length(count: int, expected: int | None) -> Dictation:
    if expected is None or count < _FIRST_GROUP:
        return Dictation.RUNNING
    return Dictation.SHORT if count < expected else Dictation.DONE
