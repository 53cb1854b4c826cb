import struct
import zlib

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from tuningfork.errors import ImageError
from tuningfork.images import decode_bands, encode_bands


@settings(max_examples=60, deadline=None)
@given(arrays(np.float32, array_shapes(min_dims=3, max_dims=3, max_side=20)))
def test_round_trip_is_exact(flux):
    out = decode_bands(encode_bands(flux), name="x")
    assert out.dtype == np.float32
    assert out.flags.c_contiguous
    assert out.shape == flux.shape
    assert np.ascontiguousarray(out).tobytes() == np.ascontiguousarray(flux).tobytes()


def test_big_endian_and_nan_survive():
    flux = np.array([[[1.5], [np.nan]]], ">f4")
    np.testing.assert_array_equal(decode_bands(encode_bands(flux), name="x"), flux.astype(np.float32))


def test_bands_that_lie_apart_in_memory_give_the_same_bytes():
    planes = np.random.default_rng(0).normal(0, 1, (3, 40, 50)).astype(np.float32)
    assert encode_bands(planes.transpose(1, 2, 0)) == encode_bands(planes.transpose(1, 2, 0).copy())


def test_what_shrinks_is_compressed_and_noise_is_left_alone():
    counts = np.random.default_rng(0).poisson(90, (64, 64, 3)).astype(np.float32)
    assert len(encode_bands(counts)) < 0.5 * counts.nbytes
    noise = np.random.default_rng(0).normal(0, 0.01, (64, 64, 3)).astype(np.float32)
    assert len(encode_bands(noise)) == noise.nbytes + 24


def old_layout(flux: np.ndarray) -> bytes:
    """As version 0.1 packed it: always shuffled and compressed."""
    planes = np.ascontiguousarray(flux.transpose(2, 0, 1), "<f4")
    shuffled = np.ascontiguousarray(planes.reshape(-1).view(np.uint8).reshape(-1, 4).T)
    body = pa.Codec("zstd", compression_level=3).compress(shuffled.tobytes(), asbytes=True)
    return struct.pack("<4sIIII", b"TFB1", *flux.shape, zlib.crc32(body)) + body


def test_collections_of_earlier_versions_are_read():
    flux = np.random.default_rng(0).normal(0, 0.01, (7, 5, 3)).astype(np.float32)
    np.testing.assert_array_equal(decode_bands(old_layout(flux), name="x"), flux)


@pytest.mark.parametrize("pack", [encode_bands, old_layout])
@pytest.mark.parametrize("scale", [0.0, 1.0])  # compressed, plain
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_damage_is_noticed(pack, scale, data):
    noise = np.random.default_rng(0).normal(0, 1, (9, 8, 2)).astype(np.float32)
    packed = bytearray(pack(noise * np.float32(scale)))
    if data.draw(st.booleans()):
        del packed[data.draw(st.integers(0, len(packed) - 1)) :]
    else:
        packed[data.draw(st.integers(0, len(packed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(ImageError, match=r"^x: "):
        decode_bands(bytes(packed), name="x")


@pytest.mark.parametrize("pack", [encode_bands, old_layout])
def test_a_header_that_asks_for_terabytes_is_refused(pack):
    data = bytearray(pack(np.ones((8, 8, 1), np.float32)))
    data[4:12] = b"\xff\xff\x0f\0\xff\xff\x0f\0"
    with pytest.raises(ImageError, match="cannot be right"):
        decode_bands(bytes(data), name="x")
