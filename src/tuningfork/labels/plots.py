"""Pictures of votes as self-contained SVG: mean shares, and correlations of answers (Doherty 2024, 5.2.1)."""

from collections.abc import Sequence
from html import escape

import numpy as np

from tuningfork.labels.analysis import VoteAnalysis
from tuningfork.svg import GRID, QUIET, WIDTH, document, line, mark, text

__all__ = ["correlation_plot", "mean_plot", "question_plots"]

_ROW = 20  # pixels of a row of names
_CHARACTER = 6.6  # pixels of an average character at 12 px
_LOW, _HIGH = (213, 94, 0), (0, 114, 178)  # Okabe & Ito's vermilion and blue, over white


def mean_plot(found: VoteAnalysis, *, title: str) -> str:
    """The mean share of each answer, question by question, over all galaxies and over those asked about."""
    answers = [a for a, mean in zip(found.tree.answers, found.mean, strict=True) if not np.isnan(mean)]
    names = ("over all galaxies", "over the galaxies that it was asked about")
    left, top = _left([_shown(answer) for answer in answers]), 84
    bottom, right = top + _ROW * len(answers), WIDTH - 30
    parts = [text(16, 26, title, size=16, weight=600)]
    for number, name in enumerate(names):
        parts += [mark(21 + 150 * number, 48, number), text(31 + 150 * number, 52, name)]
    for tick in np.linspace(0, 1, 6):
        x = left + tick * (right - left)
        parts += [
            line(x, top, x, bottom, GRID),
            text(x, bottom + 18, f"{tick:.1f}", anchor="middle", ink=QUIET),
        ]
    parts.append(text((left + right) / 2, bottom + 40, "mean share of the votes", anchor="middle", ink=QUIET))
    for level, said in ((0.2, "low"), (0.5, "high")):  # as figure 17 parts them
        x = left + level * (right - left)
        parts += [
            line(x, top, x, bottom, QUIET, dash="2 4"),
            text(x, top - 6, said, anchor="middle", ink=QUIET),
        ]
    before = ""
    for place, answer in enumerate(answers):
        y = top + _ROW * (place + 0.5)
        question = answer.partition(".")[0]
        if question != before:
            parts.append(line(16, y - _ROW / 2, right, y - _ROW / 2, GRID))
        before = question
        parts.append(text(left - 10, y + 4, _shown(answer), anchor="end"))
        index = found.tree.index(answer)
        for number, value in enumerate((found.mean[index], found.mean_asked[index])):
            if not np.isnan(value):
                parts.append(
                    mark(left + value * (right - left), y, number, f"{answer}, {names[number]}: {value:.3f}")
                )
    return document(WIDTH, bottom + 56, parts)


def correlation_plot(found: VoteAnalysis, *, title: str, answers: Sequence[str] | None = None) -> str:
    """Pearson's correlation of the shares of answers, over the galaxies that were asked both.

    Answers to one question exclude each other: what is not blue on the diagonal and vermilion beside it was
    confused by people, or has many answers.
    """
    chosen = [
        answer
        for answer in (found.tree.answers if answers is None else answers)
        if found.asked[found.tree.index(answer)] > 0
    ]
    alone = len({answer.partition(".")[0] for answer in chosen}) == 1
    names = [_shown(answer.partition(".")[2] if alone else answer) for answer in chosen]
    side = 44 if alone else 16
    left = top = _left(names)
    top += 40
    parts = [text(16, 26, title, size=16, weight=600)]
    for row, (answer, name) in enumerate(zip(chosen, names, strict=True)):
        y, x = top + side * (row + 0.5), left + side * (row + 0.5)
        parts.append(text(left - 8, y + 4, name, anchor="end"))
        turned = f"rotate(-90 {x + 4:.1f} {top - 8:.1f})"
        parts.append(f'<g transform="{turned}">{text(x + 4, top - 8, name)}</g>')
        for column, other in enumerate(chosen):
            value = float(found.correlation[found.tree.index(answer), found.tree.index(other)])
            parts += _cell(left + side * column, top + side * row, side, value, f"{answer}, {other}")
    foot = top + side * len(chosen)
    parts += _key(left, foot + 16)
    width = max(left + side * len(chosen) + 20, left + 200, 32 + 9.2 * len(title))
    return document(width, foot + 58, parts)


def question_plots(found: VoteAnalysis) -> dict[str, str]:
    """Question -> the correlations of its answers (figure 19), of those that somebody was asked."""
    plots = {}
    for step in found.tree.steps:
        mine = [a for a in found.tree.answers if a.startswith(f"{step.name}.")]
        if any(found.asked[found.tree.index(a)] > 0 for a in mine):
            plots[step.name] = correlation_plot(found, title=step.text, answers=mine)
    return plots


def _cell(x: float, y: float, side: float, value: float, told: str) -> list[str]:
    number = "not known" if np.isnan(value) else f"{value:.2f}"
    place = f'x="{x:.1f}" y="{y:.1f}" width="{side}" height="{side}"'
    drawn = f'<rect {place} fill="{_colour(value)}" stroke="#ffffff">'
    parts = [f"{drawn}<title>{escape(told)}: {number}</title></rect>"]
    if side > 30 and not np.isnan(value):
        ink = "#ffffff" if value > 0.65 else "#222222"
        parts.append(text(x + side / 2, y + side / 2 + 4, number, anchor="middle", ink=ink))
    return parts


def _key(left: float, y: float) -> list[str]:
    parts = []
    for number, value in enumerate(np.linspace(-1, 1, 9)):
        parts += _cell(left + 20 * number, y, 20, float(value), "correlation")
    labels = [(0, "-1"), (90, "0"), (180, "1")]
    parts += [text(left + x, y + 34, said, anchor="middle", ink=QUIET) for x, said in labels]
    return parts


def _colour(value: float) -> str:
    """White at 0, blue at 1, vermilion at -1; grey where nothing is known."""
    if np.isnan(value):
        return GRID
    end = _HIGH if value > 0 else _LOW
    mixed = [round(255 + (channel - 255) * min(abs(value), 1.0)) for channel in end]
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _left(names: Sequence[str]) -> float:
    return 26 + _CHARACTER * max(map(len, names), default=0)


def _shown(answer: str) -> str:
    return answer.replace(".", ": ").replace("_", " ")
