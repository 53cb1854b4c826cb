"""A pre-training as one cell of a table: begun, gone on with or found finished in its folder."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.papers.apart import Pool

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.encoders import Encoder

__all__ = ["frozen_vectors", "pretrained"]


def pretrained(pool: Pool, folder: Path, *, quiet: bool = False, **settings: Any) -> Path:
    """The weights of a pre-training on the pool; it goes on where its folder stands.

    Parameters
    ----------
    pool : Pool
    folder : Path
        Of this pre-training alone. Its checkpoint, which is six times as large as the weights, is deleted
        when it has ended.
    **settings
        Of `tuningfork.tasks.pretrain.pretrain`.
    """
    from tuningfork.tasks.pretrain import pretrain

    weights = folder / "weights.safetensors"
    if not (folder / "DONE").exists():
        pretrain(pool.collections, folder, leave_out_ids=pool.kept_away, quiet=quiet, **settings)
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    return weights


def frozen_vectors(collection: "Collection", encoder: "Encoder", rows: np.ndarray) -> np.ndarray:
    """Embeddings (len(rows), D) that are not kept: a sweep would leave dozens in somebody's collection.

    Zeros for galaxies whose stamp cannot be read.
    """
    from tuningfork.embeddings.compute import Embedder
    from tuningfork.embeddings.forward import Plan
    from tuningfork.embeddings.prepare import fit_for

    vectors = np.zeros((len(collection), encoder.spec.dim), np.float32)
    work = Embedder(collection, encoder, Plan(batch_size=64), 1, fit_for(collection, encoder))
    for outcome in work(rows):
        vectors[outcome.rows] = outcome.vectors
    return vectors[rows]
