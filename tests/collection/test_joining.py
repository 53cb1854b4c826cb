"""Columns of another table, by id."""

import pyarrow as pa
import pytest

from tests.collection.made import write_jpegs
from tuningfork.collection import (
    Collection,
    add_to_collection,
    create_collection,
    join_catalogue,
    write_table,
)
from tuningfork.errors import CatalogueError, UnknownNameError


@pytest.fixture
def galaxies(tmp_path):
    write_jpegs(tmp_path / "in", 3)
    return create_collection(tmp_path / "in", tmp_path / "out", quiet=True).collection


def test_rows_find_their_galaxies_whatever_their_order(galaxies, tmp_path):
    field = pa.field("size", pa.float64(), metadata={"unit": "arcsec"})
    table = pa.table(
        [["g002", "nobody", "g000"], [2.0, 9.0, 0.5], [7, 8, 9]],
        schema=pa.schema([pa.field("objid", pa.string()), field, pa.field("ra", pa.int64())]),
    )
    write_table(table, tmp_path / "sizes.fits")
    report = join_catalogue(galaxies, tmp_path / "sizes.fits")
    assert (report.columns, report.matched, report.unmatched) == (("size", "catalogue_ra"), 2, 1)
    after = Collection.open(galaxies.path)
    assert after.catalogue(["id", "size"]).to_pydict() == {
        "id": ["g000", "g001", "g002"],
        "size": [0.5, None, 2.0],
    }
    assert after.catalogue(["size"]).schema.field("size").metadata[b"unit"] == b"arcsec"
    assert after.pixels([2])[0].shape == (48, 48, 3)


def test_galaxies_added_later_have_nulls(galaxies, tmp_path):
    join_catalogue(galaxies, pa.table({"id": ["g001"], "z": [0.1]}))
    write_jpegs(tmp_path / "more", 1, start=3)
    later = add_to_collection(galaxies, tmp_path / "more", quiet=True).collection
    assert later.catalogue(["z"])["z"].to_pylist() == [None, 0.1, None, None]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"id": ["g000", "g000"], "z": [1, 2]}, "the id 'g000' stands in more than one row"),
        ({"id": ["x"], "z": [1]}, r"none of its 1 ids is in the collection \(the first: x\)"),
        ({"id": ["g000"], "source": [1], "width": [1]}, None),
        ({"id": ["g000"]}, "there is no column to add"),
        ({"number": ["g000"], "z": [1]}, "no column tells the id"),
        ({"id": pa.array([], pa.string()), "z": pa.array([], pa.int64())}, "the table has no rows"),
    ],
)
def test_what_cannot_be_joined_is_said(galaxies, table, message):
    if message is None:  # a name of ours becomes another
        assert join_catalogue(galaxies, pa.table(table)).columns == ("catalogue_source", "catalogue_width")
        return
    with pytest.raises(CatalogueError, match=message):
        join_catalogue(galaxies, pa.table(table))


def test_a_column_that_is_there_is_not_written_over(galaxies):
    join_catalogue(galaxies, pa.table({"id": ["g001"], "z": [0.1]}))
    with pytest.raises(CatalogueError, match="has a column 'z' already"):
        join_catalogue(Collection.open(galaxies.path), pa.table({"id": ["g001"], "z": [0.2]}))
    with pytest.raises(UnknownNameError, match="unknown column 'zed'"):
        join_catalogue(galaxies, pa.table({"id": ["g001"], "z": [0.2]}), columns=["zed"])


def test_positions_become_the_galaxies_own_where_there_are_none(galaxies):
    table = pa.table(
        {"id": ["g002", "g000"], "RA": ["10:00:24", "150.5"], "dec": ["+02:12:00", "95"], "z": [1, 2]}
    )
    report = join_catalogue(galaxies, table)
    assert (report.columns, report.placed) == (("catalogue_RA", "z"), 1)
    after = Collection.open(galaxies.path)
    assert after.info()["positions"] == 1
    assert after.catalogue(["ra", "dec"]).to_pydict() == {
        "ra": [None, None, pytest.approx(150.1)],
        "dec": [None, None, pytest.approx(2.2)],
    }
    assert after.pixels([2])[0].shape == (48, 48, 3)
    again = join_catalogue(after, pa.table({"id": ["g001"], "ra": [1.0], "dec": [2.0]}))
    assert (again.columns, again.placed) == (("catalogue_ra", "catalogue_dec"), 0)


def test_a_table_of_positions_alone_can_be_joined(galaxies):
    report = join_catalogue(galaxies, pa.table({"id": ["g001"], "ra": [1.0], "dec": [2.0]}))
    assert (report.columns, report.placed) == ((), 1)
    assert Collection.open(galaxies.path).catalogue(["ra"])["ra"].to_pylist() == [None, 1.0, None]


def test_a_collection_that_was_opened_before_does_not_lose_what_came_since(galaxies):
    """The same object is joined with twice, as in a notebook: the second table's positions are not taken."""
    first = pa.table({"id": ["g000"], "ra": [10.0], "dec": [1.0]})
    assert join_catalogue(galaxies, first).placed == 1
    again = join_catalogue(
        galaxies, pa.table({"id": ["g000", "g001"], "ra": [99.0, 98.0], "dec": [9.0, 8.0]})
    )
    assert (again.columns, again.placed) == (("catalogue_ra", "catalogue_dec"), 0)
    assert Collection.open(galaxies.path).catalogue(["ra"])["ra"].to_pylist() == [10.0, None, None]
    with pytest.raises(CatalogueError, match="has a column 'catalogue_ra' already"):
        join_catalogue(galaxies, first)
