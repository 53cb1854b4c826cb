"""Unit vectors in half precision: scanned in half the time, with a bound on the error of every score."""

import time
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["HalfCopy", "as_tensor", "halves_are_summed_in_single"]

BLOCK_ROWS = 4096  # 6 MB of 384 numbers: read, scaled and rounded while in the cache
TRIAL_ROWS = 32_768


class HalfCopy:
    """The directions of vectors, rounded to float16.

    Parameters
    ----------
    vectors : ndarray
        (n, D) float32.
    inverse_norms : ndarray
        (n,) float32.

    Attributes
    ----------
    bound : float
        No score is further than this from the cosine. A number rounded to float16 is off by 2**-11 of itself
        at most, or by 2**-25 where it is tiny; so a unit vector and a unit query are off by that length each,
        the score is rounded once more, and the sum of D products in float32 adds D * 2**-24 at most (Higham
        2002, section 3.1).
    """

    def __init__(self, vectors: np.ndarray, inverse_norms: np.ndarray):
        import torch

        rows, width = vectors.shape
        self._units = torch.empty((rows, width), dtype=torch.float16)
        for start in range(0, rows, BLOCK_ROWS):
            block = as_tensor(vectors[start : start + BLOCK_ROWS])
            scale = as_tensor(inverse_norms[start : start + BLOCK_ROWS, None])
            self._units[start : start + BLOCK_ROWS].copy_(block * scale)
        one = 2.0**-11 + width**0.5 * 2.0**-25
        self.bound = 1.01 * (2 * one + 2.0**-11 + (width + 8) * 2.0**-24)

    def scores(self, query: np.ndarray) -> "Tensor":
        """Scores (n,) float32 of all vectors with a (D,) query of unit length, each right within `bound`."""

        return (self._units @ as_tensor(query).half()).float()

    @staticmethod
    def pays(vectors: np.ndarray) -> bool:
        """Whether this machine scans float16 faster than float32, tried on some rows, and sums it safely."""
        if not halves_are_summed_in_single():
            return False
        some = np.ascontiguousarray(vectors[:TRIAL_ROWS])
        halves = HalfCopy(some, np.ones(len(some), np.float32))
        query = some[0].copy()
        return _milliseconds(lambda: halves.scores(query)) < _milliseconds(lambda: some @ query)


@cache
def halves_are_summed_in_single() -> bool:
    """Whether a product of float16 numbers is summed in float32, on which the bound rests.

    One number of 1 and 4,095 of 2**-12 make almost 2. In float16 each small one is lost beside the large one.
    """
    import torch

    for place in (0, 1, 4095):
        numbers = torch.full((2, 4096), 2.0**-12, dtype=torch.float16)
        numbers[:, place] = 1
        sums = numbers @ torch.ones(4096, dtype=torch.float16)
        if not bool((sums == 2).all()):
            return False
    return True


def as_tensor(array: np.ndarray) -> "Tensor":
    """The array as a tensor: the same memory, or a copy of one that may not be written to."""
    import torch

    return torch.from_numpy(array if array.flags.writeable else array.copy())


def _milliseconds(function) -> float:
    """The best of three, after one to warm up."""
    function()
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        function()
        best = min(best, 1000 * (time.perf_counter() - began))
    return best
