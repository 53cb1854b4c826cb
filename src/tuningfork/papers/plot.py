"""Pictures of tables as self-contained SVG: lines with intervals, and dots with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

from tuningfork.svg import COLOURS, GRID, QUIET, WIDTH, Scale, document, line, mark, text

__all__ = ["HEIGHT", "Point", "Series", "dot_plot", "line_plot"]

HEIGHT = 488
"""Pixels of a `line_plot`."""

_CHARACTER = 6.6  # pixels of an average character at 12 px


@dataclass(frozen=True)
class Point:
    """A value with its interval; ``x`` is a place among the ticks, counted from 0."""

    x: float
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Series:
    """One line, or the dots of one line's name."""

    name: str
    points: Sequence[Point]
    dashed: bool = False


def line_plot(
    series: Sequence[Series],
    ticks: Sequence[str],
    *,
    title: str,
    x_label: str,
    y_label: str,
    baseline: tuple[str, float] | None = None,
) -> str:
    """Lines over equally spaced ticks, each point with its interval.

    Parameters
    ----------
    series : sequence of Series
        At most 14; names stand right of the last points, so that no legend has to be matched.
    ticks : sequence of str
        Names of the places on the x axis.
    baseline : (str, float), optional
        A level line and its name.

    Returns
    -------
    str
        SVG, 800 pixels wide.
    """
    names = [s.name for s in series]
    frame = _Frame(
        left=64, top=56, right=WIDTH - 28 - _CHARACTER * max(map(len, names), default=0), bottom=HEIGHT - 62
    )
    values = [v for s in series for p in s.points for v in (p.low, p.high, p.value)]
    scale = Scale.over([*values, *([baseline[1]] if baseline else [])], frame.bottom, frame.top)
    step = (frame.right - frame.left) / max(len(ticks), 1)

    def across(x: float) -> float:
        return frame.left + step * (x + 0.5)

    parts = [text(frame.left, 26, title, size=16, weight=600), text(frame.left, 44, y_label, ink=QUIET)]
    parts += _rules(scale, frame)
    parts += [
        text(across(place), frame.bottom + 20, tick, anchor="middle") for place, tick in enumerate(ticks)
    ]
    parts.append(text((frame.left + frame.right) / 2, frame.bottom + 44, x_label, anchor="middle", ink=QUIET))
    if baseline:
        y = scale(baseline[1])
        parts.append(line(frame.left, y, frame.right, y, QUIET, dash="2 4"))
        parts.append(text(frame.right, y + 14, baseline[0], anchor="end", ink=QUIET))
    width = min(step * 0.5, 6.0 * (len(series) - 1))  # side by side, so that intervals can be read
    for number, one in enumerate(series):
        shift = width * (number / (len(series) - 1) - 0.5) if len(series) > 1 else 0.0
        parts += _drawn(one, number, lambda x, shift=shift: across(x) + shift, scale)
    parts += _names_at_the_end(series, scale, frame)
    return document(WIDTH, HEIGHT, parts)


def dot_plot(
    rows: Sequence[tuple[str, Sequence[Point | None]]],
    columns: Sequence[str],
    *,
    title: str,
    x_label: str,
    baseline: tuple[str, float] | None = None,
) -> str:
    """One row a name, one dot with its interval for each column's quantity; rows in the order given.

    Parameters
    ----------
    rows : sequence of (str, sequence of Point or None)
        A name and its values, one for each column; ``x`` of the points is not looked at.
    columns : sequence of str
        What the values are, as names of the legend; at most 7.
    baseline : (str, float), optional
        A level line and its name.
    """
    left = 24 + _CHARACTER * max((len(name) for name, _ in rows), default=0)
    height = 16 + 13 * len(columns)
    legend, low = _legend(columns)
    frame = _Frame(left=left, top=low + 36, right=WIDTH - 30, bottom=low + 36 + height * len(rows))
    points = [p for _, row in rows for p in row if p is not None]
    values = [v for p in points for v in (p.low, p.high, p.value)]
    scale = Scale.over([*values, *([baseline[1]] if baseline else [])], frame.left, frame.right)
    parts = [text(16, 26, title, size=16, weight=600)]
    parts += legend
    for tick in scale.ticks:
        parts.append(line(scale(tick), frame.top, scale(tick), frame.bottom, GRID))
        parts.append(text(scale(tick), frame.bottom + 18, scale.shown(tick), anchor="middle", ink=QUIET))
    parts.append(text((frame.left + frame.right) / 2, frame.bottom + 40, x_label, anchor="middle", ink=QUIET))
    if baseline:
        parts.append(line(scale(baseline[1]), frame.top, scale(baseline[1]), frame.bottom, QUIET, dash="2 4"))
        parts.append(text(scale(baseline[1]) + 5, frame.top - 5, baseline[0], ink=QUIET))
    for place, (name, row) in enumerate(rows):
        top = frame.top + height * place
        if place:
            parts.append(line(16, top, frame.right, top, GRID))
        parts.append(text(frame.left - 10, top + height / 2 + 4, name, anchor="end"))
        for number, point in enumerate(row):
            if point is not None and isfinite(point.value):
                parts += _across(point, top + 8 + 13 * number + 6.5, number, scale)
    return document(WIDTH, frame.bottom + 56, parts)


@dataclass(frozen=True)
class _Frame:
    left: float
    top: float
    right: float
    bottom: float


def _legend(names: Sequence[str]) -> tuple[list[str], float]:
    """Marks with their names, in as many lines as they need, and where the last line is."""
    parts, x, y = [], 16.0, 48.0
    for number, name in enumerate(names):
        wide = 34 + _CHARACTER * len(name)
        if x > 16 and x + wide > WIDTH - 16:
            x, y = 16.0, y + 20
        parts += [mark(x + 5, y, number), text(x + 15, y + 4, name)]
        x += wide
    return parts, y


def _rules(scale: Scale, frame: _Frame) -> list[str]:
    parts = []
    for tick in scale.ticks:
        y = scale(tick)
        parts.append(line(frame.left, y, frame.right, y, GRID))
        parts.append(text(frame.left - 10, y + 4, scale.shown(tick), anchor="end", ink=QUIET))
    return parts


def _drawn(one: Series, number: int, across, scale: Scale) -> list[str]:
    there = [p for p in one.points if isfinite(p.value)]
    colour = COLOURS[number % len(COLOURS)]
    path = " ".join(f"{across(p.x):.1f},{scale(p.value):.1f}" for p in there)
    dash = ' stroke-dasharray="6 4"' if one.dashed else ""
    parts = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dash}/>']
    for p in there:
        x = across(p.x)
        if isfinite(p.low) and isfinite(p.high):
            parts.append(line(x, scale(p.low), x, scale(p.high), colour, width=1.2))
        parts.append(
            mark(x, scale(p.value), number, f"{one.name}: {p.value:.3f} ({p.low:.3f} to {p.high:.3f})")
        )
    return parts


def _across(point: Point, y: float, number: int, scale: Scale) -> list[str]:
    parts = []
    if isfinite(point.low) and isfinite(point.high):
        colour = COLOURS[number % len(COLOURS)]
        parts.append(line(scale(point.low), y, scale(point.high), y, colour, width=1.6))
    told = f"{point.value:.3f} ({point.low:.3f} to {point.high:.3f})"
    return [*parts, mark(scale(point.value), y, number, told)]


def _names_at_the_end(series: Sequence[Series], scale: Scale, frame: _Frame) -> list[str]:
    """Every line's name right of its last point, moved apart where they would meet."""
    ends = []
    for number, one in enumerate(series):
        there = [p for p in one.points if isfinite(p.value)]
        if there:
            ends.append([scale(there[-1].value), number, one.name])
    ends.sort()
    gap = 16.0
    for before, after in pairwise(ends):
        after[0] = max(after[0], before[0] + gap)
    over = ends[-1][0] - frame.bottom if ends else 0.0
    for end in reversed(ends):  # pushed back into the frame from below
        if over <= 0:
            break
        limit = frame.bottom - gap * (len(ends) - 1 - ends.index(end))
        end[0] = min(end[0], limit)
    return [
        part
        for y, number, name in ends
        for part in (mark(frame.right + 8, y, number), text(frame.right + 18, y + 4, name))
    ]
