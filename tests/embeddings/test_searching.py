"""Searches in a real collection: filters, quarantine, positions, from disk as from memory."""

import cv2
import numpy as np
import pyarrow as pa
import pytest

from tuningfork.collection import Collection, StoredVectors, create_collection, rows_where
from tuningfork.collection.engine import replace_column
from tuningfork.embeddings import approximate, index_embeddings, neighbour_table, search, searcher
from tuningfork.errors import CatalogueError, DataError, EmbeddingError, UnknownNameError, UsageError

N, DIM = 600, 16


def made_vectors(n=N, seed=0):
    """Clumps, as galaxies make them."""
    rng = np.random.default_rng(seed)
    clumps = rng.normal(size=(30, DIM))
    return (clumps[np.arange(n) % 30] + 0.5 * rng.normal(size=(n, DIM))).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A collection of 600 little pictures with a catalogue, without vectors."""
    source = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(1)
    lines = ["id,file,redshift,label,My Col,ra,dec"]
    for k in range(N):
        cv2.imwrite(str(source / f"g{k:03d}.png"), rng.integers(0, 255, (8, 8, 3), np.uint8))
        redshift = "" if k % 50 == 0 else f"{k / N:.4f}"
        lines.append(
            f"g{k:03d},g{k:03d}.png,{redshift},{'star' if k % 3 == 0 else 'gal'},{k},{k / 2},{k / 10}"
        )
    (source / "catalogue.csv").write_text("\n".join(lines))
    return create_collection(source, tmp_path_factory.mktemp("made") / "c", quiet=True).collection.path


@pytest.fixture
def galaxies(folder, tmp_path):
    """A copy of it with vectors, opened."""
    import shutil

    shutil.copytree(folder, tmp_path / "c")
    made = Collection.open(tmp_path / "c")
    made.vector_table("k").append(made.ids(), made_vectors(), {"encoder": "e", "created": "1"})
    return made


@pytest.fixture
def large(monkeypatch):
    """Every collection counts as large."""
    monkeypatch.setattr(searcher, "IN_MEMORY", 10)
    monkeypatch.setattr(searcher, "FEW_ALLOWED", 5)
    monkeypatch.setattr(approximate, "FEWEST", 10)


def test_a_filter_leaves_only_galaxies_that_meet_it(galaxies):
    found = search(galaxies, ids=["g100"], where="redshift < 0.5 AND label != 'star'", k=N)
    k = np.arange(N)
    assert set(found.rows) == set(k[(k / N < 0.5) & (k % 3 != 0) & (k % 50 != 0) & (k != 100)])
    plain = search(galaxies, ids=["g100"], k=N)
    kept = [row for row in plain.rows if row in set(found.rows)]
    assert list(found.rows) == kept  # the order is that without the filter


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("`My Col` > 597", [598, 599]),
        ("redshift IS NULL AND ra < 60", [0, 50, 100]),
        ("label LIKE 's%' AND id IN ('g003', 'g004')", [3]),
        ("id = 'a;b' OR id = 'g001'", [1]),
        ("1 = 2", []),
    ],
)
def test_expressions_of_sql(galaxies, where, rows):
    np.testing.assert_array_equal(rows_where(galaxies, where), rows)


@pytest.mark.parametrize(
    ("where", "error", "said"),
    [
        ("redshft < 0.1", UnknownNameError, "Did you mean redshift"),
        ("redshift <", UsageError, "not understood"),
        ("redshift < 'x'", UsageError, "not understood"),
        ("redshift", UsageError, "boolean"),
        ("", UsageError, "not understood"),
        ("redshift < 0.1; label = 'star'", UsageError, "without ';'"),
        ("label = $1", UsageError, "no parameters"),
        ("redshift < ?", UsageError, "no parameters"),
        ("\"label\" = 'star'", UsageError, "backticks"),
        ("id IN (SELECT id FROM t)", UsageError, "not supported"),
        ("read_csv('/etc/passwd') > 1", UsageError, "Invalid function"),
        ("cast(label AS int) > 1", UsageError, "Cannot cast"),
        ("redshift < 0.1 OR " * 2000 + "1 = 1", UsageError, "characters"),
    ],
)
def test_a_filter_that_cannot_be_meant_is_one_line(galaxies, where, error, said):
    with pytest.raises(error, match=said) as told:
        search(galaxies, ids=["g001"], where=where)
    assert "\n" not in str(told.value)
    assert ".rs" not in str(told.value)


def test_quarantined_galaxies_are_passed_over_unless_wanted(galaxies):
    best = search(galaxies, ids=["g100"], k=1).rows[0]
    flags = [["blank"] if row == best else [] for row in range(N)]
    column = pa.field("flags", pa.list_(pa.string()))
    replace_column(galaxies.path / "galaxies.lance", column, pa.array(flags, column.type))
    again = Collection.open(galaxies.path)
    assert best not in search(again, ids=["g100"], k=N).rows
    assert search(again, ids=["g100"], k=1, include_flagged=True).rows[0] == best


def test_the_galaxy_nearest_to_a_position_is_the_example(galaxies):
    at = search(galaxies, positions=[(50.0005, 10.0)], k=3)
    np.testing.assert_array_equal(at.rows, search(galaxies, ids=["g100"], k=3).rows)
    with pytest.raises(UsageError, match=r"nearest is g100 at 36\.0 arcsec"):
        search(galaxies, positions=[(50, 10.01)])
    with pytest.raises(UsageError, match="not on the sky"):
        search(galaxies, positions=[(50, 100)])


def test_a_collection_without_positions_says_so(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 8, 3), np.uint8))
    made = create_collection(tmp_path, tmp_path / "c", quiet=True).collection
    made.vector_table("k").append(made.ids(), np.ones((1, 4), np.float32), {})
    with pytest.raises(DataError, match="has a position"):
        search(made, positions=[(1, 1)])


@pytest.mark.parametrize("order", ["as imported", "shuffled, one gone, one not embedded"])
@pytest.mark.parametrize("where", [None, "label = 'star'", "id = 'g007'", "`My Col` > 150"])
def test_from_disk_as_from_memory(folder, tmp_path, monkeypatch, order, where):
    import shutil

    shutil.copytree(folder, tmp_path / "c")
    made = Collection.open(tmp_path / "c")
    ids, vectors = made.ids(), made_vectors()
    if order != "as imported":
        shuffled = np.random.default_rng(2).permutation(N)[1:]
        ids = np.concatenate([["a galaxy that left"], ids[shuffled]])
        vectors = np.concatenate([vectors[:1], vectors[shuffled]])
        vectors[0] = vectors[400]  # it would be the best answer
    for some in np.array_split(np.arange(len(ids)), 3):  # several fragments
        made.vector_table("k").append(ids[some], vectors[some], {})
    example = ids[400]
    settings = {"ids": [example], "negatives": [ids[300]], "where": where, "k": 25}
    right = search(made, **settings)
    monkeypatch.setattr(searcher, "IN_MEMORY", 10)
    monkeypatch.setattr(searcher, "FEW_ALLOWED", 5)
    monkeypatch.setattr(approximate, "FEWEST", 10)
    exact = search(made, exact=True, **settings)
    near = search(made, **settings)
    np.testing.assert_array_equal(exact.rows, right.rows)
    np.testing.assert_array_equal(exact.ids, right.ids)
    np.testing.assert_allclose(exact.scores, right.scores, atol=1e-6)
    assert exact.exact
    assert exact.recall is None
    assert len(np.intersect1d(near.rows, right.rows)) >= 0.9 * len(right)
    if where is None:
        assert not near.exact
        assert near.recall >= 0.9


def test_the_recall_told_is_what_comes_out(galaxies, large):
    told = index_embeddings(galaxies, quiet=True)
    hits = [
        len(
            np.intersect1d(
                search(galaxies, ids=[i], k=10).rows, search(galaxies, ids=[i], k=10, exact=True).rows
            )
        )
        for i in galaxies.ids()[::20]
    ]
    assert abs(np.mean(hits) / 10 - told.recall) < 0.1
    assert search(galaxies, ids=["g001"]).recall == told.recall


def test_galaxies_embedded_after_the_index_are_found(galaxies, large):
    assert search(galaxies, ids=["g001"], k=1).scores[0] < 0.999
    table = galaxies.vector_table("k")
    table.append(["g900"], made_vectors()[1:2] * 3, {})
    with pytest.raises(UnknownNameError):
        search(galaxies, ids=["g900"])  # not a galaxy of the collection
    vectors = StoredVectors(table)
    assert (vectors.count, vectors.indexed) == (N + 1, N)
    positions, scores = vectors.nearest(made_vectors()[1], 2, probes=1, refine=2)
    assert set(positions) == {1, N}
    np.testing.assert_allclose(scores, 1, atol=1e-5)


def test_an_index_is_refused_for_a_handful_and_asked_for_when_missing(galaxies, monkeypatch):
    with pytest.raises(UsageError, match="of no use"):
        index_embeddings(galaxies)
    with pytest.raises(EmbeddingError, match="tuningfork embeddings index"):
        searcher.searcher_for(galaxies, "k", exact=False)


def test_vectors_are_read_once_and_again_when_they_change(galaxies, monkeypatch):
    read = []
    true = searcher.load_embeddings
    monkeypatch.setattr(searcher, "load_embeddings", lambda *of: read.append(1) or true(*of))
    for _ in range(3):
        search(galaxies, ids=["g001"])
    assert len(read) == 1
    galaxies.vector_table("k").append(["new"], np.ones((1, DIM), np.float32), {})
    search(galaxies, ids=["g001"])
    assert len(read) == 2


def test_the_table_of_results(galaxies):
    found = search(galaxies, ids=["g001"], k=3)
    table = neighbour_table(galaxies, found, ["label", "redshift"])
    assert table.column_names == ["rank", "id", "score", "ra", "dec", "label", "redshift"]
    np.testing.assert_allclose(table["ra"].to_numpy(), found.rows / 2)
    with pytest.raises((UnknownNameError, CatalogueError), match="label"):
        neighbour_table(galaxies, found, ["lable"])
