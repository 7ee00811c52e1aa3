"""Deciding that the user's turn has ended: a policy over silence."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FixedSilence:
    """The turn has ended when the user has been silent for a fixed time."""

    silence_s: float = 0.5
    response_delay_s: float = 0.0
    """`flow.response_delay`: added to every wait."""

    def due(self, true_end: float) -> float:
        """When the turn ends if no sound follows; counted from the true end of speech."""
        return true_end + self.silence_s + self.response_delay_s
