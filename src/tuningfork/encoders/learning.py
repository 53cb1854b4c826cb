"""What a network that is about to be trained will be told to expect of stamps: the birth of the contract."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tuningfork.encoders.bands import choose_bands
from tuningfork.encoders.facts import PixelFacts
from tuningfork.encoders.fit import Fit, fit, flux_factor
from tuningfork.errors import DataError, EmbeddingError, UsageError

__all__ = ["bands_for_training", "facts_to_learn", "fits_for_training"]

_EACH_BAND_FOR_ITSELF = ("linear", "asinh", "log")


@dataclass(frozen=True)
class _Pupil:
    """Stands for the encoder that does not exist yet."""

    name: str
    bands: int
    learnt_from: PixelFacts | None = None
    preprocessing: Any = None


def bands_for_training(
    collections: Sequence[Any], asked: Sequence[str] | None = None, start: Any = None
) -> int:
    """How many bands a network has that learns from these collections.

    As many as the weights have that it begins with, where the collections' bands fit those by name, by number
    or as a single one that is repeated. Else as many as were asked for; else as many as the collections have,
    where those of one band beside others have theirs repeated.

    Parameters
    ----------
    collections : sequence of Collection
    asked : sequence of str, optional
    start : EncoderSpec, optional
        Of the encoder that is begun with.

    Raises
    ------
    DataError
        They have different numbers of bands, and nobody said which to take.
    """
    if start is not None and all(_takes(start, c, asked) for c in collections):
        return start.bands
    if asked:
        return len(asked)
    counts = sorted({len(c.manifest.bands) for c in collections})
    if len(counts) == 2 and counts[0] == 1:
        counts = counts[1:]
    if len(counts) == 1:
        return counts[0]
    shared = set.intersection(*(set(c.manifest.bands) for c in collections))
    common = [band for band in collections[0].manifest.bands if band in shared]
    told = ", ".join(f"{len(c.manifest.bands)} ({', '.join(c.manifest.bands)})" for c in collections)
    raise DataError(
        f"a network takes one number of bands, but these collections have {told}",
        where=", ".join(str(c.path) for c in collections),
        remedy=f"Choose what all have: --bands {','.join(common)}"
        if common
        else "They share no band that --bands could name: train on each by itself",
    )


def _takes(start: Any, collection: Any, asked: Sequence[str] | None) -> bool:
    try:
        choose_bands(start, PixelFacts.of(collection.manifest), asked, str(collection.path), "")
    except (EmbeddingError, UsageError):
        return False
    return True


def fits_for_training(
    name: str,
    bands: int,
    collections: Sequence[Any],
    asked: Sequence[str] | None = None,
    *,
    start: Any = None,
) -> tuple[PixelFacts, list[Fit]]:
    """The contract of a network trained on these collections, and how each becomes its input.

    The fits are those that embedding with the trained network will use, so that it sees in use what it saw in
    training.

    Parameters
    ----------
    name : str
        Of the network, for messages.
    bands : int
        How many it takes.
    collections : sequence of Collection
        ``manifest`` and ``path`` are looked at.
    asked : sequence of str, optional
        The bands to take from each collection.
    start : EncoderSpec, optional
        Of the encoder that is begun with. Where the network has as many bands and a collection has bands of
        the same names, they are those.

    Raises
    ------
    EmbeddingError, UsageError
        As `tuningfork.encoders.fit.fit`.
    """
    every = [(PixelFacts.of(c.manifest), str(c.path)) for c in collections]
    pupil = _Pupil(name, bands)
    again = f"tuningfork pretrain {' '.join(where for _, where in every)}"
    wanted = [asked or _same_names(start, bands, facts) for facts, _ in every]

    def fitted(spec: _Pupil, **told: str) -> list[Fit]:
        each = zip(every, wanted, strict=True)
        return [fit(spec, facts, names, where=where, **told) for (facts, where), names in each]

    learnt = facts_to_learn(fitted(pupil, command=again))
    return learnt, fitted(replace(pupil, learnt_from=learnt))


def _same_names(start: Any, bands: int, facts: PixelFacts) -> Sequence[str] | None:
    """The bands of a collection that are called as those of the encoder that is begun with, if all are."""
    if start is None or start.bands != bands:
        return None
    try:
        choice = choose_bands(start, facts, None, "", "")
    except EmbeddingError:
        return None
    return choice.names if choice.how == "name" else None


def facts_to_learn(fits: Sequence[Fit]) -> PixelFacts:
    """What the stamps of several collections have in common once their bands are chosen.

    Flux is learnt as flux, through the first collection's stretch, when every collection has flux whose zero
    point can be brought to the first one's. Otherwise each collection's own stretch makes pictures of it, and
    pictures are what is learnt.
    """
    first = fits[0]
    names = first.choice.names
    same = len(set(names)) == len(names) and all(f.choice.names == names for f in fits)
    common = PixelFacts(bands=names if same else (), pixel_scale=_common_scale([f.facts for f in fits]))
    stretch = _for_bands(first)
    if stretch is None or not _one_scale([f.facts for f in fits]):
        return common
    facts = first.facts
    return replace(common, pixels="flux", stretch=stretch, unit=facts.unit, zero_point=facts.known_zero_point)


def _for_bands(first: Fit) -> dict[str, Any] | None:
    """The collection's stretch for the chosen bands alone; None when it mixes bands and they are not all."""
    if not first.facts.is_flux:
        return None
    picks, table = first.choice.picks, dict(first.facts.stretch)
    if picks == tuple(range(len(first.facts.bands))):
        return table
    if table.get("kind") not in _EACH_BAND_FOR_ITSELF:
        return None
    if table.get("weights"):
        table["weights"] = [table["weights"][pick] for pick in picks]
    return table


def _one_scale(every: Sequence[PixelFacts]) -> bool:
    if not all(facts.is_flux for facts in every):
        return False
    try:
        for facts in every[1:]:
            flux_factor(facts, every[0], "of the first collection", "")
    except EmbeddingError:
        return False
    return True


def _common_scale(every: Sequence[PixelFacts]) -> float | None:
    known = [facts.pixel_scale for facts in every]
    if not all(known) or max(known) > 1.05 * min(known):
        return None
    return known[0]
