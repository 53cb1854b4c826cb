"""A hook of MkDocs: every notebook of the manual becomes a page, with the outputs that are in it."""

import json
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

__all__ = ["on_files", "page"]


def on_files(files: Files, config: Any, **_: Any) -> Files:
    """Add ``notebooks/NAME.md`` for every ``notebooks/NAME.ipynb``; the notebook itself can be downloaded."""
    for notebook in sorted((Path(config.docs_dir) / "notebooks").glob("*.ipynb")):
        text = page(json.loads(notebook.read_text("utf-8")), notebook.name)
        files.append(File.generated(config, f"notebooks/{notebook.stem}.md", content=text))
    return files


def page(book: dict[str, Any], name: str) -> str:
    """A notebook as Markdown."""
    parts = [_cell(cell) for cell in book["cells"]]
    parts.insert(1, f"[Download this notebook]({name}){{ download }}")
    return "\n\n".join(parts) + "\n"


def _cell(cell: dict[str, Any]) -> str:
    text = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return text
    shown = [_output(output.get("data", {})) for output in cell.get("outputs", ())]
    return "\n\n".join([f"```python\n{text}\n```", *filter(None, shown)])


def _output(data: dict[str, Any]) -> str:
    for kind in ("image/jpeg", "image/png"):
        if kind in data:
            said = "".join(data.get("text/plain", "")).replace('"', "'").replace("<", "(").replace(">", ")")
            return f'<img alt="{said}" src="data:{kind};base64,{"".join(data[kind]).strip()}">'
    text = "".join(data.get("text/plain", ""))
    return f"```text\n{text}\n```" if text else ""
