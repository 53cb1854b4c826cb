"""report and explain from the command line."""

import numpy as np

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


def test_a_run_is_reported_and_a_galaxy_has_a_passport(tuningfork, embedded, tmp_path):
    _run(tmp_path / "run", embedded)
    ran = tuningfork("report", tmp_path / "run", "--collection", embedded, "--json")
    assert ran.code == 0, ran.err
    assert {"name", "value", "low", "high", "majority"} == set(ran.json["rows"][0])
    assert (tmp_path / "run" / "report.html").is_file()
    words = ["report", tmp_path / "run", "--collection", embedded, "--galaxy", "g03", "--label", "kind"]
    ran = tuningfork(*words, "--explain", "tiny", "--out", tmp_path / "g03.html")
    assert ran.code == 0, ran.err
    assert "Labelled galaxies that look alike" in (tmp_path / "g03.html").read_text()
    ran = tuningfork("report", tmp_path / "run", "--galaxy", "g33")
    assert (ran.code, len(ran.err.splitlines())) == (2, 2)  # and the remark that there are no pictures
    assert "g03" in ran.err
    assert tuningfork("report", tmp_path).code == 3


def test_what_an_encoder_sees_is_drawn(tuningfork, embedded, tmp_path):
    words = ["explain", "tiny", embedded, "--label", "kind", "--out"]
    ran = tuningfork(*words, tmp_path / "p.svg", "--plane", "pca", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["galaxies"] == 12
    assert ran.json["classes"] == ["flat", "round"]
    assert (tmp_path / "p.svg").read_text().startswith("<svg")
    ran = tuningfork(*words, tmp_path / "p.png", "--galaxy", "g01", "--galaxy", "g02", "--beside", "tiny")
    assert ran.code == 0, ran.err
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_explained_is_one_line(tuningfork, embedded, tmp_path):
    for words, code in (
        (["tiny", embedded, "--out", tmp_path / "p.png"], 2),
        (["tiny", embedded, "--out", tmp_path / "p.png", "--plane", "pca"], 2),
        (["tiny", embedded, "--out", tmp_path / "p.png", "--galaxy", "g01"], 2),
        (["tiny", embedded, "--out", tmp_path / "p.png", "--galaxy", "g01", "--label", "knd"], 2),
        (["tiny", embedded, "--out", tmp_path / "p.png", "--galaxy", "none", "--label", "kind"], 2),
    ):
        ran = tuningfork("explain", *words)
        assert (ran.code, len(ran.err.splitlines())) == (code, 1), ran.err
