"""Every network of the papers takes a step; Dieleman's sees what its paper says."""

import pytest
import torch

from tuningfork.encoders.dieleman import Dieleman, _viewpoints
from tuningfork.encoders.trainable import new_network
from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.tasks.morphology.backbones import BACKBONES, backbone_named, imagenet_start

QUICK = ("dieleman-plain", "cct", "cvt", "vit-64", "mobilenetv3-small", "vgg16-pooled")


def _step(name: str) -> None:
    torch.manual_seed(0)
    network, dim, _ = new_network(BACKBONES[name].network)
    head = torch.nn.Linear(dim, 5)
    whole = torch.nn.Sequential(network, head).train()
    x = torch.rand(2, 3, max(64, BACKBONES[name].least), max(64, BACKBONES[name].least))
    torch.nn.functional.cross_entropy(whole(x), torch.tensor([0, 3])).backward()
    learning = [p for p in network.parameters() if p.requires_grad]
    assert all(torch.isfinite(p.grad).all() for p in learning if p.grad is not None)
    assert any(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in learning[:3])  # down to the stem


@pytest.mark.parametrize("name", QUICK)
def test_small_networks_learn(name):
    _step(name)


@pytest.mark.training
@pytest.mark.parametrize("name", [name for name in BACKBONES if name not in QUICK])
def test_every_network_learns(name):
    _step(name)


def test_dieleman_sees_the_middle_in_the_same_corner_of_sixteen_views():
    picture = torch.zeros(1, 3, 69, 69)
    picture[..., 32:37, 32:37] = 1.0
    views = _viewpoints(picture)
    assert views.shape == (16, 3, 45, 45)
    bright = views.flatten(1).sum(1)
    torch.testing.assert_close(bright, bright[:1].expand(16), rtol=0.1, atol=0)
    assert (views[:, :, 32:37, 32:37].flatten(1).mean(1) > 0.8).all()
    network = Dieleman()
    assert network.dense[1].linear.in_features == 8192  # section 5.4: 16 x 512 values
    assert network.eval()(torch.rand(2, 3, 64, 64)).shape == (2, 2048)


def test_dieleman_takes_larger_pictures_in_half_precision():
    assert Dieleman(viewpoints=False).bfloat16()(torch.rand(2, 3, 48, 48).bfloat16()).shape == (2, 2048)


def test_names_and_sizes_are_checked():
    with pytest.raises(UnknownNameError, match="resnet50"):
        backbone_named("resnet51")
    with pytest.raises(UsageError, match="75"):
        backbone_named("inceptionv3", 64)
    with pytest.raises(UsageError, match="start none"):
        imagenet_start("paper:cct")
    assert imagenet_start("timm:tf_efficientnet_lite1") == "imagenet:efficientnet-lite1"
