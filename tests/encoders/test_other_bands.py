"""Weights of three bands in a network of others: grey pictures are answered as before."""

import pytest
import torch

from tuningfork.encoders.contract import Encoder
from tuningfork.encoders.other_bands import between, spread
from tuningfork.encoders.paper_networks import PAPER_NETWORKS
from tuningfork.encoders.preprocessing import Preprocessing
from tuningfork.encoders.starting import start_from, start_or_scale
from tuningfork.encoders.trainable import empty_network, encoder_of, new_network
from tuningfork.errors import UsageError, WeightsError


def known(monkeypatch, name: str, preprocessing: Preprocessing) -> Encoder:
    """An encoder of that network with random numbers, which every start finds by any name."""
    torch.manual_seed(1)
    network, _, facts = new_network(name, channels=preprocessing.bands)
    encoder = encoder_of("known", network.eval(), facts, preprocessing, "made")
    monkeypatch.setattr("tuningfork.encoders.starting.load_encoder", lambda asked: encoder)
    return encoder


@pytest.mark.parametrize("bands", [1, 2, 5, 9, 64])
@pytest.mark.parametrize("have", [1, 3, 5])
def test_the_sum_over_bands_stays_and_order_is_kept(have, bands):
    kernels = torch.randn(4, have, 3, 3)
    made = spread(kernels, bands)
    assert made.shape == (4, bands, 3, 3)
    torch.testing.assert_close(made.sum(1), kernels.sum(1), atol=1e-5, rtol=0)
    slope = torch.arange(have, dtype=torch.float32)[None, :, None, None]  # redder and redder
    assert (spread(slope, bands).diff(dim=1) >= -1e-6).all()
    assert spread(kernels, have) is kernels


def test_a_number_of_each_band_is_read_off_between():
    assert between((0.5,), 7) == (0.5,)
    assert between((0.2, 0.4, 0.8), 5) == pytest.approx((0.2, 0.3, 0.4, 0.6, 0.8))
    assert between((0.2, 0.4, 0.9), 1) == pytest.approx((0.5,))


@pytest.mark.parametrize("bands", [1, 2, 5])
@pytest.mark.parametrize("name", ["timm:test_resnet", "lvm-nano"])
@pytest.mark.parametrize("scaled", [False, True])
def test_a_grey_picture_is_answered_as_before(monkeypatch, name, bands, scaled):
    told = {"red_first": True, "mean": (0.4, 0.5, 0.6), "std": (0.2, 0.3, 0.4)} if scaled else {}
    old = known(monkeypatch, name, Preprocessing(64, "frame", 1.0, **told))
    network, _, _ = new_network(name, channels=bands)
    scaling = start_or_scale(network.eval(), "known", bands)
    grey = torch.rand(2, 1, 64, 64)
    x = grey.expand(-1, 3, -1, -1)
    if scaled:
        mean, std = (torch.tensor(told[key])[None, :, None, None] for key in ("mean", "std"))
        x = (x - mean) / std
    if name == "lvm-nano":  # no bias before its first norm either; its edge sees zeros, as a convolution does
        assert scaling is None
    with torch.no_grad():
        theirs, ours = old.network(x), network(grey.expand(-1, bands, -1, -1))
    if scaled:  # a scaling that was taken in differs where the convolution sees zeros beyond the edge
        near = torch.nn.functional.cosine_similarity(theirs - theirs.mean(), ours - ours.mean())
        assert (near > 0.9).all()
    else:
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)


def test_a_scaling_that_stays_before_the_network_has_the_new_bands(monkeypatch):
    told = Preprocessing(32, red_first=True, mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.4))
    known(monkeypatch, "timm:test_vit", told)
    network, _, _ = new_network("timm:test_vit", channels=5)
    scaling = start_or_scale(network, "known", 5)
    assert scaling is not None
    assert (scaling.bands, scaling.red_first) == (5, True)
    assert scaling.mean == pytest.approx((0.4, 0.45, 0.5, 0.55, 0.6))


def test_another_network_is_still_another_one(monkeypatch):
    known(monkeypatch, "timm:test_resnet", Preprocessing(32))
    network, _, _ = new_network("lvm-nano", channels=5)
    with pytest.raises(WeightsError, match="lacks"):
        start_from(network, "known")


@pytest.mark.parametrize("bands", [1, 5])
@pytest.mark.parametrize("name", [*(f"paper:{n}" for n in PAPER_NETWORKS), "torchvision:googlenet"])
def test_every_network_of_the_papers_takes_any_number_of_bands(tmp_path, name, bands):
    network, dim, facts = new_network(name, channels=bands)
    assert facts["shape"]["channels"] == bands
    with torch.no_grad():
        assert network.eval()(torch.rand(2, bands, 64, 64)).shape == (2, dim)
    again = empty_network(facts, tmp_path, on="meta")  # as a file of it is read
    assert {n: t.shape for n, t in again.state_dict().items()} == {
        n: t.shape for n, t in network.state_dict().items()
    }
    with pytest.raises(UsageError, match="1 to 64"):
        new_network(name, channels=65)
