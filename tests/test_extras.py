"""What to run where a package is missing."""

import sys
from pathlib import Path

import pytest

from tuningfork import extras
from tuningfork.errors import UsageError


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Path:
    """A checkout with its environment in .venv, and the working directory in it."""
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / "constraints.txt").write_text("torch==2.5\n")
    (tmp_path / ".venv/constraints.txt").write_text("torch==2.5\n")
    monkeypatch.setattr(extras, "_CHECKOUT", tmp_path)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv/bin/python"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_is_this_pythons_own_pip_under_the_constraints(checkout):
    said = ".venv/bin/python -m pip install -c constraints.txt -e '.[train]'"
    assert extras.install_command("train") == said


def test_from_another_folder_the_checkout_is_named(checkout, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    said = extras.install_command("map")
    assert said.startswith(f"{checkout}/.venv/bin/python -m pip")
    assert f"-c {checkout}/constraints.txt" in said
    assert said.endswith(f"'{checkout}[map]'")


def test_another_torch_that_was_kept_stays(checkout):
    (checkout / ".venv/constraints.txt").write_text("torch==2.9+cu130\n")
    assert "-c .venv/constraints.txt" in extras.install_command()


def test_a_missing_package_is_told_with_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightning", None)
    with pytest.raises(
        UsageError, match=r"lightning is not installed. Run: .* -m pip install -c .*\[train\]"
    ):
        extras.require("lightning")
