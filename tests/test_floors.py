"""The floors of the house: imports go down only. The contracts stand in pyproject.toml."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter")
ROOT = Path(__file__).resolve().parents[1]
LONGEST = 300  # lines: what is longer holds more than one idea


def test_imports_go_down_only():
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    ran = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_bottom_floor_costs_milliseconds():
    heavy = "torch|numpy|astropy|lance|flask|sqlalchemy|pyarrow|cv2|timm|typer|rich"
    code = (
        "import tuningfork, tuningfork.errors, tuningfork.registry, tuningfork.config, tuningfork.progress,"
        " tuningfork.files, tuningfork.memory, tuningfork.vision_ops, sys;"
        f"print([name for name in '{heavy}'.split('|') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_no_module_is_longer_than_one_idea():
    modules = [file for kind in ("py", "pyi", "js") for file in ROOT.glob(f"src/tuningfork/**/*.{kind}")]
    lengths = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in modules}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}
    assert len(lengths) > 100


def test_the_architecture_names_modules_that_are_there():
    named = set(re.findall(r"`([\w/-]+\.(?:py|js))`", (ROOT / "docs/architecture.md").read_text()))
    houses = [ROOT / name for name in ("src", "tests", "benchmarks", "docs")]
    there = [f"/{file.relative_to(ROOT)}" for house in houses for file in house.rglob("*.[pj][ys]")]
    assert [name for name in sorted(named) if not any(file.endswith(f"/{name}") for file in there)] == []
    assert len(named) > 40
