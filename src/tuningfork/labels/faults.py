"""Votes that cannot be: shares outside 0..1, answers that do not add up, people who are not whole."""

from dataclasses import dataclass, replace

import numpy as np

from tuningfork.errors import DataError
from tuningfork.labels.votes import Votes

__all__ = ["VoteFaults", "sound_votes", "vote_faults"]

ROUNDING = 0.02  # published shares have three digits, and up to seven of them are added
_MOST = 0.05  # share of galaxies in fault beyond which the columns are not what they are taken for


@dataclass(frozen=True)
class VoteFaults:
    """Which galaxies have votes that cannot be.

    Parameters
    ----------
    bad : ndarray
        (n,) bool.
    kinds : dict
        What is wrong -> (row of the first such galaxy, how many there are).
    """

    bad: np.ndarray
    kinds: dict[str, tuple[int, int]]

    def lines(self, ids: np.ndarray | None = None) -> list[str]:
        """One line a kind of fault; ``ids`` (n,) names the first galaxy of each."""
        lines = []
        for what, (row, count) in self.kinds.items():
            first = row if ids is None else ids[row]
            lines.append(f"{count:,} galax{'y' if count == 1 else 'ies'}: {what} (first: {first})")
        return lines


def vote_faults(votes: Votes) -> VoteFaults:
    """Look at every galaxy's votes.

    Counts must be whole and not negative, and no more people may answer a question than gave the answers that
    lead to it. Shares must lie in 0..1, and those of a question add up to 1, or to 0 where nobody was asked;
    debiased ones need not add up, for each was adjusted by itself (Willett et al. 2013). Cumulative ones must
    add up to the share that came so far.
    """
    bad = np.zeros(len(votes), bool)
    kinds: dict[str, tuple[int, int]] = {}

    def tell(wrong: np.ndarray, what: str) -> None:
        if wrong.any():
            kinds[what] = int(np.flatnonzero(wrong)[0]), int(wrong.sum())
            np.logical_or(bad, wrong, out=bad)

    with np.errstate(invalid="ignore"):
        for question in votes.tree.slices:
            said = votes.of(question)
            if votes.kind == "count":
                broken = (said < 0) | ((said != np.floor(said)) & ~np.isnan(said))
                tell(broken.any(axis=1), _COUNT.format(question))
                tell(_more_than_came(votes, question), f"more people answered '{question}' than came to it")
            else:
                tell(((said < -1e-6) | (said > 1 + 1e-6)).any(axis=1), _OUTSIDE.format(question))
                tell(_do_not_add_up(votes, question), f"the answers to '{question}' do not add up")
    return VoteFaults(bad, kinds)


_COUNT = "a count of '{}' is no number of people"
_OUTSIDE = "a share of '{}' lies outside 0 to 1"


def sound_votes(votes: Votes, *, where: str, ids: np.ndarray | None = None) -> tuple[Votes, list[str]]:
    """Votes with those that cannot be taken out (NaN), and what was taken out, a line each.

    Raises
    ------
    DataError
        When more than 5 % of the galaxies have such votes: then the columns are something else.
    """
    faults = vote_faults(votes)
    if faults.bad.mean() > _MOST if len(votes) else False:
        raise DataError(
            f"these are no {votes.kind} votes: {faults.lines(ids)[0]}",
            where=where,
            remedy="Say which kind of votes the columns hold, or mend them",
        )
    values = np.where(faults.bad[:, None], np.nan, votes.values)
    return replace(votes, values=values), faults.lines(ids)


def _do_not_add_up(votes: Votes, question: str) -> np.ndarray:
    said = votes.of(question)
    known = ~np.isnan(said).all(axis=1)
    if votes.kind == "debiased" or votes.tree.step(question).several:
        return np.zeros(len(votes), bool)
    total = np.nansum(said, axis=1)
    if votes.kind == "cumulative":
        whole = _came(votes, question)
        return known & (np.abs(total - whole) > ROUNDING)
    return known & (np.abs(total - 1) > ROUNDING) & (total > ROUNDING)


def _came(votes: Votes, question: str) -> np.ndarray:
    """The share, or the number, of those who came to a question; infinite numbers for the first."""
    parents = votes.tree.parents[question]
    if not len(parents) or question in votes.naming.always:
        return np.full(len(votes), 1.0 if votes.kind == "cumulative" else np.inf)
    return np.nansum(votes.values[:, parents], axis=1)


def _more_than_came(votes: Votes, question: str) -> np.ndarray:
    known = votes.values[:, votes.tree.parents[question]]
    asked = ~np.isnan(known).all(axis=1) if known.shape[1] else np.zeros(len(votes), bool)
    return asked & ~votes.tree.step(question).several & (votes.people(question) > _came(votes, question))
