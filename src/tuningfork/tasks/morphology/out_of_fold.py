"""Predictions of galaxies by networks that never saw them, gathered: one table, numbers over all, their
spread."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.errors import DataError
from tuningfork.evaluation.judged import Judged
from tuningfork.files import write_atomically
from tuningfork.tasks.morphology.finishing import numbers_of

__all__ = ["Told", "write_out_of_fold"]


@dataclass(frozen=True)
class Told:
    """What was said of galaxies out of their folds.

    Parameters
    ----------
    classes : tuple of str
    ids, truth : ndarray
        (n,) text.
    fold : ndarray
        (n,) int, the fold that a galaxy was left out with.
    probabilities : ndarray
        (n, K); NaN rows where a stamp cannot be read.
    familiarity : ndarray, optional
        (n,) by the measure of the network that judged, set on the galaxies that chose its passes; NaN where
        it has none.
    """

    classes: tuple[str, ...]
    ids: np.ndarray
    truth: np.ndarray
    fold: np.ndarray
    probabilities: np.ndarray
    familiarity: np.ndarray | None = None

    @classmethod
    def of_runs(cls, runs: Sequence[Path]) -> "Told":
        """Of the test parts of runs, one a fold.

        Raises
        ------
        DataError
            A run has no predictions, or of other classes.
        """
        from tuningfork.tasks.reporting.predictions import read_predictions

        tables = [read_predictions(run / "predictions.parquet") for run in runs]
        if any(table.classes != tables[0].classes for table in tables):
            raise DataError("the folds tell different classes apart", where=str(runs[0].parent))
        own = [table.part == "test" for table in tables]
        whole = zip(tables, own, strict=True)
        parts = [(t.ids[rows], t.truth[rows], t.probabilities[rows]) for t, rows in whole]
        fold = np.repeat(np.arange(len(runs)), [len(ids) for ids, _, _ in parts])
        ids, truth, p = (np.concatenate(each) for each in zip(*parts, strict=True))
        known = [np.full(len(t.ids), np.nan) if t.familiarity is None else t.familiarity for t in tables]
        familiar = np.concatenate([each[rows] for each, rows in zip(known, own, strict=True)])
        return cls(tables[0].classes, ids, truth, fold, p, familiar if np.isfinite(familiar).any() else None)

    def judged(self, fold: int | None = None) -> Judged:
        """Those that could be read, of one fold or of all."""
        known = np.isfinite(self.probabilities).all(axis=1)
        if fold is not None:
            known &= self.fold == fold
        if not known.any():
            raise DataError("not one of the galaxies to judge by can be read")
        place = {name: number for number, name in enumerate(self.classes)}
        truth = np.array([place[name] for name in self.truth[known]])
        return Judged(self.classes, truth, self.probabilities[known], self.ids[known].astype(str))


def write_out_of_fold(
    out: Path,
    told: Told,
    *,
    curves: Sequence[Path] = (),
    facts: dict[str, Any] | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Write ``predictions.parquet``, ``metrics.json`` and, of the runs in ``curves``, ``metrics.csv``.

    The interval of a number is over galaxies. What another draw of the galaxies that are learnt from would
    change is not in it: the folds' own numbers and their standard deviation say that.

    Returns
    -------
    dict
        What metrics.json holds.
    """
    whole, folds = numbers_of(told.judged()), np.unique(told.fold)
    each = [{"fold": int(f), **_plain(numbers_of(told.judged(int(f))))} for f in folds]
    document = {
        "parts": {"test": len(told.ids)},
        "judged": {"test": whole},
        "folds": each,
        "spread": {
            name: _spread([one[name] for one in each]) for name in whole if all(name in one for one in each)
        },
        "unreadable": int((~np.isfinite(told.probabilities).all(axis=1)).sum()),
        **(facts or {}),
    }
    _write_table(out / "predictions.parquet", told)
    if curves:
        _write_curves(out / "metrics.csv", curves)
    write_atomically(out / "metrics.json", json.dumps(document, indent=1, default=float) + "\n")
    for name in ("accuracy", "balanced accuracy"):
        n, spread = whole[name], document["spread"][name]
        say(
            f"out of fold {name} {n['value']:.3f} ({n['low']:.3f} to {n['high']:.3f}), majority "
            f"{n['majority']:.3f}; folds {spread['least']:.3f} to {spread['most']:.3f}"
        )
    return document


def _plain(numbers: dict[str, dict[str, Any]]) -> dict[str, float]:
    return {name: float(told["value"]) for name, told in numbers.items()}


def _spread(values: Sequence[float]) -> dict[str, float]:
    """Mean, standard deviation (n - 1) and ends of the folds' numbers."""
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return {"mean": float(np.mean(values)), "std": deviation, "least": min(values), "most": max(values)}


def _write_table(file: Path, told: Told) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    unknown = ~np.isfinite(told.probabilities).all(axis=1)
    names = np.array(told.classes, dtype=object)
    said = names[np.nan_to_num(told.probabilities).argmax(axis=1)]
    columns = {
        "id": pa.array(told.ids.tolist(), pa.string()),
        "part": pa.array(["test"] * len(told.ids), pa.string()),
        "fold": pa.array(told.fold, pa.int32()),
        "truth": pa.array(told.truth.tolist(), pa.string()),
        "label": pa.array(said, pa.string(), mask=unknown),
    }
    for name, column in zip(told.classes, told.probabilities.T, strict=True):
        columns[f"p_{name}"] = pa.array(column.astype(np.float32), pa.float32(), mask=unknown)
    if told.familiarity is not None:
        known = told.familiarity.astype(np.float32)
        columns["familiarity"] = pa.array(known, pa.float32(), mask=np.isnan(known))
    beside = file.with_suffix(".part")
    pq.write_table(pa.table(columns), beside)
    beside.replace(file)


def _write_curves(file: Path, runs: Sequence[Path]) -> None:
    """The curves of all folds, with the fold in the first column."""
    from tuningfork.training.run_folder import read_metrics, write_metrics

    rows = []
    for number, run in enumerate(runs):
        curve = run / "metrics.csv"
        rows += [{"fold": str(number), **row} for row in read_metrics(curve)] if curve.exists() else []
    write_metrics(file, rows)
