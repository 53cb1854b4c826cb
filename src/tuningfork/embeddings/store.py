"""Load stored vectors in the collection's row order, and export them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.embeddings.keys import made_by, resolve_key
from tuningfork.errors import UsageError

__all__ = ["Embeddings", "export_embeddings", "load_embeddings"]


@dataclass(frozen=True)
class Embeddings:
    """Vectors aligned with the rows of a collection.

    Parameters
    ----------
    key : str
        What they are stored under.
    vectors : ndarray
        (n, D) float32, contiguous, one row a galaxy in the collection's order; zeros where there is none.
    present : ndarray
        (n,) bool: which galaxies have a vector.
    metadata : dict
        How they were made: encoder, precision, views, time.
    """

    key: str
    vectors: np.ndarray
    present: np.ndarray
    metadata: dict[str, str]

    def command(self, where: Path | str) -> str:
        """The advice that names the command by which galaxies without a vector get one."""
        views = f" --views {self.metadata['views']}" if self.metadata.get("views", "1") != "1" else ""
        bands = f" --bands {self.metadata['bands']}" if self.metadata.get("bands") else ""
        return f"Embed the rest: tuningfork embed {where} --encoder {made_by(self.metadata)}{bands}{views}"


def load_embeddings(collection: Any, encoder: Any = None) -> Embeddings:
    """Read the vectors of a collection into memory.

    Parameters
    ----------
    collection : Collection
        The galaxies.
    encoder : str or Encoder, optional
        A key, or a name, which means the newest vectors of that name; None means the usual ones.

    Returns
    -------
    Embeddings
        In row order. Galaxies embedded since they left the collection are passed over.

    Raises
    ------
    EmbeddingError
        When there are none; the remedy is the command that makes them.
    """
    key = resolve_key(collection, encoder)
    table = collection.vector_table(key)
    vectors, present = table.aligned(collection.id_column())
    return Embeddings(key, vectors, present, table.metadata)


def export_embeddings(collection: Any, out: Path | str, encoder: Any = None) -> int:
    """Write the vectors of a collection to a Parquet file.

    Parameters
    ----------
    collection : Collection
        The galaxies.
    out : path
        A ``.parquet`` file; replaced if it is there.
    encoder : str or Encoder, optional
        As for `load_embeddings`.

    Returns
    -------
    int
        How many galaxies were written: those that have a vector, in row order, as columns ``id`` (string) and
        ``embedding`` (fixed-size list of float32).
    """
    import pyarrow as pa

    out = Path(out)
    if out.suffix.lower() not in (".parquet", ".pq"):
        raise UsageError(
            "embeddings are exported as Parquet", where=str(out), remedy=f"Call it {out.stem}.parquet"
        )
    loaded = load_embeddings(collection, encoder)
    rows = np.flatnonzero(loaded.present)
    vectors = loaded.vectors if len(rows) == len(loaded.present) else loaded.vectors[rows]
    flat = pa.array(vectors.reshape(-1))
    table = pa.table(
        {
            "id": pa.array(collection.ids(rows), pa.string()),
            "embedding": pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
        },
        metadata={"key": loaded.key, **loaded.metadata},
    )
    _write_parquet(table, out)
    return len(rows)


def _write_parquet(table: Any, out: Path) -> None:
    """Write beside, then rename: a kill leaves the old file or the new one."""
    import os

    import pyarrow.parquet as pq

    from tuningfork.files import disk_errors

    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    with disk_errors(out):
        try:
            pq.write_table(table, part, compression="zstd")
            part.replace(out)
        finally:
            part.unlink(missing_ok=True)
