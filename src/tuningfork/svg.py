"""The few marks that pictures of tables are made of, as text of SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, cos, floor, isfinite, log10, pi, sin, sqrt

__all__ = ["COLOURS", "GRID", "INK", "QUIET", "WIDTH", "Scale", "document", "line", "mark", "text"]

# Okabe & Ito (2008): eight colours that people who see fewer of them can tell apart; yellow is too pale for
# lines on white. The shape of the mark says the same as the colour.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
INK, QUIET, GRID = "#222222", "#5f6368", "#e4e6e9"
WIDTH = 800

_PLUS = ((-1.3, -0.5), (-0.5, -0.5), (-0.5, -1.3), (0.5, -1.3), (0.5, -0.5), (1.3, -0.5))
_PLUS = (*_PLUS, *((-x, -y) for x, y in _PLUS))
_SHAPES = (
    ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    ((0, -1.25), (1.15, 0.9), (-1.15, 0.9)),
    ((0, -1.35), (1.35, 0), (0, 1.35), (-1.35, 0)),
    ((0, 1.25), (1.15, -0.9), (-1.15, -0.9)),
    _PLUS,
    tuple(
        ((0.65 + 0.85 * (n % 2)) * sin(pi * n / 5), (0.65 + 0.85 * (n % 2)) * cos(pi * n / 5))
        for n in range(10)
    ),
    tuple(((x - y) * sqrt(0.5), (x + y) * sqrt(0.5)) for x, y in _PLUS),
)


@dataclass(frozen=True)
class Scale:
    """From values to pixels, with round ticks."""

    low: float
    high: float
    start: float
    end: float
    step: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> "Scale":
        finite = [v for v in values if isfinite(v)] or [0.0, 1.0]
        spread = (max(finite) - min(finite)) or abs(max(finite)) or 1.0
        rough = spread / 6
        power = 10.0 ** floor(log10(rough))
        step = power * next(n for n in (1, 2, 5, 10) if n * power >= rough)
        low, high = floor(min(finite) / step) * step, ceil(max(finite) / step) * step
        return cls(low, high if high > low else low + step, start, end, step)  # all values may be one tick

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        return [self.low + n * self.step for n in range(round((self.high - self.low) / self.step) + 1)]

    def shown(self, tick: float) -> str:
        return f"{tick:.{max(0, -floor(log10(self.step)))}f}"


def mark(
    x: float,
    y: float,
    number: int,
    told: str = "",
    *,
    inks: Sequence[str] = COLOURS,
    rim: str = "#ffffff",
) -> str:
    """A circle, square, triangle, diamond, triangle on its tip, plus, star or cross, in turn: one more shape
    than there are colours, so that 56 marks are all different."""
    colour, r = inks[number % len(inks)], 4.2
    inside = f"<title>{escape(told)}</title>" if told else ""
    drawn = f'fill="{colour}" stroke="{rim}" stroke-width="1"'
    if number % (len(_SHAPES) + 1) == 0:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r}" {drawn}>{inside}</circle>'
    corners = _SHAPES[number % (len(_SHAPES) + 1) - 1]
    points = " ".join(f"{x + r * 0.9 * dx:.1f},{y + r * 0.9 * dy:.1f}" for dx, dy in corners)
    return f'<polygon points="{points}" {drawn}>{inside}</polygon>'


def line(x1: float, y1: float, x2: float, y2: float, ink: str, *, width: float = 1.0, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{ink}" stroke-width="{width}"{dashed}/>'
    )


def text(
    x: float,
    y: float,
    text: str,
    *,
    size: int = 12,
    anchor: str = "start",
    ink: str = INK,
    weight: int = 400,
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{ink}">{escape(text)}</text>'
    )


def document(width: float, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" font-family="system-ui, Helvetica, Arial, sans-serif" role="img">\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )
