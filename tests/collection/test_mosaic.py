"""One wide image: its galaxies found once, cut out, placed on the sky."""

import cv2
import numpy as np
import pytest
from astropy.io import fits

from tuningfork.collection import create_collection
from tuningfork.collection.readers.wide import detected
from tuningfork.errors import CollectionError


def field(seed=0, height=240, width=320):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    image = rng.normal(20, 2, (height, width))
    for row in range(40, height - 20, 60):
        for column in range(40, width - 20, 60):
            image += 150 * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 30)
    return image.astype(np.float32)


@pytest.fixture
def png(tmp_path):
    picture = np.clip(field()[:, :, None] * [0.9, 1.0, 1.1], 0, 255).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "sky.png"), picture)
    return tmp_path / "sky.png"


def test_galaxies_are_cut_out_of_a_picture(png, tmp_path):
    report = create_collection(png, tmp_path / "out", quiet=True)
    collection = report.collection
    assert report.added == len(collection) == 15
    assert collection.ids([0, 14]).tolist() == ["src_00001", "src_00015"]
    table = collection.catalogue(["x", "y", "area", "flux", "box", "at_edge", "width", "source"])
    assert sorted({round(v / 10) * 10 for v in table["x"].to_pylist()}) == [40, 100, 160, 220, 280]
    whole = cv2.imread(str(png))
    for row, stamp in zip(table.to_pylist(), collection.pixels(range(15)), strict=True):
        side = stamp.shape[0]
        top, left, height, width = row["box"]
        top, left = round(top + height / 2 - side / 2), round(left + width / 2 - side / 2)
        assert not row["at_edge"]
        np.testing.assert_array_equal(stamp, whole[top : top + side, left : left + side])
    assert table["source"].to_pylist()[4] == "sky.png, source 5"


def test_a_second_start_does_not_search_again(png, tmp_path, monkeypatch):
    first = create_collection(png, tmp_path / "out", quiet=True)

    def never(*_, **__):
        raise AssertionError("searched twice")

    monkeypatch.setattr(detected, "find_in_tiles", never)
    again = create_collection(png, tmp_path / "out", quiet=True)
    assert (again.added, again.already) == (0, 15)
    assert again.collection.fingerprint() == first.collection.fingerprint()


def test_after_a_kill_between_search_and_import_the_search_is_kept(png, tmp_path, monkeypatch):
    create_collection(png, tmp_path / "first", quiet=True)
    (tmp_path / "out").mkdir()
    (tmp_path / "first" / "sources.parquet").rename(tmp_path / "out" / "sources.parquet")
    monkeypatch.setattr(detected, "find_in_tiles", lambda *_, **__: pytest.fail("searched twice"))
    assert create_collection(png, tmp_path / "out", quiet=True).added == 15


def test_another_image_of_the_same_name_is_noticed(png, tmp_path):
    create_collection(png, tmp_path / "out", quiet=True)
    cv2.imwrite(str(png), np.clip(field(1)[:200], 0, 255).astype(np.uint8))
    with pytest.raises(CollectionError, match="has changed"):
        create_collection(png, tmp_path / "out", quiet=True)


def test_fits_with_coordinates(tmp_path):
    header = fits.Header({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 30.0, "CRVAL2": -5.0})
    header.update(
        {"CRPIX1": 41.0, "CRPIX2": 41.0, "CDELT1": -0.5 / 3600, "CDELT2": 0.5 / 3600, "FILTER": "r"}
    )
    fits.PrimaryHDU(field().astype(">f4"), header).writeto(tmp_path / "sky.fits")
    collection = create_collection(tmp_path / "sky.fits", tmp_path / "out", quiet=True).collection
    assert (collection.bands, collection.pixel_scale) == (("r",), 0.5)
    assert collection.pixels([0])[0].dtype == np.float32
    rows = collection.catalogue(["x", "y", "ra", "dec"]).to_pylist()
    corner = min(rows, key=lambda r: r["x"] + r["y"])  # at (40, 40), which is the reference pixel
    assert corner["ra"] == pytest.approx(30, abs=1e-4)
    assert corner["dec"] == pytest.approx(-5, abs=1e-4)


def test_a_folder_can_be_declared_a_mosaic(png, tmp_path):
    (tmp_path / "in").mkdir()
    png.rename(tmp_path / "in" / "sky.png")
    assert create_collection(tmp_path / "in", tmp_path / "out", mosaic=True, quiet=True).added == 15
    (tmp_path / "in" / "two.png").write_bytes((tmp_path / "in" / "sky.png").read_bytes())
    with pytest.raises(CollectionError, match="2 in this folder"):
        create_collection(tmp_path / "in", tmp_path / "o2", mosaic=True, quiet=True)


def test_a_file_can_be_declared_one_stamp(png, tmp_path):
    collection = create_collection(png, tmp_path / "out", mosaic=False, quiet=True).collection
    assert collection.ids().tolist() == ["sky"]


def test_an_empty_sky_says_so(tmp_path):
    cv2.imwrite(str(tmp_path / "sky.png"), np.full((64, 64, 3), 9, np.uint8))
    with pytest.raises(CollectionError, match="no galaxy stands out"):
        create_collection(tmp_path / "sky.png", tmp_path / "out", quiet=True)


def test_a_band_whose_file_is_not_there_is_named(tmp_path):
    for band in "gr":
        fits.writeto(tmp_path / f"sky_{band}.fits", field())
    with pytest.raises(CollectionError, match=r"there is no sky_z\.fits"):
        create_collection(tmp_path / "sky_g.fits", tmp_path / "out", bands=("g", "r", "z"), quiet=True)
