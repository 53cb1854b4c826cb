"""How a classifier is trained, whole."""

from dataclasses import dataclass

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.training.early import EarlyStop

__all__ = ["ClassifierSettings", "HeadFirst"]

_WINDOWS = (None, "galaxy", "frame")


@dataclass(frozen=True)
class HeadFirst:
    """A training of the last layer alone that comes before that of all layers. Doherty 2024, section 6.6."""

    seen: int = 6000  # images
    rate: float = 1e-3
    stop: EarlyStop | None = None


@dataclass(frozen=True)
class ClassifierSettings:
    """Network, views, length and optimiser.

    The length is in images seen, not in epochs: forty galaxies want more passes than forty thousand.
    What is None is left out, and then nothing is drawn or said of it.
    """

    network: str = "timm:resnet18"  # as `tuningfork.encoders.trainable.new_network` takes it
    start: str | None = None  # an encoder of the same network whose numbers to begin with
    size: int = 64  # side of a view in pixels
    zoom: float = 1.2  # half the field of view in use, in radii of the galaxy
    views: str = "turned"  # a name of `tuningfork.images.views.VIEWS`
    batch: int = 32
    seen: int = 6000  # images, over all batches
    rate: float = 1e-3
    warm_up: float = 0.05  # share of the steps until there; a cosine follows
    weight_decay: float = 0.05
    average: float = 0.99  # of the running average of weights, which is what judges
    precision: str = "auto"  # "bf16", "fp32", or "auto": bf16 where the processor has it
    seed: int = 0
    stop: EarlyStop | None = None  # before all is seen; by a column of held-out galaxies, say, once a pass
    window: str | None = None  # "frame": zoom is a share of the whole frame, and not radii of the galaxy
    optimiser: str | None = None  # "adamw" (None), "adam" or "sgd"
    schedule: str | None = None  # "cosine" or "constant"; None is the optimiser's own
    smoothing: float | None = None  # of labels: 1 - a on the target, a / (K - 1) elsewhere (Ma 2023, eq. 5)
    sampling: str | None = None  # galaxies drawn with replacement by "inverse" or "effective" class weights
    class_weights: str | None = None  # of the loss: "inverse" or "effective"
    flips: bool | None = None  # False: nothing is mirrored, for classes that have a handedness
    head: HeadFirst | None = None  # the last layer alone, first
    keep: int | None = None  # how many of the best passes to keep (None: one)
    by: str | None = None  # what is best on held-out galaxies: a score of the target; None is its own

    def __post_init__(self) -> None:
        if self.batch < 2 or self.seen < self.batch or not self.rate > 0:
            raise UsageError(
                f"{self.seen} images in batches of {self.batch} at a rate of {self.rate:g} are no training"
            )
        if self.smoothing is not None and not 0 <= self.smoothing < 1:
            raise UsageError(f"a smoothing of {self.smoothing:g} is not in 0..1")
        if self.window not in _WINDOWS:
            raise UnknownNameError("window", str(self.window), [w for w in _WINDOWS if w])
        if self.keep is not None and self.keep < 1:
            raise UsageError(f"{self.keep} passes cannot be kept")

    @property
    def steps(self) -> int:
        """Batches in all."""
        return self.seen // self.batch
