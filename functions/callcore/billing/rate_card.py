"""What is charged, from when on, and which models end when: `rate_card.json` beside this file (protocol.md 11).

The prices that the platform's page prints stay in force for what it names; what it does not name is charged at its
vendor's list price. A price changes by a new line with a later `since`, so that an old call is priced as it was.
"""

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib import resources

from callcore.billing.allowance import day_of
from callcore.calls.usage import Component, Service

_PLACE = re.compile(r"^(global\.|us\.|eu\.|apac\.|openai\.)")
"""Where Bedrock runs a model, or whose it is: others serve it by the rest of the name."""
_EDITION = r"([-@:.](\d|v\d|latest).*)?"
"""What may follow the name of a model without making it another one: a date, a version, a size."""


@dataclass(frozen=True)
class Named:
    """Which services a line speaks of."""

    component: Component
    provider: str
    """Empty = every provider."""
    model: str
    """Empty = every model that no line names; one that ends with `*` is how names begin."""

    def names(self, component: Component, service: Service) -> bool:
        """Whether it speaks of this one."""
        if component is not self.component or self.provider not in ("", service.provider):
            return False
        model = service.model.lower()
        known_as = {model, model.rpartition("/")[2], _PLACE.sub("", model)}
        family = self.model.lower().removesuffix("*")
        pattern = re.compile(re.escape(family) + (".*" if self.model.endswith("*") else _EDITION))
        return not self.model or any(pattern.fullmatch(name) for name in known_as)

    @property
    def precision(self) -> tuple[bool, int]:
        """Of two lines that speak of a service the more precise one counts."""
        return bool(self.provider), len(self.model)


@dataclass(frozen=True)
class Rate:
    """Prices of a service in US dollars."""

    named: Named
    since: date
    source: str
    """Who says so."""
    usd: Mapping[str, Decimal]


@dataclass(frozen=True)
class Shutdown:
    """The end of a model, or of a vendor."""

    named: Named
    on: date
    source: str


@dataclass(frozen=True)
class RateCard:
    """All prices, past and present."""

    rates: Sequence[Rate]
    shutdowns: Sequence[Shutdown]

    def rate(self, component: Component, service: Service, at: float) -> Rate | None:
        """What is charged at a time (unix seconds); None = no line speaks of it."""
        day = day_of(at)
        spoken = [rate for rate in self.rates if rate.since <= day and rate.named.names(component, service)]
        return max(spoken, key=lambda rate: (rate.named.precision, rate.since), default=None)

    def shutdown(self, component: Component, service: Service) -> Shutdown | None:
        """When the service ends or has ended; None = nobody says that it does."""
        spoken = [ended for ended in self.shutdowns if ended.named.names(component, service)]
        return max(spoken, key=lambda ended: ended.named.precision, default=None)


def parse_rate_card(text: str) -> RateCard:
    """The card of a JSON text. Raises ValueError or KeyError for another text."""
    stored = json.loads(text)
    return RateCard(
        tuple(
            Rate(
                _named(line),
                date.fromisoformat(line["since"]),
                line["source"],
                {name: Decimal(price) for name, price in line["usd"].items()},
            )
            for line in stored["rates"]
        ),
        tuple(Shutdown(_named(line), date.fromisoformat(line["on"]), line["source"]) for line in stored["shutdowns"]),
    )


def _named(line: Mapping[str, str]) -> Named:
    return Named(Component(line["for"]), line.get("provider", ""), line.get("model", ""))


@functools.cache
def rate_card() -> RateCard:
    """Our own, a part of this package as its code is."""
    return parse_rate_card(resources.files("callcore.billing").joinpath("rate_card.json").read_text("utf-8"))
