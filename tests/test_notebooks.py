"""The notebooks of the manual run, from opening to export, and become pages."""

import importlib.util
import json
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[1] / "docs" / "tools"
NOTEBOOKS = sorted((TOOLS.parent / "notebooks").glob("*.ipynb"))


def tool(name):
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(notebook, tmp_path, monkeypatch):
    pytest.importorskip("nbclient")
    pytest.importorskip("anywidget")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    runner = tool("run_notebooks")
    book = runner.run(notebook, tmp_path)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert any(runner._WIDGET in output.data for output in code[-1].outputs)
    sheets = [o for cell in code for o in cell.outputs if "image/jpeg" in o.get("data", {})]
    assert len(sheets) == 2
    assert runner._WIDGET not in runner.plain(book)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_a_page(notebook):
    pytest.importorskip("mkdocs")
    text = tool("notebook_pages").page(json.loads(notebook.read_text("utf-8")), notebook.name)
    assert text.startswith("# ")
    assert 'src="data:image/jpeg;base64,' in text
    assert "tf.human_loop(" in text
