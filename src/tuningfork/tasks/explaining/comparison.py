"""One picture of where several networks look: Ma et al. (2023), figure 7, for any networks and galaxies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tuningfork.errors import DataError, UsageError
from tuningfork.tasks.explaining.asked import Explained
from tuningfork.tasks.explaining.gradcam import heat_maps

__all__ = ["Look", "comparison_sheet", "examples_of_classes", "looks_at", "overlay"]

_MOST = 64  # galaxies in one picture
_AT_ONCE = 8
_HEAT = 0.45  # share of the heat in the mixture


@dataclass(frozen=True)
class Look:
    """What one network sees in one galaxy.

    Parameters
    ----------
    picture : ndarray
        uint8 (S, S, 3), red first: the window that the network was given.
    heat : ndarray
        (S, S) float32 in 0..1.
    kind : int
        The class that is explained.
    probability : float
        Of that class.
    """

    picture: np.ndarray
    heat: np.ndarray
    kind: int
    probability: float


def looks_at(asked: Explained, collection: Any, rows: np.ndarray, *, kind: str | None = None) -> list[Look]:
    """Heat maps of some rows of a collection for one class, or for the one that the network says.

    Raises
    ------
    DataError
        A stamp cannot be read.
    """
    import torch

    from tuningfork.embeddings.prepare import fit_for, prepare_rows

    number = None if kind is None else asked.number(kind)
    fitting, looks = fit_for(collection, asked.encoder), []
    for start in range(0, len(rows), _AT_ONCE):
        batch = prepare_rows(collection, asked.encoder, rows[start : start + _AT_ONCE], fitting)
        if batch.unreadable or batch.x is None:
            raise DataError(batch.unreadable[0][1] if batch.unreadable else "nothing can be read")
        with torch.inference_mode():
            told = asked.probabilities(asked.encoder.embed(batch.x).float().cpu()).numpy()
        kinds = told[:, : asked.among].argmax(1) if number is None else np.full(len(told), number)
        heat = heat_maps(asked, batch.x, kinds)
        pictures = _pictures(batch.x.numpy(), asked.encoder.spec.preprocessing, fitting, collection.shown)
        if fitting.facts.is_flux:  # row 0 of a FITS image is its lowest: upright as all other pictures of it
            heat, pictures = heat[:, ::-1], pictures[:, ::-1]
        for place, k in enumerate(kinds):
            looks.append(Look(pictures[place], heat[place], int(k), float(told[place, k])))
    return looks


def overlay(look: Look) -> np.ndarray:
    """The picture under its heat, uint8 (S, S, 3): black where nothing speaks for the class, through red to
    white where most does."""
    import cv2

    levels = (look.heat * 255).round().astype(np.uint8)
    hot = cv2.applyColorMap(levels, cv2.COLORMAP_HOT)[..., ::-1]
    return ((1 - _HEAT) * look.picture + _HEAT * hot).round().astype(np.uint8)


def comparison_sheet(
    asked: Sequence[Explained],
    collection: Any,
    ids: Sequence[str],
    *,
    kind: str | None = None,
    labels: np.ndarray | None = None,
    tile: int = 200,
) -> np.ndarray:
    """The galaxies in the first row, then a row for each network with the class it speaks of.

    Parameters
    ----------
    asked : sequence of Explained
    collection : Collection
    ids : sequence of str
        One to 64 galaxies.
    kind : str, optional
        Explain this class, whatever a network says.
    labels : ndarray, optional
        (n,) true classes of all rows of the collection, for the captions.
    tile : int
        Side of a tile in pixels.

    Returns
    -------
    ndarray
        uint8 (H, W, 3), red first.
    """
    from tuningfork.images import contact_sheet, to_display

    if not 1 <= len(ids) <= _MOST:
        raise UsageError(f"one picture shows 1 to {_MOST} galaxies, not {len(ids)}")
    rows = collection.rows_of(ids)
    stamps = collection.pixels(rows, shortest=tile)
    pictures = [to_display(stamp, collection.stretch, collection.shown) for stamp in stamps]
    captions = [
        f"{labels[row]}   {name}" if labels is not None else name for name, row in zip(ids, rows, strict=True)
    ]
    for one in asked:
        for look in looks_at(one, collection, rows, kind=kind):
            pictures.append(overlay(look))
            captions.append(f"{one.classes[look.kind]} {look.probability:.2f}   {one.name}")
    return contact_sheet(pictures, captions=captions, columns=len(ids), tile=tile)


def examples_of_classes(
    labels: np.ndarray, classes: Sequence[str], each: int, *, seed: int = 0
) -> np.ndarray:
    """(n,) rows of so many galaxies of each class, drawn at random, class by class: the paper's columns.

    Parameters
    ----------
    labels : ndarray
        (N,) classes of all rows as text.
    classes : sequence of str
        Those wanted, in this order.

    Raises
    ------
    DataError
        No galaxy is of any of them.
    """
    rng, found = np.random.default_rng(seed), []
    for name in classes:
        rows = np.flatnonzero(labels == name)
        found.append(np.sort(rng.permutation(rows)[:each]))
    rows = np.concatenate(found) if found else np.empty(0, np.int64)
    if not len(rows):
        raise DataError(f"no galaxy is of a class of the network ({', '.join(list(classes)[:5])})")
    return rows


def _pictures(x: np.ndarray, preprocessing: Any, fitting: Any, shown: Sequence[int]) -> np.ndarray:
    """Prepared stamps ``[N, C, S, S]`` as people see them, uint8 (N, S, S, 3), red first.

    Of more than three bands those numbered in ``shown`` (of the collection's) make the picture, where the
    network was given all three of them.
    """
    from tuningfork.images import to_display

    mean, std = (np.float32(v).reshape(-1, 1, 1) for v in (preprocessing.mean, preprocessing.std))
    unit = np.clip(x * std + mean, 0, 1)
    unit = unit[:, ::-1] if preprocessing.red_first else unit
    picks = fitting.choice.picks
    places = [picks.index(band) for band in shown] if set(shown) <= set(picks) else None
    return np.stack([to_display(one, shown=places) for one in unit.transpose(0, 2, 3, 1)])
