"""The measure of familiarity within a model's file: tensors called ``familiarity.*`` beside the networks'."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tuningfork.tasks.morphology.familiarity import Familiarity, familiarity_from

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["familiar_line", "familiar_tensors", "without_familiarity"]

_START = "familiarity."


def familiar_line(measure: Familiarity | None) -> dict[str, Any] | None:
    """What a certificate says of it."""
    return None if measure is None else {"galaxies": len(measure.levels)}


def familiar_tensors(measure: Familiarity | None) -> "dict[str, Tensor]":
    """Its tensors as a file calls them."""
    return {} if measure is None else {_START + name: t for name, t in measure.tensors().items()}


def without_familiarity(
    tensors: "dict[str, Tensor]", most: int, dims: Sequence[int]
) -> "tuple[dict[str, Tensor], Familiarity | None]":
    """All other tensors of a file, and the measure where there is one.

    Raises `UsageError` as `tuningfork.tasks.morphology.familiarity.familiarity_from` does, of which ``most``
    and ``dims`` are the last two parameters.
    """
    own = {name.removeprefix(_START): t for name, t in tensors.items() if name.startswith(_START)}
    rest = {name: t for name, t in tensors.items() if not name.startswith(_START)}
    return rest, familiarity_from(own, most, dims) if own else None
