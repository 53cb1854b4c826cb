"""How unlike a picture is to all that a model learnt: a distance of features, and its rank among held-out
galaxies.

Of each class the features before the last layer are taken as a Gaussian with one covariance for all classes
(Lee et al. 2018, arXiv:1807.03888). A covariance of 1280 numbers from two thousand galaxies is mostly noise,
so the 64 directions of largest spread keep their own variances and all others share one (probabilistic
principal components: Tipping & Bishop 1999). The distance becomes a conformal p-value by galaxies that the
network did not learn from (Bates et al. 2023, arXiv:2104.08279).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tuningfork.encoders.contract import Encoder
from tuningfork.errors import UsageError
from tuningfork.tasks.morphology.seeing import Seeing

__all__ = [
    "Familiarity",
    "Known",
    "Watching",
    "familiarity_from",
    "familiarity_of",
    "known_of",
    "parted",
    "watching",
]

_DIRECTIONS = 64
_MOST_LEVELS = 5_000
_NAMES = ("means", "basis", "spread", "rest", "unit")


class Known(nn.Module):
    """What the features of one network are like for the galaxies that it learnt from.

    Parameters
    ----------
    means : Tensor
        [K, D] of each class.
    basis : Tensor
        [D, k] orthonormal directions of largest spread about the means.
    spread : Tensor
        [k] standard deviation along each.
    rest : Tensor
        [1] standard deviation along any other direction.
    unit : Tensor
        [1] the median of the squared distance for held-out galaxies.

    Raises
    ------
    UsageError
        Shapes do not fit, or a number cannot be.
    """

    means: Tensor
    basis: Tensor
    spread: Tensor
    rest: Tensor
    unit: Tensor

    def __init__(self, means: Tensor, basis: Tensor, spread: Tensor, rest: Tensor, unit: Tensor):
        super().__init__()
        shapes = [tuple(t.shape) for t in (means, basis, spread, rest, unit)]
        dim, kept = shapes[1] if len(shapes[1]) == 2 else (0, 0)
        if shapes != [(len(means), dim), (dim, kept), (kept,), (1,), (1,)] or not 1 <= kept <= dim:
            raise UsageError(f"the familiar features have the shapes {shapes}")
        given = (means, basis, spread, rest, unit)
        if not all(t.is_floating_point() for t in given):
            raise UsageError("the familiar features are no plain numbers")
        given = tuple(t.float() for t in given)
        if not all(bool(t.isfinite().all()) for t in given) or not all(
            bool((t > 0).all()) for t in given[2:]
        ):
            raise UsageError("a number of the familiar features is not finite, or a spread is not above 0")
        for name, tensor in zip(_NAMES, given, strict=True):
            self.register_buffer(name, tensor)

    def forward(self, features: Tensor) -> Tensor:
        """``[N, D]`` -> ``[N]`` squared distance to the nearest class, 1 for a usual galaxy."""
        from_each = torch.stack([self._squared(features - mean) for mean in self.means])
        return from_each.amin(0) / self.unit

    def _squared(self, off: Tensor) -> Tensor:
        along = off @ self.basis
        beyond = off - along @ self.basis.T
        return (along / self.spread).square().sum(1) + (beyond / self.rest).square().sum(1)


def known_of(features: np.ndarray, codes: np.ndarray) -> Known:
    """What some features are like, of galaxies with a class; numbers as a file holds them.

    Parameters
    ----------
    features : ndarray
        (n, D) finite, of galaxies that were learnt from.
    codes : ndarray
        (n,) their classes as numbers; each that occurs has a mean.
    """
    from sklearn.utils.extmath import randomized_svd

    from tuningfork.encoders.weights_file import stored_tensors

    X = np.asarray(features, np.float64)
    kinds, place = np.unique(codes, return_inverse=True)
    means = np.stack([X[place == k].mean(0) for k in range(len(kinds))])
    within = X - means[place]
    kept = max(1, min(_DIRECTIONS, X.shape[1], (len(X) - len(kinds)) // 2))
    _, sizes, directions = randomized_svd(within, kept, random_state=0)
    total = float((within**2).sum())
    least = max(total / within.size, 1e-12) * 1e-3  # nothing is known more narrowly than that
    spread = np.sqrt(np.maximum(sizes**2 / len(X), least))
    others = max(X.shape[1] - kept, 1) * len(X)
    rest = np.sqrt(max((total - float((sizes**2).sum())) / others, least))
    one = np.ones(1)
    given = zip(_NAMES, (means, directions.T, spread, rest * one, one), strict=True)
    return Known(
        *stored_tensors({name: torch.from_numpy(v.astype(np.float32)) for name, v in given}).values()
    )


def familiarity_of(known: Sequence[Known], told: Sequence[np.ndarray]) -> "Familiarity":
    """Networks that know what is usual, and what they say of galaxies that they did not learn from.

    Parameters
    ----------
    told : sequence of ndarray
        (m,) for each, with a unit of 1: its median becomes the unit, so that all count alike.
    """
    for each, own in zip(known, told, strict=True):
        each.unit = torch.tensor([max(float(np.median(own)), 1e-3)])
    levels = np.mean([own / float(each.unit) for each, own in zip(known, told, strict=True)], axis=0)
    drawn = np.random.default_rng(0).permutation(len(levels))[:_MOST_LEVELS]  # rows may be sorted by class
    return Familiarity(tuple(known), levels[drawn])


@dataclass(frozen=True)
class Familiarity:
    """How unlike a picture is to what a model learnt.

    Parameters
    ----------
    known : tuple of Known
        Of each member of the first stage, in their order. Members of a second stage never saw the other
        classes, so nothing follows from what they find strange.
    levels : ndarray
        (m,) what `Watching` says of galaxies that were not learnt from.

    Raises
    ------
    UsageError
        Levels that cannot be.
    """

    known: tuple[Known, ...]
    levels: np.ndarray

    def __post_init__(self) -> None:
        levels = np.sort(np.asarray(self.levels, np.float32).ravel())
        if not len(self.known) or not 1 <= len(levels) <= _MOST_LEVELS or not np.isfinite(levels).all():
            raise UsageError("the levels of familiarity are no finite numbers, or too many")
        object.__setattr__(self, "levels", levels)

    @property
    def least(self) -> float:
        """The least p-value there is: that of a picture less alike than all galaxies it was set on."""
        return 1 / (len(self.levels) + 1)

    def p_values(self, unlikeness: np.ndarray) -> np.ndarray:
        """(n,) float32: the share of galaxies at least as unlike, that picture counted in.

        Of galaxies drawn as those were, at most a share a has a value of a or less. NaN stays NaN.
        """
        asked = np.asarray(unlikeness, np.float32)
        above = len(self.levels) - np.searchsorted(self.levels, asked, side="left")
        return np.where(np.isnan(asked), np.nan, (above + 1) * self.least).astype(np.float32)

    def tensors(self) -> dict[str, Tensor]:
        """What a file keeps, ``NUMBER.NAME``; units and levels in double precision, which no file rounds."""
        found = {f"{k}.{name}": getattr(each, name) for k, each in enumerate(self.known) for name in _NAMES}
        found |= {name: tensor.double() for name, tensor in found.items() if name.endswith(".unit")}
        return {**found, "levels": torch.from_numpy(self.levels.astype(np.float64))}

    @cached_property
    def hash(self) -> str:
        """Of all its numbers."""
        from tuningfork.encoders.weights_file import tensors_hash

        return tensors_hash(self.tensors())


def familiarity_from(tensors: dict[str, Tensor], classes: int, dims: Sequence[int]) -> Familiarity:
    """What `Familiarity.tensors` made; raises `UsageError` for a missing, left over or impossible tensor.

    Parameters
    ----------
    classes : int
        At most so many means.
    dims : sequence of int
        Length of the features of each member of the first stage.
    """
    wanted = {f"{k}.{name}" for k in range(len(dims)) for name in _NAMES} | {"levels"}
    if tensors.keys() != wanted:
        strange = sorted(tensors.keys() ^ wanted)[:3]
        raise UsageError(f"tensors of familiarity are missing or left over: {', '.join(map(ascii, strange))}")
    known = tuple(Known(*(tensors[f"{k}.{name}"] for name in _NAMES)) for k in range(len(dims)))
    for each, dim in zip(known, dims, strict=True):
        if each.means.shape[1] != dim or not 1 <= len(each.means) <= classes:
            raise UsageError(f"familiar features have the shape {tuple(each.means.shape)}, not (.., {dim})")
    if not tensors["levels"].is_floating_point():
        raise UsageError("the levels of familiarity are no plain numbers")
    return Familiarity(known, tensors["levels"].numpy())


class Watching(nn.Module):
    """Several networks as one, which also says how unlike each picture is: the mean over the first stage.

    Parameters
    ----------
    combined : nn.Module
        Has ``members``, networks with a linear layer at the end, and ``joined``, which makes of the outputs
        of all of them (a list) what the model says.
    known : sequence of Known
        Of each member of the first stage.
    first : sequence of bool
        Which members are of the first stage.
    """

    def __init__(self, combined: Any, known: Sequence[Known], first: Sequence[bool]):
        super().__init__()
        self.combined, self.known, self._first = combined, nn.ModuleList(known), tuple(first)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, C, S, S]`` prepared stamps -> ``[N, K + 1]`` float32: what the model says, unlikeness."""
        features, logits = self.features(x)
        with torch.autocast(x.device.type, enabled=False):  # squares of differences want all their digits
            told = [known(own.float()) for known, own in zip(self.known, features, strict=True)]
            unlike = torch.stack(told).mean(0)
        return torch.cat([self.combined.joined(logits), unlike[:, None]], 1)

    def features(self, x: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """What enters the last layer of each member of the first stage, and the logits of all members."""
        features, logits = [], []
        for network, first in zip(self.combined.members, self._first, strict=True):
            parts: Any = network
            before = parts[:-1](x)
            logits.append(parts[-1](before))
            if first:
                features.append(before)
        return features, logits


def watching(encoder: Encoder, combined: Any, first: Sequence[bool], measure: Familiarity | None) -> Encoder:
    """A model's encoder with one more number: how unlike the picture is to all that the networks learnt.

    Without a measure of that it is the encoder itself. ``combined`` and ``first`` as of `Watching`.
    """
    if measure is None:
        return encoder
    spec = encoder.spec
    spec = replace(spec, key=f"{spec.key}-{measure.hash[:8]}", dim=spec.dim + 1)
    return Seeing(spec, Watching(combined, measure.known, first))


def parted(
    stored: np.ndarray, kinds: int, measure: Familiarity | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """What `watching` gave, as the numbers of the model (n, kinds) and the unlikeness (n,), None without a
    measure of it.

    Blocks of a table that was never begun have no columns: not one galaxy could be read.
    """
    if not stored.shape[1]:
        stored = np.full((len(stored), kinds + (measure is not None)), np.nan, np.float32)
    return stored[:, :kinds], None if measure is None else stored[:, kinds]
