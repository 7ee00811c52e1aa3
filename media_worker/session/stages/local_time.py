"""The time where the agent's business is."""

from datetime import datetime

from callcore.timezones import zone_of


def with_local_time(prompt: str, timezone: str | None, unix_s: float) -> str:
    """The prompt followed by the local time; unchanged without a time zone, or with one that does not exist.

    The time stands at the end because whatever changes there leaves a vendor's prompt cache usable.
    """
    zone = zone_of(timezone) if timezone else None
    if zone is None:
        return prompt
    now = datetime.fromtimestamp(unix_s, zone)
    return f"{prompt}\n\nIt is {now:%A}, {now.day} {now:%B %Y}, {now:%H:%M} ({timezone}).".lstrip()
