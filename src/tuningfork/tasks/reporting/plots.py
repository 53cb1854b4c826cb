"""The report's drawings: SVG whose colours are the page's variables, so that they follow light and dark."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite
from typing import Any

from tuningfork.evaluation import FactBin, Number, Reliability
from tuningfork.svg import Scale, line, mark, text

__all__ = [
    "Line",
    "by_fact_plot",
    "interval_bar",
    "learning_plots",
    "line_plot",
    "plane_plot",
    "reliability_plot",
]

_WIDTH, _HEIGHT = 560.0, 320.0
_LEFT, _TOP, _BELOW = 54.0, 18.0, 46.0
_INK, _QUIET, _GRID, _RIM = "var(--text)", "var(--text-2)", "var(--grid)", "var(--night)"
_INKS = tuple(f"var(--s{n})" for n in range(7))
_BAR_ROW = 50.0  # of a row of counts, its numbers included
_MARKED = 40  # points of a line up to which each has its mark


@dataclass(frozen=True)
class Line:
    """One line of a plot; its name stands in the legend.

    Parameters
    ----------
    name : str
    x, y : sequence of float
    ends : sequence of (float, float), optional
        The interval of each point.
    number : int
        Of colour and mark.
    dashed : bool
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    ends: Sequence[tuple[float, float]] = ()
    number: int = 0
    dashed: bool = False


def interval_bar(number: Number) -> str:
    """A number between 0 and 1 with its interval, and the constant predictor as a tick."""
    wide, high = 220.0, 20.0

    def x(value: float) -> float:
        return 4 + (wide - 8) * min(max(value, 0.0), 1.0)

    parts = [line(4, 10, wide - 4, 10, _GRID, width=2)]
    if isfinite(number.low) and isfinite(number.high):
        parts.append(line(x(number.low), 10, x(number.high), 10, "var(--accent)", width=5))
    if isfinite(number.majority):
        parts.append(line(x(number.majority), 3, x(number.majority), 17, "var(--warn)", width=2))
    if isfinite(number.value):
        parts.append(f'<circle cx="{x(number.value):.1f}" cy="10" r="4" fill="var(--text)"/>')
    return _svg(wide, high, parts, "", css="bar")


def reliability_plot(before: Reliability, after: Reliability, temperature: float) -> str:
    """How often answers are right, by how sure they are, before and after the temperature."""
    lines = []
    for number, (name, told) in enumerate(
        (("as the network says", before), (f"at T = {temperature:.2f}", after))
    ):
        bins = told.bins
        lines.append(
            Line(
                name,
                [b.confidence for b in bins],
                [b.right.value for b in bins],
                [(b.right.low, b.right.high) for b in bins],
                number,
                dashed=number == 1,
            )
        )
    perfect = Line("meant", [0.0, 1.0], [0.0, 1.0], number=-1)
    counts = [[(b.low, b.high, b.n) for b in told.bins] for told in (before, after)]
    words = ("probability of the answer", "share that is right")
    return line_plot([perfect, *lines], *words, label="Reliability diagram", counts=counts)


def by_fact_plot(bins: Sequence[FactBin], label: str) -> str:
    """Accuracy over a fact, with the constant predictor and what the network expects of itself."""
    x = [(b.low + b.high) / 2 for b in bins]
    ends = [(b.accuracy.low, b.accuracy.high) for b in bins]
    lines = [
        Line("majority", x, [b.majority for b in bins], number=4, dashed=True),
        Line("expected by the network", x, [b.confidence for b in bins], number=1, dashed=True),
        Line("right", x, [b.accuracy.value for b in bins], ends, 0),
    ]
    low, high = bins[0].low, bins[-1].high
    return line_plot(lines, label, "share", x_range=(low, high), label=f"Accuracy by {label}")


def learning_plots(metrics: Sequence[dict[str, str]]) -> list[tuple[str, list[str]]]:
    """Losses and shares over the passes, for each stage of a run: its name and up to two drawings.

    Passes of the last layer alone (``STAGE-head``) come before the stage's own, on one axis. Of a run in
    folds each fold has a line of what its held-out galaxies say.
    """
    stages: dict[str, list[dict[str, str]]] = {}
    for row in metrics:
        stages.setdefault((row.get("stage") or "").removesuffix("-head"), []).append(row)
    out = []
    for stage, rows in stages.items():
        drawn = [_learning(rows, losses=losses) for losses in (True, False)]
        out += [(stage, [one for one in drawn if one])] if any(drawn) else []
    return out


def _learning(rows: Sequence[dict[str, str]], *, losses: bool) -> str:
    names = [n for n in dict.fromkeys(name for row in rows for name in row) if _is(n, losses=losses)]
    folds = list(dict.fromkeys(row["fold"] for row in rows if row.get("fold")))
    if folds:
        held = [n for n in names if n.startswith("held_out")][:1] or names[:1]
        wanted = [(f"{n}, fold {f}", n, f) for n in held for f in folds]
    else:
        wanted = [(n, n, None) for n in names]
    lines = []
    for told, name, fold in wanted[: len(_INKS)]:
        x, y = _over_passes([row for row in rows if fold is None or row.get("fold") == fold], name)
        if len(x) > 1:
            step = max(1, len(x) // 400)
            lines.append(Line(told.replace("_", " "), x[::step], y[::step], number=len(lines)))
    if not lines:
        return ""
    label, y_range = ("loss", None) if losses else ("share", (0.0, 1.0))
    key = "pass" if any(row.get("epoch") for row in rows) else "line"
    return line_plot(lines, key, label, x_range=None, y_range=y_range, label=f"Learning curve: {label}")


def _over_passes(rows: Sequence[dict[str, str]], name: str) -> tuple[list[float], list[float]]:
    """Passes and values; where they are counted anew, as after those of the last layer alone, they go on."""
    x, y, before, last = [], [], 0.0, 0.0
    for at, row in enumerate(rows):
        here = _number(row.get("epoch") or row.get("step"))
        here = here if isfinite(here) else float(at)
        if here <= last:
            before += last
        last = here
        value = _number(row.get(name))
        if isfinite(value):
            x.append(before + here)
            y.append(value)
    return x, y


def _is(name: str, *, losses: bool) -> bool:
    is_loss = "loss" in name or "error" in name
    is_share = any(word in name for word in ("accuracy", "f1", "recall", "precision", "auc"))
    return is_loss if losses else is_share and not is_loss


def plane_plot(places: Any, codes: Any, classes: Sequence[str], wrong: Any) -> str:
    """Galaxies in a plane, colour and shape by their true class; wrong answers have a ring."""
    wide, high = 860.0, 620.0
    counts = [int((codes == k).sum()) for k in range(len(classes))]
    names = [Line(f"{name} ({counts[k]:,})", [], [], number=k) for k, name in enumerate(classes)]
    legend, top = _legend(names)
    low, most = places.min(axis=0), places.max(axis=0)
    across = 14 + (places[:, 0] - low[0]) / max(most[0] - low[0], 1e-9) * (wide - 28)
    down = top + 10 + (most[1] - places[:, 1]) / max(most[1] - low[1], 1e-9) * (high - 24)
    order = sorted(range(len(codes)), key=lambda i: (bool(wrong[i]), -counts[int(codes[i])]))
    parts = ['<g opacity="0.9">']
    for i in order:
        x, y = float(across[i]), float(down[i])
        parts.append(mark(x, y, int(codes[i]), inks=_INKS, rim=_RIM))
        if wrong[i]:
            ring = f'cx="{x:.1f}" cy="{y:.1f}" r="8" fill="none" stroke="{_INK}" stroke-width="1.4"'
            parts.append(f"<circle {ring}/>")
    label = "Features before the last layer, in a plane"
    return _svg(wide, top + high, [*legend, *parts, "</g>"], label)


def line_plot(
    lines: Sequence[Line],
    x_label: str,
    y_label: str,
    *,
    x_range: tuple[float, float] | None = (0.0, 1.0),
    y_range: tuple[float, float] | None = (0.0, 1.0),
    label: str,
    counts: Sequence[Sequence[tuple[float, float, int]]] = (),
) -> str:
    """Lines with intervals, a legend above; ranges are those of the values where none is given.

    Of ``counts`` each, as (low, high, n) of bins, is a row of bars with their numbers below the plot, in the
    colour of the line of its place.
    """
    legend, top = _legend(lines)
    xs = list(x_range or [v for one in lines for v in one.x])
    ys = list(y_range or [v for one in lines for v in one.y])
    bottom = top + _HEIGHT - _TOP
    across = Scale.over(xs, _LEFT, _WIDTH - 14)
    up = Scale.over(ys, bottom, top + 8)
    parts = []
    for tick in up.ticks:
        parts.append(line(_LEFT, up(tick), _WIDTH - 14, up(tick), _GRID))
        parts.append(text(_LEFT - 8, up(tick) + 4, up.shown(tick), anchor="end", ink=_QUIET))
    for tick in across.ticks:
        parts.append(text(across(tick), bottom + 18, across.shown(tick), anchor="middle", ink=_QUIET))
    foot = bottom + 26
    for number, bins in enumerate(counts):
        parts += _bars(bins, across, foot, _INKS[number])
        foot += _BAR_ROW
    parts.append(text((_LEFT + _WIDTH) / 2, foot + 12, x_label, anchor="middle", ink=_QUIET))
    parts.append(text(14, top - 2, y_label, ink=_QUIET))
    for one in lines:
        parts += _drawn(one, across, up)
    return _svg(_WIDTH, foot + _BELOW - 26, [*legend, *parts], label)


def _bars(bins: Sequence[tuple[float, float, int]], across: Scale, top: float, ink: str) -> list[str]:
    """How many there are in each bin: a bar, and the number above it."""
    most, foot = max((n for _, _, n in bins), default=1), top + _BAR_ROW - 6
    parts = [text(_LEFT - 8, foot, "galaxies", size=11, anchor="end", ink=_QUIET)]
    parts.append(line(_LEFT, foot, _WIDTH - 14, foot, _GRID))
    for low, high, n in bins:
        x, wide, tall = across(low) + 2, across(high) - across(low) - 4, max(1.0, n / most * (_BAR_ROW - 24))
        box = f'x="{x:.1f}" y="{foot - tall:.1f}" width="{wide:.1f}" height="{tall:.1f}"'
        parts.append(f'<rect {box} fill="{ink}"/>')
        shown = f"{n:,}" if n < 10_000 else f"{n / 1000:.0f}k" if n < 1_000_000 else f"{n / 1e6:.1f}M"
        parts.append(text(x + wide / 2, foot - tall - 4, shown, size=11, anchor="middle", ink=_INK))
    return parts


def _drawn(one: Line, across: Scale, up: Scale) -> list[str]:
    ink = _QUIET if one.number < 0 else _INKS[one.number % len(_INKS)]
    points = [(across(x), up(y)) for x, y in zip(one.x, one.y, strict=True) if isfinite(x) and isfinite(y)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dash = ' stroke-dasharray="5 4"' if one.dashed else ""
    width = 1 if one.number < 0 else 2
    parts = [f'<polyline points="{path}" fill="none" stroke="{ink}" stroke-width="{width}"{dash}/>']
    for (x, _), (low, high) in zip(points, one.ends, strict=False):
        if isfinite(low) and isfinite(high):
            parts.append(line(x, up(low), x, up(high), ink, width=1.4))
    if one.number >= 0 and len(points) <= _MARKED:
        parts += [mark(x, y, one.number, inks=_INKS, rim=_RIM) for x, y in points]
    return parts


def _legend(lines: Sequence[Line]) -> tuple[list[str], float]:
    """Marks with names in as many rows as they need, and where the plot may begin."""
    parts, x, y = [], 14.0, 14.0
    for one in (each for each in lines if each.number >= 0):
        wide = 30 + 6.9 * len(one.name)
        if x > 14 and x + wide > _WIDTH - 14:
            x, y = 14.0, y + 20
        parts += [mark(x + 5, y - 4, one.number, inks=_INKS, rim=_RIM), text(x + 15, y, one.name, ink=_INK)]
        x += wide
    return parts, y + 24


def _number(value: str | None) -> float:
    try:
        return float(value) if value else float("nan")
    except ValueError:
        return float("nan")


def _svg(width: float, height: float, parts: Sequence[str], label: str, *, css: str = "plot") -> str:
    told = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return f'<svg class="{css}" viewBox="0 0 {width:.0f} {height:.0f}" {told}>' + "".join(parts) + "</svg>"
