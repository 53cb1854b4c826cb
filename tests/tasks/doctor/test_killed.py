"""SIGKILL while flags are written: the old ones or the new ones are there, for all galaxies alike."""

import time

import numpy as np
import pytest

from tests.collection.made import write_jpegs
from tests.warm import doomed
from tuningfork.collection import Collection, create_collection, quarantine
from tuningfork.collection.quarantine import write_flags

pytestmark = pytest.mark.kill


def _flags_without_end(say, place):
    """With a sign of life before and after each commit, so that kills fall into and beside them."""
    commit = quarantine.replace_column

    def told(*given):
        say(b".")
        commit(*given)
        say(b".")

    quarantine.replace_column = told
    collection = Collection.open(place)
    while True:
        for flag in ("lines", "star"):
            write_flags(collection, {galaxy: [flag] for galaxy in collection.ids()}, ["lines", "star"])


def test_flags_are_the_old_or_the_new_after_every_kill(tmp_path):
    write_jpegs(tmp_path / "in", 40)
    place = create_collection(tmp_path / "in", tmp_path / "galaxies", quiet=True).collection.path
    write_flags(Collection.open(place), {f"g{k:03d}": ["lines"] for k in range(40)}, ["lines"])
    rng, seen = np.random.default_rng(0), set()
    for _ in range(6):
        with doomed(_flags_without_end, place) as writer:
            assert writer.read(int(rng.integers(1, 7)))
            time.sleep(rng.uniform(0.0, 0.02))
            assert writer.kill()
        flags = Collection.open(place).catalogue(["flags"])["flags"].to_pylist()
        assert len(flags) == 40
        kinds = {tuple(its) for its in flags}
        assert len(kinds) == 1
        seen |= kinds
    assert seen <= {("lines",), ("star",)}
    assert write_flags(Collection.open(place), {}, ["lines", "star"]) == 0  # no lock is left behind
