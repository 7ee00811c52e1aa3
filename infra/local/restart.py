"""Whether a child that ended is started again: decided here, from what is known of its runs."""

import os
from dataclasses import dataclass

HEALTHY_RUN_S = 30.0
"""A run of this length wipes out the failures before it."""
MAX_FAILURES = 5
"""So many short runs in a row, and it is given up."""
FIRST_WAIT_S = 0.5
"""Doubles with every failure in a row."""


@dataclass(frozen=True)
class Restart:
    """Start it again."""

    wait_s: float
    failures: int
    """In a row, this one included."""


@dataclass(frozen=True)
class GiveUp:
    """Stop the whole stack."""

    reason: str


def after_exit(name: str, exit_status: int, ran_s: float, failures: int) -> Restart | GiveUp:
    """What to do about a child that ended by itself after `failures` failures in a row.

    `exit_status` is negative for a signal, as subprocess has it.
    """
    if exit_status == os.EX_CONFIG:
        return GiveUp(f"{name} cannot start; its message stands above")
    failures = 1 if ran_s >= HEALTHY_RUN_S else failures + 1
    if failures >= MAX_FAILURES:
        return GiveUp(f"{name} failed {failures} times in a row ({_ended(exit_status)}); its messages stand above")
    return Restart(FIRST_WAIT_S * 2 ** (failures - 1), failures)


def _ended(exit_status: int) -> str:
    return f"signal {-exit_status}" if exit_status < 0 else f"exit status {exit_status}"
