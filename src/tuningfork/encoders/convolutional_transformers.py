"""Two small transformers with convolutions, which no library here keeps: CCT and CvT.

Sizes by default are those of Doherty 2024, table 4. Its ViT is timm's, of the same table.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["CCT", "CvT"]


class CCT(nn.Module):
    """A compact convolutional transformer. Hassani et al. 2021, arXiv 2104.05704, sections 3.2 to 3.4.

    Convolutions with pooling make the tokens, and a weighted mean of them, with weights that are learnt, is
    the embedding. Places are told by sines and cosines, so that any side of at least 16 pixels can be taken.
    """

    def __init__(self, dim: int = 64, heads: int = 2, depth: int = 2, stages: int = 4, ratio: int = 2):
        super().__init__()
        self.dim = dim
        self.strides = (2**stages,)
        widths = [3, *[max(16, dim >> (stages - 1 - k)) for k in range(stages - 1)], dim]
        self.tokens = nn.Sequential(
            *(
                nn.Sequential(nn.Conv2d(a, b, 3, padding=1, bias=False), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
                for a, b in pairwise(widths)
            )
        )
        layer = nn.TransformerEncoderLayer(
            dim, heads, ratio * dim, 0.1, activation="gelu", batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(layer, depth, nn.LayerNorm(dim), enable_nested_tensor=False)
        self.weigh = nn.Linear(dim, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, 3, S, S]`` -> ``[N, dim]``."""
        tokens = self.maps(x)[0].flatten(1, 2)
        weights = self.weigh(tokens).softmax(1)
        return (weights * tokens).sum(1)

    def maps(self, x: Tensor) -> list[Tensor]:
        """The tokens in their places, ``[N, H, W, dim]``."""
        found = self.tokens(x)
        n, dim, height, width = found.shape
        places = _places(height, width, dim).to(found)
        return [self.blocks(found.flatten(2).mT + places).view(n, height, width, dim)]


class CvT(nn.Module):
    """A convolutional vision transformer. Wu et al. 2021, arXiv 2103.15808, sections 3.1 to 3.3.

    In each of three stages a convolution makes fewer and wider tokens, and in every block depth-wise
    convolutions make queries, keys and values. Doherty's table gives a width of 32, 8 heads and 8 blocks, and
    not how they are divided over the stages: here width and heads double from stage to stage, and the last
    stage has 8 heads.
    """

    def __init__(
        self, dim: int = 32, heads: int = 2, depths: tuple[int, int, int] = (1, 2, 5), ratio: int = 4
    ):
        super().__init__()
        widths = (dim, 2 * dim, 4 * dim)
        self.dim, self.strides = widths[-1], (16, 8, 4)
        self.stages = nn.ModuleList()
        for number, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            before = 3 if number == 0 else widths[number - 1]
            kernel, stride = (7, 4) if number == 0 else (3, 2)
            self.stages.append(
                nn.ModuleDict(
                    {
                        "embed": nn.Conv2d(before, width, kernel, stride, kernel // 2),
                        "norm": nn.LayerNorm(width),
                        "blocks": nn.Sequential(
                            *(_Block(width, heads << number, ratio) for _ in range(depth))
                        ),
                    }
                )
            )
        self.norm = nn.LayerNorm(self.dim)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, 3, S, S]`` -> ``[N, dim]``: the mean of the last tokens."""
        return self.norm(self.maps(x)[-1].mean((1, 2)))

    def maps(self, x: Tensor) -> list[Tensor]:
        """The tokens of every stage in their places, finest first, ``[N, H, W, width]``."""
        found = []
        for stage in self.stages:
            x = stage["embed"](x)  # pyright: ignore[reportIndexIssue]
            x = stage["norm"](x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)  # pyright: ignore[reportIndexIssue]
            x = stage["blocks"](x)  # pyright: ignore[reportIndexIssue]
            found.append(x.permute(0, 2, 3, 1))
        return found


class _Block(nn.Module):
    """Attention whose queries, keys and values are made by convolutions, then two linear layers."""

    def __init__(self, dim: int, heads: int, ratio: int):
        super().__init__()
        self.heads = heads
        self.before, self.after = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.query, self.key, self.value = (_projection(dim, stride) for stride in (1, 2, 2))
        self.out = nn.Linear(dim, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, ratio * dim), nn.GELU(), nn.Linear(ratio * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        n, dim, height, width = x.shape
        normed = self.before(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        q, k, v = (self._split(make(normed)) for make in (self.query, self.key, self.value))
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, height * width, dim)
        tokens = x.flatten(2).mT + self.out(mixed)
        tokens = tokens + self.mlp(self.after(tokens))
        return tokens.mT.reshape(n, dim, height, width)

    def _split(self, x: Tensor) -> Tensor:
        """``[N, D, H, W]`` -> ``[N, heads, H W, D / heads]``."""
        return x.flatten(2).unflatten(1, (self.heads, -1)).mT


def _projection(dim: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(dim, dim, 3, stride, 1, groups=dim, bias=False),
        nn.BatchNorm2d(dim),
        nn.Conv2d(dim, dim, 1),
    )


def _places(height: int, width: int, dim: int) -> Tensor:
    """``[H W, dim]``: sines and cosines of the row in one half, of the column in the other."""
    quarter = dim // 4
    pace = torch.exp(-torch.arange(quarter) * (6.0 / max(quarter - 1, 1)))
    rows, columns = (torch.arange(n)[:, None] * pace for n in (height, width))
    row = torch.cat([rows.sin(), rows.cos()], 1)[:, None].expand(-1, width, -1)
    column = torch.cat([columns.sin(), columns.cos()], 1)[None].expand(height, -1, -1)
    found = torch.cat([row, column], 2).flatten(0, 1)
    return F.pad(found, (0, dim - found.shape[1]))
