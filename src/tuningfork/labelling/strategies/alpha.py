"""The alpha rule of Fu et al. (2024, section V.A), with what the paper leaves open as stated settings."""

from dataclasses import dataclass

import numpy as np

from tuningfork.labelling.strategies import strategies
from tuningfork.labelling.strategies.cells import cold_start
from tuningfork.labelling.strategies.view import Answered, Pick, Recipe, View, best_first, falling, fresh

__all__ = ["Alpha"]

_DEPTHS = ("boundary", "quantile", "lowest")


@strategies.register("alpha")
@dataclass(frozen=True)
class Alpha(Recipe):
    """The paper's rule: higher scores while the latest round has P/N <= alpha, lower scores otherwise.

    P and N are the positive and negative answers of the latest round. Open in the paper, settled here:

    - a round is the last ``round`` answers (the paper asked 10);
    - a round of positives alone has no P/N; ``no_negatives`` says where to go from it: "lower" takes it as
      infinity, "higher" as a round that went well enough to go on; a round without any answer is 0;
    - the examples one starts from are a round of their own only with ``examples_count`` (P/N of five and five
      is 1, which would send the first page to lower scores for every alpha below 1);
    - "lower" is ``lower``: "boundary", the scores nearest one half from below, then from above; "quantile",
      those just below the ``depth`` quantile of all free scores; "lowest", the lowest;
    - from positives alone, which no classifier can learn from, weak random negatives stand in until a true
      one is known.

    Parameters
    ----------
    alpha : float
        From 0 to 1; the paper names 0.9 for precision, 0.1 for recall, 0.5 for the area under the curve.
    lower : str
        "boundary", "quantile" or "lowest".
    depth : float
        The quantile, from 0 to 1.
    round : int
        Answers in a round.
    examples_count : bool
        Whether examples count as answers of a round.
    no_negatives : str
        "lower" or "higher".
    """

    alpha: float = 0.5
    lower: str = "boundary"
    depth: float = 0.9
    round: int = 20
    examples_count: bool = False
    no_negatives: str = "lower"
    weak_once: bool = True

    def __post_init__(self):
        if not 0 <= self.alpha <= 1 or not 0 <= self.depth <= 1 or self.round < 1:
            raise ValueError("alpha and depth are from 0 to 1, a round has at least one answer")
        if self.lower not in _DEPTHS:
            raise ValueError(f"lower is one of {', '.join(_DEPTHS)}")
        if self.no_negatives not in ("lower", "higher"):
            raise ValueError("no_negatives is lower or higher")

    def select(self, view: View, n: int) -> list[Pick]:
        """n picks from the top or from further down, as the latest round says."""
        if not view.learnt:
            return cold_start(view, n)
        free = np.flatnonzero(view.free)
        ratio = self.ratio(view.history)
        if ratio <= self.alpha:
            order, reason = falling(view.scores, free), f"higher scores: P/N {ratio:.2f} <= {self.alpha:g}"
        else:
            order, reason = self._lower(view.scores, free), f"lower scores: P/N {ratio:.2f} > {self.alpha:g}"
        return [Pick(row, "hunt", reason) for row in fresh(view, order, n)]

    def ratio(self, history: tuple[Answered, ...]) -> float:
        """P/N of the latest round."""
        counted = [a.positive for a in history if self.examples_count or not a.example][-self.round :]
        positives = sum(counted)
        negatives = len(counted) - positives
        if negatives:
            return positives / negatives
        return float("inf") if positives and self.no_negatives == "lower" else 0.0

    def _lower(self, scores: np.ndarray, free: np.ndarray) -> np.ndarray:
        if self.lower == "lowest":
            return best_first(-scores, free)
        line = (
            0.5 if self.lower == "boundary" or not len(free) else float(np.quantile(scores[free], self.depth))
        )
        below, above = free[scores[free] <= line], free[scores[free] > line]
        return np.concatenate([best_first(scores, below), best_first(-scores, above)])
