"""How long a caller pauses inside his turns, learned while he talks (conversation.md 3.2).

Pauses are close to log-normal. What is known of this caller is added to a prior, so that one long thought does not
make the agent slow; a high percentile of the result covers what matters, which a mean does not.
"""

import math
from dataclasses import dataclass, replace

SHORTEST_PAUSE_S = 0.15
"""Anything shorter is the closure of a consonant."""
PRIOR_MEDIAN_S = 0.33
PRIOR_SIGMA = 0.55
PRIOR_COUNT = 8.0
PERCENTILE_Z = 1.04
"""The 85th."""
DECAY = 0.97
"""Per sample: a memory of about thirty pauses."""


@dataclass(frozen=True)
class PauseHabit:
    """Weighted sums of the logarithms of the pauses, in seconds. A value: learning gives a new one."""

    count: float = 0.0
    total: float = 0.0
    squares: float = 0.0

    def with_pause(self, pause_s: float, weight: float = 1.0) -> "PauseHabit":
        """One more pause, older ones fading."""
        x = math.log(max(pause_s, SHORTEST_PAUSE_S))
        return replace(
            self,
            count=self.count * DECAY + weight,
            total=self.total * DECAY + weight * x,
            squares=self.squares * DECAY + weight * x * x,
        )

    def covering_s(self, spread: float = 1.0) -> float:
        """A wait that outlasts most of the pauses; `spread` scales how much of their variance counts."""
        prior_mean = math.log(PRIOR_MEDIAN_S)
        count = PRIOR_COUNT + self.count
        mean = (PRIOR_COUNT * prior_mean + self.total) / count
        squares = (PRIOR_COUNT * (PRIOR_SIGMA**2 + prior_mean**2) + self.squares) / count
        sigma = math.sqrt(max(0.0, squares - mean * mean))
        return math.exp(mean + PERCENTILE_Z * sigma * spread)
