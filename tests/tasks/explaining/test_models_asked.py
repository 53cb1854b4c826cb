"""Everything that was trained can be asked for reasons: models of stages and members, runs, votes; side by
side."""

import numpy as np
import pytest
import torch

from tests.tasks.morphology.made import PREPROCESSING, TOLD, galaxies, network, plain, two_stages
from tuningfork.encoders import Encoder, EncoderSpec
from tuningfork.encoders.trainable import new_network
from tuningfork.errors import DataError, WeightsError
from tuningfork.tasks.explaining import (
    Explained,
    comparison_sheet,
    examples_of_classes,
    heat_maps,
    open_explained,
    penultimate_features,
)
from tuningfork.tasks.explaining.comparison import looks_at
from tuningfork.tasks.morphology.model_file import save_model
from tuningfork.tasks.morphology.vote_model import VoteModel
from tuningfork.tasks.morphology.vote_model_file import save_votes


@pytest.fixture(scope="module")
def squares(tmp_path_factory):
    return galaxies(tmp_path_factory.mktemp("asked"), 12)


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    """A HIWL model from its file: two members in stage one, one that parts dark from bright."""
    file = tmp_path_factory.mktemp("staged") / "staged.safetensors"
    return open_explained(str(save_model(file, two_stages(), TOLD, exact=True)))


def alone(member, answers) -> Explained:
    return Explained("alone", answers, member.encoder)


def test_stages_and_members_add_up_to_one_map(staged):
    torch.manual_seed(0)
    x = torch.rand(3, 3, 32, 32)
    assert staged.classes == ("dark", "bright", "blue")
    blue, dark = (heat_maps(staged, x, np.full(3, kind)) for kind in (2, 0))
    assert blue.shape == (3, 32, 32)
    assert blue.max() == pytest.approx(1)
    assert np.abs(blue - dark).max() > 0.05  # the second stage speaks for dark, and not for blue
    parts = []
    for member in two_stages().members[:2]:
        shares = torch.nn.Sequential(member.encoder.network, torch.nn.Softmax(1)).eval()
        one = Explained("one", ("pale", "blue"), Encoder(member.encoder.spec, shares), "probabilities")
        parts.append(heat_maps(one, x, np.full(3, 1)))
    nowhere = (parts[0] == 0) & (parts[1] == 0)
    assert blue[nowhere].max(initial=0) < 1e-6
    assert all(blue[part > 0.9].min(initial=1) > 0 for part in parts)


def test_features_of_all_networks_stand_side_by_side(staged, squares):
    rows, features, said = penultimate_features(staged, squares, np.arange(12))
    one = penultimate_features(alone(plain().members[0], staged.classes), squares, np.arange(12))[1]
    assert features.shape == (12, 3 * one.shape[1])
    assert len(rows) == len(said) == 12


def test_families_of_networks_stand_in_one_picture(staged, squares):
    """A convolutional network, a vision transformer, the LVM's Swin and a model of stages."""
    asked = [staged]
    for name in ("timm:test_resnet", "timm:test_vit", "lvm-nano"):
        one = network(3, 1, name) if name != "lvm-nano" else _of_size(64)
        asked.append(Explained(name, staged.classes, one if name != "timm:test_vit" else _of_size(160, name)))
    labels = np.array(squares.catalogue(["label"])["label"].to_pylist(), object)
    rows = examples_of_classes(labels, staged.classes, 1)
    assert labels[rows].tolist() == list(staged.classes)
    sheet = comparison_sheet(asked, squares, [str(i) for i in squares.ids(rows)], labels=labels, tile=64)
    assert sheet.shape[1] == 3 * 66 + 2
    assert sheet.shape[0] > 5 * 64
    tall = sheet.shape[0] // 5
    lower = [sheet[k * tall : (k + 1) * tall].std() for k in range(1, 5)]
    assert min(lower) > 1  # no row is empty
    with pytest.raises(DataError, match="no galaxy is of a class"):
        examples_of_classes(labels, ("ring",), 2)


def _of_size(side: int, name: str = "lvm-nano") -> Encoder:
    from dataclasses import replace

    torch.manual_seed(0)
    body, dim, _ = new_network(name)
    spec = EncoderSpec(name, name, 3, (), replace(PREPROCESSING, size=side))
    return Encoder(spec, torch.nn.Sequential(body, torch.nn.Linear(dim, 3)))


@pytest.fixture
def votes(tmp_path):
    """A run of votes: two questions of two answers each, learnt from counts."""
    answers = ("shape.long", "shape.round", "colour.red", "colour.blue")
    model = VoteModel(
        answers, "counts", network(4), {"network": "timm", "shape": {"name": "test_resnet"}}, name="made"
    )
    save_votes(tmp_path / "model.safetensors", model, TOLD)
    return tmp_path


def test_a_network_of_votes_is_asked_for_an_answer(votes, squares):
    one = open_explained(str(votes), squares, "label")
    assert one.classes == ("shape.long", "shape.round", "colour.red", "colour.blue")
    looks = looks_at(one, squares, np.arange(4))
    assert {look.kind for look in looks} <= {0, 1}  # of the first question, where none is named
    red = looks_at(one, squares, np.arange(4), kind="colour.red")
    assert all(0 < look.probability < 1 for look in red)
    told = one.encoder.embed(torch.rand(2, 3, 32, 32))
    torch.testing.assert_close(told[:, :2].sum(1), torch.ones(2))
    assert len(penultimate_features(one, squares, np.arange(4))[1]) == 4
    (votes / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(WeightsError):
        open_explained(str(votes))
