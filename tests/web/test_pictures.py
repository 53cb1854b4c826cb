"""Pictures: opaque names, fixed sizes, always encoded anew, never enlarged."""

import base64

import cv2
import numpy as np
import pytest

from tests.web.conftest import BASE, OWN
from tests.web.fakes import FakeCollection
from tuningfork.images.look import Look
from tuningfork.web.identifiers import Identifiers, NoSuchGalaxyError
from tuningfork.web.pictures import SIZES, PictureRoom


def _decode(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


@pytest.fixture
def name(app):
    return app.extensions["tuningfork-bench"].identifiers.names([3])[0]


def test_a_picture_is_jpeg_and_kept_by_the_browser(client, name):
    reply = client.get(f"/pictures/v/galaxy/{name}/160/as-is", base_url=BASE)
    assert reply.status_code == 200
    assert reply.content_type == "image/jpeg"
    assert reply.data[:3] == b"\xff\xd8\xff"
    assert "immutable" in reply.headers["Cache-Control"]
    again = client.get(
        f"/pictures/v/galaxy/{name}/160/as-is",
        base_url=BASE,
        headers={"If-None-Match": reply.headers["ETag"]},
    )
    assert again.status_code == 304


@pytest.mark.parametrize(
    "wrong",
    ["0/as-is", "97/as-is", "99999999/as-is", "-1/as-is", "160/negative", "160/..", "1e3/as-is"],
)
def test_other_sizes_and_stretches_do_not_exist(client, name, wrong):
    assert client.get(f"/pictures/v/galaxy/{name}/{wrong}", base_url=BASE).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    ["asinh_k0", "asinh_k11", "deep_n_b1", "linear_w-9_", "as-is_b64", "as-is_k-01", "deep_n%00", "b1"],
)
def test_each_look_has_one_address_and_there_are_no_others(client, name, wrong):
    assert client.get(f"/pictures/v/galaxy/{name}/160/{wrong}", base_url=BASE).status_code == 404
    assert client.get(f"/pictures/v/galaxy/{name}/160/asinh_k-3_w4_b1_n", base_url=BASE).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    ["0", "3", "0" * 24, "g" * 24, "ffffffff" + "0" * 16, "'; drop table--", "galaxy-0003", "%00" * 8],
)
def test_names_that_are_not_ours_are_refused(client, wrong):
    assert client.get(f"/pictures/v/galaxy/{wrong}/160/as-is", base_url=BASE).status_code in (404, 422)


def test_names_hold_neither_ids_nor_paths():
    collection = FakeCollection(["../../etc/passwd", "merger/17"])
    for name in Identifiers(collection, "place").names([0, 1]):
        assert len(name) == 24
        assert int(name, 16) >= 0


def test_a_name_of_another_collection_or_of_moved_rows_is_refused():
    one, other = FakeCollection(["a", "b"]), FakeCollection(["b", "a"])
    name = Identifiers(one, "place").names([0])[0]
    assert Identifiers(one, "place").resolve(name) == (0, "a")
    for wrong in (Identifiers(other, "place"), Identifiers(one, "elsewhere")):
        with pytest.raises(NoSuchGalaxyError):
            wrong.resolve(name)


def test_red_is_red_on_the_screen():
    collection = FakeCollection(n=1)
    collection.pixels = lambda rows, shortest=None: [
        np.dstack([np.zeros((64, 64)), np.zeros((64, 64)), np.full((64, 64), 250)]).astype(np.uint8)
    ]
    blue, green, red = _decode(PictureRoom(collection).galaxy(0, 96, Look()))[32, 32].astype(int)
    assert red > 200
    assert max(blue, green) < 40


def test_one_bright_pixel_stays_in_its_corner():
    collection = FakeCollection(n=1)
    stamp = np.zeros((64, 64, 3), np.uint8)
    stamp[4:12, 40:48] = 255
    collection.pixels = lambda rows, shortest=None: [stamp]
    picture = _decode(PictureRoom(collection).galaxy(0, 96, Look())).sum(axis=2)
    row, column = np.unravel_index(picture.argmax(), picture.shape)
    assert 3 <= row <= 12
    assert 39 <= column <= 48


@pytest.mark.parametrize(("height", "width"), [(300, 300), (500, 120), (40, 200), (48, 48), (1, 1)])
def test_large_pictures_shrink_and_small_ones_stay(height, width):
    collection = FakeCollection(n=1)
    collection.pixels = lambda rows, shortest=None: [np.full((height, width, 3), 90, np.uint8)]
    for size in SIZES[:3]:
        shown = _decode(PictureRoom(collection).galaxy(0, size, Look())).shape[:2]
        assert max(shown) == min(size, max(height, width))
        assert abs(shown[0] / shown[1] - height / width) < 0.1 * height / width + 0.05


def test_the_room_keeps_the_last_pictures_only():
    collection = FakeCollection(n=30)
    drawn = []
    collection.pixels = lambda rows, shortest=None: (
        drawn.append(rows[0]) or [np.full((48, 48, 3), 90, np.uint8)]
    )
    room = PictureRoom(collection, most_bytes=800, most_pixels=1)
    first = room.galaxy(0, 96, Look())
    assert room.galaxy(0, 96, Look()) is first
    for row in range(1, 30):
        room.galaxy(row, 96, Look())
    room.galaxy(0, 96, Look())
    assert drawn.count(0) == 2


def _post(client, data, name="picture.png"):
    body = {"name": name, "data": base64.b64encode(data).decode()}
    return client.post("/api/pictures", base_url=BASE, headers=OWN, json=body)


def test_a_dropped_picture_is_taken_in_and_shown_anew(client):
    data = cv2.imencode(".png", np.full((50, 60, 3), 128, np.uint8))[1].tobytes()
    key = _post(client, data).json["picture"]
    reply = client.get(f"/pictures/example/{key}/160", base_url=BASE)
    assert reply.content_type == "image/jpeg"
    assert _decode(reply.data).shape == (50, 60, 3)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html><script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
    ],
)
def test_what_is_no_picture_is_refused_by_name(client, data):
    reply = _post(client, data, name="<b>odd</b>.png")
    assert reply.status_code == 422
    assert "<b>odd</b>.png" in reply.json["error"]
    assert reply.content_type == "application/json"


def test_base64_that_is_none_is_refused(client):
    reply = client.post("/api/pictures", base_url=BASE, headers=OWN, json={"name": "x", "data": "%%%"})
    assert reply.status_code == 422
