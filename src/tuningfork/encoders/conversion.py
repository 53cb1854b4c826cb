"""Weights of others as weights of ours: the checkpoints of the paper's public code become ``lvm-base``.

Source: Fu et al. 2024 and the layout of github.com/Songyu1026/LVM (see `lvm.public_layout`).
"""

import hashlib
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuningfork import __version__
from tuningfork.config import to_table
from tuningfork.encoders.facts import NANOMAGGY, PixelFacts
from tuningfork.encoders.preprocessing import Preprocessing
from tuningfork.errors import UnknownNameError, UsageError, WeightsError

if TYPE_CHECKING:
    from torch import Tensor

    from tuningfork.encoders.lvm.shape import LVMShape

__all__ = ["POOLINGS", "convert_checkpoint", "convert_public"]

POOLINGS = ("mean", "public")
_MEMBER = "lvm-base"
_FIELD, _LAYOUT = "swin_unet.", "Songyu1026/LVM 6c74f66"
_FAINTEST, _BRIGHTEST = -10.0, 1000.0  # nanomaggies a pixel that reach the network unclipped
_CERTIFICATE: dict[str, Any] = {
    "network": "lvm",
    "objective": {"name": "reconstruction", "source": "Fu et al. 2024, doi:10.1088/1674-1137/ad50ab"},
    "data": {"collections": ["Legacy Surveys DR9 stamps, as the paper says; the checkpoint does not"]},
    "licence": "none is stated by its authors (github.com/Songyu1026/LVM); ask them before you pass it on",
}


def convert_checkpoint(
    checkpoint: str | Path, name: str = _MEMBER, out: str | Path | None = None, *, pooling: str = "mean"
) -> dict[str, Any]:
    """Convert a checkpoint of the paper's public code.

    Parameters
    ----------
    checkpoint : path
        The ``.pth`` file. Only tensors are read of it.
    name : str
        The member of our family that it is; ``lvm-base``.
    out : path, optional
        Where to; the checkpoint's name with ``.safetensors`` when not given. Nothing is overwritten.
    pooling : str
        ``mean``: the embedding is the mean of all 16 tokens. ``public``: the 768 numbers that the public code
        writes out (see `lvm.network.public_pooling`).

    Returns
    -------
    dict
        ``path``, ``bytes``, ``sha256`` of the checkpoint, and how many of its tensors were ``used``,
        ``constants`` (checked, not kept) and ``idle`` (of layers that never run).

    Raises
    ------
    WeightsError
        The file cannot be read as plain tensors, or is of another layout: every tensor that is missing, not
        known, of another shape or not what it has to be is named.
    """
    from tuningfork.encoders.lvm.family import SHAPES

    if name != _MEMBER:
        raise UnknownNameError("network that public checkpoints are of", name, [_MEMBER])
    if pooling not in POOLINGS:
        raise UnknownNameError("pooling", pooling, POOLINGS)
    path = Path(out) if out is not None else Path(checkpoint).with_suffix(".safetensors")
    return convert_public(Path(checkpoint), path, SHAPES[name], pooling)


def convert_public(checkpoint: Path, out: Path, shape: "LVMShape", pooling: str = "mean") -> dict[str, Any]:
    """Convert a checkpoint in the public layout with the sizes of ``shape``; see `convert_checkpoint`."""
    from tuningfork.encoders.checkpoints import read_state_dict
    from tuningfork.encoders.lvm.family import LVM
    from tuningfork.encoders.lvm.public_layout import PUBLIC_SIDE, public_shape
    from tuningfork.encoders.provenance import known_embedding
    from tuningfork.encoders.trainable import encoder_of, load_strictly
    from tuningfork.encoders.weights_file import write_weights

    if out.suffix != ".safetensors":
        raise UsageError("weights are kept in .safetensors files", where=str(out))
    if out.exists():
        raise UsageError("there is such a file already", where=str(out), remedy="Name another one with --out")
    shape = public_shape(shape, pooling)
    tensors, counts = _ours(read_state_dict(checkpoint), shape, str(checkpoint))
    network = LVM(shape)
    load_strictly(network, {**_born(network), **tensors}, checkpoint)
    preprocessing, learnt_from = _contract(PUBLIC_SIDE)
    digest = _sha256(checkpoint)
    facts = {"network": "lvm", "shape": shape.to_table()}
    certificate = {
        **_CERTIFICATE,
        **facts,
        "preprocessing": asdict(preprocessing),
        "learnt_from": to_table(learnt_from),
        "converted": {
            "from": checkpoint.name,
            "sha256": digest,
            "layout": "Songyu1026/LVM 6c74f66",
            **counts,
        },
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": __version__,
        "known_embedding": known_embedding(encoder_of("file", network, facts, preprocessing, "")),
    }
    write_weights(out, network.state_dict(), certificate, exact=True)
    return {"path": str(out), "bytes": out.stat().st_size, "sha256": digest, **counts}


def _ours(
    theirs: "dict[str, Tensor]", shape: "LVMShape", where: str
) -> "tuple[dict[str, Tensor], dict[str, int]]":
    """The tensors by our names, after every one of theirs is accounted for."""
    from tuningfork.encoders.lvm.public_layout import constants, idle, used

    wanted = {_FIELD + entry.theirs: entry for entry in used(shape)}
    fixed = {_FIELD + name: value for name, value in constants(shape).items()}
    dead = {_FIELD + name: size for name, size in idle(shape).items()}
    sizes = {
        **{name: entry.shape for name, entry in wanted.items()},
        **{name: tuple(value.shape) for name, value in fixed.items()},
        **dead,
    }
    _refuse(theirs, sizes, fixed, where)
    tensors = {}
    for name, entry in wanted.items():
        tensor = theirs[name].float()
        tensors[entry.ours] = (entry.turn(tensor) if entry.turn else tensor).contiguous()
    return tensors, {"used": len(wanted), "constants": len(fixed), "idle": len(dead)}


def _refuse(
    theirs: "dict[str, Tensor]",
    sizes: "dict[str, tuple[int, ...]]",
    fixed: "dict[str, Tensor]",
    where: str,
) -> None:
    """Say all that is wrong with a checkpoint at once; nothing if nothing is."""
    from tuningfork.encoders.trainable import printable

    here = [name for name in sizes if name in theirs]
    misshapen = [name for name in here if tuple(theirs[name].shape) != sizes[name]]
    sound = [name for name in here if name not in misshapen]
    trouble = {
        "it lacks": [name for name in sizes if name not in theirs],
        "it has unknown": [name for name in theirs if name not in sizes],
        "of another shape": [
            f"{name} {tuple(theirs[name].shape)} instead of {sizes[name]}" for name in misshapen
        ],
        "not what the sizes make it": [n for n in sound if n in fixed and not _same(theirs[n], fixed[n])],
        "not finite numbers": [n for n in sound if n not in fixed and not _finite(theirs[n])],
    }
    told = [f"{what} {', '.join(map(printable, names))}" for what, names in trouble.items() if names]
    if told:
        raise WeightsError(
            "; ".join(told),
            where=where,
            remedy="Only whole checkpoints of SUNet_model with the settings of its training.yaml are taken",
        )


def _same(theirs: "Tensor", ours: "Tensor") -> bool:
    return bool((theirs.to(ours.dtype) == ours).all())


def _finite(tensor: "Tensor") -> bool:
    return tensor.is_floating_point() and bool(tensor.isfinite().all())


def _born(network: Any) -> "dict[str, Tensor]":
    """What the public network does not have: the linear layer behind our mean, which changes nothing."""
    return {k: v for k, v in network.state_dict().items() if k.startswith("encoder.out.")}


def _contract(side: int) -> tuple[Preprocessing, PixelFacts]:
    """Linear flux of g, r, z in nanomaggies, as it stands in the stamps that the public code reads.

    Values go through 0..1 as everywhere here, and the scaling takes them back to nanomaggies. The window
    follows the galaxy as the code's own crop does, not by the same rule.
    """
    span = _BRIGHTEST - _FAINTEST
    stretch = {"kind": "linear", "low": _FAINTEST, "high": _BRIGHTEST}
    preprocessing = Preprocessing(size=side, mean=(-_FAINTEST / span,), std=(1 / span,))
    facts = PixelFacts(("g", "r", "z"), "flux", stretch, "nanomaggy", NANOMAGGY, 0.262)
    return preprocessing, facts


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
