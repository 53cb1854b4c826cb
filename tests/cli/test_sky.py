"""The sky from the command line."""

import pyarrow as pa
import pytest

from tests.collection.made import write_jpegs
from tuningfork.cli.collection.sky import _tell
from tuningfork.collection import create_collection


@pytest.fixture
def placed(tmp_path):
    write_jpegs(tmp_path / "in", 3)
    rows = ["g000,g000.jpg,150.1,-2.2", "g001,g001.jpg,150.1001,-2.2", "g002,g002.jpg,10,5"]
    (tmp_path / "in" / "catalogue.csv").write_text("\n".join(["id,file,ra,dec", *rows]))
    create_collection(tmp_path / "in", tmp_path / "c", quiet=True)
    return tmp_path / "c"


def test_cone_and_nearest_take_degrees_and_sexagesimal(tuningfork, placed):
    asked = ("--ra", "10:00:24.0", "--dec", "-02:12:00", "--json")
    ran = tuningfork("collection", "cone", placed, *asked, "--radius", "5")
    assert [hit["id"] for hit in ran.json["results"]] == ["g000", "g001"]
    assert ran.json["results"][1]["separation"] == pytest.approx(0.36, abs=0.01)
    ran = tuningfork("collection", "nearest", placed, "--ra", "10.0", "--dec", "5", "-k", "1")
    assert "g002" in ran.out
    assert "1 galaxy" in ran.err


def test_match_writes_a_table(tuningfork, placed, tmp_path):
    (tmp_path / "z.csv").write_text("ra,dec,z\n10.0,5.0,0.5\n")
    ran = tuningfork("collection", "match", placed, tmp_path / "z.csv", "--out", tmp_path / "pairs.vot")
    assert (ran.code, ran.out) == (0, "")
    from tuningfork.collection.tables import read_table

    assert read_table(tmp_path / "pairs.vot").to_pylist()[0]["other_z"] == 0.5
    words = ("collection", "match", placed, tmp_path / "z.csv", "--out", tmp_path / "again.csv", "--json")
    assert len(tuningfork(*words).json["results"]) == 1
    assert (tmp_path / "again.csv").is_file()


@pytest.mark.parametrize(("count", "cut"), [(50, False), (51, True)])
def test_a_long_list_says_that_it_was_cut(capsys, count, cut):
    numbers = list(range(count))
    found = pa.table({name: numbers for name in ("row", "id", "ra", "dec", "separation")})
    _tell(found, f"{count} galaxies", out=None, quiet=False, as_json=False)
    out, err = capsys.readouterr()
    assert err == f"{count} galaxies{', the first 50 shown' if cut else ''}\n"
    assert len([line for line in out.splitlines() if line[:1].isdigit() or line[:2].strip().isdigit()]) == 50


def test_group_and_bad_positions(tuningfork, placed):
    assert tuningfork("collection", "group", placed, "--json").json == {
        "galaxies": 3, "groups": 2, "shared": 1, "members": 2,
    }  # fmt: skip
    ran = tuningfork("collection", "cone", placed, "--ra", "M51", "--dec", "1", "--radius", "1")
    assert ran.code == 2
    assert "no right ascension" in ran.err
