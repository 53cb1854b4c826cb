"""Wide images window by window, of one file or a band each; and what FITS headers say of places."""

import bz2
import gzip

import cv2
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st

from tuningfork.errors import ImageError
from tuningfork.images.fits import read_fits
from tuningfork.images.fits_header import (
    band_in_name,
    celestial,
    centre_on_sky,
    pixel_scale,
    pixels_of_sky,
    sky_of_pixels,
)
from tuningfork.images.wide import open_wide

RNG = np.random.default_rng(0)
PIXELS = RNG.normal(5, 1, (90, 120)).astype(np.float32)


def tangent(**more) -> fits.Header:
    header = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 30.0, "CRVAL2": -5.0, "CRPIX1": 60.5}
    header |= {"CRPIX2": 45.5, "CD1_1": -1e-4, "CD1_2": 2e-5, "CD2_1": 2e-5, "CD2_2": 1e-4}
    return fits.Header({**header, **more})


@settings(max_examples=80, deadline=None)
@given(
    st.tuples(st.floats(0, 360), st.floats(-89.9, 89.9)),
    st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000)),
    st.floats(0, 6.28),
    st.floats(1e-5, 1e-3),
)
def test_the_short_way_gives_the_position_of_astropy(place, pixel, turn, step):
    cosine, sine = step * np.cos(turn), step * np.sin(turn)
    header = tangent(
        CRVAL1=place[0], CRVAL2=place[1], CRPIX1=pixel[0], CRPIX2=pixel[1],
        CD1_1=-cosine, CD1_2=sine, CD2_1=sine, CD2_2=cosine,
    )  # fmt: skip
    ra, dec, scale = centre_on_sky(header, 90, 120)
    theirs = WCS(header).all_pix2world([[59.5, 44.5]], 0)[0]
    assert abs((ra - theirs[0] + 180) % 360 - 180) * np.cos(np.radians(dec)) < 1e-9
    assert dec == pytest.approx(theirs[1], abs=1e-9)
    assert scale == pytest.approx(step * 3600, rel=1e-9)


def test_cdelt_with_pc_and_the_old_rotation():
    plain = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 30.0, "CRVAL2": -5.0, "CRPIX1": 9.0}
    plain |= {"CRPIX2": 9.0, "CDELT1": -2e-4, "CDELT2": 1e-4}
    for more in ({}, {"PC1_2": 0.3, "PC2_1": -0.3}, {"CROTA2": 33.0}, {"LONPOLE": 150.0}, {"PC001001": -1.0}):
        header = fits.Header({**plain, **more})
        ra, dec, scale = centre_on_sky(header, 90, 120)
        np.testing.assert_allclose((ra, dec), WCS(header).all_pix2world([[59.5, 44.5]], 0)[0], atol=1e-9)
        assert scale == pytest.approx(pixel_scale(WCS(header)), rel=1e-9)


@pytest.mark.realdata
def test_the_short_way_agrees_with_astropy_on_real_headers(survey_data):
    files = [*survey_data.glob("legacy_grz/*.fits"), *sorted(survey_data.glob("ps1_lenses/stamps/*"))[:20]]
    files += [
        *survey_data.glob("decals_fits/*.fz"),
        *survey_data.glob("mosaics/*sdss*"),
        *survey_data.glob("psf/c*.fits"),
    ]
    for file in files:
        header = next(unit.header for unit in fits.open(file) if unit.header["NAXIS"] >= 2)
        wcs, found = celestial(header), centre_on_sky(header, 100, 150)
        assert (wcs is None) == (found is None), file.name
        if wcs is not None:
            theirs = wcs.all_pix2world([[74.5, 49.5]], 0)[0]
            np.testing.assert_allclose(found[:2], theirs, atol=1e-8, err_msg=file.name)
            assert found[2] == pytest.approx(pixel_scale(wcs), rel=1e-8)


def test_distortions_count():
    sip = {
        "CTYPE1": "RA---TAN-SIP",
        "CTYPE2": "DEC--TAN-SIP",
        "A_ORDER": 2,
        "B_ORDER": 2,
        "A_2_0": 1e-4,
        "B_0_2": 1e-4,
    }
    header = tangent(**sip)
    ra, dec, _ = centre_on_sky(header, 500, 500)
    straight = WCS(header).wcs_pix2world([[249.5, 249.5]], 0)[0]
    assert abs(dec - straight[1]) * 3600 > 0.5
    wcs = celestial(header)
    np.testing.assert_allclose(pixels_of_sky(wcs, [ra], [dec]), [[249.5], [249.5]], atol=1e-3)


@pytest.mark.parametrize(
    ("frame", "header"),
    [
        ("galactic", tangent(CTYPE1="GLON-TAN", CTYPE2="GLAT-TAN")),
        ("fk4", tangent(RADESYS="FK4", EQUINOX=1950.0)),
        ("fk4", tangent(EQUINOX=1950.0)),
        ("galactic", tangent(CTYPE1="GLON-TAN", CTYPE2="GLAT-TAN", RADESYS="ICRS")),
    ],
)
def test_positions_in_other_frames_become_icrs(frame, header):
    middle = WCS(header).all_pix2world([[59.5, 44.5]], 0)[0]
    equinox = {"equinox": "B1950"} if frame == "fk4" else {}
    theirs = SkyCoord(*middle, unit="deg", frame=frame, **equinox).icrs
    ra, dec, _ = centre_on_sky(header, 90, 120)
    assert SkyCoord(ra, dec, unit="deg").separation(theirs).arcsec < 0.05
    x, y = pixels_of_sky(celestial(header), [ra], [dec])
    assert (x[0], y[0]) == (pytest.approx(59.5, abs=1e-3), pytest.approx(44.5, abs=1e-3))


@pytest.mark.parametrize("kind", ["HPLN-HPLT", "ELON-ELAT"])
def test_coordinates_in_frames_that_are_not_known_are_no_position(kind):
    one, two = kind.split("-")
    assert celestial(tangent(CTYPE1=f"{one}-TAN", CTYPE2=f"{two}-TAN")) is None


@pytest.mark.parametrize(
    "header",
    [
        fits.Header(),
        fits.Header({"CTYPE1": "PIXEL", "CTYPE2": "PIXEL"}),
        tangent(CD1_1=0.0, CD1_2=0.0, CD2_1=0.0, CD2_2=0.0),
        tangent(CD1_1=1e-4, CD1_2=1e-4, CD2_1=1e-4, CD2_2=1e-4),
        tangent(CRVAL1=-5.0, CRVAL2=150.0),
        tangent(CRVAL1="a"),
        tangent(CTYPE1="RA---XYZ", CTYPE2="DEC--XYZ"),
        tangent(CD1_1=5.0, CD2_2=5.0),
    ],
    ids=["none", "pixels", "zero", "singular", "swapped", "text", "unknown", "degrees"],
)
def test_coordinates_that_are_none_cost_only_the_position(header):
    data = fits.HDUList([fits.PrimaryHDU(PIXELS, header)])
    assert celestial(header) is None
    import io

    out = io.BytesIO()
    data.writeto(out, output_verify="ignore")
    image = read_fits(out.getvalue(), name="x")
    assert (image.ra, image.dec, image.pixel_scale) == (None, None, None)
    np.testing.assert_allclose(image.flux[..., 0], PIXELS)


def test_axes_in_the_other_order_and_places_on_the_far_side():
    header = fits.Header({"CTYPE1": "DEC--TAN", "CTYPE2": "RA---TAN", "CRVAL1": -5.0, "CRVAL2": 30.0})
    header.update({"CRPIX1": 1.0, "CRPIX2": 1.0, "CDELT1": 1e-4, "CDELT2": 1e-4})
    wcs = celestial(header)
    ra, dec = sky_of_pixels(wcs, [0.0], [0.0])
    assert (ra[0], dec[0]) == (pytest.approx(30), pytest.approx(-5))
    x, y = pixels_of_sky(wcs, [30.0, 210.0, np.nan], [-5.0, 5.0, 0.0])
    assert x[0] == pytest.approx(0, abs=1e-6)
    assert np.isnan([*x[1:], *y[1:]]).all()


@pytest.fixture
def files(tmp_path):
    fits.PrimaryHDU(PIXELS.astype(">f4"), tangent(FILTER="r")).writeto(tmp_path / "a.fits")
    raw = (tmp_path / "a.fits").read_bytes()
    (tmp_path / "a.fits.gz").write_bytes(gzip.compress(raw))
    (tmp_path / "a.fits.bz2").write_bytes(bz2.compress(raw))
    packed = fits.CompImageHDU(PIXELS, tangent(FILTER="r"), compression_type="GZIP_1", quantize_level=0)
    fits.HDUList([fits.PrimaryHDU(), packed]).writeto(tmp_path / "a.fits.fz")
    return tmp_path


@pytest.mark.parametrize("name", ["a.fits", "a.fits.gz", "a.fits.bz2", "a.fits.fz"])
def test_windows_of_every_packing_are_the_same(files, name):
    image = open_wide([files / name])
    assert (image.shape, image.bands, image.is_flux) == ((90, 120, 1), ("r",), True)
    np.testing.assert_array_equal(image.window(10, 20, 30, 40)[..., 0], PIXELS[10:40, 20:60])
    np.testing.assert_array_equal(image.window(-5, 110, 20, 40)[..., 0], PIXELS[:15, 110:])
    assert image.window(200, 0, 5, 5).size == 0


def test_scaled_integers_are_unscaled(tmp_path):
    scaled = fits.PrimaryHDU(PIXELS.copy())
    scaled.scale("int16", bscale=0.01, bzero=5)
    scaled.writeto(tmp_path / "i.fits")
    np.testing.assert_allclose(
        open_wide([tmp_path / "i.fits"]).window(0, 0, 9, 9)[..., 0], PIXELS[:9, :9], atol=0.006
    )


def test_a_window_of_a_large_file_reads_little(tmp_path):
    import resource

    fits.PrimaryHDU(np.zeros((1, 1), np.float32)).writeto(tmp_path / "big.fits")
    header = fits.Header({"SIMPLE": True, "BITPIX": -32, "NAXIS": 2, "NAXIS1": 60_000, "NAXIS2": 60_000})
    with (tmp_path / "big.fits").open("wb") as file:  # 14 GB of nothing, which takes no room on the disk
        file.write(header.tostring().encode())
        file.truncate(2880 + -(-4 * 60_000**2 // 2880) * 2880)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert open_wide([tmp_path / "big.fits"]).window(59_000, 59_000, 64, 64).shape == (64, 64, 1)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB


def write(path, header, pixels=PIXELS):
    fits.PrimaryHDU(pixels.astype(">f4"), header).writeto(path)
    return path


def test_bands_of_one_grid_make_one_image_blue_first(tmp_path):
    paths = [
        write(tmp_path / f"field_{band}.fits", tangent(FILTER="g"), PIXELS + n)
        for n, band in enumerate("irg")
    ]
    image = open_wide(paths)
    assert (image.bands, image.shape) == (
        ("g", "r", "i"),
        (90, 120, 3),
    )  # names of files: the headers all say g
    np.testing.assert_allclose(image.window(0, 0, 1, 1)[0, 0] - PIXELS[0, 0], [2, 1, 0], atol=1e-5)


def test_bands_within_one_file_come_blue_first(tmp_path):
    cube = np.stack([PIXELS + 100 * n for n in range(3)])
    write(tmp_path / "cube.fits", tangent(BANDS="zrg"), cube)
    units = [fits.ImageHDU(cube[n], tangent(FILTER=band)) for n, band in enumerate("zrg")]
    fits.HDUList([fits.PrimaryHDU(), *units]).writeto(tmp_path / "units.fits")
    for name in ("cube.fits", "units.fits"):
        wide = open_wide([tmp_path / name])
        assert wide.bands == ("g", "r", "z")
        np.testing.assert_array_equal(wide.window(10, 20, 5, 7), cube[::-1, 10:15, 20:27].transpose(1, 2, 0))


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"CRPIX1": 61.0}, "0.50 pixels off"),
        ({"CRVAL1": 210.0, "CRVAL2": 5.0}, "another part of the sky"),
    ],
)
def test_bands_of_different_grids_are_refused(tmp_path, other, words):
    paths = [write(tmp_path / "a_g.fits", tangent()), write(tmp_path / "a_r.fits", tangent(**other))]
    with pytest.raises(ImageError, match=words):
        open_wide(paths)
    paths[1] = write(tmp_path / "b_r.fits", tangent(), PIXELS[:50])
    with pytest.raises(ImageError, match="120 x 90 and 120 x 50"):
        open_wide(paths)
    cv2.imwrite(str(tmp_path / "p.png"), np.zeros((90, 120, 3), np.uint8))
    with pytest.raises(ImageError, match="only when each is FITS of one band"):
        open_wide([paths[0], tmp_path / "p.png"])


def test_a_file_that_ends_early_says_so(tmp_path):
    path = write(tmp_path / "a.fits", tangent())
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(ImageError, match=r"truncated"):
        open_wide([path]).window(80, 0, 5, 5)


@pytest.mark.parametrize(
    ("name", "band"),
    [
        ("ngc6976_sdss_g.fits.bz2", "g"), ("survey-1238p245-image-z.fits.fz", "z"), ("a.R.fits", "r"),
        ("galaxy.fits", None), ("g_field_i.fits", "i"), ("NUV-1.fits", "nuv"),
    ],
)  # fmt: skip
def test_bands_in_names(name, band):
    found = band_in_name(name)
    assert (found and found[0]) == band
