"""Galaxies with a known class and what a classifier said of them: what every number about it starts from."""

from dataclasses import dataclass, field

import numpy as np

from tuningfork.errors import DataError

__all__ = ["Judged"]

_OFF = 1e-3  # how far probabilities may be from adding up to one: float16 files are


@dataclass(frozen=True)
class Judged:
    """Classified galaxies whose class is known.

    Parameters
    ----------
    classes : tuple of str
        In the order of the probabilities.
    truth : ndarray
        (n,) int, the number of each galaxy's class.
    probabilities : ndarray
        (n, K) float, rows that add up to one.
    ids : ndarray
        (n,) ids as text.
    facts : dict of ndarray
        (n,) float each, NaN where unknown: ``magnitude``, ``size``.

    Raises
    ------
    DataError
        There is no galaxy, or a probability is missing, negative or does not add up.
    """

    classes: tuple[str, ...]
    truth: np.ndarray
    probabilities: np.ndarray
    ids: np.ndarray
    facts: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n, kinds = len(self.truth), len(self.classes)
        if self.probabilities.shape != (n, kinds) or len(self.ids) != n:
            raise ValueError(f"{n} truths, {len(self.ids)} ids, probabilities {self.probabilities.shape}")
        if any(len(values) != n for values in self.facts.values()):
            raise ValueError("each fact needs one number a galaxy")
        if not n or kinds < 2:
            raise DataError(f"{n} galaxies of {kinds} classes cannot be judged")
        if self.truth.min() < 0 or self.truth.max() >= kinds:
            raise ValueError(f"classes are numbers from 0 to {kinds - 1}")
        low = self.probabilities.min(axis=1)
        bad = ~((low >= 0) & (np.abs(self.probabilities.sum(axis=1, dtype=np.float64) - 1) <= _OFF))
        if bad.any():
            raise DataError(
                f"{int(bad.sum()):,} rows of probabilities are negative, missing or do not add up to 1",
                where=f"galaxy {self.ids[int(bad.argmax())]}",
            )

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def said(self) -> np.ndarray:
        """(n,) the number of the likeliest class; the first of equals."""
        return self.probabilities.argmax(axis=1)

    @property
    def confidence(self) -> np.ndarray:
        """(n,) the probability of the likeliest class."""
        return self.probabilities.max(axis=1)

    @property
    def right(self) -> np.ndarray:
        """(n,) bool: whether the likeliest class is the true one."""
        return self.said == self.truth

    @property
    def commonest(self) -> int:
        """The class that most of these galaxies have."""
        return int(np.bincount(self.truth, minlength=len(self.classes)).argmax())

    def part(self, rows: np.ndarray) -> "Judged":
        """Some of the galaxies: (m,) rows, or (n,) bool."""
        facts = {name: values[rows] for name, values in self.facts.items()}
        return Judged(self.classes, self.truth[rows], self.probabilities[rows], self.ids[rows], facts)

    def told(self, probabilities: np.ndarray) -> "Judged":
        """The same galaxies with other probabilities (n, K)."""
        return Judged(self.classes, self.truth, probabilities, self.ids, self.facts)

    def majority(self) -> "Judged":
        """The constant predictor: of every galaxy each class's share, so that it says the commonest."""
        shares = np.bincount(self.truth, minlength=len(self.classes)) / len(self)
        return self.told(np.broadcast_to(shares, self.probabilities.shape))
