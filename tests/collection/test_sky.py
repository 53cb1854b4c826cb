"""A collection on the sky: cones, nearest, matches with tables and collections, groups."""

import numpy as np
import pyarrow as pa
import pytest

from tests.collection.made import write_jpegs
from tuningfork.collection import Collection, create_collection
from tuningfork.collection.sky import cone_search, group_by_sky, match_sky, nearest_on_sky
from tuningfork.errors import CatalogueError, CollectionError

ARCSEC = 1 / 3600
# g0 and g1 2 arcsec apart over RA = 0, g2 2 more; g3 alone; g4 without a position
RA, DEC = ["0.0", f"{360 - 2 * ARCSEC}", f"{360 - 4 * ARCSEC}", "180.0", ""], ["0", "0", "0", "45.5", ""]


@pytest.fixture
def galaxies(tmp_path):
    files = write_jpegs(tmp_path / "in", 5)
    rows = [f"{file[:-4]},{file},{ra},{dec}" for file, ra, dec in zip(files, RA, DEC, strict=True)]
    (tmp_path / "in" / "catalogue.csv").write_text("\n".join(["id,file,ra,dec", *rows]))
    return create_collection(tmp_path / "in", tmp_path / "c", quiet=True).collection


def test_a_cone_goes_over_the_turn_of_right_ascension(galaxies):
    found = cone_search(galaxies, 360 - ARCSEC, 0.0, 1.5)
    assert sorted(found["id"].to_pylist()) == ["g000", "g001"]
    np.testing.assert_allclose(found["separation"].to_numpy(), 1.0, atol=1e-6)
    assert len(cone_search(galaxies, 100, 0, 5)) == 0


def test_nearest(galaxies):
    assert nearest_on_sky(galaxies, 0.0, 0.0, k=3)["id"].to_pylist() == ["g000", "g001", "g002"]
    assert nearest_on_sky(galaxies, 180, 45, k=9, arcsec=3600)["id"].to_pylist() == ["g003"]


def test_groups_are_chains_and_survive_another_opening(galaxies):
    report = group_by_sky(galaxies)
    assert (report.galaxies, report.groups, report.shared, report.members) == (4, 2, 1, 3)
    table = Collection.open(galaxies.path).catalogue(["id", "sky_group"])
    assert table["sky_group"].to_pylist() == [0, 0, 0, 1, None]
    group_by_sky(Collection.open(galaxies.path), arcsec=1)
    assert Collection.open(galaxies.path).catalogue(["sky_group"])["sky_group"].to_pylist() == [
        0,
        1,
        2,
        3,
        None,
    ]


def test_a_table_is_matched_with_its_columns(galaxies, tmp_path):
    (tmp_path / "z.csv").write_text("RA,DEC,z\n12:00:00.0,+45:30:00,0.1\n12:00:00.1,+45:30:00,0.2\n5,5,0.3\n")
    best = match_sky(galaxies, tmp_path / "z.csv", arcsec=5).to_pylist()
    assert [(row["id"], row["other_row"], row["other_z"]) for row in best] == [("g003", 1, 0.1)]
    every = match_sky(galaxies, tmp_path / "z.csv", arcsec=5, every=True)
    assert every["other_z"].to_pylist() == [0.1, 0.2]
    assert every["separation"].to_pylist() == pytest.approx([0, 1.5 * np.cos(np.radians(45.5))], abs=1e-3)


def test_a_collection_is_matched_with_itself(galaxies):
    pairs = match_sky(galaxies, galaxies.path, arcsec=2.5, every=True).to_pylist()
    assert len(pairs) == 4 + 2 * 2
    assert pairs[0]["other_id"] == "g000"


def test_what_has_no_positions_says_so(galaxies, tmp_path):
    (tmp_path / "no.csv").write_text("name,x\na,1\n")
    with pytest.raises(CatalogueError, match="no columns of positions"):
        match_sky(galaxies, tmp_path / "no.csv", arcsec=1)
    with pytest.raises(CatalogueError, match="no row has a position"):
        match_sky(galaxies, pa.table({"ra": [np.nan], "dec": [99.0]}), arcsec=1)
    write_jpegs(tmp_path / "bare", 2)
    bare = create_collection(tmp_path / "bare", tmp_path / "b", quiet=True).collection
    with pytest.raises(CollectionError, match="no galaxy of this collection has a position"):
        cone_search(bare, 0, 0, 1)
