"""A byte for every galaxy, by which the map is coloured: its answer, or how high it is ranked."""

import numpy as np

from tuningfork.web.loop import Loop

__all__ = ["answer_codes", "score_steps"]


def answer_codes(loop: Loop, who: str) -> np.ndarray:
    """Of every galaxy the answer that stands for a person: uint8, 0 for none, else 1 + its place among all
    answers.
    """
    codes = np.zeros(len(loop.session.collection), np.uint8)
    place = {answer: i + 1 for i, answer in enumerate(loop.session.question.all_answers)}
    _, row_of = loop.session.row_numbers()
    for galaxy_id, answer in loop.standing(who).items():
        row = row_of.get(galaxy_id)
        if row is not None and row < len(codes):
            codes[row] = place.get(answer, 0)
    return codes


def score_steps(loop: Loop) -> np.ndarray:
    """Of every galaxy how high it is ranked: uint8, 0 without a score, else 1 (last) to 255 (first)."""
    rank = np.asarray(loop.session.ranking().rank)
    scored = max(int((rank > 0).sum()), 1)
    return np.where(rank > 0, 255 - (rank - 1) * 254 // scored, 0).clip(0, 255).astype(np.uint8)
