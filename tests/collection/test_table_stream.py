"""Tables written piece by piece hold what tables written at once hold, and appear whole or not at all."""

import numpy as np
import pyarrow as pa
import pytest

from tuningfork.collection import read_table
from tuningfork.collection.table_stream import table_stream
from tuningfork.collection.vectors import VectorTable
from tuningfork.errors import UsageError

SCHEMA = pa.schema(
    [("id", pa.large_string()), ("label", pa.string()), ("p", pa.float32()), ("sure", pa.bool_())]
)


def piece(start: int, count: int) -> pa.Table:
    """Rows whose texts grow, with a null and an accent."""
    rows = range(start, start + count)
    return pa.table(
        {
            "id": pa.array(["g" * (row + 1) for row in rows], pa.large_string()),
            "label": pa.array([None if row == 1 else f"=é{row}" for row in rows], pa.string()),
            "p": pa.array([None if row == 1 else row / 7 for row in rows], pa.float32()),
            "sure": pa.array([row % 2 == 0 for row in rows]),
        },
        schema=SCHEMA,
    )


@pytest.mark.parametrize("name", ["t.parquet", "t.csv", "t.tsv", "t.fits", "t.fits.gz", "t.vot", "t.ecsv"])
def test_pieces_make_a_table(tmp_path, name):
    with table_stream(tmp_path / name, SCHEMA) as stream:
        stream.write(piece(0, 3))
        stream.write(piece(3, 4))
    table = read_table(tmp_path / name)
    assert table.column_names == SCHEMA.names
    assert table["id"].to_pylist() == ["g" * (row + 1) for row in range(7)]
    safe = "'" if name in ("t.csv", "t.tsv") else ""
    assert table["label"].to_pylist() == [None if row == 1 else f"{safe}=é{row}" for row in range(7)]
    np.testing.assert_allclose(np.array(table["p"].to_pylist(), float)[2:], np.arange(2, 7) / 7, rtol=1e-6)
    assert table["sure"].to_pylist() == [row % 2 == 0 for row in range(7)]
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_fits_is_as_the_standard_wants_it(tmp_path):
    from astropy.io import fits

    with table_stream(tmp_path / "t.fits", SCHEMA) as stream:
        stream.write(piece(0, 500))
    assert (tmp_path / "t.fits").stat().st_size % 2880 == 0
    with fits.open(tmp_path / "t.fits") as file:
        file.verify("exception")
        assert (len(file[1].data), file[1].columns["id"].format) == (500, "500A")


@pytest.mark.parametrize("name", ["t.fits", "t.csv", "t.parquet"])
def test_an_end_in_the_middle_leaves_the_old_file(tmp_path, name):
    (tmp_path / name).write_text("old")

    def broken_off():
        with table_stream(tmp_path / name, SCHEMA) as stream:
            stream.write(piece(0, 3))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "old"


def test_what_fits_cannot_name_is_refused(tmp_path):
    with (
        pytest.raises(UsageError, match="cannot name a column 'p_é'"),
        table_stream(tmp_path / "t.fits", pa.schema([("p_é", pa.float32())])),
    ):
        pass


def test_vectors_come_in_blocks_in_the_order_asked(tmp_path):
    table = VectorTable(tmp_path / "k.lance", "k")
    ids = pa.array(["c", "nobody", "a", "b"], pa.large_string())
    assert [v.shape for _, v in table.in_order(ids, 3)] == [(3, 0), (1, 0)]
    table.append(["a", "b", "c"], np.arange(6.0).reshape(3, 2))
    blocks = list(table.in_order(ids, 3))
    assert [block.to_pylist() for block, _ in blocks] == [["c", "nobody", "a"], ["b"]]
    np.testing.assert_array_equal(
        np.concatenate([v for _, v in blocks]), [[4, 5], [np.nan, np.nan], [0, 1], [2, 3]]
    )
