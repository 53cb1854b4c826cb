"""From probabilities to what is said of a galaxy: its label, its conformal set, or no answer."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.errors import UsageError
from tuningfork.evaluation.calibration import tempered
from tuningfork.evaluation.conformal import fewest_for, prediction_sets
from tuningfork.tasks.morphology.model import Model

if TYPE_CHECKING:
    import pyarrow as pa

    from tuningfork.tasks.morphology.vote_model import VoteModel

__all__ = [
    "USUAL_FAMILIAR",
    "WATCHED",
    "Rule",
    "least_familiar",
    "of_familiarity",
    "too_few_for_sets",
    "usual_coverage",
]

USUAL_FAMILIAR = 0.01
"""No answer is given for a picture that is as unlike as fewer than this share of the galaxies a model was
judged on."""


def usual_coverage(model: Model) -> float | None:
    """0.9 where the model was calibrated for it, else None."""
    return 0.9 if any(abs(float(key) - 0.9) < 1e-9 for key in model.qhat) else None


WATCHED = ("familiarity", "unlikeness")
"""The columns of the measure of familiarity."""


def too_few_for_sets(qhat: dict[str, float], coverage: float | None = None) -> tuple[str, ...]:
    """A remark where sets hold every class, since the galaxies that set the thresholds were too few.

    Parameters
    ----------
    qhat : dict
        As of a `Model`.
    coverage : float, optional
        The one that matters; all of them by default.
    """
    full = sorted(float(key) for key, threshold in qhat.items() if threshold >= 1)
    asked = [own for own in full if coverage is None or abs(own - coverage) < 1e-9]
    if not asked:
        return ()
    needed = ", ".join(f"{100 * own:g} % needs {fewest_for(own)}" for own in asked)
    return (f"too few held-out galaxies for conformal sets (a coverage of {needed}): they hold all classes",)


def of_familiarity(model: "Model | VoteModel", least: float, said: str = "labels") -> tuple[str, ...]:
    """What a reader should know of a model's measure of familiarity, where ``least`` is asked for."""
    measure = model.familiarity
    if measure is None:
        what = f"pictures unlike all it learnt get sure {said}"
        return (f"'{model.name}' holds no measure of familiarity: {what}",)
    if 0 < least <= measure.least:
        found = f"'{model.name}' was judged on {len(measure.levels)} galaxies: no familiarity is below"
        return (f"{found} {measure.least:.3g}, so no picture counts as unfamiliar",)
    return ()


class Rule:
    """Turns probabilities into rows of the table, and counts.

    Parameters
    ----------
    model : Model
    coverage : float or None
        Of the conformal sets; None leaves the column empty.
    purity : float or None
        Wanted share of right labels among those that are given; None abstains from none for that.
    familiar : float, optional
        Least familiarity with an answer, 0..1; `USUAL_FAMILIAR` where the model has a measure of it.

    Attributes
    ----------
    counts : ndarray
        (K,) galaxies so far for which each class is the likeliest.
    abstained : int
        Galaxies so far that can be read and get no answer.
    unfamiliar : int
        Those of them that are not familiar enough.

    Raises
    ------
    UsageError
        A familiarity is asked for that cannot be, or of a model without a measure of it.
    """

    def __init__(
        self, model: Model, coverage: float | None, purity: float | None, familiar: float | None = None
    ):
        self.model, self.coverage, self.purity = model, coverage, purity
        self._qhat = None if coverage is None else model.threshold(coverage)
        self._least = 0.0 if purity is None else model.least_probability(purity)
        self._familiar = least_familiar(model, familiar)
        self.counts, self.abstained, self.unfamiliar = np.zeros(len(model.classes), np.int64), 0, 0

    @property
    def labels(self) -> dict[str, int]:
        """Class -> galaxies so far for which it is the likeliest."""
        return dict(zip(self.model.classes, self.counts.tolist(), strict=True))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader should know of the sets and of the measure of familiarity."""
        sets = () if self.coverage is None else too_few_for_sets(self.model.qhat, self.coverage)
        return (*sets, *of_familiarity(self.model, self._familiar))

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
            "least_familiarity": self._familiar,
            "tuningfork": __version__,
        }
        columns = [
            ("id", pa.large_string()),
            ("label", pa.string()),
            *((f"p_{name}", pa.float32()) for name in self.model.classes),
            ("set", pa.string()),
            ("abstained", pa.bool_()),
            *((name, pa.float32()) for name in WATCHED if self.model.familiarity is not None),
        ]
        return pa.schema(columns, {key: str(value) for key, value in told.items() if value is not None})

    def tables(self, blocks: Iterator[tuple[Any, np.ndarray]]) -> Iterator["pa.Table"]:
        """One table for each block of ids and probabilities."""
        import pyarrow as pa

        names = np.array(self.model.classes, dtype=object)
        schema = self.schema()
        for ids, stored in blocks:
            p, unlike = self.model.parted(stored)
            p = tempered(p, self.model.temperature)
            known = np.isfinite(p).all(axis=1)
            best = np.nan_to_num(p).argmax(axis=1)
            confident = known & (np.nan_to_num(p).max(axis=1) >= self._least)
            watched = self._watched(unlike)
            strange = np.zeros(len(p), bool) if not watched else known & (watched[0] < self._familiar)
            confident &= ~strange
            self.counts += np.bincount(best[known], minlength=len(names))
            self.abstained += int((known & ~confident).sum())
            self.unfamiliar += int(strange.sum())
            unknown = ~known
            columns = [
                ids,
                pa.array(names[best], pa.string(), mask=unknown),
                *(pa.array(column, pa.float32(), mask=unknown) for column in p.T),
                pa.array(self._sets(p), pa.string(), mask=unknown),
                pa.array(~confident),
                *(pa.array(column, pa.float32(), mask=unknown) for column in watched),
            ]
            yield pa.Table.from_arrays(columns, schema=schema)

    def _watched(self, unlike: np.ndarray | None) -> tuple[np.ndarray, ...]:
        if unlike is None or self.model.familiarity is None:
            return ()
        return self.model.familiarity.p_values(unlike), unlike

    def _sets(self, p: np.ndarray) -> np.ndarray:
        """(n,) text; equal sets are put into words once."""
        if self._qhat is None:
            return np.full(len(p), None, object)
        inside = prediction_sets(p, self._qhat)
        kinds, place = np.unique(inside, axis=0, return_inverse=True)
        names = self.model.classes
        words = [";".join(n for n, is_in in zip(names, kind, strict=True) if is_in) for kind in kinds]
        return np.array([*words, ""], object)[place.ravel()] if len(p) else np.empty(0, object)


def least_familiar(model: "Model | VoteModel", asked: float | None) -> float:
    """The familiarity below which a picture is too strange: what is asked for, `USUAL_FAMILIAR`, or 0 where
    the model has no measure of it. Raises `UsageError` as `Rule` does."""
    if asked is not None and not 0 <= asked < 1:
        raise UsageError(f"a familiarity is from 0 to below 1, not {asked:g}", where="--familiar")
    if model.familiarity is None:
        if asked:
            raise UsageError(
                f"the model '{model.name}' holds no measure of familiarity",
                remedy="Leave --familiar out, or train the model anew",
            )
        return 0.0
    return USUAL_FAMILIAR if asked is None else asked
