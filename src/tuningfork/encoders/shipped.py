"""Where the package keeps the weights that come with it."""

from importlib.resources import files
from pathlib import Path

from tuningfork.errors import WeightsError

__all__ = ["SHIPPED", "shipped_weights"]

SHIPPED = ("lvm-tiny", "lite0-contrastive")
"""Encoders whose weights are in the package."""


def shipped_weights(name: str) -> Path:
    """Where the package keeps the weights of an encoder.

    Raises
    ------
    WeightsError
        When the package holds none of it.
    """
    path = Path(str(files("tuningfork.encoders") / "weights" / f"{name}.safetensors"))
    if name not in SHIPPED or not path.is_file():
        raise WeightsError(
            f"the package holds no weights of '{name}'",
            remedy="Make some with `tuningfork pretrain`, and name the file: file:PATH.safetensors",
        )
    return path
