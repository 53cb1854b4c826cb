"""The networks that the papers compare, by the papers' names, and where each is kept."""

from dataclasses import dataclass

from tuningfork.errors import UnknownNameError, UsageError

__all__ = ["BACKBONES", "Backbone", "backbone_named", "imagenet_start"]


@dataclass(frozen=True)
class Backbone:
    """A network of a paper.

    Parameters
    ----------
    network : str
        As `tuningfork.encoders.trainable.new_network` takes it.
    papers : tuple of str
        Which compare it.
    size : int
        Side of its input in the paper.
    least : int
        The smallest side that it can take.
    remark : str
        Where it is another than the paper's.
    """

    network: str
    papers: tuple[str, ...]
    size: int = 224
    least: int = 32
    remark: str = ""


_MA, _DOHERTY, _BOTH = ("ma2023",), ("doherty2024",), ("ma2023", "doherty2024")

BACKBONES: dict[str, Backbone] = {
    # table 7 of Ma 2023
    "dieleman": Backbone("paper:dieleman", _MA, 45, 16),
    "dieleman-plain": Backbone("paper:dieleman-plain", _MA, 45, 16, "one viewpoint, as in Ma 2023's code"),
    "resnet26": Backbone(
        "timm:resnet26", _MA, 224, 32, "timm's, with bottlenecks as in ResNet50; Zhu 2019 has a variant"
    ),
    "vgg16": Backbone("timm:vgg16", _BOTH),
    "googlenet": Backbone("torchvision:googlenet", _MA, 224, 32, "with batch norms, no side classifiers"),
    "resnet34": Backbone("timm:resnet34", _MA),
    "resnet50": Backbone("timm:resnet50", _BOTH),
    "efficientnet-b0": Backbone("timm:efficientnet_b0", _MA, 224),
    "efficientnet-b1": Backbone("timm:efficientnet_b1", _MA, 240),
    "efficientnet-b2": Backbone("timm:efficientnet_b2", _MA, 260),
    "vit": Backbone("timm:vit_base_patch16_224", _MA, 224, 16),
    # tables 3 and 4 of Doherty 2024
    "resnet50v2": Backbone("timm:resnetv2_50", _DOHERTY),
    "vgg19": Backbone("timm:vgg19", _DOHERTY),
    "mobilenetv3-small": Backbone("timm:mobilenetv3_small_100", _DOHERTY),
    "mobilenetv3-large": Backbone("timm:mobilenetv3_large_100", _DOHERTY),
    "xception": Backbone("timm:legacy_xception", _DOHERTY, 224, 64),
    "inceptionv3": Backbone("timm:inception_v3", _DOHERTY, 224, 75),
    "vit-64": Backbone("paper:vit-64", _DOHERTY, 256, 16, "timm's ViT of table 4's first row; a linear head"),
    "cct": Backbone("paper:cct", _DOHERTY, 256, 16, "a linear head"),
    "cvt": Backbone("paper:cvt", _DOHERTY, 256, 32, "a linear head; heads doubled per stage"),
    # what can be begun from ImageNet without a network connection, and small ones for processors
    "efficientnet-lite0": Backbone("timm:tf_efficientnet_lite0", (), 224),
    "efficientnet-lite1": Backbone("timm:tf_efficientnet_lite1", (), 240),
    "efficientnet-lite2": Backbone("timm:tf_efficientnet_lite2", (), 260),
    "resnet18": Backbone("timm:resnet18", (), 224),
    "resnet10": Backbone("timm:resnet10t", (), 176),
    "vgg16-pooled": Backbone("paper:vgg16-pooled", (), 224, 32, "a mean instead of two layers of 4096"),
    "vit-small": Backbone("timm:vit_small_patch16_224", (), 224, 16),
    "lvm-tiny": Backbone("lvm-tiny", (), 64, 64),
    "lvm-small": Backbone("lvm-small", (), 128, 64),
}


def backbone_named(name: str, size: int | None = None) -> Backbone:
    """The network of that name: one of the table, or any that the trainings take, as ``timm:convnext_nano``.

    Raises
    ------
    UnknownNameError
        There is none; the nearest names are said.
    UsageError
        It cannot take pictures of that side.
    """
    found = BACKBONES.get(name)
    if found is None and name.partition(":")[0] in ("timm", "torchvision", "paper") and ":" in name:
        return Backbone(name, ())
    if found is None:
        raise UnknownNameError("backbone", name, [*BACKBONES, "timm:NAME"])
    if size is not None and size < found.least:
        raise UsageError(
            f"{name} takes pictures of at least {found.least} pixels, not {size}", where="--size"
        )
    return found


def imagenet_start(network: str) -> str:
    """The encoder with ImageNet weights of a network: in a package where there is one, else the hub's cache.

    Raises
    ------
    UsageError
        Nobody has such weights of that network.
    """
    packaged = network.removeprefix("timm:tf_")
    if packaged.startswith("efficientnet_lite") and packaged[-1] in "012":
        return f"imagenet:{packaged.replace('_', '-')}"
    if network.partition(":")[0] in ("timm", "torchvision"):
        return network
    raise UsageError(
        f"there are no ImageNet weights of {network}",
        where="--start",
        remedy="Begin from scratch: --start none",
    )
