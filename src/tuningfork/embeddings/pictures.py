"""Pictures from outside a collection, embedded as its own galaxies were."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.embeddings.forward import forward
from tuningfork.embeddings.keys import as_encoder, made_by, split_name
from tuningfork.embeddings.plan import choose_plan
from tuningfork.embeddings.prepare import check_record, chosen_bands, fit_for
from tuningfork.embeddings.store import Embeddings
from tuningfork.encoders.facts import PixelFacts
from tuningfork.encoders.fit import flux_factor
from tuningfork.errors import EmbeddingError, ImageError

if TYPE_CHECKING:
    from tuningfork.images import FitsImage

__all__ = ["embed_pictures", "read_picture"]

LARGEST_PICTURE = 100_000_000  # bytes of an encoded file; larger than any cut-out


def embed_pictures(
    collection: Any, pictures: Sequence[Path | str | bytes | np.ndarray], stored: Embeddings
) -> np.ndarray:
    """Embed pictures with the encoder, precision and views of stored vectors.

    Parameters
    ----------
    collection : Collection
        FITS pictures are brought to its bands and its zero point first, as if they were imported.
    pictures : sequence
        JPEG, PNG, WebP, TIFF or FITS files, their bytes, or arrays (H, W, C).
    stored : Embeddings
        The vectors these shall be comparable with; their choice of bands is taken.

    Returns
    -------
    ndarray
        (N, D) float32.

    Raises
    ------
    ImageError
        Naming the picture that cannot be read, or lacks a band, or whose flux has no known scale.
    EmbeddingError
        When the encoder of that name is not the one that made the stored vectors.
    """
    encoder = as_encoder(made_by(stored.metadata))
    base, _, views = split_name(stored.key)
    if encoder.spec.key != base:
        raise EmbeddingError(
            f"the vectors were made by '{base}', but '{encoder.spec.name}' is now '{encoder.spec.key}'",
            where=str(collection.path),
            remedy=f"Embed again: tuningfork embed {collection.path} --encoder {encoder.spec.name}",
        )
    fitting = fit_for(collection, encoder, chosen_bands(stored.metadata))
    check_record(collection, stored.key, stored.metadata, fitting)
    shortest = encoder.spec.preprocessing.shortest
    stamps = []
    for picture in pictures:
        try:
            stamps += fitting([_as_stored(collection, picture, shortest)])
        except ImageError as error:
            raise error if error.where else ImageError(error.what, where=_name(picture)) from error
    plan = choose_plan(encoder, len(stamps), precision=stored.metadata.get("precision", "fp32"))
    size = plan.batch_size
    batches = [encoder.preprocess(stamps[i : i + size]) for i in range(0, len(stamps), size)]
    return np.concatenate([forward(encoder, x, plan, views) for x in batches])


def read_picture(
    picture: Path | str | bytes | np.ndarray, *, shortest: int | None = None, max_pixels: int = 100_000_000
) -> np.ndarray:
    """One picture as (H, W, C): uint8 or uint16 as encoded, float32 linear flux from FITS; blue first.

    ``shortest`` is what `tuningfork.images.decode` takes: given as for a collection, the pixels are the same.
    More than ``max_pixels`` are refused before memory is taken for them.
    """
    opened = _opened(picture, shortest, max_pixels)
    return opened if isinstance(opened, np.ndarray) else opened.flux


def _opened(
    picture: Path | str | bytes | np.ndarray, shortest: int | None, max_pixels: int = 100_000_000
) -> "np.ndarray | FitsImage":
    from tuningfork.images import decode, read_fits, sniff

    if isinstance(picture, np.ndarray):
        if picture.ndim != 3 or not picture.size:
            raise ImageError(f"an array of shape {picture.shape} is no picture (H, W, C)")
        return picture
    name = _name(picture)
    data = picture if isinstance(picture, bytes) else _read(Path(picture))
    if sniff(data) in ("fits", "gzip", "bzip2"):
        return read_fits(data, name=name, max_pixels=max_pixels, max_bytes=10 * max_pixels)
    return decode(data, name=name, shortest=shortest, max_pixels=max_pixels)


def _as_stored(collection: Any, picture: Any, shortest: int | None) -> np.ndarray:
    """A picture's pixels as the collection would give them if it were in it: its bands, its flux scale."""
    facts, opened = PixelFacts.of(collection.manifest), _opened(picture, shortest)
    if facts.is_flux and isinstance(opened, np.ndarray) and not isinstance(picture, np.ndarray):
        raise ImageError(
            "a picture that somebody stretched, but the collection is of linear flux",
            where=_name(picture),
            remedy="Give a FITS file",
        )
    if isinstance(opened, np.ndarray):  # an array of flux is taken to be in the collection's own units
        grey_among_colour = not facts.is_flux and opened.shape[2] == 1
        return np.repeat(opened, len(facts.bands), axis=2) if grey_among_colour else opened
    if not facts.is_flux:
        raise ImageError(
            "linear flux, but the collection is of pictures that somebody stretched",
            where=_name(picture),
            remedy="Give a picture of the same kind",
        )
    flux = _named_bands(opened, collection.manifest.file_bands, _name(picture))
    if flux.shape[2] != len(facts.bands):
        told = f"it has {flux.shape[2]} bands, but the collection has {len(facts.bands)}"
        raise ImageError(f"{told} ({', '.join(facts.bands)})", where=_name(picture))
    theirs = PixelFacts(facts.bands, "flux", facts.stretch, opened.unit or facts.unit, opened.zero_point)
    try:
        factor = flux_factor(theirs, facts, "of the collection", str(collection.path))
    except EmbeddingError as error:
        raise ImageError(
            error.what,
            where=_name(picture),
            remedy=f"Write MAGZERO into its header, or zero_point = N into {collection.path}/collection.toml",
        ) from error
    return flux if factor == 1 else flux * np.float32(factor)


def _named_bands(image: "FitsImage", wanted: tuple[str, ...], name: str) -> np.ndarray:
    """The collection's bands by the names in the file, where both have names; else all as they come."""
    if not wanted or not all(image.bands):
        return image.flux
    lacking = [band for band in wanted if band not in image.bands]
    if lacking:
        raise ImageError(f"it has no band {lacking[0]}, only {', '.join(image.bands)}", where=name)
    places = [image.bands.index(band) for band in wanted]
    return image.flux if image.bands == wanted else np.ascontiguousarray(image.flux[:, :, places])


def _name(picture: Any) -> str:
    return str(picture) if isinstance(picture, str | Path) else "picture"


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_PICTURE:
            raise ImageError(f"larger than {LARGEST_PICTURE // 1_000_000} MB", where=str(path))
        return path.read_bytes()
    except OSError as error:
        raise ImageError(f"cannot be read: {error.strerror or error}", where=str(path)) from error
