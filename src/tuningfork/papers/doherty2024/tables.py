"""Doherty 2024, tables 5 to 26, and two of our own: all schemes by one network, all networks on Q0."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tuningfork.papers.doherty2024.asked import Asked, ask
from tuningfork.papers.doherty2024.printed import is_constant
from tuningfork.papers.doherty2024.settings import BASELINES, Way, cells_of, plan_of, seconds_of, way_named
from tuningfork.papers.doherty2024.table import table_report
from tuningfork.papers.doherty2024.work import Work
from tuningfork.papers.opening import say_hours
from tuningfork.papers.report import Report
from tuningfork.papers.sweep import run_cells

__all__ = ["run"]


def run(
    sources: Sequence[str],
    out: Path,
    *,
    table: str,
    seeds: int = 1,
    settings: str = "cpu",
    cells: int | None = None,
    minutes: float | None = None,
    quiet: bool = False,
) -> Report:
    """Train a network, or several, on yes-or-no labels from votes; every galaxy is judged once a seed.

    Parameters
    ----------
    sources : sequence of str
        One collection with votes of the Galaxy Zoo 2 tree.
    out : Path
        All tables may share it: a cell of two tables is computed once.
    table : str
        As `plan_of`.
    seeds : int
        How often folds are drawn and networks are trained on each.
    settings : str
        A name of `SETTINGS`.
    cells, minutes : optional
        As `run_cells`.

    Raises
    ------
    DataError
        The collection has no votes; a question that it lacks is a remark in the row instead.
    """
    way = way_named(settings)
    plan = plan_of(table, way)
    asked = ask(sources, way, out, quiet=quiet)
    every = list(cells_of(plan, way, asked.keys(), asked.questions(), seeds))
    galaxies = {scheme: int(asked.known(scheme).sum()) for scheme in asked.labels}
    cost = partial(seconds_of, way=way, galaxies=galaxies)
    say_hours(every, cost, quiet=quiet)
    work = Work(way, asked, out, quiet)
    swept = run_cells(
        every,
        work.cell,
        out,
        at_most=cells,
        minutes=minutes,
        cost=cost,
        unsaid=("data", "how"),
        quiet=quiet,
    )
    notes = [*_notes(plan, asked, way), *swept.notes()]
    return table_report(table, plan, swept, asked, way, notes)


def _notes(plan: Sequence[tuple[str, str, tuple[str, ...]]], asked: Asked, way: Way) -> list[str]:
    """What a reader must know before our numbers are held against the paper's."""
    wanted = dict.fromkeys(scheme for _, _, schemes in plan for scheme in schemes)
    told = [f"{scheme} is missing: {why}" for scheme, why in asked.missing.items() if scheme in wanted]
    constant = [
        f"{scheme} of {network}"
        for network, _, schemes in plan
        for scheme in schemes
        if is_constant(network, scheme)
    ]
    if constant:
        told.append(f"the paper's numbers are those of a constant answer: {', '.join(constant)}")
    return [
        *told,
        f"{len(asked.collection):,} galaxies of {asked.collection.name}; the paper judges 20,936 of "
        "Galaxy Zoo 2, so its numbers are no goals",
        *asked.notes,
        "trained: " + "; ".join(dict.fromkeys(way.told(network) for _, network, _ in plan)),
        *way.remarks,
        "majority and paper_majority are what a constant answer scores on our galaxies and on the paper's, "
        "as far as its tables tell; accuracy is Keras's: whether the largest output is the first true label",
        f"baselines are logistic regressions, question by question: lvm_tiny on {BASELINES[0]}, measured on "
        f"{BASELINES[1]}",
        "intervals resample galaxies and seeds; the paper gives one number each",
    ]
