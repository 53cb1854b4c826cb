"""Three ways in (training, embedding, a picture from outside) give an encoder the same numbers."""

import cv2
import numpy as np
import pytest
import torch
from astropy.io import fits

from tuningfork.collection import create_collection
from tuningfork.embeddings import embed, embed_pictures, load_embeddings, search
from tuningfork.encoders import Encoder, EncoderSpec, Preprocessing, register_encoder
from tuningfork.encoders.facts import PixelFacts
from tuningfork.encoders.learning import fits_for_training
from tuningfork.encoders.names import encoders
from tuningfork.errors import EmbeddingError, ImageError
from tuningfork.tasks.training_view import TrainingView

SIZE = 16
FLUX = PixelFacts(
    ("g", "r", "z"), "flux", {"kind": "asinh", "low": 0.0, "high": 9.0, "softening": 0.1}, "", 22.5
)


class _Input(torch.nn.Module):
    """Its embedding is its input: what a network would see."""

    def forward(self, x):
        return x.flatten(1)


def mirror(name, learnt=None):
    """Make an encoder known that shows what it is given."""
    spec = EncoderSpec(name, f"{name}-1", 3 * SIZE**2, (), Preprocessing(size=SIZE), learnt)
    register_encoder(name)(lambda: Encoder(spec, _Input()))


@pytest.fixture(autouse=True)
def mirrors():
    """One of pictures, one that learnt from flux."""
    mirror("input")
    mirror("flux-input", FLUX)
    yield
    for name in ("input", "flux-input", "trained-input"):
        encoders._entries.pop(name, None)


def galaxy(number, side, bands):
    """A tilted disc, ``[side, side, bands]`` in 0..1."""
    rng = np.random.default_rng(number)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    turn, ratio = rng.uniform(0, np.pi), rng.uniform(0.3, 1)
    u, v = x * np.cos(turn) + y * np.sin(turn), (y * np.cos(turn) - x * np.sin(turn)) / ratio
    noise = rng.normal(0, 0.01, (side, side, bands))
    return 0.8 * np.exp(-np.hypot(u, v) / 0.15)[..., None] * rng.uniform(0.4, 1, bands) + noise


def write(folder, number, kind):
    """One file of a kind; returns it."""
    if kind == "jpeg":
        path = folder / f"g{number}.jpg"
        cv2.imwrite(str(path), (255 * galaxy(number, 200, 3)).clip(0, 255).astype(np.uint8))
    elif kind == "grey":
        path = folder / f"g{number}.jpg"
        cv2.imwrite(str(path), (255 * galaxy(number, 90, 1)).clip(0, 255).astype(np.uint8))
    elif kind == "png16":
        path = folder / f"g{number}.png"
        cv2.imwrite(str(path), (65535 * galaxy(number, 60, 3)).clip(0, 65535).astype(np.uint16))
    else:
        path = folder / f"g{number}.{'fits.fz' if kind == 'fz' else 'fits'}"
        write_fits(path, galaxy(number, 64, len(BANDS[kind])), BANDS[kind], 25.0)
    return path


def write_fits(path, flux, bands, zero=None):
    planes = [
        (fits.CompImageHDU if path.name.endswith(".fz") else fits.ImageHDU)(
            np.ascontiguousarray(flux[:, :, k], np.float32), name=band
        )
        for k, band in enumerate(bands)
    ]
    for plane in planes:
        plane.header["FILTER"] = plane.name.lower()
        if zero is not None:
            plane.header["MAGZERO"] = zero
    fits.HDUList([fits.PrimaryHDU(), *planes]).writeto(path)


BANDS = {"fits1": "r", "fits2": "gr", "fits3": "grz", "fits5": "ugriz", "fz": "grz"}
CASES = [
    ("jpeg", None, "input"),
    ("grey", None, "input"),
    ("png16", None, "input"),
    ("fits1", None, "input"),
    ("fits2", ("g", "g", "r"), "input"),
    ("fits3", None, "input"),
    ("fits5", ("g", "r", "z"), "input"),
    ("fits5", ("z", "u", "u"), "input"),
    ("fz", None, "input"),
    ("fits1", None, "flux-input"),
    ("fits3", None, "flux-input"),
    ("fits5", None, "flux-input"),  # takes its bands by name
    ("fits5", ("z", "r", "g"), "flux-input"),
]


@pytest.mark.parametrize(("kind", "bands", "encoder"), CASES)
def test_train_is_predict_is_search(tmp_path, kind, bands, encoder):
    folder = tmp_path / "files"
    folder.mkdir()
    files = [write(folder, number, kind) for number in range(4)]
    made = create_collection(folder, tmp_path / "sky", quiet=True).collection
    report = embed(made, encoder, bands=bands, precision="fp32", quiet=True)
    stored = load_embeddings(made, report.key)
    assert stored.present.all()

    outside = embed_pictures(made, files, stored)
    order = [list(made.ids()).index(file.name.split(".")[0]) for file in files]
    np.testing.assert_array_equal(outside, stored.vectors[order])


@pytest.mark.parametrize(("kind", "bands"), [case[:2] for case in CASES if case[2] == "input"])
def test_what_a_network_was_trained_on_is_what_it_gets_in_use(tmp_path, kind, bands):
    folder = tmp_path / "files"
    folder.mkdir()
    files = [write(folder, number, kind) for number in range(4)]
    made = create_collection(folder, tmp_path / "sky", quiet=True).collection
    learnt, trained = fits_for_training("net", 3, [made], bands)
    assert learnt.is_flux == kind.startswith(("fits", "fz"))
    mirror("trained-input", learnt)
    encoder = encoders.get("trained-input")()
    view = TrainingView([made], trained, encoder.spec.preprocessing.shortest)
    in_training = encoder.preprocess(view.stamps(np.arange(4))).flatten(1).numpy()

    named = learnt.are_named and len(learnt.bands) == 3
    embed(made, "trained-input", bands=None if named else bands, precision="fp32", quiet=True)
    stored = load_embeddings(made)
    np.testing.assert_array_equal(in_training, stored.vectors)
    outside = embed_pictures(made, files, stored)
    order = [list(made.ids()).index(file.name.split(".")[0]) for file in files]
    np.testing.assert_array_equal(outside, stored.vectors[order])


def test_training_on_bands_nobody_chose_is_refused_with_its_own_command(sky):
    with pytest.raises(EmbeddingError, match=r"tuningfork pretrain .*sky --bands g,i,z$"):
        fits_for_training("net", 3, [sky])


@pytest.fixture
def sky(tmp_path):
    """Four galaxies of g, r, i, z at zero point 25."""
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(4):
        write_fits(folder / f"g{number}.fits", galaxy(number, 64, 4), "griz", 25.0)
    return create_collection(folder, tmp_path / "sky", quiet=True).collection


def test_choices_of_bands_never_mix_and_are_remembered(sky):
    with pytest.raises(EmbeddingError, match=r"--encoder input --bands g,i,z"):
        embed(sky, "input", quiet=True)
    one = embed(sky, "input", bands=("g", "r", "i"), quiet=True)
    two = embed(sky, "input", bands=("r", "i", "z"), quiet=True)
    assert (one.key, two.key) == ("input-1+bands-g.r.i", "input-1+bands-r.i.z")
    assert one.remarks == ("bands g, r, i of g, r, i, z, as asked",)
    assert not np.array_equal(load_embeddings(sky, one.key).vectors, load_embeddings(sky, two.key).vectors)
    again = embed(sky, "input", quiet=True)  # goes on with the newest choice
    assert (again.key, again.done) == (two.key, 0)
    assert load_embeddings(sky, "input").key == two.key
    assert load_embeddings(sky, "input+bands-g.r.i").key == one.key
    assert "--bands g,r,i" in load_embeddings(sky, one.key).command("here")
    embed(sky, "input", bands=("g", "r", "i"), views=8, quiet=True)
    assert load_embeddings(sky, "input+bands-g.r.i+views8").key == "input-1+bands-g.r.i+views8"
    with pytest.raises(EmbeddingError, match=r"--encoder input --bands i,i,i \(embedded"):
        load_embeddings(sky, "input+bands-i.i.i")


def test_several_encoders_live_side_by_side(sky):
    for name in ("input", "timm:test_resnet:untrained"):
        embed(sky, name, bands=("g", "r", "i"), quiet=True)
    assert len(sky.vector_keys()) == 2
    for name in ("input", "timm:test_resnet:untrained"):
        assert search(sky, ids=["g1"], encoder=name, k=3).ids[0] != "g1"
        found = search(sky, images=[sky.path.parent / "files" / "g2.fits"], encoder=name, k=1)
        assert (found.ids[0], found.scores[0]) == ("g2", pytest.approx(1, abs=1e-5))


def test_a_picture_from_outside_is_brought_to_the_collections_bands_and_zero_point(sky, tmp_path):
    embed(sky, "input", bands=("g", "r", "i"), quiet=True)
    stored = load_embeddings(sky)
    flux = galaxy(1, 64, 4)
    other = tmp_path / "other.fits"
    write_fits(other, flux[:, :, [3, 1, 0, 2]] / 10, "zrgi", 22.5)  # other order, nanomaggies
    vector = embed_pictures(sky, [other], stored)[0]
    np.testing.assert_allclose(vector, stored.vectors[sky.rows_of(["g1"])[0]], atol=2e-5)
    unknown = tmp_path / "unknown.fits"
    write_fits(unknown, flux, "griz")
    with pytest.raises(ImageError, match=r"unknown\.fits: the zero point of this flux is unknown.*MAGZERO"):
        embed_pictures(sky, [unknown], stored)
    lacking = tmp_path / "lacking.fits"
    write_fits(lacking, flux[:, :, :3], "gri", 25.0)
    with pytest.raises(ImageError, match=r"lacking\.fits: it has no band z"):
        embed_pictures(sky, [lacking], stored)


def test_flux_from_outside_is_no_picture(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    write(folder, 0, "jpeg")
    made = create_collection(folder, tmp_path / "sky", quiet=True).collection
    embed(made, "input", quiet=True)
    outside = write(tmp_path, 0, "fits3")
    with pytest.raises(ImageError, match=r"g0\.fits: linear flux"):
        search(made, images=[outside])


def test_vectors_made_with_another_stretch_are_not_added_to(sky):
    embed(sky, "input", bands=("g", "r", "i"), quiet=True)
    toml = sky.path / "collection.toml"
    toml.write_text(toml.read_text().replace("softening", "softening = 0.5 #"))
    changed = type(sky).open(sky.path)
    for work in (
        lambda: embed(changed, "input", quiet=True),
        lambda: search(changed, images=[sky.path.parent / "files" / "g1.fits"]),
    ):
        with pytest.raises(EmbeddingError, match="have changed"):
            work()
