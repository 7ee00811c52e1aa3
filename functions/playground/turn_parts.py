"""What the caller waited for in each turn: the figures of callcore.calls.latency as parts that add up. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.charts import Series

PARTS = ("End of turn", "Language model", "Voice", "Rest")


@dataclass(frozen=True)
class Turn:
    """One answer."""

    number: int
    first_audio: int
    """Milliseconds from the end of the caller's speech to the first sound of the answer."""
    parts: tuple[int, int, int, int]
    """Of it, by PARTS; what was prepared while the turn was not over yet cost nobody anything."""


def turns_of(metrics: Mapping[str, Any] | None) -> list[Turn]:
    """Every turn that was answered."""
    rows = [row for row in (metrics or {}).get("turns", ()) if isinstance(row.get("first_audio"), int)]
    return [_turn(number, row) for number, row in enumerate(rows, 1)]


def _turn(number: int, row: Mapping[str, Any]) -> Turn:
    total = max(0, int(row["first_audio"]))
    waited = min(total, max(0, int(row.get("endpointing_delay") or 0)))
    rest = total - waited
    voice = min(rest, max(0, int(row.get("tts_ttfb") or 0)))
    model = min(rest - voice, max(0, int(row.get("first_segment") or 0)))
    return Turn(number, total, (waited, model, voice, rest - voice - model))


def series_of(turns: Sequence[Turn]) -> list[Series]:
    """A series for each part."""
    return [Series(name, [turn.parts[place] for turn in turns]) for place, name in enumerate(PARTS)]
