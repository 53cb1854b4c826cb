"""FITS in all the shapes people have it, and all the ways it breaks."""

import bz2
import gzip
import io

import numpy as np
import pytest
from astropy.io import fits

from tuningfork.errors import ImageError
from tuningfork.images import fill_bad_pixels, read_fits, sky_level

pytestmark = pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyWarning")


def written(*units):
    buffer = io.BytesIO()
    fits.HDUList(list(units)).writeto(buffer)
    return buffer.getvalue()


def cube(bands=3, height=20, width=30):
    return np.random.default_rng(0).normal(0, 1, (bands, height, width)).astype(">f4")


def sky_header(**more):
    header = fits.Header({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.0, "CRVAL2": 2.0})
    header.update({"CRPIX1": 15.5, "CRPIX2": 10.5, "CDELT1": -0.262 / 3600, "CDELT2": 0.262 / 3600, **more})
    return header


def test_a_plane():
    data = np.arange(600, dtype=">i2").reshape(20, 30)
    image = read_fits(written(fits.PrimaryHDU(data)), name="x")
    assert image.flux.shape == (20, 30, 1)
    assert image.flux.dtype == np.float32
    assert image.flux.dtype.isnative
    np.testing.assert_array_equal(image.flux[..., 0], data)
    assert (image.ra, image.dec, image.pixel_scale, image.bad_pixels) == (None, None, None, 0)


def test_a_cube_with_sky_and_bands():
    header = sky_header(BANDS="grz", BUNIT="nanomaggy")
    image = read_fits(written(fits.PrimaryHDU(cube(), header)), name="x")
    assert image.flux.shape == (20, 30, 3)
    np.testing.assert_array_equal(image.flux[4, 7], cube()[:, 4, 7])
    assert image.bands == ("g", "r", "z")
    assert image.unit == "nanomaggy"
    assert image.ra == pytest.approx(150)
    assert image.dec == pytest.approx(2)
    assert image.pixel_scale == pytest.approx(0.262)


def test_bands_are_put_from_blue_to_red():
    image = read_fits(written(fits.PrimaryHDU(cube(), fits.Header({"BANDS": "zrg"}))), name="x")
    assert image.bands == ("g", "r", "z")
    np.testing.assert_array_equal(image.flux[4, 7], cube()[::-1, 4, 7])


def test_images_of_several_galaxies_are_no_bands():
    stamps = [fits.ImageHDU(cube(1, side, side)[0]) for side in (20, 20, 24, 20)]
    with pytest.raises(ImageError, match="4 images of several sizes"):
        read_fits(written(fits.PrimaryHDU(), *stamps), name="x")
    for stamp, band in zip(stamps, "grxi", strict=True):
        stamp.header["FILTER"] = band
    assert read_fits(written(fits.PrimaryHDU(), *stamps), name="x").bands == ("g", "r", "i")


def test_several_extensions_without_the_weights():
    units = [fits.PrimaryHDU()]
    units += [fits.ImageHDU(cube()[k], name=name) for k, name in enumerate(["I", "INVVAR_I", "G"])]
    image = read_fits(written(*units), name="x")
    assert image.bands == ("g", "i")
    np.testing.assert_array_equal(image.flux[4, 7], cube()[[2, 0], 4, 7])


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_packed_files(pack):
    data = written(fits.PrimaryHDU(cube()))
    np.testing.assert_array_equal(read_fits(pack(data), name="x").flux, read_fits(data, name="x").flux)
    with pytest.raises(ImageError, match="truncated"):
        read_fits(pack(data)[:-30], name="x")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_a_packed_bomb_is_refused(pack):
    with pytest.raises(ImageError, match="unpacks to more than the 1,000,000"):
        read_fits(pack(b"\0" * 5_000_000), name="x", max_bytes=1_000_000)


def test_tile_compressed():
    units = (
        fits.PrimaryHDU(),
        fits.CompImageHDU(cube()[0].astype(np.float32), quantize_level=0, compression_type="GZIP_2"),
    )
    np.testing.assert_array_equal(read_fits(written(*units), name="x").flux[..., 0], cube()[0])


def test_a_path_is_read_too(tmp_path):
    (tmp_path / "a.fits").write_bytes(written(fits.PrimaryHDU(cube())))
    assert read_fits(tmp_path / "a.fits", name="a.fits").flux.shape == (20, 30, 3)


def test_nan_becomes_local_background_and_is_counted():
    data = np.full((3, 40, 40), 5.0, np.float32)
    data[:, :, 20:] = 9.0
    data[0, 10, 5] = np.nan
    data[1, 10, 5] = np.inf
    data[2, 30, 35] = np.nan
    image = read_fits(written(fits.PrimaryHDU(data)), name="x")
    assert image.bad_pixels == 2
    assert np.isfinite(image.flux).all()
    assert image.flux[10, 5, 0] == pytest.approx(5)
    assert image.flux[30, 35, 2] == pytest.approx(9)


def test_a_band_without_any_value_is_zero_but_counted():
    data = np.ones((2, 8, 8), np.float32)
    data[1] = np.nan
    image = read_fits(written(fits.PrimaryHDU(data)), name="x")
    assert image.bad_pixels == 64
    assert (image.flux[..., 1] == 0).all()


@pytest.mark.parametrize(
    ("units", "match"),
    [
        ([fits.PrimaryHDU(np.full((3, 8, 8), np.nan, np.float32))], "NaN"),
        ([fits.PrimaryHDU()], "no image"),
        ([fits.PrimaryHDU(np.arange(9.0))], "no image"),
        ([fits.PrimaryHDU(np.zeros((100, 8, 8), np.float32))], r"\(100, 8, 8\)"),
        ([fits.PrimaryHDU(np.zeros((2, 3, 8, 8), np.float32))], r"too many axes|\(2, 3, 8, 8\)"),
        (
            [fits.PrimaryHDU(), fits.BinTableHDU.from_columns([fits.Column("a", "E", array=[1.0])])],
            "no image",
        ),
    ],
)
def test_odd_files_are_refused(units, match):
    with pytest.raises(ImageError, match=match):
        read_fits(written(*units), name="x")


@pytest.mark.parametrize(
    "data", [b"", b"SIMPLE  =", b"hello", b"SIMPLE  =                    T" + b" " * 5000]
)
def test_rubbish_is_refused(data):
    with pytest.raises(ImageError, match=r"^x: "):
        read_fits(data, name="x")


def test_truncated_is_refused():
    data = written(fits.PrimaryHDU(cube(height=200, width=200)))
    with pytest.raises(ImageError, match="truncated"):
        read_fits(data[: len(data) // 2], name="x")


def test_a_header_that_claims_a_huge_image_is_refused_before_memory_is_taken():
    data = written(fits.PrimaryHDU(cube()))
    lie = data.replace(b"NAXIS1  =                   30", b"NAXIS1  =               900000")
    lie = lie.replace(b"NAXIS2  =                   20", b"NAXIS2  =               900000")
    with pytest.raises(ImageError, match=r"900,000 x 900,000"):
        read_fits(lie, name="x")


def card(text):
    return text.encode().ljust(80)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("before", [b"", written(fits.PrimaryHDU(cube()))], ids=["first", "second"])
def test_a_header_without_an_end_is_refused_at_once(before):
    first = card("XTENSION= 'IMAGE   '") if before else card("SIMPLE  =                    T")
    with pytest.raises(ImageError, match="a header has no end"):
        read_fits(before + first + card("COMMENT again and again") * 400_000, name="x")


@pytest.mark.timeout(20)
def test_a_file_of_nothing_but_headers_is_refused_at_once():
    unit = b"".join(map(card, ["XTENSION= 'IMAGE   '", "BITPIX  = 8", "NAXIS   = 0", "END"]))
    with pytest.raises(ImageError, match="4,096 units"):
        read_fits(written(fits.PrimaryHDU()) + unit.ljust(2880) * 20_000, name="x")


def test_data_that_look_like_the_end_of_a_header_are_no_header():
    words = np.frombuffer(b"END".ljust(80) * 36, np.uint8).reshape(36, 80)
    image = read_fits(written(fits.PrimaryHDU(words), fits.ImageHDU(words, name="MASK")), name="x")
    assert (image.flux[..., 0] == words).all()


def test_radio_cubes_with_an_axis_of_one():
    assert read_fits(written(fits.PrimaryHDU(cube()[None])), name="x").flux.shape == (20, 30, 3)


def test_sky_level_is_not_moved_by_galaxies():
    plane = np.random.default_rng(0).normal(10, 2, (100, 100))
    plane[:20, :20] += 1000
    level, sigma = sky_level(plane)
    assert level == pytest.approx(10, abs=0.2)
    assert sigma == pytest.approx(2, rel=0.1)


def test_filling_leaves_the_input_alone():
    flux = np.ones((5, 5, 1), np.float32)
    flux[2, 2] = np.nan
    filled, count = fill_bad_pixels(flux, name="x")
    assert np.isnan(flux[2, 2, 0])
    assert (count, filled[2, 2, 0]) == (1, 1)


@pytest.mark.realdata
def test_survey_files(survey_data):
    legacy = read_fits(next((survey_data / "legacy_grz").glob("*.fits")), name="legacy")
    assert (legacy.flux.shape, legacy.bands) == ((256, 256, 3), ("g", "r", "z"))
    assert legacy.pixel_scale == pytest.approx(0.262, abs=1e-4)
    ps1 = read_fits(next((survey_data / "ps1_lenses" / "stamps").glob("*.fz")), name="ps1")
    assert (ps1.flux.shape, ps1.bands) == ((120, 120, 4), ("g", "r", "i", "z"))
    with pytest.raises(ImageError, match="truncated"):
        read_fits(survey_data / "decals_fits" / "example_incomplete.fits", name="incomplete")
