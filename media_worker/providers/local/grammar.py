"""Builds the recogniser's grammar (JSGF) from what an agent expects to hear.

Words appear in the grammar under opaque names, so a phrase may hold any character; whatever has no pronunciation is
left out together with its phrase, and reported.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from media_worker.conversation.words.courtesies import AFTER
from media_worker.conversation.words.normal_form import fold

BACKCHANNELS = (
    *("mm-hm", "uh-huh", "okay", "yes", "no", "yeah", "yep", "right", "sure", "alright", "great"),
    *("i see", "got it", "of course"),
)
"""Said over any agent (conversation.md 4.8): without them in the grammar they would be taken for a phrase."""
BEFORE = (
    *("um", "uh", "hi", "hello", "please", "okay", "and", "so"),
    *("can you", "could you", "can i", "could i", "i want to", "i would like to", "i'd like to"),
)
"""What people put before a phrase without changing it; two of them at most."""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")

Pronounce = Callable[[str], Sequence[str]]
"""The pronunciations of a word as phones with blanks between; empty = nobody knows."""


@dataclass(frozen=True)
class PhraseBook:
    """What may be said: phrases with `{slot}`s, and the values of the slots."""

    phrases: tuple[str, ...]
    slots: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "PhraseBook":
        """The inverse of `str`."""
        raw = json.loads(text)
        return cls(tuple(raw["phrases"]), {name: tuple(values) for name, values in raw["slots"].items()})

    def __str__(self) -> str:
        slots = {name: list(values) for name, values in self.slots.items()}
        return json.dumps({"phrases": self.phrases, "slots": slots}, sort_keys=True)


@dataclass(frozen=True)
class Grammar:
    """A grammar that is ready to load."""

    jsgf: str
    words: Mapping[str, str]
    """Name in the grammar → the word as the script writes it."""
    pronunciations: Mapping[str, Sequence[str]]
    """Name in the grammar → its pronunciations."""
    skipped: tuple[str, ...]
    """Phrases and slot values that were left out."""

    def text(self, hypothesis: str) -> str:
        """What the recogniser heard, in the words of the script."""
        return " ".join(self.words[name] for name in hypothesis.split())


class _Words:
    """Names for words, given out as they are needed."""

    def __init__(self, pronounce: Pronounce) -> None:
        self.pronunciations: dict[str, Sequence[str]] = {}
        self._pronounce = pronounce
        self._names: dict[str, str] = {}

    @property
    def by_name(self) -> dict[str, str]:
        return {name: word for word, name in self._names.items()}

    def sequence(self, text: str) -> str | None:
        """The text as a sequence of the grammar; None when it has no words or one without pronunciation."""
        words = _WORD.findall(fold(text))
        spoken = {word: self._pronounce(word) for word in words if word not in self._names}
        if not words or not all(spoken.values()):
            return None
        for word, pronunciations in spoken.items():
            name = self._names[word] = f"w{len(self._names)}"
            self.pronunciations[name] = pronunciations
        return " ".join(self._names[word] for word in words)


def build(book: PhraseBook, pronounce: Pronounce) -> Grammar:
    """The grammar of the book, with courtesies around every phrase and backchannels beside them."""
    words = _Words(pronounce)
    skipped: list[str] = []
    rules: dict[str, list[str]] = {}
    slot_rules: dict[str, str] = {}
    for number, (slot, values) in enumerate(book.slots.items()):
        spoken = {value: words.sequence(value) for value in values}
        skipped += [value for value, sequence in spoken.items() if sequence is None]
        if sequences := [sequence for sequence in spoken.values() if sequence is not None]:
            slot_rules[slot] = f"slot{number}"
            rules[f"slot{number}"] = sequences
    phrases = {phrase: _phrase(phrase, words, slot_rules) for phrase in book.phrases}
    skipped += [phrase for phrase, sequence in phrases.items() if sequence is None]
    rules["phrase"] = [sequence for sequence in phrases.values() if sequence is not None]
    for rule, texts in (("before", BEFORE), ("after", AFTER), ("backchannel", BACKCHANNELS)):
        rules[rule] = [sequence for text in texts if (sequence := words.sequence(text)) is not None]
    return Grammar(_jsgf(rules), words.by_name, words.pronunciations, tuple(skipped))


def _phrase(phrase: str, words: _Words, slot_rules: Mapping[str, str]) -> str | None:
    parts: list[str | None] = []
    for position, part in enumerate(_PLACEHOLDER.split(phrase)):
        if position % 2:
            parts.append(f"<{slot_rules[part]}>" if part in slot_rules else None)
        elif _WORD.search(part):
            parts.append(words.sequence(part))
    known = [part for part in parts if part is not None]
    return " ".join(known) if known and len(known) == len(parts) else None


def _jsgf(rules: Mapping[str, Sequence[str]]) -> str:
    said = ["[<before>] [<before>] <phrase> [<after>]"] if rules["phrase"] else []
    said += ["<backchannel>"] if rules["backchannel"] else []
    lines = ["#JSGF V1.0;", "grammar agent;", f"public <said> = {' | '.join(said)};"]
    lines += [f"<{rule}> = {' | '.join(dict.fromkeys(texts))};" for rule, texts in rules.items() if texts]
    return "\n".join(lines) + "\n"
