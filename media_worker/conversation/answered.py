"""What was answered last: a final text that comes late or twice is not answered again."""

from media_worker.conversation.words import normalise

REPEATED_FINAL_S = 1.0
"""The words of a turn that come again so soon, without a sound, were sent twice."""


class Answered:
    """The words of the last complete turn."""

    def __init__(self) -> None:
        self._words, self._at = "", 0.0
        self.overdue = 0
        """Finals that were given up on: when one comes after all, its words may have been answered already."""

    def turn(self, text: str, now: float) -> None:
        """A turn is complete."""
        self._words, self._at = normalise(text), now

    def holds(self, text: str, now: float, *, in_turn: bool) -> bool:
        """Whether a final is the late text of a turn that is over, or the repeated one while no other runs."""
        if self.overdue:
            self.overdue -= 1
            return normalise(text) in self._words
        return not in_turn and now - self._at <= REPEATED_FINAL_S and normalise(text) == self._words

    def repeats(self, partial: str) -> bool:
        """Whether provisional words belong to a final that was given up on, and say nothing new."""
        return self.overdue > 0 and normalise(partial) in self._words
