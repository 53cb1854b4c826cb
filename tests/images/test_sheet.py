import numpy as np
import pytest

from tuningfork.errors import UnknownNameError
from tuningfork.images import contact_sheet, decode, encode_picture


def test_pictures_of_any_size_fit_their_tiles():
    pictures = [np.full((h, w, 3), 200, np.uint8) for h, w in [(10, 10), (300, 100), (64, 128)]]
    sheet = contact_sheet(pictures, columns=2, tile=64)
    assert sheet.shape == (2 * 66 + 2, 2 * 66 + 2, 3)
    assert (sheet[2:66, 2:66] == 200).all()
    assert sheet[30, 2 + 66 + 1, 0] < 50  # beside the tall one is ground
    assert contact_sheet([], tile=64).shape[2] == 3


def test_captions_are_drawn_and_cut():
    plain = contact_sheet([np.zeros((8, 8, 3), np.uint8)] * 2, tile=64)
    with_words = contact_sheet([np.zeros((8, 8, 3), np.uint8)] * 2, captions=["a" * 400, "b\nc"], tile=64)
    assert with_words.shape[0] == plain.shape[0] + 16
    assert (with_words[67:] > 150).any()
    with pytest.raises(ValueError, match="1 captions for 2"):
        contact_sheet([np.zeros((8, 8, 3), np.uint8)] * 2, captions=["a"])


def test_what_stands_apart_in_a_caption_is_drawn_apart():
    picture = np.zeros((64, 64, 3), np.uint8)
    close, apart = (contact_sheet([picture], captions=[told], tile=64) for told in ("0.9 12", "0.9   12"))
    assert (
        np.flatnonzero((apart > 100).any(axis=(0, 2))).max() > np.flatnonzero((close > 100).any((0, 2))).max()
    )


def test_a_caption_without_end_costs_no_time():
    picture = np.zeros((64, 64, 3), np.uint8)
    sheet = contact_sheet([picture], captions=["x" * 10_000_000], tile=64)
    assert np.array_equal(sheet, contact_sheet([picture], captions=["x" * 100], tile=64))


@pytest.mark.parametrize("kind", ["webp", "jpeg", "png"])
def test_red_stays_red(kind):
    rgb = np.zeros((32, 32, 3), np.uint8)
    rgb[..., 0] = 240
    back = decode(encode_picture(rgb, kind=kind), name="x")  # blue first
    assert back[16, 16, 2] > 220
    assert back[16, 16, 0] < 30
    with pytest.raises(UnknownNameError):
        encode_picture(rgb, kind="gif")


def test_the_first_pictures_stand_in_a_frame():
    pictures = [np.zeros((32, 32, 3), np.uint8)] * 3
    plain, framed = contact_sheet(pictures, tile=64), contact_sheet(pictures, tile=64, framed=2)
    changed = (plain != framed).any(axis=2).any(axis=0).nonzero()[0]
    assert (changed.min(), changed.max()) == (2, 2 + 2 * 66 - 3)
