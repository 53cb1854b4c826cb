"""The networks of a model file: which parts are kept, and how they are built again before they get their
tensors."""

from pathlib import Path
from typing import Any

from torch import nn

from tuningfork.encoders.trainable import empty_network, load_strictly, new_network
from tuningfork.errors import UsageError, WeightsError
from tuningfork.tasks.morphology.combining import Member

__all__ = ["built_of", "member_module", "member_tensors"]

_PLACES = {"body.": "0.", "head.": "1."}


def member_tensors(member: Member) -> dict[str, Any]:
    """The tensors of a member: ``body.*`` and the two of the layer behind it, ``head.*``.

    A decoder that the body was pre-trained with is not kept.

    Raises
    ------
    UsageError
        The network is not a body with one linear layer behind it.
    """
    parts = list(member.encoder.network.children())
    if not isinstance(member.encoder.network, nn.Sequential) or not isinstance(parts[-1], nn.Linear):
        raise UsageError(
            "a network that is kept is torch.nn.Sequential(body, Linear), with nothing but dropout between"
        )
    if any(list(part.parameters()) for part in parts[1:-1]):
        raise UsageError("between body and linear layer there is a layer that learns")
    body = getattr(parts[0], "encoder", None) if hasattr(parts[0], "decoder") else parts[0]
    kept = {f"body.{name}": tensor for name, tensor in (body or parts[0]).state_dict().items()}
    return {**kept, **{f"head.{name}": tensor for name, tensor in parts[-1].state_dict().items()}}


def built_of(member: Member) -> dict[str, Any]:
    """``network``, ``shape`` and ``dim``: what it takes to build the body again."""
    facts = member.built or new_network(member.encoder.spec.name)[2]
    head = list(member.encoder.network.children())[-1]
    return {"network": facts["network"], "shape": facts["shape"], "dim": head.in_features}


def member_module(built: dict[str, Any], answers: int, tensors: dict[str, Any], path: Path) -> nn.Sequential:
    """The network of a member with its tensors.

    Raises
    ------
    WeightsError
        A tensor is missing, left over or of another shape; no memory was taken before that was known.
    """
    import torch

    head_shape = {name: tuple(t.shape) for name, t in tensors.items() if name.startswith("head.")}
    wanted = {"head.weight": (answers, built["dim"]), "head.bias": (answers,)}
    if head_shape != wanted:
        raise WeightsError(
            f"the last layer has the shapes {head_shape}, not {wanted}",
            where=str(path),
            remedy="Fetch the file again, or save the model anew",
        )
    own = {
        _PLACES[name[:5]] + name[5:] if name[:5] in _PLACES else name: tensor
        for name, tensor in tensors.items()
    }
    network = nn.Sequential(_body(built, path, on="meta"), nn.Linear(built["dim"], answers))
    if built["network"] != "lvm":  # others hold numbers that no file has: look first, then build for real
        meta = {name: torch.empty(t.shape, dtype=t.dtype, device="meta") for name, t in own.items()}
        load_strictly(network, meta, path)
        network = nn.Sequential(_body(built, path), nn.Linear(built["dim"], answers))
    load_strictly(network, own, path)
    return network


def _body(built: dict[str, Any], path: Path, on: str = "cpu") -> Any:
    import torch

    with torch.device(on):
        network = empty_network(built, path)
    return network.encoder if built["network"] == "lvm" else network
