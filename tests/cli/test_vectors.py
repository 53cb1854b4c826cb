"""embed, embeddings export and search from the command line."""

from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tuningfork.cli._forward import tell_run
from tuningfork.collection import read_table


def test_embed_goes_on_where_it_ended(tuningfork, galaxies, tiny):
    first = tuningfork("embed", galaxies, "--encoder", tiny, "--json")
    assert (first.code, first.json["done"], first.json["already"]) == (0, 12, 0)
    again = tuningfork("embed", galaxies, "--encoder", tiny)
    assert (again.code, again.out) == (0, "")
    assert "0 galaxies embedded, 12 were there" in again.err
    info = tuningfork("collection", "info", galaxies, "--json").json
    assert info["embeddings"] == {first.json["key"]: 12}


def test_eight_views_have_a_key_of_their_own(tuningfork, embedded, tiny):
    ran = tuningfork("embed", embedded, "--encoder", tiny, "--views", "8", "--batch-size", "4", "--json")
    assert ran.json["done"] == 12
    assert len(tuningfork("collection", "info", embedded, "--json").json["embeddings"]) == 2


def test_an_unknown_encoder_gets_the_nearest(tuningfork, galaxies):
    ran = tuningfork("embed", galaxies, "--encoder", "lvm-tinny")
    assert ran.code == 2
    assert "Did you mean lvm-tiny" in ran.err


def test_export_is_parquet_with_fixed_size_lists(tuningfork, embedded, tiny, tmp_path):
    out = tmp_path / "v.parquet"
    ran = tuningfork("embeddings", "export", embedded, "--encoder", tiny, "--out", out, "--json")
    assert ran.json == {"file": str(out), "rows": 12}
    table = pq.read_table(out)
    assert table.column_names == ["id", "embedding"]
    assert pa.types.is_fixed_size_list(table.schema.field("embedding").type)


def test_search_by_id(tuningfork, embedded):
    ran = tuningfork("search", embedded, "--id", "g03", "-k", "3", "--json")
    assert set(ran.json) == {"results", "exact", "recall"}
    hits = ran.json["results"]
    assert [set(hit) for hit in hits] == [{"id", "score"}] * 3
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    assert "g03" not in {hit["id"] for hit in hits}


def test_search_by_image_with_a_sheet(tuningfork, embedded, folder, tmp_path):
    sheet = tmp_path / "like.png"
    ran = tuningfork(
        "search", embedded, "--image", folder / "g05.png", "--negative", "g11", "-k", "4", "--sheet", sheet
    )
    assert ran.code == 0
    assert ran.out.split()[:2] == ["id", "score"]
    assert "g05" in ran.out
    with Image.open(sheet) as picture:
        assert min(picture.size) >= 128


def test_search_without_embeddings_names_the_command(tuningfork, galaxies):
    ran = tuningfork("search", galaxies, "--id", "g03")
    assert ran.code == 3
    assert "tuningfork embed" in ran.err


def test_search_for_an_unknown_id(tuningfork, embedded):
    ran = tuningfork("search", embedded, "--id", "g3")
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)


def test_an_image_that_is_none_is_bad_data(tuningfork, embedded, folder):
    ran = tuningfork("search", embedded, "--image", folder / "broken.png")
    assert ran.code == 3
    assert "broken.png" in ran.err


def test_search_with_a_filter_columns_and_a_table(tuningfork, embedded, tmp_path):
    out = tmp_path / "like.VOT"  # as some systems write it
    ran = tuningfork(
        *("search", embedded, "--id", "g03", "--where", "id IN ('g01', 'g02')", "--columns", "width"),
        *("--out", out, "--json"),
    )
    assert ran.code == 0
    assert {hit["id"] for hit in ran.json["results"]} == {"g01", "g02"}
    assert all(set(hit) == {"id", "score", "width"} for hit in ran.json["results"])
    assert read_table(out)["rank"].to_pylist() == [1, 2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--where", "wdth > 3"], "Did you mean width"),
        (["--columns", "wdth"], "Did you mean width"),
        (["--out", "like.docx"], "not a kind of table"),
        (["--ra", "10"], "--ra and --dec"),
        (["--ra", "ten", "--dec", "3"], "no right ascension"),
    ],
)
def test_a_search_that_cannot_be_is_a_wrong_call(tuningfork, embedded, options, said):
    ran = tuningfork("search", embedded, "--id", "g03", *options)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert len(ran.err.strip().splitlines()) == 1


def test_an_index_for_a_handful_is_refused(tuningfork, embedded):
    ran = tuningfork("embeddings", "index", embedded)
    assert ran.code == 2
    assert "of no use" in ran.err


def test_a_map_for_no_table_is_refused_before_it_is_made(tuningfork, embedded):
    ran = tuningfork("map", embedded, "--method", "pca", "--out", "map.docx")
    assert (ran.code, "not a kind of table" in ran.err) == (2, True)
    assert not (embedded / "maps").exists()


def test_three_of_those_left_out_are_named_and_all_counted(capsys):
    report = SimpleNamespace(remarks=("a remark",), done=10, already=2, seconds=2.0)
    tell_run(report, [(f"g{k}", "dark") for k in range(5)], "embedded", key="tiny-1: ")
    said = capsys.readouterr().err.splitlines()
    assert said[:-1] == ["a remark", *(f"not embedded: g{k}: dark" for k in range(3))]
    assert said[-1] == "tiny-1: 10 galaxies embedded at 5/s, 2 were there, 5 left out"


def test_a_map_with_a_table_and_a_picture(tuningfork, embedded, tmp_path):
    out, sheet = tmp_path / "map.csv", tmp_path / "map.png"
    ran = tuningfork("map", embedded, "--method", "pca", "--out", out, "--sheet", sheet, "--json")
    assert (ran.code, ran.json["galaxies"], ran.json["complete"]) == (0, 12, True)
    assert read_table(out).column_names == ["id", "x", "y"]
    with Image.open(sheet) as picture:
        assert min(picture.size) > 100
