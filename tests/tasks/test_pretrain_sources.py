"""What pre-training is given: files that are no collection, bands that differ, stamps that cannot be read."""

import h5py
import numpy as np
import pytest

from tests.collection.made import write_cubes, write_jpegs
from tests.collection.readers.made_arrays import write_legacy
from tuningfork.collection import Collection, create_collection
from tuningfork.encoders import weights_info
from tuningfork.encoders.learning import fits_for_training
from tuningfork.errors import DataError, TuningforkError, UnknownNameError, UsageError
from tuningfork.tasks.pretrain import PRESETS, PretrainSettings, pretrain
from tuningfork.tasks.training_sources import import_sources
from tuningfork.tasks.training_view import TrainingView


@pytest.fixture
def tiny(monkeypatch):
    settings = PretrainSettings(
        network="timm:test_resnet", objective="simclr", size=32, embed_size=32, batch=8, epochs=1
    )
    monkeypatch.setitem(PRESETS, "tiny", settings)
    return {"preset": "tiny", "quiet": True}


@pytest.mark.training
def test_legacy_survey_stamps_are_imported_and_learnt_from(tmp_path, tiny):
    images = write_legacy(tmp_path / "images" / "north" / "a.h5", 12)
    write_legacy(tmp_path / "images" / "south" / "a.h5", 12, start=12)
    images[3, 1, :5, :5], images[7] = np.nan, np.nan
    with h5py.File(tmp_path / "images" / "north" / "a.h5", "r+") as file:
        file["images"][...] = images
    said = []
    weights = pretrain([tmp_path / "images"], tmp_path / "run", say=said.append, **tiny)
    info = weights_info(str(weights))
    assert info["data"]["galaxies"] == 23  # one stamp had no number in it
    assert info["learnt_from"]["pixels"] == "flux"
    assert info["learnt_from"]["bands"] == ["g", "r", "z"]
    (line,) = said
    assert "is no collection: 23 galaxies imported" in line
    assert "1 could not be" in line
    made = Collection.open(tmp_path / "run" / "collections" / "images")
    bad = made.catalogue(["bad_pixels"])["bad_pixels"].to_pylist()
    assert sum(bad) == 25
    assert all(np.isfinite(stamp).all() for stamp in made.pixels(range(23)))


def test_sources_are_imported_once_and_apart(tmp_path, monkeypatch):
    for place in ("one", "two"):
        write_jpegs(tmp_path / place / "pictures", 5, start=7 if place == "two" else 0)
    sources, said = [tmp_path / "one" / "pictures", tmp_path / "two" / "pictures"], []
    import_sources(sources, tmp_path / "run", say=said.append, quiet=True)
    made = tmp_path / "run" / "collections"
    assert Collection.open(made / "pictures").ids()[0] == "g000"
    assert Collection.open(made / "pictures-2").ids()[0] == "g007"
    with pytest.raises(DataError, match="no such file"):
        import_sources([tmp_path / "nothing"], tmp_path / "other", say=said.append, quiet=True)
    assert not (tmp_path / "other").exists()
    monkeypatch.setattr(
        "tuningfork.collection.create_collection", lambda *_, **__: pytest.fail("imported again")
    )
    import_sources(sources, tmp_path / "run", say=said.append, quiet=True)
    assert len(said) == 2


def test_too_few_images_are_said_in_one_line(tmp_path, tiny):
    write_jpegs(tmp_path / "few", 10)
    with pytest.raises(DataError, match="10 galaxies are too few for batches of 8: 16 are wanted") as refusal:
        pretrain([tmp_path / "few"], tmp_path / "run", **tiny)
    assert "--batch" in str(refusal.value)
    with pytest.raises(DataError, match="20 are wanted"):
        pretrain([tmp_path / "few"], tmp_path / "run", batch=4, accumulate=5, **tiny)


def test_what_is_to_be_left_out_must_be_there(tmp_path, tiny):
    write_jpegs(tmp_path / "pictures", 20)
    with pytest.raises(DataError, match="no galaxy has the value 'val' in a column 'spilt'"):
        pretrain([tmp_path / "pictures"], tmp_path / "run", leave_out=("spilt", "val"), **tiny)


def test_collections_of_different_bands_are_refused_with_the_way_out(tmp_path, tiny):
    write_cubes(tmp_path / "five", 20, bands="ugriz")
    write_jpegs(tmp_path / "colour", 20)
    sources = [tmp_path / "colour", tmp_path / "five"]
    with pytest.raises(TuningforkError, match="--bands") as refusal:
        pretrain(sources, tmp_path / "run", **tiny)
    assert "\n" not in str(refusal.value)
    assert "five" in str(refusal.value)


@pytest.mark.training
def test_collections_of_three_and_of_one_band_learn_together(tmp_path, tiny):
    import cv2

    write_jpegs(tmp_path / "colour", 12)
    (tmp_path / "grey").mkdir()
    for name in write_jpegs(tmp_path / "other", 12, start=20):
        picture = cv2.imread(str(tmp_path / "other" / name), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(str(tmp_path / "grey" / name.replace("jpg", "png")), picture)
    weights = pretrain([tmp_path / "colour", tmp_path / "grey"], tmp_path / "run", **tiny)
    assert weights_info(str(weights))["data"]["galaxies"] == 24


@pytest.mark.training
def test_a_stamp_that_cannot_be_read_is_named_and_another_stands_in(tmp_path, tiny, monkeypatch):
    write_jpegs(tmp_path / "pictures", 17)
    collection = create_collection(tmp_path / "pictures", tmp_path / "galaxies", quiet=True).collection
    stamps = Collection._stamps

    def broken(self, rows):
        return [
            (g, b"\xff\xd8 not a picture" if g == "g005" else data, k) for g, data, k in stamps(self, rows)
        ]

    monkeypatch.setattr(Collection, "_stamps", broken)
    said = []
    pretrain([collection], tmp_path / "run", say=said.append, epochs=3, **tiny)
    assert "1 stamps could not be read" in said[0]
    assert "galaxies/g005: " in (tmp_path / "run" / "unreadable_ids.txt").read_text()
    view = TrainingView([collection], fits_for_training("net", 3, [collection])[1])
    with pytest.raises(DataError, match="g005"):  # where a label hangs on it nothing stands in
        view.stamps(np.array([5]))
    # alone in its batch, as galaxies of a small collection beside a large one are: the next stands in
    np.testing.assert_array_equal(view.stamps_or_others(np.array([5]))[0], view.stamps(np.array([6]))[0])
    view.leave_out_ids([{"g006"}])
    np.testing.assert_array_equal(view.stamps_or_others(np.array([5]))[0], view.stamps(np.array([6]))[0])
    view = TrainingView([collection], view.fits)
    four, _, six = view.stamps_or_others(np.array([4, 5, 6]))
    np.testing.assert_array_equal(view.stamps_or_others(np.array([4, 5, 6]))[1], six)
    np.testing.assert_array_equal(view.stamps_or_others(np.array([4, 5]))[1], four)


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"precision": "fp8"}, UnknownNameError, "precision"),
        ({"batch": 0}, UsageError, "batch"),
        ({"accumulate": 0}, UsageError, "accumulate"),
        ({"rate": float("nan")}, UsageError, "learning rate"),
        ({"devices": "some"}, UsageError, "devices"),
        ({"accelerator": "tpu"}, UsageError, "accelerator"),
    ],
)
def test_settings_that_cannot_be_are_refused_before_any_work(tmp_path, tiny, given, error, said):
    with pytest.raises(error, match=said):
        pretrain([tmp_path / "nothing"], tmp_path / "run", **tiny, **given)
    assert not (tmp_path / "run").exists()
