"""Self-distillation without labels. Caron et al. 2021 (DINO), on two views of each galaxy and small crops."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from tuningfork.objectives.contrastive import PART
from tuningfork.objectives.precision import in_full
from tuningfork.objectives.registry import Views
from tuningfork.vision_ops import ensure_vision_ops

__all__ = ["SelfDistillation"]


class SelfDistillation(nn.Module):
    """The network is to give a view the prototypes that its own running average gives the other view.

    The average's answers are centred over the batches seen and sharpened, which together keep all galaxies
    from falling on one answer. The average and its centre are parameters and buffers of the objective, so a
    run that is resumed has them.

    Parameters
    ----------
    network : nn.Module
        Whose average teaches; copied.
    dim : int
        Length of its embedding.
    prototypes, hidden, bottleneck : int
        Widths of the head. The paper's 65,536 prototypes are for a million photographs of a thousand kinds.
    momentum : float
        Of the average, the paper's first. It must remember far longer than the centre (10 steps): an average
        that was let follow quickly in its first steps fell on one answer in a trial on eight galaxies.
    temperature : float
        Of the average's answers; the network's own are at 0.1.

    Notes
    -----
    With ``views.crops`` it is the paper's multi-crop (section 3.1, equation 3; Caron et al. 2020, SwAV): the
    average sees the two large views alone, the network all, and every small crop is to say what the average
    says of each large view. Left out of the paper's: the momentum's rise to 1 over the run.
    """

    def __init__(
        self,
        network: nn.Module,
        dim: int,
        *,
        prototypes: int = 4096,
        hidden: int = 1024,
        bottleneck: int = 256,
        momentum: float = 0.996,
        temperature: float = 0.04,
    ):
        super().__init__()
        ensure_vision_ops()
        from lightly.loss import DINOLoss

        self.momentum = momentum
        self.head = _Head(dim, hidden, bottleneck, prototypes)
        self.teacher = copy.deepcopy(network).requires_grad_(False)
        self.teacher_head = copy.deepcopy(self.head).requires_grad_(False)
        self.loss = DINOLoss(prototypes, warmup_teacher_temp=temperature, teacher_temp=temperature)
        self.train()

    def train(self, mode: bool = True) -> "SelfDistillation":
        """The average is always in evaluation mode: no layer of it is left out by chance."""
        super().train(mode)
        self.teacher.eval()
        self.teacher_head.eval()
        return self

    def forward(self, network: nn.Module, views: Views) -> tuple[Tensor, dict[str, float]]:
        if self.training:
            self._follow(network)
        both = torch.cat([views.one, views.other]).split(PART)
        with torch.no_grad():
            taught = self.teacher_head(torch.cat([self.teacher(part) for part in both])).float()
        seen = [network(part) for part in both]
        if views.crops is not None:  # crop by crop, so that chunks of what is said are views
            with _keeping_means(network):
                seen += [network(part) for part in views.crops.transpose(0, 1).flatten(0, 1).split(PART)]
        said = self.head(torch.cat(seen)).float()
        with in_full(said):  # its products of probabilities want fp32
            loss = self.loss(list(taught.chunk(2)), list(said.split(len(views.one))))
        return loss, {"self-distillation": loss.item(), "spread": _spread(taught)}

    @torch.no_grad()
    def _follow(self, network: nn.Module) -> None:
        """Take in what the last step made of the network: at the beginning of a step, not after it, so that a
        checkpoint between two steps holds everything."""
        for mean, now in zip(
            _state(self.teacher, self.teacher_head), _state(network, self.head), strict=True
        ):
            mean.lerp_(now, 1 - self.momentum) if mean.is_floating_point() else mean.copy_(now)


@contextmanager
def _keeping_means(network: nn.Module) -> Iterator[None]:
    """Batch norms go by the batch at hand and do not remember it: what they remember is used on whole
    galaxies, of which small crops have neither the brightness nor the contrast."""
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    paces = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, pace in zip(norms, paces, strict=True):
            norm.momentum = pace


def _state(*modules: nn.Module) -> Iterator[Tensor]:
    for module in modules:
        yield from module.parameters()
        yield from module.buffers()


@torch.no_grad()
def _spread(answers: Tensor) -> float:
    """Mean deviation of the prototypes' scores over the batch: zero when all galaxies get one answer."""
    return answers.std(0).mean().item()


class _Head(nn.Module):
    """DINO's: three layers, brought to length one, then prototypes of length one.

    Batch norm, by the batch at hand, as DINO has it for convolutional networks, here for all: embeddings of
    galaxies have most of their length in common, and without it all answers became one within two epochs.
    Lightly's head does the last layer by a weight norm that PyTorch has deprecated.
    """

    def __init__(self, dim: int, hidden: int, bottleneck: int, prototypes: int):
        super().__init__()
        self.layers = nn.Sequential(
            *(nn.Linear(dim, hidden), nn.BatchNorm1d(hidden, track_running_stats=False), nn.GELU()),
            *(nn.Linear(hidden, hidden), nn.BatchNorm1d(hidden, track_running_stats=False), nn.GELU()),
            nn.Linear(hidden, bottleneck),
        )
        self.prototypes = nn.Parameter(torch.randn(prototypes, bottleneck))
        for layer in self.layers:
            if isinstance(layer, nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=0.02)
                nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.normalize(self.layers(x), dim=-1)
        return nn.functional.linear(x, nn.functional.normalize(self.prototypes, dim=-1))
