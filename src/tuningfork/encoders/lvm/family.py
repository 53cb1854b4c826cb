"""The members of the LVM family and the way from a weights file to an encoder."""

from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from torch import nn

from tuningfork.config import from_table
from tuningfork.encoders.contract import Encoder, EncoderSpec
from tuningfork.encoders.keys import encoder_key
from tuningfork.encoders.lvm.network import LVMDecoder, LVMEncoder, LVMShape
from tuningfork.encoders.preprocessing import Preprocessing
from tuningfork.encoders.weights_file import read_weights
from tuningfork.errors import WeightsError

__all__ = ["LVM", "SHAPES", "from_file", "shipped_weights", "untrained"]

SHAPES = {"lvm-tiny": LVMShape(width=48, depths=(2, 2, 2, 2), heads=(2, 4, 8, 16))}
_PREPROCESSING = Preprocessing(size=96, window="galaxy", zoom=1.2)


class LVM(nn.Module):
    """Encoder and decoder together, as they are pre-trained and shipped."""

    def __init__(self, shape: LVMShape):
        super().__init__()
        self.encoder, self.decoder = LVMEncoder(shape), LVMDecoder(shape)

    def maps(self, x):
        """Feature maps ``[N, H, W, C]``, finest first."""
        return self.encoder.maps(x)

    def forward(self, x):
        """``[N, C, S, S]`` -> embeddings ``[N, dim]``."""
        return self.encoder(x)


def shipped_weights(name: str) -> Path:
    """Where the package keeps the weights of a member of the family."""
    return Path(str(files("tuningfork.encoders") / "weights" / f"{name}.safetensors"))


def from_file(path: Path, name: str) -> Encoder:
    """The encoder of a weights file; raises `WeightsError` when a tensor is missing, left over or of
    another shape."""
    tensors, certificate = read_weights(path)
    if certificate["network"] != "lvm":
        raise WeightsError(f"holds a network of kind '{certificate['network']}', not 'lvm'", where=str(path))
    shape = from_table(LVMShape, certificate["shape"], where=str(path))
    preprocessing = from_table(Preprocessing, certificate["preprocessing"], where=str(path))
    network = LVM(shape)
    _load_strictly(network, tensors, path)
    return encoder_of(name, network, shape, preprocessing, certificate["tensors_sha256"])


def untrained(name: str, seed: int = 0) -> Encoder:
    """The same network with the random numbers it was born with: the baseline of every claim about
    features."""
    import torch

    shape = SHAPES[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = LVM(shape)
    return encoder_of(f"{name}:untrained", network, shape, _PREPROCESSING, f"untrained {seed}")


def encoder_of(
    name: str, network: LVM, shape: LVMShape, preprocessing: Preprocessing, weights: str
) -> Encoder:
    key = encoder_key(name, weights, preprocessing, asdict(shape))
    return Encoder(EncoderSpec(name, key, shape.dim, tuple(reversed(shape.strides)), preprocessing), network)


def _load_strictly(network: nn.Module, tensors: dict[str, Any], path: Path) -> None:
    own = network.state_dict()
    missing, left_over = sorted(own.keys() - tensors.keys()), sorted(tensors.keys() - own.keys())
    wrong = [name for name in own.keys() & tensors.keys() if own[name].shape != tensors[name].shape]
    for names, what in ((missing, "lacks"), (left_over, "has unknown"), (wrong, "has another shape for")):
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            raise WeightsError(
                f"{what} {', '.join(names[:3])}{more}",
                where=str(path),
                remedy="It was made for another network",
            )
    network.load_state_dict(tensors)
