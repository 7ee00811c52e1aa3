"""The agent's audio on its way to the network: 20 ms at a time, by the process's playout clock.

A peer of WebRTC keeps nothing for us: what was not taken from here was not sent, so a pause and a `clear` are heard
after one frame and the way there.
"""

FRAME_MS = 20
MAX_QUEUED_S = 5
"""A session sends 0.2 s ahead; when more waits than this, the oldest is lost."""


class Playback:
    """One leg's: PCM of 16 bits, any even length in, whole frames out."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._frame_bytes = 2 * sample_rate_hz * FRAME_MS // 1000
        self._max_bytes = 2 * sample_rate_hz * MAX_QUEUED_S
        self._queue = bytearray()
        self._held = False
        self._waited = False
        """What does not fill a frame has waited for one round already."""

    @property
    def empty(self) -> bool:
        """All that may be heard was taken."""
        return self._held or not self._queue

    def add(self, pcm: bytes) -> None:
        """This is to be heard next."""
        self._queue += pcm
        self._waited = False
        excess = len(self._queue) - self._max_bytes
        if excess > 0:
            del self._queue[:excess]

    def hold(self) -> None:
        """Give nothing out until `release`."""
        self._held = True

    def release(self) -> None:
        """Go on where `hold` stopped."""
        self._held = False

    def drop(self) -> None:
        """Nothing of it is heard any more; what comes next is not held."""
        self._queue.clear()
        self._held = False

    def take(self) -> bytes | None:
        """The frame of this round; None: there is nothing to be heard. The end of a reply is filled up with silence."""
        if self._held or not self._queue:
            return None
        if len(self._queue) < self._frame_bytes and not self._waited:
            self._waited = True
            return None
        frame = bytes(self._queue[: self._frame_bytes])
        del self._queue[: self._frame_bytes]
        self._waited = False
        return frame.ljust(self._frame_bytes, b"\0")
