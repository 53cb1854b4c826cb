"""Kill imports at random moments, and look at what is left; for every kind of source."""

import random
import subprocess
import sys
import time
from pathlib import Path

from tests.warm import doomed
from tuningfork.collection import Collection, create_collection
from tuningfork.errors import CollectionError
from tuningfork.tasks.doctor import check_collection

__all__ = ["kill_imports", "kill_the_command", "nothing_is_lost"]

ROWS = 25  # of a fragment


def kill_imports(source: Path, out: Path, *, kills: int, seed: int) -> list[int]:
    """Start an import and kill it, again and again; the rows that were there after each."""
    chance, counts = random.Random(seed), []
    for _ in range(kills):
        with doomed(_import, str(source), str(out)) as child:
            child.read(chance.randint(1, 4))
            time.sleep(chance.uniform(0.0, 0.02))
            child.kill()
        counts.append(_rows_now(out))
    return counts


def kill_the_command(source: Path, out: Path) -> int:
    """Kill ``tuningfork collection create`` once it has begun to write; the rows that are there then."""
    before = set(out.rglob("*"))
    command = [sys.executable, "-m", "tuningfork", "collection", "create", str(source), "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        while child.poll() is None and set(out.rglob("*")) == before:
            time.sleep(0.005)
        child.kill()
    assert child.returncode == -9
    return _rows_now(out)


def nothing_is_lost(source: Path, out: Path, counts: list[int], total: int) -> tuple[Collection, set[str]]:
    """The import can be ended, every galaxy is there once, and every stamp decodes; what else is flagged."""
    report = create_collection(source, out, quiet=True)
    assert counts == sorted(counts)  # nothing that was stored is ever lost
    assert any(0 < count < total for count in counts), counts  # or the kills came at no interesting moment
    ids = report.collection.ids().tolist()
    assert len(ids) == len(set(ids)) == total
    assert report.already == counts[-1]
    for start in range(0, total, 100):  # raises where a stamp is broken
        report.collection.pixels(list(range(start, min(start + 100, total))))
    assert create_collection(source, out, quiet=True).added == 0
    flags = set(check_collection(report.collection, quiet=True).flags)
    assert not flags & {"missing", "undecodable"}
    return report.collection, flags


def _import(say, source: str, out: str) -> None:
    """Small fragments, and a sign of life before and after each commit, so that kills fall into, between and
    beside commits however slow the machine is.
    """
    from tuningfork.collection import galaxies, importing

    importing._FRAGMENT_ROWS = ROWS
    commit = galaxies.append_rows

    def told(path, table):
        say(b".")
        dataset = commit(path, table)
        say(b".")
        return dataset

    galaxies.append_rows = told
    say(b".")
    create_collection(source, out, quiet=True, workers=2)


def _rows_now(out: Path) -> int:
    try:
        return len(Collection.open(out))
    except CollectionError:
        return 0
