"""Charts as geometry: what stands where. charts.html.j2 draws it as SVG, a style sheet colours it. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

WIDTH, HEIGHT = 760, 240
LEFT, RIGHT, TOP, BOTTOM = 62, 4, 12, 28
"""Room for the labels, in the units of the picture."""
_TICKS = 4
_MAX_LABELS = 12
_SHARE = 0.72
"""Of its room that a column takes."""
_WIDEST = 46
COLOURS = 8
"""That the style sheet has; a series more begins with the first one again."""


@dataclass(frozen=True)
class Series:
    """The same measure of every column, by its name."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True)
class Bar:
    """A part of a column."""

    x: float
    y: float
    width: float
    height: float
    colour: int
    told: str
    """What it shows, in words."""


@dataclass(frozen=True)
class Tick:
    """A label at one of the axes."""

    at: float
    label: str


@dataclass(frozen=True)
class Chart:
    """Columns of bars."""

    bars: Sequence[Bar]
    levels: Sequence[Tick]
    """Of the upright axis, from below."""
    marks: Sequence[Tick]
    """Of the other one."""
    legend: Sequence[tuple[str, int]]
    """Names and colours, in the order in which the bars stand on each other."""
    width: int = WIDTH
    height: int = HEIGHT


_SMALLEST = 1e-9
"""What is less is nothing: no price and no count is, and a scale of it would be infinite."""


def stacked(labels: Sequence[str], series: Sequence[Series], told: Callable[[float], str]) -> Chart:
    """A column for each label, of the values of every series on each other; `told` says a value in words.

    Values below zero count as zero.
    """
    tops = [sum(max(0.0, one.values[place]) for one in series) for place in range(len(labels))]
    step = _nice_step(max(tops, default=0.0))
    highest = step * _TICKS
    foot, room = HEIGHT - BOTTOM, (WIDTH - LEFT - RIGHT) / max(1, len(labels))
    scale = (foot - TOP) / highest
    bars: list[Bar] = []
    for place, label in enumerate(labels):
        y = float(foot)
        for number, one in enumerate(series):
            value = max(0.0, one.values[place])
            if value * scale > 0:
                y -= value * scale
                width = min(_WIDEST, room * _SHARE)
                x = LEFT + room * (place + 0.5) - width / 2
                words = f"{label}: {one.name} {told(value)}"
                bars.append(Bar(_round(x), _round(y), _round(width), _round(value * scale), number % COLOURS, words))
    every = ceil(len(labels) / _MAX_LABELS) if labels else 1
    return Chart(
        bars=bars,
        levels=[Tick(_round(foot - step * level * scale), told(step * level)) for level in range(_TICKS + 1)],
        marks=[
            Tick(_round(LEFT + room * (place + 0.5)), label) for place, label in enumerate(labels) if place % every == 0
        ],
        legend=[(one.name, number % COLOURS) for number, one in enumerate(series)],
    )


def _nice_step(highest: float) -> float:
    """The smallest of 1, 2, 2.5, 5 and their decimal multiples of which _TICKS reach as high."""
    if highest < _SMALLEST:
        return 1.0
    raw = highest / _TICKS
    power = 10.0 ** floor(log10(raw))
    return next(power * step for step in (1, 2, 2.5, 5, 10) if power * step >= raw * (1 - 1e-9))


def _round(value: float) -> float:
    return round(value, 1)


def wave_path(levels: Sequence[float], middle: float, reach: float, loudest: float) -> str:
    """The outline of one side of a recording as an SVG path: a step of 1 for each level, up and down from the middle.

    `loudest` is the level that reaches as far as `reach`.
    """
    heights = [max(0.4, min(reach, level / loudest * reach)) if loudest > 0 else 0.4 for level in levels]
    return "".join(f"M{place}.5 {middle - height:.1f}V{middle + height:.1f}" for place, height in enumerate(heights))
