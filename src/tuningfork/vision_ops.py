"""Make a torchvision without compiled operators importable beside a CPU-only torch.

A torchvision whose operators were built for another torch registers none of them; importing it then fails on
``torchvision::nms``, and so do timm, lightly and lightning. Defining that operator in Python first lets all
of them import. Where torchvision is whole this does nothing.
"""

import importlib.util

__all__ = ["ensure_vision_ops"]

_library = None  # keeps the registration alive


def ensure_vision_ops() -> bool:
    """Register the missing operators once; call before the first import of torchvision or of what imports it.

    Returns
    -------
    bool
        True when stand-ins were registered, False when torchvision is whole or absent.
    """
    global _library  # noqa: PLW0603 - torch.library objects must outlive their definitions
    if _library is not None:
        return True
    if importlib.util.find_spec("torchvision") is None or _compiled_operators_load():
        return False
    import torch

    _library = torch.library.Library("torchvision", "FRAGMENT")
    _library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _library.impl("nms", _nms, "CompositeExplicitAutograd")
    _library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _library.impl("qnms", _nms, "CompositeExplicitAutograd")
    return True


def _compiled_operators_load() -> bool:
    """Load torchvision's extension as torchvision itself would, without importing the package."""
    import torch

    if _registered(torch):
        return True
    spec = importlib.util.find_spec("torchvision")
    places = (
        [] if spec is None or not spec.submodule_search_locations else list(spec.submodule_search_locations)
    )
    from pathlib import Path

    for place in places:
        for file in sorted(
            [*Path(place).glob("_C*.so"), *Path(place).glob("_C*.pyd"), *Path(place).glob("_C*.dylib")]
        ):
            try:
                torch.ops.load_library(str(file))
            except OSError:
                continue
            if _registered(torch):
                return True
    return False


def _registered(torch) -> bool:
    try:
        torch.ops.torchvision.nms  # noqa: B018 - the look-up itself is the test
    except (AttributeError, RuntimeError):
        return False
    return True


def _nms(dets, scores, iou_threshold: float):
    """Greedy non-maximum suppression of boxes (N, 4) as x1, y1, x2, y2; returns kept indices, best first."""
    import torch

    x1, y1, x2, y2 = dets.unbind(1)
    areas = (x2 - x1) * (y2 - y1)
    order = scores.argsort(descending=True, stable=True)
    keep = []
    while order.numel():
        best, order = order[0], order[1:]
        keep.append(best)
        width = (torch.minimum(x2[best], x2[order]) - torch.maximum(x1[best], x1[order])).clamp(min=0)
        height = (torch.minimum(y2[best], y2[order]) - torch.maximum(y1[best], y1[order])).clamp(min=0)
        overlap = width * height
        order = order[overlap / (areas[best] + areas[order] - overlap) <= iou_threshold]
    return torch.stack(keep) if keep else torch.empty(0, dtype=torch.long, device=dets.device)
