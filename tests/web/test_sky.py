"""A galaxy's place on the sky: what the page is told, what it never is, and links to fixed hosts only."""

from types import SimpleNamespace
from urllib.parse import urlsplit

import cv2
import numpy as np
import pyarrow as pa
import pytest
from astropy.io import fits

from tests.web.conftest import BASE
from tuningfork.collection import create_collection
from tuningfork.collection.compass import compass
from tuningfork.collection.context import open_context
from tuningfork.web.sky import VIEWERS, facts


def test_what_lies_around_a_stamp_is_cut_from_its_mosaic(tmp_path):
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 40, (300, 400, 3), dtype=np.uint8)
    y, x = np.mgrid[:300, :400]
    for middle in ((80, 70), (200, 300), (290, 20)):
        picture[np.hypot(y - middle[0], x - middle[1]) < 9] = 220
    cv2.imwrite(str(tmp_path / "field.png"), picture)
    collection = create_collection(tmp_path / "field.png", tmp_path / "made", quiet=True).collection
    context = open_context(collection)
    row = next(
        r
        for r, box in enumerate(collection.catalogue(columns=["box"])["box"].to_pylist())
        if 60 < box[0] < 90
    )
    stamp, around = collection.pixels([row])[0], context.pixels(row)
    assert context.wider(row) == 3
    assert around.shape[:2] == tuple(3 * n for n in stamp.shape[:2])
    height, width = stamp.shape[:2]
    np.testing.assert_array_equal(around[height : 2 * height, width : 2 * width], stamp)
    (tmp_path / "field.png").unlink()
    assert open_context(collection) is None


def _collection(folder, **row):
    told = {
        "ra": 359.5,
        "dec": -30.0,
        "pixel_scale": 0.3,
        "height": 40,
        "width": 40,
        "source": "a.fits",
    } | row
    return SimpleNamespace(
        pixel_scale=None,
        manifest=SimpleNamespace(source=str(folder), pixels="flux"),
        catalogue=lambda columns, rows: pa.Table.from_pylist([told]),
    )


@pytest.fixture
def folder(tmp_path):
    header = fits.Header({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": 5.0})
    header.update({"CRPIX1": 20.0, "CRPIX2": 20.0, "CD1_1": -1e-4, "CD2_2": 1e-4, "CD1_2": 0.0, "CD2_1": 0.0})
    (tmp_path / "in").mkdir()
    for place in (tmp_path / "in", tmp_path):
        fits.writeto(place / "a.fits", np.zeros((40, 40), np.float32), header)
    (tmp_path / "in" / "damaged.fits").write_bytes(b"SIMPLE  = nothing")
    return tmp_path / "in"


def test_the_page_hears_of_the_place_and_not_of_the_id(client, app):
    name = app.extensions["tuningfork-bench"].identifiers.names([3])[0]
    told = client.get(f"/api/galaxies/{name}", base_url=BASE).json
    assert (told["ra"], told["dec"], told["pixel_scale"]) == (150.0, 2.0, 0.4)
    assert "galaxy-0003" not in str(told)
    assert "made.png" not in str(told)
    assert client.get("/api/galaxies/" + "0" * 24, base_url=BASE).status_code == 422


def test_links_go_to_the_fixed_hosts_whatever_the_position():
    for ra, dec in ((0.0, 90.0), (-0.5, -89.9), (359.99, 0.0)):
        links = facts(_collection("nowhere", ra=ra, dec=dec), 0)["viewers"]
        assert {urlsplit(link["url"]).netloc for link in links} == {
            urlsplit(v).netloc for v in VIEWERS.values()
        }
        assert all(urlsplit(link["url"]).scheme == "https" for link in links)


@pytest.mark.parametrize("where", [{"ra": None}, {"dec": None}, {"dec": 91.0}, {"ra": float("nan")}])
def test_without_a_position_there_are_no_links(where):
    assert "viewers" not in facts(_collection("nowhere", **where), 0)


def test_north_comes_from_the_stamps_own_file_and_from_no_other(folder):
    assert compass(_collection(folder), "a.fits, catalogue.tsv row 1", 40, 40) == (0.0, 90.0)
    for other in ("../a.fits", "/etc/passwd", "damaged.fits", "gone.fits", "a.png", ""):
        assert compass(_collection(folder), other, 40, 40) is None
    (folder / "link.fits").symlink_to(folder.parent / "a.fits")
    assert compass(_collection(folder), "link.fits", 40, 40) is None
