"""How good a model is on a labelled collection, beside what always saying the commonest class would get."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.embeddings.filling import Running
from tuningfork.errors import DataError
from tuningfork.evaluation.classified import headline, mean_interval
from tuningfork.evaluation.conformal import coverage_of, prediction_sets
from tuningfork.evaluation.confusion import class_numbers
from tuningfork.evaluation.intervals import Interval
from tuningfork.evaluation.judged import Judged
from tuningfork.tasks.morphology.model import Model
from tuningfork.tasks.morphology.predicting import predicted
from tuningfork.tasks.morphology.shelf import load_model

__all__ = ["evaluate_model", "judge", "judged_by"]


def evaluate_model(
    collection: Any,
    model: Model | str | Path,
    *,
    label_column: str,
    rows: np.ndarray | None = None,
    bands: Sequence[str] | None = None,
    any_stretch: bool = False,
    seed: int = 0,
    quiet: bool = False,
) -> dict[str, list]:
    """Judge a model on labelled galaxies; what it predicts is kept as `predict` keeps it.

    Parameters
    ----------
    label_column : str
        The catalogue's column of true classes. Galaxies without one, of a class that the model does not know,
        or whose stamp cannot be read take no part, and the notes count them.
    rows : ndarray, optional
        (n,) rows to choose from; all by default.
    bands, any_stretch
        As for `predict`.

    Returns
    -------
    dict
        ``rows``: name, value, low, high (95 %), majority and n; ``notes``: what the reader should know.

    Raises
    ------
    UnknownNameError
        For a column that is not there.
    DataError
        When no galaxy is of a class that the model knows.
    """
    model = model if isinstance(model, Model) else load_model(model)
    how = {"rows": rows, "bands": bands, "any_stretch": any_stretch, "quiet": quiet}
    judged, notes = judged_by(collection, model, label_column, **how)
    return {"rows": judge(model, judged.truth, judged.probabilities, seed), "notes": list(notes)}


def judged_by(
    collection: Any,
    model: Model,
    label_column: str,
    *,
    rows: np.ndarray | None = None,
    bands: Sequence[str] | None = None,
    any_stretch: bool = False,
    quiet: bool = False,
) -> tuple[Judged, tuple[str, ...]]:
    """Labelled galaxies with what the model says of them, and the notes; see `evaluate_model`.

    In fp32: which precision is faster, and so what `predict` takes, changes from one minute to the next.
    """
    asked = np.arange(len(collection)) if rows is None else np.asarray(rows, np.int64)
    told = collection.catalogue([label_column], asked)[label_column].to_pylist()
    labels = np.array(["" if value is None else str(value) for value in told], object)
    known = np.isin(labels, model.classes)
    if not known.any():
        found = ", ".join(sorted(set(labels[labels != ""]))[:5]) or "nothing"
        raise DataError(
            f"no galaxy is of a class of '{model.name}' ({', '.join(model.classes[:8])}): "
            f"'{label_column}' says {found}",
            where=collection.name,
            remedy="Name another column with --label, or rename its values",
        )
    running = Running(precision="fp32", quiet=quiet)
    how = {"bands": bands, "any_stretch": any_stretch}
    p, familiarity, unreadable = predicted(collection, model, asked[known], running, **how)
    read = np.isfinite(p).all(axis=1)
    if not read.any():
        raise DataError(f"no stamp can be read: {unreadable[0][1]}", where=collection.name)
    numbers = {name: k for k, name in enumerate(model.classes)}
    truth = np.array([numbers[label] for label in labels[known][read]])
    ids = np.array([str(galaxy) for galaxy in collection.ids(asked[known][read])])
    facts = {} if model.familiarity is None else {"familiarity": familiarity[read].astype(float)}
    return Judged(model.classes, truth, p[read], ids, facts), tuple(_notes(model, labels, known, unreadable))


def judge(model: Model, truth: np.ndarray, p: np.ndarray, seed: int = 0) -> list[dict[str, Any]]:
    """Numbers with intervals and their majority line: those of `tuningfork.evaluation.headline`, the recalls
    of the classes that occur, and what the conformal sets do.

    Parameters
    ----------
    truth : ndarray
        (n,) int numbers of classes.
    p : ndarray
        (n, K) probabilities, finite.
    """
    judged = Judged(model.classes, truth, p, np.arange(len(truth)).astype(str))
    n, commonest = len(truth), model.classes[int(np.bincount(truth).argmax())]
    found = [
        _row(line.name, Interval(line.value, line.low, line.high), line.majority, n)
        for line in headline(judged, seed=seed)
    ]
    found += [
        _row(f"recall {one.name}", one.recall, float(one.name == commonest), one.n)
        for one in class_numbers(judged)
        if one.n
    ]
    for coverage, qhat in sorted(model.qhat.items()):
        inside = prediction_sets(p, qhat)
        found.append(
            _row(f"coverage of the {float(coverage):.0%} sets", coverage_of(judged, inside).covered, None, n)
        )
        size = mean_interval(inside.sum(axis=1), seed=seed)
        found.append(_row(f"classes in the {float(coverage):.0%} sets", size, None, n))
    return found


def _row(name: str, interval: Interval, majority: float | None, n: int) -> dict[str, Any]:
    return {"name": name, **asdict(interval), "majority": majority, "n": n}


def _notes(model: Model, labels: np.ndarray, known: np.ndarray, unreadable: tuple) -> list[str]:
    there = labels != ""
    strange = sorted(set(labels[there & ~known]))
    common = model.classes[int(np.argmax([(labels == name).sum() for name in model.classes]))]
    notes = [f"{int(known.sum()):,} galaxies of a class of '{model.name}'; the commonest is '{common}'"]
    if strange:
        count, names = int((there & ~known).sum()), ", ".join(strange[:5])
        notes.append(f"{count:,} of classes that the model does not know took no part: {names}")
    if (~there).any():
        notes.append(f"{int((~there).sum()):,} without a label took no part")
    if unreadable:
        first, why = unreadable[0]
        notes.append(f"{len(unreadable):,} cannot be read and took no part, as {first}: {why}")
    return notes
