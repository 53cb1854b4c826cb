"""What is made of a network that lies on a card: vectors, a model's file, heat maps."""

from contextlib import nullcontext

import numpy as np
import pytest
import torch

from tests.tasks.morphology.made import TOLD, network, plain, two_stages
from tests.training.elsewhere import DEVICE, Elsewhere
from tuningfork.embeddings.forward import Plan, forward
from tuningfork.encoders import load_encoder
from tuningfork.tasks.classification.classifier import outputs_of
from tuningfork.tasks.explaining import Explained, heat_maps
from tuningfork.tasks.morphology.model_file import save_model
from tuningfork.tasks.morphology.shelf import verify_model


@pytest.fixture
def elsewhere(monkeypatch):
    """No autocast: torch has none for the device that is pretended."""
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())
    with Elsewhere():
        yield


@pytest.mark.parametrize("make", [plain, two_stages])
@pytest.mark.usefixtures("elsewhere")
def test_a_model_that_learnt_on_a_card_is_kept(tmp_path, make):
    """As it is at the end of a training: its networks are still there."""
    model = make()
    for member in model.members:
        member.encoder.to(DEVICE)
    path = save_model(tmp_path / "model.safetensors", model, TOLD)
    assert verify_model(str(path))["problem"] is None


@pytest.mark.parametrize("name", ["lvm-tiny", "timm:test_resnet:untrained"])
def test_vectors_from_a_card_are_those_of_the_processor(name, request):
    encoder = load_encoder(name)  # before there is the other device: files are read by way of "meta"
    request.getfixturevalue("elsewhere")
    x = torch.rand(3, 3, encoder.spec.size, encoder.spec.size)
    here = forward(encoder, x, Plan(), views=2)
    there = forward(encoder.to(DEVICE), x, Plan(device="meta"), views=2)
    np.testing.assert_allclose(there, here, atol=1e-5)
    assert encoder.embed(x).device == DEVICE
    assert encoder.device == DEVICE


@pytest.mark.usefixtures("elsewhere")
def test_outputs_and_heat_of_a_network_on_a_card():
    encoder, x = network(3), torch.rand(2, 3, 32, 32)
    asked = Explained("net", ("a", "b", "c"), encoder)
    heat = heat_maps(asked, x, np.array([0, 2]))
    said = outputs_of(encoder, [(np.arange(2), x)], 2, half=False)
    encoder.to(DEVICE)
    np.testing.assert_allclose(heat_maps(asked, x, np.array([0, 2])), heat, atol=1e-4)
    np.testing.assert_allclose(outputs_of(encoder, [(np.arange(2), x)], 2, half=False), said, atol=1e-4)
