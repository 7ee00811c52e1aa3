"""Twenty kills of the stack's processes (tests/bench/kills.py); `make soak` does two hundred."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.bench.kills import Outcome, Stage

FINE = Outcome(
    seed=1,
    kills={"worker": 7, "delivery": 8, "receiver": 2, "consumer": 2, "model": 1},
    calls=70,
    statuses={"error": 25, "user-ended": 45},
    own_model_heard=20,
    events_repeated=3,
    without_end=0,
    events_lost=0,
    two_ends=0,
    left=0,
    wall_s=27.2,
)


@pytest.mark.timeout(300)
def test_every_call_has_its_end_and_every_end_is_heard_of_whoever_is_killed(tmp_path: Path) -> None:
    outcome = asyncio.run(Stage(tmp_path, seed=1).run(kills=20))
    assert outcome.problems() == [], outcome


@pytest.mark.parametrize(
    "flaw",
    [
        {"calls": 3},
        {"statuses": {"user-ended": 70}},
        {"statuses": {"error": 70}},
        {"events_repeated": 0},
        {"own_model_heard": 0},
        {"without_end": 1},
        {"events_lost": 1},
        {"two_ends": 1},
        {"left": 1},
    ],
)
def test_the_run_would_notice(flaw: dict[str, Any]) -> None:
    assert FINE.problems() == []
    assert len(replace(FINE, **flaw).problems()) == 1
