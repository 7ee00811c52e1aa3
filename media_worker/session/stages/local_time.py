"""The time where the agent's business is."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def with_local_time(prompt: str, timezone: str | None, unix_s: float) -> str:
    """The prompt followed by the local time; unchanged without a time zone, or with one that does not exist.

    The time stands at the end because whatever changes there leaves a vendor's prompt cache usable.
    """
    zone = _zone(timezone)
    if zone is None:
        return prompt
    now = datetime.fromtimestamp(unix_s, UTC).astimezone(zone)
    return f"{prompt}\n\nIt is {now:%A}, {now.day} {now:%B %Y}, {now:%H:%M} ({timezone}).".lstrip()


def is_known(timezone: str) -> bool:
    """Whether there is such a time zone (IANA name)."""
    return _zone(timezone) is not None


def _zone(timezone: str | None) -> ZoneInfo | None:
    if not timezone:
        return None
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
