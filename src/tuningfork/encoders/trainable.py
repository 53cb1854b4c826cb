"""Networks that can be pre-trained and kept in weights files: made new by name, or read back from a file."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from tuningfork.config import from_table
from tuningfork.encoders.contract import Encoder, EncoderSpec
from tuningfork.encoders.facts import PixelFacts
from tuningfork.encoders.keys import encoder_key
from tuningfork.encoders.lvm.family import LVM, SHAPES, side_of
from tuningfork.encoders.lvm.shape import LVMShape
from tuningfork.encoders.paper_networks import PAPER_NETWORKS, paper_network
from tuningfork.encoders.preprocessing import Preprocessing
from tuningfork.encoders.timm_networks import bare_network, strides_of
from tuningfork.encoders.torchvision_networks import TORCHVISION, bare_torchvision
from tuningfork.encoders.weights_file import contract_of, read_weights
from tuningfork.errors import UnknownNameError, WeightsError

__all__ = [
    "empty_network",
    "encoder_of",
    "from_file",
    "load_strictly",
    "new_network",
    "printable",
    "untrained",
]


def new_network(name: str, drop_path: float = 0.0, **instead: Any) -> tuple[nn.Module, int, dict[str, Any]]:
    """A network before any training.

    Parameters
    ----------
    name : str
        A member of the LVM family, ``timm:NAME``, ``torchvision:NAME`` or ``paper:NAME``.
    drop_path : float
        Stochastic depth of an LVM's last layer.
    **instead
        Other fields of `LVMShape` instead of the member's, as ``channels=5`` or ``skips="none"``.

    Returns
    -------
    network, dim, facts
        The module, the length of its embedding, and what a weights file must say to build it again.
    """
    if name in SHAPES:
        shape = replace(SHAPES[name], drop_path=drop_path, **instead)
        return LVM(shape), shape.dim, {"network": "lvm", "shape": shape.to_table()}
    if name.startswith("timm:"):
        network = bare_network(name.removeprefix("timm:"))
        return (
            network,
            network.dim,
            {"network": "timm", "shape": {"name": name.removeprefix("timm:")}},
        )
    if name.startswith("torchvision:"):
        network = bare_torchvision(name.removeprefix("torchvision:"))
        return network, network.dim, {"network": "torchvision", "shape": {"name": network.name}}
    if name.startswith("paper:"):
        network = paper_network(name.removeprefix("paper:"))
        return network, network.dim, {"network": "paper", "shape": {"name": name.removeprefix("paper:")}}
    others = [*(f"torchvision:{n}" for n in TORCHVISION), *(f"paper:{n}" for n in PAPER_NETWORKS)]
    raise UnknownNameError("network", name, [*SHAPES, "timm:NAME", *others])


def encoder_of(
    name: str,
    network: Any,
    facts: dict[str, Any],
    preprocessing: Preprocessing,
    weights: str,
    learnt_from: PixelFacts | None = None,
) -> Encoder:
    """A network as an encoder; ``weights`` is what names its numbers without doubt."""
    if facts["network"] == "lvm":
        shape = from_table(LVMShape, facts["shape"])
        dim, strides = shape.dim, tuple(reversed(shape.strides))
    else:
        own = getattr(network, "strides", None)
        dim, strides = network.dim, strides_of(network.net) if own is None else own
    short = f"file-{Path(name).stem}" if name.startswith("file:") else name
    key = encoder_key(short, weights, preprocessing, facts["shape"], learnt_from)
    return Encoder(EncoderSpec(name, key, dim, strides, preprocessing, learnt_from), network)


def from_file(path: Path, name: str) -> Encoder:
    """The encoder of a weights file.

    Raises
    ------
    WeightsError
        A tensor is missing, left over or of another shape, or the network is of an unknown kind.
    """
    tensors, certificate = read_weights(path)
    facts = {"network": certificate["network"], "shape": certificate["shape"]}
    preprocessing, learnt_from = contract_of(certificate, str(path))
    network = empty_network(facts, path)
    load_strictly(network, tensors, path)
    return encoder_of(name, network, facts, preprocessing, certificate["tensors_sha256"], learnt_from)


def untrained(name: str, seed: int = 0) -> Encoder:
    """A member of the family with the random numbers it was born with: the baseline of every claim about
    features."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network, _, facts = new_network(name)
    preprocessing = Preprocessing(size=side_of(name), window="galaxy", zoom=1.2)
    return encoder_of(f"{name}:untrained", network, facts, preprocessing, f"untrained {seed}")


def empty_network(facts: dict[str, Any], path: Path) -> nn.Module:
    """The network of a certificate; one of ours takes no memory before its tensors are known to be there.

    Raises
    ------
    WeightsError
        It is of an unknown kind.
    """
    import torch

    if facts["network"] == "lvm":
        with torch.device("meta"):
            return LVM(from_table(LVMShape, facts["shape"], where=str(path)))
    if facts["network"] == "timm" and isinstance(facts["shape"], dict):
        return bare_network(str(facts["shape"].get("name")))
    if facts["network"] == "torchvision" and isinstance(facts["shape"], dict):
        return bare_torchvision(str(facts["shape"].get("name")))
    if facts["network"] == "paper" and isinstance(facts["shape"], dict):
        return paper_network(str(facts["shape"].get("name")))
    raise WeightsError(f"holds a network of unknown kind '{facts['network']}'", where=str(path))


def load_strictly(network: nn.Module, tensors: dict[str, Any], where: Path | str) -> None:
    """Give a network its tensors; `WeightsError` names all missing, left over or of another shape."""
    own = network.state_dict()
    missing, left_over = sorted(own.keys() - tensors.keys()), sorted(tensors.keys() - own.keys())
    wrong = sorted(name for name in own.keys() & tensors.keys() if own[name].shape != tensors[name].shape)
    kinds = (("lacks", missing), ("has unknown", left_over), ("has another shape for", wrong))
    told = [f"{what} {', '.join(map(printable, names))}" for what, names in kinds if names]
    if told:
        raise WeightsError("; ".join(told), where=str(where), remedy="It was made for another network")
    network.load_state_dict(tensors, assign=any(tensor.is_meta for tensor in own.values()))


def printable(name: str) -> str:
    """A tensor's name as a line may show it; files from outside may call them anything."""
    return name if name.isprintable() else ascii(name)
