"""How late the audio has been lately."""

import pytest

from media_worker.session.lateness import WINDOW_S, Lateness
from media_worker.session.pacer import FRAME_S


def rounds(lateness: Lateness, from_s: int, seconds: int, lag_s: float) -> None:
    for number in range(seconds * 50):
        lateness.add(from_s + number * FRAME_S, lag_s)


def test_before_the_first_round_nothing_was_late() -> None:
    assert Lateness(FRAME_S).percent == 0


@pytest.mark.parametrize(("lag_s", "percent"), [(0.0, 0), (FRAME_S, 0), (FRAME_S * 1.01, 100)])
def test_a_round_is_late_by_more_than_a_frame(lag_s: float, percent: float) -> None:
    lateness = Lateness(FRAME_S)
    rounds(lateness, 1, 3, lag_s)
    assert lateness.percent == percent


def test_what_is_long_ago_is_forgotten() -> None:
    lateness = Lateness(FRAME_S)
    rounds(lateness, 1, 5, 1.0)
    rounds(lateness, 6, 5, 0.0)
    assert lateness.percent == pytest.approx(50)
    rounds(lateness, 11, WINDOW_S, 0.0)
    assert lateness.percent == 0


def test_rounds_that_were_left_out_were_late() -> None:
    lateness = Lateness(FRAME_S)
    rounds(lateness, 1, 1, 0.0)
    lateness.skip(50)
    assert lateness.percent == pytest.approx(50)
