"""An open collection: galaxies by row or id, their pixels, catalogue and vectors, read when asked for."""

import hashlib
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tuningfork.collection.engine import folder_bytes, open_dataset
from tuningfork.collection.manifest import Manifest, read_manifest
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
    path : Path
        The collection's folder.
    name : str
    bands : tuple of str
        From blue to red.
    pixel_scale : float or None
        Arcsec per pixel, where one number holds for all (the column ``pixel_scale`` has each galaxy's own).
    stretch : Stretch
        Applied to flux only; pass it to `tuningfork.images.to_unit` and ``to_display``.
    """

    def __init__(self, path: Path, manifest: Manifest, dataset):
        self.path = Path(path)
        self.manifest = manifest
        self._dataset = dataset
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: str | Path) -> "Collection":
        """Open a collection; reads no image.

        Raises
        ------
        CollectionError
            When there is none, it is damaged, of another version, or an import had no time to add a galaxy.
        """
        path = Path(path)
        manifest = read_manifest(path)
        dataset = open_dataset(path / _GALAXIES)
        if dataset is None:
            raise CollectionError(
                "the import ended before the first galaxies were stored",
                where=str(path),
                remedy=f"Go on with: tuningfork collection create {manifest.source} --out {path}",
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
    def _ids(self) -> np.ndarray:
        return self._dataset.to_table(columns=["id"])["id"].to_numpy(zero_copy_only=False).astype(object)

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {galaxy: row for row, galaxy in enumerate(self._ids)}

    def ids(self, rows: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
        """Ids of all galaxies, or of some rows, in order: object array."""
        with self._lock:
            ids = self._ids
        return ids.copy() if rows is None else ids[np.asarray(rows, np.int64)]

    def rows_of(self, ids: Iterable[str]) -> np.ndarray:
        """Rows of these ids, int64; `UnknownNameError` with the nearest ids for one that is not here."""
        with self._lock:
            rows = self._row_of
        try:
            return np.array([rows[galaxy] for galaxy in ids], np.int64)
        except KeyError as error:
            raise UnknownNameError("galaxy", str(error.args[0]), rows, where=self.name) from None

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
        return list(_decoders().map(lambda stamp: self._decoded(*stamp, shortest), stamps))

    def pixel_batches(
        self,
        rows: Sequence[int] | np.ndarray,
        batch_size: int,
        *,
        shortest: int | None = None,
        ahead: int = 2,
    ) -> Iterator[tuple[np.ndarray, list[np.ndarray]]]:
        """Walk over rows in batches, reading and decoding up to ``ahead`` batches before they are asked for.

        Yields
        ------
        rows : ndarray
            int64, at most ``batch_size`` of them, in the order asked.
        pixels : list of ndarray
            As from `pixels`.
        """
        rows = np.asarray(rows, np.int64)
        batches = [rows[start : start + batch_size] for start in range(0, len(rows), batch_size)]
        with ThreadPoolExecutor(max_workers=max(1, ahead), thread_name_prefix="stamps") as pool:
            waiting: deque = deque()
            try:
                for batch in batches:
                    waiting.append((batch, pool.submit(self.pixels, batch, shortest=shortest)))
                    if len(waiting) > ahead:
                        ready, future = waiting.popleft()
                        yield ready, future.result()
                while waiting:
                    ready, future = waiting.popleft()
                    yield ready, future.result()
            finally:
                for _, future in waiting:
                    future.cancel()

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
        return self._dataset.take(wanted.tolist(), columns=columns)

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
        if rows is None:
            return self._dataset.to_table(columns=wanted)
        return self._take(rows, wanted)

    def flagged(self) -> np.ndarray:
        """True for every row that `check_collection` has put in quarantine: bool ``[n]``."""
        return np.array([bool(flags) for flags in self._flags()], bool)

    def _flags(self) -> list[list[str] | None]:
        if "flags" not in self.columns:  # a kill between the two steps of replacing it: nothing is flagged
            return [None] * len(self)
        return self._dataset.to_table(columns=["flags"])["flags"].to_pylist()

    def fingerprint(self) -> str:
        """Sixteen hex digits that change whenever a galaxy, its stamp, the bands or the stretch do."""
        digest = hashlib.blake2b(digest_size=8)
        digest.update(repr((self.bands, sorted(self.manifest.stretch.items()))).encode())
        table = self._dataset.to_table(columns=["id", "digest"])
        for name in ("id", "digest"):
            digest.update("\0".join(value or "" for value in table[name].to_pylist()).encode())
        return digest.hexdigest()

    def vector_keys(self) -> list[str]:
        """Keys of the encoders whose vectors are here, sorted."""
        folder = self.path / "embeddings"
        found = folder.glob("*.lance") if folder.is_dir() else []
        return sorted(
            f.name.removesuffix(".lance")
            for f in found
            if VectorTable(f, f.name.removesuffix(".lance")).exists
        )

    def vector_table(self, key: str) -> VectorTable:
        """The vectors stored under an encoder's key, which need not exist yet."""
        return VectorTable(self.path / "embeddings" / f"{safe_key(key)}.lance", key)

    def info(self) -> dict[str, Any]:
        """What there is to know at a glance; plain values, fit for JSON."""
        sessions = self.path / "sessions"
        counts: dict[str, int] = {}
        for flags in self._flags():
            for flag in flags or ():
                counts[flag] = counts.get(flag, 0) + 1
        return {
            "name": self.name,
            "path": str(self.path),
            "galaxies": len(self),
            "complete": self.manifest.complete,
            "bands": list(self.bands),
            "pixels": self.manifest.pixels,
            "pixel_scale": self.pixel_scale,
            "stretch": self.manifest.stretch,
            "columns": self.columns,
            "flags": dict(sorted(counts.items())),
            "embeddings": {key: self.vector_table(key).count() for key in self.vector_keys()},
            "sessions": sorted(p.parent.name for p in sessions.glob("*/session.toml")),
            "source": self.manifest.source,
            "version": self.version,
            "bytes": folder_bytes(self.path),
        }


_pool: ThreadPoolExecutor | None = None
_pool_lock = threading.Lock()


def _decoders() -> ThreadPoolExecutor:
    """One pool for the process: decoding lets go of the interpreter's lock, so threads are enough."""
    global _pool  # noqa: PLW0603 - one pool, made when first needed
    with _pool_lock:
        if _pool is None:
            import os

            _pool = ThreadPoolExecutor(max_workers=min(16, os.cpu_count() or 2), thread_name_prefix="decode")
        return _pool
