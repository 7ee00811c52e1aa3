"""What the page of usage shows of the counted days: a chart, and tables that say the same in figures. Pure."""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

from callcore.billing.day_usage import Counts, DayUsage, total
from callcore.calls.usage import Component
from callcore.ids import AgentId
from playground import words
from playground.charts import Chart, Series, stacked

Key = TypeVar("Key")
SHOWN_AGENTS = 7
"""Further ones are drawn as one."""
OTHERS = "Others"
NO_AGENT = "Without an agent"
PARTS: Mapping[Component, str] = {
    Component.CALL: "Call",
    Component.LLM: "Language model",
    Component.TTS: "Voice",
    Component.STT: "Recogniser",
}


class Measure(StrEnum):
    """What the columns measure."""

    COST = "cost"
    MINUTES = "minutes"
    CALLS = "calls"

    def of(self, counts: Counts) -> float:
        """That of these calls: US cents, minutes or a number."""
        match self:
            case Measure.COST:
                return float(counts.cents)
            case Measure.MINUTES:
                return counts.talk_s / 60
            case Measure.CALLS:
                return float(counts.calls)

    @property
    def told(self) -> Callable[[float], str]:
        """A value in words."""
        return {Measure.COST: words.money, Measure.MINUTES: words.minutes, Measure.CALLS: words.count}[self]


class Split(StrEnum):
    """What stands on each other in a column."""

    AGENT = "agent"
    PART = "part"
    """Of the cost."""


@dataclass(frozen=True)
class UsageView:
    """The days from `first` to `last`, both counted."""

    first: date
    last: date
    used: Sequence[DayUsage]
    names: Mapping[AgentId, str]
    """Of the agents that there are."""

    @property
    def days(self) -> Sequence[date]:
        """Every one, the first one first."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    @property
    def total(self) -> Counts:
        """Of all of them."""
        return total(one.counts for one in self.used)

    def by_day(self) -> Sequence[tuple[date, Counts]]:
        """Newest first; every day has a row."""
        found = _summed((one.day, one.counts) for one in self.used)
        return [(day, found.get(day, Counts())) for day in reversed(self.days)]

    def by_agent(self) -> Sequence[tuple[str, Counts]]:
        """The dearest first."""
        found = _summed((one.agent_id, one.counts) for one in self.used)
        order = sorted(found.items(), key=lambda item: (-item[1].cents, -item[1].talk_s, -item[1].calls, item[0]))
        return [(self.name_of(agent_id), counts) for agent_id, counts in order]

    def name_of(self, agent_id: AgentId) -> str:
        """What people call the agent; one that is deleted by its id."""
        return self.names.get(agent_id, agent_id) if agent_id else NO_AGENT

    def chart(self, measure: Measure, split: Split) -> Chart:
        """A column for each day."""
        labels = [f"{day.day} {day:%b}" for day in self.days]
        series = self._parts() if split is Split.PART else self._agents(measure)
        return stacked(labels, series, measure.told)

    def _parts(self) -> list[Series]:
        found = _summed((one.day, one.counts) for one in self.used)
        costs = [found.get(day, Counts()).cents_by_component() for day in self.days]
        return [Series(name, [float(cost[part]) for cost in costs]) for part, name in PARTS.items()]

    def _agents(self, measure: Measure) -> list[Series]:
        by_agent = _summed((one.agent_id, one.counts) for one in self.used)
        largest = sorted(by_agent, key=lambda agent_id: (-measure.of(by_agent[agent_id]), agent_id))
        shown, others = largest[:SHOWN_AGENTS], set(largest[SHOWN_AGENTS:])
        found = _summed(((one.day, one.agent_id), one.counts) for one in self.used)
        series = [
            Series(self.name_of(agent_id), [measure.of(found.get((day, agent_id), Counts())) for day in self.days])
            for agent_id in shown
        ]
        if others:
            rest = _summed((one.day, one.counts) for one in self.used if one.agent_id in others)
            series.append(Series(OTHERS, [measure.of(rest.get(day, Counts())) for day in self.days]))
        return series

    def csv(self) -> str:
        """Every row as a table for other programs; amounts in US dollars."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["day", "agent_id", "agent", "calls", "failed", "minutes", "usd"])
        for one in self.used:
            counts, name = one.counts, words.harmless(self.name_of(one.agent_id))
            minutes, usd = f"{counts.talk_s / 60:.2f}", f"{counts.cents / 100:.6f}"
            agent_id = words.harmless(one.agent_id)
            writer.writerow([one.day.isoformat(), agent_id, name, counts.calls, counts.failed, minutes, usd])
        return text.getvalue()


def _summed(rows: Iterator[tuple[Key, Counts]]) -> dict[Key, Counts]:
    found: defaultdict[Key, Counts] = defaultdict(Counts)
    for key, counts in rows:
        found[key] += counts
    return found
