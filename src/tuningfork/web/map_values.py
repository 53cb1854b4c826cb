"""A byte for every galaxy, by which the map is coloured: its answer, or how high it is ranked."""

import numpy as np

from tuningfork.web.loop import Loop

__all__ = ["answer_codes", "score_steps"]


def answer_codes(loop: Loop, who: str) -> np.ndarray:
    """Of every galaxy the answer that stands for a person: uint8, 0 for none, else 1 + its place among all
    answers.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    labels, collection = loop.standing(who), loop.session.collection
    codes = np.zeros(len(collection), np.uint8)
    place = {answer: i + 1 for i, answer in enumerate(loop.session.question.all_answers)}
    if labels:
        found = pc.index_in(pa.array(labels, pa.large_string()), value_set=collection.id_column())
        rows = found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        given = np.array([place.get(answer, 0) for answer in labels.values()], np.uint8)
        codes[rows[rows >= 0]] = given[rows >= 0]
    return codes


def score_steps(loop: Loop) -> np.ndarray:
    """Of every galaxy how high it is ranked: uint8, 0 without a score, else 1 (last) to 255 (first)."""
    rank = np.asarray(loop.session.ranking().rank)
    scored = max(int((rank > 0).sum()), 1)
    return np.where(rank > 0, 255 - (rank - 1) * 254 // scored, 0).clip(0, 255).astype(np.uint8)
