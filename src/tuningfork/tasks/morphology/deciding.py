"""From probabilities to what is said of a galaxy: its label, its conformal set, or no answer."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.evaluation.calibration import tempered
from tuningfork.evaluation.conformal import prediction_sets
from tuningfork.tasks.morphology.model import Model

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Rule", "as_wide", "usual_coverage"]


def usual_coverage(model: Model) -> float | None:
    """0.9 where the model was calibrated for it, else None."""
    return 0.9 if any(abs(float(key) - 0.9) < 1e-9 for key in model.qhat) else None


def as_wide(probabilities: np.ndarray, model: Model) -> np.ndarray:
    """Blocks of a table that was never begun have no columns: not one galaxy could be read."""
    if probabilities.shape[1]:
        return probabilities
    return np.full((len(probabilities), len(model.classes)), np.nan, np.float32)


class Rule:
    """Turns probabilities into rows of the table, and counts.

    Parameters
    ----------
    model : Model
    coverage : float or None
        Of the conformal sets; None leaves the column empty.
    purity : float or None
        Wanted share of right labels among those that are given; None abstains from none that can be read.

    Attributes
    ----------
    counts : ndarray
        (K,) galaxies so far for which each class is the likeliest.
    abstained : int
        Galaxies so far that can be read and are not confident enough.
    """

    def __init__(self, model: Model, coverage: float | None, purity: float | None):
        self.model, self.coverage, self.purity = model, coverage, purity
        self._qhat = None if coverage is None else model.threshold(coverage)
        self._least = 0.0 if purity is None else model.least_probability(purity)
        self.counts, self.abstained = np.zeros(len(model.classes), np.int64), 0

    @property
    def labels(self) -> dict[str, int]:
        """Class -> galaxies so far for which it is the likeliest."""
        return dict(zip(self.model.classes, self.counts.tolist(), strict=True))

    def schema(self) -> "pa.Schema":
        """The columns, with what was asked for as metadata."""
        import pyarrow as pa

        from tuningfork import __version__

        told = {
            "model": self.model.name,
            "key": self.model.encoder.spec.key,
            "coverage": self.coverage,
            "purity": self.purity,
            "least_probability": self._least,
            "tuningfork": __version__,
        }
        columns = [
            ("id", pa.large_string()),
            ("label", pa.string()),
            *((f"p_{name}", pa.float32()) for name in self.model.classes),
            ("set", pa.string()),
            ("abstained", pa.bool_()),
        ]
        return pa.schema(columns, {key: str(value) for key, value in told.items() if value is not None})

    def tables(self, blocks: Iterator[tuple[Any, np.ndarray]]) -> Iterator["pa.Table"]:
        """One table for each block of ids and probabilities."""
        import pyarrow as pa

        names = np.array(self.model.classes, dtype=object)
        schema = self.schema()
        for ids, stored in blocks:
            p = tempered(as_wide(stored, self.model), self.model.temperature)
            known = np.isfinite(p).all(axis=1)
            best = np.nan_to_num(p).argmax(axis=1)
            confident = known & (np.nan_to_num(p).max(axis=1) >= self._least)
            self.counts += np.bincount(best[known], minlength=len(names))
            self.abstained += int((known & ~confident).sum())
            unknown = ~known
            columns = [
                ids,
                pa.array(names[best], pa.string(), mask=unknown),
                *(pa.array(column, pa.float32(), mask=unknown) for column in p.T),
                pa.array(self._sets(p), pa.string(), mask=unknown),
                pa.array(~confident),
            ]
            yield pa.Table.from_arrays(columns, schema=schema)

    def _sets(self, p: np.ndarray) -> np.ndarray:
        """(n,) text; equal sets are put into words once."""
        if self._qhat is None:
            return np.full(len(p), None, object)
        inside = prediction_sets(p, self._qhat)
        kinds, place = np.unique(inside, axis=0, return_inverse=True)
        names = self.model.classes
        words = [";".join(n for n, is_in in zip(names, kind, strict=True) if is_in) for kind in kinds]
        return np.array([*words, ""], object)[place.ravel()] if len(p) else np.empty(0, object)
