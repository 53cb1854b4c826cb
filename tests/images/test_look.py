"""How people look at galaxies: each look has one name, and does what it says."""

import numpy as np
import pytest

from tuningfork.errors import UsageError
from tuningfork.images.compass import compass_of_header, sexagesimal
from tuningfork.images.look import Look, find_levels, look_of, show
from tuningfork.images.stretch import Asinh


@pytest.fixture(scope="module")
def flux():
    """A galaxy in three bands on a noisy sky; the reddest band is four times as bright."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:64, :64] - 31.5
    galaxy = 100 * np.exp(-np.hypot(x, y) / 2.5)[..., None] * np.array([1, 2, 4])
    return (galaxy + rng.normal(0, 1, (64, 64, 3)) + 10).astype(np.float32)


def test_a_look_and_its_name_are_one_to_one():
    for look in (Look(), Look("deep", 2, -10, 1, inverted=True), Look("linear", band=0), Look(white=3)):
        assert look_of(str(look)) == look


@pytest.mark.parametrize(
    "text", ["", "deep_k0", "deep_k11", "deep_k+1", "deep_n_b1", "Deep", "deep_b99", "deep\n"]
)
def test_no_other_text_is_a_look(text):
    with pytest.raises(UsageError):
        look_of(text)


def test_curves_levels_bands_and_inversion_of_flux(flux):
    levels, stretch = find_levels([flux]), Asinh(0, 400)
    np.testing.assert_allclose(levels.sky, 10, atol=0.5)
    np.testing.assert_allclose(levels.noise, 1, atol=0.3)

    def mean(text):
        return show(flux, look_of(text), stretch=stretch, levels=levels).mean()

    assert mean("linear") < mean("asinh") < mean("deep")
    assert mean("asinh_k4") < mean("asinh") < mean("asinh_w4")
    assert mean("asinh_n") == pytest.approx(255 - mean("asinh"))
    red = show(flux, look_of("linear_b2"), stretch=stretch, levels=levels)
    assert np.ptp(red, axis=2).max() == 0  # grey
    assert show(flux, look_of("linear_b7"), stretch=stretch, levels=levels).tolist() == red.tolist()
    colour = show(flux, look_of("linear"), stretch=stretch, levels=levels)
    assert (
        abs(colour[:, :, 0].mean() - colour[:, :, 2].mean()) < 12
    )  # each band on its own scale: no red cast


def test_what_is_shown_never_turns_round(flux):
    marked = flux.copy()
    marked[2:6, 50:54] = 500  # near the lowest row, so at the foot of the picture
    for text in ("as-is", "linear", "deep_b1"):
        picture = show(marked, look_of(text), stretch=Asinh(0, 400), levels=find_levels([flux]))
        assert picture[58:62, 50:54].min() > 200, text


def test_a_stretched_picture_gets_levels_and_bands_too():
    stamp = np.dstack([np.full((8, 8), 40), np.full((8, 8), 80), np.full((8, 8), 160)]).astype(np.uint8)
    assert show(stamp, Look())[0, 0].tolist() == [160, 80, 40]
    assert show(stamp, look_of("linear_b0"))[0, 0].tolist() == [40, 40, 40]
    assert show(stamp, look_of("as-is_w2"))[0, 0].tolist() == [255, 160, 80]
    assert show(stamp, look_of("as-is_n"))[0, 0].tolist() == [95, 175, 215]


@pytest.mark.parametrize(
    ("matrix", "angles"),
    [
        ((-1e-4, 0, 0, 1e-4), (0, 90)),  # north up, east left
        ((1e-4, 0, 0, 1e-4), (0, -90)),  # the mirror image
        ((0, 1e-4, 1e-4, 0), (-90, 0)),  # north right, east up
        ((-1e-4 * np.cos(0.3), 1e-4 * np.sin(0.3), 1e-4 * np.sin(0.3), 1e-4 * np.cos(0.3)), (-17.19, 72.81)),
    ],
)
def test_north_and_east_are_where_the_header_says(matrix, angles):
    from astropy.io.fits import Header

    header = Header({"NAXIS": 2, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL2": 60.0})
    header.update({"CRPIX1": 20.0, "CRPIX2": 20.0})
    header.update(zip(("CD1_1", "CD1_2", "CD2_1", "CD2_2"), matrix, strict=True))
    for ra in (120.0, 359.9998, 359.9999, 0.0, 0.0001, 0.0002):  # RA turns over within the middle pixel
        header["CRVAL1"] = ra
        found = compass_of_header(header, 40, 40)
        np.testing.assert_allclose(found, angles, atol=0.05)
    assert compass_of_header(Header(), 40, 40) is None


def test_positions_in_words():
    assert sexagesimal(0, -0.00001) == "00:00:00.00 -00:00:00.0"
    assert sexagesimal(155.79667, 2.18472) == "10:23:11.20 +02:11:05.0"
