"""SIGKILL at random moments of an import: the next start goes on, and every galaxy is there once."""

import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.collection.made import write_jpegs
from tuningfork.collection import Collection, check_collection, create_collection
from tuningfork.errors import CollectionError

KILLS = 20

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


@pytest.fixture(scope="module")
def source(request, tmp_path_factory):
    """Real galaxies when they are there, else made ones; 1,200 of them."""
    folder = tmp_path_factory.mktemp("kill") / "in"
    try:
        survey = request.getfixturevalue("survey_data") / "gz_pool"
    except pytest.skip.Exception:
        write_jpegs(folder, 1200, size=132)
        return folder
    folder.mkdir()
    for file in sorted(survey.glob("*.jpg"))[:1200]:
        shutil.copy(file, folder)
    return folder


@pytest.mark.kill
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_twenty_kills_lose_and_double_nothing(source, tmp_path):
    out, chance, counts = tmp_path / "out", random.Random(5), []
    for _ in range(KILLS):
        child = subprocess.Popen(
            [sys.executable, "-c", IMPORT, str(source), str(out)], stdout=subprocess.PIPE
        )
        child.stdout.read(chance.randint(1, 4))
        time.sleep(chance.uniform(0.0, 0.02))
        child.send_signal(signal.SIGKILL)
        child.wait()
        counts.append(rows_now(out))
    report = create_collection(source, out, quiet=True)
    assert counts == sorted(counts)  # nothing that was stored is ever lost
    assert any(0 < count < 1200 for count in counts), counts  # or the kills came at no interesting moment
    ids = report.collection.ids().tolist()
    assert len(ids) == len(set(ids)) == 1200
    assert report.already == counts[-1]
    assert set(check_collection(report.collection, quiet=True).flags) <= {
        "duplicate",
        "half_black",
        "saturated",
    }
    assert create_collection(source, out, quiet=True).added == 0


def rows_now(out) -> int:
    try:
        return len(Collection.open(out))
    except CollectionError:
        return 0
