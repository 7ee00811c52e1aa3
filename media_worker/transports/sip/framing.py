"""Where a SIP message begins and ends (RFC 3261, 7.5 and 18.3; RFC 5626, 3.5.1)."""

import re
from dataclasses import dataclass

from callcore.errors import RemoteProtocolError

MAX_HEAD_BYTES = 16 * 1024
MAX_BODY_BYTES = 16 * 1024
KEEP_ALIVE = b"\r\n\r\n"
PONG = b"\r\n"
_END = b"\r\n\r\n"
_CONTENT_LENGTH = re.compile(rb"^(?:content-length|l)[ \t]*:[ \t]*([0-9]{1,9})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Frame:
    """A start line with its header fields, and what follows them."""

    head: bytes
    """Without the empty line."""
    body: bytes
    """Of a datagram: everything behind the empty line."""


@dataclass(frozen=True)
class KeepAlive:
    """The peer asks whether the connection lives."""


def frame_datagram(data: bytes) -> Frame | None:
    """The message of a datagram; None: there is none, as in those that keep a NAT's binding alive."""
    data = data.lstrip(b"\r\n\0")
    if not data:
        return None
    head, end, body = data.partition(_END)
    # Without a body the empty line is sometimes forgotten, and nothing is lost with it.
    return Frame(head if end else head.removesuffix(PONG), body)


class StreamFramer:
    """Cuts what a connection brings into messages. Holds at most one unfinished message."""

    def __init__(self) -> None:
        self._data = b""

    def feed(self, data: bytes) -> list[Frame | KeepAlive]:
        """What is complete now. Raises RemoteProtocolError: where the next message begins can no longer be known."""
        self._data += data
        found: list[Frame | KeepAlive] = []
        while (one := self._next()) is not None:
            found.append(one)
        return found

    def _next(self) -> Frame | KeepAlive | None:
        if self._data.startswith(KEEP_ALIVE):
            self._data = self._data[len(KEEP_ALIVE) :]
            return KeepAlive()
        if self._data in (b"\r", b"\r\n", b"\r\n\r"):
            return None
        self._data = self._data.lstrip(b"\r\n")
        end = self._data.find(_END, 0, MAX_HEAD_BYTES + len(_END))
        if end < 0:
            if len(self._data) > MAX_HEAD_BYTES:
                raise RemoteProtocolError("a message's header fields do not end")
            return None
        head, start = self._data[:end], end + len(_END)
        stop = start + self._body_length(head)
        if len(self._data) < stop:
            return None
        body, self._data = self._data[start:stop], self._data[stop:]
        return Frame(head, body)

    def _body_length(self, head: bytes) -> int:
        # RFC 3261, 20.14: on a stream the field is mandatory.
        lengths = {int(length) for length in _CONTENT_LENGTH.findall(head)}
        if len(lengths) != 1:
            raise RemoteProtocolError("a message on a stream has no one Content-Length")
        (length,) = lengths
        if length > MAX_BODY_BYTES:
            raise RemoteProtocolError("a message is too long")
        return length
