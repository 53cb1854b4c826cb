"""Networks of papers that neither timm nor torchvision keeps, by name, untrained and without a last layer."""

from collections.abc import Callable
from typing import Any

from torch import nn

from tuningfork.errors import UnknownNameError

__all__ = ["PAPER_NETWORKS", "paper_network"]


def _dieleman() -> nn.Module:
    from tuningfork.encoders.dieleman import Dieleman

    return Dieleman()


def _dieleman_plain() -> nn.Module:
    from tuningfork.encoders.dieleman import Dieleman

    return Dieleman(viewpoints=False)


def _cct() -> nn.Module:
    from tuningfork.encoders.convolutional_transformers import CCT

    return CCT()


def _cvt() -> nn.Module:
    from tuningfork.encoders.convolutional_transformers import CvT

    return CvT()


def _vit() -> nn.Module:
    """Doherty 2024, table 4, the first row."""
    from tuningfork.encoders.timm_networks import with_maps
    from tuningfork.vision_ops import ensure_vision_ops

    ensure_vision_ops()
    from timm.models.vision_transformer import VisionTransformer

    net = VisionTransformer(
        img_size=256,
        patch_size=16,
        embed_dim=64,
        depth=12,
        num_heads=8,
        mlp_ratio=2,
        num_classes=0,
        global_pool="avg",
        dynamic_img_size=True,
    )
    return with_maps(net)


def _vgg16_pooled() -> nn.Module:
    """VGG16 without its two layers of 4096, 120 of its 134 million numbers: a mean over the last maps."""
    from tuningfork.encoders.timm_networks import with_maps
    from tuningfork.vision_ops import ensure_vision_ops

    ensure_vision_ops()
    import timm

    net: Any = timm.create_model("vgg16", num_classes=0)
    net.pre_logits = nn.Identity()
    net.head_hidden_size = net.num_features
    return with_maps(net)


PAPER_NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "dieleman": _dieleman,
    "dieleman-plain": _dieleman_plain,
    "cct": _cct,
    "cvt": _cvt,
    "vit-64": _vit,
    "vgg16-pooled": _vgg16_pooled,
}


def paper_network(name: str) -> Any:
    """A network by its name here; raises `UnknownNameError` with the known names."""
    if name not in PAPER_NETWORKS:
        raise UnknownNameError("network of a paper", name, PAPER_NETWORKS)
    return PAPER_NETWORKS[name]()
