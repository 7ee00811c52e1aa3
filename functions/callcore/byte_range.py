"""The `Range` header for a thing of known size (RFC 9110 14)."""

import re
from collections.abc import Mapping
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


@dataclass(frozen=True)
class Sent:
    """What of a thing answers a request: the bytes from `start` to before `stop`."""

    status: int
    start: int
    stop: int
    headers: Mapping[str, str]


def sent(header: str | None, size: int) -> Sent:
    """The answer to a request with this `Range` header, or none. Raises Unsatisfiable: 416, with `beyond` as header."""
    part = wanted_range(header, size)
    start, stop = (0, size) if part is None else (part.start, part.stop)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(stop - start)}
    if part is None:
        return Sent(200, start, stop, headers)
    return Sent(206, start, stop, headers | {"Content-Range": part.content_range(size)})


def beyond(size: int) -> Mapping[str, str]:
    """The header of an answer to an Unsatisfiable range."""
    return {"Content-Range": f"bytes */{size}"}
