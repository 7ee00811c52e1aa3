import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.accounts.rate_limit import MAX_BUCKETS, Rate, RateLimiter, full, take
from callcore.errors import LimitExceeded

RATE = Rate(burst=3, per_second=2)


def test_a_burst_is_allowed_and_then_the_rate() -> None:
    bucket = full(RATE, 10.0)
    waits = []
    for now in (10.0, 10.0, 10.0, 10.0, 10.25, 10.5, 10.5, 20.0):
        bucket, wait_s = take(bucket, RATE, now)
        waits.append(wait_s)
    assert waits == [0, 0, 0, 0.5, 0.25, 0, 0.5, 0]


def test_the_wait_is_just_enough() -> None:
    bucket = full(RATE, 0.0)
    for _ in range(4):
        bucket, wait_s = take(bucket, RATE, 0.0)
    assert take(bucket, RATE, wait_s - 0.01)[1] == pytest.approx(0.01)
    assert take(bucket, RATE, wait_s)[1] == 0


def test_a_clock_that_goes_back_gives_nothing() -> None:
    bucket = full(RATE, 10.0)
    for _ in range(3):
        bucket, _ = take(bucket, RATE, 10.0)
    bucket, wait_s = take(bucket, RATE, 5.0)
    assert wait_s > 0
    assert take(bucket, RATE, 10.0)[1] == wait_s


@given(
    st.integers(1, 20),
    st.floats(0.1, 100),
    st.lists(st.floats(0, 2), min_size=1, max_size=60),
)
def test_no_window_holds_more_than_the_burst_and_its_share(burst: int, per_second: float, gaps: list[float]) -> None:
    rate, now, allowed = Rate(burst, per_second), 0.0, []
    bucket = full(rate, now)
    for gap in gaps:
        now += gap
        bucket, wait_s = take(bucket, rate, now)
        assert wait_s >= 0
        assert 0 <= bucket.tokens <= burst
        if wait_s == 0:
            allowed.append(now)
    for first, begin in enumerate(allowed):
        for last in range(first, len(allowed)):
            assert last - first + 1 <= burst + (allowed[last] - begin) * per_second + 1e-6


def test_the_limiter_remembers_a_bounded_number_of_names() -> None:
    limiter = RateLimiter(Rate(1, 1), "the key", "requests")
    limiter.count("first", 0.0)
    limiter.count("second", 0.0)
    with pytest.raises(LimitExceeded, match="the key allows 1 requests at once and 1 a second"):
        limiter.count("first", 0.0)
    for number in range(MAX_BUCKETS - 1):
        limiter.count(str(number), 0.0)
    with pytest.raises(LimitExceeded):
        limiter.count("first", 0.0)
    limiter.count("second", 0.0)
