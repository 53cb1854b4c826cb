"""A linear layer on stored vectors becomes a model that predicts as it was judged, on any collection."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.tasks.morphology.made import CLASSES, galaxies
from tuningfork.embeddings import embed, load_embeddings
from tuningfork.errors import DataError, EmbeddingError, UsageError
from tuningfork.tasks.morphology.frozen import train_head
from tuningfork.tasks.morphology.predicting import predict
from tuningfork.tasks.morphology.shelf import load_model, verify_model

ENCODER = "timm:test_resnet:untrained"


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    collection = galaxies(tmp_path_factory.mktemp("frozen"), 48)
    embed(collection, ENCODER, quiet=True)
    return collection


def test_the_head_of_some_answers_predicts_on_another_collection(embedded, tmp_path):
    from scipy.special import softmax

    from tuningfork.tasks.linear_head import fit_linear

    labels = np.array([CLASSES[n % 3] if n < 30 else None for n in range(48)], dtype=object)
    run = train_head(embedded, "session colours", tmp_path / "run", encoder=ENCODER, labels=labels)
    table = pq.read_table(run / "predictions.parquet").to_pydict()
    assert table["id"] == [f"g{n:04d}" for n in range(30)]
    assert sorted(set(table["fold"])) == [0, 1, 2, 3, 4]
    told = json.loads((run / "metrics.json").read_text())
    assert told["judged"]["test"]["accuracy"]["value"] > 0.9
    assert "5 folds of the 30 galaxies" in told["calibration"]["on"]
    assert verify_model(str(run))["whole"]
    model, X = load_model(run), load_embeddings(embedded, ENCODER).vectors
    names, layer = fit_linear(X[:30], labels[:30].astype(str))
    assert model.classes == names
    logits = X @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
    expected = softmax(logits / model.temperature, axis=1)
    np.testing.assert_allclose(model.probabilities(embedded, np.arange(48)), expected, atol=0.01)
    other = galaxies(tmp_path / "other", 12)
    predict(other, model, tmp_path / "out.csv", batch_size=8, precision="fp32", quiet=True)
    lines = (tmp_path / "out.csv").read_text().replace('"', "").splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == [CLASSES[n % 3] for n in range(12)]
    with pytest.raises(UsageError, match="finished"):
        train_head(embedded, "label", run, encoder=ENCODER)


def test_few_galaxies_are_told_to_be_too_few_for_sets_and_for_certainty(embedded, tmp_path):
    labels, said = np.array([CLASSES[n % 3] if n < 15 else None for n in range(48)], dtype=object), []
    run = train_head(embedded, "few", tmp_path / "run", encoder=ENCODER, labels=labels, say=said.append)
    assert [line for line in said if "conformal sets" in line] == [
        "too few held-out galaxies for conformal sets (a coverage of 95 % needs 19): they hold all classes"
    ]
    assert load_model(run).qhat["0.95"] == 1 > load_model(run).qhat["0.90"]
    judged = json.loads((run / "metrics.json").read_text())["judged"]["test"]
    for name in ("accuracy", "balanced accuracy", "macro-F1", "AUC", "binary accuracy"):
        assert judged[name]["value"] - judged[name]["low"] > 0.05, name


def test_what_cannot_be_a_head(embedded, tmp_path):
    few = np.full(48, None, dtype=object)
    few[:3] = ("dark", "dark", "bright")
    with pytest.raises(DataError, match="'bright' has 1 example"):
        train_head(embedded, "label", tmp_path / "a", labels=few)
    few[3] = "bright"
    with pytest.raises(DataError, match="needs 10"):
        train_head(embedded, "label", tmp_path / "a", labels=few)
    with pytest.raises(EmbeddingError, match="lvm-tiny"):
        train_head(embedded, "label", tmp_path / "a", encoder="lvm-tiny")
    embed(embedded, ENCODER, views=2, quiet=True)
    with pytest.raises(UsageError, match="several views"):
        train_head(embedded, "label", tmp_path / "a", encoder=f"{ENCODER}+views2")
