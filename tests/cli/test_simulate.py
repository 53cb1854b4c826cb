"""The verb: parses, draws, tells."""

import pytest

from tuningfork.collection import Collection

pytest.importorskip("galsim", reason="GalSim is not installed (the extra `sim`)")


def test_simulate_draws_and_goes_on(tuningfork, tmp_path):
    words = [
        "--out",
        tmp_path / "sky",
        "--seed",
        2,
        "--size",
        48,
        "--workers",
        1,
        "--bands",
        "r,z",
        "--alone",
    ]
    ran = tuningfork("simulate", 3, *words, "--json")
    assert (ran.code, ran.json["added"], ran.json["already"]) == (0, 3, 0)
    ran = tuningfork("simulate", 4, *words)
    assert "1 galaxy drawn, 3 were there already" in ran.err
    collection = Collection.open(tmp_path / "sky")
    assert collection.bands == ("r", "z")
    assert collection.catalogue().to_pylist()[0]["neighbours"] == 0


def test_simulate_says_what_cannot_be(tuningfork, tmp_path):
    ran = tuningfork("simulate", 3, "--out", tmp_path / "sky", "--bands", "g,u")
    assert ran.code == 2
    assert "'u'" in ran.err
    assert not (tmp_path / "sky").exists()
