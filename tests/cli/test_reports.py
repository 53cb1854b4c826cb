"""report and explain from the command line."""

import numpy as np
import pytest
import torch

from tests.tasks.reporting.conftest import write_predictions


def _run(folder, collection) -> None:
    from tuningfork.collection import Collection

    opened = Collection.open(collection)
    truth = np.array(opened.catalogue(["kind"])["kind"].to_pylist(), object)
    rng, flat = np.random.default_rng(0), truth == "flat"
    p = np.where(flat, 0.7, 0.3) + rng.normal(0, 0.2, len(truth))
    p = np.clip(np.stack([p, 1 - p], 1), 0.01, 0.99)
    p /= p.sum(1, keepdims=True)
    folder.mkdir()
    write_predictions(
        folder / "predictions.parquet", opened.ids(), np.full(len(p), "test"), truth, ["flat", "round"], p
    )


@pytest.fixture
def looker(galaxies, monkeypatch) -> str:
    """An encoder with a layer on a grid, and its vectors."""
    from tuningfork.collection import Collection
    from tuningfork.embeddings import embed
    from tuningfork.encoders import Encoder, EncoderSpec, Preprocessing
    from tuningfork.encoders.names import encoders

    def made():
        torch.manual_seed(0)
        layers = [torch.nn.Conv2d(3, 6, 5, 4), torch.nn.ReLU(), torch.nn.Flatten()]
        spec = EncoderSpec("looker", "looker-00000001", 294, (), Preprocessing(32))
        return Encoder(spec, torch.nn.Sequential(*layers))

    monkeypatch.setitem(encoders._entries, "looker", made)
    embed(Collection.open(galaxies), "looker", quiet=True)
    return "looker"


def test_a_run_is_reported_and_a_galaxy_has_a_passport(tuningfork, embedded, looker, tmp_path):
    _run(tmp_path / "run", embedded)
    ran = tuningfork("report", tmp_path / "run", "--collection", embedded, "--json")
    assert ran.code == 0, ran.err
    assert {"name", "value", "low", "high", "majority"} == set(ran.json["rows"][0])
    assert (tmp_path / "run" / "report.html").is_file()
    words = ["report", tmp_path / "run", "--collection", embedded, "--galaxy", "g03", "--label", "kind"]
    ran = tuningfork(*words, "--explain", looker, "--out", tmp_path / "g03.html")
    assert ran.code == 0, ran.err
    assert "Labelled galaxies that look alike" in (tmp_path / "g03.html").read_text()
    ran = tuningfork("report", tmp_path / "run", "--galaxy", "g33")
    assert (ran.code, len(ran.err.splitlines())) == (2, 2)  # and the remark that there are no pictures
    assert "g03" in ran.err
    assert tuningfork("report", tmp_path).code == 3


def test_what_an_encoder_sees_is_drawn(tuningfork, embedded, looker, tmp_path):
    words = ["explain", looker, embedded, "--label", "kind", "--out"]
    ran = tuningfork(*words, tmp_path / "p.svg", "--plane", "pca", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["galaxies"] == 12
    assert ran.json["classes"] == ["flat", "round"]
    assert (tmp_path / "p.svg").read_text().startswith("<svg")
    ran = tuningfork(*words, tmp_path / "p.png", "--galaxy", "g01", "--galaxy", "g02", "--beside", looker)
    assert ran.code == 0, ran.err
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_explained_is_one_line(tuningfork, embedded, tmp_path):
    for words, code in (
        (["tiny", embedded, "--out", tmp_path / "p.png"], 2),
        (["tiny", embedded, "--out", tmp_path / "p.png", "--plane", "pca"], 2),
        (["tiny", embedded, "--out", tmp_path / "p.svg", "--plane", "pca", "--beside", "tiny"], 2),
        (
            [
                "tiny",
                embedded,
                "--out",
                tmp_path / "p.svg",
                "--plane",
                "pca",
                "--galaxy",
                "g01",
                "--label",
                "kind",
            ],
            2,
        ),
        (["tiny", embedded, "--out", tmp_path / "p.png", "--examples", "1"], 2),
        (["tiny", embedded, "--out", tmp_path / "p.png", "--galaxy", "g01", "--label", "kind"], 2),
        (["tiny", embedded, "--out", tmp_path / "p.png", "--galaxy", "g01"], 2),
        (["tiny", embedded, "--out", tmp_path / "p.png", "--galaxy", "g01", "--label", "knd"], 2),
        (["tiny", embedded, "--out", tmp_path / "p.png", "--galaxy", "none", "--label", "kind"], 2),
    ):
        ran = tuningfork("explain", *words)
        assert (ran.code, len(ran.err.splitlines())) == (code, 1), ran.err


def test_options_that_would_do_nothing_are_refused(tuningfork, embedded, tmp_path):
    _run(tmp_path / "run", embedded)
    ran = tuningfork("report", tmp_path / "run", "--explain", "tiny")
    assert (ran.code, "--explain: " in ran.err, "--galaxy ID" in ran.err) == (2, True, True)
    (tmp_path / "run" / "run.toml").write_text('[settings]\ntask = "votes"\n')
    ran = tuningfork("report", tmp_path / "run", "--galaxy", "g03", "--where", "mag < 19")
    assert (ran.code, "--galaxy and --where: this is a run of votes" in ran.err) == (2, True)
    assert not (tmp_path / "run" / "report.html").exists()


def test_a_page_of_faults_is_named_before_anything_is_checked(tuningfork, galaxies, tmp_path, monkeypatch):
    monkeypatch.setattr("tuningfork.tasks.doctor.check_collection", lambda *_, **__: pytest.fail("checked"))
    ran = tuningfork("collection", "check", galaxies, "--report", tmp_path / "faults.txt")
    assert (ran.code, "end with .html" in ran.err) == (2, True)


def test_a_model_has_no_parts(tuningfork, galaxies):
    words = ("report", "gz5", "--collection", galaxies, "--label", "kind")
    ran = tuningfork(*words, "--part", "test")
    assert (ran.code, "is a model: it has no galaxies of its own" in ran.err) == (2, True)
