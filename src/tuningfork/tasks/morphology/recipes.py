"""Ways to train a classifier of galaxies: those of two papers, ours, and small twins for processors."""

from dataclasses import dataclass, replace
from typing import Any

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.tasks.classification.settings import ClassifierSettings, HeadFirst
from tuningfork.tasks.morphology.backbones import backbone_named, imagenet_start
from tuningfork.training.early import EarlyStop

__all__ = ["RECIPES", "Recipe", "recipe_named"]


@dataclass(frozen=True)
class Recipe:
    """How a classifier is trained, in passes through the galaxies that it learns from.

    Parameters
    ----------
    settings : ClassifierSettings
        Of the only stage, or the first one. ``network``, ``start`` and ``seen`` come from the fields below.
    backbone : str
        A name of `tuningfork.tasks.morphology.backbones.BACKBONES`, or ``timm:NAME``.
    start : str
        "imagenet", "none", or an encoder of the same network, as "lvm-tiny".
    epochs : float
        Passes, at most.
    second_epochs : float, optional
        Of the second stage of HIWL; as many as of the first by default.
    second_sampling : str, optional
        How the second stage draws its galaxies: Ma 2023 balances the classes there, and not in the first.
    head_epochs : float
        Passes with the last layer alone, before.
    head_rate : float
    head_patience : int
        Passes without a better one that end that part.
    patience : int
        The same of the training itself; 0 for none.
    candidates : int
        Best passes of each stage that are tried together.
    """

    settings: ClassifierSettings
    backbone: str = "lvm-tiny"
    start: str = "none"
    epochs: float = 20
    second_epochs: float | None = None
    second_sampling: str | None = "inverse"
    head_epochs: float = 0
    head_rate: float = 1e-3
    head_patience: int = 5
    patience: int = 0
    candidates: int = 3

    def for_galaxies(self, n: int, *, second: bool = False) -> ClassifierSettings:
        """The settings of a training on ``n`` galaxies."""
        passes = self.second_epochs if second and self.second_epochs else self.epochs
        network = backbone_named(self.backbone, self.settings.size).network
        start = {"none": None, "imagenet": None}.get(self.start, self.start)
        if self.start == "imagenet":
            start = imagenet_start(network)
        batch = max(2, min(self.settings.batch, n))
        by = self.settings.by or "macro_f1"
        stop = self.settings.stop
        if self.patience:
            stop = EarlyStop(f"held_out_{by}", patience=self.patience, rising=by != "loss")
        head = None
        if self.head_epochs:
            early = EarlyStop("held_out_loss", patience=self.head_patience)
            head = HeadFirst(max(batch, round(self.head_epochs * n)), self.head_rate, early)
        return replace(
            self.settings,
            network=network,
            start=start,
            batch=batch,
            seen=max(batch, round(passes * n)),
            stop=stop,
            head=head,
            keep=self.candidates,
            sampling=self.second_sampling if second else self.settings.sampling,
        )

    def changed(self, **instead: Any) -> "Recipe":
        """With other values; names of the settings too. None leaves a value as it is.

        Another backbone does not begin with the weights of this recipe's own one.
        """
        given = {name: value for name, value in instead.items() if value is not None}
        if given.get("backbone", self.backbone) != self.backbone and self.start != "imagenet":
            given.setdefault("start", "none")
        own = {name: given.pop(name) for name in list(given) if name in vars(self) and name != "settings"}
        try:
            return replace(self, settings=replace(self.settings, **given), **own)
        except TypeError as error:
            raise UsageError(f"no setting of a recipe ({error})") from None


# Ma 2023, 4.3, and what its authors' code adds: SGD with momentum 0.9 and decay 1e-4, 25 passes of patience.
# Their cosine ends after 150 passes whatever the length is, ours with the last pass.
_MA = Recipe(
    ClassifierSettings(
        size=240,
        window="frame",
        zoom=240 / 264,  # their 240 of 424 pixels, on stamps that keep 264 of them
        views="ma2023",
        batch=24,
        rate=0.005,
        warm_up=0.0,
        weight_decay=1e-4,
        average=0.0,
        optimiser="sgd",
        schedule="cosine",
        smoothing=0.05,
        by="accuracy",
    ),
    backbone="efficientnet-b1",
    start="imagenet",
    epochs=123,
    second_epochs=96,
    patience=25,
)

# Doherty 2024, 6.2 to 6.6: 13 views of each galaxy, made beforehand, are one epoch, hence 5 x 13 passes.
# Adam, batches of 32 and the length of the first part are ours; there one trains until overfitting shows.
_DOHERTY = Recipe(
    ClassifierSettings(
        size=224,
        window="frame",
        zoom=224 / 264,
        views="doherty2024",
        batch=32,
        rate=1e-4,
        warm_up=0.0,
        weight_decay=0.0,
        average=0.0,
        optimiser="adam",
        schedule="constant",
        class_weights="effective",
        by="loss",
    ),
    backbone="resnet50",
    start="imagenet",
    epochs=5 * 13,
    second_sampling=None,
    head_epochs=20 * 13,
    head_rate=1e-3,
    head_patience=3,
)

# Ours: the shipped network goes on from what it learnt without labels. Rare classes are drawn more often by
# their effective numbers, which for 39 of 2,500 galaxies is close to 1 / N.
_LVM = Recipe(
    ClassifierSettings(
        size=64,
        zoom=1.2,
        views="sky",
        batch=32,
        rate=5e-4,
        warm_up=0.05,
        weight_decay=0.05,
        average=0.99,
        smoothing=0.05,
        sampling="effective",
        by="macro_f1",
    ),
    backbone="lvm-tiny",
    start="lvm-tiny",
    epochs=40,
    second_epochs=60,
    head_epochs=2,
)

# Ours with the teacher of that network, a small convolutional one, at a larger size. On the five
# classes of Ma 2023 it was ahead by less than a point, one seed each, in 18 minutes of a shared core for 30.
_LITE = _LVM.changed(
    backbone="efficientnet-lite0",
    start="lite0-contrastive",
    size=96,
    epochs=30.0,
    second_epochs=45.0,
)

RECIPES: dict[str, Recipe] = {
    "lvm": _LVM,
    "lvm-cpu": _LVM.changed(epochs=8.0, second_epochs=12.0, head_epochs=1.0),
    "lite": _LITE,
    "lite-cpu": _LITE.changed(epochs=8.0, second_epochs=12.0, head_epochs=1.0),
    "ma2023": _MA,
    "ma2023-cpu": _MA.changed(
        backbone="efficientnet-lite0", size=96, epochs=12.0, second_epochs=12.0, patience=6
    ),
    "doherty2024": _DOHERTY,
    "doherty2024-cpu": _DOHERTY.changed(
        backbone="efficientnet-lite0", size=96, epochs=13.0, head_epochs=13.0, head_patience=2
    ),
}


def recipe_named(name: str) -> Recipe:
    """The recipe of that name; raises `UnknownNameError` with the nearest names."""
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES)
    return RECIPES[name]
