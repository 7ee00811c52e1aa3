"""What calls used and cost, by the day on which they began and by agent: what an account's charts are made of. Pure.

Days are those of UTC, as the limits count them. A call counts once, when it ends, and stays counted when it is deleted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from callcore.billing.allowance import day_of
from callcore.billing.pricing import WIRE_TYPES
from callcore.calls.call import TALK_ENDS, Call, CallStatus
from callcore.calls.usage import Component
from callcore.ids import AgentId

MICROCENTS = 1_000_000
"""Of a US cent."""


@dataclass(frozen=True)
class Counts:
    """Of any number of calls. What they cost is in millionths of a US cent, by who was paid for it."""

    calls: int = 0
    failed: int = 0
    """Of them: those that ended as `error`."""
    talk_s: int = 0
    call_microcents: int = 0
    llm_microcents: int = 0
    tts_microcents: int = 0
    stt_microcents: int = 0

    def __add__(self, more: "Counts") -> "Counts":
        return Counts(*(getattr(self, name) + getattr(more, name) for name in COUNTED))

    @property
    def cents(self) -> Decimal:
        """What all of it cost."""
        return sum(self.cents_by_component().values(), Decimal(0))

    def cents_by_component(self) -> Mapping[Component, Decimal]:
        """What each part cost."""
        return {part: Decimal(getattr(self, _cost_of(part))) / MICROCENTS for part in Component}


COUNTED = tuple(field.name for field in fields(Counts))


@dataclass(frozen=True)
class DayUsage:
    """Of one agent's calls of one day."""

    day: date
    agent_id: AgentId
    """Empty: the calls that named no agent."""
    counts: Counts


def usage_of_call(call: Call) -> DayUsage | None:
    """What an ended call adds; None when nobody talked, and nothing is counted."""
    if call.status not in TALK_ENDS:
        return None
    costs = {name: 0 for name in COUNTED if name.endswith("_microcents")}
    for line in call.cost_breakdown:
        part = _COMPONENT_OF.get(str(line.get("type")))
        if part is not None:
            costs[_cost_of(part)] += round(Decimal(str(line.get("credit", 0))) * MICROCENTS)
    failed = int(call.status is CallStatus.ERROR)
    counts = Counts(calls=1, failed=failed, talk_s=call.duration_s or 0, **costs)
    return DayUsage(day_of(call.started_at), call.agent_id or AgentId(""), counts)


def total(counts: Iterable[Counts]) -> Counts:
    """All of them together."""
    return sum(counts, Counts())


def _cost_of(part: Component) -> str:
    return f"{part}_microcents"


_COMPONENT_OF = {name: part for part, name in WIRE_TYPES.items()}
