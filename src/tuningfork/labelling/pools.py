"""The vectors that a search works on: prepared once, in memory, or on disk when they are too many."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.files import disk_errors
from tuningfork.labelling.joined import Joined, join
from tuningfork.labelling.on_disk import DiskVectors, prepared_file
from tuningfork.labelling.preparation import Preparation, sample_rows

__all__ = ["IN_MEMORY", "Pool", "load_pool"]

IN_MEMORY = 2**30
"""Bytes of prepared vectors that are held in memory: 2,097,152 galaxies at the 128 directions of one encoder.
Above it half as many bytes lie in a file, and a block of them at a time is in memory.
"""


@dataclass(frozen=True)
class Pool:
    """Vectors aligned with the rows of a collection, made ready to learn from.

    Parameters
    ----------
    joined : Joined
        Of which encoders.
    vectors : float32 [n, d] or DiskVectors
        Of unit length, rounded to half precision wherever they lie: a search takes the same course in memory
        and on disk. Zeros where ``present`` is False.
    prepare : Preparation
        Does the same to vectors [m, D] from elsewhere, side by side.
    """

    joined: Joined
    vectors: Any
    prepare: Preparation

    @property
    def key(self) -> str:
        """Of the encoders; see `Joined.key`."""
        return self.joined.key

    @property
    def present(self) -> np.ndarray:
        """Which galaxies have all vectors: bool [n]."""
        return self.joined.present


def load_pool(
    collection: Any, encoder: str | Sequence[str] | None = None, *, in_memory: int | None = None
) -> Pool:
    """Read stored vectors and prepare them, some thousand at a time; the raw ones are never held together.

    Parameters
    ----------
    collection : Collection
        With vectors.
    encoder : str or sequence of str, optional
        Whose; ``a+b`` are those of two side by side, the newest when not given.
    in_memory : int, optional
        Bytes to hold in memory at most, `IN_MEMORY` when not given. More lie in
        ``DIR/sessions/.prepared``, made anew when vectors have changed; a collection that is not in a local
        folder is always held.
    """
    joined = join(collection, encoder)
    prepare = _learnt(collection, joined)
    size = 4 * len(joined.present) * prepare.dim
    limit = IN_MEMORY if in_memory is None else in_memory
    if size <= limit or not isinstance(collection.path, str | Path):
        vectors: Any = np.zeros((len(joined.present), prepare.dim), np.float32)
        _fill(vectors, collection, joined, prepare)
    else:
        vectors = _on_disk(collection, joined, prepare)
    return Pool(joined, vectors, prepare)


def _learnt(collection: Any, joined: Joined) -> Preparation:
    wanted = sample_rows(joined.present)
    place = np.full(len(joined.present), -1)
    place[wanted] = np.arange(len(wanted))
    samples = []
    for source in joined.sources:
        sample = np.empty((len(wanted), source.vectors.shape[1]), np.float32)
        for rows, block in _blocks(collection, source.key):
            taken = place[rows] >= 0
            sample[place[rows[taken]]] = block[taken]
        samples.append(sample)
    return Preparation.of_samples(samples)


def _fill(out: np.ndarray, collection: Any, joined: Joined, prepare: Preparation) -> None:
    """Every vector that is there into its row; each encoder's table is read once."""
    for number, source in enumerate(joined.sources):
        columns = prepare.columns[number]
        for rows, block in _blocks(collection, source.key):
            ready = np.empty((len(block), columns.stop - columns.start), np.float32)
            prepare.one(number, block, ready)
            kept = joined.present[rows]
            out[rows[kept], columns] = ready[kept].astype(np.float16)


def _blocks(collection: Any, key: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    return collection.vector_table(key).blocks(collection.id_column())


def _on_disk(collection: Any, joined: Joined, prepare: Preparation) -> DiskVectors:
    folder = Path(collection.path) / "sessions" / ".prepared"
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    versions = [collection.vector_table(one.key).version for one in joined.sources]
    of_encoders = _hash([joined.key])
    told = _hash([versions, collection.fingerprint(), len(joined.present), prepare.dim])
    file = folder / f"{of_encoders}-{told}.npy"
    if not file.is_file():
        with prepared_file(file, len(joined.present), prepare.dim) as out:
            _fill(out, collection, joined, prepare)
        for older in folder.glob(f"{of_encoders}-*.npy"):
            if older != file:
                with suppress(OSError):  # another process may still read it
                    older.unlink()
    return DiskVectors(file)


def _hash(facts: list) -> str:
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]
