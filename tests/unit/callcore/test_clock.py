from callcore.clock import Clock, SystemClock

YEAR_2020 = 1_577_836_800


def test_the_system_clock_measures_forward_and_dates_from_1970() -> None:
    clock: Clock = SystemClock()
    first, second = clock.monotonic_s(), clock.monotonic_s()
    assert first <= second
    assert clock.unix_s() > YEAR_2020
