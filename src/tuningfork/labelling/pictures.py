"""Example pictures from outside: kept with the session, embedded once for each choice of vectors."""

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
    """The example pictures that are not in the collection, in DIR/sessions/NAME/examples.

    Each is one ``.npz`` named by a hash of the picture and the encoder, so that the same picture is kept
    once; it holds the vector and the picture as it came. Vectors for another choice of encoders stand beside
    it.

    Parameters
    ----------
    folder : Path
        Where they are; made when the first comes.
    collection : Collection
        How it brings pictures to its own shape counts.
    stored : Joined
        The vectors they shall be comparable with.
    """

    def __init__(self, folder: Path, collection: Any, stored: Joined):
        self.folder, self.encoder = folder, stored.key
        self._collection, self._stored = collection, stored

    def add(self, pictures: Sequence[Path | str | bytes | np.ndarray]) -> list[str]:
        """Embed pictures as the stored vectors were, by each encoder; returns their names. Raises
        `ImageError` before anything is kept.
        """
        names = []
        for picture, vector in zip(pictures, self._embedded(pictures), strict=True):
            data = _bytes(picture)
            name = hashlib.sha256(data + self.encoder.encode()).hexdigest()[:16]
            kept = picture if isinstance(picture, np.ndarray) else np.frombuffer(data, np.uint8)
            self._write(self._file(name), vector, picture=kept, is_file=not isinstance(picture, np.ndarray))
            names.append(name)
        return names

    def vectors(self, names: Sequence[str]) -> np.ndarray:
        """The vectors float32 [m, D], embedded now where that was for other encoders only.

        Raises
        ------
        CollectionError
            For a picture that is missing or damaged, or was kept without its pixels for another encoder.
        """
        if not names:
            return np.empty((0, sum(self._stored.widths)), np.float32)
        return np.stack([self._vector(name) for name in names])

    def _vector(self, name: str) -> np.ndarray:
        first, beside = self._file(name), self._file(f"{name}-{_hash(self.encoder)}")
        kept = self._read(first)
        if kept["encoder"] != self.encoder and beside.is_file():
            kept = self._read(beside)
        if kept["encoder"] == self.encoder:
            vector = kept["vector"]
            if vector.shape != (sum(self._stored.widths),) or not np.isfinite(vector).all():
                raise _lost("is damaged", first)
            return vector.astype(np.float32)
        if "picture" not in kept:
            raise _lost("was kept for another encoder, without its pixels", first)
        picture = kept["picture"].tobytes() if kept["is_file"] else kept["picture"]
        vector = self._embedded([picture])[0]
        self._write(beside, vector)
        return vector

    def _embedded(self, pictures: Sequence[Path | str | bytes | np.ndarray]) -> np.ndarray:
        from tuningfork.embeddings import embed_pictures

        parts = [embed_pictures(self._collection, pictures, one) for one in self._stored.sources]
        return np.concatenate(parts, 1).astype(np.float32)

    def _write(self, file: Path, vector: np.ndarray, **more: Any) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        np.savez(buffer, vector=vector, encoder=np.array(self.encoder), **more)
        write_atomically(file, buffer.getvalue())

    def _read(self, file: Path) -> dict[str, Any]:
        try:
            with np.load(file, allow_pickle=False) as kept:
                told = {name: kept[name] for name in kept.files}
                return told | {"encoder": str(told["encoder"]), "vector": told["vector"]}
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise _lost("cannot be read", file) from error

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.npz"


def _lost(what: str, file: Path) -> CollectionError:
    return CollectionError(f"an example picture {what}", where=str(file), remedy="Add the picture again")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _bytes(picture: Path | str | bytes | np.ndarray) -> bytes:
    if isinstance(picture, bytes):
        return picture
    if isinstance(picture, np.ndarray):
        return repr((picture.shape, str(picture.dtype))).encode() + np.ascontiguousarray(picture).tobytes()
    return Path(picture).read_bytes()
