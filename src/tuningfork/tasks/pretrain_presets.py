"""The shipped ways to pre-train: each objective at its paper's settings, and a small twin for a CPU."""

from dataclasses import dataclass, replace

from tuningfork.training.early import EarlyStop

__all__ = ["PRECISIONS", "PRESETS", "PretrainSettings"]

PRECISIONS = ("auto", "bf16", "fp32")


@dataclass(frozen=True)
class PretrainSettings:
    """One way to pre-train, whole."""

    network: str = "lvm-tiny"
    objective: str = "distillation"
    teacher: str | None = None  # an encoder's name, for distillation
    start: str | None = None  # an encoder of the same network whose numbers to begin with
    size: int = 64  # side of a view in pixels while training
    embed_size: int = 64  # side that the weights will be used at
    zoom: float = 1.2  # half the field of view in use, in radii of the galaxy
    batch: int = 384
    drop_path: float = 0.05
    epochs: int = 26
    rate: float = 1.2e-3
    precision: str = "auto"  # as in `EngineSettings`; depth-wise convolutions want fp32 on processors
    seed: int = 0
    bands: tuple[str, ...] | None = None  # which of the collections' bands; None takes what follows by itself
    channels: int | None = None  # how many bands the network takes; None follows the collections, and is 3
    # None in these is what runs had before there was a choice, so that those can still be resumed
    optimiser: str | None = None  # as in `EngineSettings`; None is "adamw"
    frame: int | None = None  # side that stamps are brought to before views are cut; None is `SIDE`
    accumulate: int | None = None  # batches that make one step, as in `EngineSettings`; None is 1
    warm_up: float | None = None  # epochs, as in `EngineSettings`
    skips: str | None = None  # this and the next two as in `LVMShape`; None is the network's own
    local: bool | None = None
    pooling: str | None = None
    views: str | None = None  # a name of `images.views.VIEWS`; None is the objective's own
    stop: EarlyStop | None = None
    crops: int | None = None  # small crops of each galaxy beside its two views; None is none
    crop_size: int | None = None  # their side in pixels; None is half of ``size``

    @property
    def small(self) -> int:
        """Side of a small crop in pixels."""
        return min(self.crop_size or self.size // 2, self.size)

    @property
    def way(self) -> str:
        """The name of the views."""
        from tuningfork.objectives import needs_of

        return self.views or needs_of(self.objective).views

    @property
    def switches(self) -> dict[str, str | bool]:
        """Fields of `LVMShape` that are not to be the network's own."""
        every = {"skips": self.skips, "local": self.local, "pooling": self.pooling}
        return {name: value for name, value in every.items() if value is not None}


_FU2024 = PretrainSettings(  # section II.B; rate and length are ours, the paper names hours alone
    network="lvm-base",
    objective="reconstruction",
    size=128,
    embed_size=128,
    frame=152,
    batch=512,
    drop_path=0.0,
    epochs=50,
    rate=2e-4,
    optimiser="adam",
)
_G036 = PretrainSettings(  # table 3
    network="timm:resnet18",
    objective="simclr",
    size=96,
    embed_size=96,
    batch=8,
    drop_path=0.0,
    epochs=60,
    rate=1e-3,
    optimiser="adam",
    stop=EarlyStop("loss", least=0.002, patience=10, at_least=5),
)
_CPU = PretrainSettings(batch=64, drop_path=0.0, epochs=5, rate=8e-4)
_CPU_CNN = replace(_CPU, network="timm:resnet10t")

PRESETS: dict[str, PretrainSettings] = {
    "lvm-tiny": PretrainSettings(objective="contrastive+reconstruction"),
    "lvm-tiny-distilled": PretrainSettings(
        objective="distillation", size=96, batch=64, epochs=30, rate=8e-4, drop_path=0.02
    ),
    "resnet10-contrastive": PretrainSettings(network="timm:resnet10t", objective="contrastive", epochs=14),
    "lite0-contrastive": PretrainSettings(
        network="timm:tf_efficientnet_lite0",
        start="imagenet:efficientnet-lite0",
        objective="contrastive",
        size=96,
        embed_size=96,
        batch=192,
        epochs=10,
        rate=1e-3,
        precision="fp32",
    ),
    "lvm-tiny-quick": PretrainSettings(objective="contrastive+reconstruction", batch=64, epochs=2),
    "reconstruction": _FU2024,
    "reconstruction-cpu": replace(_CPU, objective="reconstruction"),
    "masked": replace(_FU2024, objective="masked"),
    "masked-cpu": replace(_CPU, objective="masked"),
    "degraded": replace(_FU2024, objective="degraded"),
    "degraded-cpu": replace(_CPU, objective="degraded"),
    "simclr": _G036,
    "simclr-cpu": replace(_CPU_CNN, objective="simclr"),
    "autoencoder": replace(_G036, objective="autoencoder", size=128, embed_size=128),
    "autoencoder-cpu": replace(_CPU_CNN, objective="autoencoder"),
    "self-distillation": PretrainSettings(
        network="lvm-small",
        objective="self-distillation",
        size=128,
        embed_size=128,
        epochs=100,
        rate=5e-4,
        crops=8,
        crop_size=56,  # DINO's 8 crops of 96 pixels beside views of 224
    ),
    "self-distillation-cpu": replace(_CPU, objective="self-distillation"),
}
