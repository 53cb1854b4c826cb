"""A model: networks, what their outputs mean, how far they can be trusted. Stamps in, probabilities out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from tuningfork.encoders.contract import Encoder, EncoderSpec
from tuningfork.encoders.keys import encoder_key
from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.evaluation.calibration import tempered
from tuningfork.tasks.morphology.combining import Combined, Member, check_members
from tuningfork.tasks.morphology.familiarity import Familiarity, parted, watching
from tuningfork.tasks.morphology.seeing import Seeing

__all__ = ["Member", "Model"]

_MOST_CLASSES = 1000
_MOST_MEMBERS = 64


@dataclass(frozen=True)
class Model:
    """Networks that tell classes.

    Parameters
    ----------
    classes : tuple of str
        In the order of the probabilities.
    networks : sequence of Encoder or Member
        An encoder whose embedding are logits of all classes, or members of a two-stage model
        (`tuningfork.tasks.morphology.combining`).
    groups : dict
        Merged group -> its classes; empty for a model of one stage.
    temperature : float
        The logarithms of the probabilities are divided by it (Guo et al. 2017, sec. 4.2).
    qhat : dict
        Coverage as text with two digits ("0.90") -> the conformal threshold: a class belongs to the set of a
        galaxy when 1 - p is not above it.
    abstain : dict
        Wanted purity as text ("0.95") -> the probability of the likeliest class below which no answer is
        given.
    familiarity : Familiarity, optional
        How unlike a picture is to what the networks learnt.
    facts : dict
        What a reader should know: licence, data, split, evaluation (see `save_model`).
    name : str
        For messages and keys.

    Raises
    ------
    UsageError
        When members and classes do not fit, or a number is out of range.
    """

    classes: tuple[str, ...]
    networks: tuple[Any, ...]
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    temperature: float = 1.0
    qhat: dict[str, float] = field(default_factory=dict)
    abstain: dict[str, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    name: str = "model"
    familiarity: Familiarity | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(self.classes))
        check_classes(self.classes)
        if not 1 <= len(self.networks) <= _MOST_MEMBERS:
            raise UsageError(f"a model has 1 to {_MOST_MEMBERS} networks, not {len(self.networks)}")
        members = tuple(n if isinstance(n, Member) else Member(n, self.classes) for n in self.networks)
        object.__setattr__(self, "networks", members)
        check_members(self.classes, self.groups, members)
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise UsageError(f"a temperature is above 0, not {self.temperature}")
        for what, table in (("coverage", self.qhat), ("purity", self.abstain)):
            if not all(_is_share(key) and 0 <= value <= 1 for key, value in table.items()):
                raise UsageError(f"thresholds of {what} are numbers in 0..1 by texts as '0.90': {table}")

        first = [m for m in members if not m.group]
        if self.familiarity is not None and len(self.familiarity.known) != len(first):
            raise UsageError(f"familiar features of {len(self.familiarity.known)} networks, not {len(first)}")

    @property
    def members(self) -> tuple[Member, ...]:
        """The networks with what each tells apart."""
        return self.networks

    @property
    def combined(self) -> Combined:
        """The networks as one that gives probabilities."""
        return Combined(self.classes, self.groups, self.members)

    @cached_property
    def encoder(self) -> Encoder:
        """The model as an encoder whose embedding are the probabilities before the temperature.

        Its key names the networks and how they are joined without doubt. A picture without any signal is
        refused as one that cannot be read.
        """
        from tuningfork.encoders.weights_file import tensors_hash

        first = self.members[0].encoder.spec
        network = self.combined
        made = [self.classes, self.groups, [(m.group, m.answers) for m in self.members]]
        weights = tensors_hash(network.state_dict())
        key = encoder_key(f"model-{self.name[:60]}", weights, first.preprocessing, made, first.learnt_from)
        spec = EncoderSpec(self.name, key, len(self.classes), (), first.preprocessing, first.learnt_from)
        return Seeing(spec, network)

    @cached_property
    def watching(self) -> Encoder:
        """The encoder with one more number behind the probabilities: how unlike the picture is to all that
        the networks learnt. Without a measure of that it is `encoder`."""
        first = [not member.group for member in self.members]
        return watching(self.encoder, self.combined, first, self.familiarity)

    def parted(self, stored: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """What `watching` gave, as probabilities (n, K) and unlikeness (n,), None without a measure of it."""
        return parted(stored, len(self.classes), self.familiarity)

    def probabilities(
        self, collection: Any, rows: Sequence[int] | np.ndarray, *, precision: str = "auto"
    ) -> np.ndarray:
        """(n, K) float32 of some rows of a collection; a row of NaN where a stamp cannot be read.

        ``precision`` is that of `tuningfork.embeddings.embed`. Nothing is stored;
        `tuningfork.tasks.morphology.predicting.predict` keeps what it makes.
        """
        return self.told(collection, rows, precision=precision)[0]

    def told(
        self, collection: Any, rows: Sequence[int] | np.ndarray, *, precision: str = "auto"
    ) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities (n, K) and familiarity (n,) float32 of some rows, as `probabilities`; without a
        measure of familiarity all of them are NaN."""
        from tuningfork.embeddings.compute import Embedder
        from tuningfork.embeddings.plan import choose_plan
        from tuningfork.tasks.morphology.fitting import fit_model

        fitting, encoder = fit_model(collection, self), self.watching
        unique, place = np.unique(np.asarray(rows, np.int64), return_inverse=True)
        found = np.full((len(unique), encoder.spec.dim), np.nan, np.float32)
        if len(unique):
            plan = choose_plan(encoder, len(unique), precision=precision)
            for outcome in Embedder(collection, encoder, plan, 1, fitting)(unique):
                found[np.searchsorted(unique, outcome.rows)] = outcome.vectors
        p, unlike = self.parted(found[place])
        return tempered(p, self.temperature), self.familiar(unlike, len(p))

    def familiar(self, unlike: np.ndarray | None, count: int) -> np.ndarray:
        """(count,) float32 familiarity of what `parted` gave; NaN throughout without a measure of it."""
        if self.familiarity is None or unlike is None:
            return np.full(count, np.nan, np.float32)
        return self.familiarity.p_values(unlike)

    def threshold(self, coverage: float) -> float:
        """The conformal threshold of a coverage; `UnknownNameError` for one that was not calibrated."""
        return _of_share("coverage", self.qhat, coverage, self.name)

    def least_probability(self, purity: float) -> float:
        """What the likeliest class must reach for a wanted purity; a purity between two takes the higher."""
        known = sorted((float(key), key) for key in self.abstain)
        at_least = next((key for value, key in known if value >= purity - 1e-9), None)
        if at_least is None or not 0 < purity < 1:
            return _of_share("purity", self.abstain, purity, self.name)
        return self.abstain[at_least]


def check_classes(classes: Sequence[str]) -> None:
    """Raise `UsageError` unless these can be the classes of a model, and the ends of columns' names."""
    if not 2 <= len(classes) <= _MOST_CLASSES:
        raise UsageError(f"a model tells 2 to {_MOST_CLASSES} classes apart, not {len(classes)}")
    for name in classes:
        if not isinstance(name, str) or not 0 < len(name) <= 100 or not name.isprintable():
            raise UsageError(f"the class {name!r:.120} is no printable text of 1 to 100 characters")
        if ";" in name:
            raise UsageError(f"the class '{name}' holds ';', which parts the classes of a set")
    if len({name.casefold() for name in classes}) != len(classes):
        raise UsageError("two classes of the model have one name (capitals make no difference)")


def _is_share(key: Any) -> bool:
    try:
        return 0 < float(key) < 1
    except (TypeError, ValueError):
        return False


def _of_share(what: str, known: dict[str, float], asked: float, name: str) -> float:
    for key, value in known.items():
        if abs(float(key) - asked) < 1e-9:
            return value
    if not known:
        raise UsageError(
            f"the model '{name}' has no thresholds of {what}",
            remedy=f"Leave --{what} out, or take a model that was calibrated",
        )
    if what == "purity" and 0 < asked < 1:
        raise UsageError(
            f"the model '{name}' was not shown to reach a purity of {asked:g}",
            remedy=f"Ask for one of {', '.join(sorted(known))}, or leave --purity out",
        )
    raise UnknownNameError(what, f"{asked:g}", known, where=name)
