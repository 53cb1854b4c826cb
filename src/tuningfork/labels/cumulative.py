"""The cumulative columns of the Galaxy Zoo challenge: each answer's share of all people, and back.

A question is reached by those who gave one of the answers that lead to it; its answers share them out. The
answers that lead to one question exclude each other, so their shares add up.
"""

from collections.abc import Sequence

import numpy as np

from tuningfork.labels.trees import Tree

__all__ = ["from_cumulative", "reach", "to_cumulative"]

_NOBODY = 1e-9


def to_cumulative(tree: Tree, fractions: np.ndarray, *, always: Sequence[str] = ()) -> np.ndarray:
    """Shares of those who were asked, as shares of all.

    Parameters
    ----------
    fractions : ndarray
        (n, answers) in 0..1; NaN for questions that nobody was asked.
    always : sequence of str
        Questions that count everyone though they have parents. The challenge did so with question 6,
        ``tree.naming("challenge").always``.

    Returns
    -------
    ndarray
        (n, answers); 0 for the answers to a question that nobody reached.
    """
    shares = np.zeros_like(fractions, float)
    for step in tree.steps:  # parents come first
        part = tree.slices[step.name]
        reached = _reached(tree, shares, step.name, always)[:, None]
        shares[:, part] = np.where(reached > _NOBODY, fractions[:, part], 0.0) * reached
    return shares


def from_cumulative(tree: Tree, shares: np.ndarray, *, always: Sequence[str] = ()) -> np.ndarray:
    """Shares of all people, as shares of those who were asked: the inverse of `to_cumulative`.

    Returns
    -------
    ndarray
        (n, answers); NaN where nobody reached the question.
    """
    fractions = np.full(shares.shape, np.nan)
    for step in tree.steps:
        part = tree.slices[step.name]
        reached = _reached(tree, shares, step.name, always)[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            fractions[:, part] = np.where(reached > _NOBODY, shares[:, part] / reached, np.nan)
    return fractions


def reach(tree: Tree, fractions: np.ndarray) -> dict[str, np.ndarray]:
    """Question -> which share of all people came to it, (n,), for shares of those who were asked."""
    shares = to_cumulative(tree, fractions)
    return {step.name: _reached(tree, shares, step.name, ()) for step in tree.steps}


def _reached(tree: Tree, shares: np.ndarray, question: str, always: Sequence[str]) -> np.ndarray:
    parents = tree.parents[question]
    if not len(parents) or question in always:
        return np.ones(len(shares))
    return np.nan_to_num(shares[:, parents]).sum(axis=1)
