import numpy as np
import pytest

from tuningfork.errors import ImageError
from tuningfork.images import decode_bands, encode_bands


@pytest.mark.parametrize("shape", [(1, 1, 1), (7, 5, 3), (64, 48, 4)])
def test_round_trip_is_exact(shape):
    flux = np.random.default_rng(0).normal(0, 0.01, shape).astype(np.float32)
    out = decode_bands(encode_bands(flux), name="x")
    assert out.dtype == np.float32
    assert out.flags.c_contiguous
    np.testing.assert_array_equal(out, flux)


def test_big_endian_and_nan_survive():
    flux = np.array([[[1.5], [np.nan]]], ">f4")
    np.testing.assert_array_equal(decode_bands(encode_bands(flux), name="x"), flux.astype(np.float32))


def test_noise_gets_smaller():
    flux = np.random.default_rng(0).normal(0, 0.01, (64, 64, 3)).astype(np.float32)
    assert len(encode_bands(flux)) < 0.93 * flux.nbytes


@pytest.mark.parametrize(
    "spoil",
    [lambda d: d[:-3], lambda d: d[:10], lambda d: b"x" + d[1:], lambda d: d[:-1] + bytes([d[-1] ^ 1])],
)
def test_damage_is_noticed(spoil):
    data = encode_bands(np.ones((8, 8, 2), np.float32))
    with pytest.raises(ImageError, match=r"^x: "):
        decode_bands(spoil(data), name="x")


def test_a_header_that_asks_for_terabytes_is_refused():
    data = bytearray(encode_bands(np.ones((8, 8, 1), np.float32)))
    data[4:12] = b"\xff\xff\x0f\0\xff\xff\x0f\0"
    with pytest.raises(ImageError, match="cannot be right"):
        decode_bands(bytes(data), name="x")
