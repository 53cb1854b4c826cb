"""The fakes as fixtures."""

import pytest

from .fakes import MemoryCollection, TinyEncoder


@pytest.fixture
def encoder():
    return TinyEncoder()


@pytest.fixture
def galaxies(tmp_path):
    return MemoryCollection(tmp_path / "galaxies")
