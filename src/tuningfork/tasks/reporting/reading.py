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

__all__ = ["Run", "as_judged", "collection_of", "metrics_of", "read_model", "read_run"]

_JUDGED = ("test", "val", "")  # the first of these parts that is there is reported
_MOST_BYTES = 16_000_000  # of metrics.csv and run.toml
_TOLD_OF_MODEL = (
    "combination",
    "data",
    "licence",
    "label",
    "recipe",
    "split",
    "temperature",
    "preprocessing",
)


_OF_MODEL = {"familiarity": "share of the galaxies held out of the training that are as unlike or more"}


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
    fold : ndarray or None
        (n,) the fold that each judged galaxy was left out with.
    folder : Path or None
    model : str
        What `open_explained` takes to ask the run's network for reasons; "" where none was kept.
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
    fold: np.ndarray | None = None
    folder: Path | None = None
    model: str = ""


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
    collection = collection or collection_of(settings)
    run = Run(
        name=folder.resolve().name,
        judged=_judged(told, own & usable),
        part=part,
        apart=_judged(told, apart) if apart.any() else None,
        learnt=_learnt(told, folder, settings, collection),
        settings=settings,
        metrics=metrics_of(folder),
        notes=tuple(_notes(told, own, part)),
        collection=collection,
        fold=told.fold[own & usable] if (told.fold[own & usable] >= 0).all() else None,
        folder=folder,
        model=str(folder) if (folder / "model.safetensors").is_file() else "",
    )
    return _with_facts(run, {"magnitude": magnitude, "size": size})


def read_model(
    model: str,
    collection: Any,
    label: str,
    *,
    rows: np.ndarray | None = None,
    magnitude: str | None = None,
    size: str | None = None,
    quiet: bool = False,
) -> Run:
    """A model without its run, asked about labelled galaxies of any collection.

    What it predicts is kept with the collection, as `tuningfork predict` does.

    Parameters
    ----------
    model : str
        As `tuningfork predict` takes it.
    label : str
        The column of true classes.
    rows : ndarray, optional
        (n,) rows to choose from; all by default.

    Raises
    ------
    DataError
        No galaxy has a class that the model knows, or no stamp can be read.
    """
    from tuningfork.tasks.morphology.judging import judged_by
    from tuningfork.tasks.morphology.shelf import load_model

    loaded = load_model(model)
    judged, notes = judged_by(collection, loaded, label, rows=rows, quiet=quiet)
    settings = {"model": {k: v for k, v in loaded.facts.items() if k in _TOLD_OF_MODEL}}
    if loaded.facts.get("data", {}).get("collection") == collection.name:
        notes = (
            f"The model learnt from a collection of the name '{collection.name}' too: leave out, with "
            "--where, the galaxies that it knows",
            *notes,
        )
    run = Run(
        f"{loaded.name} on {collection.name}",
        judged,
        settings=settings,
        notes=notes,
        collection=collection,
        model=model,
    )
    return _with_facts(run, {"magnitude": magnitude, "size": size})


def as_judged(judged: Judged, collection: Any = None, *, name: str = "") -> Run:
    """Judged galaxies without a run, to be reported on."""
    run = Run(name=name or (collection.name if collection is not None else "predictions"), judged=judged)
    run = replace(run, collection=collection)
    if judged.facts.keys() - _OF_MODEL.keys():
        return run
    return _with_facts(run, {"magnitude": None, "size": None})


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
    facts = {} if told.familiarity is None else {"familiarity": told.familiarity[rows]}
    return Judged(told.classes, truth, p, told.ids[rows].astype(str), facts)


def _learnt(told: Predictions, folder: Path, settings: dict[str, Any], collection: Any) -> dict[str, str]:
    """Id -> class of the galaxies that were learnt from: of the table, else of the split and the label
    column."""
    rows = told.usable & (told.part == "train")
    label = _inner(settings).get("label")
    if rows.any() or collection is None or not (folder / "split.csv").is_file():
        return dict(zip(told.ids[rows].tolist(), told.truth[rows].tolist(), strict=True))
    if label not in collection.columns:
        return {}
    from tuningfork.labels.split_file import read_split

    split = read_split(folder / "split.csv")
    ids = [galaxy for galaxy, part in zip(split.ids, split.parts, strict=True) if part == "train"]
    try:
        values = collection.catalogue([label], collection.rows_of(ids))[label].to_pylist()
    except UnknownNameError:  # of another collection: what is judged says so
        return {}
    return {i: str(v) for i, v in zip(ids, values, strict=True) if str(v) in told.classes}


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


def metrics_of(folder: Path) -> list[dict[str, str]]:
    """The lines of a run's ``metrics.csv``; none where there is none."""
    from tuningfork.training.run_folder import read_metrics

    file = folder / "metrics.csv"
    try:
        return read_metrics(_small(file)) if file.is_file() else []
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError("this is no table of a learning curve", where=str(file)) from error


def _small(file: Path) -> Path:
    if file.stat().st_size > _MOST_BYTES:
        raise DataError(f"larger than {_MOST_BYTES // 1_000_000} MB", where=str(file))
    return file


def _inner(settings: dict[str, Any]) -> dict[str, Any]:
    inner = settings.get("settings")
    return inner if isinstance(inner, dict) else {}


def collection_of(settings: dict[str, Any]) -> Any:
    """The collection that a run names, if it is still there."""
    from tuningfork.collection import Collection

    for table in (settings, _inner(settings)):
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
    facts |= run.judged.facts  # what the model said itself
    return replace(run, judged=replace(run.judged, facts=facts), sources={**sources, **_OF_MODEL})
