"""From a training to a file to a table: what was learnt is what is said."""

import numpy as np
import pytest

from tuningfork.collection import read_table
from tuningfork.tasks.classification import ClassifierSettings, train_classifier
from tuningfork.tasks.morphology.model import Model
from tuningfork.tasks.morphology.model_file import ids_hash, save_model
from tuningfork.tasks.morphology.predicting import predict

from .made import TOLD, galaxies


@pytest.mark.training
def test_a_trained_classifier_is_kept_and_predicts(tmp_path):
    collection = galaxies(tmp_path, 45)
    labels = np.array(collection.catalogue(["label"])["label"].to_pylist())
    settings = ClassifierSettings(
        network="timm:test_resnet", size=32, seen=640, batch=16, rate=3e-3, precision="fp32"
    )
    trained = train_classifier(collection, np.arange(45), labels, settings, tmp_path / "run", quiet=True)
    data = {"galaxies": 45, "ids_sha256": ids_hash(collection.ids())}
    model = Model(trained.classes, (trained.network,))
    save_model(tmp_path / "run" / "model.safetensors", model, {**TOLD, "data": data})
    predict(collection, tmp_path / "run", tmp_path / "t.parquet", precision="fp32", quiet=True)
    table = read_table(tmp_path / "t.parquet")
    assert (np.array(table["label"].to_pylist()) == labels).mean() > 0.9
    kept = np.array([table[f"p_{name}"].to_pylist() for name in trained.classes]).T
    np.testing.assert_allclose(kept, trained.probabilities(collection, np.arange(45)), atol=0.01)
