"""How large a closing audit is: random looks inside the candidate pool that decide whether a completeness has
been reached.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tuningfork.labelling.estimates.audit import AuditCount, completeness, total_positives
from tuningfork.labelling.estimates.people import EyeRate, seen_total
from tuningfork.labelling.estimates.weighted import FEWEST_HITS, Estimate

__all__ = [
    "POWER",
    "Sizing",
    "aimed_at",
    "checks_needed",
    "closing_size",
    "completeness_at_least",
    "level_of_closing",
    "runs_dry",
]

POWER = 0.8
"""How often a closing audit shows its target, where the true completeness is `aimed_at`."""
FEWEST_HUNTED = 50
"""Answers of the hunt; fewer say too little of how rich its latest ones were."""
_ERROR = 0.05
_LATEST = 0.2  # of the hunt's answers
_MOST_CHECKS = 100_000


@dataclass(frozen=True)
class Sizing:
    """``looks`` random ones decide: with at most ``most_hits`` positives among them the target is shown."""

    looks: int
    most_hits: int
    power: float


def level_of_closing(number: int) -> float:
    """The confidence at which the closing audit of that number (from 1) is judged: 1 - 0.05 / 2^number.

    Each is a new random draw, so it errs with that chance whatever made somebody draw it; all together err
    with at most 0.05 (Bonferroni with halved parts), however often one closes.
    """
    return 1 - _ERROR / 2.0**number


def aimed_at(target: float) -> float:
    """The true completeness that is to be shown in `POWER` of the cases: half of what lacks beyond the
    target.
    """
    return (1 + target) / 2


def runs_dry(found: int, unseen: int, hunted: np.ndarray, target: float) -> bool:
    """Whether finds are running dry: were the unseen rest of the pool as rich as the latest fifth of what the
    hunt chose, the target would be reached already. The hunt takes the most likely first, so the rest is
    poorer.

    Parameters
    ----------
    found, unseen : int
        Finds and galaxies without an answer inside the pool.
    hunted : bool [n]
        Which of the hunt's galaxies were finds, in the order of the answers.
    """
    if not found or len(hunted) < FEWEST_HUNTED:
        return False
    latest = hunted[-max(FEWEST_HUNTED, round(_LATEST * len(hunted))) :]
    return found >= target * (found + unseen * float(np.mean(latest)))


def completeness_at_least(
    count: AuditCount, found: int, *, unseen: float, pool: int, eye: EyeRate | None, level: float
) -> float | None:
    """The one-sided lower bound of the completeness inside a pool by one audit, with the misses of the eye
    where they are known; None while the audit is not ready.
    """
    if not count.ready:
        return None
    few = int(count.hits.sum()) < FEWEST_HITS

    def total_at(two_sided: float) -> Estimate:  # of few hits the interval is one-sided as it is
        at = (1 + two_sided) / 2 if few else two_sided
        total = total_positives([count], found, unseen=unseen, level=at)
        assert total is not None
        return total

    both = 2 * level - 1  # its upper end alone errs with 1 - level
    total = total_at(both) if eye is None else seen_total(total_at, found, eye, pool=pool, level=both)
    return completeness(total, found).low


def closing_size(
    found: int,
    unseen: int,
    *,
    skipped: int = 0,
    pool: int,
    target: float,
    eye: EyeRate | None,
    level: float,
) -> Sizing | None:
    """The fewest random looks that show a completeness in `POWER` of the cases when it is `aimed_at` before
    them.

    Exact: hits among looks without replacement are hypergeometric, and for each number of hits it is known
    whether the estimate's lower end reaches the target.

    Parameters
    ----------
    found, unseen : int
        Finds, and galaxies without an answer or a skip, inside the pool.
    skipped : int
        Galaxies there of which nobody said anything but skip: each may be a find.
    pool : int
        Galaxies there.
    target : float
        The completeness to show, above 0 to below 1.
    eye : EyeRate or None
        The person's hit rate where it is known.
    level : float
        See `level_of_closing`.

    Returns
    -------
    Sizing or None
        None where not even a look at all of them would show it: too little is known of the eye, or it misses
        too much, or too many were skipped.
    """
    missing = min(round(found / aimed_at(target) - found), unseen)

    def shows(looks: int, hits: int) -> bool:
        count = AuditCount(found, *(np.array([number]) for number in (unseen, looks, hits, skipped)))
        told = {"unseen": unseen - looks + skipped, "pool": pool, "eye": eye, "level": level}
        share = completeness_at_least(count, found + hits, **told)
        return share is not None and share >= target

    def sized(hits: int) -> Sizing:
        """Of the fewest looks of which so many may be hits."""
        looks = _last(lambda n: n < max(hits, 1) or not shows(n, hits), unseen - 1) + 1
        return Sizing(looks, looks if looks == unseen else hits, _chance(hits, unseen, missing, looks))

    if not unseen or not shows(unseen, missing):
        return None
    return sized(_last(lambda hits: sized(hits).power < POWER, missing - 1) + 1)


def checks_needed(found: int, *, pool: int, target: float, level: float) -> int:
    """Of how many known positives all have to be recognised before a pool of which all were looked at can be
    called complete to the target.
    """
    count = AuditCount(found, *(np.zeros((3, 1), np.int64)))

    def too_few(shown: int) -> bool:
        eye = EyeRate(shown, shown)
        share = completeness_at_least(count, found, unseen=0, pool=pool, eye=eye, level=level)
        return share is None or share < target

    return _last(too_few, _MOST_CHECKS) + 1


def _last(holds: Callable[[int], bool], most: int) -> int:
    """The largest number from 0 to ``most`` for which it holds, -1 where it holds for none; it holds up to
    some number.
    """
    low, high = -1, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def _chance(most: int, unseen: int, positives: int, looks: int) -> float:
    """Of no more than so many hits."""
    from scipy.stats import hypergeom

    return float(hypergeom.cdf(most, unseen, positives, looks))
