"""The galaxies of several collections as one list, ready to be learnt from."""

import hashlib
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.errors import DataError

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.encoders.fit import Fit

__all__ = ["SIDE", "TrainingView", "frames_of"]

_AT_ONCE = 65_536  # ids as Python's texts
_TRIES = 64  # stamps in a row that cannot be read: then the whole collection is broken
SIDE = 132  # stamps are brought to this side before views are cut from them


@dataclass
class TrainingView:
    """The galaxies of several collections as one list of (collection, row), and how they become input."""

    collections: list["Collection"]
    fits: list["Fit"]
    shortest: int = SIDE
    owner: np.ndarray = field(init=False)
    row: np.ndarray = field(init=False)
    unreadable: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        sizes = [len(c) for c in self.collections]
        self.owner = np.repeat(np.arange(len(sizes)), sizes)
        self.row = np.concatenate([np.arange(n) for n in sizes])

    def stamps(self, picks: np.ndarray) -> list[np.ndarray]:
        """Pixels of the picked galaxies, in order, encoded or unit: what `embed` hands to the encoder's
        preprocessing. Raises `DataError` for one that cannot be read."""
        return self._by_collection(picks, self._read)

    def stamps_or_others(self, picks: np.ndarray) -> list[np.ndarray]:
        """The same for learning without labels, where one galaxy may stand in for another.

        In the place of a stamp that cannot be read stands another of the same collection: of the picked ones,
        or else the next that can be read. Its id and the reason go into ``unreadable``. Raises `DataError`
        when none of the next can be read either.
        """
        return self._by_collection(picks, self._read_or_another)

    def _by_collection(
        self, picks: np.ndarray, read: Callable[[int, np.ndarray], list[np.ndarray]]
    ) -> list[np.ndarray]:
        out: list[Any] = [None] * len(picks)
        for number in range(len(self.collections)):
            mine = np.nonzero(self.owner[picks] == number)[0]
            for place, stamp in zip(mine, read(number, self.row[picks[mine]]), strict=True):
                out[place] = stamp
        return out

    def _read(self, number: int, rows: np.ndarray) -> list[np.ndarray]:
        return self.fits[number](self.collections[number].pixels(rows, shortest=self.shortest))

    def _read_or_another(self, number: int, rows: np.ndarray) -> list[np.ndarray]:
        try:
            return self._read(number, rows)
        except DataError:
            found = [self._read_one(number, row) for row in rows]
            good = [stamp for stamp in found if stamp is not None] or self._next(number, rows[0])
            if not good:
                raise
        for place in reversed(range(len(found))):  # each gap takes what follows it, the last ones the first
            if found[place] is None:
                found[place] = found[place + 1] if place + 1 < len(found) else good[0]
        return [stamp for stamp in found if stamp is not None]

    def _next(self, number: int, row: int) -> list[np.ndarray]:
        """The next stamp after that row that can be read and is not left out; empty after many tries."""
        rows = self.row[self.owner == number]
        behind = np.roll(rows, -int(np.searchsorted(rows, row)) - 1)[: min(_TRIES, len(rows) - 1)]
        tried = (self._read_one(number, each) for each in behind)
        found = next((stamp for stamp in tried if stamp is not None), None)
        return [] if found is None else [found]

    def _read_one(self, number: int, row: int) -> np.ndarray | None:
        collection = self.collections[number]
        try:
            return self._read(number, np.array([row]))[0]
        except DataError as error:
            self.unreadable[f"{collection.name}/{collection.ids([row])[0]}"] = error.what
            return None

    def ids(self, picks: np.ndarray) -> list[str]:
        """Ids of the picked galaxies, in order; behind the collection's name where there are several."""
        names = [""] if len(self.collections) == 1 else [f"{c.name}/" for c in self.collections]
        return [
            f"{names[number]}{self.collections[number].ids([row])[0]}"
            for number, row in zip(self.owner[picks], self.row[picks], strict=True)
        ]

    @property
    def extinction(self) -> np.ndarray:
        """A / E(B - V) of the bands of each collection, by their names; 0 where one of them is not known."""
        from tuningfork.images.dust import extinction_of

        chosen = [fit.choice.names for fit in self.fits]
        rows = [extinction_of(names) or (0.0,) * len(names) for names in chosen]
        return np.array(rows, np.float32)

    def ids_hash(self) -> str:
        """SHA-256 over the collections' names and the galaxies' ids, sorted; ids stay in Arrow's memory."""
        import pyarrow.compute as pc

        digest = hashlib.sha256()
        for number, collection in enumerate(self.collections):
            ids = collection.id_column().take(self.row[self.owner == number])
            ids = ids.take(pc.sort_indices(ids))
            for start in range(0, len(ids), _AT_ONCE):
                names = ids[start : start + _AT_ONCE].to_pylist()
                digest.update("".join(f"{collection.name}/{name}\n" for name in names).encode())
        return digest.hexdigest()

    def leave_out(self, column: str, value: str) -> None:
        """Leave out galaxies with that value; collections without that column are kept whole.

        Raises `DataError` where no galaxy has it: a slip of the pen shall not let in what was to stay out.
        """
        keep = np.ones(len(self.row), bool)
        for number, collection in enumerate(self.collections):
            if column in collection.columns:
                mine = self.owner == number
                values = collection.catalogue(columns=[column])[column].combine_chunks().dictionary_encode()
                out = np.array([str(v) == value for v in values.dictionary.to_pylist()] + [value == "None"])
                codes = values.indices.fill_null(-1).to_numpy(zero_copy_only=False)
                keep[mine] = ~out[codes][self.row[mine]]
        if keep.all():
            raise DataError(
                f"no galaxy has the value '{value}' in a column '{column}'",
                where=", ".join(collection.name for collection in self.collections),
                remedy="Look at the columns: tuningfork collection info DIR",
            )
        self.owner, self.row = self.owner[keep], self.row[keep]

    def leave_out_ids(self, ids: Sequence[Container[str]]) -> None:
        """Leave out galaxies by their ids, which are given for each collection."""
        keep = np.ones(len(self.row), bool)
        for number, (collection, out) in enumerate(zip(self.collections, ids, strict=True)):
            mine = self.owner == number
            keep[mine] = [str(name) not in out for name in collection.ids(self.row[mine])]
        self.owner, self.row = self.owner[keep], self.row[keep]


def frames_of(stamps: list[np.ndarray], frame: int = SIDE) -> tuple[Any, Any]:
    """Stamps of equally many bands and any size as one uint8 batch ``[N, C, frame, frame]``, and the
    galaxies' radii."""
    import cv2
    import torch

    from tuningfork.images.extent import galaxy_radius
    from tuningfork.images.scaling import scaled

    frames = np.empty((len(stamps), frame, frame, stamps[0].shape[2]), np.uint8)
    radii = np.empty(len(stamps), np.float32)
    for number, stamp in enumerate(stamps):
        radii[number] = galaxy_radius(stamp)
        side = min(stamp.shape[:2])
        top, left = (stamp.shape[0] - side) // 2, (stamp.shape[1] - side) // 2
        square = stamp[top : top + side, left : left + side]
        if square.dtype != np.uint8:
            square = (square * (255 if square.dtype.kind == "f" else 1 / 257)).round().astype(np.uint8)
        method = cv2.INTER_AREA if side > frame else cv2.INTER_LINEAR
        frames[number] = scaled(square, (frame, frame), method)
    return torch.from_numpy(np.ascontiguousarray(frames.transpose(0, 3, 1, 2))), torch.from_numpy(radii)
