"""Telephone keys: which of them make one input, and when it is complete (conversation.md 7)."""

from dataclasses import dataclass

INTER_DIGIT_S = 2.5
"""Who presses nothing for so long has pressed all he wanted to."""
CLOSING_KEY = "#"
MAX_KEYS = 64
"""As many are an input of their own: nothing that is dialled is longer."""


@dataclass(frozen=True)
class Keys:
    """The keys of one turn, in order."""

    pressed: str = ""
    last_at: float = 0.0
    """When the last one was pressed; meaningless before the first."""

    def press(self, key: str, now: float) -> "Keys":
        """With one more key; over the bound it is ignored."""
        return Keys((self.pressed + key)[:MAX_KEYS], now)

    @property
    def text(self) -> str:
        """As the agent reads it; empty without a key."""
        return f"[DTMF] {self.pressed}" if self.pressed else ""

    @property
    def due(self) -> float:
        """When the input is complete if no key follows."""
        complete = self.pressed.endswith(CLOSING_KEY) or len(self.pressed) >= MAX_KEYS
        return self.last_at if complete else self.last_at + INTER_DIGIT_S
