"""How a classifier is trained, whole."""

from dataclasses import dataclass

from tuningfork.errors import UsageError
from tuningfork.training.early import EarlyStop

__all__ = ["ClassifierSettings"]


@dataclass(frozen=True)
class ClassifierSettings:
    """Network, views, length and optimiser.

    The length is in images seen, not in epochs: forty galaxies want more passes than forty thousand.
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

    def __post_init__(self) -> None:
        if self.batch < 2 or self.seen < self.batch or not self.rate > 0:
            raise UsageError(
                f"{self.seen} images in batches of {self.batch} at a rate of {self.rate:g} are no training"
            )

    @property
    def steps(self) -> int:
        """Batches in all."""
        return self.seen // self.batch
