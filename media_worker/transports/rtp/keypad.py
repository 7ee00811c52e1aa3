"""Keys that some telephones tell twice, as events in RTP and by the signalling (SIP INFO): each counts once.

Once an event has come events alone count: they cannot be lost with one packet. What the signalling told before that is
known again when its event comes.
"""

from collections import deque

TWIN_S = 3.0
"""The signalling is not earlier than the event of the same key by more: events are told while the key is pressed."""
MAX_PENDING = 32
"""Keys that nobody presses in that time."""


class Keypad:
    """One stream's. Times are seconds on one monotonic clock."""

    def __init__(self) -> None:
        self._tells_events = False
        self._signalled: deque[tuple[str, float]] = deque(maxlen=MAX_PENDING)
        """Keys that counted when the signalling told them, and when; their events may follow."""

    def renegotiated(self) -> None:
        """From now on it may be another telephone."""
        self._tells_events = False

    def event(self, key: str, now: float) -> bool:
        """An event tells a key. Whether it counts: it was not told before."""
        self._tells_events = True
        while self._signalled and now - self._signalled[0][1] > TWIN_S:
            self._signalled.popleft()
        twin = next((at for at, (signalled, _) in enumerate(self._signalled) if signalled == key), None)
        if twin is not None:
            del self._signalled[twin]
        return twin is None

    def signalled(self, key: str, now: float) -> bool:
        """The signalling tells a key. Whether it counts."""
        if not self._tells_events:
            self._signalled.append((key, now))
        return not self._tells_events
