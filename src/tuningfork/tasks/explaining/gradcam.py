"""Grad-CAM: which parts of a picture speak for a class.

The method is some twenty lines over automatic differentiation. The packages that have it (captum, grad-cam)
want to be told a layer and its layout for each network; here the layer is found by running the network, which
works for those of others, for ours and for models of several networks alike.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.errors import UsageError
from tuningfork.tasks.explaining.asked import Explained
from tuningfork.tasks.explaining.layers import Watched, as_grid, trunks_of

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["LEAST_CELLS", "heat_maps"]

LEAST_CELLS = 4
"""Cells a side below which an earlier layer is taken: two by two cells show nothing."""
_LEAST = 1e-30


def heat_maps(asked: Explained, x: "Tensor", kinds: np.ndarray, *, least: int = LEAST_CELLS) -> np.ndarray:
    """What speaks for a class in each picture (Selvaraju et al. 2017, arXiv:1610.02391, equations 1 and 2).

    Channels of the last layer on a grid, each weighted with the mean gradient of the class over the grid, are
    added; what speaks against the class is cut off. The gradient is that of the logit, or of the logarithm of
    the probability where a model gives probabilities; the maps of a model's several networks are added, in
    the units of that number. Layers behind which places do not matter (the last tokens of a transformer that
    reads its class token only) are passed over.

    Parameters
    ----------
    asked : Explained
    x : Tensor
        ``[N, C, S, S]`` prepared stamps, a small batch: all layers are kept.
    kinds : ndarray
        (N,) the number of the class to explain in each.
    least : int
        Cells a side that a layer must have, if any has.

    Returns
    -------
    ndarray
        (N, S, S) float32 in 0..1, the largest value of each 1; zeros where nothing speaks for the class.

    Raises
    ------
    UsageError
        The network keeps no picture, or cannot be looked into.
    """
    import torch
    import torch.nn.functional as F

    network = asked.encoder.network
    x = x.to(asked.encoder.device).detach().clone().requires_grad_(True)
    watches = [Watched(trunk, len(x)) for trunk in trunks_of(network)]
    with torch.enable_grad():
        for watch in watches:
            watch.__enter__()
        try:
            out = network(x).float()
        finally:
            for watch in watches:
                watch.__exit__()
        own = out[torch.arange(len(x), device=out.device), torch.as_tensor(kinds, device=out.device)]
        target = own.clamp_min(_LEAST).log() if asked.gives == "probabilities" else own
    if not any(watch.candidates(least) for watch in watches):
        raise UsageError(
            f"{asked.name} has no layer whose numbers lie on a grid",
            remedy="Ask a network of torch; an ONNX file cannot be looked into",
        )
    total = torch.zeros(len(x), 1, *x.shape[-2:], device=x.device)
    for watch in watches:
        grid = _weighted(target.sum(), watch.candidates(least), len(x))
        if grid is not None:
            total += F.interpolate(grid, x.shape[-2:], mode="bilinear", align_corners=False)
    heat = total[:, 0] / total.amax((1, 2, 3)).clamp_min(_LEAST)[:, None, None]
    return heat.cpu().numpy().astype(np.float32)


def _weighted(target: Any, candidates: "list[Tensor]", batch: int) -> "Tensor | None":
    """The map ``[N, 1, h, w]`` of the latest layer on whose places the target depends."""
    import torch

    if not candidates:
        return None
    found = torch.autograd.grad(target, candidates, retain_graph=True, allow_unused=True)
    for made, gradient in zip(candidates, found, strict=True):
        slope = None if gradient is None else as_grid(gradient, batch)
        if slope is None or not bool(slope.abs().amax() > 0):
            continue
        grid = as_grid(made.detach(), batch)
        assert grid is not None  # its gradient was one
        return (slope.mean((2, 3), keepdim=True) * grid).sum(1, keepdim=True).relu().float()
    return None
