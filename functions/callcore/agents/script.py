"""The script of an agent without a language model (architecture.md 6): its shape and its limits."""

import re
from collections.abc import Collection, Iterable
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator, model_validator

from callcore.agents.config_part import ConfigPart

SLOT = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]{0,63})\}")
"""A slot's place in a phrase."""
MAX_PHRASES = 1_000
"""In all: a grammar of this size still decodes faster than speech."""

Phrase = Annotated[str, StringConstraints(min_length=1, max_length=200)]
SlotName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
SlotValue = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Said = Annotated[str, StringConstraints(max_length=2_000)]


class Intent(ConfigPart):
    """One thing the user may ask, and the answer."""

    phrases: tuple[Phrase, ...] = Field(min_length=1, max_length=100)
    """What the user may say; `{slot}` stands for one of the slot's values."""
    answer: Said = ""
    """May hold slots and session variables."""
    tool: str | None = None


class Script(ConfigPart):
    """A deterministic conversation; every answer may hold variables."""

    intents: tuple[Intent, ...] = Field(default=(), max_length=200)
    slots: dict[SlotName, Annotated[tuple[SlotValue, ...], Field(min_length=1, max_length=200)]] = Field(
        default_factory=dict, max_length=50
    )
    """Closed lists of values, because a grammar cannot recognise an open name."""
    fallback: Said = "Sorry, I did not catch that."
    """The answer to whatever matches no phrase."""
    end: tuple[Phrase, ...] = Field(default=(), max_length=100)
    """Phrases that end the call."""
    end_answer: Said = "Goodbye."
    """Said before the agent ends the call."""
    handoff: tuple[Phrase, ...] = Field(default=(), max_length=100)
    """Phrases that ask for a person."""
    handoff_answer: Said = ""
    """The contact text; empty = the fallback."""

    @field_validator("slots")
    @classmethod
    def _values_can_be_said(cls, slots: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for values in slots.values():
            for value in values:
                _check_words(value, "a slot's value")
        return slots

    @model_validator(mode="after")
    def _phrases_can_be_heard(self) -> "Script":
        places = [(f"intents.{number}.phrases", intent.phrases) for number, intent in enumerate(self.intents)]
        places += [("end", self.end), ("handoff", self.handoff)]
        for place, phrases in places:
            _check_phrases(place, phrases, self.slots)
        if sum(len(phrases) for _, phrases in places) > MAX_PHRASES:
            raise ValueError(f"more than {MAX_PHRASES} phrases in all")
        return self


def _check_phrases(place: str, phrases: Iterable[str], slots: Collection[str]) -> None:
    for number, phrase in enumerate(phrases):
        where = f"{place}.{number}"
        if any(name not in slots for name in SLOT.findall(phrase)):
            raise ValueError(f"{where} names a slot that is not in slots")
        _check_words(SLOT.sub(" slot ", phrase), where)


def _check_words(text: str, where: str) -> None:
    if "{" in text or "}" in text:
        raise ValueError(f"{where} holds a brace that is no slot")
    if not any(character.isalnum() for character in text):
        raise ValueError(f"{where} holds no word")
