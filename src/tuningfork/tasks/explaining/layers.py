"""Where in a network there is still a picture: the last places whose numbers lie on a grid, found by running
it."""

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Watched", "as_grid", "trunks_of"]

_KEPT = 32  # places of each grid: more than the layers of one block of a transformer
_PREFIX = 8  # class, distillation and register tokens before the others


class Watched:
    """Keeps the last grids that pass through a network while it runs; a context.

    No layer is known by name. Modules inside an attention are passed over: their outputs are queries, keys
    and weights of windows.

    Parameters
    ----------
    trunk : torch.nn.Module
    batch : int
        Pictures in the batch.
    """

    def __init__(self, trunk: "nn.Module", batch: int):
        self._trunk, self._batch, self._hooks = trunk, batch, []
        self._seen: dict[int, deque] = defaultdict(lambda: deque(maxlen=_KEPT))

    def __enter__(self) -> "Watched":
        inside = {
            id(inner)
            for module in self._trunk.modules()
            if "attention" in type(module).__name__.lower()
            for inner in module.modules()
            if inner is not module
        }
        modules = [module for module in self._trunk.modules() if id(module) not in inside]
        self._hooks = [module.register_forward_hook(self._note) for module in modules]
        return self

    def __exit__(self, *error: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def _note(self, module: Any, given: Any, made: Any) -> Any:
        grid = as_grid(made, self._batch)
        if grid is None:
            return None
        self._seen[grid.shape[-1]].append(made)
        return made.clone()  # what comes next may write into it

    def candidates(self, least: int) -> "list[Tensor]":
        """Outputs on the coarsest grid with at least so many cells a side, the latest first; of the finest
        grid when none has as many."""
        if not self._seen:
            return []
        enough = [side for side in self._seen if side >= least]
        return list(reversed(self._seen[min(enough) if enough else max(self._seen)]))


def as_grid(made: Any, batch: int) -> "Tensor | None":
    """An output as ``[N, C, H, W]``, or None when it is not on a square grid.

    Takes ``[N, C, H, W]``, ``[N, H, W, C]`` and tokens ``[N, T, C]``, before which there may be up to eight
    that stand for no place.
    """
    if not hasattr(made, "ndim") or made.shape[0] != batch:
        return None
    if made.ndim == 4:
        _, a, b, c = made.shape
        grid = made if b == c else made.permute(0, 3, 1, 2) if a == b else None
        return grid if grid is not None and grid.shape[-1] > 1 else None
    if made.ndim == 3:
        side = int(made.shape[1] ** 0.5)
        if side < 2 or made.shape[1] - side * side > _PREFIX:
            return None
        return made[:, -side * side :].transpose(1, 2).reshape(batch, made.shape[2], side, side)
    return None


def trunks_of(network: Any) -> "list[nn.Module]":
    """The networks of which a model is made, each with its own pictures: its members, or itself."""
    return list(getattr(network, "members", [network]))
