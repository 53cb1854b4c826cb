"""The report of a network of votes: each question's errors beside those of the mean, and what was said."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import tuningfork
from tuningfork.config import read_toml
from tuningfork.errors import DataError, TuningforkError, UnknownNameError
from tuningfork.evaluation import Interval, VoteScore, vote_scores, wilson
from tuningfork.files import html_file, write_atomically
from tuningfork.tasks.reporting import plots
from tuningfork.tasks.reporting.about import settings_lines
from tuningfork.tasks.reporting.page import environment
from tuningfork.tasks.reporting.predictions import no_predictions
from tuningfork.tasks.reporting.reading import collection_of, metrics_of
from tuningfork.tasks.thumbnails import Thumbnails

__all__ = ["Question", "is_of_votes", "read_votes_run", "write_votes_report"]

_MOST_ROWS = 20_000_000
_MOST_ANSWERS = 500
_BINS = 8
_WORST = 12
_SIDE = 144
_MOST_BYTES = 3_000_000


@dataclass(frozen=True)
class Question:
    """One question of a report.

    Parameters
    ----------
    score : VoteScore
    decided : Interval
        How often the largest foretold answer is the one that most people gave.
    majority : float
        The same of always the commonest.
    drawing : str
        SVG: what people said by what was foretold.
    """

    score: VoteScore
    decided: Interval
    majority: float
    drawing: str


@dataclass(frozen=True)
class VotesRun:
    """The table of a run of votes: ids, answers ``question.answer``, what was foretold and what people said,
    (n, A) float64 each, NaN where a stamp cannot be read or nobody was asked."""

    part: str
    ids: list[str]
    answers: list[str]
    foretold: np.ndarray
    known: np.ndarray


def is_of_votes(folder: Path | str) -> bool:
    """Whether a folder is a run of ``tuningfork train votes``."""
    file = Path(folder) / "run.toml"
    try:
        told = read_toml(file).get("settings") if file.is_file() else None
    except TuningforkError:
        return False
    return isinstance(told, dict) and told.get("task") == "votes"


def read_votes_run(folder: Path | str, part: str | None = None) -> VotesRun:
    """The predictions of a run of votes, of the test part where there is one.

    Raises
    ------
    DataError
        There is no such table, or it is another one.
    UnknownNameError
        It has no such part.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = Path(folder) / "predictions.parquet"
    if not file.is_file():
        raise no_predictions(file)
    try:
        with pq.ParquetFile(file) as opened:
            names, rows = opened.schema_arrow.names, opened.metadata.num_rows
            columns = [n for n in names if n.startswith(("f_", "p_")) and f"true_{n}" in names]
            answers = [name[2:] for name in columns]
            if not 1 <= len(answers) <= _MOST_ANSWERS or not 0 < rows <= _MOST_ROWS:
                raise DataError(f"{rows:,} galaxies with {len(answers)} answers", where=str(file))
            table = opened.read()
        parts = np.array(table["part"].cast(pa.string()).to_pylist(), object)
        found = [
            np.column_stack([table[f"{how}{c}"].cast(pa.float64()).to_numpy() for c in columns])
            for how in ("", "true_")
        ]
        ids = table["id"].cast(pa.string()).to_pylist()
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise DataError(f"this is no table of votes ({type(error).__name__})", where=str(file)) from error
    there = sorted(set(parts.tolist()))
    if part is not None and part not in there:
        raise UnknownNameError("part", part, there, where=str(folder))
    part = part or next((name for name in ("test", "val") if name in there), there[0])
    own = np.flatnonzero(parts == part)
    return VotesRun(part, [ids[i] for i in own], answers, found[0][own], found[1][own])


def write_votes_report(
    folder: Path | str, out: Path | str, *, collection: Any = None, part: str | None = None
) -> Path:
    """Write the report of a run of votes as one HTML file.

    Raises
    ------
    UsageError
        For another ending.
    DataError
        There are no predictions to report on.
    """
    out, folder = html_file(out), Path(folder)
    run = read_votes_run(folder, part)
    settings = read_toml(folder / "run.toml")
    collection = collection or collection_of(settings)
    read = np.isfinite(run.foretold).all(axis=1)
    if not read.any():
        raise DataError("not one of these galaxies could be read", where=str(folder))
    foretold, known = run.foretold[read], run.known[read]
    names = [answer.partition(".")[0] for answer in run.answers]
    whole, *scores = vote_scores(foretold, known, names)
    questions = [_question(score, run.answers, names, foretold, known) for score in scores]
    page = (
        environment()
        .get_template("votes.html")
        .render(
            name=folder.resolve().name,
            part=run.part,
            n=len(foretold),
            unread=int((~read).sum()),
            collection=collection,
            whole=whole,
            questions=questions,
            learning=plots.learning_plots(metrics_of(folder)),
            cards=_worst(
                collection,
                [i for i, ok in zip(run.ids, read, strict=True) if ok],
                run.answers,
                foretold,
                known,
            ),
            settings=settings_lines(settings),
            made=datetime.now(UTC).strftime("%d %B %Y"),
            version=tuningfork.__version__,
        )
    )
    write_atomically(out, page)
    return out


def _question(
    score: VoteScore, answers: list[str], names: list[str], foretold: np.ndarray, known: np.ndarray
) -> Question:
    own = np.array([name == score.name for name in names])
    said, true = foretold[:, own], known[:, own]
    asked = np.isfinite(true).all(axis=1)
    right, best = said[asked].argmax(axis=1), true[asked].argmax(axis=1)
    decided = wilson(int((right == best).sum()), int(asked.sum()))
    common = float(np.bincount(best).max() / len(best)) if len(best) else float("nan")
    lines = [plots.Line("meant", [0.0, 1.0], [0.0, 1.0], number=-1)]
    for number, place in enumerate(np.flatnonzero(own)[:7]):
        x, y, ends = _binned(foretold[:, place], known[:, place])
        lines.append(plots.Line(answers[place].partition(".")[2], x, y, ends, number))
    label = f"What people said by what was foretold: {score.name}"
    drawing = plots.line_plot(lines, "foretold fraction", "mean fraction of people", label=label)
    return Question(score, decided, common, drawing)


def _binned(foretold: np.ndarray, known: np.ndarray) -> tuple[list[float], list[float], list[tuple]]:
    """Means of both in bins of equally many galaxies, with two standard errors of the second."""
    there = np.flatnonzero(np.isfinite(known))
    there = there[np.argsort(foretold[there], kind="stable")]
    x, y, ends = [], [], []
    for rows in np.array_split(there, min(_BINS, max(1, len(there) // 10))):
        if len(rows):
            mean = float(known[rows].mean())
            error = 1.96 * float(known[rows].std(ddof=1)) / len(rows) ** 0.5 if len(rows) > 1 else 0.0
            x.append(float(foretold[rows].mean()))
            y.append(mean)
            ends.append((max(0.0, mean - error), min(1.0, mean + error)))
    return x, y, ends


def _worst(
    collection: Any, ids: list[str], answers: list[str], foretold: np.ndarray, known: np.ndarray
) -> list[dict[str, Any]]:
    """The galaxies with the largest single error: picture, answer, foretold, said."""
    off = np.abs(np.nan_to_num(foretold - known))
    place = off.argmax(axis=1)
    pictures = (
        Thumbnails([collection], side=_SIDE, most_bytes=_MOST_BYTES) if collection is not None else None
    )
    cards = []
    for row in np.argsort(-off.max(axis=1), kind="stable")[:_WORST].tolist():
        try:
            shown = pictures.of(0, int(collection.rows_of([ids[row]])[0])) if pictures else ""
        except UnknownNameError as error:
            raise DataError(f"these predictions are of another collection: {error.what}") from error
        k = int(place[row])
        told = {"id": ids[row], "answer": answers[k], "picture": shown}
        cards.append({**told, "foretold": float(foretold[row, k]), "known": float(known[row, k])})
    return cards
