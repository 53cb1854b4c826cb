"""A replay as a picture: finds, and how well the head ranks untouched galaxies, against answers given."""

from collections.abc import Sequence

import numpy as np

from tuningfork.evaluation.intervals import student
from tuningfork.labelling.replay import Replayed
from tuningfork.papers.plot import HEIGHT, Point, Series, line_plot
from tuningfork.svg import WIDTH, document

__all__ = ["replay_plot"]

_PARTS = 8  # of the axis of answers
_MOST = 14  # lines, for the colours there are


def replay_plot(told: Replayed, *, title: str) -> str:
    """Mean over seeds with Student's interval of 95 %, one line for each strategy and encoder.

    Parameters
    ----------
    told : Replayed
        The first 14 strategies and encoders are drawn.
    title : str
        What is looked for.

    Returns
    -------
    str
        SVG: finds after every eighth of the budget (none for several classes), and below, where something was
        held out, the average precision (balanced accuracy for several classes) at the reported numbers of
        answers.
    """
    budget = max(search["answers"] for search in told.searches)
    step = max(1, -(-budget // _PARTS))
    ticks = [str(step * part) for part in range(-(-budget // step) + 1)]
    several = len({search["encoder"] for search in told.searches}) > 1
    names = list(dict.fromkeys((s["strategy"], s["encoder"]) for s in told.searches))[:_MOST]
    shown = {who: f"{who[0]} ({who[1]})" if several else who[0] for who in names}
    judged = (
        "balanced_accuracy" if any("balanced_accuracy" in row for row in told.rows) else "average_precision"
    )
    findable = float(np.mean([search["findable"] for search in told.searches]))
    found = [Series(shown[who], _finds(told.searches, who, step, len(ticks), findable)) for who in names]
    quality = [Series(shown[who], _quality(told.rows, who, judged, step)) for who in names]
    axis = "answers given"
    y_found = f"found, of {findable:.3g}; mean and 95 %"
    parts, told_of_head = [], any(one.points for one in quality)
    if judged == "average_precision" or not told_of_head:  # of several classes every answer is a find
        parts.append(line_plot(found, ticks, title=title, x_label=axis, y_label=y_found))
    if told_of_head:
        y_head = f"{judged.replace('_', ' ')} on untouched galaxies"
        head = "The head" if parts else title
        parts.append(line_plot(quality, ticks, title=head, x_label=axis, y_label=y_head))
    placed = [part.replace("<svg ", f'<svg y="{number * HEIGHT}" ', 1) for number, part in enumerate(parts)]
    return document(WIDTH, HEIGHT * len(parts), placed)


def _finds(
    searches: Sequence[dict], who: tuple[str, str], step: int, places: int, most: float
) -> list[Point]:
    """A search that ran out of galaxies keeps what it has found."""
    mine = [np.array(s["found_at"]) for s in searches if (s["strategy"], s["encoder"]) == who]
    return [
        _point(place, [float((at <= place * step).sum()) for at in mine], most) for place in range(places)
    ]


def _quality(rows: Sequence[dict], who: tuple[str, str], judged: str, step: int) -> list[Point]:
    told: dict[int, list[float]] = {}
    for row in rows:
        if (row["strategy"], row["encoder"]) == who and row.get(judged) is not None:
            told.setdefault(row["answers"], []).append(row[judged])
    return [_point(answers / step, values, 1.0) for answers, values in sorted(told.items())]


def _point(x: float, values: list[float], most: float) -> Point:
    """With its interval as far as there can be anything."""
    told = student(np.array(values))
    low, high = (float(np.clip(end, 0.0, max(most, told.value))) for end in (told.low, told.high))
    return Point(x, told.value, low, high)
