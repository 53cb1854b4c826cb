"""On a real collection: stored galaxies, outside pictures and flux go the same way into the same encoder."""

import cv2
import numpy as np
import pytest
from astropy.io import fits

from tuningfork.collection import create_collection
from tuningfork.embeddings import embed, embed_pictures, load_embeddings, neighbour_sheet, search
from tuningfork.encoders import Encoder, EncoderSpec, Preprocessing, load_encoder, register_encoder
from tuningfork.encoders.names import encoders
from tuningfork.errors import EmbeddingError, ImageError

from .fakes import TinyEncoder


@pytest.fixture(scope="module", autouse=True)
def tiny():
    """The tiny network behind the real contract, known by name."""
    if "tiny-windows" not in encoders:

        @register_encoder("tiny-windows")
        def make():
            "Three convolutions on a window around the galaxy."
            preprocessing = Preprocessing(size=32)
            spec = EncoderSpec("tiny-windows", "tiny-windows-1", 16, (8,), preprocessing)
            network = TinyEncoder().network
            network.append(_Mean())
            return Encoder(spec, network)


class _Mean(TinyEncoder):
    def forward(self, x):
        return x.mean((-2, -1))


def _galaxy(number: int, side: int) -> np.ndarray:
    """A tilted disc of its own shape and colour, (side, side, 3) float in 0..1."""
    rng = np.random.default_rng(number)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    turn, ratio = rng.uniform(0, np.pi), rng.uniform(0.3, 1)
    u, v = x * np.cos(turn) + y * np.sin(turn), (y * np.cos(turn) - x * np.sin(turn)) / ratio
    return 0.8 * np.exp(-np.hypot(u, v) / 0.15)[..., None] * rng.uniform(0.4, 1, 3) + 0.03


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """JPEG files of 400 pixels, large enough to be decoded at half size for this encoder."""
    folder = tmp_path_factory.mktemp("jpeg")
    for number in range(12):
        cv2.imwrite(str(folder / f"g{number:02d}.jpg"), (255 * _galaxy(number, 400)).round().astype(np.uint8))
    return folder


@pytest.fixture(scope="module")
def collection(pictures, tmp_path_factory):
    made = create_collection(pictures, tmp_path_factory.mktemp("made") / "galaxies", quiet=True).collection
    embed(made, "tiny-windows", precision="fp32", quiet=True)
    return made


def test_a_file_and_the_same_galaxy_stored_have_the_same_vector(collection, pictures):
    stored = load_embeddings(collection, "tiny-windows")
    outside = embed_pictures(collection, [pictures / f"{name}.jpg" for name in collection.ids()], stored)
    np.testing.assert_allclose(outside, stored.vectors, atol=1e-6)


def test_searching_by_a_file_finds_its_galaxy_first(collection, pictures):
    found = search(collection, images=[pictures / "g07.jpg"], k=3)
    assert found.ids[0] == "g07"
    assert found.scores[0] == pytest.approx(1, abs=1e-5)


def test_averaged_vectors_are_searched_with_averaged_ones(collection, pictures):
    embed(collection, "tiny-windows", views=8, precision="fp32", quiet=True)
    found = search(collection, images=[pictures / "g03.jpg"], encoder="tiny-windows+views8", k=1)
    assert (found.ids[0], found.scores[0]) == ("g03", pytest.approx(1, abs=1e-5))


def test_flux_takes_the_collections_stretch(tmp_path):
    folder = tmp_path / "fits"
    folder.mkdir()
    for number in range(4):
        flux = 50 * _galaxy(number, 80).transpose(2, 0, 1).astype(np.float32)
        fits.writeto(folder / f"g{number}.fits", flux)
    made = create_collection(folder, tmp_path / "galaxies", quiet=True).collection
    embed(made, "tiny-windows", precision="fp32", quiet=True)
    stored = load_embeddings(made)
    again = embed_pictures(made, [folder / "g2.fits"], stored)
    np.testing.assert_allclose(again[0], stored.vectors[made.rows_of(["g2"])[0]], atol=1e-6)
    fits.writeto(tmp_path / "two.fits", np.ones((2, 80, 80), np.float32))
    with pytest.raises(ImageError, match="2 bands, but the collection has 3"):
        embed_pictures(made, [tmp_path / "two.fits"], stored)
    cv2.imwrite(str(tmp_path / "seen.png"), np.full((80, 80, 3), 9, np.uint8))
    with pytest.raises(ImageError, match="collection is of linear flux"):
        embed_pictures(made, [tmp_path / "seen.png"], stored)


def test_a_picture_that_is_none_is_named(collection, tmp_path):
    (tmp_path / "note.jpg").write_text("not a picture")
    with pytest.raises(ImageError, match=r"note\.jpg"):
        search(collection, images=[tmp_path / "note.jpg"])
    with pytest.raises(ImageError, match=r"nowhere\.jpg"):
        search(collection, images=[tmp_path / "nowhere.jpg"])


def test_an_encoder_that_changed_since_is_refused(collection, pictures, monkeypatch):
    changed = load_encoder("tiny-windows")
    changed.spec = EncoderSpec("tiny-windows", "tiny-windows-2", 16, (8,), changed.spec.preprocessing)
    monkeypatch.setitem(encoders._entries, "tiny-windows", lambda: changed)
    with pytest.raises(EmbeddingError, match="Embed again: tuningfork embed"):
        search(collection, images=[pictures / "g07.jpg"])


def test_the_sheet_is_a_picture(collection):
    sheet = cv2.imdecode(
        np.frombuffer(neighbour_sheet(collection, search(collection, ids=["g01"], k=5)), np.uint8), 1
    )
    assert sheet.shape[1] >= 4 * 128
    assert sheet.std() > 5
