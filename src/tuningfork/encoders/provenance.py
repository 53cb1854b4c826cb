"""Where an encoder's numbers come from, and whether its weights still are what they say."""

from pathlib import Path
from typing import Any

from tuningfork.encoders.facts import PixelFacts
from tuningfork.encoders.names import encoders, load_encoder
from tuningfork.encoders.preprocessing import Preprocessing
from tuningfork.encoders.weights_file import contract_of, read_certificate
from tuningfork.errors import TuningforkError, UnknownNameError, WeightsError

__all__ = ["agree", "known_embedding", "verify_weights", "weights_info"]

_TOLERANCE = (
    2e-3  # of the certificate's own embedding; half-precision weights on another processor stay well inside
)


def weights_info(name: str) -> dict[str, Any]:
    """The birth certificate of an encoder with weights of ours, and where the file lies.

    Of any other encoder, what can be known of it.

    Parameters
    ----------
    name : str
        An encoder's name (``lvm-tiny``, ``hf-hub:OWNER/NAME``), ``file:PATH`` or a path.

    Returns
    -------
    dict
        ``takes`` and ``makes`` say in words which stamps it takes and what it makes of them first;
        ``parameters`` counts those of each part of the network.
    """
    if not _is_of_ours(name):
        encoder = load_encoder(name)
        spec = encoder.spec
        return {
            "name": spec.name,
            "key": spec.key,
            "dim": spec.dim,
            "parameters": _parameters(encoder.network),
            **_words(spec.preprocessing, spec.learnt_from),
        }
    from tuningfork.encoders.trainable import empty_network

    path = _weights_path(name)
    certificate = read_certificate(path)
    return {
        "name": name,
        "path": str(path),
        "bytes": path.stat().st_size if path.exists() else 0,
        "parameters": _parameters(empty_network(certificate, path, on="meta")),
        **_words(*contract_of(certificate, str(path))),
        **certificate,
    }


def verify_weights(name: str) -> dict[str, Any]:
    """Check a weights file whole: its certificate, its tensors' hash, its fit, and the embedding of a known
    picture.

    Returns
    -------
    dict
        ``name``, ``path``, ``whole`` (bool), ``problem`` (str or None).
    """
    path = _weights_path(name)
    try:
        certificate = read_certificate(path)
        encoder = load_encoder(f"file:{path}")
        known = certificate.get("known_embedding")
        if known and not agree(known, known_embedding(encoder)):
            raise WeightsError(
                "it embeds the known picture differently than when it was made", where=str(path)
            )
    except TuningforkError as error:
        return {"name": name, "path": str(path), "whole": False, "problem": str(error)}
    return {"name": name, "path": str(path), "whole": True, "problem": None}


def known_embedding(encoder: Any) -> list[float]:
    """The first 16 numbers of the embedding of a made galaxy, the same on every machine up to rounding."""
    import numpy as np
    import torch

    y, x = np.mgrid[-1:1:80j, -1:1:80j]
    disc = np.exp(-np.hypot(x, 2 * y) / 0.15)
    picture = np.stack([disc, np.roll(disc, 3, 0), np.roll(disc, 3, 1)], -1).astype(np.float32)
    picture = picture[..., np.arange(encoder.spec.bands) % 3]
    with torch.inference_mode():
        vector = encoder.embed(encoder.preprocess([picture]))[0, :16]
    return [round(float(v), 5) for v in vector]


def agree(one: Any, other: list[float]) -> bool:
    """Whether two machines' numbers for one picture are the same up to rounding; ``one`` is from a file."""
    if not isinstance(one, list) or not all(type(value) in (int, float) for value in one):
        return False
    size = max(abs(v) for v in one) or 1.0
    return len(one) == len(other) and all(
        abs(a - b) <= _TOLERANCE * size for a, b in zip(one, other, strict=True)
    )


def _parameters(network: Any) -> dict[str, int]:
    """Numbers that are learnt, in all and of encoder and decoder; nothing where they cannot be counted."""
    found = {"all": sum(p.numel() for p in network.parameters())}
    for part in ("encoder", "decoder"):
        if hasattr(network, part):
            found[part] = sum(p.numel() for p in getattr(network, part).parameters())
    return found if found["all"] else {}


def _words(preprocessing: Preprocessing, learnt_from: PixelFacts | None) -> dict[str, str]:
    return {"takes": (learnt_from or PixelFacts()).in_words(), "makes": preprocessing.in_words()}


def _is_of_ours(name: str) -> bool:
    from tuningfork.encoders.lvm.family import SHAPES
    from tuningfork.encoders.shipped import SHIPPED

    of_a_file = name.startswith("file:") or (":" not in name and name.endswith(".safetensors"))
    return of_a_file or name in SHAPES or name in SHIPPED


def _weights_path(name: str) -> Path:
    from tuningfork.encoders.lvm.family import SHAPES
    from tuningfork.encoders.shipped import SHIPPED, shipped_weights

    if name in SHAPES or name in SHIPPED:
        return shipped_weights(name)
    path = Path(name.removeprefix("file:"))
    if name.startswith("file:") or path.suffix == ".safetensors":
        return path
    if name in encoders:
        raise WeightsError("this encoder has no weights file of ours", where=name)
    raise UnknownNameError("encoder with weights", name, [*SHIPPED, "file:PATH.safetensors"])
