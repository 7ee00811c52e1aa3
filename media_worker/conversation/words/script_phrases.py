"""How far a text is through the phrases of a script: a recogniser that hears nothing else can tell when one is over."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from callcore.agents.script import SLOT, Script
from media_worker.conversation.words.courtesies import AFTER
from media_worker.conversation.words.normal_form import fold

_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")


class Parse(Enum):
    """What the end of a text is."""

    COMPLETE = auto()
    """A whole phrase, and none that goes on from it."""
    EXTENDABLE = auto()
    """A whole phrase, and the beginning of a longer one."""
    INCOMPLETE = auto()
    """The beginning of a phrase."""
    UNKNOWN = auto()


@dataclass
class _Node:
    """A place in the phrases: what may follow, and whether a phrase ends here."""

    words: dict[str, "_Node"] = field(default_factory=dict)
    slots: dict[str, "_Node"] = field(default_factory=dict)
    ends: bool = False


_Place = tuple[_Node, _Node | None]
"""A place in a phrase; inside a slot also the place in its value, and then the first is what follows the slot."""


class ScriptPhrases:
    """The phrases of one script, ready to be followed word by word."""

    def __init__(self, script: Script) -> None:
        self._root = _Node()
        self._values: dict[str, _Node] = {name: _Node() for name in script.slots}
        for name, values in script.slots.items():
            for value in values:
                _add(self._values[name], _words(value))
        for intent in script.intents:
            for phrase in intent.phrases:
                _add(self._root, _words_and_slots(phrase))
        for phrase in (*script.end, *script.handoff):
            _add(self._root, _words_and_slots(phrase))

    def parse(self, text: str) -> Parse:
        """What the end of the text is; words before a phrase do not count, a courtesy after it completes it."""
        words = _words(text)
        for courtesy in map(_words, AFTER):
            if words[-len(courtesy) :] == courtesy and self._parse(words[: -len(courtesy)]) in _WHOLE:
                return Parse.COMPLETE
        return self._parse(words)

    def _parse(self, words: list[str]) -> Parse:
        for start in range(len(words)):
            places = self._follow(words[start:])
            if places:
                ends = any(node.ends and value is None for node, value in places)
                goes_on = any(value is not None or node.words or node.slots for node, value in places)
                if ends:
                    return Parse.EXTENDABLE if goes_on else Parse.COMPLETE
                return Parse.INCOMPLETE
        return Parse.UNKNOWN

    def _follow(self, words: Iterable[str]) -> list[_Place]:
        places: list[_Place] = [(self._root, None)]
        for word in words:
            places = [following for place in places for following in self._step(place, word)]
            if not places:
                break
        return places

    def _step(self, place: _Place, word: str) -> Iterator[_Place]:
        node, value = place
        if value is not None:
            yield from _step_in_value(node, value, word)
            return
        if word in node.words:
            yield node.words[word], None
        for slot, following in node.slots.items():
            yield from _step_in_value(following, self._values[slot], word)


_WHOLE = (Parse.COMPLETE, Parse.EXTENDABLE)


def _step_in_value(following: _Node, value: _Node, word: str) -> Iterator[_Place]:
    reached = value.words.get(word)
    if reached is None:
        return
    if reached.ends:
        yield following, None
    if reached.words:
        yield following, reached


def _add(node: _Node, parts: Iterable[str]) -> None:
    for part in parts:
        slot = SLOT.fullmatch(part)
        node = node.slots.setdefault(slot[1], _Node()) if slot else node.words.setdefault(part, _Node())
    node.ends = True


def _words_and_slots(phrase: str) -> Iterator[str]:
    for position, part in enumerate(SLOT.split(phrase)):
        if position % 2:
            yield f"{{{part}}}"
        else:
            yield from _words(part)


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text))
