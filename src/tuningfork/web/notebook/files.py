"""The page's own modules and styles, put in order for a cell."""

import re
from functools import cache
from importlib import resources

__all__ = ["cell_script", "cell_style", "modules"]

_ENTRY = "screens.js"
_STYLES = ("base.css", "frame.css", "board.css", "map.css", "start.css", "dialogs.css")
_IMPORT = re.compile(r'^import [^;]*?from "\./([^"]+)";|\bawait import\("\./([^"]+)"\)', re.MULTILINE)
# Jupyter's cells are a little wider than the page's limit for panel beside pictures, where that is tight.
_SIDE_BY_SIDE = {900: 1000, 901: 1001}
_OWN = """:host { all: initial; display: block; position: relative; overflow: hidden; border-radius: 8px;
  container: cell / size; }
.cell { height: 100%; overflow: auto; text-align: left; }
"""


def cell_script() -> str:
    """What anywidget takes: it fetches the rest from the kernel."""
    return resources.files("tuningfork.web.notebook").joinpath("cell.js").read_text("utf-8")


@cache
def modules() -> tuple[tuple[str, str], ...]:
    """(name, source) of the modules of the page, each after those that it imports.

    Raises
    ------
    ValueError
        When modules import each other in a circle, which a cell cannot join.
    """
    done: dict[str, str] = {}
    _visit(_ENTRY, done, [])
    return tuple(done.items())


def _visit(name: str, done: dict[str, str], above: list[str]) -> None:
    if name in above:
        raise ValueError(f"the page's modules import each other in a circle: {' > '.join([*above, name])}")
    if name in done:
        return
    source = _static(name)
    for now, later in _IMPORT.findall(source):
        _visit(now or later, done, [*above, name])
    done[name] = source


@cache
def cell_style() -> str:
    """The page's styles for a shadow root of any size.

    What the styles ask of the window (its size, its root and body) is asked of the cell instead; nothing
    leaks out of a shadow root, so the notebook keeps its looks.
    """
    style = "\n".join(map(_static, _STYLES))
    style = re.sub(r"@media ([^{]*?(?:min|max)-(?:width|height)[^{]*)\{", _container, style)
    style = re.sub(r"(?<=\d)v([hw])\b", r"cq\1", style)
    style = style.replace("html, body, #app", ".cell, #app").replace(":root", ":host")
    return _OWN + re.sub(r"^body\b", ".cell", style, flags=re.MULTILINE)


def _container(found: re.Match) -> str:
    asked = found[1].replace(", ", " or ")
    for wide, needed in _SIDE_BY_SIDE.items():
        asked = asked.replace(f"width: {wide}px", f"width: {needed}px")
    return f"@container cell {asked}{{"


def _static(name: str) -> str:
    return resources.files("tuningfork.web").joinpath("static", name).read_text("utf-8")
