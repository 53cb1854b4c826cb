"""Models: how networks are joined, what a file keeps of them, and what is refused."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tuningfork.encoders import Preprocessing
from tuningfork.encoders.trainable import from_file
from tuningfork.encoders.weights_file import read_certificate
from tuningfork.errors import TuningforkError, UnknownNameError, UsageError, WeightsError
from tuningfork.evaluation.calibration import tempered
from tuningfork.evaluation.conformal import prediction_sets
from tuningfork.tasks.morphology.model import Member, Model
from tuningfork.tasks.morphology.model_file import ids_hash, save_model
from tuningfork.tasks.morphology.shelf import find_model, is_model, list_models, load_model, verify_model

from .made import CLASSES, TOLD, network, plain, two_stages


@pytest.fixture
def x():
    return torch.rand(5, 3, 32, 32, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def kept(tmp_path):
    return save_model(
        tmp_path / "five.safetensors",
        plain(temperature=1.5, qhat={"0.90": 0.7}, abstain={"0.95": 0.8, "0.99": 0.9}),
        TOLD,
    )


def recertified(path, change):
    """The file with another certificate."""
    certificate = json.loads(json.dumps(read_certificate(path, "model")))
    change(certificate)
    save_file(load_file(path), path, {"tuningfork": json.dumps(certificate)})


def test_two_stages_multiply(x):
    model = two_stages()
    first = [m.encoder.embed(x).softmax(1) for m in model.members[:2]]
    second = model.members[2].encoder.embed(x).softmax(1)  # bright, dark
    pale, blue = (sum(p[:, k] for p in first) / 2 for k in (0, 1))
    wanted = torch.stack([pale * second[:, 1], pale * second[:, 0], blue], 1)
    said = model.encoder.embed(x)
    torch.testing.assert_close(said, wanted)
    torch.testing.assert_close(said.sum(1), torch.ones(5))


def test_members_of_one_stage_are_averaged(x):
    one, two = network(3, 1), network(3, 2)
    both = Model(CLASSES, (one, two))
    torch.testing.assert_close(both.encoder.embed(x), (one.embed(x).softmax(1) + two.embed(x).softmax(1)) / 2)
    assert both.encoder.spec.key != Model(CLASSES, (two,)).encoder.spec.key


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: Model(("a",), (network(1),)), "2 to 1000 classes"),
        (lambda: Model(("a", "A"), (network(2),)), "one name"),
        (lambda: Model(("a;b", "c"), (network(2),)), "';'"),
        (lambda: Model(CLASSES, (Member(network(3), ("dark", "bright", "green")),)), "answers"),
        (lambda: Model(CLASSES, (network(3),), groups={"pale": ("dark", "bright")}), "first stage"),
        (
            lambda: Model(
                CLASSES, (Member(network(2), ("pale", "blue")),), groups={"pale": ("dark", "bright")}
            ),
            "no member for pale",
        ),
        (lambda: Model(CLASSES, ()), "1 to 64 networks"),
        (lambda: plain(temperature=float("nan")), "temperature"),
        (lambda: plain(qhat={"0.9": 3.0}), "thresholds of coverage"),
    ],
)
def test_what_does_not_fit_is_refused(made, said):
    with pytest.raises(UsageError, match=said):
        made()


def test_members_share_one_preprocessing():
    other = network(3, 1)
    spec = other.spec.__class__(**{**vars(other.spec), "preprocessing": Preprocessing(size=48)})
    with pytest.raises(UsageError, match="one preprocessing"):
        Model(CLASSES, (network(3), type(other)(spec, other.network)))


def lvm():
    return Model(CLASSES, (network(3, 3, "lvm-nano", 0.3),))


@pytest.mark.parametrize("make", [plain, two_stages, lvm])
def test_a_file_keeps_the_model(make, tmp_path, x):
    model = make()
    path = save_model(tmp_path / "m.safetensors", model, {**TOLD, "credits": "nobody"})
    again = load_model(path)
    assert (again.classes, again.groups, again.name) == (model.classes, model.groups, "m")
    loss = again.facts["storage"]["largest_difference"]
    assert 0 < loss < 0.01
    assert float((again.encoder.embed(x) - model.encoder.embed(x)).abs().max()) < max(10 * loss, 1e-3)
    exact = load_model(save_model(tmp_path / "e.safetensors", model, TOLD, exact=True))
    torch.testing.assert_close(exact.encoder.embed(x), model.encoder.embed(x))
    assert exact.facts["storage"] == {"precision": "own", "largest_difference": 0.0}
    assert verify_model(str(path))["whole"]


def test_a_file_keeps_what_was_calibrated(kept):
    again = load_model(kept)
    assert again.temperature == 1.5
    assert (again.qhat, again.abstain) == ({"0.90": 0.7}, {"0.95": 0.8, "0.99": 0.9})


def test_a_decoder_is_not_kept(tmp_path):
    path = save_model(tmp_path / "m.safetensors", lvm(), TOLD)
    assert not any("decoder" in name for name in load_file(path))


def test_the_certificate_must_tell(tmp_path):
    with pytest.raises(UsageError, match="lacks split, evaluation"):
        save_model(tmp_path / "m.safetensors", plain(), {"licence": "CC0", "data": {}})
    encoder = network(3)
    encoder.network.append(torch.nn.ReLU())
    with pytest.raises(UsageError, match="Linear"):
        save_model(tmp_path / "m.safetensors", Model(CLASSES, (encoder,)), TOLD)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda told: told.update(format=2), "Update tuningfork"),
        (lambda told: told.update(kind="spell"), "this version does not know"),
        (lambda told: [told.pop("classes"), told.pop("licence")], "lacks licence, classes"),
        (lambda told: told.update(classes="abc"), "no list of classes"),
        (lambda told: told.update(classes=["a", "\x1b[2J", "c"]), "printable"),
        (lambda told: told.update(classes=5), "cannot be used"),
        (lambda told: told.update(members=told["members"] * 65), "too many"),
        (lambda told: told.update(members=[{}]), "cannot be used"),
        (lambda told: told.update(members=[]), "names no networks"),
        (lambda told: told["members"][0].update(network="pickle"), "unknown kind"),
        (lambda told: told["members"][0].update(shape={"name": "vit_giant_patch14_224"}), "lacks|shapes"),
        (lambda told: told["members"][0].update(shape={"name": "no_such"}), "unknown network of timm"),
        (lambda told: told["members"][0].update(dim=10**12), "shapes"),
        (lambda told: told.update(temperature=-1), "temperature"),
        (lambda told: told.update(temperature=[1]), "cannot be used"),
        (lambda told: told.update(qhat={"0.9": "high"}), "cannot be used"),
        (lambda told: told.update(preprocessing={"size": 10**9}), "out of range"),
        (lambda told: told.update(groups=[1]), "cannot be used"),
    ],
)
def test_hostile_certificates_end_in_one_line(kept, change, said):
    recertified(kept, change)
    with pytest.raises(WeightsError, match=said) as caught:
        load_model(kept)
    assert "\n" not in str(caught.value)


def test_tensors_that_lack_or_are_left_over_are_named(kept):
    tensors = load_file(kept)
    told = read_certificate(kept, "model")
    from tuningfork.encoders.weights_file import tensors_hash

    lost = next(name for name in tensors if name.endswith("conv1.weight") or name.endswith("conv.weight"))
    del tensors[lost]
    tensors["0.body.extra"] = torch.zeros(1)
    told["tensors_sha256"] = tensors_hash(tensors)
    save_file(tensors, kept, {"tuningfork": json.dumps(told)})
    with pytest.raises(WeightsError, match=r"lacks .*has unknown extra"):
        load_model(kept)
    tensors = {**tensors, "7.body.x": torch.zeros(1)}
    told["tensors_sha256"] = tensors_hash(tensors)
    save_file(tensors, kept, {"tuningfork": json.dumps(told)})
    with pytest.raises(WeightsError, match="no network"):
        load_model(kept)


def test_a_changed_number_is_noticed(kept):
    tensors, told = load_file(kept), read_certificate(kept, "model")
    tensors["0.head.bias"] += 1
    save_file(tensors, kept, {"tuningfork": json.dumps(told)})
    assert "not those its certificate names" in verify_model(str(kept))["problem"]


@pytest.mark.parametrize("content", [b"", b"\x80\x04\x95pickle", b"\xff" * 64])
def test_what_is_no_model_is_refused(tmp_path, content):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    assert not is_model(str(path))
    with pytest.raises(WeightsError, match="not a weights file"):
        load_model(path)


def test_models_and_encoders_are_told_apart(kept):
    with pytest.raises(WeightsError, match=r"not an encoder's weights. Predict with it"):
        from_file(kept, f"file:{kept}")
    from tuningfork.encoders.shipped import shipped_weights

    with pytest.raises(WeightsError, match="not a model that tells classes"):
        load_model(shipped_weights("lvm-tiny"))


def test_models_are_found_by_name_file_and_run(kept, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert "mine" not in list_models()
    with pytest.raises(UnknownNameError, match=r"unknown model 'mine'.*file or a run's folder"):
        find_model("mine")
    shelf = tmp_path / "cache" / "tuningfork" / "models"
    shelf.mkdir(parents=True)
    (shelf / "mine.safetensors").write_bytes(kept.read_bytes())
    (shelf / "bad.safetensors").write_bytes(b"nothing")
    listed = list_models()
    assert listed["mine"] == "tells dark, bright, blue"
    assert listed["bad"].startswith("cannot be used")
    assert load_model("mine").name == "mine"
    run = tmp_path / "run7"
    run.mkdir()
    with pytest.raises(WeightsError, match=r"holds no model\.safetensors"):
        find_model(run)
    kept.rename(run / "model.safetensors")
    assert load_model(run).name == "run7"
    with pytest.raises(WeightsError, match="no such file"):
        find_model(tmp_path / "absent.safetensors")


def test_shipped_models_are_small_and_whole():
    from importlib.resources import files
    from pathlib import Path

    folder = Path(str(files("tuningfork.encoders") / "weights" / "models"))
    for file in folder.glob("*.safetensors"):
        assert file.stat().st_size <= 25_000_000
        assert verify_model(str(file))["whole"]


def test_temperature_sharpens_and_keeps_the_order():
    p = np.array([[0.7, 0.2, 0.1], [np.nan] * 3, [1.0, 0.0, 0.0]], np.float32)
    cold, warm = tempered(p, 0.5), tempered(p, 2.0)
    np.testing.assert_allclose(cold[0], np.array([0.49, 0.04, 0.01]) / 0.54, rtol=1e-5)
    assert warm[0, 0] < p[0, 0]
    assert np.isnan(cold[1]).all()
    assert np.isfinite(warm[2]).all()
    np.testing.assert_array_equal(tempered(p, 1.0), p)


def test_sets_hold_what_cannot_be_ruled_out():
    p = np.array([[0.5, 0.45, 0.05], [0.3, 0.35, 0.35], [np.nan] * 3])
    np.testing.assert_array_equal(
        prediction_sets(p, 0.6), [[True, True, False], [False, True, False], [False] * 3]
    )


def test_a_purity_between_two_takes_the_higher(kept):
    model = load_model(kept)
    assert model.least_probability(0.95) == 0.8
    assert model.least_probability(0.96) == 0.9
    with pytest.raises(UsageError, match=r"not shown to reach a purity of 0.999. Ask for one of 0.9"):
        model.least_probability(0.999)
    with pytest.raises(TuningforkError, match="no thresholds of purity"):
        plain().least_probability(0.9)
    with pytest.raises(UnknownNameError, match="unknown coverage"):
        model.threshold(0.5)


def test_the_hash_of_ids_does_not_depend_on_their_order():
    assert ids_hash(["b", "a"]) == ids_hash(["a", "b"]) != ids_hash(["a"])
