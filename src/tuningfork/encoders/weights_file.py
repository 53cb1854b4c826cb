"""Weights at rest: safetensors with a birth certificate that anyone can read, checked before it is
believed."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuningfork.config import from_table
from tuningfork.encoders.facts import PixelFacts
from tuningfork.encoders.preprocessing import Preprocessing
from tuningfork.errors import UsageError, WeightsError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "FORMAT",
    "contract_of",
    "read_certificate",
    "read_weights",
    "stored_shapes",
    "stored_tensors",
    "tensors_hash",
    "write_weights",
]

FORMAT = 1
_LARGEST_HEADER = 4_000_000
_ALWAYS = ("format", "preprocessing", "data", "licence", "tensors_sha256")
_WANTED = {
    "encoder": (*_ALWAYS, "network", "shape", "objective"),
    "model": (*_ALWAYS, "classes", "members", "temperature", "split", "evaluation"),
    "votes": (*_ALWAYS, "outputs", "target", "network", "split", "evaluation"),
}
_NAMED = {
    "encoder": "an encoder's weights",
    "model": "a model that tells classes",
    "votes": "a network that foretells votes",
}
_USE = {
    "encoder": "Embed with it: --encoder file:{path}",
    "model": "Predict with it: tuningfork predict DIR --model {path} --out FILE",
    "votes": "Predict with it: tuningfork predict DIR --model {path} --out FILE",
}


def write_weights(
    path: Path, tensors: "dict[str, Tensor]", certificate: dict[str, Any], *, exact: bool = False
) -> None:
    """Write tensors with their certificate; half precision unless a value would not survive it.

    Parameters
    ----------
    path : Path
        Where to; written beside, then renamed.
    tensors : dict
        State-dict of the network.
    certificate : dict
        ``network`` ("lvm"), ``shape``, ``preprocessing``, ``objective``, ``data``, ``licence``,
        ``learnt_from`` (see `PixelFacts`), and whatever else a reader should know. The format and the
        tensors' hash are added here.
    exact : bool
        Keep every tensor's own precision.
    """
    from safetensors.torch import save

    from tuningfork.files import write_atomically

    small = stored_tensors(tensors, exact=exact)
    full = {**certificate, "format": FORMAT, "tensors_sha256": tensors_hash(small)}
    write_atomically(path, save(small, {"tuningfork": json.dumps(full, sort_keys=True)}))


def read_certificate(path: Path, kind: str | None = "encoder") -> dict[str, Any]:
    """The birth certificate alone, without reading a tensor.

    Parameters
    ----------
    path : Path
    kind : {"encoder", "model", "votes", None}
        What the file should hold: an encoder, a model that tells classes, or a network that foretells votes;
        None takes any.

    Raises
    ------
    WeightsError
        When the file is absent, is no safetensors file, bears no certificate of a known format, or holds the
        other kind.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= _LARGEST_HEADER:
                raise ValueError("its header has an impossible length")
            header = json.loads(file.read(length))
            certificate = json.loads(header["__metadata__"]["tuningfork"])
    except FileNotFoundError:
        raise WeightsError("there is no such file", where=str(path)) from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise WeightsError(
            f"not a weights file of tuningfork ({error})",
            where=str(path),
            remedy="Weights are safetensors files written by `tuningfork pretrain`",
        ) from error
    if not isinstance(certificate, dict) or certificate.get("format") != FORMAT:
        raise WeightsError(
            "its certificate is of a format this version cannot read",
            where=str(path),
            remedy="Update tuningfork",
        )
    found = str(certificate.get("kind", "encoder"))
    if found not in _WANTED or found != (kind or found):
        here = _NAMED.get(found, "something this version does not know")
        raise WeightsError(
            f"holds {here}, not {_NAMED[kind or 'encoder']}",
            where=str(path),
            remedy=_USE.get(found, "Update tuningfork").format(path=path),
        )
    missing = [key for key in _WANTED[found] if key not in certificate]
    if missing:
        raise WeightsError(f"its certificate lacks {', '.join(missing)}", where=str(path))
    return certificate


def stored_tensors(tensors: "dict[str, Tensor]", *, exact: bool = False) -> "dict[str, Tensor]":
    """Tensors as a file will hold them: float32 as half precision, unless a value would not survive it or
    ``exact`` is asked for."""
    import torch

    small = {}
    for name, tensor in tensors.items():
        half = tensor.detach().cpu().contiguous()
        if not exact and half.dtype == torch.float32 and half.numel() and half.abs().max() < 6e4:
            half = half.half()
        small[name] = half
    return small


def contract_of(certificate: dict[str, Any], where: str) -> tuple[Preprocessing, PixelFacts | None]:
    """The preprocessing a certificate (or a sidecar file) tells, and what the network learnt from if it does.

    Raises `UsageError` for a setting that is not known or out of range.
    """
    told = certificate.get("learnt_from")
    try:
        preprocessing = from_table(Preprocessing, certificate["preprocessing"], where=where)
        return preprocessing, None if told is None else from_table(PixelFacts, told, where=where)
    except (TypeError, AttributeError) as error:
        raise UsageError(f"a setting is of the wrong kind ({error})", where=where) from error


def read_weights(path: Path, kind: str = "encoder") -> "tuple[dict[str, Tensor], dict[str, Any]]":
    """Tensors (float32) and certificate, after checking that the tensors are those the certificate was
    written for. Raises as `read_certificate` does."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    certificate = read_certificate(path, kind)
    try:
        tensors = load_file(str(path))
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(f"damaged ({error})", where=str(path), remedy="Fetch it again") from error
    if tensors_hash(tensors) != certificate["tensors_sha256"]:
        raise WeightsError(
            "its tensors are not those its certificate names", where=str(path), remedy="Fetch it again"
        )
    return {
        name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()
    }, certificate


def stored_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Name -> shape of the tensors in a file, of which only the header is read; `WeightsError` if damaged."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), "pt") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(f"damaged ({error})", where=str(path), remedy="Fetch it again") from error


def tensors_hash(tensors: "dict[str, Tensor]") -> str:
    """SHA-256 over names, types, shapes and bytes, in order of the names."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.flatten().view(dtype=_bytes_dtype()).numpy())  # as it lies, without a copy
    return digest.hexdigest()


def _bytes_dtype():
    import torch

    return torch.uint8
