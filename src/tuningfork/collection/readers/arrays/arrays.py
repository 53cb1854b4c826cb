"""Arrays of galaxies: one array of images and columns of the same length, in whatever file they lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from tuningfork.collection.stamps import Stamp, array_stamp, picture_stamp
from tuningfork.errors import CatalogueError, UnknownNameError

__all__ = ["MAX_ROW_BYTES", "USUAL_IMAGES", "Array", "Arrays", "Layout", "Pixels", "choose_images"]

USUAL_IMAGES = ("images", "image", "image_array", "x", "data", "stamps", "cutouts")
MAX_ROW_BYTES = 256 << 20  # of one galaxy; more is a mistake or an attack
_MOST_BANDS = 64


class Array(Protocol):
    """What an array in a file must tell and do; HDF5 and Zarr datasets and NumPy arrays all do."""

    shape: tuple[int, ...]
    dtype: np.dtype

    def __getitem__(self, rows: Any) -> Any: ...


@dataclass(frozen=True)
class Arrays:
    """An open file.

    Attributes
    ----------
    where : str
        The file, for messages.
    images : array
        ``[N, H, W]``, ``[N, C, H, W]`` or ``[N, H, W, C]``.
    chunk_rows : int
        Galaxies that can only be read together, as they are compressed together.
    columns : mapping
        Name -> array ``[N]`` or ``[N, k]``.
    left_out : mapping
        Name -> why an array of this length is no column.
    """

    where: str
    images: Array
    chunk_rows: int
    columns: Mapping[str, Array]
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    """What is known of a kind of file beyond what the file says.

    Attributes
    ----------
    images : tuple of str
        Names of the array of images, the likeliest first.
    id_column : str
        The column with the ids, where there is one; else it is found by the names people use.
    folder_in_id : bool
        Ids of different folders may be equal, so the folder goes before the id.
    id_stem : str
        Without such a column: ids are this and the row's number from 1; empty means the file's name.
    bands, unit, zero_point, pixel_scale
        As in `tuningfork.collection.stamps.Stamp`.
    band_column, scale_column : str
        Columns with each galaxy's own bands (and arcsec per pixel), which go before the ones above.
    class_names : mapping
        Column with class numbers -> their names; they become the column ``label``.
    """

    images: tuple[str, ...] = USUAL_IMAGES
    id_column: str = ""
    folder_in_id: bool = False
    id_stem: str = ""
    bands: tuple[str, ...] = ()
    unit: str = ""
    zero_point: float | None = None
    pixel_scale: float | None = None
    band_column: str = ""
    scale_column: str = ""
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def choose_images(
    shapes: Mapping[str, tuple[int, ...]], names: Sequence[str], wished: str | None, *, where: str
) -> str:
    """The array that holds the images: the one wished, one of the usual name, or the only one of its rank.

    Parameters
    ----------
    shapes : mapping
        Name -> shape of every array of numbers.
    names : sequence of str
        Usual names in lower case, the likeliest first.

    Raises
    ------
    UnknownNameError
        The wished one is not there.
    CatalogueError
        None or several could be meant.
    """
    if wished is not None:
        if wished not in shapes:
            raise UnknownNameError("array", wished, shapes, where=where)
        return wished
    able = {name: shape for name, shape in shapes.items() if len(shape) in (3, 4) and 0 not in shape}
    for name in names:
        found = [there for there in able if there.rpartition("/")[2].lower() == name]
        if len(found) == 1:
            return found[0]
    for rank in (4, 3):
        found = [there for there, shape in able.items() if len(shape) == rank]
        if len(found) == 1:
            return found[0]
    listed = ", ".join(f"{name} {shape}" for name, shape in list(shapes.items())[:12])
    raise CatalogueError(
        f"no array is known to hold the images (there are: {listed or 'none'})",
        where=where,
        remedy="Name one with --image-column",
    )


@dataclass(frozen=True)
class Pixels:
    """How one row of an image array becomes a stamp."""

    layout: Layout
    channel_axis: int | None  # in one row; None for a single band
    encoded: bool

    @classmethod
    def of(cls, images: Array, layout: Layout, *, where: str) -> "Pixels":
        """Told from shape and type of the array; `CatalogueError` when it cannot hold images."""
        shape, dtype = images.shape, np.dtype(images.dtype)
        if dtype.kind not in "iuf" or len(shape) not in (3, 4) or 0 in shape[1:]:
            raise CatalogueError(f"an array {shape} of {dtype} holds no images", where=where)
        if int(np.prod(shape[1:], dtype=object)) * max(4, dtype.itemsize) > MAX_ROW_BYTES:
            raise CatalogueError(f"images of {shape[1:]} are too large for stamps", where=where)
        axis = None if len(shape) == 3 else _channel_axis(shape[1:], where)
        channels = 1 if axis is None else shape[1:][axis]
        encoded = dtype in (np.uint8, np.uint16) and channels in (1, 3)
        return cls(layout, axis, encoded)

    def stamp(self, row: np.ndarray, *, name: str, bands: tuple[str, ...] = (), **facts: Any) -> Stamp:
        """The stamp of one row as it lies in the array; `ImageError` when nothing in it is finite.

        Encoded pixels are red first in such files, as in every picture of matplotlib or TensorFlow, and are
        turned; linear ones are taken to be in the order of their bands.
        """
        image = row[..., None] if self.channel_axis is None else np.moveaxis(row, self.channel_axis, -1)
        facts.setdefault("pixel_scale", self.layout.pixel_scale)
        if self.encoded:
            dtype = np.uint8 if image.dtype.itemsize == 1 else np.uint16
            return picture_stamp(np.ascontiguousarray(image[..., ::-1], dtype), **facts)
        names = bands or self.layout.bands
        return array_stamp(
            image,
            name=name,
            bands=names if len(names) == image.shape[-1] else (),
            unit=self.layout.unit,
            zero_point=self.layout.zero_point,
            **facts,
        )


def _channel_axis(shape: tuple[int, ...], where: str) -> int:
    """The axis of the bands in ``[C, H, W]`` or ``[H, W, C]``: the shorter end, clearly shorter than the
    sides of the image."""
    first, middle, last = shape
    if last <= min(first, _MOST_BANDS) and last <= middle and last < max(first, middle):
        return 2
    if first <= min(last, _MOST_BANDS) and first <= middle and first < max(last, middle):
        return 0
    raise CatalogueError(f"no axis of images of {shape} can be that of the bands", where=where)
