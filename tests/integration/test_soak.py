"""Two minutes of the soak (tests/bench/soak.py); `make soak` is an hour."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.bench.soak import Load, Outcome, soak

TWO_MINUTES = Load(minutes=2.0)
FINE = Outcome(
    sessions=42,
    turns=121,
    recordings=13,
    unhappy=0,
    rss_growth_mib=1.4,
    sessions_left=0,
    tasks_left=0,
    files_left=0,
    wall_s=9.5,
)


def test_nothing_grows_and_nothing_is_left_after_ten_callers_have_talked(tmp_path: Path) -> None:
    outcome = soak(TWO_MINUTES, tmp_path)
    assert outcome.problems(TWO_MINUTES) == [], outcome


@pytest.mark.parametrize(
    "flaw",
    [
        {"sessions": 3},
        {"turns": 10},
        {"recordings": 0},
        {"unhappy": 1},
        {"rss_growth_mib": 10.0},
        {"sessions_left": 1},
        {"tasks_left": 1},
        {"files_left": 1},
    ],
)
def test_the_soak_would_notice(flaw: dict[str, Any]) -> None:
    assert FINE.problems(TWO_MINUTES) == []
    assert len(replace(FINE, **flaw).problems(TWO_MINUTES)) == 1
