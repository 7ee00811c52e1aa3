"""How much a client may type or press: what people do, with room for a number that comes at once.

Every text that is taken asks the language model, so whoever sends many spends the account's money.
"""

BURST = 40.0
"""Texts and keys that may come at once."""
PER_S = 2.0
"""And in the long run."""


class InputAllowance:
    """One session's account."""

    def __init__(self) -> None:
        self._left = BURST
        self._counted_at = 0.0

    def covers(self, elapsed_s: float) -> bool:
        """Count one that comes `elapsed_s` after the session began; False, and not counted, when it is too much."""
        self._left = min(BURST, self._left + PER_S * (elapsed_s - self._counted_at))
        self._counted_at = elapsed_s
        if self._left < 1:
            return False
        self._left -= 1
        return True
