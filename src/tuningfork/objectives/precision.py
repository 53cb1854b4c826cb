"""Numbers that must be summed in full, in the middle of a training in 16 bits."""

from contextlib import AbstractContextManager, nullcontext

import torch

__all__ = ["in_full"]


def in_full(tensor: torch.Tensor) -> AbstractContextManager:
    """No autocast on that tensor's device; on one that knows none, as Apple's before torch 2.5, nothing."""
    kind = tensor.device.type
    return torch.autocast(kind, enabled=False) if torch.amp.is_autocast_available(kind) else nullcontext()
