"""The end of a run before its last epoch: when what is watched has not become better for some epochs."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["EarlyStop"]


@dataclass(frozen=True)
class EarlyStop:
    """When to end a run.

    Parameters
    ----------
    column : str
        Of ``metrics.csv``: the loss, a part of it, or what a task adds to each epoch's line.
    least : float
        An epoch is better when it is by more than this better than the best before.
    patience : int
        Epochs without a better one, in a row, that end the run.
    at_least : int
        Epochs before that may happen.
    rising : bool
        Whether more is better, as of a score; less is, without, as of a loss.
    """

    column: str = "loss"
    least: float = 0.0
    patience: int = 10
    at_least: int = 1
    rising: bool = False

    def ends(self, values: Sequence[float]) -> bool:
        """Whether a run with these values, one an epoch, is at its end."""
        best, since = None, 0
        for value in values:
            score = value if self.rising else -value
            since += 1
            if best is None or score > best + self.least:
                best, since = score, 0
        return len(values) >= self.at_least and since >= self.patience
