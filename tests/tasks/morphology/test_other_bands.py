"""Classifiers and votes of any number of bands, from weights of three: trained, used, refused, shown."""

from dataclasses import asdict, replace

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from astropy.io import fits

from tuningfork.cli import main
from tuningfork.collection import Collection, create_collection
from tuningfork.encoders.preprocessing import Preprocessing
from tuningfork.encoders.trainable import new_network
from tuningfork.encoders.weights_file import write_weights
from tuningfork.errors import EmbeddingError
from tuningfork.images.chains import another_view
from tuningfork.images.views import VIEWS, views_from
from tuningfork.labels.trees import read_tree
from tuningfork.tasks.explaining.asked import open_explained
from tuningfork.tasks.explaining.comparison import looks_at
from tuningfork.tasks.morphology.fitting import fit_model
from tuningfork.tasks.morphology.predicting import predict
from tuningfork.tasks.morphology.shelf import load_predictor
from tuningfork.tasks.morphology.training import train_morphology
from tuningfork.tasks.morphology.votes_training import train_votes

from .test_training import QUICK
from .test_votes_training import TREE

SHORT = replace(QUICK, settings=replace(QUICK.settings, by="loss"), epochs=16, candidates=1)


def sky(folder, bands: str, count: int = 6) -> Collection:
    """Galaxies as FITS cubes that differ in their bluest band alone: half of them are dark there.

    They lie above the middle, so that a picture that is upside down is told.
    """
    source = folder / "cubes"
    source.mkdir(parents=True)
    lines = ["id,file,kind,shape_long,shape_round,colour_red,colour_blue"]
    for number in range(count):
        rng, even = np.random.default_rng(number), number % 2 == 0
        y, x = np.mgrid[:40, :40] - 20
        light = np.exp(-np.hypot(y - 6, x) / 3)
        flux = rng.normal(0, 0.02, (len(bands), 40, 40)) + 2 * light
        flux[0] -= 1.9 * light * (not even)
        header = fits.Header({"BANDS": bands, "BUNIT": "nanomaggy"})
        fits.PrimaryHDU(flux.astype(">f4"), header).writeto(source / f"g{number:02d}.fits")
        votes = (9, 1, 2, 7) if even else (2, 8, 1, 1)
        told = ("hot" if even else "cold", *map(str, votes))
        lines.append(f"g{number:02d},g{number:02d}.fits,{','.join(told)}")
    (source / "catalogue.csv").write_text("\n".join(lines) + "\n")
    return create_collection(source, folder / "galaxies", quiet=True).collection


@pytest.fixture(scope="module")
def five(tmp_path_factory):
    return sky(tmp_path_factory.mktemp("five"), "ugriz", 40)


@pytest.fixture(scope="module")
def three_banded(tmp_path_factory):
    """Weights of a network of three bands that learnt from pictures, red first and scaled as ImageNet's."""
    torch.manual_seed(0)
    network, _, facts = new_network("timm:test_resnet")
    told = Preprocessing(32, red_first=True, mean=(0.4, 0.45, 0.5), std=(0.2, 0.2, 0.25))
    path = tmp_path_factory.mktemp("weights") / "three.safetensors"
    birth = {"objective": "none", "data": {}, "licence": "CC0", "preprocessing": asdict(told)}
    write_weights(path, network.state_dict(), {**facts, **birth})
    return f"file:{path}"


@pytest.fixture(scope="module")
def trained(five, three_banded, tmp_path_factory):
    recipe = replace(SHORT, start=three_banded)
    return train_morphology(five, "kind", recipe, tmp_path_factory.mktemp("run") / "run", quiet=True)


@pytest.mark.training
def test_all_bands_are_learnt_from_and_predicted_with(five, trained, tmp_path):
    model = load_predictor(trained)
    spec = model.encoder.spec
    assert spec.bands == 5
    assert spec.learnt_from.bands == ("u", "g", "r", "i", "z")
    assert model.members[0].built["shape"]["channels"] == 5
    report = predict(five, model, tmp_path / "t.parquet", precision="fp32", quiet=True)
    table = pq.read_table(tmp_path / "t.parquet").to_pydict()
    truth = five.catalogue(["kind"])["kind"].to_pylist()
    assert np.mean([a == b for a, b in zip(table["label"], truth, strict=True)]) > 0.9
    assert report.unreadable == ()
    assert None not in table["familiarity"]


@pytest.mark.training
@pytest.mark.parametrize(
    ("bands", "what", "remedy"),
    [
        ("grz", "takes 5 bands", "Take a model of such bands"),
        ("r", "learnt from the bands u, g, r, i, z", "--bands r"),
        ("grizy", "learnt from the bands u, g, r, i, z", "--bands g,r,i,z,y"),
        ("grizyw", "takes 5 bands", "--bands"),
    ],
)
def test_other_bands_are_refused_in_one_line(trained, tmp_path, bands, what, remedy):
    others = sky(tmp_path, bands, 2)
    with pytest.raises(EmbeddingError, match=what) as refusal:
        predict(others, load_predictor(trained), tmp_path / "t.parquet", quiet=True)
    assert remedy in str(refusal.value)
    assert "\n" not in str(refusal.value)
    if bands == "grizy":  # a person may say that they stand for those
        chosen = fit_model(others, load_predictor(trained), list(bands))
        assert chosen.choice.names == tuple(bands)


@pytest.mark.training
def test_what_it_sees_is_shown_as_the_collection_shows_it(five, trained, tmp_path):
    assert main(["report", str(trained), "--collection", str(five.path), "--quiet"]) in (0, None)
    assert "data:image/webp" in (trained / "report.html").read_text()
    look = looks_at(open_explained(str(trained)), five, np.array([0, 1]))[0]
    assert look.picture.shape == (32, 32, 3)
    assert np.ptp(look.picture.astype(int), axis=2).max() > 0  # in colour
    rows = look.picture.sum(axis=(1, 2)).astype(float)
    assert rows[:16].sum() > rows[16:].sum()  # row 0 of FITS is below: what lies high there lies high here


@pytest.mark.training
def test_votes_of_two_bands(tmp_path):
    two = sky(tmp_path, "gr", 30)
    (tmp_path / "shapes.toml").write_text(TREE)
    run = train_votes(two, read_tree(str(tmp_path / "shapes.toml")), SHORT, tmp_path / "run", quiet=True)
    model = load_predictor(run)
    assert model.encoder.spec.bands == 2
    predict(two, model, tmp_path / "v.parquet", precision="fp32", quiet=True)
    share = np.array(pq.read_table(tmp_path / "v.parquet")["f_shape.long"].to_pylist())
    assert share[::2].mean() > share[1::2].mean() + 0.2


@pytest.mark.parametrize("way", list(VIEWS))
def test_views_move_all_bands_alike(way):
    pixels = torch.randint(0, 256, (3, 1, 64, 64), dtype=torch.uint8).expand(-1, 5, -1, -1)
    chance = torch.Generator().manual_seed(0)
    view, clean = views_from(VIEWS[way], pixels, torch.full((3,), 0.3), 32, chance)
    assert view.shape == clean.shape == (3, 5, 32, 32)
    if way in ("turned", "still", "ma2023", "doherty2024"):
        torch.testing.assert_close(view, view[:, :1].expand_as(view))
    if way == "doherty2024":
        quiet = replace(VIEWS[way], noise=0.0)
        made = another_view(pixels, 32, quiet, chance)
        torch.testing.assert_close(made, made[:, :1].expand_as(made))
