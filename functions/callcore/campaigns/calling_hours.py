"""When a campaign may call: on which days, from when until when, by the clock on the wall of one time zone. Pure."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from callcore.errors import InvalidInput
from callcore.timezones import zone_of

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT = "24:00"
"""The end of a day; its begin is 00:00."""
_WALL_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DAY_S = 86_400
_SEARCHED_DAYS = 16
"""Whoever has one day a week, whose hour is lost to summer time, has the next one then."""


@dataclass(frozen=True)
class CallingHours:
    """From `opens` until before `closes` on each of `days`; until the next day's `closes` if that is the earlier one.

    What counts is the time that a clock on the wall shows, also where it is put forward or back: an hour that comes
    twice counts twice, one that is left out not at all. Raises InvalidInput.
    """

    timezone: str
    """An IANA name. Where it is not known the hours never come; `calling_hours` refuses it."""
    days: tuple[str, ...]
    """Of DAYS."""
    opens: str
    """As 09:00."""
    closes: str
    """As 20:00, or MIDNIGHT."""

    def __post_init__(self) -> None:
        if not self.days or not set(self.days) <= set(DAYS):
            raise InvalidInput(f"days: at least one of {', '.join(DAYS)}")
        if not _WALL_TIME.fullmatch(self.opens):
            raise InvalidInput("from: a time from 00:00 to 23:59, as 09:00")
        if self.closes != MIDNIGHT and not _WALL_TIME.fullmatch(self.closes):
            raise InvalidInput("until: a time from 00:00 to 24:00, as 20:00")
        if self.opens == self.closes:
            raise InvalidInput("until: another time than from; a whole day is from 00:00 until 24:00")


def calling_hours(timezone: str, days: Collection[str], opens: str, closes: str) -> CallingHours:
    """What somebody asks for, its days in the order of the week. Raises InvalidInput, also for an unknown time zone."""
    unknown = set(days) - set(DAYS)
    hours = CallingHours(timezone, (*(day for day in DAYS if day in days), *unknown), opens, closes)
    if zone_of(timezone) is None:
        raise InvalidInput("timezone: not known; it is an IANA name as Europe/Berlin or America/New_York")
    return hours


def is_open(hours: CallingHours, now: float) -> bool:
    """Whether somebody may be called at `now` (unix seconds)."""
    zone = zone_of(hours.timezone)
    return zone is not None and _is_open(hours, zone, now)


def next_opening(hours: CallingHours, now: float) -> float | None:
    """The first moment from `now` on at which somebody may be called (unix seconds); None: there is none."""
    zone = zone_of(hours.timezone)
    if zone is None or _is_open(hours, zone, now):
        return None if zone is None else now
    moments = sorted(moment for moment in _moments(hours, zone, now) if moment > now)
    return next((moment for moment in moments if _is_open(hours, zone, moment)), None)


def _is_open(hours: CallingHours, zone: ZoneInfo, now: float) -> bool:
    local = datetime.fromtimestamp(now, zone)
    shown, today = f"{local:%H:%M}", DAYS[local.weekday()]
    if hours.opens < hours.closes:
        return today in hours.days and hours.opens <= shown < hours.closes
    yesterday = DAYS[local.weekday() - 1]
    return (today in hours.days and shown >= hours.opens) or (yesterday in hours.days and shown < hours.closes)


def _moments(hours: CallingHours, zone: ZoneInfo, now: float) -> Iterator[float]:
    """All at which the hours may begin: when a clock shows `opens`, and when it is put forward or back."""
    today, opens = datetime.fromtimestamp(now, zone).date(), time.fromisoformat(hours.opens)
    for day in range(_SEARCHED_DAYS):
        shown = datetime.combine(today + timedelta(day), opens, zone)
        yield shown.timestamp()
        yield shown.replace(fold=1).timestamp()
        earlier = now + day * _DAY_S
        if _offset(zone, earlier) != _offset(zone, earlier + _DAY_S):
            yield _turn(zone, earlier, earlier + _DAY_S)


def _turn(zone: ZoneInfo, before: float, after: float) -> float:
    """When between the two the clock is put forward or back: at a whole second."""
    low, high, offset = int(before), int(after) + 1, _offset(zone, before)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
    return float(high)


def _offset(zone: ZoneInfo, moment: float) -> timedelta | None:
    return datetime.fromtimestamp(moment, zone).utcoffset()
