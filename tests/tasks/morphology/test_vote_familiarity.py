"""Familiarity of networks of votes: kept in the file, told in the table, and no share moves for it."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tuningfork.collection import read_table
from tuningfork.encoders.model_files import find_model
from tuningfork.encoders.weights_file import read_certificate, tensors_hash
from tuningfork.errors import UsageError, WeightsError
from tuningfork.tasks.morphology.familiarising import with_familiarity
from tuningfork.tasks.morphology.predicting import check_wishes, predict
from tuningfork.tasks.morphology.shelf import load_predictor
from tuningfork.tasks.morphology.vote_model_file import load_votes, save_votes, votes_as_stored

from .made import QUICK, TOLD, galaxies, plain
from .test_familiarity import strange  # noqa: F401 - two galaxies as usual, noise, three without a signal
from .test_vote_model import made

GZ2_NETWORK = "a15ad798b665c980723c89b2359f69875f4ce823f54f4a0d68c2729c2c2d0c98"


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    return galaxies(tmp_path_factory.mktemp("familiar"), 150)


def watched(model, collection):
    rows = np.arange(len(collection))
    return with_familiarity(votes_as_stored(model), collection, rows[:90], np.zeros(90, np.int64), rows[90:])


@pytest.fixture(scope="module", params=["counts", "fractions", "labels"])
def model(collection, request):
    return watched(made(request.param), collection)


def test_a_file_keeps_it_and_no_share_moves(collection, model, tmp_path):
    again = load_votes(save_votes(tmp_path / "made.safetensors", model, TOLD))
    assert again.familiarity.hash == model.familiarity.hash
    assert again.facts["familiarity"] == {"galaxies": 60}
    bare = replace(again, familiarity=None)
    assert again.encoder.spec.key == bare.encoder.spec.key
    assert bare.watching is bare.encoder
    assert again.watching.spec.key not in (bare.watching.spec.key, again.encoder.spec.key)
    x = again.encoder.preprocess(collection.pixels(np.arange(20)))
    with torch.inference_mode():
        both, alone = again.watching.embed(x), bare.watching.embed(x)
    torch.testing.assert_close(both[:, :-1], alone, rtol=0, atol=0)
    held_out = again.watching.embed(again.encoder.preprocess(collection.pixels(np.arange(90, 150))))
    np.testing.assert_allclose(
        np.sort(held_out[:, -1].detach().numpy()), again.familiarity.levels, rtol=1e-3, atol=1e-4
    )


def test_the_table_marks_what_is_unlike_all_that_was_learnt(strange, model, tmp_path):  # noqa: F811
    report = predict(strange, model, tmp_path / "t.parquet", familiar=0.02, **QUICK)
    table = read_table(tmp_path / "t.parquet")
    assert table.column_names[-3:] == ["unfamiliar", "familiarity", "unlikeness"]
    assert table["unfamiliar"].to_pylist() == [False, False, True, True, True, True]
    assert table["familiarity"].to_pylist()[2] == pytest.approx(1 / 61)
    assert table["familiarity"].to_pylist()[3:] == [None] * 3
    assert (report.unfamiliar, report.abstained) == (1, 0)
    for ending in ("fits", "csv"):
        again = predict(strange, model, tmp_path / f"t.{ending}", familiar=0, **QUICK)
        assert (again.done, again.unfamiliar) == (0, 0)
        flags = read_table(tmp_path / f"t.{ending}")["unfamiliar"].to_pylist()
        assert [str(flag).lower() for flag in flags] == ["false"] * 3 + ["true"] * 3
    few = predict(strange, model, tmp_path / "t.csv", **QUICK)
    assert "was judged on 60 galaxies: no familiarity is below 0.0164" in few.remarks[-1]


def test_an_older_network_goes_on_and_says_what_it_lacks(strange, tmp_path):  # noqa: F811
    old = predict(strange, made(), tmp_path / "t.csv", **QUICK)
    assert (
        "'made' holds no measure of familiarity: pictures unlike all it learnt get sure shares" in old.remarks
    )
    assert "unfamiliar" not in read_table(tmp_path / "t.csv").column_names
    with pytest.raises(UsageError, match="holds no measure of familiarity"):
        check_wishes(made(), None, None, 0.05)


def test_what_cannot_be_is_refused(collection, tmp_path):
    model = watched(made(), collection)
    with pytest.raises(UsageError, match="from 0 to below 1, not 5"):
        check_wishes(model, None, None, 5)
    with pytest.raises(UsageError, match="of 2 networks, not 1"):
        replace(model, familiarity=replace(model.familiarity, known=model.familiarity.known * 2))
    for change in (
        lambda t: t.pop("familiarity.levels"),
        lambda t: t.update({"familiarity.0.means": torch.zeros(1, 7)}),
        lambda t: t.update({"familiarity.0.means": torch.zeros(6, t["familiarity.0.means"].shape[1])}),
        lambda t: t.update({"familiarity.1.means": torch.zeros(1, 7)}),
    ):
        file = save_votes(tmp_path / "m.safetensors", model, TOLD)
        tensors, certificate = load_file(file), read_certificate(file, "votes")
        change(tensors)
        certificate["tensors_sha256"] = tensors_hash(tensors)
        save_file(tensors, file, {"tuningfork": json.dumps(certificate)})
        with pytest.raises(WeightsError, match="cannot be used"):
            load_votes(file)


def test_too_few_galaxies_make_no_measure(collection):
    rows = np.arange(5)
    assert with_familiarity(made(), collection, rows, rows * 0, rows).familiarity is None
    assert with_familiarity(plain(), collection, rows, rows % 3, rows).familiarity is None


def test_the_shipped_network_has_it_and_its_weights_are_what_they_were():
    file = find_model("gz2")
    tensors = load_file(file)
    network = {name: t for name, t in tensors.items() if not name.startswith("familiarity.")}
    assert tensors_hash(network) == GZ2_NETWORK
    assert file.stat().st_size < 8_000_000
    model = load_predictor("gz2")
    assert len(model.familiarity.levels) == 158
    noise = np.random.default_rng(0).integers(0, 256, (3, 80, 80, 3)).astype(np.uint8)
    with torch.inference_mode():
        told = model.watching.embed(model.encoder.preprocess(list(noise))).numpy()
    assert model.familiarity.p_values(told[:, -1]) == pytest.approx(np.full(3, 1 / 159))
