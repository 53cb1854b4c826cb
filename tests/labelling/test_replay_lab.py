"""The replay laboratory: sub-types, thinning, groups, several classes, several encoders, comparisons."""

import numpy as np
import pyarrow as pa
import pytest

from tests.labelling.conftest import FakeVectors
from tuningfork.errors import CatalogueError, UnknownNameError, UsageError
from tuningfork.labelling.replay import Replayed, run_replay
from tuningfork.labelling.replay_compare import across, compared, summary
from tuningfork.labelling.replay_task import Errors, ReplayTask, answered, draw, label_sets, matching

HERE = np.ones(400, bool)
LABELS_OF = ["ring; bar", "bar|dust", "", None, "dust"]  # of the galaxies of each kind


@pytest.fixture
def labelled(collection, monkeypatch):
    """The collection with columns of numbers, groups and classes."""
    kind = collection.kind

    def catalogue(columns=None, rows=None):
        table = pa.table(
            {
                "id": [f"g{i}" for i in range(400)],
                "label": ["rare" if k == 0 else "common" for k in kind],
                "class": [("a", "b", "c")[min(int(k), 2)] for k in kind],
                "grade": [None if k == 1 else float(k) for k in kind],
                "field": [f"f{i // 20}" for i in range(400)],
                "kind": [str(k) for k in kind],
                "labels": [LABELS_OF[min(int(k), 4)] for k in kind],
            }
        )
        return table if columns is None else table.select(columns)

    monkeypatch.setattr(collection, "catalogue", catalogue)
    return collection


def run(collection, label="label", positive="rare", **settings):
    settings = {"strategies": ["greedy"], "seeds": 2, "budget": 40, "quiet": True} | settings
    return run_replay(collection, label, positive, **settings)


def task(collection, **facts):
    return ReplayTask(collection.kind == 0, **facts)


def test_thinning_leaves_that_share_and_takes_examples_from_the_rest(collection):
    whole = ReplayTask(collection.kind == 10)
    start = draw(ReplayTask(whole.truth, thin=0.05), HERE, seed=0, prompts=3, held_out=0.3)
    assert (whole.truth & start.pool).sum() / start.pool.sum() == pytest.approx(0.05, abs=0.01)
    assert whole.truth[start.prompts].all()
    assert not start.pool[start.prompts].any()
    assert not start.judged[start.prompts].any()
    assert whole.truth[start.judged].mean() > 0.3  # untouched galaxies stay as they are


def test_a_class_cannot_be_thinned_to_more_than_there_is(collection):
    with pytest.raises(CatalogueError, match="thinned"):
        draw(task(collection, thin=0.5), HERE, seed=0, prompts=1, held_out=0.0)


def test_groups_are_held_out_together(collection):
    groups = np.arange(400) // 20
    start = draw(task(collection, groups=groups), HERE, seed=1, prompts=1, held_out=0.3)
    assert 0.25 <= start.judged.mean() <= 0.35
    assert not set(groups[start.judged]) & set(groups[start.pool])
    nothing = draw(task(collection, groups=groups), HERE, seed=1, prompts=1, held_out=0.0)
    assert nothing.pool.all()


def test_what_is_thinned_away_is_never_asked_nor_learnt_from(labelled):
    told = run(labelled, "class", "c", thin=0.1, seeds=1, budget=1000, per_round=100)
    assert told.rows[-1]["found"] == told.rows[-1]["findable"] < 30


def test_comparisons_and_unions_of_values():
    values = [3.0, None, 1.5, 2.0]
    assert list(matching(values, ">= 2", column="g", where="w")) == [True, False, False, True]
    assert list(matching(["a", "b", "c", "a"], ["a", "c"], column="g", where="w")) == [
        True,
        False,
        True,
        True,
    ]
    with pytest.raises(UsageError, match="compared"):
        matching(["a", "b"], "> 2", column="g", where="w")
    with pytest.raises(UnknownNameError):
        matching(["a", "b"], "d", column="g", where="w")


def test_sub_types_are_counted(labelled):
    named = run(labelled, "class", "c", subtype_column="kind", budget=100).rows[-1]
    assert 1 <= named["subtypes"] <= named["subtypes_findable"] == 9
    assert run(labelled, "class", "c").rows[-1]["subtypes_findable"] == 5  # k-means
    with pytest.raises(UnknownNameError):
        run(labelled, subtype_column="kinds")


@pytest.mark.parametrize("strategy", ["margin", "greedy", "random", "uncertainty"])
def test_several_classes_tell_balanced_accuracy(labelled, strategy):
    told = run(
        labelled, "class", ["a", "b", "c"], question="multi-class", strategies=[strategy], budget=60, seeds=1
    )
    assert told.rows[-1]["balanced_accuracy"] > 0.7
    assert told.rows[-1]["average_precision"] is None


def test_classes_that_are_not_asked_for_are_left_out(labelled):
    told = run(labelled, "kind", ["0", "1"], question="multi-class", budget=1000, seeds=1, held_out=0.0)
    assert told.rows[-1]["answers"] == (labelled.kind < 2).sum() - 6


def test_encoders_are_replayed_each_and_together(labelled):
    noise = np.random.default_rng(0).normal(size=(400, 5)).astype(np.float32)
    labelled.tables["noise-1"] = FakeVectors(
        [f"g{i}" for i in range(400)], noise, {"encoder": "noise", "created": "2025"}
    )
    told = run(labelled, encoder=["made-1", "noise-1", "made-1+noise-1"])
    found = {row["encoder"]: row["found"] for row in told.rows if row["seed"] == 0}
    assert found["noise-1"] < found["made-1+noise-1"]
    against = compared(told, "greedy", baseline_encoder="made-1")
    assert {row["encoder"] for row in against} == {"noise-1", "made-1+noise-1"}


def test_two_processes_tell_what_one_does(labelled):
    def told(workers):
        return [
            {k: v for k, v in row.items() if k != "seconds"} for row in run(labelled, workers=workers).rows
        ]

    assert told(2) == told(1)


def test_answers_to_80_percent_count_single_answers(labelled):
    one = run(labelled, budget=60, held_out=0.0).searches[0]
    assert one["answers_to_80"] <= 60
    exact = run(labelled, budget=one["answers_to_80"], held_out=0.0, seeds=1).searches[0]
    assert exact["found"] == -(-exact["findable"] * 8 // 10)
    assert run(labelled, budget=5, seeds=1).searches[0]["answers_to_80"] is None


def made(strategy, needed, answers=100):
    rows = [
        {"strategy": strategy, "encoder": "e", "seed": s, "answers": answers, "found": n or 0}
        for s, n in enumerate(needed)
    ]
    searches = [
        {"strategy": strategy, "encoder": "e", "seed": s, "answers_to_80": n, "answers": answers}
        for s, n in enumerate(needed)
    ]
    return Replayed(rows, searches)


def test_medians_and_ratios_with_searches_that_fell_short():
    fast, slow = made("fast", [10, 20, 40]), made("slow", [20, 40, None])
    told = Replayed(fast.rows + slow.rows, fast.searches + slow.searches)
    first, second = summary(told)
    assert (first["answers_to_80"], first["reached"]) == (20, 3)
    assert (second["answers_to_80"], second["reached"], second["high"]) == (40, 2, None)
    ratio = next(row for row in compared(told, "slow") if row["quantity"] == "answers_to_80")
    assert ratio["value"] == pytest.approx((0.5 * 0.5 * 0.4) ** (1 / 3))
    assert ratio["censored"] == [0, 1]
    assert ratio["low"] <= ratio["value"] <= ratio["high"]
    found = next(row for row in compared(told, "slow") if row["quantity"] == "found")
    assert found["value"] == pytest.approx((-10 - 20 + 40) / 3)


def test_a_ratio_of_searches_that_both_fell_short_is_none():
    """Two that both ran out of answers are not equally fast: nothing is known of them."""
    fast, slow = made("fast", [None, None, 40]), made("slow", [None, None, None])
    told = Replayed(fast.rows + slow.rows, fast.searches + slow.searches)
    ratio = next(row for row in compared(told, "slow") if row["quantity"] == "answers_to_80")
    assert (ratio["value"], ratio["seeds"], ratio["neither"]) == (pytest.approx(0.4), 1, 2)
    never = Replayed(slow.rows * 2, slow.searches + made("other", [None] * 3).searches)
    ratio = next(row for row in compared(never, "slow") if row["quantity"] == "answers_to_80")
    assert (ratio["value"], ratio["low"], ratio["seeds"], ratio["censored"]) == (None, None, 0, [3, 3])


def test_galaxies_of_which_the_column_says_nothing_are_left_out(labelled):
    """A blank is no negative: grades are there for all but kind 1."""
    told = run(labelled, "grade", ">= 9", budget=1000, per_round=200, seeds=1, held_out=0.0)
    blank = int((labelled.kind == 1).sum())
    assert told.left_out == blank > 0
    assert told.rows[-1]["answers"] == 400 - blank - 3
    assert list(answered([None, float("nan"), "", "  ", 0, "no", False])) == [False] * 4 + [True] * 3


def test_a_whole_number_is_found_where_gaps_made_it_a_fraction():
    values = [1.0, None, 2.0, 1]
    assert list(matching(values, "1", column="g", where="w")) == [True, False, False, True]
    with pytest.raises(UnknownNameError) as raised:
        matching([2.0, None, True], "1", column="g", where="w")
    assert "None" not in str(raised.value)


def test_answers_that_were_finds_are_told_one_by_one(labelled):
    one = run(labelled, budget=60, held_out=0.0, seeds=1).searches[0]
    assert len(one["found_at"]) == one["found"]
    assert one["found_at"][-(-one["findable"] * 8 // 10) - 1] == one["answers_to_80"]
    assert one["found_at"] == sorted(one["found_at"])
    assert 1 <= one["found_at"][0] <= one["found_at"][-1] <= 60


def test_encoders_are_compared_with_the_first_one(labelled):
    noise = np.random.default_rng(0).normal(size=(400, 5)).astype(np.float32)
    ids = [f"g{i}" for i in range(400)]
    labelled.tables["noise-1"] = FakeVectors(ids, noise, {"encoder": "noise", "created": "2025"})
    told = run(labelled, encoder=["made-1", "noise-1"], strategies=["greedy", "random"])
    pairs = {(row["strategy"], row["encoder"], row["against"]) for row in across(told, "greedy")}
    assert pairs == {
        ("random", "made-1", "greedy (made-1)"),
        ("random", "noise-1", "greedy (noise-1)"),
        ("greedy", "noise-1", "greedy (made-1)"),
    }


@pytest.mark.parametrize(
    "bad",
    [
        {"question": "maybe"},
        {"question": "multi-class"},
        {"thin": 0.0},
        {"workers": 0},
    ],
)
def test_bad_questions_are_refused(labelled, bad):
    with pytest.raises(UsageError):
        run(labelled, **bad)


def test_a_person_who_errs_loses_finds_and_gives_up(labelled):
    right = run(labelled, budget=200)
    wrong = run(labelled, budget=200, errors=Errors(0.4))
    alarmed = run(labelled, budget=200, errors=Errors(0.0, 0.3))
    found = [[s["found"] for s in told.searches] for told in (right, wrong)]
    assert all(a > b for a, b in zip(*found, strict=True))
    assert all(s["called"] == s["found"] for s in right.searches + wrong.searches)
    assert all(s["called"] > s["found"] + 10 for s in alarmed.searches)
    stopped = [s for s in right.searches if s["stopped"] is not None]
    assert stopped
    assert all(50 <= s["stopped"] <= 200 and s["stopped_share"] > 0.8 for s in stopped)
    assert all(s["stopped"] is None for s in alarmed.searches)  # a false alarm keeps one going
    told = summary(right)[0]
    assert told["stopped_share"] == pytest.approx(np.mean([s["stopped_share"] for s in stopped]))
    assert summary(alarmed)[0]["stopped"] is None
    with pytest.raises(UsageError, match="below 1"):
        Errors(1.0)


def test_the_same_galaxy_gets_the_same_wrong_answer(collection):
    errors, whole = Errors(0.2, 0.1), task(collection)
    said = errors.said(whole, seed=3)
    np.testing.assert_array_equal(said.truth, errors.said(whole, seed=3).truth)
    assert (said.truth != whole.truth).mean() == pytest.approx(0.1, abs=0.04)
    several = ReplayTask(HERE, np.minimum(collection.kind, 2), ("a", "b", "c"))
    told = errors.said(several, seed=3)
    moved = told.classes != several.classes
    assert moved.mean() == pytest.approx(0.2, abs=0.06)
    assert set(told.classes) == {0, 1, 2}
    np.testing.assert_array_equal(told.truth, several.truth)


def test_the_rarest_class_is_served_in_a_replay(labelled):
    several = {"question": "multi-class", "positive": ["a", "b", "c"], "label": "class", "budget": 60}
    told = run(labelled, **several, strategies=["rarest", "random"], prompts=2, seeds=4)
    last = {
        name: np.mean(
            [r["balanced_accuracy"] for r in told.rows if r["strategy"] == name and r["answers"] == 60]
        )
        for name in ("rarest", "random")
    }
    assert last["rarest"] >= last["random"] - 0.02


LABELS = {"label": "labels", "positive": ["ring", "bar"], "question": "multi-label"}


@pytest.mark.parametrize("strategy", ["greedy", "margin", "rarest", "random"])
def test_several_labels_each_have_a_head_of_their_own(labelled, strategy):
    told = run(labelled, **LABELS, strategies=[strategy], budget=60, seeds=1)
    assert told.rows[-1]["average_precision"] > 0.7
    assert told.rows[-1]["subtypes"] == told.rows[-1]["subtypes_findable"] == 2


def test_a_find_holds_one_of_the_labels_and_who_was_never_looked_at_is_left_out(labelled):
    told = run(labelled, **LABELS, budget=1000, seeds=1, held_out=0.0, prompts=2)
    there = (labelled.kind == 0) | (labelled.kind == 1)
    known = labelled.kind != 3
    start = draw(
        ReplayTask(there, names=("ring", "bar"), labels=_ring_and_bar(labelled), known=known),
        HERE,
        seed=0,
        prompts=2,
        held_out=0.0,
    )
    assert 2 <= len(start.prompts) <= 4
    assert told.rows[-1]["answers"] == known.sum() - len(start.prompts)
    assert told.rows[-1]["found"] == told.rows[-1]["findable"] == there.sum() - len(start.prompts)


def _ring_and_bar(labelled):
    return np.stack([labelled.kind == 0, labelled.kind <= 1], 1)


def test_labels_are_read_from_lists_and_from_text():
    values = [["ring", "bar"], "bar ; dust", "bar", "", [], None]
    holds, known = label_sets(values, ["bar", "ring"], column="x", where="w")
    assert holds.tolist() == [[True, True], [True, False], [True, False]] + 3 * [[False, False]]
    assert known.tolist() == [True] * 5 + [False]
    with pytest.raises(UnknownNameError, match="rign"):
        label_sets(values, ["rign"], column="x", where="w")


def test_wrong_answers_about_labels_are_wrong_label_by_label(labelled):
    whole = ReplayTask(labelled.kind <= 1, names=("ring", "bar"), labels=_ring_and_bar(labelled))
    said = Errors(missed=0.5, false=0.1).said(whole, seed=0)
    assert 0.3 < said.labels[whole.labels].mean() < 0.7
    assert 0.05 < said.labels[~whole.labels].mean() < 0.15
    assert (said.truth == said.labels.any(1)).all()
    assert run(labelled, **LABELS, errors=Errors(0.2, 0.05), seeds=1).rows[-1]["found"] > 0


@pytest.mark.parametrize("wrong", [{"positive": "ring"}, {"thin": 0.1}])
def test_questions_of_labels_that_cannot_be_asked(labelled, wrong):
    with pytest.raises(UsageError):
        run(labelled, **(LABELS | wrong))
