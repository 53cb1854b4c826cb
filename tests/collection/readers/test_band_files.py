"""One file per band: grouped by names, folders or headers, stacked blue to red, named when not whole."""

import bz2
import gzip

import numpy as np
import pytest
from astropy.io import fits

from tuningfork.collection import create_collection
from tuningfork.collection.readers.folders.band_groups import by_name, is_fits_name
from tuningfork.errors import ImageError
from tuningfork.images import read_fits_bands


def create(source, out, **wishes):
    return create_collection(source, out, quiet=True, workers=2, **wishes)


def plane(seed, band, *, size=24, zero_point=None):
    """The bytes of one band of one galaxy, with coordinates; every pixel tells galaxy and band."""
    y, x = np.mgrid[:size, :size] - size / 2
    flux = seed + "grizf".index(band[0]) / 10 + np.exp(-np.hypot(y, x) / 3)
    header = fits.Header({"FILTER": f"{band}.MP9401", "BUNIT": "nanomaggy"})
    header.update({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0 + seed, "CRVAL2": -1.0})
    header.update(dict.fromkeys(("CRPIX1", "CRPIX2"), size / 2 + 0.5))
    header.update({"CDELT1": -0.262 / 3600, "CDELT2": 0.262 / 3600})
    if zero_point:
        header["MAGZERO"] = zero_point
    return fits.PrimaryHDU(flux.astype(">f4"), header)


def as_bytes(hdu):
    import io

    file = io.BytesIO()
    hdu.writeto(file)
    return file.getvalue()


LAYOUTS = {
    "underscore": "stamps/{name}_{band}.fits",
    "hyphen": "{name}-{band}.fits",
    "dot": "{name}.{band}.fits",
    "folders": "{band}/{name}.fits",
    "both": "{band}/{name}_{band}.fits",
    "a folder each": "{name}/{band}.fits",
    "a tail": "{name}_{band}_drz.fits",
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_every_layout_gives_galaxies_of_all_bands(tmp_path, layout):
    for seed, name in enumerate(["NGC1", "NGC_2", "ra10.5_dec-1.25"]):
        for band in "zgr":
            file = tmp_path / "in" / layout.format(name=name, band=band)
            file.parent.mkdir(parents=True, exist_ok=True)
            plane(seed, band).writeto(file)
    report = create(tmp_path / "in", tmp_path / "out")
    collection = report.collection
    assert (report.added, report.rejected, report.unlisted) == (3, [], 0)
    assert sorted(collection.ids()) == ["NGC1", "NGC_2", "ra10.5_dec-1.25"]
    assert collection.bands == ("g", "r", "z")
    row = collection.rows_of(["NGC_2"])[0]
    np.testing.assert_allclose(collection.pixels([row])[0][0, 0], [1.0, 1.1, 1.3], atol=0.01)
    facts = collection.catalogue(["ra", "pixel_scale"], [row]).to_pylist()[0]
    assert facts["ra"] == pytest.approx(11.0, abs=1e-3)
    assert facts["pixel_scale"] == pytest.approx(0.262, abs=1e-4)
    assert create(tmp_path / "in", tmp_path / "out").added == 0


def test_a_galaxy_without_a_band_is_refused_and_packed_files_are_read(tmp_path):
    (tmp_path / "in").mkdir()
    packers = {"fits": bytes, "fits.gz": gzip.compress, "fits.bz2": bz2.compress}
    for seed, (suffix, packed) in enumerate(packers.items()):
        for band in "gri":
            (tmp_path / "in" / f"a{seed}_{band}.{suffix}").write_bytes(packed(as_bytes(plane(seed, band))))
    for band in "gi":
        plane(7, band).writeto(tmp_path / "in" / f"half_{band}.fits")
    for band, size in (("g", 24), ("r", 25), ("i", 24)):
        plane(8, band, size=size).writeto(tmp_path / "in" / f"odd_{band}.fits")
        (tmp_path / "in" / f"cut_{band}.fits").write_bytes(as_bytes(plane(9, band))[:3000])
    plane(1, "g").writeto(tmp_path / "in" / "a0_g_invvar.fits")
    plane(1, "g").writeto(tmp_path / "in" / "alone.fits")
    (tmp_path / "in" / "cat.csv").write_text(
        "id,z,file\na2,2,a2_r.fits.bz2\na0,0,a0_g.fits\nhalf,1,half_g.fits\nodd,1,odd\ncut,1,cut\n"
    )
    report = create(tmp_path / "in", tmp_path / "out")
    reasons = {r.file: r.reason for r in report.rejected}
    assert report.collection.ids().tolist() == ["a2", "a0"]
    assert report.collection.catalogue(["z"])["z"].to_pylist() == [2, 0]
    assert reasons["half_g.fits"] == "it has no file of band r, only of g, i"
    assert reasons["odd"] == "band r has 25 x 25 pixels, but g has 24 x 24"
    assert "truncated" in reasons["cut"]
    assert report.unlisted == 2  # a1 and alone.fits


def test_bands_are_told_by_headers_when_they_are_named(tmp_path):
    (tmp_path / "in").mkdir()
    for seed in range(2):
        for number, band in enumerate("rg"):
            plane(seed, band).writeto(tmp_path / "in" / f"obj{seed}_{number}.fits")
    report = create(tmp_path / "in", tmp_path / "out", bands=["g", "r"])
    assert report.collection.ids().tolist() == ["obj0", "obj1"]
    np.testing.assert_allclose(report.collection.pixels([1])[0][0, 0], [1.0, 1.1], atol=0.01)


def test_some_of_the_bands_and_those_of_space_telescopes(tmp_path):
    (tmp_path / "in").mkdir()
    for band in ("f814w", "f606w", "f435w"):
        plane(1, band).writeto(tmp_path / "in" / f"a_{band}.fits")
    assert create(tmp_path / "in", tmp_path / "all").collection.bands == ("f435w", "f606w", "f814w")
    two = create(tmp_path / "in", tmp_path / "two", bands=["F606W", "F814W"]).collection
    assert two.bands == ("F606W", "F814W")
    assert two.pixels([0])[0].shape[2] == 2


def test_ordinary_folders_are_left_alone():
    assert not any(
        len(g) > 1 for g in by_name(["ra1.67_dec-8.74.fits", "M31_1.fits", "M31_2.fits", "g.fits"]).values()
    )
    assert not is_fits_name("a_g_invvar.fits")
    assert not is_fits_name("a_g.jpg")
    assert is_fits_name("x/a_g.fits.fz")


def test_a_zero_point_is_kept_only_when_all_bands_share_it():
    bands = {band: as_bytes(plane(1, band, zero_point=zp)) for band, zp in (("g", 25), ("r", 25), ("i", 24))}
    assert read_fits_bands({"g": bands["g"], "r": bands["r"]}, name="x").zero_point == 25
    assert read_fits_bands(bands, name="x").zero_point is None
    cube = as_bytes(fits.PrimaryHDU(np.zeros((2, 8, 8), ">f4")))
    with pytest.raises(ImageError, match="band r holds 2 bands"):
        read_fits_bands({"g": bands["g"], "r": cube}, name="x")
