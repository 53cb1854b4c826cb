"""A classifier learns two shapes from a collection, leaves out what cannot be read, and is repeatable."""

import csv

import cv2
import numpy as np
import pytest

from tuningfork.collection import Collection, create_collection
from tuningfork.errors import DataError, UnknownNameError, UsageError
from tuningfork.tasks.classification import ClassifierSettings, train_classifier
from tuningfork.tasks.classification.frames import LabelledFrames

QUICK = ClassifierSettings(
    network="timm:test_resnet", size=32, seen=320, batch=16, rate=3e-3, precision="fp32"
)


def _picture(rng, elongated: bool) -> np.ndarray:
    """A bright ellipse or disc at any angle on noise, (48, 48, 3) uint8."""
    picture = rng.normal(20, 6, (48, 48, 3)).clip(0, 255).astype(np.uint8)
    axes = (18, 4) if elongated else (9, 9)
    return cv2.ellipse(picture, (24, 24), axes, rng.uniform(0, 180), 0, 360, (90, 120, 150), -1)


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    """60 pictures of two shapes, the last of which is damaged."""
    root, rng = tmp_path_factory.mktemp("two"), np.random.default_rng(0)
    rows = []
    for number in range(60):
        cv2.imwrite(str(root / f"g{number:02d}.png"), _picture(rng, number % 2 == 0))
        label = ("edge-on", "face-on")[number % 2]
        rows.append({"id": f"g{number:02d}", "file": f"g{number:02d}.png", "label": label})
    with (root / "catalogue.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    create_collection(root, root.parent / "two-collection", catalogue=root / "catalogue.csv", quiet=True)
    return Collection.open(root.parent / "two-collection")


@pytest.fixture
def labels(shapes):
    return np.array(shapes.catalogue(["label"])["label"].to_pylist(), dtype=object)


@pytest.mark.training
def test_two_shapes_are_told_apart(shapes, labels, tmp_path):
    rows = np.arange(40)
    classifier = train_classifier(shapes, rows, labels[rows], QUICK, tmp_path / "a", quiet=True)
    found = classifier.probabilities(shapes, np.arange(40, 60))
    assert classifier.classes == ("edge-on", "face-on")
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert (classifier.predict(shapes, np.arange(40, 60)) == labels[40:]).mean() > 0.8
    again = train_classifier(shapes, rows, labels[rows], QUICK, tmp_path / "b", quiet=True)
    np.testing.assert_allclose(again.probabilities(shapes, np.arange(40, 60)), found, atol=1e-4)


@pytest.mark.training
def test_what_cannot_be_read_is_left_out_and_named(shapes, labels, tmp_path, monkeypatch):
    whole = type(shapes)._decoded

    def damaged(self, galaxy, *rest):
        if galaxy == "g07":
            raise DataError("half a picture", where="galaxy g07")
        return whole(self, galaxy, *rest)

    monkeypatch.setattr(type(shapes), "_decoded", damaged)
    quick = ClassifierSettings(network="timm:test_resnet", size=32, seen=32, batch=16)
    classifier = train_classifier(shapes, np.arange(20), labels[:20], quick, tmp_path, quiet=True)
    assert [row for row, _ in classifier.left_out] == [7]
    assert list(classifier.predict(shapes, np.array([6, 7])) == "") == [False, True]
    assert np.isnan(classifier.probabilities(shapes, np.array([6, 7]))[1]).all()


def test_less_than_a_pass_may_be_watched(shapes, labels, tmp_path):
    quick = ClassifierSettings(network="timm:test_resnet", size=32, seen=32, batch=16)
    watched = (np.arange(50, 56), labels[50:56])
    train_classifier(shapes, np.arange(50), labels[:50], quick, tmp_path, held_out=watched, quiet=True)
    assert len((tmp_path / "metrics.csv").read_text().splitlines()) == 2


def test_the_scaling_is_that_of_all_pixels():
    import torch

    pixels = np.random.default_rng(0).integers(0, 256, (70, 3, 5, 5)).astype(np.uint8)
    pixels[:, 1] //= 3
    mean, std = LabelledFrames(torch.from_numpy(pixels), torch.ones(70), torch.zeros(70)).scaling()
    np.testing.assert_allclose(mean, pixels.mean((0, 2, 3)) / 255, atol=1e-4)
    np.testing.assert_allclose(std, pixels.std((0, 2, 3)) / 255, atol=1e-4)


def test_impossible_wishes_are_refused(shapes, labels, tmp_path):
    with pytest.raises(UsageError, match="no training"):
        ClassifierSettings(seen=8, batch=32)
    with pytest.raises(DataError, match="1 class"):
        train_classifier(shapes, np.arange(3), labels[[0, 0, 0]], QUICK, tmp_path, quiet=True)
    unknown = ClassifierSettings(network="torchvision:alxnet")
    with pytest.raises(UnknownNameError, match="alexnet"):
        train_classifier(shapes, np.arange(20), labels[:20], unknown, tmp_path, quiet=True)


def _maker(preprocessing=None, **settings):
    import torch

    from tuningfork.encoders.preprocessing import Preprocessing
    from tuningfork.tasks.classification.batches import BatchMaker

    picture = np.random.default_rng(0).integers(0, 256, (1, 3, 24, 24)).astype(np.uint8)
    frames = LabelledFrames(
        torch.from_numpy(picture).repeat(8, 1, 1, 1), torch.full((8,), 0.4), torch.arange(8)
    )
    return BatchMaker(
        frames, ClassifierSettings(size=16, batch=4, seen=8, **settings), preprocessing or Preprocessing(16)
    )


def test_two_processes_draw_other_views_and_so_does_the_next_batch():
    import torch

    maker = _maker()  # all galaxies are one picture
    views = torch.cat([maker.make(0, 0, 2)[0], maker.make(0, 1, 2)[0], maker.make(1, 0, 1)[0]])
    assert len(views) == 8
    for one in range(8):
        assert all((views[one] - views[other]).abs().max() > 1e-3 for other in range(one))
    again = torch.cat([maker.make(0, part, 2)[0] for part in (0, 1)])
    assert torch.equal(again, views[:4])
    wanted = torch.cat([maker.make(0, part, 2)[1] for part in (0, 1)])
    assert torch.equal(wanted, torch.from_numpy(maker.picks(0)))


def test_a_network_that_wants_red_first_learns_so():
    import torch

    from tuningfork.encoders.preprocessing import Preprocessing

    scaled = {"mean": (0.1, 0.2, 0.3), "std": (1.0, 2.0, 4.0)}
    plain = _maker().make(0, 0, 1)[0]
    red = _maker(Preprocessing(16, red_first=True, **scaled)).make(0, 0, 1)[0]
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in scaled.values())
    torch.testing.assert_close(red * std + mean, plain.flip(1), atol=1e-5, rtol=0)


def test_classes_with_a_handedness_are_never_mirrored():
    assert _maker(flips=False)._views().flips is False
    assert _maker()._views().flips is True


@pytest.mark.parametrize(("by", "kept"), [("accuracy", [0.9, 0.7]), ("loss", [0.2, 0.5])])
def test_the_best_passes_are_kept_and_of_equal_ones_the_earlier(shapes, tmp_path, by, kept):
    import torch

    from tuningfork.tasks.classification.held_out import HeldOut
    from tuningfork.tasks.classification.targets import ClassTarget

    held = HeldOut(shapes, np.arange(2), np.arange(2), ClassTarget(("a", "b"), by=by), tmp_path, keep=2)
    for number, score in enumerate((0.5, 0.9, float("nan"), 0.2, 0.7, 0.7)):
        network = torch.nn.Linear(1, 1)
        torch.nn.init.constant_(network.weight, float(number))
        held._offer(network, score)
    best = held.best()
    assert [score for score, _ in best] == kept
    assert len(list(tmp_path.iterdir())) == 2


def test_the_weights_of_the_best_pass_come_out(shapes, labels, tmp_path):
    from safetensors.torch import load_file

    from tuningfork.tasks.classification.learning import learn
    from tuningfork.tasks.classification.targets import ClassTarget

    settings = ClassifierSettings(
        network="timm:test_resnet", size=32, seen=64, batch=16, rate=3e-2, precision="fp32", keep=3
    )
    codes = (labels == "face-on").astype(int)
    learnt = learn(
        shapes,
        np.arange(16),
        codes[:16],
        ClassTarget(("edge-on", "face-on"), by="loss"),
        settings,
        tmp_path,
        held_out=(np.arange(40, 50), codes[40:50]),
        quiet=True,
    )
    losses = [float(row["held_out_loss"]) for row in csv.DictReader((tmp_path / "metrics.csv").open())]
    assert len(set(losses)) == len(losses) == 4
    assert [score for score, _ in learnt.kept] == pytest.approx(sorted(losses)[:3], rel=1e-5)
    for name, tensor in load_file(learnt.kept[0][1]).items():
        assert np.array_equal(learnt.network.network.state_dict()[name].numpy(), tensor.numpy()), name
