"""Predict a whole collection: probabilities are kept with it, so that any end can be gone on from."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.collection.engine import one_writer
from tuningfork.collection.table_stream import table_stream
from tuningfork.collection.tables import table_kind
from tuningfork.collection.vectors import VectorTable
from tuningfork.embeddings.filling import Filled, Running, fill
from tuningfork.embeddings.forward import Plan
from tuningfork.embeddings.keys import vector_key
from tuningfork.embeddings.prepare import fit_metadata
from tuningfork.embeddings.run import about
from tuningfork.encoders.fit import Fit
from tuningfork.errors import UsageError
from tuningfork.evaluation.calibration import tempered
from tuningfork.tasks.morphology.deciding import Rule, usual_coverage
from tuningfork.tasks.morphology.fitting import fit_model
from tuningfork.tasks.morphology.model import Model
from tuningfork.tasks.morphology.shelf import load_predictor
from tuningfork.tasks.morphology.vote_model import VoteModel
from tuningfork.tasks.morphology.vote_table import VoteRows

__all__ = ["PredictReport", "check_wishes", "predict", "predicted"]

_FOLDER = "predictions"
_FEWEST_PIXELS = 8  # a side: below it no shape can be told
# Until pictures without signal were refused they were kept with a label. A measure of familiarity, of which
# the key tells, is no older than that; what models without one say is kept apart from what they said then.
_SEEING = "+signal"


@dataclass(frozen=True)
class PredictReport:
    """What a `predict` did.

    Parameters
    ----------
    file : Path
        The table.
    rows, done, already : int
        Rows of the table, galaxies predicted now, and those that had been before.
    seconds : float
    labels : dict
        Class -> galaxies for which it is the likeliest, those abstained from included.
    abstained : int
        Galaxies that can be read and get no answer: not confident enough, or not familiar enough.
    unfamiliar : int
        The latter; of a network of votes those that are marked unfamiliar.
    unreadable : tuple of (str, str)
        Id and reason.
    remarks : tuple of str
        How bands and flux were brought to what the model takes.
    plan : Plan or None
    """

    file: Path
    rows: int
    done: int
    already: int
    seconds: float
    labels: dict[str, int] = field(default_factory=dict)
    abstained: int = 0
    unfamiliar: int = 0
    unreadable: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()
    plan: Plan | None = None


def predict(  # noqa: PLR0913 - all but the first three by name
    collection: Any,
    model: Model | VoteModel | str | Path,
    out: str | Path,
    *,
    rows: np.ndarray | None = None,
    coverage: float | None = None,
    purity: float | None = None,
    familiar: float | None = None,
    bands: Sequence[str] | None = None,
    any_stretch: bool = False,
    batch_size: int | None = None,
    precision: str = "auto",
    views: int = 1,
    workers: int | None = None,
    engine: str = "local",
    address: str | None = None,
    quiet: bool = False,
) -> PredictReport:
    """Say of every galaxy what it is, and write a table.

    Probabilities are kept in the collection (``predictions/KEY.lance``) every few seconds: a job that ended
    in any way goes on where it was, and another coverage or format needs no network. Neither pixels nor the
    table are ever in memory as a whole; ids are.

    Parameters
    ----------
    collection : Collection
    model : Model, VoteModel, str or Path
        A model, its name, its file or the folder of its run.
    out : path
        CSV, TSV, Parquet, FITS, VOTable or ECSV by its suffix; replaced when it is there. Columns: ``id``,
        ``label`` (the likeliest class), ``p_CLASS`` for each class (float32), ``set`` (classes of the
        conformal set, parted by semicolons), ``abstained``; where the model has a measure of it
        ``familiarity`` and ``unlikeness`` (float32, see `tuningfork.tasks.morphology.familiarity`). Of a
        galaxy whose stamp cannot be read, or holds no signal at all, label, numbers and set are null, and
        ``abstained`` is true. Of a network of votes other columns, see
        `tuningfork.tasks.morphology.vote_table.VoteRows`.
    rows : ndarray, optional
        (n,) int64 rows to predict and to write; all by default.
    coverage : float, optional
        Of the sets; 0.9 by default where the model was calibrated.
    purity : float, optional
        Abstain where the likeliest class is less probable than this purity needs.
    familiar : float, optional
        Abstain (of votes: mark as unfamiliar) where the familiarity is below this; 0.01 where the model has a
        measure of it, 0 never.
    bands, any_stretch
        As for `tuningfork.tasks.morphology.fitting.fit_model`.
    batch_size, precision, views, workers, engine, address, quiet
        As for `tuningfork.embeddings.embed`; probabilities of the views are averaged.

    Raises
    ------
    EmbeddingError
        Bands or stretch do not fit the model; with the act that mends it.
    UsageError, WeightsError, BusyError
        For impossible settings, a model that cannot be used, and when another process predicts here.
    """
    began = time.monotonic()
    out = Path(out)
    table_kind(out, UsageError)
    model = load_predictor(model) if isinstance(model, str | Path) else model
    rule = _rule(model, coverage, purity, familiar)
    small = _small(collection, rows)
    running = Running(batch_size, precision, views, workers, engine, address, quiet)
    fitting = fit_model(collection, model, bands, any_stretch=any_stretch)
    with one_writer(collection.path / _FOLDER, f"predicting with {model.name}"):
        table, filled = _filled(collection, model, fitting, running, rows)
        _write(table, _ids(collection, rows), out, rule)
        older = _kept_before(collection, model, fitting, running, filled)
    return PredictReport(
        out,
        len(collection) if rows is None else len(rows),
        filled.done,
        filled.already,
        time.monotonic() - began,
        rule.labels,
        rule.abstained,
        rule.unfamiliar,
        filled.left_out,
        (*fitting.remarks, *rule.remarks, *small, *older),
        filled.plan,
    )


def check_wishes(
    model: Model | VoteModel, coverage: float | None, purity: float | None, familiar: float | None = None
) -> None:
    """Raise what `predict` would for a coverage, purity or familiarity that the model cannot give, before any
    image is read."""
    _rule(model, coverage, purity, familiar)


def predicted(
    collection: Any,
    model: Model,
    rows: np.ndarray,
    running: Running | None = None,
    *,
    bands: Sequence[str] | None = None,
    any_stretch: bool = False,
) -> tuple[np.ndarray, np.ndarray, tuple[tuple[str, str], ...]]:
    """Probabilities of some rows in memory, kept with the collection as `predict` keeps them.

    Returns
    -------
    probabilities : ndarray
        (n, K) float32, NaN where a stamp cannot be read.
    familiarity : ndarray
        (n,) float32, NaN there too, and throughout where the model has no measure of it.
    unreadable : tuple of (str, str)
        Id and reason of those.
    """
    fitting = fit_model(collection, model, bands, any_stretch=any_stretch)
    with one_writer(collection.path / _FOLDER, f"predicting with {model.name}"):
        table, filled = _filled(collection, model, fitting, running or Running(), rows)
    found = [stored for _, stored in table.in_order(_ids(collection, rows))]
    p, unlike = model.parted(np.concatenate(found) if found else np.empty((0, 0), np.float32))
    return tempered(p, model.temperature), model.familiar(unlike, len(p)), filled.left_out


def _rule(
    model: Model | VoteModel, coverage: float | None, purity: float | None, familiar: float | None
) -> Rule | VoteRows:
    """What turns what is kept into the rows of the table."""
    if isinstance(model, VoteModel):
        return VoteRows(model, coverage, purity, familiar)
    return Rule(model, usual_coverage(model) if coverage is None else coverage, purity, familiar)


def _filled(
    collection: Any, model: Model | VoteModel, fitting: Fit, running: Running, rows: np.ndarray | None
) -> tuple[VectorTable, Filled]:
    """The table of what the model gives before the temperature, with what was missing made now."""
    encoder = model.watching
    table = _table(collection, model, fitting, running)
    filled = fill(
        collection,
        table,
        encoder,
        fitting,
        running,
        lambda plan: {**about(model.name, encoder, plan, running.views), **fit_metadata(fitting)},
        rows=rows,
        doing="predicting",
    )
    return table, filled


def _table(
    collection: Any, model: Model | VoteModel, fitting: Fit, running: Running, seeing: str = _SEEING
) -> VectorTable:
    """Where what this model says is kept."""
    key = vector_key(model.watching, running.views, fitting.choice.suffix) + _of_flux(fitting)
    key += "+fp32" if running.precision == "fp32" else ""  # never what 16 bits made before
    key += seeing if model.familiarity is None else ""
    return VectorTable(collection.path / _FOLDER / f"{key}.lance", key)


def _kept_before(
    collection: Any, model: Model | VoteModel, fitting: Fit, running: Running, filled: Filled
) -> tuple[str, ...]:
    """A remark where galaxies are predicted once more, since an older version kept labels of empty ones."""
    if model.familiarity is not None or not filled.done:
        return ()
    old = _table(collection, model, fitting, running, "")
    if not old.exists:
        return ()
    why = "may hold labels of pictures without signal: they were made anew, that table is no longer read"
    return (f"{old.count():,} predictions of an older version in {_FOLDER}/{old.key}.lance {why}",)


def _of_flux(fitting: Fit) -> str:
    """Flux may go through another stretch tomorrow: that is another key."""
    if not fitting.facts.is_flux:
        return ""
    told = json.dumps(fitting.record(), sort_keys=True)
    return f"+flux-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


def _ids(collection: Any, rows: np.ndarray | None) -> Any:
    ids = collection.id_column()
    return ids if rows is None else ids.take(np.asarray(rows, np.int64))


def _small(collection: Any, rows: np.ndarray | None) -> tuple[str, ...]:
    """A remark where stamps are so small that whatever is said of them is made up."""
    sides = collection.catalogue(["height", "width"], rows)
    least = np.minimum(*(sides[name].to_numpy(zero_copy_only=False) for name in ("height", "width")))
    found = np.flatnonzero(least < _FEWEST_PIXELS)
    if not len(found):
        return ()
    place = int(found[0]) if rows is None else int(rows[found[0]])
    first = collection.ids(np.array([place]))[0]
    what = f"are below {_FEWEST_PIXELS} pixels a side, as {first}: their labels mean nothing"
    return (f"{len(found):,} of {len(least):,} stamps {what}",)


def _write(table: VectorTable, ids: Any, out: Path, rule: Rule | VoteRows) -> None:
    with table_stream(out, rule.schema()) as stream:
        for piece in rule.tables(table.in_order(ids)):
            stream.write(piece)
