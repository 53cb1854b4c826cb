"""One batch through an encoder: precision, memory format, views averaged, memory limits respected."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.errors import EmbeddingError, UsageError
from tuningfork.memory import is_out_of_memory

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["VIEWS", "Plan", "check_views", "forward"]

VIEWS = (1, 2, 4, 8)


@dataclass(frozen=True)
class Plan:
    """Where and how an encoder's forward pass runs.

    Parameters
    ----------
    device : str
        "cpu" or "cuda".
    precision : str
        "fp32" or "bf16" (autocast: weights stay float32, matrix products run in 16 bits).
    batch_size : int
        Stamps per forward pass.
    workers : int
        Threads: on a processor each takes a batch from file to vector, for a card they decode ahead.
    """

    device: str = "cpu"
    precision: str = "fp32"
    batch_size: int = 32
    workers: int = 1


def check_views(views: int) -> int:
    """The number of views if it is one that closes under rotation, else `UsageError`."""
    if views not in VIEWS:
        raise UsageError(f"views must be one of {', '.join(map(str, VIEWS))}, not {views}")
    return views


def forward(encoder: Any, x: "Tensor", plan: Plan, views: int = 1) -> np.ndarray:
    """Embed a prepared batch.

    Parameters
    ----------
    encoder : Encoder
        Its ``embed`` is called without gradients.
    x : Tensor
        (N, C, S, S) float32, from the encoder's ``preprocess``.
    plan : Plan
        Device and precision; a batch that does not fit in memory is halved until it does.
    views : int
        1: as it is. 2: also turned by 180 degrees. 4: all quarter turns. 8: those and their mirror images.
        The vectors of the views are averaged: the result does not depend on how the galaxy lies on the sky.

    Returns
    -------
    ndarray
        (N, D) float32, contiguous.

    Raises
    ------
    EmbeddingError
        When the encoder does not return one vector of ``spec.dim`` numbers per stamp.
    """
    import torch

    with (
        torch.inference_mode(),
        torch.autocast(plan.device, torch.bfloat16, enabled=plan.precision == "bf16"),
    ):
        x = x.to(plan.device, memory_format=torch.channels_last)
        total = sum(_embed(encoder, view) for view in _views(x, views))
        vectors = (total / views).cpu().numpy()
    if vectors.shape != (len(x), encoder.spec.dim):
        raise EmbeddingError(
            f"encoder '{encoder.spec.name}' returned {vectors.shape} for {len(x)} stamps, "
            f"not ({len(x)}, {encoder.spec.dim})"
        )
    return np.ascontiguousarray(vectors, dtype=np.float32)


def _views(x: "Tensor", views: int):
    """Elements of the symmetry group of the square; the first 1, 2, 4 and 8 are each a group."""
    import torch

    turns = (0, 2, 1, 3)
    for number in range(views):
        seen = x.flip(-1) if number >= 4 else x
        turned = torch.rot90(seen, turns[number % 4], (-2, -1))
        yield turned.contiguous(memory_format=torch.channels_last)


def _embed(encoder: Any, x: "Tensor") -> "Tensor":
    import torch

    try:
        return encoder.embed(x).float()
    except RuntimeError as error:
        if len(x) == 1 or not is_out_of_memory(error):
            raise
    if x.is_cuda:
        torch.cuda.empty_cache()
    half = len(x) // 2
    return torch.cat([_embed(encoder, x[:half]), _embed(encoder, x[half:])])
