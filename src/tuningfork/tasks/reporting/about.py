"""What a report says of data and training: classes in parts, folds, the settings that were used."""

from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.config import read_toml
from tuningfork.errors import TuningforkError
from tuningfork.evaluation import headline
from tuningfork.tasks.reporting.reading import Run

__all__ = ["counts_of", "data_lines", "fold_rows", "run_tables", "settings_lines"]

_MOST_LINES = 200
_STAGES = ("network", "first", "stage-one", "stage-two")
_IN_FOLDS = ("accuracy", "balanced accuracy", "macro-F1")


def counts_of(run: Run) -> tuple[list[str], list[tuple[str, list[int]]]]:
    """Parts, and for each class how many galaxies are in each of them; the part of the report last."""
    judged = run.judged
    columns: dict[str, dict[str, int]] = {}
    if run.learnt:
        columns["train"] = _counted(list(run.learnt.values()))
    if run.apart is not None:
        columns["val"] = _counted([run.apart.classes[k] for k in run.apart.truth])
    columns[run.part or "judged"] = _counted([judged.classes[k] for k in judged.truth])
    rows = [(name, [counts.get(name, 0) for counts in columns.values()]) for name in judged.classes]
    return list(columns), rows


def data_lines(run: Run) -> list[tuple[str, str]]:
    """Where galaxies and labels come from, and how they were parted, as name and text."""
    told = run.settings.get("settings")
    told = told if isinstance(told, dict) else {}
    lines = []
    if run.collection is not None:
        c = run.collection
        scale = f", {c.pixel_scale:g} arcsec a pixel" if c.pixel_scale else ""
        lines.append(("collection", f"{c.name}: {len(c):,} galaxies, bands {', '.join(c.bands)}{scale}"))
        lines.append(("its fingerprint", str(c.fingerprint())))
    elif told.get("collection"):
        lines.append(("collection", str(told["collection"])))
    lines += [("labels", str(told["label"]))] if told.get("label") else []
    if run.fold is not None:
        own = len(np.unique(run.fold))
        text = f"{own} folds: each galaxy is judged by a network that never saw it"
        if told.get("task") == "folds":
            text += "; the next fold chose that network's passes and temperature"
        lines.append(("how", text))
    elif run.part in ("test", "val"):
        chose = "val chose passes, temperature and thresholds"
        lines.append(("how", f"train was learnt from, {chose}" + ("; test judges" * (run.part == "test"))))
    lines += [("hash of the split", str(told["split"]))] if told.get("split") else []
    if told.get("fingerprint") and run.collection is not None:
        same = told["fingerprint"] == run.collection.fingerprint()
        lines += [] if same else [("changed", "the collection is not as it was when the run was made")]
    return lines


def fold_rows(run: Run) -> tuple[list[str], list[tuple[str, int, list[Any]]], list[str]]:
    """Names of numbers, each fold's with its galaxies, and mean and standard deviation over folds."""
    if run.fold is None:
        return [], [], []
    rows = []
    for number in np.unique(run.fold).tolist():
        own = run.judged.part(run.fold == number)
        found = {line.name: line for line in headline(own)}
        rows.append((str(number), len(own), [found[name] for name in _IN_FOLDS]))
    spread = []
    for place in range(len(_IN_FOLDS)):
        values = [row[2][place].value for row in rows]
        deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
        spread.append(f"{np.mean(values):.3f} ± {deviation:.3f}")
    return list(_IN_FOLDS), rows, spread


def run_tables(run: Run) -> list[tuple[str, list[tuple[str, str]]]]:
    """The run's settings as titled lists. Of a run in stages those that each network was trained with, and
    of the recipe only what is not among them."""
    stages = _stages(run.folder) if run.folder else []
    settings = dict(run.settings)
    inner = settings.get("settings")
    if stages and isinstance(inner, dict):
        recipe = {k: v for k, v in inner.items() if k != "settings" and v != []}
        settings = {"begun": settings.get("begun", ""), **recipe, **settings.get("machine", {})}
    elif isinstance(inner, dict) and not any(isinstance(v, dict) for v in inner.values()):
        settings = {**{k: v for k, v in settings.items() if k != "settings"}, "settings": inner}
    return [("", settings_lines(settings)), *stages] if settings else []


def settings_lines(settings: dict[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Name and value of everything in run.toml, tables flattened with dots; at most 200 lines."""
    out = []
    for name, value in settings.items():
        if isinstance(value, dict):
            out += settings_lines(value, f"{before}{name}.")
        else:
            told = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            out.append((f"{before}{name}", told if len(told) <= 400 else told[:400] + " ..."))
    return out[:_MOST_LINES]


def _stages(folder: Path) -> list[tuple[str, list[tuple[str, str]]]]:
    found = []
    for name in (*_STAGES, *(f"stage-two-{n}" for n in range(1, 10))):
        file = folder / name / "run.toml"
        if not file.is_file() or file.stat().st_size > 1_000_000:
            continue
        try:
            told = read_toml(file).get("settings")
        except TuningforkError:
            continue
        if isinstance(told, dict):
            found.append((name, settings_lines({k: v for k, v in told.items() if v != []})))
    return found


def _counted(names: list[str]) -> dict[str, int]:
    found, counts = np.unique(np.array(names, dtype=str), return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))
