"""What a session used of its providers, in the units that they count."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What is counted: `component:unit`."""

    LLM_REQUESTS = "llm:requests"
    LLM_PROMPT_CHARACTERS = "llm:prompt_characters"
    LLM_REPLY_CHARACTERS = "llm:reply_characters"
    TTS_CHARACTERS = "tts:characters"


@dataclass(frozen=True)
class UsageLine:
    """How much of one unit was used."""

    unit: Unit
    quantity: int
    discarded: bool = False
    """For replies that were prepared and thrown away: the provider counts it, the customer is charged nothing."""


class Meter:
    """Adds up a session's usage."""

    def __init__(self) -> None:
        self._quantities: Counter[tuple[Unit, bool]] = Counter()

    def add(self, unit: Unit, quantity: int, *, discarded: bool = False) -> None:
        """So much more."""
        self._quantities[unit, discarded] += quantity

    def lines(self) -> tuple[UsageLine, ...]:
        """The usage so far, a line for every unit, what was discarded apart; nothing is no line."""
        order = sorted(self._quantities.items(), key=lambda item: (item[0][1], item[0][0]))
        return tuple(UsageLine(unit, quantity, discarded) for (unit, discarded), quantity in order if quantity)
