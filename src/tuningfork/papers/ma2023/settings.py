"""The trainings behind all tables: as the paper has them, and small twins for a processor."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tuningfork.config import to_table
from tuningfork.tasks.classification.settings import ClassifierSettings
from tuningfork.tasks.morphology.backbones import backbone_named, imagenet_start
from tuningfork.tasks.morphology.recipes import recipe_named
from tuningfork.training.early import EarlyStop

__all__ = ["ARMS", "SETTINGS", "TRAININGS", "Network", "Training", "Way", "cells_of", "seconds_of"]


@dataclass(frozen=True)
class Training:
    """One network that is trained: all classes, or one of HIWL's two stages.

    Parameters
    ----------
    stage : str
        "all" classes; "one", with the confusable ones merged; "two", which parts those.
    smoothed : bool
        Labels are smoothed.
    weighted : bool
        Galaxies are drawn so that all classes come equally often.
    transfer : bool
        It begins as its network does in the way; from scratch otherwise.
    long : bool
        It sees as many images as both stages together.
    """

    stage: str
    smoothed: bool = False
    weighted: bool = False
    transfer: bool = True
    long: bool = False


# "plain" is the network alone. The paper's networks without HIWL seem to begin from scratch, those with it
# from ImageNet (5.3, on ViT), so what it calls a promotion has both in it; ours are apart
TRAININGS: dict[str, Training] = {
    "plain": Training("all"),
    "plain, long": Training("all", long=True),
    "plain, from scratch": Training("all", transfer=False),
    "one stage, weighted and smoothed": Training("all", smoothed=True, weighted=True),
    "stage one": Training("one", smoothed=True),
    "stage two": Training("two", smoothed=True, weighted=True),
    "stage one, not smoothed": Training("one"),
    "stage two, not smoothed": Training("two", weighted=True),
}

ARMS: dict[str, tuple[str, ...]] = {
    "plain": ("plain",),
    "plain, long": ("plain, long",),
    "plain, from scratch": ("plain, from scratch",),
    "HIWL": ("stage one", "stage two"),
    "SLWSLM": ("one stage, weighted and smoothed",),
    "HMWS": ("stage one, not smoothed", "stage two, not smoothed"),
}


@dataclass(frozen=True)
class Network:
    """A network of the tables in one way.

    Parameters
    ----------
    backbone : str
        A name of `tuningfork.tasks.morphology.backbones.BACKBONES`.
    speed : float
        Images a second of one core in training.
    start : str
        "imagenet" or "none".
    instead : dict
        Settings that are other than the way's.
    remark : str
        Where it is another than the paper's.
    """

    backbone: str
    speed: float
    start: str = "none"
    instead: dict[str, Any] = field(default_factory=dict)
    remark: str = ""


@dataclass(frozen=True)
class Way:
    """One way to make the tables.

    Parameters
    ----------
    settings : ClassifierSettings
        Of every training; network, start, length, seed, smoothing and sampling come from elsewhere.
    networks : dict
        Name in table 7 -> network; the others are ours.
    main : str
        Of the tables that are about one network.
    passes : (float, float)
        Through the training galaxies of the first stage, and of a network alone; and of the second stage.
    most : (int, int)
        No more images than these.
    patience : int
        Passes without a better one that end a training; 0 for none.
    smoothing : float
        Of labels, where they are smoothed.
    candidates : int
        Best passes of each stage that are tried together.
    cheap : float
        Images a second from which a network also runs plain for as long as both stages together.
    """

    settings: ClassifierSettings
    networks: dict[str, Network]
    main: str
    passes: tuple[float, float]
    most: tuple[int, int]
    patience: int = 0
    smoothing: float = 0.05
    candidates: int = 3
    cheap: float = 100.0

    def seen(self, training: Training, galaxies: tuple[int, int]) -> int:
        """Images of a training; ``galaxies`` are those of all classes, and those that stage two parts."""
        one, two = (
            max(self.settings.batch, min(round(passes * n), most))
            for passes, n, most in zip(self.passes, galaxies, self.most, strict=True)
        )
        return two if training.stage == "two" else one + two * training.long

    def begins(self, name: str, training: str) -> str:
        """What a training of that network begins with: "imagenet" or "none"."""
        return self.networks[name].start if TRAININGS[training].transfer else "none"

    def of(self, name: str, training: str, galaxies: tuple[int, int], seed: int = 0) -> ClassifierSettings:
        """All that a training is."""
        network, one = self.networks[name], TRAININGS[training]
        body = backbone_named(network.backbone, network.instead.get("size", self.settings.size)).network
        n = galaxies[one.stage == "two"]
        own = replace(self.settings, **network.instead)
        by = own.by or "accuracy"
        stop = EarlyStop(f"held_out_{by}", patience=self.patience, rising=True) if self.patience else None
        batch = max(2, min(own.batch, n))
        return replace(
            own,
            network=body,
            start=imagenet_start(body) if self.begins(name, training) == "imagenet" else None,
            seen=max(batch, self.seen(one, galaxies)),
            batch=batch,
            smoothing=self.smoothing if one.smoothed else None,
            sampling="inverse" if one.weighted else None,
            stop=stop,
            keep=1 if one.stage == "all" else self.candidates,
            seed=seed,
        )


def _batch_norms(speed: float, backbone: str, **instead: Any) -> Network:
    return Network(backbone, speed, instead=instead)


# From scratch within hours: AdamW, 48 pixels, a rate by whether a network has batch norms, tuned for none.
# Images a second of one core are at these sizes, measured beside other work, which slows them by a third
_SMALL = {
    "dieleman": Network("dieleman-plain", 430, instead={"rate": 2e-4}, remark="one viewpoint, as its code"),
    "resnet26": _batch_norms(100, "resnet26"),
    "googlenet": _batch_norms(210, "googlenet"),
    "resnet34": _batch_norms(80, "resnet34"),
    "efficientnet-b0": _batch_norms(135, "efficientnet-b0", precision="fp32"),
    "efficientnet-b1": _batch_norms(92, "efficientnet-b1", precision="fp32"),
    "efficientnet-b2": _batch_norms(76, "efficientnet-b2", precision="fp32"),
    "resnet50": _batch_norms(64, "resnet50"),
    "vit": Network("vit-small", 54, instead={"rate": 5e-4}, remark="ViT-S/16 instead of ViT-B/16"),
    "vgg16": Network(
        "vgg16-pooled", 42, instead={"rate": 2e-4}, remark="a mean instead of its two layers of 4096"
    ),
    "efficientnet-lite0": Network(
        "efficientnet-lite0", 57, "imagenet", {"size": 96, "rate": 5e-4, "precision": "fp32"}
    ),
}
_MA = recipe_named("ma2023")
_LIKE = replace(_MA.settings, batch=32, size=48, rate=1e-3, warm_up=0.1, weight_decay=0.05, optimiser="adamw")

SETTINGS: dict[str, Way] = {
    "cpu": Way(_LIKE, _SMALL, "efficientnet-lite0", (7, 14), (12_500, 3_000)),
    # section 4.3 and the code its authors published, as the recipe has it. For a GPU: speeds are guesses
    "paper": Way(
        _MA.settings,
        {
            name: Network(
                "dieleman-plain" if name == "dieleman" else name,
                3.0,
                "none" if name == "dieleman" else "imagenet",
                {"size": 224} if name == "vit" else {},
                network.remark if name == "dieleman" else "",
            )
            for name, network in _SMALL.items()
            if name != "efficientnet-lite0"
        },
        "efficientnet-b1",
        (_MA.epochs, _MA.second_epochs or _MA.epochs),
        (10**9, 10**9),
        patience=_MA.patience,
        cheap=0.0,
    ),
}


def cells_of(
    way: Way,
    wanted: Sequence[tuple[str, str]],
    galaxies: tuple[int, int],
    seeds: int,
    **data: str,
) -> Iterator[dict[str, Any]]:
    """Every cell's settings, seed by seed, so that a sweep which is stopped early has whole seeds.

    Parameters
    ----------
    wanted : sequence of (str, str)
        Network and arm; what two arms share stands once.
    galaxies : (int, int)
        To learn from: of all classes, and of those that stage two parts.
    **data
        What names the galaxies and the merged classes.
    """
    trainings = dict.fromkeys((name, training) for name, arm in wanted for training in ARMS[arm])
    for seed in range(seeds):
        for name, training in trainings:
            settings = way.of(name, training, galaxies)
            told = hashlib.sha256(repr(sorted(to_table(settings).items())).encode()).hexdigest()[:8]
            cell = {
                "network": name,
                "training": training,
                "start": way.begins(name, training),
                "seed": seed,
                "seen": settings.seen,
                "learnt": f"{settings.network} {told}",
                **data,
            }
            if TRAININGS[training].stage == "all":
                cell.pop("merged", None)  # the same for any pair
            yield cell


def seconds_of(cell: dict[str, Any], way: Way, looked_at: int) -> float:
    """What a cell is expected to take, of one core; ``looked_at`` are the galaxies that choose and judge."""
    speed = way.networks[cell["network"]].speed
    answers = looked_at * (1 if TRAININGS[cell["training"]].stage == "all" else way.candidates)
    return 12.0 + (cell["seen"] + 0.35 * answers) / speed
