"""A trained model as an encoder: what its networks make of a galaxy before the layer that names classes."""

from pathlib import Path
from typing import Any

from torch import Tensor, nn

from tuningfork.encoders.contract import Encoder, EncoderSpec
from tuningfork.encoders.keys import encoder_key
from tuningfork.encoders.model_files import called
from tuningfork.encoders.trainable import empty_network, load_strictly
from tuningfork.encoders.weights_file import contract_of, read_certificate, read_weights
from tuningfork.errors import UsageError, WeightsError

__all__ = ["load_body", "model_encoder"]

_BODY = "body."


def model_encoder(path: Path, name: str) -> Encoder:
    """The networks of a model's file without their last layers; vectors of several stand side by side.

    Parameters
    ----------
    path : Path
        A model of classes or a network of votes.
    name : str
        What the encoder is called.

    Raises
    ------
    WeightsError
        The file is absent, damaged, or holds an encoder already.
    """
    told = read_certificate(path, None)
    kind = str(told.get("kind", "encoder"))
    if kind == "encoder":
        raise WeightsError("holds an encoder, not a model", where=str(path), remedy=f"Write file:{path}")
    tensors, certificate = read_weights(path, kind)
    try:
        preprocessing, learnt_from = contract_of(certificate, str(path))
        bodies = [
            load_body(built, _under(tensors, start + _BODY), path) for start, built in _built(certificate)
        ]
    except (UsageError, TypeError, KeyError, ValueError, AttributeError, IndexError) as error:
        raise WeightsError(
            f"its certificate cannot be used ({type(error).__name__}: {error!s:.200})",
            where=str(path),
            remedy="Fetch it again",
        ) from error
    network = bodies[0] if len(bodies) == 1 else SideBySide(bodies)
    dim = sum(built["dim"] for _, built in _built(certificate))
    key = encoder_key(
        f"model-{called(path)}", certificate["tensors_sha256"], preprocessing, "trunk", learnt_from
    )
    return Encoder(EncoderSpec(name, key, dim, (), preprocessing, learnt_from), network)


class SideBySide(nn.Module):
    """Vectors of several networks as one."""

    def __init__(self, networks: list[nn.Module]):
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, C, H, W]`` -> ``[N, dims together]``."""
        from torch import cat

        return cat([network(x) for network in self.networks], 1)


def load_body(built: dict[str, Any], tensors: dict[str, Any], path: Path) -> nn.Module:
    """What stands before a model's last layer, with its tensors; no memory was taken before they are known
    to fit.

    Parameters
    ----------
    built : dict
        ``network`` and ``shape`` of a certificate.
    tensors : dict
        The body's own.

    Raises
    ------
    WeightsError
        A tensor is missing, left over or of another shape.
    """
    import torch

    network = _empty(built, path, on="meta")
    if built["network"] != "lvm":  # others hold numbers that no file has: look first, then build for real
        meta = {name: torch.empty(t.shape, dtype=t.dtype, device="meta") for name, t in tensors.items()}
        load_strictly(network, meta, path)
        network = _empty(built, path)
    load_strictly(network, tensors, path)
    return network


def _empty(built: dict[str, Any], path: Path, on: str = "cpu") -> Any:
    import torch

    with torch.device(on):
        network = empty_network(built, path)
    return network.encoder if built["network"] == "lvm" else network


def _built(certificate: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The beginning of a network's tensors' names, and how it is built; of each network of the file."""
    networks = [certificate["network"]] if certificate["kind"] == "votes" else certificate["members"]
    if not isinstance(networks, list) or not 1 <= len(networks) <= 64:
        raise UsageError("it names no networks, or too many")
    starts = [""] if certificate["kind"] == "votes" else [f"{k}." for k in range(len(networks))]
    return [
        (start, {"network": n["network"], "shape": n["shape"], "dim": int(n["dim"])})
        for start, n in zip(starts, networks, strict=True)
    ]


def _under(tensors: dict[str, Any], start: str) -> dict[str, Any]:
    return {name.removeprefix(start): t for name, t in tensors.items() if name.startswith(start)}
