"""Tables in and out."""

import csv
import warnings

import numpy as np
import pyarrow as pa
import pytest

from tests.collection.made import write_jpegs
from tuningfork.collection import create_collection, export_catalogue, read_table, write_table
from tuningfork.errors import CatalogueError, TuningforkError, UnknownNameError, UsageError

TABLE = pa.table(
    {
        "id": ["a", "b", "c"],
        "n": pa.array([1, None, -3], pa.int64()),
        "x": pa.array([1.5, -2.25, 1e-9], pa.float64()),
        "ok": [True, False, True],
        "word": ["ring", None, 'naïve, "quoted"'],
    }
)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet", "fits", "vot", "ecsv"])
def test_round_trip(tmp_path, suffix):
    write_table(TABLE.drop_columns(["ok"]) if suffix == "vot" else TABLE, tmp_path / f"t.{suffix}")
    back = read_table(tmp_path / f"t.{suffix}")
    for name in back.column_names:
        assert back[name].to_pylist() == TABLE[name].to_pylist(), name
    assert back["n"].type == pa.int64()


@pytest.mark.parametrize("suffix", ["fits", "vot", "ecsv"])
def test_dates_and_times_become_text(tmp_path, suffix):
    (tmp_path / "t.csv").write_text("id,day,hms,at\na,2020-01-02,12:34:56,2020-01-02T03:04:05\nb,,,\n")
    write_table(read_table(tmp_path / "t.csv"), tmp_path / f"t.{suffix}")
    back = read_table(tmp_path / f"t.{suffix}").to_pydict()
    assert back["day"] == ["2020-01-02", None]
    assert back["hms"] == ["12:34:56", None]
    assert back["at"][0].startswith("2020-01-02 03:04:05")


@pytest.mark.parametrize("suffix", ["fits", "vot", "ecsv"])
def test_small_large_and_missing_values_survive(tmp_path, suffix):
    columns = {
        "small": pa.array([1, None, -1], pa.int8()),
        "large": pa.array([1, None, 2**40], pa.uint64()),
        "ok": pa.array([True, None, False]),
    }
    write_table(pa.table(columns), tmp_path / f"t.{suffix}")
    back = read_table(tmp_path / f"t.{suffix}")
    for name, column in columns.items():
        assert back[name].to_pylist() == column.to_pylist(), name


@pytest.mark.parametrize("suffix", ["fits", "vot", "ecsv"])
def test_numbers_at_the_edge_of_their_types_survive(tmp_path, suffix):
    table = pa.table(
        {
            "huge": pa.array([2**64 - 1, None], pa.uint64()),
            "half": pa.array([np.float16(65504), None], pa.float16()),
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_table(table, tmp_path / f"t.{suffix}")
    back = read_table(tmp_path / f"t.{suffix}").to_pydict()
    assert back["huge"] == ([str(2**64 - 1), None] if suffix == "vot" else [2**64 - 1, None])
    assert back["half"] == [65504.0, None]


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_formulas_are_disarmed_and_numbers_are_not(tmp_path, suffix):
    cells = ["=1+1", "+cmd", "-2+3", "@x", "\tx", "\rx", "-1.5", "+3e-4", "plain", "a=b", None, "-"]
    write_table(
        pa.table({"text": cells, "number": pa.array([-1.0] * 12), "=name": cells}), tmp_path / f"t.{suffix}"
    )
    with (tmp_path / f"t.{suffix}").open(newline="") as file:
        rows = list(csv.reader(file, delimiter="," if suffix == "csv" else "\t"))
    assert rows[0] == ["text", "number", "'=name"]
    assert [row[0] for row in rows[1:]] == [
        "'=1+1",
        "'+cmd",
        "'-2+3",
        "'@x",
        "'\tx",
        "'\rx",
        "-1.5",
        "+3e-4",
        "plain",
        "a=b",
        "",
        "'-",
    ]
    assert {float(row[1]) for row in rows[1:]} == {-1.0}


def test_lists_become_text_in_csv(tmp_path):
    write_table(pa.table({"id": ["x", "y", "z"], "flags": [["a", "=b"], [], None]}), tmp_path / "t.csv")
    assert read_table(tmp_path / "t.csv")["flags"].to_pylist() == ["a;=b", None, None]


def test_text_columns_keep_zeros(tmp_path):
    (tmp_path / "t.csv").write_text("id,n\n007,1\n")
    assert read_table(tmp_path / "t.csv")["id"].to_pylist() == [7]
    assert read_table(tmp_path / "t.csv", text_columns=["id"])["id"].to_pylist() == ["007"]


@pytest.mark.parametrize("raw", [b"\xef\xbb\xbfid,word\na,caf\xc3\xa9\n", b"id,word\na,caf\xe9\n"])
def test_encodings(tmp_path, raw):
    (tmp_path / "t.csv").write_bytes(raw)
    assert read_table(tmp_path / "t.csv").to_pylist() == [{"id": "a", "word": "café"}]


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("t.csv", b""),
        ("t.csv", b"a,b\n1,2\n1,2,3\n"),
        ("t.csv", b"a,a\n1,2\n"),
        ("t.parquet", b"rubbish"),
        ("t.fits", b"rubbish"),
        ("t.vot", b"<html></html>"),
        ("t.ecsv", b"\0\1\2"),
        ("t.docx", b"x"),
    ],
)
def test_damaged_tables_are_named(tmp_path, name, raw):
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(CatalogueError, match=name):
        read_table(tmp_path / name)


def test_missing_and_unknown(tmp_path):
    with pytest.raises(CatalogueError, match="no such catalogue"):
        read_table(tmp_path / "t.csv")
    with pytest.raises(UsageError, match=r"\.csv"):
        write_table(TABLE, tmp_path / "t.docx")
    (tmp_path / "file").touch()
    with pytest.raises(TuningforkError, match="cannot write"):
        write_table(TABLE, tmp_path / "file" / "t.csv")


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    write_table(TABLE, tmp_path / "t.csv")
    before = (tmp_path / "t.csv").read_bytes()
    monkeypatch.setattr(
        "pyarrow.csv.write_csv",
        lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space left on device")),
    )
    with pytest.raises(TuningforkError, match="No space left"):
        write_table(TABLE, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]


@pytest.mark.parametrize("suffix", ["csv", "parquet", "fits", "vot", "ecsv"])
def test_a_collections_catalogue_is_exported(tmp_path, suffix):
    write_jpegs(tmp_path / "in", 3)
    collection = create_collection(tmp_path / "in", tmp_path / "out", quiet=True).collection
    out = export_catalogue(collection, tmp_path / f"sample.{suffix}")
    table = read_table(out)
    assert table["id"].to_pylist() == ["g000", "g001", "g002"]
    assert table["width"].to_pylist() == [48, 48, 48]
    assert table["ra"].to_pylist() == [None, None, None]
    export_catalogue(collection, out, columns=["height", "id"])
    assert read_table(out).column_names == ["height", "id"]
    with pytest.raises(UnknownNameError):
        export_catalogue(collection, out, columns=["hieght"])


@pytest.mark.parametrize("suffix", [".fits", ".vot", ".ecsv"])
def test_units_and_descriptions_go_through_a_collection(tmp_path, suffix):
    from astropy import units
    from astropy.table import Table

    names = write_jpegs(tmp_path / "in", 2)
    table = Table({"file": names, "size": [1.5, 2.5] * units.arcsec})
    table["size"].description = "half-light radius"
    table.write(tmp_path / "in" / "table.fits")
    collection = create_collection(tmp_path / "in", tmp_path / "out", quiet=True).collection
    export_catalogue(collection, tmp_path / f"back{suffix}")
    back = Table.read(tmp_path / f"back{suffix}")
    assert back["size"].unit == units.arcsec
    if suffix != ".fits":  # a table of FITS has no place for descriptions that astropy would write
        assert back["size"].description == "half-light radius"


@pytest.mark.parametrize("suffix", [".fits", ".vot", ".ecsv"])
def test_a_unit_that_nobody_knows_is_kept_as_it_is_written(tmp_path, suffix):
    meaning = {"unit": "bananas per (fortnight", "description": ""}
    field = pa.field("x", pa.float64(), metadata=meaning)
    write_table(pa.table([[1.0, 2.0]], schema=pa.schema([field])), tmp_path / f"t{suffix}")
    assert (
        read_table(tmp_path / f"t{suffix}").schema.field("x").metadata[b"unit"] == b"bananas per (fortnight"
    )
