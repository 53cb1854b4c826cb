"""A tiny encoder that keeps the contract, and a collection in memory with faults on demand."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import torch

from tuningfork.collection.manifest import Manifest
from tuningfork.errors import ImageError


class TinyEncoder(torch.nn.Module):
    """Three convolutions, fixed random weights; 16 numbers from 32 x 32 pixels."""

    def __init__(self, name: str = "tiny-test", key: str | None = None, seed: int = 0):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        layers = [torch.nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in ((3, 8), (8, 16), (16, 16))]
        for layer in layers:
            layer.weight.data.normal_(0, 0.2, generator=generator)
            layer.bias.data.normal_(0, 0.1, generator=generator)
        self.network = torch.nn.Sequential(layers[0], torch.nn.GELU(), layers[1], torch.nn.GELU(), layers[2])
        self.spec = SimpleNamespace(
            name=name,
            key=key or f"{name}-{seed:08x}",
            dim=16,
            size=32,
            bands=3,
            strides=(8,),
            preprocessing=SimpleNamespace(shortest=None, window="frame"),
            learnt_from=None,
        )
        self.batches: list[int] = []

    def preprocess(self, stamps):
        import cv2

        resized = [
            cv2.resize(stamp.astype(np.float32) / 255, (32, 32), interpolation=cv2.INTER_AREA)
            for stamp in stamps
        ]
        return torch.from_numpy(np.stack(resized).transpose(0, 3, 1, 2).copy())

    def embed(self, x):
        self.batches.append(len(x))
        return self.network(x).mean((-2, -1))


def align(ids, stored, vectors):
    """Vectors in the order of ``ids``, and which there are."""
    place = {name: k for k, name in enumerate(stored)}
    rows = [place.get(name) for name in ids.to_pylist()]
    there = [np.zeros(vectors.shape[1], np.float32) if k is None else vectors[k] for k in rows]
    return np.array(there, np.float32), np.array([k is not None for k in rows])


@dataclass
class MemoryTable:
    """Vectors under one key; every append is one fragment."""

    path: Path = Path("memory.lance")
    fragments: list = field(default_factory=list)
    told: dict = field(default_factory=dict)
    fail_at: int | None = None

    @property
    def exists(self):
        return bool(self.fragments)

    @property
    def metadata(self):
        return self.told

    @property
    def version(self):
        return len(self.fragments)

    def count(self):
        return len(self.ids())

    def append(self, ids, vectors, metadata):
        if self.fail_at is not None and len(self.fragments) >= self.fail_at:
            raise OSError(28, "No space left on device")
        self.told = self.told or dict(metadata)
        self.fragments.append((np.array(ids, dtype=object), np.array(vectors)))

    def read(self):
        return np.concatenate([f[0] for f in self.fragments]), np.concatenate([f[1] for f in self.fragments])

    def compact(self):
        pass

    def aligned(self, ids):
        stored, vectors = self.read()
        return align(ids, stored, vectors)

    def id_column(self):
        return pa.array(self.ids(), pa.large_string())

    def ids(self):
        return np.concatenate([f[0] for f in self.fragments]) if self.fragments else np.empty(0, dtype=object)


class MemoryCollection:
    """n made stamps of 40 x 40 pixels; rows in ``broken`` cannot be decoded."""

    def __init__(self, path: Path, n: int = 20, broken=(), seed: int = 1):
        self.path, self.stretch, self.shown, self.broken = Path(path), None, (), set(broken)
        self.manifest = Manifest("made", ("blue", "green", "red"), source="here")
        self.stamps = np.random.default_rng(seed).integers(0, 256, (n, 40, 40, 3), dtype=np.uint8)
        self.names = np.array([f"galaxy-{i:03d}" for i in range(n)], dtype=object)
        self.tables: dict[str, MemoryTable] = {}
        self.asked: list[int] = []

    def __len__(self):
        return len(self.names)

    def ids(self, rows=None):
        return self.names if rows is None else self.names[np.asarray(rows, dtype=int)]

    def id_column(self):
        return pa.array(self.names, pa.large_string())

    def flagged(self):
        return np.zeros(len(self), bool)

    def rows_of(self, ids):
        from tuningfork.errors import UnknownNameError

        places = {name: row for row, name in enumerate(self.names)}
        for name in ids:
            if name not in places:
                raise UnknownNameError("galaxy", name, places)
        return np.array([places[name] for name in ids], dtype=np.int64)

    def pixels(self, rows, *, shortest=None):
        self.asked.extend(int(r) for r in rows)
        for row in rows:
            if int(row) in self.broken:
                raise ImageError("the file is truncated", where=self.names[row])
        return [self.stamps[row] for row in rows]

    def vector_table(self, key):
        return self.tables.setdefault(key, MemoryTable())

    def vector_keys(self):
        return [key for key, table in self.tables.items() if table.exists]
