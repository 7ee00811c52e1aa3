"""Callers by telephone wait no longer for answers than those by /millis: fifteen at once, in the same run."""

import asyncio

import pytest

from tests.bench.phone_latency import MAX_ADDED_MS, TURNS, measure
from tests.e2e.stack import Stack

CALLERS = 15


@pytest.mark.full
@pytest.mark.timeout(180)
def test_a_telephone_adds_no_wait(stack: Stack) -> None:
    outcome = asyncio.run(measure(stack, CALLERS, rounds=1))
    print(outcome, f"added {outcome.added_p95:.1f} ms")
    assert outcome.answers_by_phone == outcome.answers_by_millis == CALLERS * TURNS
    assert outcome.added_p95 <= MAX_ADDED_MS + outcome.stall
