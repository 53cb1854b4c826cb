"""A mosaic with a table of sources: every row a stamp or a reason."""

import cv2
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from tests.images.test_wide import tangent
from tuningfork.collection import create_collection
from tuningfork.errors import CatalogueError, DataError
from tuningfork.images.fits_header import celestial, sky_of_pixels

SHAPE = (300, 400)


@pytest.fixture
def coadd(tmp_path):
    rng = np.random.default_rng(1)
    pixels = rng.normal(1, 0.1, SHAPE).astype(np.float32)
    pixels[:, :60] = 0  # never observed
    pixels[200:230, 300:330] = np.nan
    fits.PrimaryHDU(pixels.astype(">f4"), tangent(FILTER="r", BUNIT="nanomaggy")).writeto(
        tmp_path / "coadd.fits"
    )
    return tmp_path / "coadd.fits", pixels


def sky(x, y):
    return sky_of_pixels(celestial(tangent()), np.array(x, float), np.array(y, float))


def write(path, **columns):
    Table(columns).write(path)
    return path


def test_every_row_is_a_stamp_or_a_reason(coadd, tmp_path):
    mosaic, pixels = coadd
    x, y = [100, 250, 20, 315, 5000, 395, 100], [100, 150, 50, 215, 0, 295, 120]
    ra, dec = sky(x, y)
    ra, dec = [*ra, np.nan, 10.0], [*dec, 0.0, 95.0]
    table = write(
        tmp_path / "tractor.fits", brickname=["b"] * 9, objid=[1, 2, 3, 4, 5, 6, 1, 8, 9], ra=ra, dec=dec,
        type=["PSF", "DEV", *["EXP"] * 7], shape_r=[0, 4.0, *[1.0] * 7], flux_z=np.arange(9.0),
    )  # fmt: skip
    report = create_collection(mosaic, tmp_path / "out", catalogue=table, quiet=True)
    rows = report.collection.catalogue().to_pylist()
    assert [row["id"] for row in rows] == ["b_1", "b_2", "b_6"]
    assert [row["type"] for row in rows] == ["PSF", "DEV", "EXP"]
    assert [row["flux_z"] for row in rows] == [0, 1, 5]
    scale = rows[0]["pixel_scale"]
    assert [row["width"] for row in rows] == [
        round(20 / scale),
        round(8 * 4 / scale),
        32,
    ]  # 20 arcsec; 8 radii
    assert (rows[1]["ra"], rows[1]["dec"]) == (pytest.approx(ra[1]), pytest.approx(dec[1]))
    stamp = report.collection.pixels([1])[0]
    side = stamp.shape[0]
    top, left = round(150 - (side - 1) / 2), round(250 - (side - 1) / 2)
    np.testing.assert_array_equal(stamp[..., 0], pixels[top : top + side, left : left + side])
    assert {r.row: r.reason for r in report.rejected} == {
        3: "the image is empty there",
        4: "the image is empty there",
        5: "it lies outside the image, at pixel (5000, 0)",
        7: "the id 'b_1' is already that of row 1",
        8: "it has no place in the image",
        9: "it has no place in the image",
    }
    again = create_collection(mosaic, tmp_path / "out", catalogue=table, quiet=True)
    assert (again.added, again.already) == (0, 3)


def test_a_wished_side_is_that_of_all(coadd, tmp_path):
    ra, dec = sky([100, 250], [100, 150])
    table = write(tmp_path / "t.fits", ra=ra, dec=dec, shape_r=[9.0, 1.0])
    collection = create_collection(
        coadd[0], tmp_path / "out", catalogue=table, side=40, quiet=True
    ).collection
    assert collection.catalogue(["id", "width"]).to_pylist() == [
        {"id": "src_00001", "width": 40},
        {"id": "src_00002", "width": 40},
    ]


@pytest.mark.parametrize(
    ("names", "first", "from_top"),
    [(("x", "y"), 0, True), (("bx", "by"), 0, False), (("X_IMAGE", "Y_IMAGE"), 1, False)],
)
def test_pixel_columns_where_there_are_no_coordinates(tmp_path, names, first, from_top):
    picture = np.random.default_rng(2).integers(1, 255, (100, 120, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "p.png"), picture)
    lines = np.array([30, 41]) if from_top else 99 - np.array([30, 41])
    places = {names[0]: np.array([50.0, 61.0]) + first, names[1]: lines + first}
    table = write(tmp_path / "t.fits", **places)
    collection = create_collection(
        tmp_path / "p.png", tmp_path / "out", catalogue=table, side=9, quiet=True
    ).collection
    np.testing.assert_array_equal(collection.pixels([0])[0], picture[26:35, 46:55])
    np.testing.assert_array_equal(collection.pixels([1])[0], picture[37:46, 57:66])


def test_a_place_that_is_no_number_costs_its_own_row(coadd, tmp_path):
    (tmp_path / "t.csv").write_text("id,x,y\na,100,100\nb,somewhere,3\n")
    fits.PrimaryHDU(coadd[1]).writeto(tmp_path / "plain.fits")
    found = create_collection(
        tmp_path / "plain.fits", tmp_path / "out", catalogue=tmp_path / "t.csv", quiet=True
    )
    assert (found.added, [r.row for r in found.rejected]) == (1, [2])


def test_several_bands_from_one_name(tmp_path):
    for n, band in enumerate("gri"):
        fits.PrimaryHDU(np.full(SHAPE, n + 1.0, np.float32), tangent()).writeto(tmp_path / f"f_{band}.fits")
    fits.PrimaryHDU(np.ones(SHAPE, np.float32), tangent()).writeto(tmp_path / "f_invvar_r.fits")
    ra, dec = sky([100], [100])
    table = write(tmp_path / "t.csv", name=["a"], ra=ra, dec=dec)
    for source, out, more in (
        (tmp_path / "f_g.fits", "one", {"catalogue": table, "bands": ("g", "r", "i")}),
        (tmp_path, "folder", {"mosaic": True}),
    ):
        collection = create_collection(
            source, tmp_path / ".out" / out, side=16, quiet=True, **more
        ).collection
        assert collection.bands == ("g", "r", "i")
        assert collection.pixels([0])[0][0, 0].tolist() == [1, 2, 3]


def test_a_table_without_places_and_a_stamp_beyond_the_edge(coadd, tmp_path):
    with pytest.raises(CatalogueError, match="tells no place in the image"):
        create_collection(
            coadd[0], tmp_path / "o1", catalogue=write(tmp_path / "n.csv", name=["a"]), quiet=True
        )
    ra, dec = sky([399], [299])
    table = write(tmp_path / "t.csv", ra=ra, dec=dec)
    stamp = create_collection(
        coadd[0], tmp_path / "o2", catalogue=table, side=32, quiet=True
    ).collection.pixels([0])[0]
    assert stamp.shape == (32, 32, 1)
    assert stamp[-1, -1, 0] == pytest.approx(1, abs=0.1)  # the sky goes on


def test_a_truncated_mosaic_says_so(coadd, tmp_path):
    data = coadd[0].read_bytes()
    coadd[0].write_bytes(data[: len(data) // 4])
    ra, dec = sky([300], [299])
    table = write(tmp_path / "t.csv", ra=ra, dec=dec)
    with pytest.raises(DataError, match="truncated"):
        create_collection(coadd[0], tmp_path / "out", catalogue=table, quiet=True)


@pytest.mark.realdata
def test_the_tractor_table_on_its_coadd(survey_data, tmp_path):
    folder = survey_data / "mosaics"
    report = create_collection(
        folder / "legacysurvey-1238p245-image-z.fits.fz",
        tmp_path / "out",
        catalogue=folder / "tractor-1238p245.fits",
        quiet=True,
    )
    rows = report.collection.catalogue(["id", "type", "bx", "by"]).to_pylist()
    assert [row["type"] for row in rows] == ["PSF", "PSF"]
    for stamp in report.collection.pixels([0, 1]):  # the star is in the middle
        row, column = np.unravel_index(stamp[..., 0].argmax(), stamp.shape[:2])
        assert np.hypot(row - stamp.shape[0] / 2, column - stamp.shape[1] / 2) < 2
