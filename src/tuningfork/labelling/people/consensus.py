"""One answer from many people: the majority, or by each person's skill once it can be known."""

from dataclasses import dataclass

import numpy as np

from tuningfork.labelling.people.agreement import NOBODY, vote_table

__all__ = ["FEWEST_OVERLAPS", "Consensus", "consensus_of", "dawid_skene", "majority"]

FEWEST_OVERLAPS = 50
"""Galaxies that each person must share with others, or that must be known of them, before skills are used."""

_EQUAL = 1e-9  # shares that differ by less are the same votes summed otherwise


@dataclass(frozen=True)
class Consensus:
    """The answer of a team.

    ``answers`` {galaxy id: answer}, ``probability`` {galaxy id: that of the answer given the votes},
    ``method`` "majority" or "dawid-skene", ``skill`` {person: {answer: chance that they recognise it}}
    (empty for the majority) and ``confusion`` {person: [true answer][given answer]}.
    """

    answers: dict[str, str]
    probability: dict[str, float]
    method: str
    skill: dict[str, dict[str, float]]
    confusion: dict[str, list[list[float]]]


def consensus_of(
    votes: dict[str, dict[str, str]],
    answers: tuple[str, ...],
    *,
    known: dict[str, str] | None = None,
    method: str = "auto",
) -> Consensus:
    """Combine {galaxy id: {person: answer}}, the answers of each galaxy in the order in which they were said:
    among equals the one said last stands, as in the labels (`tuningfork.labelling.events.standing`).

    Parameters
    ----------
    answers : tuple of str
        The question's own answers; others count as nothing said.
    known : dict, optional
        Galaxy id -> true answer (gold): it holds, and teaches skills.
    method : str
        "majority", "dawid-skene", or "auto": skills where everybody has `FEWEST_OVERLAPS` galaxies that were
        answered by somebody else too or are known.
    """
    table, galaxies, people = vote_table(votes, answers)
    kept = (table != NOBODY).any(1) if table.size else np.zeros(len(galaxies), bool)
    table, galaxies = table[kept], [g for g, k in zip(galaxies, kept, strict=True) if k]
    code = {a: k for k, a in enumerate(answers)}
    truth = np.array([code.get((known or {}).get(g, ""), NOBODY) for g in galaxies], np.int64)
    if method == "auto":
        method = "dawid-skene" if _enough(table, truth) else "majority"
    if method not in ("majority", "dawid-skene"):
        raise ValueError(f"'{method}' is neither majority, dawid-skene nor auto")
    skilled = method == "dawid-skene" and len(galaxies)
    if skilled:
        share, confusion = dawid_skene(table, len(answers), known=truth)
    else:
        share, confusion = (
            majority(table, len(answers), known=truth),
            np.zeros((0, len(answers), len(answers))),
        )
    best = np.array(
        [_leading(row, votes[g], answers) for g, row in zip(galaxies, share, strict=True)], np.int64
    )
    told = zip(people, confusion, strict=True) if skilled else ()
    tables = {person: matrix for person, matrix in told}
    return Consensus(
        {g: answers[b] for g, b in zip(galaxies, best, strict=True)},
        {g: float(share[k, b]) for k, (g, b) in enumerate(zip(galaxies, best, strict=True))},
        method,
        {p: {a: float(m[k, k]) for k, a in enumerate(answers)} for p, m in tables.items()},
        {p: m.tolist() for p, m in tables.items()},
    )


def majority(table: np.ndarray, answers: int, *, known: np.ndarray | None = None) -> np.ndarray:
    """The share of votes for each answer, float [galaxies, answers]; known galaxies hold what is known."""
    counts = np.stack([(table == k).sum(1) for k in range(answers)], 1).astype(float)
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    return _pinned(share, known)


def dawid_skene(
    table: np.ndarray,
    answers: int,
    *,
    known: np.ndarray | None = None,
    smoothing: float = 0.5,
    rounds: int = 200,
    tolerance: float = 1e-6,
) -> tuple[np.ndarray, np.ndarray]:
    """What is true and how each person errs, by turns (Dawid & Skene 1979, Applied Statistics 28, 20).

    Parameters
    ----------
    table : int [galaxies, people]
        The answer's place, or -1.
    answers : int
        How many answers there are.
    known : int [galaxies], optional
        The true answer where it is known, else -1.
    smoothing : float
        Added to every count of a person's table, so that no error is impossible after a few answers; 0 gives
        the original.
    rounds, tolerance
        When to stop: after so many rounds, or when no probability moves by more.

    Returns
    -------
    float [galaxies, answers], float [people, answers, answers]
        The probability of each answer, and of each given answer (last axis) when another is true.
    """
    said = np.stack([table == k for k in range(answers)], 2).astype(float)  # galaxies, people, answers
    share = majority(table, answers, known=known)
    confusion = np.empty((table.shape[1], answers, answers))
    for _ in range(rounds):
        prior = (share.sum(0) + smoothing) / (len(share) + answers * smoothing)
        confusion = np.einsum("ik,ipl->pkl", share, said) + smoothing
        confusion /= np.maximum(confusion.sum(2, keepdims=True), 1e-300)
        with np.errstate(divide="ignore"):
            log = np.log(np.maximum(prior, 1e-300)) + np.einsum(
                "ipl,pkl->ik", said, np.log(np.maximum(confusion, 1e-300))
            )
        new = np.exp(log - log.max(1, keepdims=True))
        new = _pinned(new / new.sum(1, keepdims=True), known)
        moved, share = np.abs(new - share).max(initial=0), new
        if moved <= tolerance:
            break
    return share, confusion


def _leading(share: np.ndarray, votes: dict[str, str], answers: tuple[str, ...]) -> int:
    """The place of the largest share; among equals that of the answer said last."""
    most = np.flatnonzero(share >= share.max() - _EQUAL)
    if len(most) > 1:
        equals = {answers[k]: int(k) for k in most}
        return next((equals[said] for said in reversed(votes.values()) if said in equals), int(most[0]))
    return int(most[0])


def _pinned(share: np.ndarray, known: np.ndarray | None) -> np.ndarray:
    if known is not None and (known != NOBODY).any():
        rows = np.flatnonzero(known != NOBODY)
        share[rows] = 0
        share[rows, known[rows]] = 1
    return share


def _enough(table: np.ndarray, truth: np.ndarray) -> bool:
    """Whether each of two or more people has enough galaxies that others answered too, or that are known."""
    if not table.size:
        return False
    there = table[:, (table != NOBODY).any(0)] != NOBODY  # who only ever said "maybe" has no skill to learn
    if there.shape[1] < 2:
        return False
    shared = (there.sum(1) >= 2) | (truth != NOBODY)
    return bool((there[shared].sum(0) >= FEWEST_OVERLAPS).all())
