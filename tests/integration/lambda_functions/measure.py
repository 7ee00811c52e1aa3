"""How long functions take to start and to answer, beside a function that does nothing, in the same run."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.integration.lambda_functions.built import Built

BARE = "bare.handler"
"""A function that returns its event."""


@dataclass(frozen=True)
class Start:
    """What was measured of one function, in seconds."""

    init_s: float
    """From the start of the process to the first question for an event: the median."""
    init_cpu_s: float
    """What of it the processor worked, in the quickest round."""
    first_s: float
    """The first invocation of a process: the median."""
    warm_s: float
    """A later one: the median."""


def measure(
    built: Built, events: Mapping[str, Any], environment: Mapping[str, str], rounds: int, warm: int
) -> Mapping[str, Start]:
    """Start each handler of `events` and the bare one in turn, `rounds` times; invoke each start `warm` + 1 times."""
    every: dict[str, list[_Round]] = {handler: [] for handler in (BARE, *events)}
    for _ in range(rounds):
        for handler, event in ({BARE: {}} | dict(events)).items():
            with built.start(handler, environment) as function:
                took = []
                for _ in range(warm + 1):
                    function.invoke(event)
                    took.append(function.took_s)
                every[handler].append(_Round(function.init_s, function.init_cpu_s, took[0], took[1:]))
    return {handler: _start(rounds) for handler, rounds in every.items()}


@dataclass(frozen=True)
class _Round:
    init_s: float
    init_cpu_s: float
    first_s: float
    warm_s: Sequence[float]


def _start(rounds: Sequence[_Round]) -> Start:
    return Start(
        init_s=statistics.median(one.init_s for one in rounds),
        init_cpu_s=min(one.init_cpu_s for one in rounds),
        first_s=statistics.median(one.first_s for one in rounds),
        warm_s=statistics.median(warm_s for one in rounds for warm_s in one.warm_s),
    )


def ratio(measured: Mapping[str, Start], handler: str) -> float:
    """The init of a function as a multiple of the bare one's."""
    return measured[handler].init_cpu_s / measured[BARE].init_cpu_s


def report(measured: Mapping[str, Start]) -> str:
    """A table."""
    lines = ["function                      init ms   cpu ms      x   first ms  warm p50 ms"]
    for handler, start in measured.items():
        lines.append(
            f"{handler:28} {start.init_s * 1000:8.0f} {start.init_cpu_s * 1000:8.0f} {ratio(measured, handler):6.1f} "
            f"{start.first_s * 1000:10.1f} {start.warm_s * 1000:12.2f}"
        )
    return "\n".join(lines)
