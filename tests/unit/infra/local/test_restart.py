import os

import pytest

from infra.local.restart import FIRST_WAIT_S, HEALTHY_RUN_S, MAX_FAILURES, GiveUp, Restart, after_exit


@pytest.mark.parametrize(
    ("ran_s", "failures", "expected"),
    [
        (0.1, 0, Restart(FIRST_WAIT_S, 1)),
        (0.1, 1, Restart(FIRST_WAIT_S * 2, 2)),
        (0.1, 3, Restart(FIRST_WAIT_S * 8, 4)),
        (HEALTHY_RUN_S, 4, Restart(FIRST_WAIT_S, 1)),
        (3600.0, 0, Restart(FIRST_WAIT_S, 1)),
    ],
)
def test_a_child_that_ended_is_started_again(ran_s: float, failures: int, expected: Restart) -> None:
    assert after_exit("api", 1, ran_s, failures) == expected


@pytest.mark.parametrize(
    ("exit_status", "words"), [(1, "exit status 1"), (0, "exit status 0"), (-9, "signal 9"), (-11, "signal 11")]
)
def test_a_child_that_keeps_failing_is_given_up_with_the_reason(exit_status: int, words: str) -> None:
    verdict = after_exit("media", exit_status, 0.1, MAX_FAILURES - 1)
    assert isinstance(verdict, GiveUp)
    assert "media" in verdict.reason
    assert words in verdict.reason
    assert str(MAX_FAILURES) in verdict.reason


def test_what_a_restart_cannot_heal_is_given_up_at_once() -> None:
    assert isinstance(after_exit("api", os.EX_CONFIG, 3600.0, 0), GiveUp)


def test_all_waits_together_are_short_enough_to_watch() -> None:
    waits = []
    failures = 0
    while isinstance(verdict := after_exit("api", 1, 0.0, failures), Restart):
        waits.append(verdict.wait_s)
        failures = verdict.failures
    assert len(waits) == MAX_FAILURES - 1
    assert sum(waits) < 10
