"""Example pictures from outside: embedded once, kept with the session as vectors and thumbnails of nothing
else.
"""

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.errors import CollectionError
from tuningfork.files import write_atomically
from tuningfork.labelling.joined import Joined

__all__ = ["OutsidePictures"]


class OutsidePictures:
    """The vectors of example pictures that are not in the collection, in DIR/sessions/NAME/examples.

    Each is one ``.npz`` named by a hash of the picture and the encoder, so that the same picture is kept
    once.
    """

    def __init__(self, folder: Path, encoder: str):
        self.folder, self.encoder = folder, encoder

    def add(
        self, collection: Any, stored: Joined, pictures: Sequence[Path | str | bytes | np.ndarray]
    ) -> list[str]:
        """Embed pictures as the stored vectors were, by each encoder; returns their names. Raises
        `ImageError` before anything is kept.
        """
        from tuningfork.embeddings import embed_pictures

        vectors = np.concatenate([embed_pictures(collection, pictures, one) for one in stored.sources], 1)
        self.folder.mkdir(parents=True, exist_ok=True)
        names = []
        for picture, vector in zip(pictures, vectors, strict=True):
            name = hashlib.sha256(_bytes(picture) + self.encoder.encode()).hexdigest()[:16]
            buffer = io.BytesIO()
            np.savez(buffer, vector=vector.astype(np.float32), encoder=np.array(self.encoder))
            write_atomically(self._file(name), buffer.getvalue())
            names.append(name)
        return names

    def vectors(self, names: Sequence[str], dim: int) -> np.ndarray:
        """The kept vectors float32 [m, dim]; raises `CollectionError` for one that is missing, damaged or
        another encoder's.
        """
        return (
            np.stack([self._read(name, dim) for name in names]) if names else np.empty((0, dim), np.float32)
        )

    def _read(self, name: str, dim: int) -> np.ndarray:
        file = self._file(name)
        try:
            with np.load(file, allow_pickle=False) as kept:
                vector, encoder = kept["vector"], str(kept["encoder"])
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise CollectionError(
                "an example picture cannot be read", where=str(file), remedy="Add the picture again"
            ) from error
        if encoder != self.encoder or vector.shape != (dim,) or not np.isfinite(vector).all():
            raise CollectionError(
                "an example of another encoder", where=str(file), remedy="Add the picture again"
            )
        return vector.astype(np.float32)

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.npz"


def _bytes(picture: Path | str | bytes | np.ndarray) -> bytes:
    if isinstance(picture, bytes):
        return picture
    if isinstance(picture, np.ndarray):
        return repr((picture.shape, str(picture.dtype))).encode() + np.ascontiguousarray(picture).tobytes()
    return Path(picture).read_bytes()
