"""Galaxies without labels are learnt from by what trained models say of them."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from tuningfork.errors import DataError, UsageError
from tuningfork.tasks.classification import ClassifierSettings, train_classifier
from tuningfork.tasks.classification.batches import BatchMaker
from tuningfork.tasks.classification.frames import LabelledFrames
from tuningfork.tasks.classification.targets import ClassTarget
from tuningfork.tasks.classification.taught import Taught, with_taught
from tuningfork.tasks.morphology.model import Model
from tuningfork.tasks.morphology.recipes import Recipe
from tuningfork.tasks.morphology.teaching import taught_by, without_label
from tuningfork.tasks.morphology.training import train_morphology

from .made import CLASSES, galaxies, network, plain

QUICK = Recipe(
    ClassifierSettings(
        network="timm:test_resnet",
        size=32,
        views="turned",
        batch=8,
        rate=3e-3,
        precision="fp32",
        average=0.0,
        window="frame",
        zoom=1.0,
        by="accuracy",
    ),
    backbone="timm:test_resnet",
    epochs=4,
    candidates=1,
)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    return galaxies(tmp_path_factory.mktemp("labelled"), 30)


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    return galaxies(tmp_path_factory.mktemp("pool"), 45, broken=4)


def _frames(codes) -> LabelledFrames:
    codes = torch.as_tensor(codes)
    n = len(codes)
    return LabelledFrames(
        torch.zeros(n, 3, 8, 8, dtype=torch.uint8), torch.full((n,), 0.4), codes, rows=np.arange(n)
    )


def test_half_of_what_is_drawn_is_taught_and_rare_classes_are_drawn_as_often():
    shares = np.tile(np.float32([0.9, 0.1, 0]), (300, 1))
    shares[:10] = [0.2, 0.8, 0]  # nobody sees the third class
    both = with_taught(_frames([0] * 8 + [1] * 2 + [2] * 2), _frames(shares), 3, "inverse", 0.1)
    assert len(both) == 12
    assert both.codes.shape == (312, 3)
    np.testing.assert_allclose(both.codes[0], [0.9, 0.05, 0.05], atol=1e-6)
    assert both.draw is not None
    np.testing.assert_allclose(both.draw[:12].sum(), 0.5)
    np.testing.assert_allclose([both.draw[:8].sum(), both.draw[8:10].sum()], 1 / 6)
    np.testing.assert_allclose([both.draw[12:22].sum(), both.draw[22:].sum()], 0.25)
    settings = ClassifierSettings(batch=100, seen=1000)
    picks = BatchMaker(both, settings, network(3).spec.preprocessing).picks(0)
    assert 30 < (picks < 12).sum() < 70


def test_the_loss_of_a_label_is_that_of_its_shares():
    target = ClassTarget(CLASSES, smoothing=0.1)
    outputs, codes = torch.randn(5, 3), torch.tensor([0, 1, 2, 1, 0])
    shares = torch.full((5, 3), 0.05)
    shares[torch.arange(5), codes] = 0.9
    torch.testing.assert_close(target.loss(outputs, shares), target.loss(outputs, codes))


def test_teachers_are_averaged_by_the_names_of_their_classes(pool):
    one, turned = plain(seed=1), Model(CLASSES[::-1], (network(3, 2),), name="turned")
    rows = np.arange(12)
    said: list[str] = []
    taught = taught_by([one, turned], [(pool, rows)], flips=False, quiet=True, say=said.append)
    assert taught.rows[0].tolist() == [row for row in rows if row != 4]
    wanted = (one.probabilities(pool, rows) + turned.probabilities(pool, rows)[:, ::-1]) / 2
    np.testing.assert_allclose(taught.shares, np.delete(wanted, 4, 0), atol=2e-3)
    assert "1 galaxies of" in said[0]
    assert "11 galaxies" in said[1]
    with pytest.raises(UsageError, match="different classes"):
        taught_by([one, Model(("a", "b"), (network(2),))], [(pool, rows)], quiet=True)


@pytest.mark.training
def test_what_a_teacher_says_is_learnt_beside_the_labels(labelled, pool, tmp_path):
    """The labels call blue galaxies blue, the teacher calls them dark: half of what is seen says so."""
    labels = labelled.catalogue(["label"])["label"].to_pylist()
    kinds = pool.catalogue(["label"])["label"].to_pylist()
    rows = np.array([row for row in range(45) if row != 4])
    told = np.array([{"dark": 0, "bright": 1, "blue": 0}[kinds[row]] for row in rows])
    taught = Taught((pool,), (rows,), np.eye(3, dtype=np.float32)[told], ("dark", "bright", "blue"))
    blue = np.flatnonzero(np.array(kinds) == "blue")
    settings = replace(QUICK.settings, seen=480)
    found = []
    for name, also in (("alone", None), ("taught", taught)):
        classifier = train_classifier(
            labelled, np.arange(30), np.array(labels), settings, tmp_path / name, taught=also, quiet=True
        )
        said = classifier.probabilities(pool, blue)
        found.append(said[:, classifier.classes.index("dark")].mean())
    assert found[0] < 0.1
    assert found[1] > 0.25


@pytest.mark.training
def test_a_run_with_a_teacher_says_whom_it_learnt_from(labelled, pool, tmp_path):
    teacher = plain(seed=3, temperature=0.2)
    said: list[str] = []
    run = train_morphology(
        labelled,
        "label",
        QUICK,
        tmp_path / "run",
        teachers=[teacher],
        unlabelled=[pool],
        quiet=True,
        say=said.append,
    )
    assert any(line.startswith("taught by 1: 44 galaxies") for line in said)
    told = json.loads((run / "metrics.json").read_text())
    assert told["parts"]["train"] == 24
    assert teacher.encoder.spec.key in (run / "run.toml").read_text()
    with pytest.raises(UsageError, match="finished"):
        train_morphology(labelled, "label", QUICK, run, teachers=[teacher], unlabelled=[pool], quiet=True)


def test_what_cannot_be_taught_is_refused(labelled, pool, tmp_path):
    teacher = plain()

    def train(**how):
        train_morphology(labelled, "label", QUICK, tmp_path / "refused", quiet=True, **how)

    with pytest.raises(UsageError, match="come together"):
        train(teachers=[teacher])
    with pytest.raises(UsageError, match="come together"):
        train(unlabelled=[pool])
    with pytest.raises(UsageError, match="takes no teacher"):
        train(teachers=[teacher], unlabelled=[pool], hiwl="dark+blue")
    with pytest.raises(DataError, match="no galaxy without a label"):
        train(teachers=[teacher], unlabelled=[labelled])
    assert not (tmp_path / "refused").exists()
    with pytest.raises(UsageError, match="teachers tell a, b"):
        Taught((pool,), (np.arange(2),), np.ones((2, 2), np.float32), ("a", "b")).of(CLASSES)


def test_of_the_labelled_collection_those_without_a_label_are_taught(labelled, pool):
    has = np.arange(len(labelled)) % 3 > 0
    (_, own), (_, other) = without_label(labelled, has, [labelled, pool])
    assert own.tolist() == np.flatnonzero(~has).tolist()
    assert len(other) == len(pool)
