"""What a session used, in the units that are counted; what it costs is the business of callcore.billing.pricing."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Component(StrEnum):
    """Which part of a session uses something."""

    CALL = "call"
    LLM = "llm"
    TTS = "tts"
    STT = "stt"


class Unit(StrEnum):
    """What is counted: `component:unit`."""

    CALL_MS = "call:ms"
    """How long the call lasted; its service is the transport."""
    LLM_REQUESTS = "llm:requests"
    LLM_PROMPT_TOKENS = "llm:prompt_tokens"
    LLM_COMPLETION_TOKENS = "llm:completion_tokens"
    """Both as the vendor told them."""
    LLM_PROMPT_CHARACTERS = "llm:prompt_characters"
    LLM_REPLY_CHARACTERS = "llm:reply_characters"
    """Both of requests whose tokens nobody told: the vendor never does, or the reply was cut before it did."""
    TTS_CHARACTERS = "tts:characters"
    """Unicode code points of the text handed to the voice."""
    TTS_BILLED_CHARACTERS = "tts:billed_characters"
    """What vendors of voices count for it; never what is charged."""
    STT_SPEECH_MS = "stt:speech_ms"
    """How long the user spoke: what is charged."""
    STT_STREAM_MS = "stt:stream_ms"
    """What vendors of recognisers bill, the connection's life or the audio; never what is charged (providers.md 0)."""

    @property
    def component(self) -> Component:
        """Whose unit it is."""
        return Component(self.partition(":")[0])


@dataclass(frozen=True)
class Service:
    """Who served: the adapter, and the model it was asked for."""

    provider: str = ""
    model: str = ""
    """Empty = the provider's own choice."""

    def __str__(self) -> str:
        """What a person calls it."""
        return f"{self.provider} {self.model}".strip()


UNNAMED = Service()
"""Whoever it was."""


@dataclass(frozen=True)
class UsageLine:
    """How much of one unit of one service was used."""

    unit: Unit
    quantity: int
    discarded: bool = False
    """For replies that were prepared and thrown away: the provider counts it, the customer is charged nothing."""
    service: Service = UNNAMED


class Meter:
    """Adds up a session's usage."""

    def __init__(self, serving: Callable[[Component], Service] = lambda component: UNNAMED) -> None:
        """`serving` tells who serves a component now."""
        self._serving = serving
        self._quantities: Counter[tuple[Unit, Service, bool]] = Counter()

    def add(self, unit: Unit, quantity: int, *, discarded: bool = False, service: Service | None = None) -> None:
        """So much more; of whoever serves now when `service` is not known."""
        self._quantities[unit, service or self._serving(unit.component), discarded] += quantity

    def line(self, unit: Unit, quantity: int) -> UsageLine:
        """So much, of whoever serves now; it is not added."""
        return UsageLine(unit, quantity, service=self._serving(unit.component))

    def lines(self) -> tuple[UsageLine, ...]:
        """The usage so far, what was discarded after the rest; nothing is no line."""
        order = sorted(
            (discarded, unit, service.provider, service.model, quantity)
            for (unit, service, discarded), quantity in self._quantities.items()
            if quantity
        )
        return tuple(
            UsageLine(unit, quantity, discarded, Service(provider, model))
            for discarded, unit, provider, model, quantity in order
        )
