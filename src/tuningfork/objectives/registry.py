"""The registry of objectives and what all of them are."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tuningfork.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Objective", "Views", "objectives"]


class Objective(Protocol):
    """A loss with the layers it needs beside the network: an ``nn.Module`` called with views and the network.

    Called as ``objective(network, one, other, clean)`` with two views of the same galaxies and the
    undisturbed window of
    the first, all ``[N, C, S, S]``; returns the loss and its parts by name.
    """

    def __call__(self, network: "nn.Module", views: "Views") -> "tuple[Tensor, dict[str, float]]":
        """The loss of a batch, and its parts by name."""
        ...


class Views(NamedTuple):
    """One batch of galaxies as an objective sees it; pictures are ``[N, C, S, S]`` unit pixels."""

    one: "Tensor"  # a random view
    other: "Tensor"  # another random view of the same galaxies
    clean: "Tensor"  # the window of the first, undisturbed
    target: "Tensor | None" = None  # [N, dim] what a teacher says of them, where there is one


objectives: Registry[Callable[[int], Objective]] = Registry("objective")


@objectives.register("contrastive")
def contrastive(dim: int) -> Objective:
    """Two views of a galaxy are to lie together, those of others apart (SimCLR, Chen et al. 2020; G036
    2023)."""
    return import_module("tuningfork.objectives.contrastive").Contrastive(dim)


@objectives.register("reconstruction")
def reconstruction(dim: int) -> Objective:
    """The undisturbed picture is to be painted from a disturbed one (Fu et al. 2024, II.B, with degraded
    input)."""
    return import_module("tuningfork.objectives.reconstruction").Reconstruction()


@objectives.register("contrastive+reconstruction")
def combined(dim: int) -> Objective:
    """Contrastive on all galaxies, reconstruction on an eighth of them: the recipe of the shipped
    lvm-tiny."""
    return import_module("tuningfork.objectives.combined").Combined(dim)


@objectives.register("distillation")
def distillation(dim: int) -> Objective:
    """What a teacher says of a galaxy is to be said of every view of it; an eighth are painted: shipped
    lvm-tiny."""
    return import_module("tuningfork.objectives.distillation").Distillation(dim)
