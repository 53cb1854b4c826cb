"""Checkpoints of PyTorch from outside: read as plain tensors, never as code."""

import pickle  # nosec B403 # for the name of its error: nothing is unpickled
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuningfork.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["read_state_dict"]

_LARGEST_FILE = 8 << 30  # bytes; a hundred million weights with Adam's two moments are 1.2e9
_LARGEST_PICKLE = 64 << 20  # the part that names the tensors
_MOST_ENTRIES = 200_000
_UNDER = ("model", "state_dict")  # where training scripts put the tensors beside the epoch and the optimiser


def read_state_dict(path: Path | str) -> "dict[str, Tensor]":
    """The named tensors of a ``.pth`` file, on the processor.

    Names lose the prefix ``module.`` when all have it (networks saved within DataParallel).

    Raises
    ------
    WeightsError
        No such file; not in PyTorch's zip form; too large or packed; damaged; it holds code or other
        objects; its tensors are neither at the top nor under ``model`` or ``state_dict``.
    """
    path = Path(path)
    _check_archive(path)
    held = _load(path)
    for key in _UNDER:
        if isinstance(held, dict) and isinstance(held.get(key), dict):
            held = held[key]
            break
    return _plain(held, path)


def _check_archive(path: Path) -> None:
    """Look at the archive's directory before anything of it is unpacked."""
    where = str(path)
    if not path.is_file():
        raise WeightsError("there is no such file", where=where)
    size = path.stat().st_size
    if size > _LARGEST_FILE:
        raise WeightsError(f"of {size:,} bytes, more than a network of this kind has", where=where)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise WeightsError(
            f"not a checkpoint in PyTorch's zip form ({error})",
            where=where,
            remedy="Bare pickles are not read: reading one runs what is in it. Save it anew with torch.save",
        ) from error
    told = [entry.file_size for entry in entries if entry.filename.endswith("data.pkl")]
    packed = any(entry.compress_type != zipfile.ZIP_STORED for entry in entries)
    if len(told) != 1 or told[0] > _LARGEST_PICKLE or len(entries) > _MOST_ENTRIES:
        raise WeightsError("an archive, but not one that torch.save wrote", where=where)
    if packed or sum(entry.file_size for entry in entries) > size:
        raise WeightsError("packed: what it unpacks to is larger than itself", where=where)


def _load(path: Path) -> Any:
    import torch

    try:
        return torch.load(str(path), map_location="cpu", weights_only=True, mmap=True)
    except pickle.UnpicklingError as error:
        named = re.search(r"GLOBAL ([\w.]+)", str(error))
        what = f" ({named[1]})" if named else ""
        raise WeightsError(
            f"it holds more than tensors{what}; reading that would run code, so it is not read",
            where=str(path),
            remedy="Save the network's state_dict alone",
        ) from error
    except Exception as error:  # torch raises whatever its reader stumbles over
        reason = str(error).strip().partition("\n")[0][:200] or type(error).__name__
        raise WeightsError(f"damaged ({reason})", where=str(path)) from error


def _plain(held: Any, path: Path) -> "dict[str, Tensor]":
    import torch

    if not isinstance(held, dict) or not held:
        raise WeightsError("it holds no named tensors", where=str(path))
    odd = [str(name) for name, value in held.items() if not _is_plain(value) or not isinstance(name, str)]
    if odd:
        raise WeightsError(f"these are no plain tensors: {', '.join(odd)}", where=str(path))
    prefix = "module." if all(name.startswith("module.") for name in held) else ""
    with torch.no_grad():
        return {name.removeprefix(prefix): tensor.detach() for name, tensor in held.items()}


def _is_plain(value: Any) -> bool:
    import torch

    known = type(value) in (torch.Tensor, torch.nn.Parameter)
    return known and value.layout == torch.strided and not value.is_quantized
