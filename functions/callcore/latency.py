"""The latencies of a turn: names, units and zero points (style.md 2.8).

All are milliseconds. Zero is the true end of the user's speech unless the field says otherwise; None means that
the turn had no such moment.
"""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class TurnLatency:
    """How long the caller waited for one answer, and for what."""

    endpointing_delay: int
    """Until the turn was taken for complete; the configured wait is part of it."""
    llm_ttft: int | None
    """From the request to the first token of the reply."""
    first_segment: int | None
    """From the request to the first piece of text that could be spoken."""
    tts_ttfb: int | None
    """From that piece to the first sound of it."""
    first_audio: int
    """Until the first sample of the answer was sent."""

    def to_wire(self) -> dict[str, int | None]:
        """As `onmetrics` carries it."""
        return asdict(self)
