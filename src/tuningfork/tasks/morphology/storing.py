"""What storing a model's numbers in half precision costs, as made galaxies tell it."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from tuningfork.encoders.contract import Encoder
from tuningfork.encoders.weights_file import stored_tensors
from tuningfork.tasks.morphology.bodies import built_of, member_module
from tuningfork.tasks.morphology.combining import Member

__all__ = ["MOST_LOSS", "halved", "lost", "lost_before", "on_made_galaxies"]

MOST_LOSS = 0.01
"""Of a probability or a share: where half precision would cost more, numbers are kept as they are."""


def halved(member: Member, tensors: dict[str, Any], where: Path) -> Member:
    """A network with the numbers that a file in half precision will hold.

    Parameters
    ----------
    member : Member
    tensors : dict
        Its own, as `tuningfork.tasks.morphology.bodies.member_tensors` gives them.
    where : Path
        For messages.
    """
    stored = stored_tensors(tensors)
    single = {name: t.float() if t.is_floating_point() else t for name, t in stored.items()}
    network = member_module(built_of(member), len(member.answers), single, where)
    return replace(member, encoder=Encoder(member.encoder.spec, network))


def on_made_galaxies(encoder: Encoder) -> Any:
    """(12, K) what it says of discs of several shapes and brightnesses."""
    import numpy as np
    import torch

    y, x = np.mgrid[-1:1:80j, -1:1:80j]
    pictures = []
    for number in range(12):
        radius = np.hypot(x, (1 + number % 4) * y) / (0.06 + 0.03 * (number % 3))
        disc = (0.3 + 0.06 * number) * np.exp(-radius)
        pictures.append(np.repeat(disc[..., None], encoder.spec.bands, 2).astype(np.float32))
    with torch.inference_mode():
        return encoder.embed(encoder.preprocess(pictures)).cpu().numpy()


def lost(ours: Any, theirs: Any) -> float:
    """The largest difference of two arrays; infinite where one is not a number."""
    difference = float(abs(ours - theirs).max())
    return round(difference, 6) if math.isfinite(difference) else math.inf


def lost_before(facts: dict[str, Any]) -> float:
    """What storing a model cost the last time: the numbers that come from a file lose nothing again."""
    storage = facts.get("storage")
    value = storage.get("largest_difference") if isinstance(storage, dict) else None
    return float(value) if isinstance(value, int | float) and 0 <= value <= MOST_LOSS else 0.0
