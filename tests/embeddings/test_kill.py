"""Embedding survives any end: after many kills each galaxy is there exactly once, with the same numbers."""

import os
import random
import signal

import cv2
import numpy as np
import pytest

from tests.warm import warm
from tuningfork.collection import Collection, create_collection
from tuningfork.embeddings import embed, load_embeddings
from tuningfork.embeddings import writer as writer_module

from .fakes import TinyEncoder

GALAXIES = 1200
KILLS = 15


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A collection of small noise pictures."""
    source = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for number in range(GALAXIES):
        cv2.imwrite(str(source / f"g{number:04d}.png"), rng.integers(0, 256, (32, 32, 3), dtype=np.uint8))
    out = tmp_path_factory.mktemp("kill") / "galaxies"
    create_collection(source, out, quiet=True)
    return out


def _embed_in_small_steps(folder, key, steps):
    writer_module.FRAGMENT_ROWS, writer_module.FRAGMENT_SECONDS = 8, 0.0
    encoder = TinyEncoder(key=key)
    plain = writer_module.FragmentWriter.add

    def add(self, ids, vectors):
        steps.release()
        plain(self, ids, vectors)

    writer_module.FragmentWriter.add = add
    embed(Collection.open(folder), encoder, batch_size=8, precision="fp32", quiet=True)


def _one_attempt(context, folder, key, after: int, patience: float) -> bool:
    """Start embedding, kill it so long after so many fragments; False when it had finished before."""
    steps = context.Semaphore(0)
    child = context.Process(target=_embed_in_small_steps, args=(folder, key, steps))
    child.start()
    while after and child.is_alive():
        after -= steps.acquire(timeout=0.2)
    child.join(patience)
    if child.is_alive():
        os.kill(child.pid, signal.SIGKILL)
    child.join(60)
    return child.exitcode == -signal.SIGKILL


@pytest.mark.kill
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_killed_again_and_again_each_galaxy_is_there_once(folder):
    context = warm()
    moments = random.Random(1)
    collection = Collection.open(folder)
    table = collection.vector_table("broken")
    kills, counts = 0, [0]
    for _ in range(3 * KILLS):
        kills += _one_attempt(context, folder, "broken", moments.randint(1, 4), moments.uniform(0, 0.01))
        counts.append(table.count())
        if kills == KILLS:
            break
    assert kills == KILLS
    assert counts == sorted(counts)
    assert len({count for count in counts if 0 < count < GALAXIES}) >= 3  # the kills fell into the work
    _one_attempt(context, folder, "broken", 0, 60)
    embed(collection, TinyEncoder(key="unbroken"), batch_size=8, precision="fp32", quiet=True)
    ids = list(table.ids())
    assert len(ids) == GALAXIES
    assert sorted(ids) == sorted(collection.ids())
    broken, unbroken = load_embeddings(collection, "broken"), load_embeddings(collection, "unbroken")
    assert broken.present.all()
    np.testing.assert_allclose(broken.vectors, unbroken.vectors, atol=1e-6)
