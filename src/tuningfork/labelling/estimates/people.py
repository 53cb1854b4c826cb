"""The person's own eye in the numbers: who is shown a positive does not always say yes."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor

from tuningfork.labelling.estimates.bounds import clopper_pearson
from tuningfork.labelling.estimates.weighted import Estimate

__all__ = ["FEWEST_CHECKS", "EyeRate", "seen_total"]

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


def seen_total(
    total_at: Callable[[float], Estimate], found: int, eye: EyeRate, *, pool: int, level: float = 0.95
) -> Estimate:
    """How many positives there are, those included that the eye misses.

    Of T positives a person calls C so, and h of the n known ones that were shown. When both are seen alike,
    h is a hypergeometric count: of n + T galaxies h + C are called positive, and n of them were known ones.
    An end is the farthest T that this exact test does not reject (Fisher 1935). So both are in it: how little
    n looks say of the eye, and that the misses among few positives may be more or fewer than its rate. The
    test and the interval of C take half the error each (Bonferroni). Who calls others positive too makes the
    number larger, never smaller.

    Parameters
    ----------
    total_at : callable
        ``total_at(level)`` gives the `Estimate` of all that the person would call positive.
    found : int
        What is found: there cannot be fewer.
    eye : EyeRate
        The person's hit rate.
    pool : int
        Galaxies there are: there cannot be more.
    """
    part = 1 - (1 - level) / 2
    called, rate, tail = total_at(part), eye.interval(part).value, (1 - part) / 2
    low = _farthest(floor(called.low), eye, pool, tail, up=False)
    high = _farthest(ceil(called.high), eye, pool, tail, up=True)
    value = None if called.value is None or not rate else min(max(called.value / rate, found), pool)
    return Estimate(value, float(max(low, found)), float(max(high, found)), level)


def _farthest(called: int, eye: EyeRate, pool: int, tail: float, *, up: bool) -> int:
    """The largest number of positives, or the smallest, of which so many may have been called so."""
    from scipy.stats import hypergeom

    def may_be(total: int) -> bool:
        chance = hypergeom.sf(eye.hits - 1, *about(total)) if up else hypergeom.cdf(eye.hits, *about(total))
        return bool(chance > tail)

    def about(total: int) -> tuple[int, int, int]:
        return eye.shown + total, eye.hits + called, eye.shown

    low, high = called, max(called, pool)
    while low < high:  # the larger the number, the less likely that so few were called so
        middle = (low + high + up) // 2
        if may_be(middle) == up:
            low, high = (middle, high) if up else (middle + 1, high)
        else:
            low, high = (low, middle - 1) if up else (low, middle)
    return low
