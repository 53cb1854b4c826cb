"""A collection of simulated galaxies: the same whoever draws them, growing, with its truth."""

import numpy as np
import pytest

from tuningfork.collection import Collection
from tuningfork.collection.simulating import simulate_collection
from tuningfork.errors import CollectionError, UsageError
from tuningfork.simulation import Settings, draw_truth, paint

pytest.importorskip("galsim", reason="GalSim is not installed (the extra `sim`)")

_SMALL = Settings(seed=7, size=48)


def test_it_grows_and_is_the_same_by_one_process_and_by_two(tmp_path):
    first = simulate_collection(5, tmp_path / "a", _SMALL, quiet=True)
    assert (first.added, first.rejected) == (5, [])
    grown = simulate_collection(9, tmp_path / "a", _SMALL, workers=2, quiet=True)
    assert (grown.added, grown.already) == (4, 5)
    again = simulate_collection(9, tmp_path / "b", _SMALL, quiet=True).collection
    rows = grown.collection.rows_of(again.ids())
    pairs = zip(grown.collection.pixels(rows), again.pixels(range(9)), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)


def test_its_catalogue_is_the_truth_and_its_stretch_the_surveys(tmp_path):
    settings = Settings(seed=1, size=48, survey="sdss")
    simulate_collection(4, tmp_path / "c", settings, quiet=True)
    collection = Collection.open(tmp_path / "c")
    truth = draw_truth(settings, 2)
    row = collection.catalogue().to_pylist()[2]
    assert row["type"] == truth.type
    assert row["mag_r"] == pytest.approx(truth.row(settings.bands)["mag_r"], abs=1e-4)
    assert np.array_equal(collection.pixels([2])[0], paint(truth, settings))
    assert (collection.bands, collection.pixel_scale) == (("g", "r", "i"), 0.396)
    assert collection.stretch.to_table()["kind"] == "lupton"
    assert simulate_collection(4, tmp_path / "c", settings, quiet=True).already == 4


def test_another_simulation_or_nothing_is_refused(tmp_path):
    simulate_collection(2, tmp_path / "d", _SMALL, quiet=True)
    with pytest.raises(CollectionError, match=r"seed 7 .* give the settings"):
        simulate_collection(2, tmp_path / "d", Settings(seed=8, size=48), quiet=True)
    with pytest.raises(UsageError):
        simulate_collection(0, tmp_path / "e", _SMALL, quiet=True)
