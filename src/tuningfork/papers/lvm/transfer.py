"""Frozen features carried to other surveys and other questions, each with a linear model and intervals."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.evaluation import MEASUREMENTS, Interval, bootstrap
from tuningfork.papers.lvm.asked import Asked, ask
from tuningfork.papers.lvm.questions import MEASURES, QUESTIONS
from tuningfork.papers.plot import Point, dot_plot
from tuningfork.papers.report import Report, row
from tuningfork.papers.sweep import run_cells

if TYPE_CHECKING:
    from tuningfork.collection import Collection

__all__ = ["ENCODERS", "run"]

ENCODERS = ("lvm-tiny", "lvm-tiny:untrained", "imagenet:efficientnet-lite0", "measurements")
_RESAMPLES = 1000
_NOT_LOOKING = "majority"


def run(
    sources: Sequence[str],
    out: Path,
    *,
    encoder: Sequence[str] | None = None,
    seeds: int = 3,
    cells: int | None = None,
    minutes: float | None = None,
    quiet: bool = False,
) -> Report:
    """Frozen features on other surveys.

    Parameters
    ----------
    sources : sequence of str
        ``NAME=DIR`` for each collection that is at hand: rings, lenses, votes, mergers, spin.
    encoder : sequence of str, optional
        Whom to judge; `ENCODERS` by default. "measurements" are the five hand measurements.
    seeds : int
        How often folds are drawn, where a collection has no "split".
    """
    from tuningfork.collection import Collection

    opened = {name: Collection.open(path) for name, path in _named(sources).items()}
    names = tuple(encoder or ENCODERS)
    features, every, notes = {}, {}, []
    for name, collection in opened.items():
        found = _features(collection, names, quiet)
        features[name], present = found
        for question in (q for q in QUESTIONS if q.source == name):
            every[question.name] = ask(question, collection, present, quiet=quiet)
    table = [
        {
            "question": asked.question.name,
            "encoder": who,
            "vectors": features[asked.question.source][who][0],
            "seeds": seeds,
            "data": _data(asked, opened[asked.question.source]),
        }
        for asked in every.values()
        for who in names
    ]

    def one(cell: dict[str, Any]) -> dict[str, Any]:
        asked = every[cell["question"]]
        X = _rows_of(asked, opened[asked.question.source], features, cell["encoder"], quiet)
        said = asked.said(X, seeds).astype("<f4")
        return {"said": base64.b64encode(said.tobytes()).decode()}

    swept = run_cells(
        table, one, out, at_most=cells, minutes=minutes, unsaid=("data", "vectors"), quiet=quiet
    )
    rows = _rows(every, swept.done)
    notes += [f"{asked.question.name}: {_told(asked)}" for asked in every.values()]
    notes.append("AUC, AP and accuracy: more is better; MAE: less is better. majority is saying the mean")
    notes.append("Intervals (95 %) resample judged galaxies, whole groups where the question has groups")
    title = "Frozen features carried to other surveys"
    return Report(title, rows, (*notes, *swept.notes()), _pictures(rows))


def _named(sources: Sequence[str]) -> dict[str, str]:
    known = list(dict.fromkeys(question.source for question in QUESTIONS))
    named = {}
    for source in sources:
        name, equals, path = source.partition("=")
        if not equals or not path:
            raise UsageError(f"'{source}' is not NAME=DIR", remedy=f"NAME is one of {', '.join(known)}")
        if name not in known:
            raise UnknownNameError("set", name, known)
        named[name] = path
    if not named:
        raise UsageError("no collection was given", remedy=f"Give NAME=DIR, NAME one of {', '.join(known)}")
    return named


def _features(
    collection: "Collection", names: Sequence[str], quiet: bool
) -> tuple[dict[str, tuple[str, np.ndarray | None]], np.ndarray]:
    """Name -> (key, vectors), and which galaxies have all of them; hand measurements are made when asked."""
    from tuningfork.embeddings import embed, load_embeddings

    found: dict[str, tuple[str, np.ndarray | None]] = {}
    present = np.ones(len(collection), bool)
    for name in names:
        if name == "measurements":
            found[name] = (", ".join(MEASUREMENTS), None)
            continue
        stored = load_embeddings(collection, embed(collection, name, quiet=quiet).key)  # one view, as it lies
        found[name] = (stored.key, stored.vectors)
        present &= stored.present
    return found, present


def _rows_of(asked: Asked, collection: "Collection", features: Any, who: str, quiet: bool) -> np.ndarray:
    from tuningfork.tasks.features import measured

    vectors = features[asked.question.source][who][1]
    return measured(collection, asked.rows, quiet=quiet) if vectors is None else vectors[asked.rows]


def _data(asked: Asked, collection: "Collection") -> str:
    """Names galaxies, truth and parts without doubt."""
    told = hashlib.blake2b(collection.fingerprint().encode(), digest_size=6)
    for part in (asked.rows, asked.truth, asked.judged):
        told.update(part.tobytes())
    return told.hexdigest()


def _rows(every: dict[str, Asked], done: Sequence[tuple[dict, dict]]) -> list[dict[str, Any]]:
    rows = []
    for name, asked in every.items():
        said = {cell["encoder"]: result["said"] for cell, result in done if cell["question"] == name}
        blind = _judged(asked, asked.unseen())
        n = len(asked.judged)
        scores = {_NOT_LOOKING: blind}
        for who, text in said.items():
            flat = np.frombuffer(base64.b64decode(text), "<f4").astype(float)
            scores[who] = _judged(asked, flat.reshape(-1, n))
        for who, score in scores.items():
            measure = asked.question.measure
            line = row(f"{name}, {measure}: {who}", score, majority=blind.value, galaxies=n, judged=asked.how)
            rows.append({**line, "question": name, "encoder": who, "measure": measure})
    return rows


def _judged(asked: Asked, said: np.ndarray) -> Interval:
    """The mean over repeats of a score, with its interval over galaxies."""
    measure = MEASURES[asked.question.measure]
    return bootstrap(
        lambda truth, every: float(np.mean([measure(truth, one) for one in every.T])),
        asked.truth[asked.judged],
        said.T,
        resamples=_RESAMPLES,
        groups=None if asked.groups is None else asked.groups[asked.judged],
    )


def _told(asked: Asked) -> str:
    many = f"{len(asked.judged):,} galaxies judged ({asked.how})"
    if asked.question.measure == "MAE":
        return many
    return f"{many}, {int(asked.truth[asked.judged].sum()):,} of them positive"


def _pictures(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Dots of all questions where more is better, and of those where less is."""
    pictures = {}
    for file, title, wanted in (
        ("transfer.svg", "Frozen features on other surveys: more is better", ("AUC", "AP", "accuracy")),
        ("transfer-votes.svg", "Mean error of vote fractions: less is better", ("MAE",)),
    ):
        chosen = [line for line in rows if line["measure"] in wanted]
        columns = list(dict.fromkeys(f"{line['question']} ({line['measure']})" for line in chosen))
        dots: dict[str, dict[str, Point]] = {}
        for line in chosen:
            point = Point(0, line["ours"], line["low"], line["high"])
            dots.setdefault(line["encoder"], {})[f"{line['question']} ({line['measure']})"] = point
        if chosen:
            lines = [(who, [of.get(column) for column in columns]) for who, of in dots.items()]
            pictures[file] = dot_plot(lines, columns, title=title, x_label="score, with its 95 % interval")
    return pictures
