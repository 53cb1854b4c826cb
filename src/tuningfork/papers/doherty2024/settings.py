"""How the networks are trained: as the paper has it, and a small twin for one core."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tuningfork.config import to_table
from tuningfork.errors import UnknownNameError
from tuningfork.papers.doherty2024.printed import LABELS, network_of, schemes_of
from tuningfork.tasks.classification.settings import ClassifierSettings
from tuningfork.tasks.morphology.backbones import backbone_named
from tuningfork.tasks.morphology.recipes import RECIPES, Recipe

__all__ = ["BASELINES", "SCHEMES", "SETTINGS", "Way", "cells_of", "plan_of", "seconds_of", "way_named"]

SCHEMES = tuple(LABELS)
BASELINES = ("lvm-tiny, frozen", "five measurements")
_SCRATCH = ("vit-64", "cct", "cvt")  # section 6.6 speaks of ImageNet weights for the convolutional ones alone
_NETWORKS = (  # tables 3 and 4, the cheap ones first
    *("vit-64", "cct", "mobilenetv3-small", "mobilenetv3-large", "cvt", "resnet50", "resnet50v2"),
    *("inceptionv3", "xception", "vgg16", "vgg19"),
)


@dataclass(frozen=True)
class Way:
    """One way to make the tables.

    Parameters
    ----------
    recipe : Recipe
        Of every network; backbone, start and size come with the network.
    instead : str, optional
        The network that stands for ResNet50 in its own tables and in ``schemes``.
    packaged : bool
        Only weights that come in a package are begun with; other networks begin from scratch.
    transformers : int
        Side of what transformers see.
    unasked : str
        One of `tuningfork.labels.binary.UNASKED`.
    held_out : float
        Share of the galaxies to learn from that chooses the pass; 0: the last pass is taken.
    folds : int
    rates : dict
        Images a second of one core in training.
    remarks : tuple of str
        How it differs from the paper.
    """

    recipe: Recipe
    instead: str | None = None
    packaged: bool = True
    transformers: int = 64
    unasked: str = "missing"
    held_out: float = 0.0
    folds: int = 5
    rates: dict[str, float] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def recipe_of(self, network: str) -> Recipe:
        """The recipe with that network, at a size that it takes."""
        size = self.transformers if network in _SCRATCH else self.recipe.settings.size
        own = self.recipe.changed(backbone=network, size=max(size, backbone_named(network).least))
        packaged = network.startswith("efficientnet-lite")
        if network in _SCRATCH or (self.packaged and not packaged):
            own = own.changed(start="none", head_epochs=0)
            own = (
                own if self.packaged else own.changed(rate=own.head_rate)
            )  # there is no first part at that rate
        if self.packaged and (packaged or network.startswith("mobilenet")):
            own = own.changed(precision="fp32")  # twice as fast as bf16 there
        return own

    def how(self, network: str) -> str:
        """A short hash of everything that a training depends on but galaxies and labels."""
        told = f"{sorted(to_table(self.recipe_of(network)).items())} {self.held_out} {self.unasked}"
        return hashlib.sha256(told.encode()).hexdigest()[:10]

    def told(self, network: str) -> str:
        """Network, start and size in words."""
        own = self.recipe_of(network)
        start = "from ImageNet" if own.start == "imagenet" else "from scratch"
        return f"{network}, {start}, {own.settings.size} px"


_CPU = Recipe(
    ClassifierSettings(
        size=64,
        views="turned",
        batch=32,
        rate=5e-4,
        warm_up=0.1,
        weight_decay=0.05,
        average=0.95,
        by="loss",
    ),
    backbone="efficientnet-lite0",
    start="imagenet",
    epochs=8,
    second_sampling=None,
    head_epochs=2,
    candidates=1,
)

SETTINGS: dict[str, Way] = {
    "cpu": Way(
        _CPU,
        instead="efficientnet-lite0",
        rates={
            "efficientnet-lite0": 153.0,
            "resnet50": 60.0,
            "resnet50v2": 60.0,
            "vgg16": 11.0,
            "vgg19": 9.0,
            "xception": 40.0,
            "inceptionv3": 45.0,
            "mobilenetv3-small": 300.0,
            "mobilenetv3-large": 180.0,
            "vit-64": 300.0,
            "cct": 300.0,
            "cvt": 100.0,
        },
        remarks=(
            "64 pixels of the galaxy's window, turned and mirrored on the fly; the paper: 224 or 256 of 424 "
            "pixels, 13 views made beforehand",
            "8 passes (AdamW, 5e-4, cosine), before them 2 of the last layer where the network begins with "
            "ImageNet weights; the paper: until it overfits at 1e-3, then 5 passes through 13 views at 1e-4",
            "ImageNet weights are those of efficientnet-lite0 alone, which come in a package",
            "a galaxy that nobody was asked about takes no part in that question; in the paper it counts as "
            "the first answer",
        ),
    ),
    # 6.2 to 6.6 at the recipe's own values. The held-out eighth is ours: in the paper the galaxies that are
    # judged also end the training. For a GPU
    "paper": Way(
        RECIPES["doherty2024"],
        packaged=False,
        transformers=256,
        unasked="first",
        held_out=0.125,
        rates={"vgg16": 0.9, "vgg19": 0.7},
        remarks=(
            "an eighth of the galaxies that are learnt from chooses the pass; in the paper those judged do",
            "networks from scratch learn at 1e-3 throughout; batches of 32, Adam, and the sizes of blur and "
            "noise are ours, the paper names none",
        ),
    ),
}
_USUAL_RATE = 5.0
_EMBEDDING = 20.0  # seconds, once; a probe takes two


def way_named(name: str) -> Way:
    """The settings of that name; raises `UnknownNameError` with those there are."""
    if name not in SETTINGS:
        raise UnknownNameError("settings", name, SETTINGS)
    return SETTINGS[name]


def plan_of(table: str, way: Way) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """What a table needs.

    Parameters
    ----------
    table : str
        "schemes", "networks", or "table5" to "table26".

    Returns
    -------
    tuple of (str, str, tuple of str)
        The network of the paper, the one that is trained, and the schemes.
    """
    stands = way.instead or "resnet50"
    if table == "schemes":
        return (("resnet50", stands, SCHEMES),)
    if table == "networks":
        extra = ((stands, stands, ("q0",)),) if way.instead else ()
        return (*extra, *((name, name, ("q0",)) for name in _NETWORKS))
    number = int(table.removeprefix("table"))
    name = network_of(number)
    return ((name, stands if name == "resnet50" else name, schemes_of(number)),)


def cells_of(
    plan: Sequence[tuple[str, str, tuple[str, ...]]],
    way: Way,
    data: dict[str, str],
    questions: dict[str, tuple[str, ...]],
    seeds: int,
) -> Iterator[dict[str, Any]]:
    """Every cell's settings: the baselines, which take seconds, before the networks of a seed.

    Parameters
    ----------
    data : dict
        Scheme or question -> hash of galaxies, labels and folds, of those that can be made.
    questions : dict
        Scheme -> the questions that it is put together from.
    """
    asked = dict.fromkeys(
        question for _, _, schemes in plan for scheme in schemes for question in questions.get(scheme, ())
    )
    for seed in range(seeds):
        for network in reversed(BASELINES):
            for scheme in asked:
                for fold in range(way.folds):
                    yield _cell(network, scheme, fold, seed, data[scheme], probe_of(network))
        for _, network, schemes in plan:
            for scheme in schemes:
                for fold in range(way.folds) if scheme in data else ():
                    yield _cell(network, scheme, fold, seed, data[scheme], way.how(network))


@cache
def probe_of(baseline: str) -> str:
    """What a baseline's features are, without doubt."""
    from tuningfork.encoders import weights_info

    if baseline != BASELINES[0]:
        return "probe"
    return f"probe {weights_info('lvm-tiny')['tensors_sha256'][:10]}"


def _cell(network: str, scheme: str, fold: int, seed: int, data: str, how: str) -> dict[str, Any]:
    return {"network": network, "scheme": scheme, "fold": fold, "seed": seed, "data": data, "how": how}


def seconds_of(cell: dict[str, Any], way: Way, galaxies: dict[str, int]) -> float:
    """What a cell takes of one core, roughly; ``galaxies`` are those of each scheme."""
    if cell["network"] in BASELINES:
        return 2.0
    own = way.recipe_of(cell["network"])
    seen = galaxies[cell["scheme"]] * (1 - 1 / way.folds)
    rate = way.rates.get(cell["network"], _USUAL_RATE)
    return 6.0 + seen * (own.epochs + own.head_epochs / 3) / rate
