"""A run's folder read for a report: predictions, learning curve, settings, and the galaxies themselves."""

import csv
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.config import read_toml
from tuningfork.errors import CollectionError, DataError, UnknownNameError
from tuningfork.evaluation import Judged
from tuningfork.tasks.reporting.facts import known_facts
from tuningfork.tasks.reporting.predictions import Predictions, read_predictions

__all__ = ["Run", "as_judged", "read_run"]

_JUDGED = ("test", "val", "")  # the first of these parts that is there is reported
_MOST_BYTES = 16_000_000  # of metrics.csv and run.toml


@dataclass(frozen=True)
class Run:
    """What a report is made of.

    Parameters
    ----------
    name : str
    judged : Judged
        The galaxies that are reported on.
    part : str
        Which part they are; "" when the table names none.
    apart : Judged or None
        Galaxies that neither trained the network nor are reported on: they set thresholds.
    learnt : dict
        Id -> class of the galaxies that were learnt from.
    settings : dict
        The whole of run.toml.
    metrics : list of dict
        The lines of metrics.csv.
    notes : tuple of str
        What the reader should know.
    collection : Collection or None
    sources : dict
        Fact -> where it is from.
    """

    name: str
    judged: Judged
    part: str = ""
    apart: Judged | None = None
    learnt: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    metrics: list[dict[str, str]] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    collection: Any = None
    sources: dict[str, str] = field(default_factory=dict)


def read_run(
    folder: Path | str,
    *,
    collection: Any = None,
    part: str | None = None,
    magnitude: str | None = None,
    size: str | None = None,
) -> Run:
    """Read a run's folder.

    Parameters
    ----------
    folder : path
        With predictions.parquet; run.toml and metrics.csv where they are.
    collection : Collection, optional
        The galaxies; by default the collection that run.toml names, if it is there.
    part : str, optional
        Which part to report on; by default test, or val where there is no test.
    magnitude, size : str, optional
        Columns of the catalogue; looked for by their usual names.

    Raises
    ------
    DataError
        There are no predictions with known classes, or none of that part.
    """
    folder = Path(folder)
    told = read_predictions(folder / "predictions.parquet")
    settings = read_toml(_small(folder / "run.toml")) if (folder / "run.toml").is_file() else {}
    part = _part(told, part, folder)
    own = told.part == part if part else np.ones(len(told.ids), bool)
    usable = told.usable
    if not (own & usable).any():
        raise DataError(
            f"no galaxy of the part '{part}' has a known class and probabilities", where=str(folder)
        )
    apart = usable & (told.part == "val") & (part != "val")
    run = Run(
        name=folder.resolve().name,
        judged=_judged(told, own & usable),
        part=part,
        apart=_judged(told, apart) if apart.any() else None,
        learnt=dict(zip(*_texts(told, usable & (told.part == "train")), strict=True)),
        settings=settings,
        metrics=_metrics(folder / "metrics.csv"),
        notes=tuple(_notes(told, own, part)),
        collection=collection or _collection_of(settings),
    )
    return _with_facts(run, {"magnitude": magnitude, "size": size})


def as_judged(judged: Judged, collection: Any = None, *, name: str = "") -> Run:
    """Judged galaxies without a run, to be reported on."""
    run = Run(name=name or (collection.name if collection is not None else "predictions"), judged=judged)
    run = replace(run, collection=collection)
    return _with_facts(run, {"magnitude": None, "size": None}) if not judged.facts else run


def _part(told: Predictions, asked: str | None, folder: Path) -> str:
    parts = sorted(set(told.part) - {""})
    if asked is not None:
        if asked not in parts:
            raise UnknownNameError("part", asked, parts, where=str(folder))
        return asked
    return next((part for part in _JUDGED if part in parts), "" if not parts else parts[0])


def _judged(told: Predictions, rows: np.ndarray) -> Judged:
    numbers = {name: k for k, name in enumerate(told.classes)}
    truth = np.array([numbers[name] for name in told.truth[rows]], np.int64)
    p = told.probabilities[rows].astype(np.float64)
    return Judged(told.classes, truth, p, told.ids[rows].astype(str))


def _texts(told: Predictions, rows: np.ndarray) -> tuple[list[str], list[str]]:
    return told.ids[rows].tolist(), told.truth[rows].tolist()


def _notes(told: Predictions, own: np.ndarray, part: str) -> list[str]:
    notes = []
    unread = int((own & ~np.isfinite(told.probabilities).all(axis=1)).sum())
    strange = int((own & (told.truth != "") & ~np.isin(told.truth, told.classes)).sum())
    without = int((own & (told.truth == "")).sum())
    if part in ("val", "train"):
        why = "chose the weights" if part == "val" else "were learnt from"
        notes.append(f"These galaxies {why}: the numbers are too good for others")
    notes += [f"{unread:,} galaxies could not be read and take no part"] if unread else []
    notes += [f"{without:,} galaxies without a known class take no part"] if without else []
    notes += (
        [f"{strange:,} galaxies of classes that the network does not know take no part"] if strange else []
    )
    return notes


def _metrics(file: Path) -> list[dict[str, str]]:
    from tuningfork.training.run_folder import read_metrics

    try:
        return read_metrics(_small(file)) if file.is_file() else []
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError("this is no table of a learning curve", where=str(file)) from error


def _small(file: Path) -> Path:
    if file.stat().st_size > _MOST_BYTES:
        raise DataError(f"larger than {_MOST_BYTES // 1_000_000} MB", where=str(file))
    return file


def _collection_of(settings: dict[str, Any]) -> Any:
    """The collection that a run names, if it is still there."""
    from tuningfork.collection import Collection

    inner = settings.get("settings")
    for table in (settings, inner if isinstance(inner, dict) else {}):
        named = table.get("collection")
        path = named.get("path") if isinstance(named, dict) else named
        if isinstance(path, str) and (Path(path) / "collection.toml").is_file():
            try:
                return Collection.open(path)
            except CollectionError:
                return None
    return None


def _with_facts(run: Run, named: dict[str, str | None]) -> Run:
    """The run with magnitudes and sizes of its galaxies; without pictures where the collection lacks them."""
    if run.collection is None:
        note = "The collection was not found: there are no pictures. Give it: --collection DIR"
        return replace(run, notes=(*run.notes, note))
    try:
        rows = run.collection.rows_of(run.judged.ids)
    except UnknownNameError as error:
        raise DataError(
            f"these predictions are of another collection: {error.what}", where=run.collection.name
        ) from error
    facts, sources = known_facts(run.collection, rows, named)
    return replace(run, judged=replace(run.judged, facts=facts), sources=sources)
