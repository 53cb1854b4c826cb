"""Run the notebooks of the manual and write their real outputs into them.

    python docs/tools/run_notebooks.py

Needs what the extras ``notebook`` and ``test`` bring.
"""

import re
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

__all__ = ["NOTEBOOKS", "run"]

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
_WIDGET = "application/vnd.jupyter.widget-view+json"
_PATIENCE = 600  # seconds a cell may take


def run(notebook: Path, folder: Path) -> nbformat.NotebookNode:
    """A notebook, run in a folder; raises nbclient's ``CellExecutionError`` where a cell fails."""
    book = nbformat.read(notebook, as_version=4)
    NotebookClient(book, timeout=_PATIENCE, resources={"metadata": {"path": str(folder)}}).execute()
    return book


def plain(book: nbformat.NotebookNode) -> str:
    """Its text, without what differs on every machine, and without widgets, which only Jupyter can show."""
    book.metadata.pop("widgets", None)
    book.metadata.get("language_info", {}).pop("version", None)
    for cell in book.cells:
        cell.metadata.clear()
        if cell.cell_type != "code":
            continue
        cell.outputs = [output for output in cell.outputs if output.output_type != "stream"]
        for output in cell.outputs:
            if output.get("data", {}).pop(_WIDGET, None):
                output["data"]["text/plain"] = "(the page, where the notebook runs in Jupyter)"
    return nbformat.writes(book) + "\n"


if __name__ == "__main__":
    for notebook in NOTEBOOKS:
        with tempfile.TemporaryDirectory() as place:
            made = plain(run(notebook, Path(place)))
        if found := re.search(r"/(?:home|work|tmp|root|Users)/[^\"\\ ]*", made):
            raise SystemExit(f"{notebook.name}: a path of this machine is in the outputs: {found[0]}")
        notebook.write_text(made, encoding="utf-8")
