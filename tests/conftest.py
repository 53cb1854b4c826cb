"""What many tests share: the survey images when they are there, and tiny made ones when they are not."""

import os
from collections import Counter
from pathlib import Path

import pytest


def _data_folder() -> Path | None:
    named = os.environ.get("TUNINGFORK_DATA")
    here = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    return here if here.is_dir() else None


LONG = {"browser", "kill", "load", "training"}


def pytest_collection_modifyitems(config, items):
    """On several processes files with long tests begin first, so that none runs alone at the end."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    weight: Counter[Path] = Counter()
    for item in items:
        weight[item.path] += 1 + 20 * any(mark.name in LONG for mark in item.iter_markers())
    items.sort(key=lambda item: -weight[item.path])  # equal ones stay together and in their order


@pytest.fixture(scope="session")
def survey_data() -> Path:
    """The folder of real survey images; skips where there is none."""
    folder = _data_folder()
    if folder is None:
        pytest.skip("no survey images: set TUNINGFORK_DATA to a folder of them")
    return folder
