"""Telephone keys in INFO requests, as older equipment sends them."""

import re

from media_worker.transports.sip.demands import media_type

KEYS = frozenset("0123456789*#")
_SIGNAL = re.compile(rb"(?:^|\n)[ \t]*Signal[ \t]*=[ \t]*([0-9*#]+)", re.IGNORECASE)
_NUMBERED = {"10": "*", "11": "#"}
"""Some write keys as the event codes of RFC 4733."""


def parse_key(content_type: str | None, body: bytes) -> str | None:
    """The key; None: it is none."""
    if media_type(content_type) == "application/dtmf":
        text = body.strip().decode("ascii", "replace")
    else:
        found = _SIGNAL.search(body)
        text = found[1].decode("ascii") if found else ""
    key = _NUMBERED.get(text, text)
    return key if key in KEYS else None
