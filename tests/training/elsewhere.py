"""A device that is not there, for machines without one: tensors that say "meta" and hold real numbers.

A card refuses tensors of different devices in one operation, and NumPy refuses tensors of a card. So does
this one; it also refuses 64-bit floats, which Apple's GPUs do not have. Everything else is computed, forwards
and backwards, by the processor.
"""

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

__all__ = ["DEVICE", "Elsewhere", "there"]

DEVICE = torch.device("meta")
_BY_PLACES = {
    "aten::index",
    "aten::index_put",
    "aten::index_put_",
    "aten::_index_put_impl_",
}  # which take places of a processor
_MOVES = {"aten::_to_copy", "aten::copy_"}


class _There(torch.Tensor):
    """Says that it is there; ``inner`` is where its numbers are."""

    @staticmethod
    def __new__(cls, inner):
        made = torch.Tensor._make_wrapper_subclass(
            cls,
            inner.shape,
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device=DEVICE,
            requires_grad=inner.requires_grad,
        )
        made.inner = inner
        return made

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return _run(func, args, kwargs or {})


def there(tensor):
    """A tensor of the processor as one of the other device."""
    return tensor if isinstance(tensor, _There) else _There(tensor)


class Elsewhere(TorchDispatchMode):
    """While it lasts tensors can be made on, and sent to, `DEVICE`."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return _run(func, args, kwargs or {})


def _run(func, args, kwargs):
    given = [v for v in tree_flatten((args, kwargs))[0] if isinstance(v, torch.Tensor)]
    asked = kwargs.get("device")
    name = func._schema.name
    here = [v for v in given if not isinstance(v, _There)]
    elsewhere = [v for v in given if isinstance(v, _There)]
    strangers = [v for v in here if v.ndim]  # single numbers of a processor are taken by every device
    if elsewhere and strangers and name not in _BY_PLACES | _MOVES:
        raise RuntimeError(f"{name}: tensors of two devices, shapes {[tuple(v.shape) for v in given]}")
    inside = tree_map(lambda v: v.inner if isinstance(v, _There) else v, (args, dict(kwargs)))
    if asked is not None:
        inside[1]["device"] = torch.device("cpu")
    made = func(*inside[0], **inside[1])
    if func._schema.is_mutable:
        first = args[0] if args else next(iter(kwargs.values()))
        return first if isinstance(made, torch.Tensor) else made
    stays = elsewhere if asked is None else torch.device(asked) == DEVICE
    if not stays:
        return made
    return tree_map(lambda v: _checked(v, name) if isinstance(v, torch.Tensor) else v, made)


def _checked(tensor, name):
    if tensor.dtype == torch.float64:
        raise RuntimeError(f"{name}: 64-bit floats, which not every device has")
    return _There(tensor)
