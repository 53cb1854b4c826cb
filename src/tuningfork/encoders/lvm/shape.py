"""The sizes and switches of one network of the LVM family."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from tuningfork.errors import UsageError

__all__ = ["MOST_CHANNELS", "LVMShape"]

MOST_CHANNELS = 64  # bands of any network

_CHOICES = {
    "stem": ("overlapping", "paper"),
    "pooling": ("mean", "public"),
    "skips": ("full", "gated", "none"),
    "taps": ("outputs", "inputs"),
    "upsampling": ("sum", "paper"),
}
_MOST = {
    "channels": MOST_CHANNELS,
    "width": 2048,
    "window": 64,
}  # files from outside must not ask for the whole memory
_MOST_STAGES, _MOST_LAYERS = 6, 256


@dataclass(frozen=True)
class LVMShape:
    """The sizes of one member of the family, and where it leaves the way of the paper's public code.

    Attributes
    ----------
    channels : int
        Bands of the input, 1 to 64.
    width : int
        Channels of the first stage; each stage doubles them.
    depths, heads : tuple of int
        Swin layers and attention heads of each stage, finest first.
    window : int
        Tokens along a window's side, at most.
    drop_path : float
        Stochastic depth of the last layer, growing linearly from 0.
    skips : str
        What of the encoder's finer maps the decoder sees: ``full``, ``gated`` (see `GatedFusion`) or
        ``none``.
    stem : str
        ``overlapping``: patches that overlap, two convolutions of stride 2. ``paper``: a 3 x 3 convolution,
        then separate patches of 4 x 4 pixels.
    local : bool
        3 x 3 convolutions beside the Swin layers of all but the last stage.
    pooling : str
        ``mean``: all tokens of the coarsest map, through a linear layer born the identity. ``public``: what
        the public code writes out, see `public_pooling`.
    taps : str
        What the maps, and so the skips, are: a stage's ``outputs``, or its ``inputs`` as in the public code
        (the coarsest map is the last stage's output in both).
    upsampling : str
        ``sum``: of one pixel-shuffle and one bilinear branch, see `Upsample`. ``paper``: dual up-sampling
        whose branches are learnt further and joined by a linear layer, see `DualUpsample`.
    scale : float or None
        Factor on the queries; None is one over the root of a head's width. The public code has 8.
    apart : float
        Added to the attention between tokens that are no neighbours on the sky. The public code has -100.
    """

    channels: int = 3
    width: int = 48
    depths: tuple[int, ...] = (2, 2, 2, 2)
    heads: tuple[int, ...] = (2, 4, 8, 16)
    window: int = 8
    drop_path: float = 0.0
    skips: str = "full"
    stem: str = "overlapping"
    local: bool = True
    pooling: str = "mean"
    taps: str = "outputs"
    upsampling: str = "sum"
    scale: float | None = None
    apart: float = -1e4

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if (value := getattr(self, name)) not in choices:
                raise UsageError(f"'{name}' of a network is {', '.join(choices)}, not {value!r}")
        for name, most in _MOST.items():
            if not 1 <= getattr(self, name) <= most:
                raise UsageError(f"'{name}' of a network is 1 to {most}, not {getattr(self, name)}")
        if not 0 <= self.drop_path < 1 or not self.apart < 0:
            raise UsageError("drop_path of a network is 0 to below 1, and 'apart' is below 0")
        self._check_stages()

    def _check_stages(self) -> None:
        stages, layers = len(self.depths), (*self.depths, *self.heads)
        whole = all(isinstance(n, int) and n >= 1 for n in layers) and len(self.heads) == stages
        if not whole or not 1 <= stages <= _MOST_STAGES or sum(self.depths) > _MOST_LAYERS:
            raise UsageError(
                f"depths and heads are a whole number for each of 1 to {_MOST_STAGES} stages, "
                f"{_MOST_LAYERS} layers in all"
            )
        if any(width % heads for width, heads in zip(self.widths, self.heads, strict=True)):
            raise UsageError(f"each of the widths {self.widths} must be a multiple of its heads {self.heads}")
        if self.width % 4:
            raise UsageError(f"the width must be a multiple of 4, not {self.width}")

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each stage, finest first."""
        return tuple(self.width * 2**i for i in range(len(self.depths)))

    @property
    def dim(self) -> int:
        """Length of the embedding: the channels of the coarsest stage."""
        return self.widths[-1]

    @property
    def strides(self) -> tuple[int, ...]:
        """Pixels per token of each stage, finest first."""
        return tuple(4 * 2**i for i in range(len(self.depths)))

    def to_table(self) -> dict[str, Any]:
        """What a weights file says of the network: the sizes, and those switches that are not as usual.

        Encoder keys are made of it, so they stay what they are when a switch is added.
        """
        usual = {f.name: f.default for f in fields(self)}
        table = asdict(self)
        return {k: v for k, v in table.items() if k in _ALWAYS or v != usual[k]}


_ALWAYS = ("channels", "width", "depths", "heads", "window", "drop_path", "skips")
