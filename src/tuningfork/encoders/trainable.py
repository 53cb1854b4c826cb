"""Networks that can be pre-trained and kept in weights files: made new by name, or read back from a file."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from tuningfork.config import from_table
from tuningfork.encoders.contract import Encoder, EncoderSpec
from tuningfork.encoders.facts import PixelFacts
from tuningfork.encoders.keys import encoder_key
from tuningfork.encoders.lvm.family import LVM, SHAPES, side_of
from tuningfork.encoders.lvm.shape import MOST_CHANNELS, LVMShape
from tuningfork.encoders.other_bands import with_inputs
from tuningfork.encoders.paper_networks import PAPER_NETWORKS, paper_network
from tuningfork.encoders.preprocessing import Preprocessing
from tuningfork.encoders.timm_networks import bare_network, strides_of
from tuningfork.encoders.torchvision_networks import TORCHVISION, bare_torchvision
from tuningfork.encoders.weights_file import contract_of, read_certificate, read_weights, stored_shapes
from tuningfork.errors import UnknownNameError, UsageError, WeightsError

__all__ = [
    "check_shapes",
    "empty_network",
    "encoder_of",
    "from_file",
    "load_strictly",
    "new_network",
    "printable",
    "shapes_of",
    "untrained",
]


def new_network(
    name: str, drop_path: float = 0.0, *, channels: int = 3, **instead: Any
) -> tuple[nn.Module, int, dict[str, Any]]:
    """A network before any training.

    Parameters
    ----------
    name : str
        A member of the LVM family, ``timm:NAME``, ``torchvision:NAME`` or ``paper:NAME``.
    drop_path : float
        Stochastic depth of an LVM's last layer.
    channels : int
        Bands of the input, 1 to 64.
    **instead
        Other fields of `LVMShape` instead of the member's, as ``skips="none"``.

    Returns
    -------
    network, dim, facts
        The module, the length of its embedding, and what a weights file must say to build it again.

    Raises
    ------
    UnknownNameError
        There is no such network.
    UsageError
        It does not take so many bands, or a field is out of range.
    """
    if name in SHAPES:
        shape = replace(SHAPES[name], drop_path=drop_path, channels=channels, **instead)
        return LVM(shape), shape.dim, {"network": "lvm", "shape": shape.to_table()}
    kind, colon, rest = name.partition(":")
    if colon and kind in _BY_NAME:
        shape = {"name": rest, **({} if channels == 3 else {"channels": channels})}
        network = _BY_NAME[kind](shape)
        return network, network.dim, {"network": kind, "shape": shape}
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
    certificate = read_certificate(path)
    facts = {"network": certificate["network"], "shape": certificate["shape"]}
    preprocessing, learnt_from = contract_of(certificate, str(path))
    check_shapes(shapes_of(empty_network(facts, path, on="meta")), stored_shapes(path), path)
    tensors, _ = read_weights(path)  # no earlier: what a file claims to hold may be larger than the memory
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


def empty_network(facts: dict[str, Any], path: Path, on: str = "cpu") -> nn.Module:
    """The network of a certificate; one of ours takes no memory before its tensors are known to be there.

    Parameters
    ----------
    facts : dict
        ``network`` and ``shape``, as a certificate has them.
    path : Path
        Of the certificate, for messages.
    on : {"cpu", "meta"}
        On "meta" other networks take no memory either; some of their numbers are in no file.

    Raises
    ------
    WeightsError
        It is of an unknown kind, or cannot be built with these sizes.
    UsageError
        Sizes out of range.
    """
    import torch

    kind, shape = facts["network"], facts["shape"]
    if not isinstance(kind, str) or kind not in ("lvm", *_BY_NAME):
        raise WeightsError(f"holds a network of unknown kind '{printable(str(kind)):.80}'", where=str(path))
    if not isinstance(shape, dict):
        raise WeightsError("the shape of its network is no table", where=str(path))
    try:
        if kind == "lvm":
            with torch.device("meta"):
                return LVM(from_table(LVMShape, shape, where=str(path)))
        with torch.device(on) if on == "meta" else nullcontext():
            return _BY_NAME[kind](shape)
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise WeightsError(f"its network cannot be built ({error!s:.120})", where=str(path)) from error


def _channels(shape: dict[str, Any]) -> int:
    channels = shape.get("channels", 3)
    if type(channels) is not int or not 1 <= channels <= MOST_CHANNELS:
        raise UsageError(f"a network takes 1 to {MOST_CHANNELS} bands, not {channels!r:.20}")
    return channels


_BY_NAME: dict[str, Callable[[dict[str, Any]], Any]] = {
    "timm": lambda shape: bare_network(str(shape.get("name")), _channels(shape)),
    "torchvision": lambda shape: with_inputs(bare_torchvision(str(shape.get("name"))), _channels(shape)),
    "paper": lambda shape: with_inputs(paper_network(str(shape.get("name"))), _channels(shape)),
}


def shapes_of(network: nn.Module) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every tensor that a file of this network holds."""
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def load_strictly(network: nn.Module, tensors: dict[str, Any], where: Path | str) -> None:
    """Give a network its tensors; `WeightsError` as of `check_shapes`."""
    own = network.state_dict()
    check_shapes(shapes_of(network), {name: tuple(t.shape) for name, t in tensors.items()}, where)
    network.load_state_dict(tensors, assign=any(tensor.is_meta for tensor in own.values()))


def check_shapes(
    own: dict[str, tuple[int, ...]], theirs: dict[str, tuple[int, ...]], where: Path | str
) -> None:
    """Raise a `WeightsError` that names all tensors which are missing, left over or of another shape."""
    missing, left_over = sorted(own.keys() - theirs.keys()), sorted(theirs.keys() - own.keys())
    wrong = sorted(name for name in own.keys() & theirs.keys() if own[name] != theirs[name])
    kinds = (("lacks", missing), ("has unknown", left_over), ("has another shape for", wrong))
    told = [f"{what} {', '.join(map(printable, names))}" for what, names in kinds if names]
    if told:
        raise WeightsError("; ".join(told), where=str(where), remedy="It was made for another network")


def printable(name: str) -> str:
    """A tensor's name as a line may show it; files from outside may call them anything."""
    return name if name.isprintable() else ascii(name)
