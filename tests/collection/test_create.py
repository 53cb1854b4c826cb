"""Importing: folders, catalogues, positions, refusals, going on and doing nothing twice."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.collection.made import galaxy, write_cubes, write_jpegs
from tuningfork.collection import Collection, add_to_collection, create_collection, read_table, write_table
from tuningfork.errors import BusyError, CatalogueError, CollectionError, UnknownNameError, UsageError
from tuningfork.files import only_writer
from tuningfork.images import LegacyRGB, Linear, decode


def create(source, out, **settings):
    return create_collection(source, out, quiet=True, workers=2, **settings)


def test_a_bare_folder(tmp_path):
    write_jpegs(tmp_path / "in", 5)
    report = create(tmp_path / "in", tmp_path / "out")
    collection = report.collection
    assert (report.added, report.already, report.rejected) == (5, 0, [])
    assert collection.ids().tolist() == ["g000", "g001", "g002", "g003", "g004"]
    assert (collection.name, collection.bands, collection.stretch) == (
        "out",
        ("blue", "green", "red"),
        Linear(),
    )
    stored = collection.pixels([3])[0]
    np.testing.assert_array_equal(stored, decode((tmp_path / "in" / "g003.jpg").read_bytes(), name="x"))


def test_a_second_run_adds_nothing_and_a_new_file_is_added(tmp_path):
    write_jpegs(tmp_path / "in", 5)
    create(tmp_path / "in", tmp_path / "out")
    again = create(tmp_path / "in", tmp_path / "out")
    assert (again.added, again.already) == (0, 5)
    before = again.collection.version, again.collection.fingerprint()
    write_jpegs(tmp_path / "in", 1, start=5)
    more = create(tmp_path / "in", tmp_path / "out")
    assert (more.added, more.already) == (1, 5)
    assert (more.collection.version, more.collection.fingerprint()) != before


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet", "fits", "vot", "ecsv"])
def test_a_catalogue_in_every_format_is_found_and_keeps_its_types(tmp_path, suffix):
    names = write_jpegs(tmp_path / "in" / "images", 3)
    table = pa.table(
        {
            "id": ["a", "b", "c"],
            "file": [f"images/{name}" for name in names],
            "RA": [1.5, 2.5, 3.5],
            "DEC": [-1.0, 0.0, 1.0],
            "votes": pa.array([3, None, 2**40 + 1], pa.int64()),
            "label": ["ring", None, "bar"],
        }
    )
    write_table(table, tmp_path / "in" / f"catalogue.{suffix}")
    collection = create(tmp_path / "in", tmp_path / "out").collection
    kept = collection.catalogue(["id", "ra", "dec", "votes", "label", "file"])
    assert kept["votes"].type == pa.int64()
    assert kept["votes"].to_pylist() == [3, None, 2**40 + 1]
    assert kept["label"].to_pylist() == ["ring", None, "bar"]
    assert kept["ra"].to_pylist() == [1.5, 2.5, 3.5]
    assert collection.ids().tolist() == ["a", "b", "c"]


def test_ids_keep_their_zeros_and_other_columns_their_numbers(tmp_path):
    write_jpegs(tmp_path / "in", 2)
    (tmp_path / "in" / "cat.csv").write_text("objid,filename,name\n007,g000.jpg,12\n008,g001.jpg,13\n")
    collection = create(tmp_path / "in", tmp_path / "out").collection
    assert collection.ids().tolist() == ["007", "008"]
    assert collection.catalogue(["objid"])["objid"].to_pylist() == ["007", "008"]


def test_bad_rows_are_named_and_the_rest_goes_on(tmp_path):
    write_jpegs(tmp_path / "in", 3)
    write_jpegs(tmp_path / "outside", 1)
    (tmp_path / "in" / "link.jpg").symlink_to("/dev/zero")
    (tmp_path / "in" / "cut.jpg").write_bytes((tmp_path / "in" / "g000.jpg").read_bytes()[:300])
    (tmp_path / "in" / "empty.jpg").touch()
    write_jpegs(tmp_path / "in", 1, start=3)
    rows = [
        "a,g000.jpg",
        ",g001.jpg",
        "a,g001.jpg",
        "c,none.jpg",
        "d,../outside/g000.jpg",
        f"e,{tmp_path}/outside/g000.jpg",
    ]
    rows += ["f,link.jpg", "g,cut.jpg", "h,", "i,empty.jpg", "j,g002.jpg"]
    (tmp_path / "in" / "catalogue.csv").write_text("id,file\n" + "\n".join(rows) + "\n")
    report = create(tmp_path / "in", tmp_path / "out")
    assert report.collection.ids().tolist() == ["a", "j"]
    reasons = {r.row: r.reason for r in report.rejected}
    assert "id is empty" in reasons[2]
    assert "row 1" in reasons[3]
    assert "no file 'none.jpg'" in reasons[4]
    assert all("leaves the folder" in reasons[row] for row in (5, 6))
    assert reasons[7] == "'link.jpg' is not an ordinary file"
    assert "truncated" in reasons[8]
    assert "file name is empty" in reasons[9]
    assert "empty" in reasons[10]
    written = read_table(tmp_path / "out" / "rejected.csv")
    assert sorted(written["row"].to_pylist()) == sorted(reasons)
    assert report.unlisted == 1  # g003.jpg


def test_a_linked_folder_that_leads_outside_is_refused(tmp_path):
    write_jpegs(tmp_path / "in", 1)
    write_jpegs(tmp_path / "outside", 1)
    (tmp_path / "in" / "sub").symlink_to(tmp_path / "outside")
    (tmp_path / "in" / "cat.csv").write_text("id,file\na,g000.jpg\nb,sub/g000.jpg\n")
    report = create(tmp_path / "in", tmp_path / "out")
    assert report.collection.ids().tolist() == ["a"]
    (row, by_name), (_, by_folder) = [(r.row, r.reason) for r in report.rejected]
    assert row == 2
    assert by_name.startswith("the file name 'sub/g000.jpg' leaves the folder: 'sub' is a link to the folder")
    assert f"{tmp_path}/outside, which is not followed" in by_folder


def test_a_folder_of_links_to_files_elsewhere_is_a_folder_of_images(tmp_path):
    write_jpegs(tmp_path / "disk", 3)
    (tmp_path / "in").mkdir()
    for name in ("g000.jpg", "g002.jpg"):
        (tmp_path / "in" / name).symlink_to(tmp_path / "disk" / name)
    (tmp_path / "in" / "lost.jpg").symlink_to(tmp_path / "disk" / "gone.jpg")
    (tmp_path / "in" / "secret.jpg").symlink_to("/etc/passwd")
    report = create(tmp_path / "in", tmp_path / "out")
    assert report.collection.ids().tolist() == ["g000", "g002"]
    reasons = {r.file: r.reason for r in report.rejected}
    assert sorted(reasons) == ["lost.jpg", "secret.jpg"]  # what is no image stays outside
    assert reasons["lost.jpg"] == f"'lost.jpg' is a link to {tmp_path}/disk/gone.jpg, where there is no file"


def test_without_a_file_column_stems_are_matched(tmp_path):
    write_jpegs(tmp_path / "in" / "deep" / "er", 2)
    (tmp_path / "in" / "cat.csv").write_text("id,z\ng001,0.1\ng000,0.2\ng777,0.3\n")
    report = create(tmp_path / "in", tmp_path / "out")
    assert report.collection.ids().tolist() == ["g001", "g000"]
    assert report.collection.catalogue(["z"])["z"].to_pylist() == [0.1, 0.2]
    assert [r.row for r in report.rejected] == [3]


def test_a_catalogue_of_other_galaxies_is_told(tmp_path):
    write_jpegs(tmp_path / "in", 2)
    (tmp_path / "in" / "cat.csv").write_text("id,z\na,0.1\nb,0.2\n")
    with pytest.raises(CollectionError, match="none of 2 could be imported; the first: row 1: "):
        create(tmp_path / "in", tmp_path / "out")


def test_without_an_id_column_file_stems_are_ids(tmp_path):
    write_jpegs(tmp_path / "in", 2)
    (tmp_path / "in" / "cat.csv").write_text("file,z\ng001.jpg,0.1\n")
    assert create(tmp_path / "in", tmp_path / "out").collection.ids().tolist() == ["g001"]


def test_columns_given_by_name_and_unknown_ones(tmp_path):
    write_jpegs(tmp_path / "in", 2)
    (tmp_path / "cat.csv").write_text("key,pic\nx,g000.jpg\ny,g001.jpg\n")
    settings = {"catalogue": tmp_path / "cat.csv", "id_column": "key", "file_column": "pic"}
    assert create(tmp_path / "in", tmp_path / "out", **settings).collection.ids().tolist() == ["x", "y"]
    with pytest.raises(UnknownNameError, match="Did you mean key"):
        create(tmp_path / "in", tmp_path / "o2", **{**settings, "id_column": "kee"})
    with pytest.raises(CatalogueError, match="--id-column"):
        create(tmp_path / "in", tmp_path / "o3", catalogue=tmp_path / "cat.csv")


def test_catalogue_columns_with_our_names_are_kept_under_another(tmp_path):
    write_jpegs(tmp_path / "in", 1)
    (tmp_path / "in" / "cat.csv").write_text("id,file,stamp,Width,flags\na,g000.jpg,first,7,x\n")
    row = create(tmp_path / "in", tmp_path / "out").collection.catalogue().to_pylist()[0]
    assert (row["catalogue_stamp"], row["catalogue_Width"], row["catalogue_flags"]) == ("first", 7, "x")
    assert row["width"] == 48
    assert row["flags"] == []


def test_several_tables_need_a_choice(tmp_path):
    write_jpegs(tmp_path / "in", 1)
    for name in ("one.csv", "two.csv"):
        (tmp_path / "in" / name).write_text("id\ng000\n")
    with pytest.raises(CatalogueError, match=r"one\.csv, two\.csv.*--catalogue"):
        create(tmp_path / "in", tmp_path / "out")
    shutil.move(tmp_path / "in" / "two.csv", tmp_path / "in" / "catalogue.csv")
    assert create(tmp_path / "in", tmp_path / "out").added == 1


def test_class_folders_with_equal_stems(tmp_path):
    for kind in ("ring", "bar"):
        write_jpegs(tmp_path / "in" / kind, 2, start=0 if kind == "ring" else 1)
    collection = create(tmp_path / "in", tmp_path / "out").collection
    assert collection.ids().tolist() == ["bar/g001", "bar/g002", "ring/g000", "ring/g001"]
    assert collection.catalogue(["folder"])["folder"].to_pylist() == ["bar", "bar", "ring", "ring"]


@pytest.mark.parametrize("name", ["ra1.67104_dec-8.74608", "cutout_1.67104_-8.74608"])
def test_positions_in_file_names(tmp_path, name):
    write_jpegs(tmp_path / "in", 1)
    (tmp_path / "in" / "g000.jpg").rename(tmp_path / "in" / f"{name}.jpg")
    row = create(tmp_path / "in", tmp_path / "out").collection.catalogue().to_pylist()[0]
    assert (row["id"], row["ra"], row["dec"]) == (name, 1.67104, -8.74608)


def test_mislabelled_and_odd_pictures(tmp_path):
    write_jpegs(tmp_path / "in", 2)
    (tmp_path / "in" / "g000.jpg").rename(tmp_path / "in" / "really_jpeg.png")
    (tmp_path / "in" / "notes.jpg").write_text("not a picture")
    (tmp_path / "in" / "notes.txt").write_text("ignored")
    (tmp_path / "in" / ".hidden.jpg").write_text("ignored")
    import cv2

    cv2.imwrite(str(tmp_path / "in" / "one.png"), np.full((1, 1, 3), 8, np.uint8))
    report = create(tmp_path / "in", tmp_path / "out")
    assert report.collection.ids().tolist() == ["g001", "one", "really_jpeg"]
    assert report.collection.catalogue(["stamp_format"])["stamp_format"].to_pylist() == [
        "jpeg",
        "png",
        "jpeg",
    ]
    assert [(r.file, r.row) for r in report.rejected] == [("notes.jpg", None)]


def test_grey_pictures_among_colour_ones_have_all_bands(tmp_path):
    import cv2

    write_jpegs(tmp_path / "in", 2)
    cv2.imwrite(str(tmp_path / "in" / "grey.png"), galaxy(7)[:, :, 0])
    collection = create(tmp_path / "in", tmp_path / "out").collection
    assert [p.shape for p in collection.pixels([0, 1, 2])] == [(48, 48, 3)] * 3


def test_fits_cubes_become_flux_with_a_stretch(tmp_path):
    write_cubes(tmp_path / "in", 3)
    write_cubes(tmp_path / "more", 4, bands="gr")
    shutil.copy(tmp_path / "more" / "cutout_13.5_-1.25.fits", tmp_path / "in")
    write_jpegs(tmp_path / "in", 1)
    report = create(tmp_path / "in", tmp_path / "out")
    collection = report.collection
    assert (collection.bands, collection.stretch) == (("g", "r", "z"), LegacyRGB())
    assert collection.pixels([0])[0].dtype == np.float32
    assert collection.catalogue(["ra", "dec"]).to_pylist()[0] == {"ra": 10.5, "dec": -1.25}
    reasons = {r.file: r.reason for r in report.rejected}
    assert "it has no band z, only g, r" in reasons["cutout_13.5_-1.25.fits"]
    assert "it is of stretched pictures" in reasons["g000.jpg"]


def test_bands_and_stretch_can_be_given(tmp_path):
    write_cubes(tmp_path / "in", 2)
    settings = {"bands": ("u", "v", "w"), "stretch": Linear(0, 5), "pixel_scale": 0.4, "name": "mine"}
    collection = create(tmp_path / "in", tmp_path / "out", **settings).collection
    assert (collection.bands, collection.stretch, collection.pixel_scale) == (
        ("u", "v", "w"),
        Linear(0, 5),
        0.4,
    )
    assert collection.name == "mine"
    with pytest.raises(CatalogueError, match="2 bands were named"):
        create(tmp_path / "in", tmp_path / "o2", bands=("u", "v"))


@pytest.mark.parametrize(
    ("prepare", "match"),
    [
        (lambda p: None, "no such file or folder"),
        (lambda p: p.mkdir(), "no images here"),
        (
            lambda p: (p.mkdir(), (p / "a.jpg").write_text("x")),
            r"none of 1 could be imported; the first: a\.jpg",
        ),
        (lambda p: p.write_text("x"), "nothing that galaxies can be read from"),
    ],
)
def test_nothing_to_import(tmp_path, prepare, match):
    prepare(tmp_path / "in")
    with pytest.raises(CollectionError, match=match):
        create(tmp_path / "in", tmp_path / "out")
    with pytest.raises(CollectionError):
        Collection.open(tmp_path / "out")


def test_what_must_not_be_written_over(tmp_path):
    write_jpegs(tmp_path / "in", 1)
    write_jpegs(tmp_path / "other", 1)
    create(tmp_path / "in", tmp_path / "out")
    with pytest.raises(CollectionError, match="collection add"):
        create(tmp_path / "other", tmp_path / "out")
    with pytest.raises(CollectionError, match="a collection already"):
        create(tmp_path / "out", tmp_path / "o2")
    with pytest.raises(CollectionError, match="not empty"):
        create(tmp_path / "in", tmp_path / "other")


def test_one_writer_at_a_time(tmp_path):
    write_jpegs(tmp_path / "in", 1)
    with only_writer(tmp_path / "out", "testing"), pytest.raises(BusyError, match="testing"):
        create(tmp_path / "in", tmp_path / "out")


def test_adding_brings_new_columns_and_keeps_rows(tmp_path):
    write_jpegs(tmp_path / "in", 2)
    (tmp_path / "in" / "cat.csv").write_text("id,file,n\na,g000.jpg,1\nb,g001.jpg,2\n")
    write_jpegs(tmp_path / "more", 2, start=2)
    (tmp_path / "more" / "cat.csv").write_text(
        "id,file,n,extra\nb,g002.jpg,3\nc,g003.jpg,4\n".replace("g002.jpg,3", "g002.jpg,3,x").replace(
            ",4", ",4,y"
        )
    )
    first = create(tmp_path / "in", tmp_path / "out").collection
    report = add_to_collection(first, tmp_path / "more", quiet=True)
    assert (report.added, report.already) == (1, 1)
    assert report.collection.ids().tolist() == ["a", "b", "c"]
    assert report.collection.catalogue(["n", "extra"]).to_pylist() == [
        {"n": 1, "extra": None},
        {"n": 2, "extra": None},
        {"n": 4, "extra": "y"},
    ]
    (tmp_path / "more" / "cat.csv").write_text("id,file,n\nd,g002.jpg,many\n")
    with pytest.raises(CatalogueError, match="column 'n'"):
        add_to_collection(first, tmp_path / "more", quiet=True)


def test_adding_a_folder_whose_files_and_catalogue_bear_the_same_names(tmp_path):
    for folder, ids in (("in", "ab"), ("more", "cd")):
        names = write_jpegs(tmp_path / folder, 2, start=3 if folder == "in" else 7)
        for k, name in enumerate(names):
            (tmp_path / folder / name).rename(tmp_path / folder / f"{k}.jpg")
        (tmp_path / folder / "catalogue.csv").write_text(f"id,file\n{ids[0]},0.jpg\n{ids[1]},1.jpg\n")
    first = create(tmp_path / "in", tmp_path / "out").collection
    report = add_to_collection(first, tmp_path / "more", quiet=True)
    assert (report.added, report.already) == (2, 0)
    assert report.collection.ids().tolist() == ["a", "b", "c", "d"]
    for again in (
        add_to_collection(first, tmp_path / "more", quiet=True),
        create(tmp_path / "in", tmp_path / "out"),
    ):
        assert (again.added, again.already) == (0, 2)


def test_ids_that_are_numbers_with_gaps(tmp_path):
    names = write_jpegs(tmp_path / "in", 4)
    table = pa.table({"objid": pa.array([17.0, None, float("nan"), 2.5]), "file": names})
    write_table(table, tmp_path / "table.parquet")
    report = create(tmp_path / "in", tmp_path / "out", catalogue=tmp_path / "table.parquet")
    assert report.collection.ids().tolist() == ["17", "2.5"]
    assert [r.reason for r in report.rejected] == ["the id is empty"] * 2


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
def test_an_impossible_pixel_scale(tmp_path, scale):
    write_jpegs(tmp_path / "in", 1)
    with pytest.raises(UsageError, match="arcsec"):
        create(tmp_path / "in", tmp_path / "out", pixel_scale=scale)


def test_hostile_catalogue_values_are_only_text(tmp_path):
    write_jpegs(tmp_path / "in", 1)
    bad = "<script>alert(1)</script>"
    write_table(
        pa.table({"id": [bad], "file": ["g000.jpg"], "note": ["'; DROP TABLE galaxies; --"]}),
        tmp_path / "in" / "c.parquet",
    )
    collection = create(tmp_path / "in", tmp_path / "out").collection
    assert collection.ids().tolist() == [bad]
    assert collection.rows_of([bad]).tolist() == [0]


@pytest.mark.realdata
def test_every_survey_folder(survey_data, tmp_path):
    """All kinds of folder and catalogue at hand; small ones whole, so that it stays quick."""
    expected = {"lenszoo": 248, "cfhtls_lenses": 280, "decals_rings": 343, "legacy_grz": 20, "decals_fits": 7}
    for folder, galaxies in expected.items():
        report = create(survey_data / folder, tmp_path / folder)
        assert len(report.collection) == galaxies, folder
        assert report.unlisted == 0, folder
        assert Path(report.collection.manifest.source).name == folder
