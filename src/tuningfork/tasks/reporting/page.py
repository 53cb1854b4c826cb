"""The report of a run: one file that opens anywhere, prints, needs no script and fetches nothing."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import tuningfork
from tuningfork.evaluation import Judged, purity_completeness
from tuningfork.evaluation.calibration import BINS
from tuningfork.files import html_file, write_atomically
from tuningfork.tasks.reporting import plots
from tuningfork.tasks.reporting.about import counts_of, data_lines, fold_rows, run_tables
from tuningfork.tasks.reporting.mistakes import cards_of, worst_mistakes
from tuningfork.tasks.reporting.numbers import Numbers, numbers_of
from tuningfork.tasks.reporting.reading import Run, as_judged, read_run
from tuningfork.tasks.reporting.seeing import Seen, seen_by
from tuningfork.tasks.thumbnails import Thumbnails

__all__ = ["environment", "report_numbers", "write_report"]

_MISTAKES = 24
_SIDE = 144  # pixels of a thumbnail
_MOST_BYTES = 3_500_000  # of all pictures: the page stays below 5 MB


def report_numbers(run: Run, *, seed: int = 0) -> Numbers:
    """All numbers of a run's report."""
    return numbers_of(run.judged, run.apart, seed=seed)


def write_report(
    run: "Run | Judged | Path | str",
    out: Path | str,
    *,
    collection: Any = None,
    numbers: Numbers | None = None,
    reasons: bool = True,
    plane: str = "tsne",
    seed: int = 0,
) -> Path:
    """Write the report of a run as one HTML file.

    Parameters
    ----------
    run : Run, Judged or path
        A run's folder, what `read_run` made of it, or judged galaxies.
    out : path
        Ends with .html; replaced if it is there.
    collection : Collection, optional
        The galaxies, for pictures, magnitudes and sizes; by default the one that the run names.
    numbers : Numbers, optional
        From `report_numbers` of this run, where they were made already.
    reasons : bool
        Ask the run's network, where it was kept: features in a plane, Grad-CAM of every class.
    plane : {"tsne", "umap", "pca"}
    seed : int
        Of resampling and the plane.

    Returns
    -------
    Path
        ``out``.

    Raises
    ------
    UsageError
        For another ending.
    DataError
        There are no predictions to report on.
    """
    out = html_file(out)
    if isinstance(run, Judged):
        run = as_judged(run, collection)
    elif not isinstance(run, Run):
        run = read_run(run, collection=collection)
    numbers = numbers or report_numbers(run, seed=seed)
    pictures = None
    if run.collection is not None:
        pictures = Thumbnails([run.collection], side=_SIDE, most_bytes=_MOST_BYTES)
    cards, key = cards_of(run, worst_mistakes(run.judged, _MISTAKES), pictures=pictures)
    page = (
        environment()
        .get_template("report.html")
        .render(
            run=run,
            judged=run.judged,
            numbers=numbers,
            lead={line.name: line for line in numbers.headline},
            commonest=run.judged.classes[run.judged.commonest],
            bars={line.name: plots.interval_bar(line) for line in (*numbers.headline, numbers.calibration)},
            shades=_shades(numbers.matrix),
            bins=BINS,
            reliability=plots.reliability_plot(numbers.before, numbers.after, numbers.chosen.temperature),
            curves=_curves(run.judged),
            facts={
                fact: plots.by_fact_plot(rows, _with_unit(fact, run.sources.get(fact, "")))
                for fact, rows in numbers.by_fact.items()
                if len(rows) > 1
            },
            learning=plots.learning_plots(run.metrics),
            data=(data_lines(run), *counts_of(run)),
            folds=fold_rows(run),
            seen=seen_by(run, method=plane, seed=seed) if reasons else Seen(),
            cards=cards,
            wrong=int((~run.judged.right).sum()),
            vectors=key,
            tables=run_tables(run),
            made=datetime.now(UTC).strftime("%d %B %Y"),
            version=tuningfork.__version__,
        )
    )
    write_atomically(out, page)
    return out


def environment() -> Any:
    """Where the pages' templates are; everything that is put into them is escaped."""
    from jinja2 import Environment, PackageLoader

    pages = Environment(
        loader=PackageLoader("tuningfork.tasks.reporting", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"share": _share, "span": _span, "count": lambda n: f"{n:,}"}
    return pages


def _with_unit(fact: str, source: str) -> str:
    """The name of an axis; of measured sizes with the unit, of columns with the column's name."""
    return f"{fact} ({source.removeprefix('column ').rpartition(', ')[2]})" if source else fact


def _share(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}f}" if np.isfinite(value) else "–"


def _span(one: Any, digits: int = 3) -> str:
    """The ends of an interval, "" where it has none."""
    if not (np.isfinite(one.low) and np.isfinite(one.high)):
        return ""
    return f"[{one.low:.{digits}f}, {one.high:.{digits}f}]"


def _shades(matrix: np.ndarray) -> np.ndarray:
    """Each row's shares of a confusion matrix in per cent, for the depth of its colour."""
    return np.round(100 * matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1), 1)


def _curves(judged: Judged) -> str:
    lines = []
    counts = np.bincount(judged.truth, minlength=len(judged.classes))
    for number, k in enumerate(np.argsort(-counts, kind="stable")[:7]):
        _, complete, pure = purity_completeness(judged, int(k))
        if len(complete):
            name = f"{judged.classes[k]} ({counts[k]:,})"
            lines.append(plots.Line(name, complete.tolist(), pure.tolist(), number=number))
    return plots.line_plot(lines, "completeness", "purity", label="Purity against completeness, each class")
