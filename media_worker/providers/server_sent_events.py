"""Reads server-sent events: bytes in, the data of whole events out (HTML standard, 9.2.6)."""

from collections.abc import Iterator

MAX_EVENT_BYTES = 1_000_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class ServerSentEvents:
    """One stream. Names, ids and comments of events do not matter to us."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size_bytes = 0
        self._is_first = True
        self._after_return = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The data of every event that is complete with these bytes. Raises ValueError on one without end."""
        if not data:
            return
        if self._after_return:  # the line feed behind a carriage return belongs to the same end of line
            data = data.removeprefix(b"\n")
        self._after_return = data.endswith(b"\r")
        lines = (self._rest + data).splitlines(keepends=True)
        self._rest = lines.pop() if lines and not lines[-1].endswith((b"\r", b"\n")) else b""
        for line in lines:
            yield from self._line(line.rstrip(b"\r\n"))
        if self._size_bytes + len(self._rest) > MAX_EVENT_BYTES:
            raise ValueError("an event without end")

    def finish(self) -> Iterator[bytes]:
        """The data of the last event, when the stream ended without the blank line that it is due."""
        rest, self._rest = self._rest, b""
        if rest:
            yield from self._line(rest)
        yield from self._line(b"")

    def _line(self, line: bytes) -> Iterator[bytes]:
        if self._is_first:
            line, self._is_first = line.removeprefix(_BYTE_ORDER_MARK), False
        if not line:
            if self._data:
                yield b"\n".join(self._data)
            self._data, self._size_bytes = [], 0
            return
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
            self._size_bytes += len(value) + 1
