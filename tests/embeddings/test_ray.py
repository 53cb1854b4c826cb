"""`--engine ray` gives what the local engine gives: key, vectors and refusals; it goes on when killed."""

import multiprocessing
import os
import signal
import sys
from importlib.util import find_spec

import cv2
import numpy as np
import pyarrow as pa
import pytest

from tuningfork.collection import Collection, create_collection
from tuningfork.collection.engine import replace_column
from tuningfork.embeddings import embed, load_embeddings
from tuningfork.embeddings import writer as writer_module
from tuningfork.embeddings.ray_engine import _blocks
from tuningfork.errors import TuningforkError, UnknownNameError

from .fakes import TinyEncoder

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed")

GALAXIES, BROKEN = 300, 7
FIXED = {"batch_size": 8, "precision": "fp32", "quiet": True}


@pytest.fixture
def folder(tmp_path):
    """Noise pictures; one of them is rubbish inside the table."""
    rng = np.random.default_rng(0)
    (tmp_path / "in").mkdir()
    for number in range(GALAXIES):
        picture = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / "in" / f"g{number:04d}.png"), picture)
    out = tmp_path / "galaxies"
    collection = create_collection(tmp_path / "in", out, quiet=True).collection
    stamps = collection._dataset.to_table(columns=["stamp"])["stamp"].to_pylist()
    stamps[BROKEN] = stamps[BROKEN][:60]
    field = pa.field("stamp", pa.large_binary())
    replace_column(out / "galaxies.lance", field, pa.array(stamps, pa.large_binary()))
    return out


@pytest.fixture(scope="module")
def local_ray():
    """One Ray with two workers for all tests of this file: starting it takes seconds."""
    from tuningfork.embeddings.ray_engine import on_ray

    with on_ray(None, 2) as cluster:
        yield cluster


def test_blocks_lie_in_one_fragment_each():
    rows = np.array([0, 1, 2, 3, 4, 9, 10, 11, 25])
    blocks = _blocks(rows, np.array([4, 10, 30]), 3)
    assert [block.tolist() for block in blocks] == [[0, 1, 2], [3], [4, 9], [10, 11, 25]]


def test_the_same_vectors_as_the_local_engine(folder, local_ray):
    collection = Collection.open(folder)
    assert (local_ray.workers, local_ray.device) == (2, "cpu")
    plain = embed(collection, TinyEncoder(key="plain"), **FIXED)
    half = collection.vector_table("spread")
    first = load_embeddings(collection, "plain")
    half.append(collection.ids(range(100, 180)), first.vectors[100:180], first.metadata)
    spread = embed(collection, TinyEncoder(key="spread"), engine="ray", **FIXED)
    assert (plain.done, spread.done, spread.already) == (GALAXIES - 1, GALAXIES - 81, 80)
    assert spread.left_out == plain.left_out
    assert spread.left_out[0][0] == f"g{BROKEN:04d}"
    second = load_embeddings(collection, "spread")
    np.testing.assert_array_equal(second.present, first.present)
    np.testing.assert_allclose(second.vectors, first.vectors, atol=1e-6)
    assert half.count() == GALAXIES - 1
    again = embed(collection, TinyEncoder(key="spread"), engine="ray", **FIXED)
    assert (again.done, again.already) == (0, GALAXIES - 1)


def test_an_encoder_named_is_loaded_by_each_worker(folder, local_ray):
    report = embed(Collection.open(folder), "lvm-tiny", engine="ray", **FIXED)
    assert report.done == GALAXIES - 1
    assert load_embeddings(Collection.open(folder)).metadata["encoder"] == "lvm-tiny"


class Failing(TinyEncoder):
    def embed(self, x):
        raise TuningforkError("this encoder never works")


def test_what_fails_in_a_worker_is_told_as_it_was(folder, local_ray):
    with pytest.raises(TuningforkError, match="this encoder never works"):
        embed(Collection.open(folder), Failing(key="failing"), engine="ray", **FIXED)


def test_engines_are_named(folder):
    with pytest.raises(UnknownNameError, match="Did you mean ray"):
        embed(Collection.open(folder), TinyEncoder(), engine="rai", quiet=True)


def _spread(folder, begun):
    writer_module.FRAGMENT_ROWS, writer_module.FRAGMENT_SECONDS = 8, 0.0
    plain = writer_module.FragmentWriter.add

    def add(self, ids, vectors):
        plain(self, ids, vectors)
        begun.release()

    writer_module.FragmentWriter.add = add
    embed(Collection.open(folder), TinyEncoder(key="killed"), engine="ray", workers=2, **FIXED)


@pytest.mark.kill
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_killed_and_gone_on_with(folder, local_ray):
    context = multiprocessing.get_context("spawn")
    begun = context.Semaphore(0)
    child = context.Process(target=_spread, args=(folder, begun))
    child.start()
    for _ in range(4):
        assert begun.acquire(timeout=90)
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    table = Collection.open(folder).vector_table("killed")
    assert 0 < table.count() < GALAXIES - 1
    embed(Collection.open(folder), TinyEncoder(key="killed"), engine="ray", **FIXED)
    ids = table.ids().tolist()
    assert len(ids) == len(set(ids)) == GALAXIES - 1
