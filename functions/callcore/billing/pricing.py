"""What a call costs its owner: usage and prices → `cost_breakdown` (protocol.md 9.2 and 11). Pure.

Nothing is rounded but the result, and nothing is charged at least: the platform's page knows neither.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from callcore.billing.allowance import MS_PER_MINUTE, Used
from callcore.billing.rate_card import RateCard
from callcore.calls.usage import Component, Service, Unit, UsageLine

MILLION = 1_000_000
CHARACTERS_PER_TOKEN = 4
"""The platform's page: 200 tokens are 800 characters."""
TOKENS_PER_MINUTE = 200
"""In, and as many out, in a typical minute: so the page derives its prices of a minute."""
CREDIT_PLACES = Decimal("0.000001")
OWN_KEY = "own key"
"""The rate of what an account pays its vendor itself."""
WIRE_TYPES = {Component.CALL: "millis", Component.LLM: "llm", Component.TTS: "tts", Component.STT: "stt"}


@dataclass(frozen=True)
class CostLine:
    """What one service costs."""

    component: Component
    service: Service
    credit: Decimal
    """US cents, discount taken off."""
    quantity: Decimal
    unit: str
    rate: str
    """In words: dollars for what; or OWN_KEY."""
    basis: str
    """What was counted: tokens, characters or minutes; `unpriced` when the rate card does not know the service."""
    tokens: tuple[int, int] | None = None
    """In and out; None where they were not counted."""

    def to_wire(self) -> dict[str, Any]:
        """An entry of `cost_breakdown`: the documented fields, and beside them ours."""
        tokens = {"prompt_tokens": self.tokens[0], "completion_tokens": self.tokens[1]} if self.tokens else {}
        return {
            "type": WIRE_TYPES[self.component],
            "provider": self.service.provider,
            "credit": float(self.credit),
            **tokens,
            "model": self.service.model,
            "quantity": float(self.quantity),
            "unit": self.unit,
            "rate": self.rate,
            "basis": self.basis,
        }


@dataclass(frozen=True)
class Bill:
    """How a call is charged."""

    card: RateCard
    started_at: float
    """Unix seconds: the prices of that day count."""
    discount_percent: Decimal = Decimal(0)
    own: Set[tuple[Component, str]] = frozenset()
    """Providers that were asked with the account's own key: it has paid them, and owes nothing for them here."""

    def lines(self, usage: Sequence[UsageLine]) -> tuple[CostLine, ...]:
        """A line for each service that was used. What was discarded, and what only its vendor bills, costs nothing."""
        used = [line for line in usage if not line.discarded]
        services = dict.fromkeys((line.unit.component, line.service) for line in used if line.unit in _CHARGED)
        return tuple(
            self._line(component, service, used)
            for component, service in sorted(services, key=lambda item: tuple(Component).index(item[0]))
        )

    def _line(self, component: Component, service: Service, used: Sequence[UsageLine]) -> CostLine:
        line = _PRICED_BY[component](self, service, used)
        return replace(line, credit=Decimal(0), rate=OWN_KEY) if (component, service.provider) in self.own else line

    def _call(self, service: Service, used: Sequence[UsageLine]) -> CostLine:
        return self._of_minutes(Component.CALL, service, _total(used, service, Unit.CALL_MS) / MS_PER_MINUTE)

    def _stt(self, service: Service, used: Sequence[UsageLine]) -> CostLine:
        return self._of_minutes(Component.STT, service, _total(used, service, Unit.STT_SPEECH_MS) / MS_PER_MINUTE)

    def _of_minutes(self, component: Component, service: Service, minutes: Decimal) -> CostLine:
        rate = self.card.rate(component, service, self.started_at)
        if rate is None:
            return _unpriced(component, service, minutes, "minutes")
        price = rate.usd["per_minute"]
        return CostLine(component, service, self._cents(minutes * price), minutes, "minutes", f"{price}/min", "minutes")

    def _tts(self, service: Service, used: Sequence[UsageLine]) -> CostLine:
        characters = _total(used, service, Unit.TTS_CHARACTERS)
        rate = self.card.rate(Component.TTS, service, self.started_at)
        if rate is None:
            return _unpriced(Component.TTS, service, characters, "characters")
        price = rate.usd["per_1000_characters"]
        credit = self._cents(characters * price / 1000)
        return CostLine(Component.TTS, service, credit, characters, "characters", f"{price}/1000", "characters")

    def _llm(self, service: Service, used: Sequence[UsageLine]) -> CostLine:
        """By tokens where the vendor told any, with those of cut replies estimated from their text; else by minutes."""
        told = [_total(used, service, unit) for unit in (Unit.LLM_PROMPT_TOKENS, Unit.LLM_COMPLETION_TOKENS)]
        texts = [_total(used, service, unit) for unit in (Unit.LLM_PROMPT_CHARACTERS, Unit.LLM_REPLY_CHARACTERS)]
        tokens = [of_vendor + text / CHARACTERS_PER_TOKEN for of_vendor, text in zip(told, texts, strict=True)]
        rate = self.card.rate(Component.LLM, service, self.started_at)
        if rate is None:
            return _unpriced(Component.LLM, service, sum(tokens, Decimal(0)), "tokens")
        prices = rate.usd["prompt_per_million"], rate.usd["completion_per_million"]
        if not any(told):
            minutes = self._minutes_of(service, used)
            price = rate.usd.get("per_minute", TOKENS_PER_MINUTE * sum(prices, Decimal(0)) / MILLION)
            credit = self._cents(minutes * price)
            return CostLine(Component.LLM, service, credit, minutes, "minutes", f"{price}/min", "minutes")
        dollars = sum((count * price / MILLION for count, price in zip(tokens, prices, strict=True)), Decimal(0))
        return CostLine(
            Component.LLM,
            service,
            self._cents(dollars),
            sum(tokens, Decimal(0)),
            "tokens",
            f"{prices[0]} in and {prices[1]} out/1000000",
            "tokens and characters" if any(texts) else "tokens",
            (round(tokens[0]), round(tokens[1])),
        )

    def _minutes_of(self, service: Service, used: Sequence[UsageLine]) -> Decimal:
        """The model's share of the call, by requests: a model is charged for the whole call, who speaks or not."""
        call = sum((Decimal(line.quantity) for line in used if line.unit is Unit.CALL_MS), Decimal(0)) / MS_PER_MINUTE
        requests = sum(line.quantity for line in used if line.unit is Unit.LLM_REQUESTS)
        return call * _total(used, service, Unit.LLM_REQUESTS) / requests if requests else Decimal(0)

    def _cents(self, dollars: Decimal) -> Decimal:
        return (dollars * (100 - self.discount_percent)).quantize(CREDIT_PLACES)


def total_credit(lines: Sequence[CostLine]) -> Decimal:
    """US cents."""
    return sum((line.credit for line in lines), Decimal(0))


def used_by(usage: Sequence[UsageLine], bill: Bill) -> Used:
    """What a call takes of its allowances."""
    call_ms = sum(line.quantity for line in usage if line.unit is Unit.CALL_MS)
    return Used(call_ms, int(total_credit(bill.lines(usage)) * MILLION))


def _total(used: Sequence[UsageLine], service: Service, unit: Unit) -> Decimal:
    return sum((Decimal(line.quantity) for line in used if line.unit is unit and line.service == service), Decimal(0))


def _unpriced(component: Component, service: Service, quantity: Decimal, unit: str) -> CostLine:
    return CostLine(component, service, Decimal(0), quantity, unit, "", "unpriced")


_CHARGED = frozenset(Unit) - {Unit.STT_STREAM_MS}
_PRICED_BY: dict[Component, Callable[[Bill, Service, Sequence[UsageLine]], CostLine]] = {
    Component.CALL: Bill._call,
    Component.LLM: Bill._llm,
    Component.TTS: Bill._tts,
    Component.STT: Bill._stt,
}
