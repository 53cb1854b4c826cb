"""Decoding: content not names, sizes before pixels, never half a picture."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from tuningfork.errors import ImageError
from tuningfork.images import decode, read_header, sniff, verify


def picture(height=40, width=60, channels=3, dtype=np.uint8, seed=0):
    rng = np.random.default_rng(seed)
    small = rng.integers(0, np.iinfo(dtype).max, (height // 4, width // 4, channels)).astype(dtype)
    big = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return big if big.ndim == 3 else big[:, :, None]


def encoded(array, suffix):
    done, data = cv2.imencode(suffix, array)
    assert done
    return data.tobytes()


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_lossless_formats_come_back_exactly(suffix, dtype, channels):
    array = picture(channels=channels, dtype=dtype)
    out = decode(encoded(array, suffix), name="x")
    assert out.dtype == dtype
    np.testing.assert_array_equal(out, array)


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_blue_comes_first_and_row_zero_is_the_top(suffix):
    array = np.zeros((32, 48, 3), np.uint8)
    array[:8, :, 2] = 250  # red at the top
    array[-8:, :, 0] = 250  # blue at the bottom
    out = decode(encoded(array, suffix), name="x").astype(int)
    assert (out[2, 20, 2], out[2, 20, 0]) == pytest.approx((250, 0), abs=50)
    assert (out[-3, 20, 0], out[-3, 20, 2]) == pytest.approx((250, 0), abs=50)


@pytest.mark.parametrize(
    ("suffix", "kind"), [(".jpg", "jpeg"), (".png", "png"), (".webp", "webp"), (".tiff", "tiff")]
)
def test_header_tells_format_and_size(suffix, kind):
    data = encoded(picture(40, 60), suffix)
    header = read_header(data, name="x")
    assert (header.format, header.height, header.width, header.channels) == (kind, 40, 60, 3)
    assert sniff(data) == kind
    assert verify(data, name="x") == header


def test_a_grey_jpeg_has_one_channel():
    assert decode(encoded(picture(channels=1), ".jpg"), name="x").shape == (40, 60, 1)


def test_alpha_is_dropped():
    array = np.dstack([picture(), np.full((40, 60), 7, np.uint8)])
    np.testing.assert_array_equal(decode(encoded(array, ".png"), name="x"), array[:, :, :3])


def test_a_page_of_a_service_is_called_so():
    with pytest.raises(ImageError, match="a page of text"):
        decode(b"\n<!DOCTYPE html><html><body>503</body></html>", name="x.jpg")


def test_shortest_reduces_a_jpeg_but_never_below():
    data = encoded(picture(264, 300), ".jpg")
    assert decode(data, name="x", shortest=128).shape[:2] == (132, 150)
    assert decode(data, name="x", shortest=133).shape[:2] == (264, 300)
    assert decode(data, name="x", shortest=20).shape[:2] == (33, 38)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tiff"])
@pytest.mark.parametrize("kept", [0.95, 0.5, 0.1])
@pytest.mark.parametrize("read", [decode, verify])
def test_truncated_pictures_are_refused(suffix, kept, read):
    data = encoded(picture(120, 120), suffix)
    with pytest.raises(ImageError, match=r"^cut\.file: "):
        read(data[: int(len(data) * kept)], name="cut.file")


def test_a_jpeg_without_its_last_bytes_is_refused_even_with_a_thumbnail_inside():
    data = encoded(picture(120, 120), ".jpg")
    thumbnail = b"\xff\xe1" + struct.pack(">H", 6) + b"\xff\xd8\xff\xd9"
    whole = data[:2] + thumbnail + data[2:]
    assert decode(whole, name="x").shape == (120, 120, 3)
    with pytest.raises(ImageError, match="truncated"):
        decode(whole[:-40], name="x")


def test_rubbish_after_the_end_of_a_jpeg_is_harmless():
    assert decode(encoded(picture(), ".jpg") + b"\0" * 100, name="x").shape == (40, 60, 3)


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"hello, I am text", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF1234WEBP"]
)
def test_rubbish_is_refused(data):
    with pytest.raises(ImageError, match=r"^x: "):
        decode(data, name="x")


def test_a_bomb_is_refused_from_its_header():
    """A PNG that says 50,000 x 50,000: were it decoded, this test would take 7 GB."""
    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    data = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(ImageError, match=r"50,000 x 50,000 pixels are more than the 100,000,000"):
        decode(data, name="x")


def test_a_single_pixel_is_a_picture():
    assert decode(encoded(np.full((1, 1, 3), 9, np.uint8), ".png"), name="x").shape == (1, 1, 3)


def test_float_tiff_is_refused_with_advice():
    with pytest.raises(ImageError, match="FITS"):
        decode(encoded(picture().astype(np.float32), ".tiff"), name="x")


def test_exif_orientation_does_not_turn_the_sky():
    array = picture(40, 60)
    data = encoded(array, ".jpg")
    tiff = b"II*\0" + struct.pack("<I", 8) + struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, 6, 0, 0)
    exif = b"Exif\0\0" + tiff
    turned = data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]
    assert decode(turned, name="x").shape == (40, 60, 3)
