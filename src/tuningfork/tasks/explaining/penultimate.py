"""What a network makes of galaxies just before it names a class."""

from typing import Any

import numpy as np

from tuningfork.errors import DataError
from tuningfork.tasks.explaining.asked import Explained
from tuningfork.tasks.explaining.layers import trunks_of

__all__ = ["penultimate_features"]

_AT_ONCE = 64


def penultimate_features(
    asked: Explained, collection: Any, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What enters the last linear layer; of a model of several networks, of each, side by side.

    Returns
    -------
    rows : ndarray
        (m,) those that could be read.
    features : ndarray
        (m, D) float32.
    said : ndarray
        (m,) the number of the likeliest class.

    Raises
    ------
    DataError
        Not one stamp can be read, or a network ends in no linear layer.
    """
    import torch

    from tuningfork.embeddings.prepare import fit_for, prepare_rows

    fitting, kept, made, said = fit_for(collection, asked.encoder), [], [], []
    network = asked.encoder.network
    entered: dict[int, Any] = {}
    hooks = []
    for number, trunk in enumerate(trunks_of(network)):

        def note(module: Any, given: Any, number: int = number) -> None:
            entered[number] = given[0]

        linear = [module for module in trunk.modules() if isinstance(module, torch.nn.Linear)]
        hooks += [module.register_forward_pre_hook(note) for module in linear]
    try:
        for start in range(0, len(rows), _AT_ONCE):
            batch = prepare_rows(collection, asked.encoder, rows[start : start + _AT_ONCE], fitting)
            if batch.x is None:
                continue
            with torch.inference_mode():
                said.append(network(batch.x.to(asked.encoder.device)).argmax(1).cpu().numpy())
            if any(part.ndim != 2 for part in entered.values()) or not entered:
                raise DataError(f"{asked.name} does not end in a linear layer that tells classes")
            kept.append(batch.rows)
            made.append(torch.cat([entered[n].float().cpu() for n in sorted(entered)], 1).numpy())
    finally:
        for hook in hooks:
            hook.remove()
    if not made:
        raise DataError("not one of these stamps can be read", where=collection.name)
    return np.concatenate(kept), np.concatenate(made), np.concatenate(said)
