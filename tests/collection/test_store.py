"""Reading: pixels by row, batches, catalogue, identity, threads."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.collection.made import write_jpegs
from tuningfork.collection import Collection, create_collection
from tuningfork.collection.manifest import read_manifest, write_manifest
from tuningfork.errors import CollectionError, UnknownNameError


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    write_jpegs(folder / "in", 40)
    return create_collection(folder / "in", folder / "out", quiet=True).collection


def test_pixels_come_in_the_order_asked_with_repeats(collection):
    rows = [7, 3, 3, 39, 0]
    together = collection.pixels(rows)
    for row, pixels in zip(rows, together, strict=True):
        np.testing.assert_array_equal(pixels, collection.pixels([row])[0])
    assert collection.pixels([]) == []
    with pytest.raises(IndexError, match="0 to 39"):
        collection.pixels([40])
    with pytest.raises(IndexError):
        collection.pixels([-1])


def test_shortest_gives_smaller_pixels(collection):
    assert collection.pixels([0], shortest=20)[0].shape == (24, 24, 3)


def test_ids_and_rows_are_inverse(collection):
    ids = collection.ids()
    assert ids.dtype == object
    np.testing.assert_array_equal(collection.rows_of(ids[::-1]), np.arange(40)[::-1])
    assert collection.ids([3, 1]).tolist() == ["g003", "g001"]
    with pytest.raises(UnknownNameError, match="Did you mean g00"):
        collection.rows_of(["g0001"])


def test_the_ids_given_out_are_a_copy(collection):
    collection.ids()[:] = "spoiled"
    assert collection.ids()[0] == "g000"


def test_catalogue_without_stamps(collection):
    assert "stamp" not in collection.catalogue().column_names
    assert collection.catalogue(["id", "width"], rows=[2, 1]).to_pylist() == [
        {"id": "g002", "width": 48},
        {"id": "g001", "width": 48},
    ]
    for name in ("stamp", "widht"):
        with pytest.raises(UnknownNameError):
            collection.catalogue([name])


def test_info_is_plain(collection):
    import json

    info = json.loads(json.dumps(collection.info()))
    assert (info["galaxies"], info["embeddings"], info["sessions"], info["complete"]) == (40, {}, [], True)
    assert info["bytes"] > 10_000


def test_many_threads_read_at_once(collection):
    expected = collection.pixels(range(40))

    def read(seed):
        rows = np.random.default_rng(seed).integers(0, 40, 6)
        return all(np.array_equal(p, expected[r]) for r, p in zip(rows, collection.pixels(rows), strict=True))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(60)))


def test_what_is_no_collection(tmp_path, collection):
    with pytest.raises(CollectionError, match="collection create"):
        Collection.open(tmp_path)
    with pytest.raises(CollectionError, match="no such folder"):
        Collection.open(tmp_path / "nowhere")
    write_manifest(tmp_path, collection.manifest)
    with pytest.raises(CollectionError, match="ended before the first"):
        Collection.open(tmp_path)


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (lambda t: t.replace("format = 1", "format = 9"), "Update"),
        (lambda t: "nonsense = 3\n" + t, "nonsense"),
        (lambda t: t[: len(t) // 2], "damaged"),
        (lambda t: "\udcff".encode("utf-8", "surrogateescape").decode("latin-1") + t, "damaged"),
    ],
)
def test_a_damaged_manifest_is_named(tmp_path, collection, spoil, match):
    text = (collection.path / "collection.toml").read_text()
    (tmp_path / "collection.toml").write_text(spoil(text), encoding="latin-1")
    with pytest.raises(CollectionError, match=match):
        read_manifest(tmp_path)


def test_a_damaged_table_is_named(tmp_path, collection):
    import shutil

    shutil.copytree(collection.path, tmp_path / "copy")
    for file in (tmp_path / "copy" / "galaxies.lance" / "_versions").iterdir():
        file.write_bytes(b"rubbish")
    with pytest.raises(CollectionError, match="cannot be opened"):
        Collection.open(tmp_path / "copy")


def test_the_package_is_imported_without_its_engines():
    code = "import sys, tuningfork.collection; print({'lance', 'cv2', 'astropy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
