from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from tuningfork.collection import create_collection
from tuningfork.encoders import load_encoder, weights_info
from tuningfork.encoders.learning import fits_for_training
from tuningfork.encoders.lvm.family import SHAPES
from tuningfork.errors import DataError, UnknownNameError, UsageError
from tuningfork.tasks.pretrain import PRESETS, PretrainSettings, pretrain
from tuningfork.tasks.training_batches import Epoch
from tuningfork.tasks.training_view import TrainingView


@pytest.fixture
def galaxies(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    chance = np.random.default_rng(0)
    y, x = np.mgrid[-1:1:48j, -1:1:48j]
    lines = ["id,file,split"]
    for number in range(20):
        q, turn = chance.uniform(0.3, 1), chance.uniform(0, np.pi)
        u, v = x * np.cos(turn) + y * np.sin(turn), (y * np.cos(turn) - x * np.sin(turn)) / q
        disc = 220 * np.exp(-np.hypot(u, v) / 0.2)[..., None] * chance.uniform(0.4, 1, 3) + chance.normal(
            8, 2, (48, 48, 3)
        )
        cv2.imwrite(str(folder / f"{number}.png"), disc.clip(0, 255).astype(np.uint8))
        lines.append(f"{number},{number}.png,{'val' if number < 2 else 'train'}")
    (folder / "catalogue.csv").write_text("\n".join(lines))
    return create_collection(folder, tmp_path / "galaxies", quiet=True).collection


@pytest.fixture
def small(monkeypatch):
    settings = PretrainSettings(
        objective="contrastive+reconstruction", size=32, embed_size=32, batch=8, epochs=2
    )
    monkeypatch.setitem(PRESETS, "small", settings)
    return settings


@pytest.fixture
def narrow(monkeypatch):
    """The switches of every shape, not its size."""
    few = {"width": 16, "depths": (1, 1, 1, 1), "heads": (1, 2, 2, 4)}
    for name, shape in SHAPES.items():
        monkeypatch.setitem(SHAPES, name, replace(shape, **few))


@pytest.mark.training
def test_weights_come_out_with_a_birth_certificate(galaxies, small, tmp_path):
    weights = pretrain([galaxies], tmp_path / "run", preset="small", leave_out=("split", "val"), quiet=True)
    info = weights_info(str(weights))
    assert info["data"]["galaxies"] == 18
    assert info["preprocessing"]["size"] == 32
    assert info["learnt_from"]["bands"] == ["blue", "green", "red"]
    assert info["learnt_from"]["pixels"] == "encoded"
    assert "bands blue, green, red by name" in info["takes"]
    encoder = load_encoder(f"file:{weights}")
    vectors = encoder.embed(encoder.preprocess(galaxies.pixels([0, 1])))
    assert vectors.shape == (2, 384)
    assert torch.isfinite(vectors).all()
    assert (tmp_path / "run" / "metrics.csv").read_text().count("\n") == 3
    with pytest.raises(UsageError, match="finished"):
        pretrain([galaxies], tmp_path / "run", preset="small", leave_out=("split", "val"), quiet=True)


@pytest.mark.training
@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("objective", ["contrastive+reconstruction", "masked", "self-distillation"])
def test_a_run_that_was_broken_off_ends_as_the_unbroken_one(galaxies, tmp_path, monkeypatch, objective):
    short = PretrainSettings(objective=objective, size=32, embed_size=32, batch=8, epochs=2)
    monkeypatch.setitem(PRESETS, "small", short)
    whole = pretrain([galaxies], tmp_path / "whole", preset="small", quiet=True)
    batch = Epoch.batch

    def broken(self, number, part, parts):
        if (self.number, number) == (1, 0):
            raise KeyboardInterrupt
        return batch(self, number, part, parts)

    monkeypatch.setattr(Epoch, "batch", broken)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        pretrain([galaxies], tmp_path / "broken", preset="small", quiet=True)
    assert not (tmp_path / "broken" / "DONE").exists()
    monkeypatch.setattr(Epoch, "batch", batch)
    resumed = pretrain([galaxies], tmp_path / "broken", preset="small", quiet=True)
    one, two = (load_encoder(f"file:{p}").network.state_dict() for p in (whole, resumed))
    for name in one:
        torch.testing.assert_close(one[name], two[name], atol=1e-6, rtol=0)


@pytest.mark.training
def test_a_teacher_is_trained_and_its_pupil_comes_close(galaxies, tmp_path, monkeypatch):
    teaching = PretrainSettings(
        network="timm:test_resnet", objective="contrastive", size=32, embed_size=32, batch=8, epochs=1
    )
    monkeypatch.setitem(PRESETS, "teacher", teaching)
    monkeypatch.setitem(PRESETS, "pupil", PretrainSettings(size=32, embed_size=32, batch=8, epochs=4))
    teacher = pretrain([galaxies], tmp_path / "teacher", preset="teacher", quiet=True)
    assert load_encoder(f"file:{teacher}").spec.strides
    pretrain([galaxies], tmp_path / "pupil", preset="pupil", teacher=f"file:{teacher}", quiet=True)
    rows = (tmp_path / "pupil" / "metrics.csv").read_text().split()
    loss = [float(row.split(",")[1]) for row in rows[1:]]
    assert loss[-1] < loss[0]
    with pytest.raises(UsageError, match="teacher"):
        pretrain([galaxies], tmp_path / "other", preset="pupil")


def test_views_of_an_epoch_are_the_same_each_time(galaxies):
    view = TrainingView([galaxies], fits_for_training("net", 3, [galaxies])[1])
    settings = PretrainSettings(objective="contrastive", size=32, batch=8)
    first = [Epoch(view, settings, epoch).batch(0) for epoch in (0, 0, 1)]
    assert torch.equal(first[0].one, first[1].one)
    assert not torch.equal(first[0].one, first[2].one)
    assert not torch.equal(first[0].one, first[0].other)


def test_galaxies_can_be_kept_away_by_id(galaxies):
    view = TrainingView([galaxies, galaxies], fits_for_training("net", 3, [galaxies] * 2)[1])
    view.leave_out_ids([{"3", "no such galaxy"}, ()])
    assert sorted(galaxies.ids(view.row[view.owner == 0])) == sorted(set(galaxies.ids()) - {"3"})
    assert (view.owner == 1).sum() == len(galaxies)


@pytest.mark.training
@pytest.mark.usefixtures("narrow")
def test_a_switch_of_the_network_is_built_and_written(galaxies, small, tmp_path):
    weights = pretrain([galaxies], tmp_path / "run", preset="small", skips="none", local=False, quiet=True)
    assert weights_info(str(weights))["shape"]["skips"] == "none"
    assert weights_info(str(weights))["shape"]["local"] is False
    with pytest.raises(UsageError, match="has no skips"):
        pretrain([galaxies], tmp_path / "other", preset="simclr", skips="none")


def test_wrong_calls_are_refused_before_any_work(galaxies, small, tmp_path):
    with pytest.raises(UnknownNameError, match="lvm-tiny"):
        pretrain([galaxies], tmp_path / "run", preset="lvm-tin")
    with pytest.raises(UnknownNameError, match="objective"):
        pretrain([galaxies], tmp_path / "run", preset="small", objective="guess")
    with pytest.raises(DataError, match="too few"):
        pretrain([galaxies], tmp_path / "run", preset="lvm-tiny")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_can_be_built(preset):
    from tuningfork.encoders.trainable import new_network
    from tuningfork.objectives import needs_of

    settings = PRESETS[preset]
    network, _, facts = new_network(settings.network)
    assert facts["network"] in ("lvm", "timm")
    assert hasattr(network, "decoder") or not needs_of(settings.objective).decoder


@pytest.mark.training
@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_takes_two_steps(galaxies, tmp_path, monkeypatch, preset):
    settings = PRESETS[preset]
    network = "timm:test_resnet" if settings.network.startswith("timm:") else settings.network
    tiny = replace(settings, network=network, start=None, size=32, embed_size=32, batch=8, epochs=1)
    monkeypatch.setitem(PRESETS, preset, tiny)
    teacher = "timm:test_resnet:untrained" if settings.objective == "distillation" else None
    weights = pretrain([galaxies], tmp_path / "run", preset=preset, teacher=teacher, quiet=True)
    head, *rows = (tmp_path / "run" / "metrics.csv").read_text().split()
    assert len(rows) == 1
    assert all(np.isfinite(float(v)) for v in rows[0].split(",")), head
    encoder = load_encoder(f"file:{weights}")
    assert torch.isfinite(encoder.embed(encoder.preprocess(galaxies.pixels([0])))).all()
    assert weights_info(str(weights))["objective"]["name"] == settings.objective


def test_networks_without_a_decoder_are_offered_what_they_can_learn(galaxies, tmp_path):
    with pytest.raises(UsageError, match="no decoder") as refusal:
        pretrain([galaxies], tmp_path / "run", preset="simclr", objective="masked")
    assert "autoencoder" in str(refusal.value.remedy)
