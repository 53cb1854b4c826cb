"""Maps: whole or not at all, resumed chunk by chunk, neighbours together, and a picture of galaxies."""

import shutil

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from tuningfork.collection import Collection, create_collection
from tuningfork.embeddings import layouts, list_maps, load_map, map_collection, map_sheet
from tuningfork.embeddings import map as mapping
from tuningfork.errors import BusyError, EmbeddingError, TuningforkError, UnknownNameError, UsageError
from tuningfork.files import only_writer

N, GROUPS = 240, 3


def grouped(n=N):
    rng = np.random.default_rng(0)
    return (10 * np.eye(GROUPS, 16)[np.arange(n) % GROUPS] + rng.normal(size=(n, 16))).astype(np.float32)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    source = tmp_path_factory.mktemp("pictures")
    for k in range(N):
        value = np.full((12, 12, 3), 60, np.uint8)
        value[..., k % GROUPS] = 220
        cv2.imwrite(str(source / f"g{k:03d}.png"), value)
    return create_collection(source, tmp_path_factory.mktemp("made") / "c", quiet=True).collection.path


@pytest.fixture
def galaxies(made, tmp_path, monkeypatch):
    shutil.copytree(made, tmp_path / "c")
    collection = Collection.open(tmp_path / "c")
    collection.vector_table("k").append(collection.ids(), grouped(), {})
    monkeypatch.setattr(mapping, "CHUNK", 50)
    return collection


def test_a_map_of_principal_components_keeps_groups_apart(galaxies):
    report = map_collection(galaxies, method="pca", sample=100, quiet=True)
    assert (report.galaxies, report.sample, report.complete) == (N, 100, True)
    placed = load_map(galaxies, method="pca")
    assert list(placed.ids) == list(galaxies.ids())
    assert placed.settings == {"key": "k", "method": "pca", "sample": 100, "seed": 0, "vectors": N}
    centres = np.array([placed.places[g::GROUPS].mean(axis=0) for g in range(GROUPS)])
    spread = max(placed.places[g::GROUPS].std(axis=0).max() for g in range(GROUPS))
    away = np.linalg.norm(centres - np.roll(centres, 1, axis=0), axis=1)
    assert away.min() > 3 * spread
    assert list_maps(galaxies) == ["k-pca"] == galaxies.info()["maps"]


@pytest.mark.timeout(200)
def test_umap_places_galaxies_it_was_not_fitted_on_with_their_like(galaxies):
    pytest.importorskip("umap")
    map_collection(galaxies, sample=90, quiet=True)
    places = load_map(galaxies).places
    assert np.isfinite(places).all()
    away = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(away, np.inf)
    same = away.argmin(axis=1) % GROUPS == np.arange(N) % GROUPS
    assert same.mean() > 0.95


def test_a_job_that_was_stopped_goes_on_and_comes_out_the_same(galaxies, monkeypatch):
    map_collection(galaxies, method="pca", sample=60, quiet=True)
    whole = load_map(galaxies, method="pca").places
    (galaxies.path / "maps" / "k-pca.parquet").unlink()
    told = []
    report = map_collection(
        galaxies,
        method="pca",
        sample=60,
        quiet=True,
        on_progress=lambda done, total: told.append((done, total)),
        stopped=lambda: len(told) == 2,
    )
    assert not report.complete
    assert told == [(50, N), (100, N)]
    assert list_maps(galaxies) == []
    placed = []
    true = mapping._places
    monkeypatch.setattr(mapping, "_places", lambda *of: placed.append(of[2]) or true(*of))
    assert map_collection(galaxies, method="pca", sample=60, quiet=True).complete
    assert placed == [100, 150, 200]
    np.testing.assert_array_equal(load_map(galaxies, method="pca").places, whole)
    assert [p.name for p in (galaxies.path / "maps").iterdir() if "parts" in p.name] == []


def test_other_settings_do_not_go_on_with_old_chunks(galaxies):
    stops = iter([False, False, True])
    map_collection(galaxies, method="pca", sample=60, quiet=True, stopped=lambda: next(stops))
    map_collection(galaxies, method="pca", sample=60, seed=1, quiet=True)
    mixed = load_map(galaxies, method="pca").places
    shutil.rmtree(galaxies.path / "maps")
    map_collection(galaxies, method="pca", sample=60, seed=1, quiet=True)
    np.testing.assert_array_equal(load_map(galaxies, method="pca").places, mixed)


def test_a_map_is_stale_when_vectors_came_since(galaxies):
    map_collection(galaxies, method="pca", quiet=True)
    assert not load_map(galaxies, method="pca").stale
    galaxies.vector_table("k").append(["new"], grouped(1), {})
    assert load_map(galaxies, method="pca").stale


def test_what_cannot_be_is_one_line(galaxies, monkeypatch):
    with pytest.raises(EmbeddingError, match="tuningfork map"):
        load_map(galaxies)
    with pytest.raises(UsageError, match="at least 2"):
        map_collection(galaxies, sample=1)
    with pytest.raises(UnknownNameError, match="Did you mean umap"):
        map_collection(galaxies, method="uma")
    with only_writer(galaxies.path / "maps", "making a map"), pytest.raises(BusyError):
        map_collection(galaxies, method="pca", quiet=True)
    monkeypatch.setitem(__import__("sys").modules, "umap", None)
    with pytest.raises(TuningforkError, match=r"\[map\]"):
        layouts.new_layout("umap", 0)


def test_a_damaged_map_is_named(galaxies):
    map_collection(galaxies, method="pca", quiet=True)
    file = galaxies.path / "maps" / "k-pca.parquet"
    pq.write_table(pq.read_table(file).replace_schema_metadata(None), file)
    with pytest.raises(EmbeddingError, match="make the map again"):
        load_map(galaxies, method="pca")
    file.write_bytes(b"PAR1")
    with pytest.raises(EmbeddingError, match=r"k-pca\.parquet"):
        load_map(galaxies, method="pca")


def test_the_picture_shows_galaxies_where_they_lie(galaxies):
    map_collection(galaxies, method="pca", quiet=True)
    placed = load_map(galaxies, method="pca")
    picture = cv2.imdecode(np.frombuffer(map_sheet(galaxies, placed, side=400, tile=20), np.uint8), 1)
    assert picture.shape[1] <= 400
    middle = np.median(placed.places[::GROUPS], axis=0)
    low, high = np.percentile(placed.places, [0.5, 99.5], axis=0)
    x, y = (middle - low) / (high - low)
    height, width = picture.shape[:2]
    at = picture[int((1 - y) * (height - 1)), int(x * (width - 1))]
    assert at[0] > 2 * at[1]  # the blue group is where its galaxies are
