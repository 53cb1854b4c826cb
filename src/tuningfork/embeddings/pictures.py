"""Pictures from outside a collection, embedded as its own galaxies were."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.embeddings.forward import forward
from tuningfork.embeddings.keys import as_encoder, base_name
from tuningfork.embeddings.plan import choose_plan
from tuningfork.embeddings.prepare import to_encoder_pixels
from tuningfork.embeddings.store import Embeddings
from tuningfork.errors import EmbeddingError, ImageError

__all__ = ["embed_pictures", "read_picture"]

LARGEST_PICTURE = 100_000_000  # bytes of an encoded file; larger than any cut-out


def embed_pictures(
    collection: Any, pictures: Sequence[Path | str | bytes | np.ndarray], stored: Embeddings
) -> np.ndarray:
    """Embed pictures with the encoder, precision and views of stored vectors.

    Parameters
    ----------
    collection : Collection
        Its stretch is applied to pictures in linear flux.
    pictures : sequence
        JPEG, PNG, WebP, TIFF or FITS files, their bytes, or arrays (H, W, C).
    stored : Embeddings
        The vectors these shall be comparable with.

    Returns
    -------
    ndarray
        (N, D) float32.

    Raises
    ------
    ImageError
        Naming the picture that cannot be read.
    EmbeddingError
        When the encoder of that name is not the one that made the stored vectors.
    """
    encoder = as_encoder(stored.metadata["encoder"])
    base, views = base_name(stored.key)
    if encoder.spec.key != base:
        raise EmbeddingError(
            f"the vectors were made by '{base}', but '{encoder.spec.name}' is now '{encoder.spec.key}'",
            where=str(collection.path),
            remedy=f"Embed again: tuningfork embed {collection.path} --encoder {encoder.spec.name}",
        )
    shortest = encoder.spec.preprocessing.shortest
    stamps = to_encoder_pixels([read_picture(p, shortest=shortest) for p in pictures], collection.stretch)
    plan = choose_plan(encoder, len(stamps), precision=stored.metadata.get("precision", "fp32"))
    size = plan.batch_size
    batches = [encoder.preprocess(stamps[i : i + size]) for i in range(0, len(stamps), size)]
    return np.concatenate([forward(encoder, x, plan, views) for x in batches])


def read_picture(picture: Path | str | bytes | np.ndarray, *, shortest: int | None = None) -> np.ndarray:
    """One picture as (H, W, C): uint8 or uint16 as encoded, float32 linear flux from FITS; blue first.

    ``shortest`` is what `tuningfork.images.decode` takes: given as for a collection, the pixels are the same.
    """
    from tuningfork.images import decode, read_fits, sniff

    if isinstance(picture, np.ndarray):
        return picture
    data, name = (picture, "picture") if isinstance(picture, bytes) else (_read(Path(picture)), str(picture))
    if sniff(data) in ("fits", "gzip", "bzip2"):
        return read_fits(data, name=name).flux
    return decode(data, name=name, shortest=shortest)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_PICTURE:
            raise ImageError(f"larger than {LARGEST_PICTURE // 1_000_000} MB", where=str(path))
        return path.read_bytes()
    except OSError as error:
        raise ImageError(f"cannot be read: {error.strerror or error}", where=str(path)) from error
