"""A collection of made vectors: what a session needs of one, and nothing of pixels."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tuningfork.errors import UnknownNameError


class FakeVectors:
    def __init__(self, ids, vectors, metadata):
        self._ids, self._vectors, self.metadata = ids, vectors, metadata
        self.exists = True

    def read(self):
        return np.array(self._ids, dtype=object), self._vectors

    def ids(self):
        return np.array(self._ids, dtype=object)

    def aligned(self, ids):
        place = {name: k for k, name in enumerate(self._ids)}
        rows = np.array([place.get(name, -1) for name in ids.to_pylist()])
        return np.where(rows[:, None] >= 0, self._vectors[rows], 0).astype(np.float32), rows >= 0

    version = 1

    def outline(self, ids):
        return self._vectors.shape[1], self.aligned(ids)[1]

    def blocks(self, ids):
        place = {name: k for k, name in enumerate(ids.to_pylist())}
        rows = np.array([place.get(name, -1) for name in self._ids])
        for part in np.array_split(np.arange(len(rows)), 3):
            kept = part[rows[part] >= 0]
            yield rows[kept], self._vectors[kept].astype(np.float32)

    def count(self):
        return len(self._ids)


class FakeCollection:
    """Galaxies g0, g1, ... in clusters; those of cluster 0 are the rare kind."""

    def __init__(self, path: Path, *, n=400, dim=16, seed=0, key="made-1"):
        rng = np.random.default_rng(seed)
        self.path, self.name, self.stretch, self.shown = path, "made", None, ()
        self.kind = np.minimum(rng.integers(0, 20, n), 10)
        centres = rng.normal(size=(11, dim)) * 2
        self.vectors = (centres[self.kind] + rng.normal(size=(n, dim))).astype(np.float32)
        self._ids = np.array([f"g{i}" for i in range(n)], dtype=object)
        self.rare = {f"g{i}" for i in np.flatnonzero(self.kind == 0)}
        self.tables = {
            key: FakeVectors(list(self._ids), self.vectors, {"encoder": "made", "created": "2026"})
        }
        self.flags = np.zeros(n, bool)
        path.mkdir(parents=True, exist_ok=True)

    def __len__(self):
        return len(self._ids)

    def ids(self, rows=None):
        return self._ids if rows is None else self._ids[rows]

    def id_column(self):
        return pa.array(self._ids, pa.large_string())

    def rows_of(self, ids):
        known = {i: r for r, i in enumerate(self._ids)}
        for i in ids:
            if i not in known:
                raise UnknownNameError("galaxy", i, known)
        return np.array([known[i] for i in ids], np.int64)

    def flagged(self):
        return self.flags

    def fingerprint(self):
        return "made"

    def vector_keys(self):
        return list(self.tables)

    def vector_table(self, key):
        return self.tables[key]

    def catalogue(self, columns=None, rows=None):
        rows = np.arange(len(self)) if rows is None else rows
        label = ["rare" if self.kind[r] == 0 else "common" for r in rows]
        table = pa.table(
            {
                "id": [self._ids[r] for r in rows],
                "ra": np.arange(len(self), dtype=float)[rows],
                "label": label,
            }
        )
        return table if columns is None else table.select(columns)


@pytest.fixture
def collection(tmp_path):
    return FakeCollection(tmp_path / "galaxies")


@pytest.fixture
def session(collection):
    from tuningfork.labelling import create_session

    made = create_session(collection, name="hunt", question="Is it rare?")
    yield made
    made.close()
