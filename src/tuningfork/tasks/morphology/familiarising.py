"""Give a model its measure of familiarity: its own galaxies are looked at once more."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from torch import Tensor, nn

from tuningfork.tasks.morphology.familiarity import Familiarity, Watching, familiarity_of, known_of
from tuningfork.tasks.morphology.model import Model
from tuningfork.tasks.morphology.vote_model import VoteModel

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["familiarity_out_of_fold", "features_of", "with_familiarity"]

_MOST_LEARNT = 10_000  # galaxies that tell what is usual
_MOST_HELD_OUT = 5_000
_FEWEST = 10
M = TypeVar("M", Model, VoteModel)


def with_familiarity(
    model: M, collection: Any, rows: np.ndarray, codes: np.ndarray, held_out: np.ndarray
) -> M:
    """The model with a measure of familiarity; as it is where fewer than ten galaxies can tell what is usual.

    Parameters
    ----------
    model : Model or VoteModel
        With the numbers that its file will hold (`as_stored`).
    rows : ndarray
        (n,) that it learnt from; of more than 10,000 some are drawn.
    codes : ndarray
        (n,) their classes as numbers; of votes one for all.
    held_out : ndarray
        (m,) that it did not learn from; at most 5,000 are drawn.
    """
    rng = np.random.default_rng(0)
    chosen = np.sort(rng.permutation(len(rows))[:_MOST_LEARNT])
    held_out = np.sort(rng.permutation(held_out)[:_MOST_HELD_OUT])
    learnt, read = features_of(model, collection, rows[chosen])
    others, other_read = features_of(model, collection, held_out)
    if read.sum() < _FEWEST or not other_read.any():
        return model
    known = [known_of(own[read], codes[chosen][read]) for own in learnt]
    told = [_distances(each, own[other_read]) for each, own in zip(known, others, strict=True)]
    return replace(model, familiarity=familiarity_of(known, told))


def familiarity_out_of_fold(X: np.ndarray, codes: np.ndarray, fold: np.ndarray) -> Familiarity:
    """Of vectors (n, D) that one network made and none of which was held out for good: what is usual comes
    from all, how unlike each is from the other folds."""
    told = np.empty(len(X))
    for own in np.unique(fold):
        told[fold == own] = _distances(known_of(X[fold != own], codes[fold != own]), X[fold == own])
    return familiarity_of([known_of(X, codes)], [told])


def features_of(
    model: Model | VoteModel, collection: Any, rows: np.ndarray
) -> tuple[list[np.ndarray], np.ndarray]:
    """(n, D) float32 of each member of the first stage, and (n,) bool: the stamp can be read."""
    from tuningfork.embeddings.compute import Embedder
    from tuningfork.embeddings.plan import choose_plan
    from tuningfork.tasks.morphology.fitting import fit_model

    network, spec = Features(model), model.encoder.spec
    encoder = type(model.encoder)(replace(spec, dim=sum(network.dims)), network)
    found, read = np.zeros((len(rows), sum(network.dims)), np.float32), np.zeros(len(rows), bool)
    place = {int(row): number for number, row in enumerate(rows)}
    if len(rows):
        plan = choose_plan(encoder, len(rows), precision="fp32")
        fitting = fit_model(collection, model, any_stretch=True)  # these are its own galaxies
        for outcome in Embedder(collection, encoder, plan, 1, fitting)(np.asarray(rows, np.int64)):
            places = [place[int(row)] for row in outcome.rows]
            found[places], read[places] = outcome.vectors, True
    return np.split(found, np.cumsum(network.dims)[:-1], axis=1), read


class Features(nn.Module):
    """What enters the last layers of a model's first stage, side by side."""

    def __init__(self, model: Model | VoteModel):
        super().__init__()
        self._watching = Watching(model.combined, (), [not member.group for member in model.members])
        heads: Sequence[Any] = [m.encoder.network for m in model.members if not m.group]
        self.dims = [head[-1].in_features for head in heads]

    def forward(self, x: Tensor) -> Tensor:
        """``[N, C, S, S]`` -> ``[N, dims together]``."""
        from torch import cat

        return cat([own.float() for own in self._watching.features(x)[0]], 1)


def _distances(known: Any, features: np.ndarray) -> np.ndarray:
    import torch

    with torch.inference_mode():
        return known(torch.from_numpy(np.ascontiguousarray(features, np.float32))).numpy()
