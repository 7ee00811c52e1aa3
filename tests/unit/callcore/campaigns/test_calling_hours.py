"""When a campaign may call: days, hours, nights, and the days on which clocks are put forward or back."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.campaigns.calling_hours import DAYS, CallingHours, calling_hours, is_open, next_opening
from callcore.errors import InvalidInput

WEEK = ("mon", "tue", "wed", "thu", "fri")
OFFICE = CallingHours("Europe/Berlin", WEEK, "09:00", "20:00")
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Nuuk", "Africa/Cairo", "Asia/Kathmandu"]
"""Among them one that puts its clocks forward by half an hour, and two that do it around midnight."""


def at(text: str, zone: str = "Europe/Berlin", fold: int = 0) -> float:
    """Unix seconds of a moment as a clock there shows it."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def opening(hours: CallingHours, now: float) -> str:
    """As a clock there shows it."""
    moment = next_opening(hours, now)
    assert moment is not None
    return f"{datetime.fromtimestamp(moment, ZoneInfo(hours.timezone)):%Y-%m-%dT%H:%M:%S%z}"


@pytest.mark.parametrize(
    ("now", "following"),
    [
        ("2026-11-23T08:59:59", "2026-11-23T09:00:00+0100"),
        ("2026-11-23T09:00:00", None),
        ("2026-11-23T19:59:59", None),
        ("2026-11-23T20:00:00", "2026-11-24T09:00:00+0100"),
        ("2026-11-27T20:00:00", "2026-11-30T09:00:00+0100"),
        ("2026-11-28T12:00:00", "2026-11-30T09:00:00+0100"),
        ("2026-03-27T21:00:00", "2026-03-30T09:00:00+0200"),
    ],
)
def test_hours_of_a_week(now: str, following: str | None) -> None:
    assert is_open(OFFICE, at(now)) == (following is None)
    assert opening(OFFICE, at(now)) == (following or f"{now}+0100")


@pytest.mark.parametrize(
    ("now", "is_it"),
    [
        ("2026-11-27T21:59", False),
        ("2026-11-27T22:00", True),
        ("2026-11-28T01:59", True),
        ("2026-11-28T02:00", False),
        ("2026-11-28T22:00", False),
        ("2026-11-29T00:00", False),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(now: str, is_it: bool) -> None:
    nights = CallingHours("Europe/Berlin", ("fri",), "22:00", "02:00")
    assert is_open(nights, at(now)) == is_it


def test_a_whole_day_ends_at_midnight() -> None:
    sundays = CallingHours("Europe/Berlin", ("sun",), "00:00", "24:00")
    open_at = [is_open(sundays, at(f"2026-11-{moment}")) for moment in ("28T23:59", "29T00:00", "29T23:59", "30T00:00")]
    assert open_at == [False, True, True, False]


def test_a_begin_that_is_left_out_in_spring_is_when_the_clock_is_put_forward() -> None:
    early = CallingHours("Europe/Berlin", DAYS, "02:30", "05:00")
    assert opening(early, at("2026-03-29T01:59")) == "2026-03-29T03:00:00+0200"


def test_hours_that_are_left_out_in_spring_come_a_day_later() -> None:
    lost = CallingHours("Europe/Berlin", ("sun",), "02:00", "03:00")
    assert opening(lost, at("2026-03-29T01:59")) == "2026-04-05T02:00:00+0200"


def test_an_hour_that_comes_twice_in_autumn_counts_twice() -> None:
    night = CallingHours("Europe/Berlin", DAYS, "01:00", "02:30")
    assert [is_open(night, at("2026-10-25T02:29", fold=fold)) for fold in (0, 1)] == [True, True]
    assert opening(night, at("2026-10-25T02:30")) == "2026-10-25T02:00:00+0100"
    assert opening(night, at("2026-10-25T02:30", fold=1)) == "2026-10-26T01:00:00+0100"


@pytest.mark.parametrize(
    ("timezone", "days", "opens", "closes", "told"),
    [
        ("Mars/Base", WEEK, "09:00", "20:00", "timezone: not known"),
        ("Europe/Berlin", (), "09:00", "20:00", "days: at least one"),
        ("Europe/Berlin", ("mon", "someday"), "09:00", "20:00", "days: at least one"),
        ("Europe/Berlin", WEEK, "9:00", "20:00", "from: a time"),
        ("Europe/Berlin", WEEK, "24:00", "20:00", "from: a time"),
        ("Europe/Berlin", WEEK, "09:00", "20:60", "until: a time"),
        ("Europe/Berlin", WEEK, "09:00", "09:00", "until: another time than from"),
    ],
)
def test_what_are_no_hours_is_said(timezone: str, days: tuple[str, ...], opens: str, closes: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        calling_hours(timezone, days, opens, closes)


def test_days_stand_in_the_order_of_the_week_and_once() -> None:
    assert calling_hours("UTC", ["fri", "mon", "fri"], "09:00", "20:00").days == ("mon", "fri")


def test_in_a_zone_that_is_not_known_any_more_nobody_is_called() -> None:
    hours = CallingHours("Mars/Base", DAYS, "00:00", "24:00")
    assert (is_open(hours, 0.0), next_opening(hours, 0.0)) == (False, None)


TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 1, 29, 30, 59]))
TURNS = ["2026-03-08", "2026-03-28", "2026-03-29", "2026-04-05", "2026-04-24", "2026-10-04", "2026-10-25", "2026-11-01"]
"""Days on which clocks of ZONES are put forward or back, in spring and autumn of either half of the earth."""
MOMENTS = st.one_of(
    st.integers(int(at("2026-01-01", "UTC")), int(at("2030-01-01", "UTC"))),
    st.builds(
        lambda day, minutes: int(at(day, "UTC")) + minutes * 60, st.sampled_from(TURNS), st.integers(-1440, 2880)
    ),
)


@st.composite
def some_hours(draw: st.DrawFn) -> CallingHours:
    opens, closes = draw(st.lists(TIMES, min_size=2, max_size=2, unique=True))
    return calling_hours(draw(st.sampled_from(ZONES)), draw(st.sets(st.sampled_from(DAYS), min_size=1)), opens, closes)


def minutes_of_week(hours: CallingHours) -> set[int]:
    """Those at which it may call, counted from Monday, 00:00."""
    opens, closes = (int(text[:2]) * 60 + int(text[3:]) for text in (hours.opens, hours.closes))
    lasting = range((closes - opens) % 1440)
    return {(DAYS.index(day) * 1440 + opens + minute) % 10_080 for day in hours.days for minute in lasting}


@given(some_hours(), MOMENTS)
def test_the_clock_on_the_wall_decides(hours: CallingHours, now: int) -> None:
    local = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(hours.timezone))
    minute = local.weekday() * 1440 + local.hour * 60 + local.minute
    assert is_open(hours, now) == (minute in minutes_of_week(hours))


@given(some_hours(), MOMENTS, st.integers(0, 999))
def test_the_next_opening_is_the_first_one(hours: CallingHours, now: int, part: int) -> None:
    found = next_opening(hours, now)
    assert found is not None
    assert is_open(hours, found)
    assert found == now if is_open(hours, now) else found > now
    if found > now:
        assert not is_open(hours, found - 1)
        assert not is_open(hours, now + (found - now) * part // 1_000)
