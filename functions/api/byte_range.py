"""The `Range` header for a thing of known size (RFC 9110 14)."""

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class ByteRange:
    """The bytes from `start` to before `stop`."""

    start: int
    stop: int

    def content_range(self, size: int) -> str:
        """The reply's header."""
        return f"bytes {self.start}-{self.stop - 1}/{size}"


class Unsatisfiable(Exception):
    """The range lies beyond the end."""


def wanted_range(header: str | None, size: int) -> ByteRange | None:
    """What is asked of `size` bytes; None = all of it, also for several ranges and for what is no range.

    Raises Unsatisfiable.
    """
    asked = _ONE_RANGE.fullmatch(header or "")
    if asked is None or not (asked[1] or asked[2]):
        return None
    if asked[1] and asked[2] and int(asked[2]) < int(asked[1]):
        return None
    start = int(asked[1]) if asked[1] else max(0, size - int(asked[2]))
    stop = min(size, int(asked[2]) + 1) if asked[1] and asked[2] else size
    if start >= stop:
        raise Unsatisfiable
    return ByteRange(start, stop)
