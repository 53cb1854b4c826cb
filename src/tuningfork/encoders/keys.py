"""The key of an encoder: its name and a hash of all that its numbers depend on."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from tuningfork.encoders.facts import PixelFacts
from tuningfork.encoders.preprocessing import Preprocessing

__all__ = ["CODE_VERSION", "encoder_key"]

CODE_VERSION = (
    1  # raise when a change of the networks or of `Preprocessing` changes the numbers that come out
)


def encoder_key(
    name: str,
    weights: str,
    preprocessing: Preprocessing,
    shape: Any = None,
    learnt_from: PixelFacts | None = None,
) -> str:
    """A file name made of the encoder's name and eight hexadecimal digits.

    Parameters
    ----------
    name : str
        As `load_encoder` takes it.
    weights : str
        Hash of the weights, or what else names them without doubt.
    preprocessing : Preprocessing
    shape : any plain value
        What else the network was built from.
    learnt_from : PixelFacts, optional
        What decides on bands and stretch; older weights do not say, and keep the keys they had.
    """
    parts = [CODE_VERSION, weights, asdict(preprocessing), shape]
    parts += [] if learnt_from is None else [asdict(learnt_from)]
    facts = json.dumps(parts, sort_keys=True, default=str)
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in name)
    return f"{safe}-{hashlib.sha256(facts.encode()).hexdigest()[:8]}"
