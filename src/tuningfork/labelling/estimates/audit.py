"""From an audit's counts to prevalence, completeness, precision and the number left.

An audit is a stratified draw without replacement from the galaxies nobody had answered when it was frozen
(the *frame*), so each has a known chance of being in it (Horvitz & Thompson 1952, JASA 47, 663). What was
found in the meantime by other means does not disturb it. Several audits, each frozen at another time,
estimate the same number of positives and are averaged with weights fixed by how densely they were drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tuningfork.labelling.estimates.weighted import Estimate, weighted_total

__all__ = ["AuditCount", "completeness", "left", "precision", "prevalence", "total_positives"]

_LEAST_REACH = 0.1  # of a hit, where nearly all were drawn


@dataclass(frozen=True)
class AuditCount:
    """What one frozen audit has seen, inside the pool the estimate is for.

    Parameters
    ----------
    known : int
        Positives among the galaxies that had been answered when it was frozen.
    frame, asked, hits : int [h]
        For each stratum: galaxies that had not been answered then; how many of them were drawn and have been
        answered since; how many of those are positive.
    reopened : int [h], optional
        Galaxies of which this audit says nothing, so that each may be a positive: they had been answered when
        it was frozen and their answer was taken back since (an undo, or all that a person said), or all that
        was drawn of their stratum was skipped.
    """

    known: int
    frame: np.ndarray
    asked: np.ndarray
    hits: np.ndarray
    reopened: np.ndarray | None = None

    def __post_init__(self):
        frame, asked, hits = (np.asarray(a, np.int64) for a in (self.frame, self.asked, self.hits))
        reopened = np.zeros_like(frame) if self.reopened is None else np.asarray(self.reopened, np.int64)
        if self.known < 0 or (hits < 0).any() or (hits > asked).any() or (asked > frame).any():
            raise ValueError("an audit needs 0 <= hits <= asked <= frame in every stratum")
        for name, values in (("frame", frame), ("asked", asked), ("hits", hits), ("reopened", reopened)):
            object.__setattr__(self, name, values)

    @property
    def ready(self) -> bool:
        """Whether every stratum with galaxies has an answer; before that nothing bounds what it holds."""
        return bool(((self.asked > 0) | (self.frame == 0)).all())

    @property
    def size(self) -> int:
        """Answers of the audit."""
        return int(self.asked.sum())


def total_positives(
    audits: Sequence[AuditCount], found: int, *, unseen: float = np.inf, level: float = 0.95
) -> Estimate | None:
    """How many positives there are, found or not; None while no audit is ready.

    Parameters
    ----------
    audits : sequence of AuditCount
        Of one pool.
    found : int
        Positives that are known now: there cannot be fewer.
    unseen : float
        Galaxies of the pool without an answer now: there cannot be more than these and the found ones.
    """
    audits = [a for a in audits if a.ready]
    if not audits:
        return None
    shares = np.array([_worth(a) for a in audits])
    shares /= shares.sum()
    sure = sum(s * (a.known + int(a.hits.sum())) for s, a in zip(shares, audits, strict=True))
    most = sum(s * int((a.frame - a.asked).sum()) for s, a in zip(shares, audits, strict=True))
    hits, weights, reach, spread = (np.concatenate(c) for c in zip(*map(_terms, audits, shares), strict=True))
    rest = weighted_total(hits, weights, reach, spread, level=level, most=most)
    value = None if rest.value is None else sure + rest.value
    high = sure + rest.high + sum(s * int(a.reopened.sum()) for s, a in zip(shares, audits, strict=True))
    if unseen == 0:  # all were looked at, whatever an older audit left open
        return Estimate(float(found), float(found), float(found), level)
    low, high = (_within(end, found, found + unseen) for end in (sure + rest.low, high))
    return Estimate(None if value is None else _within(value, found, found + unseen), low, high, level)


def left(total: Estimate, found: int) -> Estimate:
    """How many positives are not found yet."""
    return Estimate(
        None if total.value is None else total.value - found,
        total.low - found,
        total.high - found,
        total.level,
    )


def completeness(total: Estimate, found: int) -> Estimate:
    """The share of all positives that is found; nothing is said (0 to 1) when there may be none."""
    value = None if not total.value else min(1.0, found / total.value)
    low = found / total.high if total.high > 0 else 0.0
    high = min(1.0, found / total.low) if total.low > 0 else 1.0
    return Estimate(value, low, high, total.level)


def prevalence(total: Estimate, pool: int) -> Estimate:
    """The share of positives in the pool of that many galaxies."""
    return _over(total, pool)


def precision(total: Estimate, size: int) -> Estimate:
    """The share of positives among so many galaxies taken by rank, where ``total`` is of those galaxies."""
    return _over(total, size)


def _within(number: float, low: float, high: float) -> float:
    return float(min(max(number, low), high))


def _over(total: Estimate, size: int) -> Estimate:
    value = None if total.value is None else min(1.0, total.value / size)
    return Estimate(value, min(1.0, total.low / size), min(1.0, total.high / size), total.level)


def _worth(audit: AuditCount) -> float:
    """How much an audit weighs among others: as many as it drew of where it drew most thinly. So a closing
    audit, which draws many in the candidate pool and few beyond it, does not make those few count for more.
    """
    return 1 / max(float(_terms(audit, 1.0)[2].max(initial=0)), _LEAST_REACH)


def _terms(audit: AuditCount, share: float) -> tuple[np.ndarray, ...]:
    """Hits, weight of a hit, reach and variance, of the strata that are not empty or wholly seen.

    ``reach`` is what no hit in a stratum leaves possible per unit of the Poisson bound: with the share f of a
    stratum drawn, M positives are all missed with the chance (1 - f)^M, so it is -1 / ln(1 - f).
    """
    open_ = audit.asked < audit.frame
    frame, asked = audit.frame[open_].astype(float), audit.asked[open_].astype(float)
    weights = share * (frame - asked) / asked
    reach = share * -1 / np.log1p(-asked / frame)
    spread = share**2 * frame * (frame - asked) / asked**2
    return audit.hits[open_], weights, reach, spread
