"""Kill imports at random moments, and look at what is left; for every kind of source."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tuningfork.collection import Collection, create_collection
from tuningfork.errors import CollectionError
from tuningfork.tasks.doctor import check_collection

__all__ = ["kill_imports", "nothing_is_lost"]

# Small fragments, and a sign of life before and after each commit, so that kills fall into, between and
# beside commits however slow the machine is.
IMPORT = """
import os, sys
from tuningfork.collection import create_collection, galaxies, importing

importing._FRAGMENT_ROWS = 50
commit = galaxies.append_rows

def told(path, table):
    os.write(1, b".")
    dataset = commit(path, table)
    os.write(1, b".")
    return dataset

galaxies.append_rows = told
os.write(1, b".")
create_collection(sys.argv[1], sys.argv[2], quiet=True, workers=2)
"""


def kill_imports(source: Path, out: Path, *, kills: int, seed: int) -> list[int]:
    """Start an import and kill it, again and again; the rows that were there after each."""
    chance, counts = random.Random(seed), []
    for _ in range(kills):
        child = subprocess.Popen(
            [sys.executable, "-c", IMPORT, str(source), str(out)], stdout=subprocess.PIPE
        )
        child.stdout.read(chance.randint(1, 4))
        time.sleep(chance.uniform(0.0, 0.02))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        counts.append(_rows_now(out))
    return counts


def nothing_is_lost(source: Path, out: Path, counts: list[int], total: int) -> Collection:
    """The import can be ended, every galaxy is there once, and every stamp decodes."""
    report = create_collection(source, out, quiet=True)
    assert counts == sorted(counts)  # nothing that was stored is ever lost
    assert any(0 < count < total for count in counts), counts  # or the kills came at no interesting moment
    ids = report.collection.ids().tolist()
    assert len(ids) == len(set(ids)) == total
    assert report.already == counts[-1]
    for start in range(0, total, 100):  # raises where a stamp is broken
        report.collection.pixels(list(range(start, min(start + 100, total))))
    assert create_collection(source, out, quiet=True).added == 0
    lost = {"missing", "undecodable"}
    assert not lost & {finding.kind for finding in check_collection(report.collection, quiet=True).findings}
    return report.collection


def _rows_now(out: Path) -> int:
    try:
        return len(Collection.open(out))
    except CollectionError:
        return 0
