"""Encoders of the hub, from a cache built here in the real layout; nothing is fetched."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tuningfork.encoders import load_encoder
from tuningfork.errors import UnknownNameError, UsageError, WeightsError
from tuningfork.vision_ops import ensure_vision_ops

COMMIT = "09290bd45b38dc629d49bbe1fed17ddd6dda7a11"
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)


def network(**how):
    ensure_vision_ops()
    import timm

    torch.manual_seed(1)
    return timm.create_model("test_resnet", pretrained=False, **how).eval()


def config(**more):
    told = {"input_size": [3, 96, 96], "first_conv": "conv1.0", "classifier": "fc", **IMAGENET}
    return {"architecture": "test_resnet", "num_classes": 0, "pretrained_cfg": told, **more}


def write_repo(folder, settings, tensors):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(settings if isinstance(settings, str) else json.dumps(settings))
    if tensors is not None:
        save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "model.safetensors")
    return folder


def cached(tmp_path, repo, settings, tensors, ref="main", commit=COMMIT):
    """``models--OWNER--NAME/{refs,blobs,snapshots}`` as the hub's client lays it out."""
    home = tmp_path / "hf" / "hub" / f"models--{repo.replace('/', '--')}"
    (home / "refs" / ref).parent.mkdir(parents=True, exist_ok=True)
    (home / "refs" / ref).write_text(commit)
    (home / "blobs").mkdir(exist_ok=True)
    return write_repo(home / "snapshots" / commit, settings, tensors)


def test_a_repository_in_the_cache_gives_timms_numbers(tmp_path):
    net = network(num_classes=10)
    cached(tmp_path, "someone/net", config(), net.state_dict())
    encoder = load_encoder("hf-hub:someone/net")
    assert encoder.spec.name == f"hf-hub:someone/net@{COMMIT}"
    assert encoder.spec.key.startswith("hf-hub-net-")
    told = encoder.spec.preprocessing
    assert (told.size, told.red_first, told.mean) == (96, True, (0.485, 0.456, 0.406))
    x = torch.rand(2, 3, 96, 96)
    net.reset_classifier(0)
    torch.testing.assert_close(encoder.embed(x), net(x))
    assert len(encoder.feature_maps(x)) == len(encoder.spec.strides)


def test_a_revision_is_pinned_and_part_of_the_key(tmp_path):
    cached(tmp_path, "someone/net", config(), network(num_classes=0).state_dict())
    other = "f" * 40
    cached(tmp_path, "someone/net", config(), network(num_classes=0).state_dict(), "refs/pr/1", other)
    one, two = load_encoder("hf-hub:someone/net"), load_encoder("hf-hub:someone/net@refs/pr/1")
    assert two.spec.name.endswith(other)
    assert one.spec.key != two.spec.key
    assert load_encoder(one.spec.name).spec.key == one.spec.key


def test_zoobot_gets_zero_to_one_whatever_its_copied_configuration_says(tmp_path):
    tensors = network(num_classes=0).state_dict()
    cached(tmp_path, "mwalmsley/zoobot-encoder-test", config(), tensors)
    encoder = load_encoder("hf-hub:mwalmsley/zoobot-encoder-test")
    stamp = np.zeros((96, 96, 3), np.uint8)
    stamp[..., 2] = 255  # red is last with us, first with them
    x = encoder.preprocess([stamp])
    assert (x[0, 0].min(), x[0, 1].max(), x[0, 2].max()) == (1, 0, 0)


def test_the_first_convolution_tells_the_number_of_bands(tmp_path):
    tensors = network(num_classes=0, in_chans=1).state_dict()
    cached(tmp_path, "mwalmsley/zoobot-encoder-grey", config(), tensors)
    encoder = load_encoder("hf-hub:mwalmsley/zoobot-encoder-grey")
    assert encoder.spec.bands == 1
    assert encoder.embed(encoder.preprocess([np.zeros((40, 40, 1), np.uint8)])).shape == (1, encoder.spec.dim)


def test_a_folder_is_a_repository_too(tmp_path, monkeypatch):
    write_repo(tmp_path / "net", config(), network(num_classes=0).state_dict())
    monkeypatch.chdir(tmp_path)
    assert load_encoder("hf-hub:./net").spec.key == load_encoder(f"hf-hub:{tmp_path}/net").spec.key


def test_a_pickle_is_refused_with_the_reason(tmp_path):
    folder = cached(tmp_path, "mwalmsley/zoobot-encoder-nano", config(), None)
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04cos\nsystem\n")
    with pytest.raises(WeightsError, match=r"pickle \(pytorch_model\.bin\).*refs/pr/1"):
        load_encoder("hf-hub:mwalmsley/zoobot-encoder-nano")


def test_what_is_not_here_says_how_to_get_it():
    with pytest.raises(WeightsError, match="hf download someone/nowhere"):
        load_encoder("hf-hub:someone/nowhere")


@pytest.mark.parametrize("name", ["one", "a/b/c", "a/..", "a/b@", "a b/c", ""])
def test_what_is_no_name_of_a_repository_is_refused(name):
    with pytest.raises(UsageError, match="OWNER/NAME"):
        load_encoder(f"hf-hub:{name}")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("[]", "not timm's"),
        ("{", "not timm's"),
        ({"architecture": 3}, "not timm's"),
        (config(pretrained_cfg={"input_size": [3, 96, 10**7]}), "out of range"),
        (config(pretrained_cfg={"input_size": "large"}), "cannot be used"),
        (config(pretrained_cfg={"input_size": [3, 96, 96], "mean": ["a"] * 3}), "cannot be used"),
        (config(pretrained_cfg={"input_size": [3, 96, 96], "std": [0, 0, 0]}), "cannot be used"),
        (config(global_pool="moon"), "timm cannot build it"),
    ],
)
def test_a_bad_configuration_is_one_line(tmp_path, settings, words):
    folder = write_repo(tmp_path / "net", settings, network(num_classes=0).state_dict())
    with pytest.raises(WeightsError, match=words) as caught:
        load_encoder(f"hf-hub:{folder}")
    assert "\n" not in str(caught.value)


def test_weights_of_another_network_are_named(tmp_path):
    tensors = network(num_classes=0).state_dict()
    removed = tensors.pop("conv1.0.weight")
    lacking = write_repo(tmp_path / "lacking", config(), tensors)
    with pytest.raises(WeightsError, match=r"lacks conv1\.0\.weight"):
        load_encoder(f"hf-hub:{lacking}")
    more = write_repo(
        tmp_path / "more", config(), {**tensors, "conv1.0.weight": removed, "x.y": torch.ones(1)}
    )
    with pytest.raises(WeightsError, match=r"unknown x\.y"):
        load_encoder(f"hf-hub:{more}")
    torn = write_repo(tmp_path / "torn", config(), None)
    (torn / "model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{")
    with pytest.raises(WeightsError, match="damaged"):
        load_encoder(f"hf-hub:{torn}")
    strange = write_repo(tmp_path / "strange", config(architecture="resnet181"), tensors)
    with pytest.raises(UnknownNameError, match="resnet18"):
        load_encoder(f"hf-hub:{strange}")
