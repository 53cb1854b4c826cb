"""The networks of a model file: which parts are kept, and how they are built again before they get their
tensors."""

from pathlib import Path
from typing import Any

from torch import nn

from tuningfork.encoders.model_trunks import load_body
from tuningfork.encoders.trainable import load_strictly, new_network, printable
from tuningfork.errors import UsageError, WeightsError
from tuningfork.tasks.morphology.combining import Member

__all__ = ["built_of", "member_module", "member_tensors"]


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
    head_shape = {name: tuple(t.shape) for name, t in tensors.items() if name.startswith("head.")}
    wanted = {"head.weight": (answers, built["dim"]), "head.bias": (answers,)}
    if head_shape != wanted:
        raise WeightsError(
            f"the last layer has the shapes {head_shape}, not {wanted}",
            where=str(path),
            remedy="Fetch the file again, or save the model anew",
        )
    parts: dict[str, dict[str, Any]] = {"body.": {}, "head.": {}}
    for name, tensor in tensors.items():
        start, dot, rest = name.partition(".")
        if start + dot not in parts:
            raise WeightsError(
                f"has unknown {printable(name)}", where=str(path), remedy="Fetch the file again"
            )
        parts[start + dot][rest] = tensor
    network = nn.Sequential(load_body(built, parts["body."], path), nn.Linear(built["dim"], answers))
    load_strictly(network[1], parts["head."], path)
    return network
