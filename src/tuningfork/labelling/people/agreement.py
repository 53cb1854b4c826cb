"""How far people agree: raw, on the positive answer, and beyond chance with an interval."""

from dataclasses import dataclass

import numpy as np

from tuningfork.labelling.estimates.weighted import Estimate

__all__ = [
    "Agreement",
    "agreement_of",
    "krippendorff_alpha",
    "positive_agreement",
    "raw_agreement",
    "vote_table",
]

NOBODY = -1
"""In a table of votes: this person said nothing of this galaxy."""


@dataclass(frozen=True)
class Agreement:
    """Agreement of people over the galaxies that at least two of them answered.

    ``alpha`` has a bootstrap interval over galaxies. ``raw`` and ``positive`` are shares of pairs, None where
    there is nothing to compare. For a rare class raw agreement and alpha both mislead; positive agreement is
    the one to look at.
    """

    galaxies: int
    people: int
    raw: float | None
    positive: float | None
    alpha: Estimate | None


def vote_table(
    votes: dict[str, dict[str, str]], answers: tuple[str, ...]
) -> tuple[np.ndarray, list[str], list[str]]:
    """Votes as int [galaxies, people] (the answer's place, or `NOBODY`), with the galaxies and the people.

    Answers that are not among ``answers`` count as nothing said.
    """
    galaxies, people = sorted(votes), sorted({p for told in votes.values() for p in told})
    place, code = {p: k for k, p in enumerate(people)}, {a: k for k, a in enumerate(answers)}
    table = np.full((len(galaxies), len(people)), NOBODY, np.int64)
    for row, galaxy_id in enumerate(galaxies):
        for person, answer in votes[galaxy_id].items():
            table[row, place[person]] = code.get(answer, NOBODY)
    return table, galaxies, people


def agreement_of(
    votes: dict[str, dict[str, str]],
    answers: tuple[str, ...],
    *,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> Agreement:
    """Agreement over {galaxy id: {person: answer}}; the first of ``answers`` is the positive one."""
    table, _, people = vote_table(votes, answers)
    counts = _counts(table, len(answers))
    counts = counts[counts.sum(1) >= 2]
    return Agreement(
        len(counts),
        len(people),
        raw_agreement(counts),
        positive_agreement(counts),
        _with_interval(counts, level, resamples, seed),
    )


def raw_agreement(counts: np.ndarray) -> float | None:
    """The share of pairs of people, within galaxies, that said the same; ``counts`` int [galaxies,
    answers].
    """
    pairs, same = _pairs(counts).sum(), (counts * (counts - 1) / 2).sum()
    return float(same / pairs) if pairs else None


def positive_agreement(counts: np.ndarray, answer: int = 0) -> float | None:
    """Twice the pairs that both said it over all who said it in a pair (Cicchetti & Feinstein 1990, J. Clin.
    Epidemiol. 43, 551); None when nobody did.
    """
    said, others = counts[:, answer], counts.sum(1) - counts[:, answer]
    both, one = (said * (said - 1) / 2).sum(), (said * others).sum()
    return float(2 * both / (2 * both + one)) if both + one else None


def krippendorff_alpha(counts: np.ndarray) -> float:
    """Krippendorff's alpha for names without order (Krippendorff 2004, Content Analysis, ch. 11).

    Parameters
    ----------
    counts : int [galaxies, answers]
        How many people gave each answer; galaxies with fewer than two answers count for nothing.

    Returns
    -------
    float
        1 for perfect agreement, 0 for that of chance, nan when there is nothing to compare or only one answer
        was ever given.
    """
    counts = counts[counts.sum(1) >= 2].astype(float)
    n = counts.sum(1)
    total = n.sum()
    if total == 0:
        return float("nan")
    observed = ((n**2 - (counts**2).sum(1)) / (n - 1)).sum() / total
    marginal = counts.sum(0)
    expected = (total**2 - (marginal**2).sum()) / (total * (total - 1))
    return float(1 - observed / expected) if expected > 0 else float("nan")


def _with_interval(counts: np.ndarray, level: float, resamples: int, seed: int) -> Estimate | None:
    value = krippendorff_alpha(counts)
    if np.isnan(value):
        return None
    kinds, times = np.unique(
        counts, axis=0, return_counts=True
    )  # galaxies with the same votes are drawn as one
    rng = np.random.default_rng(seed)
    draws = []
    for weights in rng.multinomial(times.sum(), times / times.sum(), size=resamples):
        draws.append(krippendorff_alpha(np.repeat(kinds, weights, axis=0)))
    low, high = np.nanquantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(value, float(min(low, value)), float(max(high, value)), level)


def _counts(table: np.ndarray, answers: int) -> np.ndarray:
    return (
        np.stack([(table == k).sum(1) for k in range(answers)], 1) if table.size else np.zeros((0, answers))
    )


def _pairs(counts: np.ndarray) -> np.ndarray:
    n = counts.sum(1)
    return n * (n - 1) / 2
