"""The charts of the page of figures as numbers to draw: every shape has its place, and words for those who do not see.

Everything is drawn as SVG on the server; colours are repeated by patterns and labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

WIDTH, HEIGHT = 640, 220
LEFT, BOTTOM, TOP = 48, 26, 12
MOST_LABELS = 10
ROW_WIDTH, BAR, GAP, NAME, NUMBERS = 400, 20, 12, 20, 80
LONGEST_NAME = 48


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle; `words` say what it stands for."""

    x: float
    y: float
    width: float
    height: float
    words: str
    look: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A word or number at a place."""

    x: float
    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Pairs of columns over time, with the numbers of the axis."""

    bars: Sequence[Bar]
    below: Sequence[Mark]
    beside: Sequence[Mark]
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class Line:
    """A line over time: its points as SVG writes them, and a mark at each."""

    points: str
    marks: Sequence[Mark]
    below: Sequence[Mark]
    beside: Sequence[Mark]
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class Row:
    """A name with horizontal bars one below the other, each with its number."""

    name: Mark
    full_name: str
    bars: Sequence[Bar]
    numbers: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Rows:
    """Horizontal bars below their names: narrow enough to be read on a phone."""

    rows: Sequence[Row]
    height: int
    width: int = ROW_WIDTH


def round_up(highest: float) -> int:
    """Return the end of an axis: an even, short number, at least 4."""
    if highest <= 4:
        return 4
    power = 10 ** int(log10(highest))
    return int(next(step * power for step in (1, 2, 3, 4, 5, 6, 8, 10) if step * power >= highest))


def columns(labels: Sequence[str], first: Sequence[int], second: Sequence[int], words: tuple[str, str]) -> Columns:
    """Return two series side by side; `words` name them."""
    top = round_up(max([*first, *second, 0]))
    step = (WIDTH - LEFT) / max(len(labels), 1)
    wide = max(step * 0.38, 1.0)
    bars = [
        Bar(
            x=round(LEFT + step * place + step * 0.1 + wide * number, 1),
            y=round(_y(value, top), 1),
            width=round(wide, 1),
            height=round(_y(0, top) - _y(value, top), 1),
            words=f"{label}: {value} {words[number]}",
            look=("first", "second")[number],
        )
        for place, label in enumerate(labels)
        for number, value in enumerate((first[place], second[place]))
    ]
    return Columns(bars, _below(labels, step), _beside(top))


def line(labels: Sequence[str], values: Sequence[int | None], words: str) -> Line:
    """Return one series as a line; None where nothing is known leaves the point out."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    top = round_up(max([value for _place, value in known], default=0))
    step = (WIDTH - LEFT) / max(len(labels), 1)
    marks = [
        Mark(round(LEFT + step * (place + 0.5), 1), round(_y(value, top), 1), f"{labels[place]}: {value} {words}")
        for place, value in known
    ]
    return Line(" ".join(f"{mark.x},{mark.y}" for mark in marks), marks, _below(labels, step), _beside(top))


def _y(value: float, top: int) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)


def _below(labels: Sequence[str], step: float) -> list[Mark]:
    every = ceil(len(labels) / MOST_LABELS) or 1
    return [
        Mark(round(LEFT + step * (place + 0.5), 1), HEIGHT - 8, label)
        for place, label in enumerate(labels)
        if place % every == 0
    ]


def _beside(top: int) -> list[Mark]:
    return [Mark(LEFT - 6, round(_y(value, top), 1), str(value)) for value in (0, top // 2, top)]


def rows(
    names: Sequence[str], values: Sequence[Sequence[float | None]], shown: Sequence[Sequence[str]], words: Sequence[str]
) -> Rows:
    """Return for each name as many bars as it has values; `shown` are the numbers as people read them."""
    highest = max([value for each in values for value in each if value is not None], default=0) or 1
    room = ROW_WIDTH - NUMBERS
    height = NAME + BAR * max((len(each) for each in values), default=1) + GAP
    made = []
    for place, name in enumerate(names):
        top = place * height
        pairs = list(enumerate(values[place]))
        bars = [
            Bar(
                x=0,
                y=top + NAME + BAR * number + 2,
                width=round(room * value / highest, 1),
                height=BAR - 4,
                words=f"{name}: {shown[place][number]} {words[number]}",
                look=("first", "second")[number],
            )
            for number, value in pairs
            if value is not None
        ]
        numbers = [
            Mark(round(room * (value or 0) / highest + 6, 1), top + NAME + BAR * number + 15, shown[place][number])
            for number, value in pairs
        ]
        short = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
        made.append(Row(Mark(0, top + 14, short), name, bars, numbers))
    return Rows(made, max(len(names), 1) * height)
