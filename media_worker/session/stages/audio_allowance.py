"""How much audio a client may send: what it hears in real time, with room for a network that catches up.

Every sample costs computing in the loop that all calls share, so whoever sends faster than sound hurts others.
"""

BURST_S = 10.0
"""Audio that may come at once."""
PACE = 2.0
"""Seconds of audio for each second of the session, in the long run."""


class AudioAllowance:
    """One session's account."""

    def __init__(self, bytes_per_s: int) -> None:
        self._bytes_per_s = bytes_per_s
        self._received_bytes = 0

    def covers(self, size_bytes: int, elapsed_s: float) -> bool:
        """Count audio that has come `elapsed_s` after the session began; False when it is too much."""
        self._received_bytes += size_bytes
        return self._received_bytes <= (BURST_S + PACE * elapsed_s) * self._bytes_per_s
