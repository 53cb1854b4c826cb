"""Vectors made ready for learning from few labels: strongest directions, half whitened, of unit length."""

import numpy as np

__all__ = ["Preparation"]

_SAMPLE = 20_000  # vectors from which the directions are taken


class Preparation:
    """Learn from a pool how to prepare its vectors, then prepare any.

    Centred on the pool, rotated to its principal directions and each divided by the square root of its
    spread: half way between the raw vectors, where size and brightness drown the rest, and fully whitened
    ones, where noise weighs as much as signal. Chosen on Galaxy Zoo 1 mergers (88 of 5,060, three examples);
    on the cigar-shaped of the challenge galaxies, which the choice never saw, it raised the finds in 200
    answers from 24.0 to 27.6 of 36 (ResNet-10 features, mean of 8 draws) and cost edge-on ones
    little (172.6 and 170.2 of 250).

    Parameters
    ----------
    vectors : float32 [n, D]
        The pool.
    present : bool [n]
        Which of them are there.
    directions : int
        How many to keep at most.
    """

    def __init__(self, vectors: np.ndarray, present: np.ndarray, *, directions: int = 64):
        rows = np.flatnonzero(present)
        if len(rows) > _SAMPLE:
            rows = rows[np.linspace(0, len(rows) - 1, _SAMPLE).astype(np.int64)]
        sample = vectors[rows].astype(np.float64)
        self.centre = sample.mean(0) if len(rows) else np.zeros(vectors.shape[1])
        spread = sample - self.centre
        variance, basis = np.linalg.eigh(spread.T @ spread / max(len(rows), 1))
        strongest = np.argsort(-variance)[:directions]
        variance, basis = variance[strongest], basis[:, strongest]
        there = variance > 1e-9 * max(float(variance.max()), 1e-30)
        self.basis = (basis * np.where(there, np.maximum(variance, 1e-30) ** -0.25, 0)).astype(np.float32)

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors [m, D] as unit directions float32 [m, d]; one that lies on the centre becomes zero."""
        out = np.asarray(vectors, np.float32) @ self.basis  # a million of them are not copied first
        out -= (self.centre @ self.basis).astype(np.float32)
        out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
        return out
