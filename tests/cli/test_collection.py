"""Collections from the command line: the JSON that scripts rely on."""

import csv
import shutil

import numpy as np
from astropy.io import fits


def test_create_tells_what_was_added_and_what_was_rejected(tuningfork, folder, tmp_path):
    ran = tuningfork("collection", "create", folder, "--out", tmp_path / "c", "--json")
    assert ran.code == 0
    assert ran.json["galaxies"] == ran.json["added"] == 12
    (rejected,) = ran.json["rejected"]
    assert "broken.png" in rejected["file"]
    assert rejected["reason"]


def test_a_second_create_adds_nothing(tuningfork, folder, galaxies):
    ran = tuningfork("collection", "create", folder, "--out", galaxies, "--json")
    assert (ran.code, ran.json["added"], ran.json["galaxies"]) == (0, 0, 12)


def test_create_in_words_names_the_rejected_file(tuningfork, folder, tmp_path):
    ran = tuningfork("collection", "create", folder, "--out", tmp_path / "c")
    assert ran.out == ""
    assert "broken.png, row 13: " in ran.err
    assert "more such lines" not in ran.err
    assert "12 galaxies, 12 of them new, 1 rejected" in ran.err


def test_images_without_a_row_in_the_catalogue_are_told(tuningfork, folder, tmp_path):
    table = tmp_path / "some.csv"
    table.write_text("id,file\na,g00.png\nb,g01.png\n")
    create = ("collection", "create", folder, "--catalogue", table, "--out")
    assert "does not name, left out: 11\n" in tuningfork(*create, tmp_path / "c").err
    assert tuningfork(*create, tmp_path / "d", "--json").json["unlisted"] == 11


def test_quiet_says_nothing(tuningfork, folder, tmp_path):
    ran = tuningfork("collection", "create", folder, "--out", tmp_path / "c", "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_info(tuningfork, galaxies):
    facts = tuningfork("collection", "info", galaxies, "--json").json
    assert facts["galaxies"] == 12
    assert facts["embeddings"] == {}
    assert {"name", "bands"} <= set(facts)
    assert "galaxies" in tuningfork("collection", "info", galaxies).out


def test_check(tuningfork, galaxies):
    ran = tuningfork("collection", "check", galaxies, "--json")
    assert ran.json["galaxies"] == 12
    assert isinstance(ran.json["flags"], dict)


def test_add(tuningfork, galaxies, folder, tmp_path):
    more = tmp_path / "more"
    more.mkdir()
    (more / "new.png").write_bytes((folder / "g03.png").read_bytes())
    ran = tuningfork("collection", "add", galaxies, more, "--json")
    assert (ran.code, ran.json["added"], ran.json["galaxies"]) == (0, 1, 13)


def test_export_keeps_the_catalogue(tuningfork, galaxies, tmp_path):
    out = tmp_path / "table.csv"
    ran = tuningfork("collection", "export", galaxies, "--out", out, "--columns", "id, kind", "--json")
    assert ran.json == {"file": str(out), "rows": 12}
    rows = list(csv.DictReader(out.open()))
    assert rows[0] == {"id": "g00", "kind": "round"}
    assert len(rows) == 12


def test_an_unknown_column_gets_the_nearest(tuningfork, galaxies, tmp_path):
    ran = tuningfork("collection", "export", galaxies, "--out", tmp_path / "t.csv", "--columns", "knd")
    assert ran.code == 2
    assert "kind" in ran.err


def test_fits_may_be_given_a_stretch_with_its_settings(tuningfork, tmp_path):
    (tmp_path / "fits").mkdir()
    light = np.random.default_rng(1).normal(2, 1, (3, 40, 40)).astype(np.float32)
    fits.writeto(tmp_path / "fits" / "a.fits", light)
    ran = tuningfork(
        "collection", "create", tmp_path / "fits", "--out", tmp_path / "c", "--stretch", "asinh:low=1,high=5"
    )
    assert ran.code == 0, ran.err
    stretch = tuningfork("collection", "info", tmp_path / "c", "--json").json["stretch"]
    assert (stretch["kind"], stretch["low"], stretch["high"]) == ("asinh", 1.0, 5.0)


def test_a_wrong_stretch_is_wrong_usage(tuningfork, folder, tmp_path):
    for wrong in ("asin", "asinh:lo=1", "asinh:low", "asinh:low=a"):
        ran = tuningfork("collection", "create", folder, "--out", tmp_path / "c", "--stretch", wrong)
        assert (ran.code, len(ran.err.splitlines())) == (2, 1), ran.err


def test_pictures_and_flux_in_one_folder_are_told_apart_with_the_way_out(tuningfork, folder, tmp_path):
    both = tmp_path / "both"
    both.mkdir()
    for number in range(6):
        shutil.copy(folder / f"g{number:02d}.png", both)
    for number in range(3):
        fits.writeto(both / f"f{number}.fits", np.ones((32, 32), "f4"))
    (both / "broken.png").write_bytes(b"nothing")
    ran = tuningfork("collection", "create", both, "--out", tmp_path / "out")
    said = [line for line in ran.err.splitlines() if line.startswith("not imported")]
    assert len(said) == 2
    assert said[0].startswith("not imported: f0.fits: it is of linear flux")
    assert said[0].endswith("from a folder of their own (and 2 more such lines)")
    assert "broken.png" in said[1]


def test_only_files_of_a_name(tuningfork, folder, tmp_path):
    create = ("collection", "create", folder, "--only", "g0[1-3].png", "--only", "G11*")
    ran = tuningfork(*create, "--out", tmp_path / "c", "--json")
    assert (ran.code, ran.json["galaxies"], ran.json["passed_over"]) == (0, 4, 9), ran.err
    assert ran.json["rejected"] == []
    assert "images that --only passes over: 9\n" in tuningfork(*create, "--out", tmp_path / "d").err
    refused = tuningfork("collection", "add", tmp_path / "c", folder, "--only", "../*")
    assert refused.code == 2
    assert "no pattern of names inside the source" in refused.err
