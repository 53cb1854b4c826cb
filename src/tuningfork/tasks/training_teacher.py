"""The teacher of a distillation, fitted to the galaxies that a pupil learns from."""

from typing import TYPE_CHECKING

import numpy as np

from tuningfork.errors import UsageError
from tuningfork.tasks.training_view import TrainingView

if TYPE_CHECKING:
    from tuningfork.objectives.teacher import Teacher

__all__ = ["teacher_of"]

_SAMPLE, _AT_ONCE = 2048, 64


def teacher_of(view: TrainingView, name: str, dim: int, bands: int, seed: int) -> "Teacher":
    """The encoder of that name as a `Teacher`, whose directions are those of a sample of the galaxies.

    Parameters
    ----------
    view : TrainingView
    name : str
        As `load_encoder` takes it.
    dim, bands : int
        Length of the pupil's embedding; bands of its pictures.
    seed : int
        Of the sample: 2,048 galaxies, or all.

    Raises
    ------
    UsageError
        The teacher wants another number of bands.
    """
    import torch

    from tuningfork.encoders import load_encoder
    from tuningfork.objectives.teacher import Teacher

    encoder = load_encoder(name)
    if encoder.spec.bands != bands:
        raise UsageError(
            f"{name} takes {encoder.spec.bands} bands, the network that learns from it {bands}",
            where="--teacher",
        )
    encoder.network.to(memory_format=torch.channels_last)  # convolutions in bf16: five times the rate
    count = min(_SAMPLE, len(view.row))
    picks = np.random.default_rng([seed, count]).choice(len(view.row), count, replace=False)
    with torch.no_grad():
        said = [
            encoder.embed(encoder.preprocess(view.stamps_or_others(some))).float()
            for some in np.array_split(picks, -(-count // _AT_ONCE))
        ]
    return Teacher(encoder, torch.cat(said), dim)
