"""What deserves a second look: unsure answers, answers the model doubts, and what was told in two ways."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tuningfork.labelling.events import Event, State, words_of
from tuningfork.labelling.question import Question
from tuningfork.labelling.strategies.view import SAME_PICTURE

__all__ = ["MOST", "Review", "review_of"]

MOST = 96
"""Galaxies in one list."""
_MOST_COMPARED = 20_000
_BLOCK = 1_024


@dataclass(frozen=True)
class Review:
    """Ids of galaxies by list, those that need it most first.

    ``maybes`` were answered maybe; ``doubted`` are finds with a score below one half, ``rejects`` galaxies
    answered otherwise with a score above; ``twice`` are galaxies of which a repeat said something else, as
    long as nothing was said of them since; ``pairs`` holds near-duplicates with different answers, one after
    the other.
    """

    maybes: list[str] = field(default_factory=list)
    doubted: list[str] = field(default_factory=list)
    rejects: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    pairs: list[str] = field(default_factory=list)


def review_of(
    state: State,
    question: Question,
    person: str,
    *,
    row_of: dict[str, int],
    ranking: Any,
    vectors: np.ndarray,
    away: set[str],
) -> Review:
    """One person's answers that deserve a second look.

    Parameters
    ----------
    state : State
        Of the log.
    row_of : dict
        Galaxy id -> row.
    ranking : Ranking
        The scores of now.
    vectors : float32 [n, d]
        Of unit length.
    away : set of str
        Galaxies to leave out: who looks again at those of a running audit because the model doubts the answer
        bends the audit, and planted known galaxies measure the first look.
    """
    own = _own(state, person, row_of, away)
    finds = [i for i, e in own.items() if e.answer == question.positive]
    others = [i for i, e in own.items() if e.answer in question.answers and e.answer != question.positive]
    doubted, rejects = [], []
    if ranking.learnt:
        scores = {i: float(ranking.scores[row_of[i]]) for i in (*finds, *others)}
        doubted = sorted((i for i in finds if scores[i] < 0.5), key=scores.__getitem__)
        rejects = sorted((i for i in others if scores[i] > 0.5), key=lambda i: -scores[i])
    maybes = [i for i, e in reversed(own.items()) if e.answer == "maybe"]
    twice = [i for i, e in reversed(own.items()) if _told_otherwise(state, person, e)]
    told = {i: str(own[i].answer) for i in (*finds, *others)}
    pairs = _pairs(told, row_of, vectors)
    return Review(maybes[:MOST], doubted[:MOST], rejects[:MOST], twice[:MOST], pairs[:MOST])


def _own(state: State, person: str, row_of: dict[str, int], away: set[str]) -> dict[str, Event]:
    """Galaxy id -> what the person says of it, in the order in which it was said."""
    told = []
    for galaxy_id in state.answered_by(person) - away:
        said = words_of(state.live(galaxy_id))[person]
        if galaxy_id in row_of and said.stream != "example":
            told.append(said)
    return {str(e.galaxy_id): e for e in sorted(told)}


def _told_otherwise(state: State, person: str, said: Event) -> bool:
    """Whether the person's repeat of a galaxy came after what they say of it, and differs."""
    repeats = [e for e in state.live(str(said.galaxy_id)) if e.annotator == person and e.stream == "repeat"]
    spoken = [e for e in repeats if e.answer != "skip"]
    return bool(spoken) and max(spoken) > said and max(spoken).answer != said.answer


def _pairs(told: dict[str, str], row_of: dict[str, int], vectors: np.ndarray) -> list[str]:
    """The ids of near-duplicates with different answers, each pair in a row; the latest answers only."""
    ids = list(told)[-_MOST_COMPARED:]
    near = np.ascontiguousarray(vectors[[row_of[i] for i in ids]], np.float32)
    answers = np.array([told[i] for i in ids], dtype=object)
    found: list[tuple[float, str, str]] = []
    for start in range(0, len(ids), _BLOCK):
        cosine = near[start : start + _BLOCK] @ near.T
        for a, b in np.argwhere(cosine > SAME_PICTURE):
            first = start + int(a)
            if first < b and answers[first] != answers[b]:
                found.append((-float(cosine[a, b]), ids[first], ids[b]))
    seen: set[str] = set()
    pairs: list[str] = []
    for _, one, other in sorted(found):
        if (
            not {one, other} & seen
        ):  # a third picture of the same galaxy comes after the first two are settled
            seen |= {one, other}
            pairs += [one, other]
    return pairs
