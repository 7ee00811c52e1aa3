"""Finds what the user wants in a script: pure text in, intent and slot values out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from callcore.agents.script import Intent, Script
from media_worker.conversation.words.normal_form import fold

_NUMBER_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)
_DIGITS = {str(number): word for number, word in enumerate(_NUMBER_WORDS.split())}
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_SLOT = re.compile(r"\{(\w+)\}")
MIN_CONTAINED_WORDS = 2
"""A phrase this long is found among other words; a shorter one must be all that was said."""


class Wish(Enum):
    """What kind of thing was said."""

    INTENT = auto()
    END = auto()
    HANDOFF = auto()
    UNKNOWN = auto()


@dataclass(frozen=True)
class Match:
    """What the user wants."""

    wish: Wish
    intent: Intent | None = None
    slots: Mapping[str, str] = field(default_factory=dict)
    """Slot values in the spelling of the script."""


def match(script: Script, text: str) -> Match:
    """The wish in `text`: the phrase that is all of it, else the one that ends last in it, the longest of those."""
    said = normalise(text)
    found = [
        (place.group() == said, place.end(), len(place.group()), wish, place)
        for phrase, wish in _phrases(script)
        if (place := _place(script, phrase, said)) is not None
    ]
    if not found:
        return Match(Wish.UNKNOWN)
    *_, wish, place = max(found, key=lambda candidate: candidate[:3])
    return Match(wish.wish, wish.intent, _slot_values(script, place))


def normalise(text: str) -> str:
    """Folded words with single blanks; small numbers as words, so that "2" is "two"."""
    words = _WORD.findall(fold(text))
    return " ".join(_DIGITS.get(word, word) for word in words)


def _phrases(script: Script) -> Iterator[tuple[str, Match]]:
    for intent in script.intents:
        yield from ((phrase, Match(Wish.INTENT, intent)) for phrase in intent.phrases)
    yield from ((phrase, Match(Wish.END)) for phrase in script.end)
    yield from ((phrase, Match(Wish.HANDOFF)) for phrase in script.handoff)


def _place(script: Script, phrase: str, said: str) -> re.Match[str] | None:
    """Where the phrase stands last in what was said."""
    pattern = _pattern(script, phrase)
    if pattern is None:
        return None
    if len(phrase.split()) < MIN_CONTAINED_WORDS:
        return re.fullmatch(pattern, said)
    return max(re.finditer(rf"\b{pattern}\b", said), key=re.Match.end, default=None)


def _pattern(script: Script, phrase: str) -> str | None:
    """The phrase as a regular expression with a group for each slot; None when it has no words."""
    parts: list[str] = []
    for position, part in enumerate(_SLOT.split(phrase)):
        if position % 2 == 0:
            parts += [re.escape(part) for part in [normalise(part)] if part]
            continue
        values = sorted(filter(None, map(normalise, script.slots.get(part, ()))), key=len, reverse=True)
        group = f"?P<{part}>" if f"(?P<{part}>" not in "".join(parts) else "?:"
        parts.append(f"({group}{'|'.join(map(re.escape, values))})")
    return " ".join(parts) or None


def _slot_values(script: Script, place: re.Match[str]) -> Mapping[str, str]:
    return {
        slot: next((value for value in script.slots[slot] if normalise(value) == said), said)
        for slot, said in place.groupdict().items()
    }
