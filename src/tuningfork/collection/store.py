"""An open collection: galaxies by row or id, their pixels, catalogue and vectors, read when asked for."""

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tuningfork.collection.decoding import decoders
from tuningfork.collection.engine import open_dataset, reading
from tuningfork.collection.ids import IdColumn, update_with_texts
from tuningfork.collection.manifest import Manifest, read_manifest
from tuningfork.collection.place import Place, as_place
from tuningfork.collection.vectors import VectorTable, safe_key
from tuningfork.errors import CollectionError, DataError, UnknownNameError
from tuningfork.images.bands import decode_bands
from tuningfork.images.decode import decode
from tuningfork.images.stretch import Stretch

__all__ = ["Collection"]

_GALAXIES = "galaxies.lance"
_STAMP = ["id", "stamp", "stamp_format"]


class Collection:
    """Galaxies at rest; open one with ``Collection.open(path)``.

    Rows are numbered from 0 in the order of import and never move, so a row is a stable name inside one
    collection. An open collection shows the version it was opened at; open it again to see what was added
    since. All methods may be called from several threads.

    Attributes
    ----------
    path : Path or Place
        The collection's folder, here or on an object store.
    name : str
    bands : tuple of str
        From blue to red.
    pixel_scale : float or None
        Arcsec per pixel, where one number holds for all (the column ``pixel_scale`` has each galaxy's own).
    stretch : Stretch
        Applied to flux only; pass it to `tuningfork.images.to_unit` and ``to_display``.
    """

    def __init__(self, path: Path | Place, manifest: Manifest, dataset):
        self.path = path
        self.manifest = manifest
        self._dataset = dataset
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls, path: str | Path | Place, *, storage_options: Mapping[str, str] | None = None
    ) -> "Collection":
        """Open a collection; reads no image.

        Parameters
        ----------
        path : path
            A folder, or ``s3://BUCKET/NAME``.
        storage_options : mapping, optional
            Of an object store, as Lance names them; else the usual environment variables (``AWS_*``).

        Raises
        ------
        CollectionError
            When there is none, it is damaged, of another version, or an import had no time to add a galaxy.
        """
        path = as_place(path, storage_options)
        manifest = read_manifest(path)
        dataset = open_dataset(path / _GALAXIES)
        if dataset is None:
            verb = "" if manifest.source.startswith("simulate N") else "collection create "
            raise CollectionError(
                "the import ended before the first galaxies were stored",
                where=str(path),
                remedy=f"Go on with: tuningfork {verb}{manifest.source} --out {path}",
            )
        return cls(path, manifest, dataset)

    @property
    def name(self) -> str:
        """What people call it."""
        return self.manifest.name

    @property
    def bands(self) -> tuple[str, ...]:
        """Band names from blue to red."""
        return self.manifest.bands

    @property
    def pixel_scale(self) -> float | None:
        """Arcsec per pixel, or None."""
        return self.manifest.pixel_scale

    @property
    def shown(self) -> tuple[int, ...]:
        """Which bands make the picture that people see, for `tuningfork.images.to_display`."""
        return tuple(self.bands.index(band) for band in self.manifest.shown)

    @cached_property
    def stretch(self) -> Stretch:
        """The stretch for flux."""
        return self.manifest.stretched()

    def __len__(self) -> int:
        return self._length

    @cached_property
    def _length(self) -> int:
        return self._dataset.count_rows()

    def __repr__(self) -> str:
        return f"<Collection {self.name!r}: {len(self):,} galaxies in {self.path}>"

    @property
    def columns(self) -> list[str]:
        """All columns, ours and the catalogue's."""
        return list(self._dataset.schema.names)

    @property
    def version(self) -> int:
        """The version of the galaxies' table; grows with every change."""
        return self._dataset.version

    # -- ids ---------------------------------------------------------------------------------------

    @cached_property
    def _ids(self) -> IdColumn:
        return IdColumn(self._column("id"), self.name)

    def id_column(self) -> pa.LargeStringArray:
        """All ids in row order, as an Arrow array: for millions, where `ids` would make as many objects."""
        with self._lock:
            return self._ids.array

    def ids(self, rows: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
        """Ids of all galaxies, or of some rows, in order: object array."""
        with self._lock:
            known = self._ids
        return known.of(rows)

    def rows_of(self, ids: Iterable[str]) -> np.ndarray:
        """Rows of these ids, int64; `UnknownNameError` with the nearest ids for one that is not here."""
        with self._lock:
            known = self._ids
        return known.rows(ids)

    # -- pixels ------------------------------------------------------------------------------------

    def pixels(self, rows: Sequence[int] | np.ndarray, *, shortest: int | None = None) -> list[np.ndarray]:
        """Pixels of some galaxies, in the order asked.

        Parameters
        ----------
        rows : sequence of int
        shortest : int, optional
            The caller needs no more than this many pixels on the short side (see `tuningfork.images.decode`).

        Returns
        -------
        list of ndarray
            ``[H, W, C]`` each: uint8 or uint16 as encoded, or float32 flux; blue first.
        """
        stamps = self._stamps(rows)
        if len(stamps) < 4:
            return [self._decoded(*stamp, shortest) for stamp in stamps]
        return list(decoders().map(lambda stamp: self._decoded(*stamp, shortest), stamps))

    def _decoded(
        self, galaxy: str, stamp: bytes | None, kind: str | None, shortest: int | None
    ) -> np.ndarray:
        if stamp is None:
            raise DataError(
                "this galaxy has no stamp",
                where=f"galaxy {galaxy}",
                remedy="Run: tuningfork collection check",
            )
        if kind == "bands":
            return decode_bands(stamp, name=f"galaxy {galaxy}")
        pixels = decode(stamp, name=f"galaxy {galaxy}", shortest=shortest)
        if pixels.shape[2] == 1 < len(self.bands):  # a grey picture among colour ones
            return np.repeat(pixels, len(self.bands), axis=2)
        return pixels

    def _stamps(self, rows: Sequence[int] | np.ndarray) -> list[tuple[str, bytes, str]]:
        table = self._take(rows, _STAMP)
        columns = [table[name].to_pylist() for name in _STAMP]
        return list(zip(*columns, strict=True))

    def _take(self, rows: Sequence[int] | np.ndarray, columns: list[str]) -> pa.Table:
        wanted = np.asarray(rows, np.int64)
        if wanted.size and (wanted.min() < 0 or wanted.max() >= len(self)):
            raise IndexError(f"rows run from 0 to {len(self) - 1}")
        if not wanted.size:
            return self._dataset.schema.empty_table().select(columns)
        with reading(self.path):
            return self._dataset.take(wanted.tolist(), columns=columns)

    def _column(self, name: str) -> pa.ChunkedArray:
        with reading(self.path):
            return self._dataset.to_table(columns=[name])[name]

    def fragment_ends(self) -> np.ndarray:
        """The row after the last one of each fragment, in order: rows of one fragment lie in one file."""
        counts = [fragment.count_rows() for fragment in self._dataset.get_fragments()]
        return np.cumsum(np.array(counts, np.int64))

    # -- catalogue and vectors ---------------------------------------------------------------------

    def catalogue(
        self, columns: Sequence[str] | None = None, rows: Sequence[int] | np.ndarray | None = None
    ) -> pa.Table:
        """The table without the stamps: all columns or some, all rows or some.

        Raises `UnknownNameError` for a column that is not there.
        """
        known = [name for name in self.columns if name != "stamp"]
        wanted = known if columns is None else list(columns)
        for name in wanted:
            if name not in known:
                raise UnknownNameError("column", name, known, where=self.name)
        if rows is not None:
            return self._take(rows, wanted)
        with reading(self.path):
            return self._dataset.to_table(columns=wanted)

    def flagged(self) -> np.ndarray:
        """True for every row that `check_collection` has put in quarantine: bool ``[n]``."""
        import pyarrow.compute as pc

        counts = pc.list_value_length(self._flags()).fill_null(0)
        return counts.to_numpy().astype(np.int64) > 0

    def _flags(self) -> pa.ChunkedArray:
        if "flags" not in self.columns:  # a kill between the two steps of replacing it: nothing is flagged
            return pa.chunked_array([pa.nulls(len(self), pa.list_(pa.string()))])
        return self._column("flags")

    def fingerprint(self) -> str:
        """Sixteen hex digits that change whenever a galaxy, its stamp, the bands or the stretch do."""
        digest = hashlib.blake2b(digest_size=8)
        digest.update(repr((self.bands, sorted(self.manifest.stretch.items()))).encode())
        for name in ("id", "digest"):
            update_with_texts(digest, self._column(name))
        return digest.hexdigest()

    def vector_keys(self) -> list[str]:
        """Keys of the encoders whose vectors are here, sorted."""
        folder = self.path / "embeddings"
        names = [f.name for f in folder.iterdir()] if folder.is_dir() else []
        keys = sorted(n.removesuffix(".lance") for n in names if n.endswith(".lance") and n[0] != ".")
        return [key for key in keys if self.vector_table(key).exists]

    def vector_table(self, key: str) -> VectorTable:
        """The vectors stored under an encoder's key, which need not exist yet."""
        return VectorTable(self.path / "embeddings" / f"{safe_key(key)}.lance", key)

    def flag_counts(self) -> dict[str, int]:
        """Flag -> galaxies that bear it."""
        found = self._flags().combine_chunks().flatten().value_counts().to_pylist()
        return {each["values"]: each["counts"] for each in sorted(found, key=lambda f: f["values"])}

    def info(self) -> dict[str, Any]:
        """What there is to know at a glance; see `tuningfork.collection.summary.summarise`."""
        from tuningfork.collection.summary import summarise

        return summarise(self)
