"""SIGKILL at random moments of an import: the next start goes on, and every galaxy is there once."""

import shutil
import sys

import pytest

from tests.collection.kills import kill_imports, kill_the_command, nothing_is_lost
from tests.collection.made import write_jpegs

KILLS = 20  # one of them of the command itself
GALAXIES = 600


@pytest.fixture(scope="module")
def source(request, tmp_path_factory):
    """Real galaxies when they are there, else made ones; 600 of them."""
    folder = tmp_path_factory.mktemp("kill") / "in"
    try:
        survey = request.getfixturevalue("survey_data") / "gz_pool"
    except pytest.skip.Exception:
        write_jpegs(folder, GALAXIES, size=64)
        return folder
    folder.mkdir()
    for file in sorted(survey.glob("*.jpg"))[:GALAXIES]:
        shutil.copy(file, folder)
    return folder


@pytest.mark.kill
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_twenty_kills_lose_and_double_nothing(source, tmp_path):
    out = tmp_path / "out"
    counts = kill_imports(source, out, kills=8, seed=5)
    counts.append(kill_the_command(source, out))
    nothing_is_lost(source, out, counts + kill_imports(source, out, kills=KILLS - 9, seed=6), GALAXIES)
