"""How late the process's playout clock has been lately: the load of a worker, as its callers hear it."""

from collections import deque

WINDOW_S = 10
"""What was longer ago says nothing about the next call."""


class Lateness:
    """The share of rounds that came too late. Nothing but numbers: the pacer tells it of every round."""

    def __init__(self, frame_s: float) -> None:
        self._frame_s = frame_s
        self._seconds: deque[tuple[int, int]] = deque(maxlen=WINDOW_S)
        self._second = 0
        self._rounds = self._late = 0

    def add(self, now: float, lag_s: float) -> None:
        """A round that was due `lag_s` ago begins. One that is a whole frame late is heard as a gap sooner or later."""
        if int(now) != self._second:
            self._seconds.append((self._rounds, self._late))
            self._second, self._rounds, self._late = int(now), 0, 0
        self._rounds += 1
        self._late += lag_s > self._frame_s

    def skip(self, rounds: int) -> None:
        """The process stood still for so long that these were left out."""
        self._rounds += rounds
        self._late += rounds

    @property
    def percent(self) -> float:
        """Of the last WINDOW_S seconds, and of the one that goes on."""
        rounds = self._rounds + sum(rounds for rounds, _ in self._seconds)
        late = self._late + sum(late for _, late in self._seconds)
        return 100 * late / rounds if rounds else 0.0
