"""The galaxies of several collections as one list, ready to be learnt from."""

import hashlib
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.encoders.fit import Fit

__all__ = ["SIDE", "TrainingView", "frames_of"]

SIDE = 132  # stamps are brought to this side before views are cut from them


@dataclass
class TrainingView:
    """The galaxies of several collections as one list of (collection, row), and how they become input."""

    collections: list["Collection"]
    fits: list["Fit"]
    shortest: int = SIDE
    owner: np.ndarray = field(init=False)
    row: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        sizes = [len(c) for c in self.collections]
        self.owner = np.repeat(np.arange(len(sizes)), sizes)
        self.row = np.concatenate([np.arange(n) for n in sizes])

    def stamps(self, picks: np.ndarray) -> list[np.ndarray]:
        """Pixels of the picked galaxies, in order, encoded or unit: what `embed` hands to the encoder's
        preprocessing."""
        out: list[Any] = [None] * len(picks)
        for number, collection in enumerate(self.collections):
            mine = np.nonzero(self.owner[picks] == number)[0]
            stamps = collection.pixels(self.row[picks[mine]], shortest=self.shortest)
            for place, stamp in zip(mine, self.fits[number](stamps), strict=True):
                out[place] = stamp
        return out

    def ids_hash(self) -> str:
        """SHA-256 over the collections' names and the galaxies' ids."""
        digest = hashlib.sha256()
        for number, collection in enumerate(self.collections):
            for name in sorted(collection.ids(self.row[self.owner == number])):
                digest.update(f"{collection.name}/{name}\n".encode())
        return digest.hexdigest()

    def leave_out(self, column: str, value: str) -> None:
        """Leave out galaxies with that value; collections without that column are kept whole."""
        keep = np.ones(len(self.row), bool)
        for number, collection in enumerate(self.collections):
            if column in collection.columns:
                values = collection.catalogue(columns=[column])[column].to_pylist()
                keep[self.owner == number] = [str(v) != value for v in values]
        self.owner, self.row = self.owner[keep], self.row[keep]

    def leave_out_ids(self, ids: Sequence[Container[str]]) -> None:
        """Leave out galaxies by their ids, which are given for each collection."""
        keep = np.ones(len(self.row), bool)
        for number, (collection, out) in enumerate(zip(self.collections, ids, strict=True)):
            mine = self.owner == number
            keep[mine] = [str(name) not in out for name in collection.ids(self.row[mine])]
        self.owner, self.row = self.owner[keep], self.row[keep]


def frames_of(stamps: list[np.ndarray], frame: int = SIDE) -> tuple[Any, Any]:
    """Stamps of three bands and any size as one uint8 batch ``[N, 3, frame, frame]``, and the galaxies'
    radii."""
    import cv2
    import torch

    from tuningfork.images.extent import galaxy_radius

    frames = np.empty((len(stamps), frame, frame, 3), np.uint8)
    radii = np.empty(len(stamps), np.float32)
    for number, stamp in enumerate(stamps):
        radii[number] = galaxy_radius(stamp)
        side = min(stamp.shape[:2])
        top, left = (stamp.shape[0] - side) // 2, (stamp.shape[1] - side) // 2
        square = stamp[top : top + side, left : left + side]
        if square.dtype != np.uint8:
            square = (square * (255 if square.dtype.kind == "f" else 1 / 257)).round().astype(np.uint8)
        method = cv2.INTER_AREA if side > frame else cv2.INTER_LINEAR
        frames[number] = cv2.resize(square, (frame, frame), interpolation=method)
    return torch.from_numpy(np.ascontiguousarray(frames.transpose(0, 3, 1, 2))), torch.from_numpy(radii)
