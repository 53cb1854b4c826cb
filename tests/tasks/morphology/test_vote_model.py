"""Networks of votes in files: what a file gives back, a damaged one, stamps that cannot be read, refusals."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tuningfork.collection import read_table
from tuningfork.errors import UnknownNameError, UsageError, WeightsError
from tuningfork.tasks.morphology.predicting import predict
from tuningfork.tasks.morphology.shelf import (
    ANSWERING,
    is_model,
    list_models,
    load_model,
    load_predictor,
    model_info,
    verify_model,
)
from tuningfork.tasks.morphology.vote_model import VoteModel
from tuningfork.tasks.morphology.vote_model_file import load_votes, save_votes, votes_as_stored

from .made import QUICK, TOLD, galaxies, network

OUTPUTS = ("shape.round", "shape.long", "bar.yes", "bar.no", "bar.maybe")


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    return galaxies(tmp_path_factory.mktemp("votes"), 20, broken=5)


def made(target="counts", outputs=OUTPUTS):
    return VoteModel(outputs, target, network(5), name="made")


@pytest.mark.parametrize("target", ["counts", "fractions", "labels"])
@pytest.mark.parametrize("ending", ["csv", "fits", "ecsv", "parquet"])
def test_a_file_predicts_every_answer(collection, tmp_path, target, ending):
    file = save_votes(tmp_path / "made.safetensors", made(target), TOLD)
    model = load_predictor(file)
    assert (model.outputs, model.target) == (OUTPUTS, target)
    report = predict(collection, file, tmp_path / f"t.{ending}", **QUICK)
    table = read_table(tmp_path / f"t.{ending}")
    letter = "p" if target == "labels" else "f"
    further = ["a_shape", "a_bar"] if target == "counts" else []
    assert table.column_names == ["id", *(f"{letter}_{name}" for name in OUTPUTS), *further]
    said = np.array([table[f"{letter}_{name}"].to_pylist() for name in OUTPUTS], float).T
    assert np.isnan(said[5]).all()
    read = np.delete(said, 5, axis=0)
    assert ((read >= 0) & (read <= 1)).all()
    assert read.std(axis=0).max() > 1e-3
    if target == "counts":
        np.testing.assert_allclose(read[:, :2].sum(1), 1, atol=1e-5)
        np.testing.assert_allclose(read[:, 2:].sum(1), 1, atol=1e-5)
        assert np.delete(np.array(table["a_bar"].to_pylist(), float), 5).min() >= 3
    assert [galaxy for galaxy, _ in report.unreadable] == ["g0005"]
    assert report.labels == {}


def test_half_precision_is_told_and_left_where_it_costs_too_much(tmp_path, monkeypatch):
    model = made()
    again = load_votes(save_votes(tmp_path / "half.safetensors", model, TOLD))
    loss = again.facts["storage"]["largest_difference"]
    assert again.facts["storage"]["precision"] == "float16"
    assert 0 < loss < 0.01
    stored = votes_as_stored(model)
    for name, tensor in stored.network.network.state_dict().items():
        torch.testing.assert_close(tensor, again.network.network.state_dict()[name], rtol=0, atol=0)
    rewritten = load_votes(save_votes(tmp_path / "again.safetensors", again, TOLD))
    assert (
        rewritten.facts["storage"]["largest_difference"] == loss
    )  # and not nothing, for nothing was lost now
    monkeypatch.setattr("tuningfork.tasks.morphology.vote_model_file.MOST_LOSS", loss / 2)
    own = load_votes(save_votes(tmp_path / "own.safetensors", model, TOLD))
    assert own.facts["storage"] == {"precision": "own", "largest_difference": 0.0}
    assert votes_as_stored(model) is model
    for name, tensor in model.network.network.state_dict().items():
        torch.testing.assert_close(tensor, own.network.network.state_dict()[name], rtol=0, atol=0)


def test_it_goes_on_with_what_is_missing_and_other_targets_are_kept_apart(tmp_path):
    own = galaxies(tmp_path, 8)
    first = predict(own, made(), tmp_path / "a.parquet", rows=np.arange(3), **QUICK)
    again = predict(own, made(), tmp_path / "a.parquet", **QUICK)
    assert (first.done, again.done, again.already) == (3, 5, 3)
    assert made().encoder.spec.key != made("labels").encoder.spec.key


def test_what_votes_do_not_have_is_refused(collection, tmp_path, monkeypatch):
    for option in ({"coverage": 0.9}, {"purity": 0.9}):
        with pytest.raises(UsageError, match="foretells votes"):
            predict(collection, made(), tmp_path / "t.csv", **option, **QUICK)
    assert not (tmp_path / "t.csv").exists()
    file = save_votes(tmp_path / "made.safetensors", made(), TOLD)
    with pytest.raises(WeightsError, match="foretells votes, not a model that tells classes"):
        load_model(file)
    assert not is_model(str(file))
    assert is_model(str(file), ANSWERING)
    assert model_info(str(file))["target"] == "counts"
    monkeypatch.setattr("tuningfork.tasks.morphology.shelf.named_models", lambda: {"made": file})
    assert list_models() == {"made": "foretells shares of votes: 5 answers, 2 questions"}
    assert verify_model(str(file))["whole"]


def test_a_file_that_was_meddled_with_is_refused(tmp_path):
    from tuningfork.encoders.weights_file import read_weights, write_weights

    file = save_votes(tmp_path / "made.safetensors", made(), TOLD)
    tensors, told = read_weights(file, "votes")
    for change in (
        {"outputs": [*OUTPUTS[:-1], "shape.again"]},  # parted from its question
        {"outputs": [*OUTPUTS[:-1], OUTPUTS[0].upper()]},
        {"outputs": list(OUTPUTS[:-1])},
        {"outputs": "round"},
        {"target": "guesses"},
        {"network": {"network": "timm", "shape": {"name": "test_resnet"}, "dim": 7}},
        {"network": []},
    ):
        write_weights(file, tensors, {**told, **change}, exact=True)
        with pytest.raises(WeightsError):
            load_votes(file)
    write_weights(file, {**tensors, "more": tensors["head.bias"].clone()}, told, exact=True)
    with pytest.raises(WeightsError):
        load_votes(file)
    with pytest.raises(UnknownNameError, match="counts"):
        made("count")
    with pytest.raises(UsageError, match="outputs for"):
        replace(made(), outputs=OUTPUTS[:2])
