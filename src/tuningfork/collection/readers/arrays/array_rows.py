"""The columns of some rows of arrays, and what they say of each galaxy: id, position, scale, bands."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from tuningfork.collection.columns import find_column
from tuningfork.collection.readers.arrays.array_columns import as_texts, column_of
from tuningfork.collection.readers.arrays.arrays import Layout
from tuningfork.collection.readers.source import Entry, Rejected
from tuningfork.collection.schema import catalogue_names

__all__ = ["Rows", "band_names"]


@dataclass(frozen=True)
class Rows:
    """The columns of some rows, and what they say of each galaxy."""

    file: str
    start: int
    stop: int
    values: dict[str, np.ndarray]
    id_name: str | None

    def entries(self, layout: Layout) -> tuple[list[Entry], list[Rejected]]:
        """One entry for each row with an id, in order."""
        measures = [self._numbers(self._column(kind)) for kind in ("ra", "dec")]
        measures.append(self._numbers(layout.scale_column or self._column("pixel_scale")))
        entries, rejected = [], []
        for place, galaxy in enumerate(self._ids(layout)):
            row = self.start + place
            if galaxy:
                entries.append(Entry(galaxy, self.file, row, *(values[place] for values in measures)))
            else:
                rejected.append(Rejected(self.file, row + 1, "the id is empty"))
        return entries, rejected

    def columns(self, layout: Layout, places: list[int]) -> pa.Table | None:
        """The user's columns for the rows at these places."""
        taken = {self._column(kind): kind for kind in ("ra", "dec", "pixel_scale")} | {self.id_name: "id"}
        kept = catalogue_names(self.values, {old: new for old, new in taken.items() if old})
        columns = {new: column_of(self.values[old], where=self.file) for old, new in kept.items()}
        for number, names in layout.class_names.items():
            if number in self.values and "label" not in columns:
                labels = [_named(value, names) for value in self.values[number].tolist()]
                columns["label"] = pa.array(labels, pa.string())
        return pa.table(columns).take(places) if columns else None

    def facts(self, layout: Layout) -> Callable[[int], dict[str, Any]]:
        """What is known of the stamp of a row: its own bands and scale, where there are such columns."""
        bands = self.values.get(layout.band_column)
        if bands is None:
            return lambda row: {}
        names = lru_cache(maxsize=8)(band_names)

        def of_row(row: int) -> dict[str, Any]:
            texts = as_texts(np.atleast_1d(bands[row - self.start]), where=self.file)
            return {"bands": names(tuple(texts))}

        return of_row

    def _column(self, kind: str) -> str | None:
        numbers = (name for name, v in self.values.items() if v.ndim == 1 and v.dtype.kind in "iuf")
        return find_column(kind, list(numbers))

    def _ids(self, layout: Layout) -> list[str]:
        if self.id_name is not None:
            folder = self.file.rpartition("/")[0] if layout.folder_in_id else ""
            texts = as_texts(self.values[self.id_name], where=self.file)
            return [f"{folder}/{text}" if folder and text else text for text in texts]
        stem = layout.id_stem or self.file.rpartition(".")[0] or self.file
        digits = 5 if layout.id_stem else 7
        return [f"{stem}_{row + 1:0{digits}d}" for row in range(self.start, self.stop)]

    def _numbers(self, name: str | None) -> list[float | None]:
        """A column as floats, the first of several; what is no finite number is None."""
        values = self.values.get(name) if name else None
        if values is None or values.dtype.kind not in "iuf":
            return [None] * (self.stop - self.start)
        values = values[:, 0] if values.ndim == 2 else values
        return [value if np.isfinite(value) else None for value in values.astype(float).tolist()]


def _named(number: int, names: tuple[str, ...]) -> str | None:
    return names[number] if 0 <= number < len(names) else None


def band_names(texts: tuple[str, ...]) -> tuple[str, ...]:
    """``DES-G`` is g; names that would become equal are kept whole."""
    lower = tuple(text.lower() for text in texts)
    short = tuple(text.rpartition("-")[2] for text in lower)
    return short if len(set(short)) == len(short) and all(short) else lower
