"""The streaming import: parts of any source, bands chosen by name, ids that come twice, second starts."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collection.made import galaxy, write_cubes, write_jpegs
from tuningfork.collection import Collection, add_to_collection, create_collection
from tuningfork.collection.importing import import_source
from tuningfork.collection.readers import registry
from tuningfork.collection.readers.source import Entry, Part, Rejected, Source
from tuningfork.collection.seen import SeenTexts
from tuningfork.collection.stamps import picture_stamp
from tuningfork.collection.tables import read_table
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import CatalogueError, CollectionError, ImageError, UnknownNameError, UsageError
from tuningfork.images import to_display
from tuningfork.images.fits_header import zero_point


class Counted(Source):
    """Made galaxies in parts of ten; the parts that are alive are counted."""

    def __init__(self, ids: list[str], bad: frozenset[str] = frozenset()):
        self.ids, self.bad, self.reads = ids, bad, 0

    def parts(self) -> Iterator[Part]:
        for start in range(0, len(self.ids), 10):
            ids = self.ids[start : start + 10]
            entries = [Entry(name, "made", start + k, 10.0 + k, -5.0) for k, name in enumerate(ids)]
            extra = pa.table({"number": [start + k for k in range(len(ids))]})
            yield Part(entries, self.read, extra, [Rejected("made", start, "odd")] if start == 10 else ())

    def read(self, entry: Entry):
        self.reads += 1
        if entry.id in self.bad:
            raise ImageError("it is bad", where=entry.id)
        return picture_stamp(galaxy(entry.row, 16))

    def source_of(self, entry: Entry) -> str:
        return f"made, row {entry.row + 1}"


@pytest.fixture
def import_made(monkeypatch, tmp_path):
    """Import a `Counted` source into ``tmp_path / "out"``."""

    def run(source: Source):
        monkeypatch.setattr("tuningfork.collection.importing.open_source", lambda *_: source)
        (tmp_path / "out").mkdir(exist_ok=True)
        return import_source(tmp_path / "made", tmp_path / "out", Wishes("made", quiet=True))

    return run


def test_every_galaxy_comes_in_with_its_own_column_and_the_bad_ones_are_named(import_made, tmp_path):
    result = import_made(Counted([f"g{k}" for k in range(35)], bad=frozenset({"g3", "g30"})))
    assert (result.added, result.already) == (33, 0)
    assert [(r.row, r.reason) for r in result.rejected] == [(10, "odd"), (4, "it is bad"), (31, "it is bad")]
    table = Collection.open(tmp_path / "out").catalogue(["id", "number"])
    assert table["id"].to_pylist() == [f"g{n}" for n in table["number"].to_pylist()]
    assert table["number"].to_pylist() == [k for k in range(35) if k not in (3, 30)]


def test_a_second_start_reads_only_what_is_missing(import_made):
    import_made(Counted([f"g{k}" for k in range(20)]))
    again = Counted([f"g{k}" for k in range(25)])
    result = import_made(again)
    assert (result.added, result.already) == (5, 20)
    assert again.reads == 5


def test_positions_off_the_sky_are_named_and_left_out(tmp_path):
    write_jpegs(tmp_path / "in", 5)
    files = sorted(file.name for file in (tmp_path / "in").iterdir())
    places = ["-5,10", "370,10", "10,100", ",5", "359.5,-90"]
    rows = [f"{file},{place}" for file, place in zip(files, places, strict=True)]
    (tmp_path / "in" / "table.csv").write_text("\n".join(["file,ra,dec", *rows]))
    result = create_collection(tmp_path / "in", tmp_path / "out", quiet=True)
    table = Collection.open(tmp_path / "out").catalogue(["ra", "dec"]).to_pydict()
    assert table == {"ra": [355, None, None, None, 359.5], "dec": [10, None, None, 5, -90]}
    assert [(r.row, r.reason.split(";")[0]) for r in result.rejected] == [
        (2, "the position 370, 10 is not on the sky"),
        (3, "the position 10, 100 is not on the sky"),
    ]


def test_positions_in_text_are_read_and_one_odd_cell_costs_no_other(tmp_path):
    write_jpegs(tmp_path / "in", 3)
    rows = ["g000.jpg,10:00:00,-02:30:00", "g001.jpg,12.5,-3", "g002.jpg,somewhere,else"]
    (tmp_path / "in" / "table.csv").write_text("\n".join(["file,ra,dec", *rows]))
    create_collection(tmp_path / "in", tmp_path / "out", quiet=True)
    table = Collection.open(tmp_path / "out").catalogue(["ra", "dec", "catalogue_ra"]).to_pydict()
    assert table["ra"] == [pytest.approx(150), 12.5, None]
    assert table["dec"] == [pytest.approx(-2.5), -3, None]
    assert table["catalogue_ra"] == ["10:00:00", "12.5", "somewhere"]


def test_an_id_that_comes_twice_is_taken_once_and_said(import_made):
    result = import_made(Counted(["a", "b", "a", *"cdefghij", "b"]))
    assert result.added == 10
    assert [(r.row, r.reason) for r in result.rejected if r.reason != "odd"] == [
        (3, "the id 'a' is taken already"),
        (12, "the id 'b' is taken already"),
    ]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.text(max_size=4), max_size=20), max_size=12))
def test_seen_texts_are_a_set(groups):
    seen, known = SeenTexts(), set()
    for group in groups:
        twice = []
        for text in group:
            twice.append(text in known)
            known.add(text)
        assert seen.claim(group).tolist() == twice
        assert seen.has(group).all()
    assert not seen.has(["a text that was never there"]).any()


def test_bands_are_chosen_by_the_names_in_the_files(tmp_path):
    write_cubes(tmp_path / "in", 3, bands="griz")
    report = create_collection(tmp_path / "in", tmp_path / "out", bands=("r", "z"), quiet=True)
    assert report.collection.bands == ("r", "z")
    whole = create_collection(tmp_path / "in", tmp_path / "all", quiet=True).collection
    assert whole.bands == ("g", "r", "i", "z")
    np.testing.assert_array_equal(report.collection.pixels([1])[0], whole.pixels([1])[0][:, :, [1, 3]])
    write_cubes(tmp_path / "blue", 4, bands="gi")  # three of these ids are there already
    refused = add_to_collection(report.collection, tmp_path / "blue", quiet=True).rejected
    assert [r.reason for r in refused] == ["it has no band r, only g, i"]
    write_cubes(tmp_path / "turned", 4, bands="zrg")
    turned = add_to_collection(report.collection, tmp_path / "turned", quiet=True)
    assert turned.added == 1
    assert turned.collection.pixels([3])[0].shape == (32, 32, 2)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_flux_of_another_zero_point_is_brought_to_that_of_most(tmp_path, order):
    (tmp_path / "in").mkdir()
    flux = np.random.default_rng(0).normal(5, 1, (3, 16, 16)).astype(np.float32)
    for place, which in enumerate(order):
        header, factor = [({"BUNIT": "nanomaggy"}, 1), ({"MAGZERO": 22.5}, 1), ({"MAGZERO": 25.0}, 10)][which]
        fits.PrimaryHDU(flux * factor, fits.Header(header)).writeto(tmp_path / "in" / f"{place}.fits")
    assert not create_collection(tmp_path / "in", tmp_path / "out", quiet=True).rejected
    collection = Collection.open(tmp_path / "out")
    assert (collection.manifest.zero_point, collection.manifest.unit) == (22.5, "nanomaggy")
    for stamp in collection.pixels([0, 1, 2]):
        np.testing.assert_allclose(stamp, flux.transpose(1, 2, 0), rtol=1e-5)


@pytest.mark.parametrize(("unit", "zero_point"), [("nJy", 31.4), ("mJy", 16.4), ("3.631e-06 Jy", 22.5)])
def test_flux_in_jansky_is_brought_to_nanomaggies_and_counts_are_told(tmp_path, unit, zero_point):
    flux = np.random.default_rng(0).normal(5, 1, (3, 16, 16)).astype(np.float32)
    factor = np.float32(10 ** (0.4 * (zero_point - 22.5)))
    for name, pixels, told in (("a", flux, "nanomaggy"), ("b", flux * factor, unit), ("c", flux, "adu")):
        (tmp_path / name).mkdir()
        fits.PrimaryHDU(pixels, fits.Header({"BUNIT": told})).writeto(tmp_path / name / f"{name}.fits")
    collection = create_collection(tmp_path / "a", tmp_path / "out", quiet=True).collection
    assert not add_to_collection(collection, tmp_path / "b", quiet=True).rejected
    report = add_to_collection(Collection.open(tmp_path / "out"), tmp_path / "c", quiet=True)
    np.testing.assert_allclose(report.collection.pixels([1])[0], flux.transpose(1, 2, 0), rtol=1e-3)
    assert [(r.kept, r.reason.split(";")[0]) for r in report.rejected] == [(True, "it tells no zero point")]


def test_surface_brightness_and_counts_have_no_zero_point():
    assert [zero_point({}, unit) for unit in ("MJy/sr", "Jy/beam", "adu", "", "mag", "-1 Jy")] == [None] * 6


def test_bands_that_are_not_in_the_files_name_them_by_place(tmp_path):
    write_cubes(tmp_path / "in", 2, bands="grz")
    renamed = create_collection(tmp_path / "in", tmp_path / "out", bands=("u", "v", "w"), quiet=True)
    assert renamed.collection.bands == ("u", "v", "w")
    with pytest.raises(CatalogueError, match=r"2 bands were named but the images have 3 \(g, r, z\)"):
        create_collection(tmp_path / "in", tmp_path / "other", bands=("u", "v"), quiet=True)


def test_what_was_settled_cannot_be_wished_otherwise_later(tmp_path):
    write_cubes(tmp_path / "in", 2)
    create_collection(tmp_path / "in", tmp_path / "out", quiet=True)
    with pytest.raises(UsageError, match="was made with bands"):
        create_collection(tmp_path / "in", tmp_path / "out", bands=("r",), quiet=True)


def test_an_unknown_reader_says_which_there_are(tmp_path):
    write_jpegs(tmp_path / "in", 1)
    with pytest.raises(UnknownNameError, match=r"unknown reader 'foldr'.*folder"):
        create_collection(tmp_path / "in", tmp_path / "out", reader="foldr", quiet=True)


def test_every_reader_says_what_it_reads():
    for name, description in registry.describe_readers().items():
        assert len(description) > 10, name


def test_an_import_of_a_folder_can_be_named(tmp_path: Path):
    write_jpegs(tmp_path / "in", 2)
    report = create_collection(tmp_path / "in", tmp_path / "out", reader="folder", quiet=True)
    assert report.added == 2


@pytest.mark.parametrize(
    ("bands", "shown"),
    [("grz", ()), ("griz", ("g", "r", "z")), ("ugri", ("g", "r", "i")), ("uvwx", ("u", "w", "x"))],
)
def test_the_picture_of_many_bands_is_made_of_those_people_use(tmp_path, bands, shown):
    write_cubes(tmp_path / "in", 2, bands=bands)
    collection = create_collection(tmp_path / "in", tmp_path / "out", quiet=True).collection
    assert collection.manifest.shown == shown
    unit = collection.stretch(collection.pixels([0])[0])
    picture = to_display(collection.pixels([0])[0], collection.stretch, collection.shown)
    wanted = [collection.bands.index(band) for band in shown or bands]
    red_first = unit[::-1][:, :, wanted[::-1]]
    np.testing.assert_array_equal(picture, (np.clip(red_first, 0, 1) * 255 + 0.5).astype(np.uint8))


def test_bands_to_show_must_be_three_of_the_collection(tmp_path):
    write_cubes(tmp_path / "in", 2, bands="griz")
    chosen = create_collection(tmp_path / "in", tmp_path / "out", shown=("r", "i", "z"), quiet=True)
    assert chosen.collection.shown == (1, 2, 3)
    with pytest.raises(CatalogueError, match="three of the bands g, r, i, z, not g, y, z"):
        create_collection(tmp_path / "in", tmp_path / "other", shown=("g", "y", "z"), quiet=True)


def test_coordinates_that_make_no_sense_are_told_and_still_told_after_another_import(tmp_path):
    source = tmp_path / "stamps"
    source.mkdir()
    for name, ra in (("good", 150.0), ("text", "east"), ("none", None)):
        header = fits.Header({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": ra, "CRVAL2": 2.0})
        header.update({"CRPIX1": 8.0, "CRPIX2": 8.0, "CDELT1": -1e-4, "CDELT2": 1e-4})
        data = np.random.default_rng(0).normal(size=(3, 16, 16)).astype(np.float32)
        fits.PrimaryHDU(data, header if ra else None).writeto(source / f"{name}.fits")
    (source / "broken.fits").write_bytes((source / "good.fits").read_bytes()[:2000])
    report = create_collection(source, tmp_path / "out", quiet=True)
    assert len(report.collection) == 3
    assert report.collection.catalogue(["ra"])["ra"].to_pylist() == [pytest.approx(150.0), None, None]
    told = {r.file: (r.kept, r.reason) for r in report.rejected}
    assert set(told) == {"broken.fits", "text.fits"}
    assert told["text.fits"] == (
        True,
        "the sky coordinates in its header make no sense; kept without a position",
    )
    assert not told["broken.fits"][0]
    for _ in range(2):
        create_collection(source, tmp_path / "out", quiet=True)
        written = read_table(tmp_path / "out" / "rejected.csv")
        assert sorted(written["file"].to_pylist()) == ["broken.fits", "text.fits"]


def test_a_source_of_which_nothing_can_be_used_is_an_error_and_other_refusals_stay(tmp_path):
    write_cubes(tmp_path / "in", 3, bands="grz")
    (tmp_path / "in" / "cut.fits").write_bytes(
        (tmp_path / "in").glob("*.fits").__next__().read_bytes()[:3000]
    )
    collection = create_collection(tmp_path / "in", tmp_path / "out", quiet=True).collection
    write_jpegs(tmp_path / "pictures", 2)
    with pytest.raises(CollectionError, match="none of 2 could be imported"):
        add_to_collection(collection, tmp_path / "pictures", quiet=True)
    told = read_table(tmp_path / "out" / "rejected.csv")
    assert [Path(source).name for source in told["source"].to_pylist()] == ["in", "pictures", "pictures"]
    assert len(Collection.open(tmp_path / "out")) == 3
