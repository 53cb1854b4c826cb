"""SIGKILL at random moments of an import: the next start goes on, and every galaxy is there once."""

import shutil
import sys

import pytest

from tests.collection.kills import kill_imports, nothing_is_lost
from tests.collection.made import write_jpegs

KILLS = 20


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
    counts = kill_imports(source, tmp_path / "out", kills=KILLS, seed=5)
    nothing_is_lost(source, tmp_path / "out", counts, 1200)
