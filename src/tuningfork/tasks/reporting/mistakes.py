"""The answers that were surest and wrong, with their pictures and the galaxies they resemble."""

from dataclasses import dataclass, field

import numpy as np

from tuningfork.evaluation import Judged
from tuningfork.tasks.explaining.similar import nearest_labelled
from tuningfork.tasks.reporting.reading import Run
from tuningfork.tasks.thumbnails import Thumbnails

__all__ = ["Card", "Neighbour", "cards_of", "worst_mistakes"]

_MOST_AMONG = 50_000  # labelled galaxies that are looked through


@dataclass(frozen=True)
class Neighbour:
    """A labelled galaxy that looks alike.

    Parameters
    ----------
    id, label : str
    cosine : float
    picture : str
        A data URI or "".
    """

    id: str
    label: str
    cosine: float
    picture: str


@dataclass(frozen=True)
class Card:
    """One galaxy of a report.

    Parameters
    ----------
    id, truth, said : str
    probability : float
        Of what was said.
    of_truth : float
        Of the true class.
    picture : str
    neighbours : list of Neighbour
    """

    id: str
    truth: str
    said: str
    probability: float
    of_truth: float
    picture: str = ""
    neighbours: list[Neighbour] = field(default_factory=list)


def worst_mistakes(judged: Judged, count: int) -> np.ndarray:
    """Rows of the wrong answers whose probability is farthest above that of the truth, the worst first."""
    lead = judged.confidence - judged.probabilities[np.arange(len(judged)), judged.truth]
    wrong = np.flatnonzero(~judged.right)
    return wrong[np.argsort(-lead[wrong], kind="stable")[:count]]


def cards_of(run: Run, places: np.ndarray, *, pictures: Thumbnails | None) -> tuple[list[Card], str]:
    """Galaxies of the judged ones as cards; and whose vectors named the neighbours, "" without any."""
    judged, p = run.judged, run.judged.probabilities
    near, key = _neighbours(run, judged.ids[places], pictures)
    out = []
    for number, place in enumerate(places):
        said, truth = int(judged.said[place]), int(judged.truth[place])
        name = str(judged.ids[place])
        shown = pictures.of(0, int(run.collection.rows_of([name])[0])) if pictures else ""
        told = (
            name,
            judged.classes[truth],
            judged.classes[said],
            float(p[place, said]),
            float(p[place, truth]),
        )
        out.append(Card(*told, shown, near[number]))
    return out, key


def _neighbours(run: Run, ids: np.ndarray, pictures: Thumbnails | None) -> tuple[list[list[Neighbour]], str]:
    nothing: list[list[Neighbour]] = [[] for _ in ids]
    if run.collection is None or not len(ids):
        return nothing, ""
    judged = run.judged
    known = run.learnt or {str(i): judged.classes[t] for i, t in zip(judged.ids, judged.truth, strict=True)}
    names = list(known)[:_MOST_AMONG]
    among = run.collection.rows_of(names)
    found = nearest_labelled(run.collection, run.collection.rows_of(ids), among)
    if found is None:
        return nothing, ""
    out = []
    for rows, cosines in zip(found.rows, found.cosines, strict=True):
        there = rows >= 0
        texts = [str(name) for name in run.collection.ids(rows[there])]
        out.append(
            [
                Neighbour(name, known[name], float(c), pictures.of(0, int(row)) if pictures else "")
                for name, row, c in zip(texts, rows[there], cosines[there], strict=True)
            ]
        )
    return out, found.key
