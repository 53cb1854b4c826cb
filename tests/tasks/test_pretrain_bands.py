"""Pre-training on collections of 1, 2, 4 and 5 bands, every objective, and what its weights are used for."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from tests.collection.made import write_cubes
from tuningfork.cli import main
from tuningfork.collection import Collection, create_collection
from tuningfork.encoders import load_encoder, verify_weights, weights_info
from tuningfork.encoders.facts import PixelFacts
from tuningfork.encoders.fit import fit
from tuningfork.encoders.learning import _Pupil, bands_for_training, fits_for_training
from tuningfork.encoders.lvm.family import SHAPES
from tuningfork.encoders.trainable import new_network
from tuningfork.errors import DataError, TuningforkError, UsageError
from tuningfork.images.dust import extinction_of
from tuningfork.images.views import VIEWS
from tuningfork.objectives import needs_of, objectives
from tuningfork.tasks.pretrain import PRESETS, PretrainSettings, _tell_dustless, pretrain
from tuningfork.tasks.training_batches import Epoch
from tuningfork.tasks.training_view import TrainingView

COUNTS = {1: "r", 2: "gr", 4: "griz", 5: "ugriz"}


@pytest.fixture(scope="module", autouse=True)
def _narrow():
    narrow = replace(SHAPES["lvm-nano"], width=16, depths=(1, 1, 1, 1), heads=(1, 2, 2, 4))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SHAPES, "lvm-nano", narrow)
        yield


@pytest.fixture(scope="module")
def cubes(tmp_path_factory):
    """Number of bands -> a collection of 16 FITS cubes with so many."""
    made = {}
    for count, bands in COUNTS.items():
        folder = tmp_path_factory.mktemp(f"bands{count}")
        write_cubes(folder / "cubes", 16, bands=bands)
        (folder / "cubes" / "catalogue.csv").write_text(
            "id,file,kind\n"
            + "\n".join(f"{k},cutout_{10.5 + k}_-1.25.fits,{'even' if k % 2 else 'odd'}" for k in range(16))
        )
        made[count] = create_collection(folder / "cubes", folder / f"of{count}", quiet=True).collection
    return made


@pytest.fixture
def tiny(monkeypatch):
    settings = PretrainSettings(
        network="lvm-nano", objective="masked", size=32, embed_size=32, batch=8, epochs=1, precision="fp32"
    )
    monkeypatch.setitem(PRESETS, "tiny", settings)
    return {"preset": "tiny", "quiet": True}


@pytest.fixture(scope="module")
def taught(cubes, tmp_path_factory):
    """Weights of one and of five bands, for the objective that wants a teacher."""
    from tuningfork.tasks.pretrain_weights import birth_of, write_born

    found = {}
    for count in (1, 5):
        torch.manual_seed(0)
        network, _, facts = new_network("lvm-nano", channels=count)
        settings = PretrainSettings(embed_size=32, channels=count)
        view = TrainingView([cubes[count]], fits_for_training("net", count, [cubes[count]])[1])
        path = tmp_path_factory.mktemp("teacher") / f"of{count}.safetensors"
        write_born(network.eval(), birth_of(facts, settings, view, "0" * 64), path)
        found[count] = f"file:{path}"
    return found


@pytest.mark.training
@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize("objective", list(objectives))
def test_every_objective_learns_from_any_number_of_bands(cubes, tiny, taught, tmp_path, objective, count):
    teacher = taught[count] if needs_of(objective).teacher else None
    network = None if needs_of(objective).decoder else "timm:test_resnet"
    run = {"objective": objective, "teacher": teacher, "network": network, **tiny}
    weights = pretrain([cubes[count]], tmp_path / "run", **run)
    head, line = (tmp_path / "run" / "metrics.csv").read_text().split()
    numbers = dict(zip(head.split(","), map(float, line.split(",")), strict=True))
    assert np.isfinite(list(numbers.values())).all()
    info = weights_info(str(weights))
    assert (info["preprocessing"]["bands"], info["shape"]["channels"]) == (count, count)
    assert info["learnt_from"]["bands"] == list(COUNTS[count])
    assert info["learnt_from"]["pixels"] == "flux"
    assert f"{count} band" in info["makes"]
    assert verify_weights(f"file:{weights}")["problem"] is None
    encoder = load_encoder(f"file:{weights}")
    stamps = fit(encoder.spec, _facts(cubes[count]))(cubes[count].pixels([0, 1]))
    with torch.no_grad():
        vectors = encoder.embed(encoder.preprocess(stamps))
    assert vectors.shape == (2, encoder.spec.dim)
    assert torch.isfinite(vectors).all()
    pictures = list((tmp_path / "run" / "pictures").glob("*.png"))
    paints = objective in ("reconstruction", "masked", "degraded", "autoencoder", "distillation")
    assert len(pictures) == (paints or objective == "contrastive+reconstruction")
    for file in pictures:
        assert np.asarray(Image.open(file)).shape[2] == 3


def _facts(collection):
    from tuningfork.encoders.facts import PixelFacts

    return PixelFacts.of(collection.manifest)


@pytest.mark.training
@pytest.mark.parametrize("count", COUNTS)
def test_the_commands_take_any_number_of_bands(cubes, tiny, tmp_path, capsys, monkeypatch, count):
    galaxies = Collection.open(cubes[count].path)
    monkeypatch.setitem(PRESETS, "tiny", replace(PRESETS["tiny"], network="timm:test_resnet"))
    learn = ["pretrain", str(galaxies.path), "--out", str(tmp_path / "run"), "--preset", "tiny", "--json"]
    crops = ["--objective", "self-distillation", "--crops", "2", "--crop-size", "16", "--views", "sky-full"]
    assert main([*learn, *crops]) == 0
    weights = json.loads(capsys.readouterr().out)["weights"]
    info = weights_info(weights)
    assert (info["preprocessing"]["bands"], info["objective"]["crops"]) == (count, 2)
    name = f"file:{weights}"
    assert main(["weights", "info", name, "--json"]) == 0
    assert f"bands {', '.join(COUNTS[count])} by name" in json.loads(capsys.readouterr().out)["takes"]
    assert main(["embed", str(galaxies.path), "--encoder", name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)
    judge = ["evaluate", "features", str(galaxies.path), "--label", "kind", "--encoder", name, "--json"]
    assert main(judge) == 0
    assert any(row["encoder"] == name for row in json.loads(capsys.readouterr().out)["rows"])


def _broken_off(collections, folder, monkeypatch, **run):
    """A run that ends after its first epoch."""
    batch = Epoch.batch

    def broken(self, number, part, parts):
        if (self.number, number) == (1, 0):
            raise KeyboardInterrupt
        return batch(self, number, part, parts)

    monkeypatch.setattr(Epoch, "batch", broken)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        pretrain(collections, folder, **run)
    monkeypatch.setattr(Epoch, "batch", batch)


@pytest.mark.training
def test_a_run_of_before_the_choice_goes_on_with_three_bands(cubes, tiny, tmp_path, monkeypatch):
    """Then all networks took three, of one band three times the same."""
    _broken_off([cubes[1]], tmp_path / "run", monkeypatch, epochs=2, channels=3, **tiny)
    assert "channels" not in (tmp_path / "run" / "run.toml").read_text()
    weights = pretrain([cubes[1]], tmp_path / "run", epochs=2, **tiny)
    assert weights_info(str(weights))["preprocessing"]["bands"] == 3


@pytest.mark.training
def test_a_run_on_five_bands_is_gone_on_with(cubes, tiny, tmp_path, monkeypatch):
    whole = pretrain([cubes[5]], tmp_path / "whole", epochs=2, **tiny)
    _broken_off([cubes[5]], tmp_path / "broken", monkeypatch, epochs=2, **tiny)
    resumed = pretrain([cubes[5]], tmp_path / "broken", epochs=2, **tiny)
    one, two = (load_encoder(f"file:{p}").network.state_dict() for p in (whole, resumed))
    for name in one:
        torch.testing.assert_close(one[name], two[name], atol=1e-6, rtol=0)


def test_how_many_bands_follows_from_the_collections_or_from_who_asks(cubes):
    assert [bands_for_training([cubes[n]]) for n in COUNTS] == list(COUNTS)
    assert bands_for_training([cubes[1], cubes[5]]) == 5  # one band is repeated
    assert bands_for_training([cubes[5]], ["r"]) == 1
    with pytest.raises(DataError, match=r"2 \(g, r\), 5 \(u, g, r, i, z\)") as refusal:
        bands_for_training([cubes[2], cubes[5]])
    assert "--bands g,r" in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert bands_for_training([cubes[2], cubes[5]], ["g", "r"]) == 2


def test_who_begins_with_known_weights_takes_their_bands_where_these_fit(cubes, tiny, taught, tmp_path):
    start = load_encoder(taught[5]).spec
    assert bands_for_training([cubes[5]], None, start) == 5
    assert bands_for_training([cubes[1]], None, start) == 5  # the one is repeated
    assert bands_for_training([cubes[2]], None, start) == 2
    assert bands_for_training([cubes[5]], ["g", "r"], start) == 2
    with pytest.raises(UsageError, match="1 to 64"):
        new_network("timm:test_resnet", channels=65)
    told = {"objective": "distillation", "teacher": taught[5]}
    with pytest.raises(TuningforkError, match="takes 5 bands, but the collection has 2"):
        pretrain([cubes[2]], tmp_path / "run", **told, **tiny)


@pytest.mark.training
def test_weights_of_other_bands_are_gone_on_with(cubes, tiny, taught, tmp_path):
    pretrain([cubes[2]], tmp_path / "run", start=taught[5], epochs=1, rate=1e-9, **tiny)
    ours, theirs = (
        load_encoder(name).network.state_dict()
        for name in (f"file:{tmp_path / 'run' / 'weights.safetensors'}", taught[5])
    )
    first = "encoder.stem.first.weight"
    assert ours[first].shape[1] == 2
    torch.testing.assert_close(ours[first].sum(1), theirs[first].sum(1), atol=2e-3, rtol=0)  # as 16 bits
    assert ours["decoder.paint.weight"].shape[0] == 2


def test_dust_dims_bands_by_their_names_and_unknown_ones_not(cubes, tmp_path):
    assert extinction_of("ugriz") == (3.995, 3.214, 2.165, 1.592, 1.211)
    write_cubes(tmp_path / "cubes", 8, bands="gr")
    odd = create_collection(tmp_path / "cubes", tmp_path / "odd", quiet=True).collection
    fits = fits_for_training("net", 2, [cubes[2], odd])[1]
    unknown = replace(fits[1], choice=replace(fits[1].choice, bands=("g", "halpha")))
    view = TrainingView([cubes[2], odd], [fits[0], unknown])
    np.testing.assert_allclose(view.extinction, [[3.214, 2.165], [0, 0]])
    said = []
    _tell_dustless(view, "sky-full", said.append)
    _tell_dustless(view, "sky", said.append)
    assert said == ["no dust in the views of odd: the names g, halpha do not tell how it dims them"]
    assert VIEWS["sky-full"].dust


@pytest.mark.parametrize("picks", ["riz", "zgr"])
def test_weights_whose_bands_have_names_go_on_with_those_bands(cubes, picks):
    """By name, as in use: by place the kernels of one band would learn from another."""
    start = _Pupil("start", 3, PixelFacts(bands=tuple(picks)))
    five = SimpleNamespace(path="five", manifest=replace(cubes[5].manifest, unit="nanomaggy"))
    bands = bands_for_training([five], None, start)
    assert bands == 3
    learnt, (one,) = fits_for_training("net", bands, [five], start=start)
    assert (one.choice.names, learnt.bands) == (tuple(picks), tuple(picks))
    _, (one,) = fits_for_training("net", bands, [five], ["u", "g", "r"], start=start)
    assert one.choice.names == ("u", "g", "r")  # a person says so
    _, (one,) = fits_for_training("net", 5, [five], start=start)
    assert one.choice.names == ("u", "g", "r", "i", "z")  # another network
