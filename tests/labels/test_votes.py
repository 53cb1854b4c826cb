"""Trees, votes and the challenge's cumulative columns."""

from types import SimpleNamespace

import numpy as np
import pytest

from tuningfork.errors import CatalogueError, DataError, TuningforkError, UnknownNameError
from tuningfork.labels import read_tree, read_votes, shipped_trees
from tuningfork.labels.cumulative import from_cumulative, reach, to_cumulative
from tuningfork.labels.faults import sound_votes, vote_faults
from tuningfork.labels.votes import find_votes
from tuningfork.tasks.labels.votes import converted_votes

TREE = """
kind = "tree"
[[question]]
name = "kind"
text = "What is it?"
answers = ["smooth", "disk"]
[[question]]
name = "odd"
text = "Odd?"
parents = ["kind.smooth", "kind.disk"]
answers = ["yes", "no"]
[[question]]
name = "bar"
text = "Bar?"
parents = ["kind.disk"]
answers = ["yes", "no"]
"""


@pytest.fixture
def tree(tmp_path):
    file = tmp_path / "tree.toml"
    file.write_text(TREE)
    return read_tree(file)


def drawn_fractions(tree, rows: int, seed: int = 0, *, blanks: bool = True) -> np.ndarray:
    """Shares of those who were asked; nobody was asked what nobody came to."""
    rng = np.random.default_rng(seed)
    values = np.empty((rows, len(tree.answers)))
    for part in tree.slices.values():
        said = rng.dirichlet(np.ones(part.stop - part.start), rows)
        sure = rng.random(rows) < 0.3
        said[sure] = np.eye(said.shape[1])[rng.integers(0, said.shape[1], sure.sum())]
        values[:, part] = said
    for name, share in reach(tree, values).items() if blanks else ():
        values[share <= 1e-9, tree.slices[name]] = np.nan
    return values


def test_the_shipped_trees_are_whole():
    assert shipped_trees() == ["gz-candels", "gz-decals", "gz-hubble", "gz2"]
    gz2 = read_tree("gz2")
    assert len(gz2.answers) == 37
    assert sorted(gz2.naming("challenge").stems) == sorted(gz2.answers)
    assert {len(read_tree(name).parents) for name in shipped_trees()} == {11, 10, 17, 18}
    several = [q for q, parents in gz2.parents.items() if len(parents) > 1]
    assert several == ["t04_spiral", "t11_arms_number", "t05_bulge_prominence", "t06_odd"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"kind.smooth", "kind.disk"', '"odd.yes"', "odd -> odd"),
        (
            'text = "What is it?"',
            'text = "?"\nparents = ["bar.no"]',
            "kind -> bar -> kind|bar -> kind -> bar",
        ),
        ('parents = ["kind.disk"]', "parents = []", "'bar' is asked after nothing"),
        ('parents = ["kind.disk"]', 'parents = ["kind.disc"]', "parent of 'bar'.*kind.disk"),
        ('kind = "tree"', 'kind = "wood"', 'not "tree"'),
        ('kind = "tree"', 'kind = "tree"\ncolumns = { a = { names = { "kind.blob" = "x" } } }', "kind.blob"),
    ],
)
def test_a_tree_that_is_none_is_one_line(tmp_path, old, new, fault):
    file = tmp_path / "tree.toml"
    assert old in TREE
    file.write_text(TREE.replace(old, new))
    with pytest.raises(TuningforkError, match=fault) as error:
        read_tree(file)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["gz2", "gz-decals", "gz-hubble", "gz-candels"])
def test_cumulative_shares_and_back(name):
    tree = read_tree(name)
    fractions = drawn_fractions(tree, 300)
    shares = to_cumulative(tree, fractions)
    assert shares.min() >= 0
    assert shares.max() <= 1 + 1e-9
    back = from_cumulative(tree, shares)
    assert np.allclose(back, fractions, equal_nan=True)


def test_the_challenge_counts_as_dieleman_reports():
    """Weights of the questions as in the winner's code: w5 = w3 = w4, w8 = 6.1, and 1 for question 6."""
    tree = read_tree("gz2")
    always = tree.naming("challenge").always
    shares = to_cumulative(tree, drawn_fractions(tree, 200, seed=5, blanks=False), always=always)
    stems = tree.naming("challenge").stems
    column = {stem: shares[:, tree.index(answer)] for answer, stem in stems.items()}

    def total(question: int) -> np.ndarray:
        return sum(v for name, v in column.items() if name.startswith(f"Class{question}."))

    wanted = {2: "1.2", 3: "2.2", 4: "2.2", 5: "2.2", 7: "1.1", 8: "6.1", 9: "2.1", 10: "4.1", 11: "4.1"}
    for question, parent in wanted.items():
        assert np.allclose(total(question), column[f"Class{parent}"]), question
    assert np.allclose(total(1), 1)
    assert np.allclose(total(6), 1)
    votes = read_votes(tree, column)
    assert votes.kind == "cumulative"
    assert not vote_faults(votes).bad.any()
    first = votes.fractions().answer("t10_arms_winding.a28_tight")
    with np.errstate(invalid="ignore"):
        assert np.allclose(first, column["Class10.1"] / column["Class4.1"], equal_nan=True)


def test_counts_become_fractions_and_unasked_is_not_known(tree):
    columns = {
        "kind_smooth_count": [3, 4],
        "kind_disk_count": [1, 0],
        "bar_yes_count": [1, 0],
        "bar_no_count": [0, 0],
    }
    votes = read_votes(tree, columns)
    assert votes.kind == "count"
    assert votes.people("kind").tolist() == [4, 4]
    shares = votes.fractions()
    assert shares.answer("kind.smooth").tolist() == [0.75, 1.0]
    assert np.isnan(shares.of("bar")[1]).all()
    assert np.isnan(shares.of("odd")).all()
    with pytest.raises(UnknownNameError, match=r"kind\.smooth"):
        votes.answer("kind.smoth")


def test_of_several_kinds_of_votes_the_weighted_are_taken_and_not_the_debiased(tree):
    stems = ("kind_smooth", "kind_disk")
    kinds = ("count", "fraction", "debiased", "weighted_fraction")  # as tables have them, in any order
    columns = {f"{stem}_{kind}": [0.5 + n / 10] for stem in stems for n, kind in enumerate(kinds)}
    assert [f.kind for f in find_votes(tree, columns)] == [
        "weighted_fraction",
        "debiased",
        "fraction",
        "count",
    ]
    votes = read_votes(tree, columns)
    assert (votes.kind, votes.answer("kind.smooth")[0]) == ("weighted_fraction", 0.8)
    assert read_votes(tree, columns, "debiased").answer("kind.smooth")[0] == 0.7


def test_columns_of_published_tables_are_found():
    decals, gz2 = read_tree("gz-decals"), read_tree("gz2")
    names = [f"{s.name}-dr5_{o.name}_fraction" for s in decals.steps for o in s.options]
    assert [(f.naming.name, f.kind) for f in find_votes(decals, names)] == [("dr5", "fraction")]
    names = [f"{stem}_fraction" for stem in gz2.naming("galaxy-datasets").stems.values()]
    assert len(find_votes(gz2, names)[0].columns) == 30  # question 8 is not there
    with pytest.raises(UnknownNameError, match="debiased"):
        find_votes(gz2, names, "debased")
    with pytest.raises(CatalogueError, match="no count votes for the tree 'gz2'"):
        read_votes(gz2, {"x": [1]}, "count")
    columns = [f"t01_smooth_or_features_{a}" for a in ("a01_smooth", "a02_features_or_disk")]
    columns += ["t01_smooth_or_features_a03_star_or_artifact", "t02_edgeon_a04_yes"]
    with pytest.raises(CatalogueError, match="lack 1 of its answers, first t02_edgeon_a05_no"):
        read_votes(gz2, {f"{name}_debiased": [0.5] for name in columns})


def sound(tree, columns):
    return sound_votes(read_votes(tree, columns), where="t.csv")


def test_votes_that_cannot_be_are_set_aside_and_named(tree):
    smooth = np.full(100, 0.25)
    smooth[7], smooth[9] = 0.9, 1.4
    columns = {"kind_smooth_fraction": smooth, "kind_disk_fraction": np.full(100, 0.75)}
    votes, said = sound(tree, columns)
    assert said == [
        "1 galaxy: a share of 'kind' lies outside 0 to 1 (first: 9)",
        "2 galaxies: the answers to 'kind' do not add up (first: 7)",
    ]
    assert np.flatnonzero(np.isnan(votes.of("kind")).all(axis=1)).tolist() == [7, 9]
    debiased = {name.replace("fraction", "debiased"): v for name, v in columns.items()}
    assert len(sound(tree, debiased)[1]) == 1  # these need not add up


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        (
            {"kind_smooth_fraction": [30.0, 2], "kind_disk_fraction": [1.0, 5]},
            "no fraction votes.*outside 0 to 1",
        ),
        ({"kind_smooth_count": [0.3, 2], "kind_disk_count": [1, 5]}, "no number of people"),
        ({"kind_smooth_count": [-3, 2], "kind_disk_count": [1, 5]}, "no number of people"),
        (
            {"kind_smooth_count": [1], "kind_disk_count": [1], "bar_yes_count": [2], "bar_no_count": [0]},
            "more people answered 'bar' than came",
        ),
    ],
)
def test_columns_that_are_something_else_are_refused(tree, columns, fault):
    with pytest.raises(DataError, match=fault) as error:
        sound(tree, columns)
    assert "\n" not in str(error.value)
    assert "t.csv" in str(error.value)


def test_what_is_written_for_the_challenge_counts_question_6_of_everyone():
    """Also of a galaxy that some call a star, who are asked nothing further."""
    tree = read_tree("gz2")
    naming = tree.naming("challenge")
    fractions = drawn_fractions(tree, 20, seed=3, blanks=False)
    shares = to_cumulative(tree, fractions, always=naming.always)
    columns = {stem: shares[:, tree.index(answer)] for answer, stem in naming.stems.items()}
    assert columns["Class1.3"].max() > 0.5
    collection = SimpleNamespace(ids=lambda: np.arange(20).astype(str))
    report = SimpleNamespace(votes=read_votes(tree, columns))
    written = converted_votes(collection, report, "challenge")
    for stem, values in columns.items():
        np.testing.assert_allclose(written[stem].to_numpy(), values, atol=1e-12, err_msg=stem)
