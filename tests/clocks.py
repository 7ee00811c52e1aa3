"""A clock that stands still until a test moves it."""

from dataclasses import dataclass


@dataclass
class ManualClock:
    """Clock whose two readings move together."""

    now_s: float = 1_800_000_000.0

    def monotonic_s(self) -> float:
        return self.now_s

    def unix_s(self) -> float:
        return self.now_s

    def advance(self, seconds: float) -> None:
        self.now_s += seconds
