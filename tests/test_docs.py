"""The manual is true: every verb and registry entry is in it, its commands exist, and nothing is stale."""

import importlib
import importlib.metadata
import itertools
import os
import pkgutil
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from tuningfork.cli._verbs import command, commands

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
TEXT = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in PAGES}
MANUAL = "\n".join(TEXT.values())


def requirements() -> list[str]:
    """What pyproject.toml asks for, extras included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [*project["dependencies"], *itertools.chain(*project["optional-dependencies"].values())]


def shell_lines() -> list[tuple[str, str]]:
    """(page, command) of every ``tuningfork`` call in a shell block."""
    found = []
    for page, text in TEXT.items():
        for block in re.findall(r"```(?:sh|console)\n(.*?)```", text, flags=re.DOTALL):
            lines = [line.removeprefix("$ ").strip() for line in block.replace("\\\n", " ").splitlines()]
            found += [(page, line) for line in lines if line.startswith("tuningfork ")]
    return found


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_is_in_the_manual(words):
    assert f"## `tuningfork {' '.join(words)}`" in TEXT["docs/cli.md"]


@pytest.mark.parametrize(("page", "line"), shell_lines())
def test_every_command_of_the_manual_parses(page, line):
    words = shlex.split(line, comments=True)[1:]
    if words == ["--version"]:
        return
    found = command()
    while words and hasattr(found, "commands"):
        found = found.get_command(None, words.pop(0))
        assert found is not None, f"{page}: {line}"
    found.make_context("tuningfork", words)


def test_the_readme_shows_both_commands():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", MANUAL, flags=re.MULTILINE))
    assert {"demo", "test"} <= named
    assert named <= targets


@pytest.mark.parametrize(
    ("module", "name"),
    [("tuningfork.labelling.strategies", "strategies"), ("tuningfork.heads", "heads")],
)
def test_every_registry_entry_is_in_the_manual(module, name):
    registry = getattr(importlib.import_module(module), name)
    assert len(registry)
    for entry, description in registry.describe().items():
        assert f"`{entry}`" in MANUAL, entry
        assert description, f"{entry} has no description"


@pytest.mark.parametrize("path", re.findall(r"^::: (\S+)", TEXT["docs/python.md"], flags=re.MULTILINE))
def test_everything_shown_in_the_python_reference_is_there(path):
    found = pkgutil.resolve_name(path)
    assert found.__doc__
    assert isinstance(found, ModuleType) or found.__module__ == path.rpartition(".")[0], (
        "the manual reads its home"
    )


def test_every_stretch_is_in_the_manual():
    from tuningfork.images.stretch import _KINDS

    assert all(f"`{kind}`" in TEXT["docs/conventions.md"] for kind in _KINDS)


def test_every_dependency_has_its_reason():
    for requirement in requirements():
        name = re.match(r"[\w-]+", requirement)[0]
        assert re.search(rf"\b{re.escape(name)}\b", TEXT["docs/dependencies.md"], flags=re.IGNORECASE), name


def test_every_dependency_is_pinned():
    pins = {
        line.split("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
    }
    for requirement in requirements():
        assert re.match(r"[\w-]+", requirement)[0].lower() in pins, requirement


def test_the_command_reference_is_fresh():
    pinned = re.search(r"^typer==(\S+)$", (ROOT / "constraints.txt").read_text(), flags=re.MULTILINE)[1]
    if importlib.metadata.version("typer") != pinned:
        pytest.skip(f"help looks different with another typer than {pinned}")
    tool = ROOT / "docs" / "tools" / "write_cli_reference.py"
    ran = subprocess.run([sys.executable, str(tool), "--check"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_the_reference_shows_what_help_prints():
    real = subprocess.run(
        [sys.executable, "-m", "tuningfork", "collection", "create", "--help"],
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert real.stdout.strip() in TEXT["docs/cli.md"]


@pytest.mark.parametrize("page", TEXT)
def test_links_to_files_lead_somewhere(page):
    folder = (ROOT / page).parent
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", TEXT[page]):
        if not target.startswith(("http", "mailto")):
            assert (folder / target).exists(), target


@pytest.mark.parametrize("page", TEXT)
def test_no_path_of_anyones_machine(page):
    assert not re.search(r"/(home|work|tmp|root|Users)/", TEXT[page])


def test_the_root_folder_stays_small():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    if not listed:
        pytest.skip("not a git checkout")
    assert len({line.split("/")[0] for line in listed.splitlines()}) < 18
