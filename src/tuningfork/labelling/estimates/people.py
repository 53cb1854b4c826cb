"""The person's own eye in the numbers: who is shown a positive does not always say yes."""

from dataclasses import dataclass

from tuningfork.labelling.estimates.audit import completeness
from tuningfork.labelling.estimates.bounds import clopper_pearson
from tuningfork.labelling.estimates.weighted import Estimate

__all__ = ["FEWEST_CHECKS", "EyeRate", "seen_completeness"]

FEWEST_CHECKS = 10
"""Fewer known positives than this say too little of a person to be folded in."""


@dataclass(frozen=True)
class EyeRate:
    """How often a known positive, shown again or planted, was called positive.

    Parameters
    ----------
    hits, shown : int
        Of known positives.
    source : str
        "gold" (planted by others) or "repeat" (the person's own earlier finds: what is missed every time
        cannot be seen by it, so it flatters).
    """

    hits: int
    shown: int
    source: str = "gold"

    def interval(self, level: float = 0.95) -> Estimate:
        """The hit rate with its exact interval; no value below `FEWEST_CHECKS`."""
        low, high = clopper_pearson(self.hits, self.shown, level)
        value = self.hits / self.shown if self.shown >= FEWEST_CHECKS else None
        return Estimate(value, low, high, level)


def seen_completeness(total_at, found: int, eye: EyeRate, *, level: float = 0.95) -> Estimate:
    """Completeness against the true positives, misses of the eye included.

    Whoever finds a share R of what they would call positive, and calls a share s of the true ones so, has
    found R s of the true ones. The ends multiply those of the two intervals, each at half the error
    (Bonferroni), so the product holds at ``level``.

    Parameters
    ----------
    total_at : callable
        ``total_at(level)`` gives the `Estimate` of all that the person would call positive.
    found : int
        What is found.
    eye : EyeRate
        The person's hit rate.
    """
    part = 1 - (1 - level) / 2
    share, rate = completeness(total_at(part), found), eye.interval(part)
    value = None if share.value is None or rate.value is None else share.value * rate.value
    return Estimate(value, share.low * rate.low, share.high * rate.high, level)
