import pytest

from tuningfork.errors import CatalogueError, UnknownNameError, UsageError
from tuningfork.labelling.replay import replay


def run(collection, **settings):
    return replay(
        collection, "label", "rare", quiet=True, **{"seeds": 2, "budget": 60, "held_out": 0.0} | settings
    )


def test_greedy_finds_what_random_does_not(collection):
    rows = run(collection, strategies=["greedy", "random"])
    found = {(r["strategy"], r["seed"], r["answers"]): r["found"] for r in rows}
    assert set(found) == {(s, seed, n) for s in ("greedy", "random") for seed in (0, 1) for n in (50, 60)}
    for seed in (0, 1):
        assert found["greedy", seed, 60] > 2 * found["random", seed, 60]
    assert all(r["findable"] == len(collection.rare) - 3 for r in rows)


def test_held_out_galaxies_measure_and_are_not_found(collection):
    rows = run(collection, held_out=0.4, strategies=["greedy"])
    assert all(r["found"] <= r["findable"] < len(collection.rare) - 3 for r in rows)
    assert all(0.5 < r["average_precision"] <= 1 for r in rows)
    assert run(collection, strategies=["greedy"])[0]["average_precision"] is None


def test_the_same_seeds_give_the_same_rows(collection):
    assert run(collection, seeds=[5]) == run(collection, seeds=[5])


def test_strategies_with_settings_and_names_of_their_own(collection):
    rows = run(
        collection, strategies={"a1": ("alpha", {"alpha": 0.1}), "a9": ("alpha", {"alpha": 0.9})}, seeds=1
    )
    assert {r["strategy"] for r in rows} == {"a1", "a9"}


def test_a_pool_that_runs_out_ends(collection):
    rows = run(collection, strategies=["greedy"], budget=1000, seeds=1, per_round=100)
    assert rows[-1]["answers"] == len(collection) - 3
    assert rows[-1]["found"] == rows[-1]["findable"]


def test_no_prompts_start_from_nothing(collection):
    rows = run(collection, strategies=["greedy"], prompts=0, seeds=1)
    assert rows[-1]["found"] > 0


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"label_column": "labl"}, UnknownNameError),
        ({"positive": "rar"}, UnknownNameError),
        ({"strategies": ["gredy"]}, UnknownNameError),
        ({"budget": 0}, UsageError),
        ({"held_out": 1.0}, UsageError),
        ({"prompts": 1000}, CatalogueError),
    ],
)
def test_what_cannot_be_replayed_is_refused(collection, change, error):
    with pytest.raises(error):
        replay(collection, **{"label_column": "label", "positive": "rare", "quiet": True} | change)
