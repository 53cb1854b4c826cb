"""Encoders of the Hugging Face hub that are networks of timm, Zoobot's among them."""

import json
from dataclasses import replace
from typing import Any

from tuningfork.encoders.contract import Encoder
from tuningfork.encoders.hub_files import HubRepo, find_repo
from tuningfork.encoders.preprocessing import Preprocessing
from tuningfork.encoders.timm_networks import encoder_of_timm, preprocessing_of
from tuningfork.encoders.trainable import load_strictly
from tuningfork.errors import UnknownNameError, UsageError, WeightsError
from tuningfork.vision_ops import ensure_vision_ops

__all__ = ["hub_encoder"]

_LARGEST_CONFIG, _LARGEST_WEIGHTS = 1_000_000, 8_000_000_000
# Tables that a network works out for itself; older files still bring them.
_REMADE = ("relative_position_index", "attn_mask", "num_batches_tracked")


def hub_encoder(name: str) -> Encoder:
    """The encoder of a repository in timm's layout: ``config.json`` and ``model.safetensors``.

    Parameters
    ----------
    name : str
        What stands behind ``hf-hub:``; see `tuningfork.encoders.hub_files.find_repo`.

    Raises
    ------
    UsageError, WeightsError
        The files cannot be had, are not what they should be, or do not fit each other.

    Notes
    -----
    Size, mean and deviation are those of the repository's ``pretrained_cfg``. Zoobot's encoders are the
    exception: theirs is a copy from the ImageNet network they began as, but they were trained on values from
    0 to 1 (Zoobot's documentation, "Loading data": "Values should be floats normalized from 0 to 1").
    """
    repo = find_repo(name)
    config = _config(repo)
    tensors = _tensors(repo)
    network = _network(config, tensors, repo)
    preprocessing = _preprocessing(config, _bands(config, tensors), repo)
    return encoder_of_timm(
        f"hf-hub:{repo.name}", network, preprocessing, short=f"hf-hub-{repo.title}"[:64], also=repo.revision
    )


def _config(repo: HubRepo) -> dict[str, Any]:
    try:
        if repo.config.stat().st_size > _LARGEST_CONFIG:
            raise ValueError("it is too large")
        config = json.loads(repo.config.read_text(encoding="utf-8"))
        if not isinstance(config["architecture"], str) or not isinstance(
            config.get("pretrained_cfg", {}), dict
        ):
            raise TypeError("no architecture of timm is named")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"its config.json is not timm's ({error})",
            where=f"hf-hub:{repo.name}",
            remedy="Encoders of the hub are networks of timm: config.json must name an architecture",
        ) from error
    return config


def _tensors(repo: HubRepo) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    where = f"hf-hub:{repo.name}"
    try:
        if repo.weights.stat().st_size > _LARGEST_WEIGHTS:
            raise WeightsError(f"more than {_LARGEST_WEIGHTS // 10**9} GB of weights", where=where)
        found = load_file(str(repo.weights))
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(f"damaged ({error})", where=where, remedy="Fetch it again") from error
    return {name: t.float() if t.is_floating_point() else t for name, t in found.items()}


def _network(config: dict[str, Any], tensors: dict[str, Any], repo: HubRepo) -> Any:
    """The network without its classifier, with the repository's numbers."""
    ensure_vision_ops()
    import timm

    architecture, told = config["architecture"], config.get("pretrained_cfg", {})
    if not timm.is_model(architecture):
        raise UnknownNameError(
            "network of timm", architecture, timm.list_models(), where=f"hf-hub:{repo.name}"
        )
    wishes = {"in_chans": _bands(config, tensors)}
    if isinstance(config.get("global_pool"), str):
        wishes["global_pool"] = config["global_pool"]
    try:
        network = timm.create_model(architecture, pretrained=False, num_classes=0, **wishes)
    except Exception as error:  # each of timm's networks refuses what does not suit it in its own way
        raise WeightsError(f"timm cannot build it ({error})", where=f"hf-hub:{repo.name}") from error
    heads = told.get("classifier") or ()
    heads = (heads,) if isinstance(heads, str) else tuple(map(str, heads))
    own = network.state_dict()
    kept = {
        name: tensor
        for name, tensor in tensors.items()
        if name in own or not (name.rpartition(".")[0] in heads or name.endswith(_REMADE))
    }
    kept |= {name: own[name] for name in own if name not in kept and name.endswith(_REMADE)}
    load_strictly(network, kept, f"hf-hub:{repo.name}")
    return network


def _bands(config: dict[str, Any], tensors: dict[str, Any]) -> int:
    """Of the first convolution as it is: configurations keep the number of what they were copied from."""
    told = config.get("pretrained_cfg", {})
    first = tensors.get(f"{told.get('first_conv')}.weight")
    return int(first.shape[1]) if first is not None and first.ndim == 4 else 3


def _preprocessing(config: dict[str, Any], bands: int, repo: HubRepo) -> Preprocessing:
    try:
        told = preprocessing_of(config.get("pretrained_cfg", {}))
        unit = {"mean": (0.0,), "std": (1.0,)} if repo.title.startswith("zoobot-") else {}
        return replace(told, bands=bands, **unit)
    except (UsageError, TypeError, ValueError, KeyError, IndexError) as error:
        raise WeightsError(
            f"its pretrained_cfg cannot be used ({error})", where=f"hf-hub:{repo.name}"
        ) from error
