"""predict, evaluate model and the models among the weights, from the command line."""

import pytest

from tuningfork.collection import read_table
from tuningfork.tasks.morphology.model_file import save_model

from ..tasks.morphology.made import TOLD, plain


@pytest.fixture
def model(tmp_path):
    """A model of made numbers in a run's folder."""
    (tmp_path / "run").mkdir()
    return save_model(tmp_path / "run" / "model.safetensors", plain(qhat={"0.90": 0.7}), TOLD).parent


def test_from_a_folder_of_images_to_a_table(tuningfork, folder, model, tmp_path):
    out = tmp_path / "out.csv"
    first = tuningfork("predict", folder, "--model", model, "--out", out, "--json")
    assert (first.code, first.json["rows"], first.json["done"]) == (0, 12, 12)
    assert (tmp_path / "out.tuningfork" / "collection.toml").is_file()
    table = read_table(out)
    names = ["id", "label", "p_dark", "p_bright", "p_blue", "set", "abstained"]
    assert (table.num_rows, table.column_names) == (12, names)
    again = tuningfork("predict", folder, "--model", model, "--out", out, "--where", "mag < 18.45")
    assert (again.code, again.out) == (0, "")
    assert "0 galaxies predicted, 5 were there" in again.err
    assert read_table(out).num_rows == 5


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--model", "gz5x", "--out", "t.csv"), 2, "unknown model 'gz5x'"),
        (("--model", "RUN", "--out", "t.doc"), 2, "not a kind of table"),
        (("--model", "RUN", "--out", "t.csv", "--coverage", "0.5"), 2, "unknown coverage '0.5'"),
        (("--model", "RUN", "--out", "t.csv", "--purity", "0.9"), 2, "no thresholds of purity"),
        (("--model", "RUN", "--out", "t.csv", "--tta", "3"), 2, "views must be one of"),
        (("--model", "RUN", "--out", "t.csv", "--where", "magg < 3"), 2, "Did you mean mag"),
        (("--model", "absent.safetensors", "--out", "t.csv"), 3, "there is no such file"),
        (("--model", "RUN", "--out", "t.csv", "--address", "x"), 2, "Add --engine ray"),
    ],
)
def test_mistakes_are_one_line(tuningfork, galaxies, model, tmp_path, words, code, said, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = tuningfork("predict", galaxies, *(model if word == "RUN" else word for word in words))
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert not (tmp_path / "t.csv").exists()


def test_wishes_that_cannot_be_are_refused_before_images_are_read(tuningfork, folder, model, tmp_path):
    ran = tuningfork("predict", folder, "--model", model, "--out", tmp_path / "t.csv", "--coverage", "0.5")
    assert (ran.code, "unknown coverage" in ran.err) == (2, True)
    assert not (tmp_path / "t.tuningfork").exists()


def test_a_model_is_judged(tuningfork, galaxies, model):
    ran = tuningfork("evaluate", "model", galaxies, "--model", model, "--label", "kind", "--json")
    assert ran.code == 3
    assert "no galaxy is of a class of 'run'" in ran.err


def test_models_stand_among_the_weights(tuningfork, model, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "tuningfork" / "models").mkdir(parents=True)
    file = tmp_path / "tuningfork" / "models" / "mine.safetensors"
    file.write_bytes((model / "model.safetensors").read_bytes())
    assert tuningfork("weights", "list", "--json").json["models"]["mine"] == "tells dark, bright, blue"
    told = tuningfork("weights", "info", "mine", "--json").json
    assert (told["kind"], told["classes"], told["licence"]) == ("model", ["dark", "bright", "blue"], "CC0")
    assert tuningfork("weights", "verify", "mine").code == 0
    file.write_bytes(file.read_bytes()[:-100])
    assert tuningfork("weights", "verify", "mine").code == 3
    assert "lvm-tiny" in tuningfork("weights", "list").out
