"""Images chosen by their names: which are taken, what is said of the others, and no way out."""

import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.collection.made import galaxy, write_cubes, write_jpegs
from tuningfork.collection import add_to_collection, create_collection
from tuningfork.collection.readers.image_tables.image_table import _row_files
from tuningfork.errors import CollectionError, UsageError


def create(source, out, **wishes):
    return create_collection(source, out, quiet=True, workers=2, **wishes)


@pytest.fixture
def mixed(tmp_path):
    """Three FITS, one of them in capitals, four pictures, a sub-folder and a note."""
    folder = tmp_path / "mixed"
    write_cubes(folder, 3)
    (folder / "cutout_10.5_-1.25.fits").rename(folder / "NGC1.FITS")
    write_jpegs(folder, 3)
    write_jpegs(folder / "deep", 1, start=7)
    (folder / "notes.txt").write_text("seen in a bad night")
    return folder


def ids(report):
    return sorted(map(str, report.collection.ids()))


def test_one_pattern_takes_its_files_and_counts_the_other_images(mixed, tmp_path):
    told = create(mixed, tmp_path / "c", only="*.fits")
    assert ids(told) == ["NGC1", "cutout_11.5_-1.25", "cutout_12.5_-1.25"]
    assert (told.passed_over, told.rejected) == (4, [])
    again = create(mixed, tmp_path / "c", only="*.fits")
    assert (again.added, again.already) == (0, 3)


def test_several_patterns_and_those_with_a_folder(mixed, tmp_path):
    told = create(mixed, tmp_path / "c", only=["g00[01].jpg", "deep/*"])
    assert ids(told) == ["g000", "g001", "g007"]
    assert told.passed_over == 4


def test_rows_of_files_that_are_passed_over_are_no_failures(mixed, tmp_path):
    rows = ["id,file", "a,NGC1.FITS", "b,./g000.jpg", "c,g001.jpg", "d,nowhere.fits"]
    (mixed / "table.csv").write_text("\n".join(rows))
    told = create(mixed, tmp_path / "c", only="*.jpg")
    assert ids(told) == ["b", "c"]
    assert told.rejected == []
    assert (told.passed_over, told.unlisted) == (3, 2)
    more = create(mixed, tmp_path / "d", only="*.FITS")
    assert [r.file for r in more.rejected] == ["nowhere.fits"]  # of that kind, so it is missed


def test_a_catalogue_in_fits_is_no_image_that_was_passed_over(mixed, tmp_path):
    from astropy.table import Table

    Table({"id": ["x"], "file": ["g002.jpg"]}).write(mixed / "catalogue.fits")
    told = create(mixed, tmp_path / "c", only="*.jpg")
    assert (ids(told), told.passed_over) == (["x"], 3)


def test_an_archive_and_a_second_source(mixed, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for file in mixed.rglob("*.*"):
            archive.write(file, file.relative_to(mixed))
    told = create(tmp_path / "a.zip", tmp_path / "c", only="*.jpg")
    assert (ids(told), told.passed_over) == (["g000", "g001", "g002", "g007"], 3)
    write_jpegs(tmp_path / "more", 12)
    told = add_to_collection(tmp_path / "c", tmp_path / "more", only="g011.*", quiet=True)
    assert (told.added, told.passed_over) == (1, 11)


def test_bands_in_files_are_seen_among_those_that_are_asked_for(tmp_path):
    from astropy.io import fits

    folder = tmp_path / "bands"
    folder.mkdir()
    write_jpegs(folder, 4)
    for name in ("m1", "m2"):
        for band in "gr":
            fits.PrimaryHDU(galaxy(3)[..., 0].astype(">f4")).writeto(folder / f"{name}_{band}.fits")
    told = create(folder, tmp_path / "c", only="*.fits")
    assert (ids(told), told.collection.bands, told.passed_over) == (["m1", "m2"], ("g", "r"), 4)
    pictures = create(folder, tmp_path / "d", only="*.jpg")
    assert (len(pictures.collection), pictures.passed_over) == (4, 4)


def test_nothing_of_that_name_leaves_nothing_behind(mixed, tmp_path):
    with pytest.raises(CollectionError, match=r"called '\*\.tif'; passed over: 7.*in quotes"):
        create(mixed, tmp_path / "c", only="*.tif")
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("pattern", ["../*", "/etc/*", "deep/../../*", "..\\*", "", " ", "a\0"])
def test_a_pattern_never_leads_out_of_the_source(mixed, tmp_path, pattern):
    write_jpegs(tmp_path, 1)
    with pytest.raises(UsageError, match="no pattern of names inside"):
        create(mixed, tmp_path / "c", only=["*.jpg", pattern])
    assert not (tmp_path / "c").exists()


def test_where_galaxies_are_no_files_it_is_refused(mixed, tmp_path):
    with pytest.raises(UsageError, match="read as 'mosaic'"):
        create(mixed / "g000.jpg", tmp_path / "c", only="*.jpg")
    with pytest.raises(UsageError, match="read as 'folder'"):
        create(mixed / "g000.jpg", tmp_path / "c", only="*.jpg", mosaic=False)


def test_tables_of_a_collection_among_the_images_are_no_source(tmp_path):
    """As where the collection lies in the folder that it was made from."""
    (tmp_path / "here.tuningfork" / "maps").mkdir(parents=True)
    (tmp_path / "here.tuningfork" / "collection.toml").write_text("")
    for name in ("train.parquet", "here.tuningfork/maps/tiny-pca.parquet"):
        pq.write_table(pa.table({"id": ["a"]}), tmp_path / name)
    assert _row_files(tmp_path) == [tmp_path / "train.parquet"]
