"""Which of several models begins to answer soonest, from how long each took in this process.

A long prompt, or functions to choose from, may slow one vendor more than another: every kind of task is measured by
itself. Times are arguments, in seconds on the worker's clock.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

SAMPLES = 8
AGE_S = 900.0
"""Older measurements tell nothing about now."""
BETTER_BY = 0.85
BETTER_BY_S = 0.05
"""Who leads is replaced by one that is better by both: else two that are alike would take turns."""
EXPLORE_EVERY = 8
"""One choice in so many measures somebody again of whom nothing recent is known."""
EXPLORE_AFTER_S = 300.0
REST_S = 30.0
MAX_REST_S = 480.0
"""A model that failed is asked last for so long, and for twice as long when it fails again."""
SIZES = (2_000, 8_000, 32_000)
"""Bounds of the classes of prompts, in characters."""


@dataclass(frozen=True)
class Task:
    """What is asked of a model, as far as it matters for its speed."""

    size: int
    """How many of SIZES the prompt exceeds."""
    tools: bool

    @classmethod
    def of(cls, characters: int, *, tools: bool) -> "Task":
        """The task with a prompt of that many characters."""
        return cls(sum(characters > bound for bound in SIZES), tools)


@dataclass
class _Record:
    """What is known of one model."""

    times: defaultdict[Task, deque[tuple[float, float]]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=SAMPLES))
    )
    """When, and how long it took."""
    failures: int = 0
    """In a row."""
    rests_until: float = 0.0

    def time_s(self, task: Task, now: float) -> float | None:
        recent = [took_s for at, took_s in self.times[task] if now - at <= AGE_S]
        return median(recent) if recent else None

    def measured_at(self, task: Task) -> float:
        return self.times[task][-1][0] if self.times[task] else float("-inf")


@dataclass(frozen=True)
class Ranking:
    """Who is to be asked, in this order, and why the first one is the first."""

    names: tuple[str, ...]
    why: str


class Quickest:
    """The measurements of one process."""

    def __init__(self) -> None:
        self._records: defaultdict[str, _Record] = defaultdict(_Record)
        self._leads: dict[Task, str] = {}
        self._choices: Counter[Task] = Counter()

    def began(self, name: str, task: Task, took_s: float, now: float) -> None:
        """The model began to answer after so long."""
        record = self._records[name]
        record.times[task].append((now, took_s))
        record.failures = 0

    def failed(self, name: str, now: float) -> None:
        """The model gave no answer."""
        record = self._records[name]
        record.failures += 1
        record.rests_until = now + min(REST_S * 2 ** (record.failures - 1), MAX_REST_S)

    def ranking(self, names: Sequence[str], task: Task, now: float) -> Ranking:
        """The order in which to ask these models, at least one; what nobody has measured keeps its place."""
        self._choices[task] += 1
        fit = [name for name in names if self._records[name].rests_until <= now]
        resting = [name for name in names if name not in fit]
        if not fit:
            return Ranking(tuple(resting), "every model failed lately")
        first, why = self._first(fit, task, now)
        times = {name: self._records[name].time_s(task, now) for name in fit}
        others = sorted((name for name in fit if name != first), key=lambda name: _or_last(times[name]))
        return Ranking((first, *others, *resting), why)

    def _first(self, fit: Sequence[str], task: Task, now: float) -> tuple[str, str]:
        if len(fit) == 1:
            return fit[0], "there is no other"
        lead = self._leads.get(task)
        unknown = [
            name for name in fit if name != lead and now - self._records[name].measured_at(task) > EXPLORE_AFTER_S
        ]
        if unknown and self._choices[task] % EXPLORE_EVERY == 0:
            oldest = min(unknown, key=lambda name: self._records[name].measured_at(task))
            return oldest, "to be measured again"
        times = {name: took_s for name in fit if (took_s := self._records[name].time_s(task, now)) is not None}
        if not times:
            return fit[0], "nothing is measured yet"
        first = _leading(times, lead)
        self._leads[task] = first
        told = ", ".join(f"{name} {took_s * 1000:.0f} ms" for name, took_s in sorted(times.items(), key=_by_time))
        return first, f"the first words took {told}"


def _leading(times: Mapping[str, float], lead: str | None) -> str:
    best = min(times, key=times.__getitem__)
    if lead is None or lead not in times:
        return best
    is_better = times[best] < times[lead] * BETTER_BY and times[best] < times[lead] - BETTER_BY_S
    return best if is_better else lead


def _or_last(time_s: float | None) -> float:
    return float("inf") if time_s is None else time_s


def _by_time(item: tuple[str, float]) -> float:
    return item[1]
