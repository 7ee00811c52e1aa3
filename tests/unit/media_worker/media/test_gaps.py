"""The timeline of a stream whose pieces say when they were."""

from media_worker.media.gaps import Gaps

FRAME = 160


def test_a_stream_without_gaps_gets_no_silence() -> None:
    gaps = Gaps(8000)
    assert [gaps.before(at, FRAME) for at in (20, 40, 60)] == [0, 0, 0]


def test_lost_pieces_are_silence() -> None:
    gaps = Gaps(8000)
    assert [gaps.before(at, FRAME) for at in (20, 80, 100)] == [0, 2 * FRAME, 0]


def test_a_piece_that_comes_again_or_too_late_is_left_out() -> None:
    gaps = Gaps(8000)
    assert [gaps.before(at, FRAME) for at in (20, 40, 40, 20, 60)] == [0, 0, None, None, 0]


def test_pieces_without_a_time_follow_each_other() -> None:
    gaps = Gaps(8000)
    assert [gaps.before(at, FRAME) for at in (None, None, 40)] == [0, 0, 0]


def test_a_clock_that_is_set_anew_is_followed() -> None:
    gaps = Gaps(8000)
    assert [gaps.before(at, FRAME) for at in (20, 3_600_000, 3_600_020, 20, 40)] == [0, 0, 0, 0, 0]
