"""Compile a network for the device at hand, where a compiler is there."""

from collections.abc import Callable
from textwrap import shorten
from typing import Any

import torch
from torch import nn

__all__ = ["compile_network", "reason_against"]


def compile_network(network: nn.Module, device: torch.device, say: Callable[[str], None]) -> bool:
    """Let torch compile what of a network costs time, in place; without a compiler it stays as it is.

    Its tensors and their names stay the same, so checkpoints and weights know nothing of it. Every shape that
    comes by is compiled once, at its first batch.

    Parameters
    ----------
    network : nn.Module
        One of ours (its encoder's maps and its decoder are compiled) or any other, which is compiled whole.
    device : torch.device
        Where it will run.
    say : callable
        Gets one line when there is no compiler.

    Returns
    -------
    bool
        Whether it will be compiled.
    """
    if reason := reason_against(device):
        say(f"torch.compile does not work here ({reason}): going on without")
        return False
    torch._dynamo.config.suppress_errors = True  # what cannot be compiled after all runs as it is
    encoder: Any = getattr(network, "encoder", None)
    if hasattr(encoder, "maps"):
        encoder.maps = torch.compile(encoder.maps, dynamic=False)  # who paints asks for maps alone
        network.decoder.compile(dynamic=False)  # pyright: ignore[reportCallIssue]
    else:
        network.compile(dynamic=False)
    return True


def reason_against(device: torch.device) -> str:
    """Why nothing can be compiled for a device, found by compiling one line; empty where it can."""
    try:
        with torch._dynamo.config.patch(suppress_errors=False):
            torch.compile(lambda x: x * 2 + 1, dynamic=False)(torch.ones(3, device=device)).sum().item()
    except Exception as error:  # each compiler fails in its own way
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return shorten(": ".join([type(error).__name__, *lines[:1]]), 120, placeholder=" ...")
    return ""
