"""Vendors cut their sound anywhere, also in the middle of a sample."""


class WholeSamples:
    """Bytes of one stream of 16 bit samples."""

    def __init__(self) -> None:
        self._half = b""

    def push(self, sound: bytes) -> bytes:
        """The whole samples so far; half of one waits for the rest, and is lost without."""
        sound = self._half + sound
        whole = len(sound) // 2 * 2
        self._half = sound[whole:]
        return sound[:whole]
