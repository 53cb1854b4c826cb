"""How the stamps of a collection become an encoder's input, or why they cannot: the one place that decides.

Used by embedding, by pre-training and for pictures from outside, so that all three do the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from tuningfork.encoders.bands import BandChoice, choose_bands
from tuningfork.encoders.facts import PixelFacts
from tuningfork.errors import EmbeddingError, ImageError

__all__ = ["Fit", "fit", "flux_factor"]


@dataclass(frozen=True)
class Fit:
    """What is done to every stamp before the encoder's window is cut. Call it with stamps.

    Attributes
    ----------
    choice : BandChoice
        Which band of the collection stands for which of the encoder.
    facts : PixelFacts
        Of the collection.
    stretch : dict
        Applied to flux; empty for encoded pictures.
    of_encoder : bool
        The stretch is the encoder's: bands are chosen first and flux is brought to its zero point. Else it is
        the collection's, made for all its bands, and bands are chosen after it.
    factor : float
        Flux is multiplied by it before the encoder's stretch.
    remarks : tuple of str
        What a person should know, one line each; empty when nothing had to be done.
    """

    choice: BandChoice
    facts: PixelFacts
    stretch: dict[str, Any]
    of_encoder: bool = False
    factor: float = 1.0
    remarks: tuple[str, ...] = ()

    def __call__(self, stamps: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Stamps ``[H, W, C]`` as the collection gives them -> ``[H, W, B]`` with the encoder's bands, blue
        first: encoded as they were, or unit float32. Raises `ImageError` for a stamp of other bands."""
        return [self._flux(s) if s.dtype.kind == "f" else self._encoded(s) for s in stamps]

    def record(self) -> dict[str, Any]:
        """What the numbers depend on beside the encoder, as plain values that can be compared."""
        flux = {"stretch": self.stretch, "factor": self.factor} if self.facts.is_flux else {}
        return {"bands": list(self.choice.names), **flux}

    def _encoded(self, stamp: np.ndarray) -> np.ndarray:
        if self.of_encoder:
            raise ImageError("a picture somebody stretched, but the encoder wants linear flux")
        return self.choice.of_picture(stamp)

    def _flux(self, stamp: np.ndarray) -> np.ndarray:
        from tuningfork.images.stretch import to_unit

        if not self.of_encoder:
            return self.choice.of_flux(to_unit(stamp, self._stretch))
        chosen = self.choice.of_flux(stamp)
        return to_unit(chosen if self.factor == 1 else chosen * np.float32(self.factor), self._stretch)

    @cached_property
    def _stretch(self):
        from tuningfork.images.stretch import stretch_from_table

        return stretch_from_table(self.stretch)


def fit(
    spec: Any,
    facts: PixelFacts,
    bands: Sequence[str] | None = None,
    *,
    where: str = "DIR",
    command: str | None = None,
) -> Fit:
    """Fit the stamps of a collection to an encoder.

    Bands: those the encoder names are taken by name; otherwise as many as it takes, by place; a single one is
    repeated. Flux: an encoder that learnt from flux gets it at its own zero point and through its own
    stretch; any other through the collection's stretch. Encoded pictures pass as they are.

    Parameters
    ----------
    spec : EncoderSpec
        ``name``, ``bands``, ``preprocessing`` and ``learnt_from`` are looked at.
    facts : PixelFacts
        Of the collection.
    bands : sequence of str, optional
        Names of the collection's bands, one for each of the encoder's, blue first; one may come twice.
    where : str
        The collection's folder, for the remedies.
    command : str, optional
        What is to be run again with ``--bands``, if not `tuningfork embed`.

    Raises
    ------
    EmbeddingError
        When they do not fit; the remedy is the command or act that mends it.
    UsageError
        For bands that are not there or not as many as the encoder takes.
    """
    learnt = spec.learnt_from
    command = command or f"tuningfork embed {where} --encoder {spec.name}"
    choice = choose_bands(spec, facts, bands, where, command)
    found = Fit(choice, facts, facts.stretch, remarks=(*choice.remarks(), *_scale_remarks(spec, facts)))
    if learnt is None or not learnt.is_flux:
        return found
    if not facts.is_flux:
        raise EmbeddingError(
            f"'{spec.name}' learnt from linear flux, but these pictures were stretched by whoever made them",
            where=where,
            remedy=f"Take an encoder of pictures: tuningfork embed {where} --encoder lvm-tiny",
        )
    factor = flux_factor(facts, learnt, f"'{spec.name}' learnt from", where)
    said = () if factor == 1 else (f"flux times {factor:.6g}, to the encoder's zero point",)
    return replace(
        found,
        stretch=learnt.stretch,
        of_encoder=True,
        factor=factor,
        remarks=(*found.remarks, *said, f"flux through the encoder's {learnt.stretch.get('kind')} stretch"),
    )


def flux_factor(have: PixelFacts, wanted: PixelFacts, whose: str, where: str) -> float:
    """What flux must be multiplied by to mean what the wanted one means.

    Raises `EmbeddingError` when one of two zero points is unknown, or both are and neither the unit nor the
    stretch, which is made of the flux's own levels, says that the scale is the same.
    """
    ours, theirs = have.known_zero_point, wanted.known_zero_point
    if ours is not None and theirs is not None:
        return 1.0 if ours == theirs else float(10 ** (0.4 * (theirs - ours)))
    if ours is None and theirs is None:
        if (have.unit and have.unit == wanted.unit) or have.stretch == wanted.stretch:
            return 1.0
        what = f"neither the zero point of this flux nor of that {whose} is known"
    elif theirs is None:
        what = f"this flux has zero point {ours:g}, that {whose} has none that is known"
    else:
        what = f"the zero point of this flux is unknown, that {whose} has {theirs:g}"
    raise EmbeddingError(
        what,
        where=where,
        remedy=f"Write zero_point = N (AB) into {where}/collection.toml",
    )


def _scale_remarks(spec: Any, facts: PixelFacts) -> tuple[str, ...]:
    """A window that follows the galaxy brings all scales to one; one that follows the frame does not."""
    learnt = spec.learnt_from
    if learnt is None or getattr(spec.preprocessing, "window", "galaxy") == "galaxy":
        return ()
    ours, theirs = facts.pixel_scale, learnt.pixel_scale
    if not ours or not theirs or max(ours, theirs) <= 1.05 * min(ours, theirs):
        return ()
    return (f"the encoder learnt at {theirs:g} arcsec a pixel, these stamps have {ours:g}",)
