"""Prepared vectors that stay on disk: half precision, read a block at a time."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tuningfork.errors import EmbeddingError
from tuningfork.files import disk_errors
from tuningfork.labelling.preparation import Preparation

__all__ = ["DiskVectors", "prepared_file", "write_prepared"]

_BLOCK = 65_536


class DiskVectors:
    """Unit vectors float16 [n, d] in a file, used like an array of float32.

    Any rows can be taken (``vectors[rows]``, ``vectors[a:b]``) and the whole be multiplied by a vector
    (``vectors @ w``); memory is that of a block. Rounding to half precision moves a cosine by 0.001 at most.

    Parameters
    ----------
    path : path
        What `write_prepared` wrote; no pickled file is read.

    Raises
    ------
    EmbeddingError
        For a file that is not such an array.
    """

    def __init__(self, path: Path | str):
        try:
            self._halves = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, EOFError, ValueError) as error:
            raise EmbeddingError(
                f"prepared vectors cannot be read: {error}", where=str(path), remedy="Prepare them again"
            ) from error
        if self._halves.dtype != np.float16 or self._halves.ndim != 2:
            raise EmbeddingError(
                f"{self._halves.dtype} {self._halves.shape} is not half precision [n, d]",
                where=str(path),
                remedy="Prepare them again",
            )
        self.shape: tuple[int, int] = self._halves.shape  # type: ignore[assignment]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: np.ndarray | slice | int | list[int]) -> np.ndarray:
        """The rows as float32."""
        rows = np.asarray(rows, np.int64) if isinstance(rows, list) else rows
        return _singles(self._halves[rows])

    def __matmul__(self, right: np.ndarray) -> np.ndarray:
        """Products float32 with a vector [d] or a matrix [d, k]."""
        right = np.asarray(right, np.float32)
        out = np.empty((len(self), *right.shape[1:]), np.float32)
        for start in range(0, len(self), _BLOCK):
            out[start : start + _BLOCK] = self[start : start + _BLOCK] @ right
        return out


def write_prepared(
    path: Path | str, blocks: Iterable[np.ndarray], rows: int, preparation: Preparation
) -> DiskVectors:
    """Prepare vectors that do not fit into memory.

    Parameters
    ----------
    path : path
        A ``.npy`` file; written beside and renamed, so that a kill leaves the old one or none.
    blocks : iterable of float32 [m, D]
        The pool's vectors in order, some at a time.
    rows : int
        How many there are in all.
    preparation : Preparation
        Made from a sample.
    """
    path = Path(path)
    with prepared_file(path, rows, preparation.dim) as out:
        done = 0
        for block in blocks:
            if done + len(block) > rows:
                raise ValueError(f"more than the {rows} vectors that were said")
            out[done : done + len(block)] = preparation(block)
            done += len(block)
        if done != rows:
            raise ValueError(f"{done} vectors where {rows} were said")
    return DiskVectors(path)


@contextmanager
def prepared_file(path: Path, rows: int, directions: int) -> Iterator[np.ndarray]:
    """A new file of zeros to be filled, float16 [rows, directions]; written beside and renamed at the end, so
    that a kill or an error leaves the old one or none.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with disk_errors(path):
        try:
            out = np.lib.format.open_memmap(part, mode="w+", dtype=np.float16, shape=(rows, directions))
            yield out
            out.flush()
            del out
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def _singles(halves: np.ndarray) -> np.ndarray:
    """float16 as float32; torch does it several times faster than NumPy."""
    import torch

    if halves.ndim < 2 or len(halves) < 1024:
        return halves.astype(np.float32)
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the mapped file may not be written to, and is not
        return torch.from_numpy(np.ascontiguousarray(halves)).float().numpy()
