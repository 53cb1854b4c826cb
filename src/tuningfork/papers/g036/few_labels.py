"""Tables 7 and 8: SimCLR, autoencoder and from scratch by how many labels there are, on two surveys."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tuningfork.papers.apart import gather
from tuningfork.papers.g036.cells import Work
from tuningfork.papers.g036.printed import PER_CLASS
from tuningfork.papers.g036.settings import SETTINGS, Way, cells_of, seconds_of
from tuningfork.papers.g036.survey import SPLIT, Survey, open_surveys, sort_sources
from tuningfork.papers.g036.table import few_labels_report
from tuningfork.papers.opening import say_hours, settings_named
from tuningfork.papers.report import Report
from tuningfork.papers.sweep import run_cells

__all__ = ["run"]


def run(  # noqa: PLR0913 - the options of the command
    sources: Sequence[str],
    out: Path,
    *,
    label: str = "label",
    split_column: str | None = SPLIT,
    seeds: int = 3,
    settings: str = "cpu",
    cells: int | None = None,
    minutes: float | None = None,
    quiet: bool = False,
) -> Report:
    """Pre-train on some collections, learn from few labels of some surveys.

    Parameters
    ----------
    sources : sequence of str
        Collections to pre-train on, and surveys to judge on as ``NAME=DIR`` or ``NAME=DIR:COLUMN``. The
        paper's numbers stand beside surveys named "sdss" and "decals". Judged galaxies and their twins are
        kept away from the pre-training.
    out : Path
        The table's folder.
    label : str
        Column of classes where a survey names none.
    split_column : str, optional
        Column with "train" and "val", where a survey has it; a quarter of each class is judged on without.
    seeds : int
        Pre-trainings, draws of labels, and trainings of each kind.
    settings : str
        A name of `SETTINGS`.
    cells, minutes : optional
        As `run_cells`.
    """
    from tuningfork.collection import Collection

    way = settings_named(SETTINGS, settings)
    learnt, judged = sort_sources(sources)
    surveys = open_surveys(judged, label, split_column, quiet=quiet)
    pool = gather(
        [Collection.open(path) for path in learnt],
        [(s.collection, s.test) for s in surveys],
        out,
        quiet=quiet,
    )
    work = Work(way, surveys, pool, out, quiet)
    judged_by = [(s.name, s.key(), s.images(PER_CLASS)) for s in surveys]
    plan = list(cells_of(way, judged_by, seeds, pool.key))
    cost = partial(seconds_of, way=way, galaxies=len(pool))
    say_hours(plan, cost, quiet=quiet)
    swept = run_cells(
        plan,
        work.cell,
        out,
        at_most=cells,
        minutes=minutes,
        cost=cost,
        quiet=quiet,
    )
    notes = [
        *(note for survey in surveys for note in survey.notes),
        *(note for survey in surveys for note in _left_out(survey)),
        pool.note(),
        *_differences(way, len(pool), surveys),
        *swept.notes(),
    ]
    return few_labels_report(swept, surveys, notes)


def _left_out(survey: Survey) -> list[str]:
    missing = [n for n in PER_CLASS if n not in survey.images(PER_CLASS)]
    return [f"{survey.name}: {n} per class is left out, most classes have fewer" for n in missing]


def _differences(way: Way, galaxies: int, surveys: Sequence[Survey]) -> list[str]:
    """What a reader must know before our numbers are held against the paper's."""
    classes = ", ".join(f"{len(s.classes)} on {s.name} ({', '.join(s.classes)})" for s in surveys)
    network, learning = way.tuning.network.removeprefix("timm:"), way.learning("simclr")
    return [
        f"classes: {classes}; the paper has the ten of Galaxy10 on each survey, so its numbers are no goals",
        f"network: {network} at {way.tuning.size} pixels; the paper: ResNet-18, images of 128, crops of 96",
        f"pre-training: {galaxies:,} galaxies, {learning.epochs} epochs at most, batches of "
        f"{learning.batch}; the paper: 51,000 galaxies, 60 epochs at most, batches of 8",
        "fine-tuning trains every layer and one linear layer behind them, as the paper does; 'frozen' is a "
        "linear probe on the network as it stands, which its tables do not have",
        f"length: {way.told()}; the paper: at most 200 epochs, stopped early by the macro-F1 of a tenth",
        "all methods are judged on the same test galaxies, which choose nothing; intervals resample these "
        "and the seeds. The paper gives one number each, without intervals",
    ]
