"""A network that foretells votes or yes-or-no labels, as `tuningfork predict` runs it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor, nn

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.objectives.dirichlet import concentrations
from tuningfork.tasks.morphology.combining import Member
from tuningfork.tasks.morphology.familiarity import Familiarity, parted, watching

if TYPE_CHECKING:
    from tuningfork.encoders.contract import Encoder

__all__ = ["TARGETS", "VoteModel", "check_outputs", "question_slices"]

TARGETS = ("counts", "fractions", "labels")
"""What was learnt: counts of a tree by Dirichlets, fractions by regression, or yes-or-no labels."""

_MOST = 1000


@dataclass(frozen=True)
class VoteModel:
    """A network with one output for each answer.

    Parameters
    ----------
    outputs : tuple of str
        ``question.answer`` each; the answers of a question stand together.
    target : str
        One of `TARGETS`.
    network : Encoder
        Its embedding are the bare outputs.
    built : dict
        ``network`` and ``shape`` of the body, as `tuningfork.encoders.trainable.new_network` tells them.
    facts : dict
        What a reader should know: licence, data, split, evaluation.
    name : str
        For messages and keys.
    familiarity : Familiarity, optional
        How unlike a picture is to what the network learnt.

    Raises
    ------
    UsageError, UnknownNameError
        Names that cannot be, or a target that is not known.
    """

    outputs: tuple[str, ...]
    target: str
    network: "Encoder"
    built: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    name: str = "votes"
    familiarity: Familiarity | None = None

    def __post_init__(self) -> None:
        if self.target not in TARGETS:
            raise UnknownNameError("target of votes", str(self.target)[:80], TARGETS)
        check_outputs(self.outputs)
        if self.network.spec.dim != len(self.outputs):
            raise UsageError(f"{self.network.spec.dim} outputs for {len(self.outputs)} answers")
        if self.familiarity is not None and len(self.familiarity.known) != 1:
            raise UsageError(f"familiar features of {len(self.familiarity.known)} networks, not 1")

    @property
    def members(self) -> tuple[Member, ...]:
        """The network, as the only one of a model."""
        return (Member(self.network, self.outputs, "", self.built),)

    @property
    def combined(self) -> "Foretelling":
        """The network as one that gives what its outputs stand for."""
        return Foretelling(self.network.network, self.target)

    @property
    def questions(self) -> dict[str, slice]:
        """Question -> where its answers stand."""
        return question_slices(self.outputs)

    @cached_property
    def encoder(self) -> "Encoder":
        """The model as an encoder: Dirichlet parameters where counts were learnt, else numbers in 0..1.

        Its key names the network and what its outputs mean without doubt.
        """
        from tuningfork.encoders.contract import EncoderSpec
        from tuningfork.encoders.keys import encoder_key
        from tuningfork.encoders.weights_file import tensors_hash
        from tuningfork.tasks.morphology.seeing import Seeing

        spec = self.network.spec
        weights = tensors_hash(self.network.network.state_dict())
        told = (self.outputs, self.target)
        key = encoder_key(f"votes-{self.name[:60]}", weights, spec.preprocessing, told, spec.learnt_from)
        own = EncoderSpec(self.name, key, len(self.outputs), (), spec.preprocessing, spec.learnt_from)
        return Seeing(own, self.combined)

    @cached_property
    def watching(self) -> "Encoder":
        """What `predict` runs: the encoder with one more number behind the answers, how unlike the picture is
        to all that the network learnt. Without a measure of that it is `encoder`."""
        return watching(self.encoder, self.combined, (True,), self.familiarity)

    def parted(self, stored: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """What `watching` gave, as that of `encoder` (n, outputs) and unlikeness (n,), None without a measure
        of it."""
        return parted(stored, len(self.outputs), self.familiarity)

    def shares(self, told: np.ndarray) -> np.ndarray:
        """(n, outputs) what the encoder gives, as expected shares or as chances of a yes."""
        if self.target != "counts":
            return told
        found = np.empty_like(told)
        for own in self.questions.values():
            found[:, own] = told[:, own] / told[:, own].sum(axis=1, keepdims=True)
        return found

    def concentrations(self, told: np.ndarray) -> dict[str, np.ndarray]:
        """Question -> (n,) sum of its Dirichlet parameters; empty unless counts were learnt."""
        if self.target != "counts":
            return {}
        return {name: told[:, own].sum(axis=1) for name, own in self.questions.items()}


def question_slices(outputs: Sequence[str]) -> dict[str, slice]:
    """Question -> where its answers stand among outputs called ``question.answer``.

    Raises
    ------
    UsageError
        The answers of a question do not stand together.
    """
    found: dict[str, slice] = {}
    for place, name in enumerate(outputs):
        question = name.partition(".")[0]
        start = found[question].start if question in found else place
        if question in found and found[question].stop != place:
            raise UsageError(f"the answers of '{question}' do not stand together")
        found[question] = slice(start, place + 1)
    return found


def check_outputs(outputs: Sequence[str]) -> None:
    """Raise `UsageError` unless these can be the ends of columns' names."""
    if not 1 <= len(outputs) <= _MOST:
        raise UsageError(f"a network foretells 1 to {_MOST} answers, not {len(outputs)}")
    for name in outputs:
        if not isinstance(name, str) or not 0 < len(name) <= 100 or not name.isprintable():
            raise UsageError(f"the answer {name!r:.120} is no printable text of 1 to 100 characters")
    if len({name.casefold() for name in outputs}) != len(outputs):
        raise UsageError("two answers have one name (capitals make no difference)")
    question_slices(outputs)


class Foretelling(nn.Module):
    """A network whose outputs are made what they stand for."""

    def __init__(self, network: nn.Module, target: str):
        super().__init__()
        self.members, self._target = nn.ModuleList([network]), target

    def forward(self, x: Tensor) -> Tensor:
        """``[N, C, S, S]`` prepared stamps -> ``[N, outputs]`` float32."""
        return self.joined([network(x) for network in self.members])

    def joined(self, bare: Sequence[Tensor]) -> Tensor:
        """The bare outputs of the network, ``[N, outputs]``, alone in a list -> what they stand for."""
        outputs = bare[0].float()
        return concentrations(outputs) if self._target == "counts" else outputs.sigmoid()
