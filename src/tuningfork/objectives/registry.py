"""The registry of objectives and what all of them are."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tuningfork.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor, nn

    from tuningfork.objectives.teacher import Teacher

__all__ = ["Needs", "Objective", "Views", "needs_of", "objectives"]


class Objective(Protocol):
    """A loss with the layers it needs beside the network: an ``nn.Module`` called with the network and views.

    Layers without gradients (a teacher's average) belong to it as well: what is in its ``state_dict`` is in
    every checkpoint. One that paints has ``paint(network, views)``: what goes in, and what comes out.
    """

    def __call__(self, network: "nn.Module", views: "Views") -> "tuple[Tensor, dict[str, float]]":
        """The loss of a batch, and its parts by name."""
        ...


class Views(NamedTuple):
    """One batch of galaxies as an objective sees it; pictures are ``[N, C, S, S]`` unit pixels."""

    one: "Tensor"  # a random view
    other: "Tensor"  # another random view of the same galaxies; the first again where one is enough
    clean: "Tensor"  # the window of the first, undisturbed
    crops: "Tensor | None" = None  # small parts of them, [N, K, C, s, s], where they are asked for


class Needs(NamedTuple):
    """What an objective asks for before there is a batch."""

    views: str = "sky"  # a name of `tuningfork.images.views.VIEWS`
    pairs: bool = False  # two views of each galaxy
    decoder: bool = False  # a network that paints
    teacher: bool = False  # another encoder, and the side of the network's own pictures
    crops: bool = False  # it can learn from small crops, too


Factory = Callable[..., Objective]  # of network, length of its embedding, bands; and what `Needs` asks for

objectives: Registry[Factory] = Registry("objective")
_NEEDS: dict[str, Needs] = {}


def needs_of(name: str) -> Needs:
    """What the objective of that name asks for; raises `UnknownNameError` with the nearest names."""
    objectives.get(name)
    return _NEEDS.get(name, Needs())


def _objective(name: str, needs: Needs) -> Callable[[Factory], Factory]:
    _NEEDS[name] = needs
    return objectives.register(name)


def _new(module: str, kind: str, *given: Any) -> Any:
    return getattr(import_module(f"tuningfork.objectives.{module}"), kind)(*given)


@_objective("reconstruction", Needs(views="turned", decoder=True))
def reconstruction(network: "nn.Module", dim: int, bands: int) -> Objective:
    """The picture that went in is to be painted again (Fu et al. 2024, II.B)."""
    return _new("reconstruction", "Reconstruction")


@_objective("masked", Needs(views="turned", decoder=True))
def masked(network: "nn.Module", dim: int, bands: int) -> Objective:
    """Random patches are hidden and to be painted (SimMIM, Xie et al. 2022)."""
    return _new("masked", "Masked", bands)


@_objective("degraded", Needs(views="degraded", decoder=True))
def degraded(network: "nn.Module", dim: int, bands: int) -> Objective:
    """The picture is to be painted from one behind a Moffat PSF and noise (Fu et al. 2024, III.A)."""
    return _new("reconstruction", "Restoration")


@_objective("simclr", Needs(views="crops", pairs=True))
def simclr(network: "nn.Module", dim: int, bands: int) -> Objective:
    """Two crops of a galaxy are to lie together, those of others apart (G036 2023; Chen et al. 2020)."""
    return _new("simclr", "SimCLR", dim)


@_objective("autoencoder", Needs(views="still"))
def autoencoder(network: "nn.Module", dim: int, bands: int) -> Objective:
    """The picture is to be painted from the embedding alone, by a mirrored ResNet-18 (G036 2023, 3.2.2)."""
    return _new("autoencoder", "Autoencoder", dim, bands)


@_objective("self-distillation", Needs(pairs=True, crops=True))
def self_distillation(network: "nn.Module", dim: int, bands: int) -> Objective:
    """A view is to say what the network's own running average says of another (DINO, Caron et al. 2021)."""
    return _new("self_distillation", "SelfDistillation", network, dim)


@_objective("contrastive", Needs(pairs=True))
def contrastive(network: "nn.Module", dim: int, bands: int) -> Objective:
    """Two views of a galaxy as the sky may show it are to lie together, those of others apart."""
    return _new("contrastive", "Contrastive", dim)


@_objective("contrastive+reconstruction", Needs(pairs=True, decoder=True))
def combined(network: "nn.Module", dim: int, bands: int) -> Objective:
    """Contrastive on all galaxies, painting of an eighth of them from disturbed views."""
    return _new("combined", "Combined", dim)


@_objective("distillation", Needs(decoder=True, teacher=True))
def distillation(network: "nn.Module", dim: int, bands: int, *, teacher: "Teacher", size: int) -> Objective:
    """What a teacher says of a view is to be said of it; an eighth of the views are painted: shipped
    lvm-tiny."""
    return _new("distillation", "Distillation", teacher, size)
