"""What a run's network goes by, for its report: features in a plane, and where it looks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tuningfork.errors import TuningforkError
from tuningfork.tasks.explaining.asked import Explained, open_explained
from tuningfork.tasks.explaining.comparison import looks_at, overlay
from tuningfork.tasks.explaining.penultimate import penultimate_features
from tuningfork.tasks.explaining.plane import WORDS, lay_out
from tuningfork.tasks.reporting.plots import plane_plot
from tuningfork.tasks.reporting.reading import Run
from tuningfork.tasks.thumbnails import as_data

__all__ = ["Look", "Seen", "asked_of", "looks_of", "seen_by"]

_MOST_MARKS = 1_500
_FEWEST_MARKS = 20
_MOST_CLASSES = 8


@dataclass(frozen=True)
class Look:
    """Where a network looks.

    Parameters
    ----------
    name : str
        The network's.
    kind : str
        The class that is explained.
    probability : float
    seen, heat : str
        The window that the network was given, and the same under its heat: data URIs.
    id, truth : str
        Of the galaxy; "" where the page is about one alone.
    """

    name: str
    kind: str
    probability: float
    seen: str
    heat: str
    id: str = ""
    truth: str = ""


@dataclass(frozen=True)
class Seen:
    """For a report.

    Parameters
    ----------
    plane : str
        SVG of features before the last layer; "" where there are too few galaxies.
    words : str
        What the plane is, with its number of galaxies.
    right, wrong : list of Look
        Of each class a typical right answer, and the worst mistake.
    note : str
        Why there is nothing, where there is nothing.
    """

    plane: str = ""
    words: str = ""
    right: Sequence[Look] = ()
    wrong: Sequence[Look] = ()
    note: str = ""


def asked_of(run: Run) -> Explained | None:
    """The run's own network; None where none was kept, or its galaxies are not at hand."""
    return open_explained(run.model) if run.model and run.collection is not None else None


def seen_by(run: Run, *, method: str = "tsne", side: int = 160, seed: int = 0) -> Seen:
    """Ask the run's network about the galaxies that the report is on.

    Parameters
    ----------
    method : {"tsne", "umap", "pca"}
    side : int
        Pixels of the pictures.
    """
    try:
        asked = asked_of(run)
        if asked is None or set(asked.classes) != set(run.judged.classes):
            return Seen()
        plane, words = _plane(run, asked, method, seed)
        right, wrong = _examples(run)
        if run.fold is not None:
            words += "; of the network that learnt from all of them"
        return Seen(
            plane, words, *([_said(run, asked, place, side) for place in each] for each in (right, wrong))
        )
    except TuningforkError as error:  # a report is worth having without it
        return Seen(note=f"The network could not be asked: {error.what}")


def looks_of(
    run: Run, asked: Explained, places: Sequence[int], *, side: int, kind: str | None = None
) -> list[Look]:
    """Grad-CAM of judged galaxies for a class, or for what the network says of each."""
    judged, out = run.judged, []
    for place in places:
        name, truth = str(judged.ids[place]), judged.classes[judged.truth[place]]
        look = looks_at(asked, run.collection, run.collection.rows_of([name]), kind=kind)[0]
        seen, heat = (_enlarged(picture, side) for picture in (look.picture, overlay(look)))
        told = (asked.name, asked.classes[look.kind], look.probability)
        out.append(Look(*told, as_data(seen), as_data(heat), name, truth))
    return out


def _said(run: Run, asked: Explained, place: int, side: int) -> Look:
    """What speaks for the answer of the run's table, with its probability there: the network may say another
    class now where a fold's own network was judged."""
    kind = int(run.judged.said[place])
    look = looks_of(run, asked, [place], side=side, kind=run.judged.classes[kind])[0]
    return replace(look, probability=float(run.judged.probabilities[place, kind]))


def _enlarged(picture: np.ndarray, side: int) -> np.ndarray:
    import cv2

    return cv2.resize(picture, (side, side), interpolation=cv2.INTER_LINEAR)


def _plane(run: Run, asked: Explained, method: str, seed: int) -> tuple[str, str]:
    judged: Any = run.judged
    drawn = np.sort(np.random.default_rng(seed).permutation(len(judged))[:_MOST_MARKS])
    rows = np.asarray(run.collection.rows_of(judged.ids[drawn].tolist()))
    if len(drawn) < _FEWEST_MARKS:
        return "", ""
    read, features, _ = penultimate_features(asked, run.collection, rows)
    kept = drawn[np.isin(rows, read)]
    order = {int(row): place for place, row in enumerate(read)}
    features = features[[order[int(row)] for row in rows if int(row) in order]]
    places = lay_out(features, method, seed=seed)
    picture = plane_plot(places, judged.truth[kept], judged.classes, ~judged.right[kept])
    return picture, f"{WORDS[method]} of {len(kept):,} of the {len(judged):,} galaxies, seed {seed}"


def _examples(run: Run) -> tuple[list[int], list[int]]:
    """Of the commonest classes the right answer of median probability, and the mistake farthest from the
    truth."""
    judged = run.judged
    own = judged.probabilities[np.arange(len(judged)), judged.truth]
    counts = np.bincount(judged.truth, minlength=len(judged.classes))
    right, wrong = [], []
    for kind in sorted(np.argsort(-counts, kind="stable")[:_MOST_CLASSES].tolist()):
        here = np.flatnonzero((judged.truth == kind) & judged.right)
        if len(here):
            right.append(int(here[np.argsort(own[here], kind="stable")[len(here) // 2]]))
        missed = np.flatnonzero((judged.truth == kind) & ~judged.right)
        if len(missed):
            wrong.append(int(missed[np.argmin(own[missed] - judged.confidence[missed])]))
    return right, wrong
