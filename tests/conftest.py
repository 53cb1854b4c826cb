"""What many tests share: the survey images when they are there, and tiny made ones when they are not."""

import os
from pathlib import Path

import pytest


def _data_folder() -> Path | None:
    named = os.environ.get("TUNINGFORK_DATA")
    here = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    return here if here.is_dir() else None


@pytest.fixture(scope="session")
def survey_data() -> Path:
    """The folder of real survey images; skips where there is none."""
    folder = _data_folder()
    if folder is None:
        pytest.skip("no survey images: set TUNINGFORK_DATA to a folder of them")
    return folder
