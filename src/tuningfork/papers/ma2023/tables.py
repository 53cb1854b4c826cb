"""Tables 3 to 11: which trainings each needs, and how it is made of them. All may share one folder."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from tuningfork.errors import DataError, WeightsError
from tuningfork.papers.ma2023 import many_networks, one_network, works
from tuningfork.papers.ma2023.cells import Work
from tuningfork.papers.ma2023.galaxies import merged_pair, open_galaxies
from tuningfork.papers.ma2023.notes import notes_of
from tuningfork.papers.ma2023.rows import Desk
from tuningfork.papers.ma2023.said import Said
from tuningfork.papers.ma2023.settings import SETTINGS, Way, cells_of, seconds_of
from tuningfork.papers.opening import only_one, say_hours, settings_named
from tuningfork.papers.report import Report
from tuningfork.papers.sweep import Swept, run_cells

__all__ = ["at_hand", "run"]

_TITLES = {
    "table3": "What HIWL calls the galaxies of each class, as shares of the class (Ma 2023, table 3)",
    "table4": "Recall, precision and F1 of each class (Ma 2023, table 4)",
    "table5": "HIWL against one stage, weighted and smoothed (SLWSLM; Ma 2023, table 5)",
    "table6": "HIWL against HIWL without smoothed labels (HMWS; Ma 2023, table 6)",
    "table7": "Networks with and without HIWL (Ma 2023, table 7)",
    "table8": "HIWL beside the accuracies of other works (Ma 2023, table 8)",
    "table9": "Recall beside other works (Ma 2023, table 9)",
    "table10": "Precision beside other works (Ma 2023, table 10)",
    "table11": "F1 beside other works (Ma 2023, table 11)",
}
_METRICS = {"table9": "recall", "table10": "precision", "table11": "F1"}
_ROWS: dict[str, Callable[[Desk], list[dict]]] = {
    "table3": lambda desk: list(one_network.confusion_rows(desk)),
    "table4": lambda desk: list(one_network.per_class_rows(desk)),
    "table5": lambda desk: list(one_network.ablation_rows(desk, "SLWSLM")),
    "table6": lambda desk: list(one_network.ablation_rows(desk, "HMWS")),
    "table7": lambda desk: list(many_networks.backbone_rows(desk)),
    "table8": lambda desk: list(works.accuracy_rows(desk)),
    **{
        table: partial(lambda metric, desk: list(works.per_class_rows(desk, metric)), metric)
        for table, metric in _METRICS.items()
    },
}


def run(  # noqa: PLR0913 - the options of the command
    sources: Sequence[str],
    out: Path,
    *,
    table: str,
    label: str,
    split_column: str | None = None,
    hiwl: str | None = None,
    seeds: int = 3,
    settings: str = "cpu",
    cells: int | None = None,
    minutes: float | None = None,
    quiet: bool = False,
) -> Report:
    """Make one of the tables; trainings that another table in the same folder had made are taken from there.

    Parameters
    ----------
    sources : sequence of str
        One labelled collection.
    out : Path
        The folder of all tables.
    table : str
        "table3" to "table11".
    label, split_column : str
        Its columns of classes and of parts; see `open_galaxies`.
    hiwl : str, optional
        Classes to merge, as "A+B", or "auto"; the paper's by default.
    seeds : int
        Trainings of each kind.
    settings : str
        A name of `SETTINGS`.
    cells, minutes : optional
        As `run_cells`.

    Raises
    ------
    UsageError
        Not one collection, or classes that cannot be merged.
    UnknownNameError
        There are no such settings, or no such column.
    DataError
        The labels cannot be learnt from, or one of the two classes that the paper merges is lacking.
    """
    asked = settings_named(SETTINGS, settings)
    galaxies = open_galaxies(only_one(sources), label, split_column, out, quiet=quiet)
    group = merged_pair(hiwl, galaxies.classes)
    way, lacking = at_hand(asked, {network for network, _ in _wanted(table, asked)})
    wanted = _wanted(table, way)
    work = Work(way, galaxies, group or {}, out, quiet)
    how = {"minutes": minutes, "quiet": quiet}
    proposed = ""
    if group is None:
        swept = _swept(work, [(way.main, "plain")], 1, cells, how)
        if not swept.done:
            notes = ("a plain network comes first, which says what to merge",)
            return Report(_TITLES[table], [], notes)
        group, proposed = _confused(work, swept)
        work = replace(work, group=group)
    left = None if cells is None else max(0, cells - len(work.trained))
    swept = _swept(work, wanted, seeds, left, how)
    desk = Desk(Said.of(swept, galaxies, group), way, lacking)
    rows = _ROWS[table](desk)
    pictures, said = {}, []
    if table == "table7":
        drawn, said = many_networks.backbone_picture(rows), many_networks.verdict(desk, rows)
        pictures = {"table7.svg": drawn} if drawn else {}
    elif table not in ("table3", "table4", "table5", "table6"):
        said = [works.what_lacks(_METRICS.get(table))]
    notes = [*said, *galaxies.notes, *notes_of(table, desk, work.counts, proposed), *swept.notes()]
    return Report(_TITLES[table], rows, tuple(notes), pictures)


def _wanted(table: str, way: Way) -> list[tuple[str, str]]:
    """Networks and arms of a table, in the order in which they are made: quick networks first."""
    main = [(way.main, "plain"), (way.main, "HIWL")]
    further = {"table5": [(way.main, "SLWSLM")], "table6": [(way.main, "HMWS")]}
    if table != "table7":
        others = [("resnet26", "plain")] if table in ("table8", *_METRICS) else []
        return [*main, *further.get(table, []), *others]
    found = []
    for name in sorted(way.networks, key=lambda name: -way.networks[name].speed):
        network = way.networks[name]
        found += [(name, "plain"), (name, "HIWL")]
        found += [(name, "plain, long")] if network.speed >= way.cheap else []
        found += [(name, "plain, from scratch")] if network.start != "none" else []
    return found


def _swept(
    work: Work, wanted: Sequence[tuple[str, str]], seeds: int, at_most: int | None, how: dict
) -> Swept:
    data = {"data": work.galaxies.key, "merged": "+".join(*work.group.values()) if work.group else ""}
    plan = list(cells_of(work.way, wanted, work.counts, seeds, **data))
    cost = partial(
        seconds_of, way=work.way, looked_at=len(work.galaxies.choosing) + len(work.galaxies.judged)
    )
    say_hours(plan, cost, quiet=how["quiet"])
    return run_cells(plan, work.cell, work.out, cost=cost, at_most=at_most, unsaid=("data", "learnt"), **how)


def at_hand(way: Way, names: set[str]) -> tuple[Way, list[str]]:
    """The way with networks from scratch whose ImageNet weights cannot be had, and which these are."""
    from tuningfork.encoders import load_encoder
    from tuningfork.tasks.morphology.backbones import backbone_named, imagenet_start

    networks, lacking = dict(way.networks), []
    for name in sorted(names):
        network = networks[name]
        if network.start != "imagenet":
            continue
        try:
            load_encoder(imagenet_start(backbone_named(network.backbone).network))
        except WeightsError:
            networks[name] = replace(network, start="none")
            lacking.append(name)
    return replace(way, networks=networks), lacking


def _confused(work: Work, swept: Swept) -> tuple[dict[str, tuple[str, ...]], str]:
    """The two classes that the plain network confuses most on the choosing galaxies."""
    import numpy as np

    from tuningfork.tasks.morphology.hiwl import propose_groups

    galaxies = work.galaxies
    said = Said.of(swept, galaxies, {}).answers(work.way.main, "plain", "choosing")[0]
    names = np.array([*galaxies.classes, ""], dtype=object)
    group = propose_groups(galaxies.texts(galaxies.choosing), names[said], galaxies.classes)
    if not group:
        raise DataError(
            "the plain network confused no two classes of the choosing galaxies",
            remedy="Say what to merge: --hiwl A+B",
        )
    (pair,) = group.values()
    return group, f"{' and '.join(pair)} are merged: a plain {work.way.main} confuses them most"
