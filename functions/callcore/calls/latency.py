"""The latencies of a turn: names, units and zero points (style.md 2.8).

All are milliseconds. Zero is the true end of the user's speech unless the field says otherwise; None means that
the turn had no such moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any


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


@dataclass(frozen=True)
class Hold:
    """The agent fell silent because the user made a sound."""

    hold_onset: int | None
    """From the sound's onset until the agent was held."""
    hold_duration: int
    """Until it went on or was cut."""
    cut_latency: int | None
    """From the sound's onset until the reply was given up; None: it went on."""


@dataclass(frozen=True)
class ReportedTurn:
    """One answer, as the stored call keeps it."""

    turn_id: int
    latency: TurnLatency
    transcription_delay: int | None
    """Until the final text that the turn ends with; None when it ends with provisional text."""
    endpointing_wait: int | None
    """The silence that was waited for; None when something else ended the turn."""

    def to_stored(self) -> dict[str, Any]:
        """The flat row."""
        row = {name: value for name, value in vars(self).items() if name != "latency"}
        return row | self.latency.to_wire()


def call_metrics(
    turns: Sequence[ReportedTurn], holds: Sequence[Hold], spoken: Sequence[Mapping[str, Any]] = ()
) -> Mapping[str, Any]:
    """`call_metrics` of a call (protocol.md 9.2) and, ours, what it is made of.

    `utterance_latency` is that of `first_audio`; it is absent as long as nobody was answered. `spoken` says from which
    message of the chat on what was said when: `message`, `start_ms` and `end_ms` since the recording began.
    """
    rows = {
        "turns": [turn.to_stored() for turn in turns],
        "holds": [asdict(hold) for hold in holds],
        "spoken": list(spoken),
    }
    waits = [turn.latency.first_audio for turn in turns]
    return {"utterance_latency": summary(waits), **rows} if waits else rows


def figures(metrics: Mapping[str, Any], name: str) -> list[int]:
    """One figure of every turn that `call_metrics` lists and that had it."""
    return [turn[name] for turn in metrics.get("turns", ()) if turn[name] is not None]


def summary(values: Sequence[int]) -> dict[str, int]:
    """Mean, median and the 95th percentile of at least one value."""
    return {
        "avg": round(sum(values) / len(values)),
        "p50": percentile(values, 0.50),
        "p95": percentile(values, 0.95),
    }


def percentile(values: Sequence[int], share: float) -> int:
    """The smallest value that at least this share of the values does not exceed (the nearest rank)."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]
