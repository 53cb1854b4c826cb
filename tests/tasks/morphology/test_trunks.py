"""A trained model as an encoder."""

import pytest
import torch

import tuningfork as tf
from tuningfork.embeddings import load_embeddings
from tuningfork.encoders import load_encoder
from tuningfork.encoders.model_trunks import model_encoder
from tuningfork.encoders.shipped import shipped_weights
from tuningfork.errors import UnknownNameError, WeightsError
from tuningfork.tasks.morphology.model import Model
from tuningfork.tasks.morphology.model_file import save_model
from tuningfork.tasks.morphology.shelf import find_model, load_model

from .made import CLASSES, TOLD, galaxies, network, plain, two_stages


def file_of(make, folder):
    return save_model(folder / "mine.safetensors", make(), TOLD)


def lvm():
    return Model(CLASSES, (network(3, 3, "lvm-nano", 0.3),))


@pytest.mark.parametrize("make", [plain, two_stages, lvm])
def test_what_enters_the_last_layers_comes_out(make, tmp_path):
    path = file_of(make, tmp_path)
    model, encoder = load_model(path), model_encoder(path, "model:mine")
    x = torch.rand(3, encoder.spec.bands, encoder.spec.size, encoder.spec.size)
    vectors = encoder.embed(x)
    assert vectors.shape == (3, encoder.spec.dim)
    start = 0
    for member in model.members:
        head = list(member.encoder.network.children())[-1]
        part = vectors[:, start : start + head.in_features]
        torch.testing.assert_close(head(part), member.encoder.embed(x))
        start += head.in_features
    assert start == encoder.spec.dim


def test_a_name_a_file_and_a_runs_folder_are_the_same_encoder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    shelf, run = tmp_path / "tuningfork" / "models", tmp_path / "mine"
    for folder in (shelf, run):
        folder.mkdir(parents=True)
    named = file_of(plain, shelf)
    (run / "model.safetensors").write_bytes(named.read_bytes())
    keys = {load_encoder(f"model:{name}").spec.key for name in ("mine", named, run)}
    assert len(keys) == 1
    assert keys.pop().startswith("model-mine-")
    assert find_model("model:mine") == named
    assert load_encoder(f"model:{run}").spec.name == f"model:{run / 'model.safetensors'}"


def test_what_is_no_model_is_refused_in_one_line(tmp_path):
    with pytest.raises(UnknownNameError, match="model 'nowhere'"):
        load_encoder("model:nowhere")
    weights = shipped_weights("lvm-tiny")
    with pytest.raises(WeightsError, match="holds an encoder, not a model"):
        load_encoder(f"model:{weights}")


def test_the_shipped_model_embeds_a_collection(tmp_path):
    collection = galaxies(tmp_path, 6)
    tf.embed(collection, "model:gz5", quiet=True)
    assert load_embeddings(collection, "model:gz5").vectors.shape == (6, 1280)
