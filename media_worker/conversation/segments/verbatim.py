"""The stand-in for the segmenter where a reply is read: its pieces go on as they come."""


class Verbatim:
    """One text on its way to a reader."""

    def __init__(self, *, follows: bool) -> None:
        """`follows`: the reply has said something before; this begins a new line."""
        self._before: str | None = "\n" if follows else ""
        """What stands before its first word; None: that has come."""

    def feed(self, delta: str) -> list[str]:
        """Take the next piece of text; what of it can be shown."""
        if self._before is not None:
            delta = delta.lstrip()
            if delta:
                delta, self._before = self._before + delta, None
        return [delta] if delta else []

    def finish(self) -> list[str]:
        """No more text follows; nothing is left to be shown."""
        return []
