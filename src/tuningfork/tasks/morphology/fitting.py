"""Whether a collection's stamps are of the kind a model learnt from; where it would guess it is refused."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tuningfork.encoders.bands import choose_bands
from tuningfork.encoders.contract import EncoderSpec
from tuningfork.encoders.facts import PixelFacts
from tuningfork.encoders.fit import Fit, fit
from tuningfork.errors import EmbeddingError

if TYPE_CHECKING:
    from tuningfork.tasks.morphology.model import Model
    from tuningfork.tasks.morphology.vote_model import VoteModel

__all__ = ["fit_model"]

_COLOURS = 3  # of a picture made by others, which stand in for each other by place
_OTHER_MODEL = "Take a model of such bands, or train one: tuningfork train morphology DIR --label COLUMN"


def fit_model(
    collection: Any,
    model: "Model | VoteModel",
    bands: Sequence[str] | None = None,
    *,
    any_stretch: bool = False,
) -> Fit:
    """How this collection's stamps become this model's input.

    Flux goes through the stretch that the model learnt with. A model that learnt from pictures takes flux
    only through a stretch that its training had too: through another one its probabilities mean nothing.
    Bands: where the model learnt from flux, or from other bands than the three of a colour picture, they are
    those of the same names; equally many others, or a single one for all, only where a person names them.

    Parameters
    ----------
    bands : sequence of str, optional
        Which of the collection's bands to take, blue first.
    any_stretch : bool
        Take flux through the collection's own stretch all the same.

    Raises
    ------
    EmbeddingError
        Bands, flux or stretch do not fit; the remedy is the act that mends it.
    """
    facts, where = PixelFacts.of(collection.manifest), str(collection.path)
    spec = model.encoder.spec
    command = f"tuningfork predict {where} --model {model.name} --out FILE"
    if bands is None:
        _check_bands(spec, facts, where, command)
    found = fit(spec, facts, bands, where=where, command=command)
    if facts.is_flux and not found.of_encoder and not any_stretch:
        _check_stretch(facts, model, where)
    return found


def _check_bands(spec: EncoderSpec, facts: PixelFacts, where: str, command: str) -> None:
    """Refuse bands that would be taken by place alone, or repeated, where the model knows its own by name."""
    learnt, have = spec.learnt_from, facts.bands
    try:
        how = choose_bands(spec, facts, None, where, command).how
    except EmbeddingError as error:
        if len(have) >= spec.bands:
            raise
        raise EmbeddingError(error.what, where=where, remedy=_OTHER_MODEL) from error
    if how == "name" or learnt is None or not learnt.are_named:
        return
    if spec.bands == _COLOURS and not learnt.is_flux:
        return
    theirs, ours = (", ".join(bands) for bands in (learnt.bands, have))
    raise EmbeddingError(
        f"'{spec.name}' learnt from the bands {theirs}, this collection has {ours}",
        where=where,
        remedy=f"If they may stand for those: {command} --bands {','.join(have)}",
    )


def _check_stretch(facts: PixelFacts, model: "Model | VoteModel", where: str) -> None:
    known = [s for s in model.facts.get("stretches", []) if isinstance(s, dict)]
    if facts.stretch in known:
        return
    ours = facts.stretch.get("kind", "linear")
    if known:
        theirs = ", ".join(f"{key} = {value!r}" for key, value in known[0].items())
        mend = f"Write it under [stretch] in {where}/collection.toml: {theirs}"
        what = f"through a {known[0].get('kind')} stretch that is not that of this collection ({ours})"
    else:
        mend = "Give it pictures as those it learnt from, or predict uncalibrated with --any-stretch"
        what = f"made by others, this collection is flux through its own stretch ({ours})"
    raise EmbeddingError(f"'{model.name}' learnt from pictures {what}", where=where, remedy=mend)
