"""Tables 3 to 6: one network with HIWL, whole and with a part of it taken away."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tuningfork.evaluation.intervals import Interval, bootstrap_draws
from tuningfork.papers.ma2023 import printed
from tuningfork.papers.ma2023.rows import METRICS, Desk
from tuningfork.papers.ma2023.said import Combination
from tuningfork.papers.ma2023.tally import Tally, accuracy, average, cell, recall

__all__ = ["ablation_rows", "confusion_rows", "per_class_rows"]

Rows = Iterator[dict[str, Any]]
_PAPERS_TEST = sum(map(sum, printed.CONFUSION))


def confusion_rows(desk: Desk) -> Rows:
    """Table 3, the plain network's matrix, the stages alone, and every combination of their passes."""
    main = desk.way.main
    for arm in ("HIWL", "plain"):
        tally = desk.tally(main, arm)
        if tally is None:
            continue
        papers = printed.OVERALL["judged"] if arm == "HIWL" else None
        right = tally.interval(accuracy)
        yield desk.line(f"{arm}: accuracy", right, accuracy, paper=papers, arm=arm, runs=_runs(desk, arm))
        for true in range(len(desk.classes)):
            for said in range(len(desk.classes)):
                yield _cell(desk, arm, tally, true, said)
    yield from _stages(desk)
    yield from _combined(desk)


def per_class_rows(desk: Desk) -> Rows:
    """Table 4, and the same of the plain network."""
    for arm in ("HIWL", "plain"):
        tally = desk.tally(desk.way.main, arm)
        if tally is None:
            continue
        for place, (metric, one) in enumerate(METRICS.items()):
            for kind, name in enumerate(desk.classes):
                papers = printed.PER_CLASS.get(name) if arm == "HIWL" else None
                yield desk.line(
                    f"{arm}: {metric} of {name}",
                    desk.score(tally, metric, kind),
                    one(kind),
                    paper=papers and papers[place],
                    arm=arm,
                    metric=metric,
                    galaxies=int(tally.galaxies[kind]),
                    runs=_runs(desk, arm),
                )
            mean = average(one, len(desk.classes))
            papers = printed.PER_CLASS["Avg"][place] if arm == "HIWL" else None
            yield desk.line(
                f"{arm}: {metric}, mean of classes",
                tally.interval(mean),
                mean,
                paper=papers,
                arm=arm,
                metric=metric,
                galaxies=int(tally.galaxies.sum()),
                runs=_runs(desk, arm),
            )


def ablation_rows(desk: Desk, without: str) -> Rows:
    """Tables 5 and 6: HIWL, HIWL without a part, the plain network, and HIWL's lead on the second."""
    whole = printed.ABLATIONS["HIWL"]
    for arm in ("HIWL", without, "plain"):
        tally = desk.tally(desk.way.main, arm)
        if tally is not None:
            papers = printed.ABLATIONS.get(arm, {})
            for name, metric, ours in _scores(desk, tally):
                yield desk.line(
                    f"{arm}: {_called(name)}",
                    ours,
                    metric,
                    paper=papers.get(name),
                    arm=arm,
                    runs=_runs(desk, arm),
                )
    seeds, one, other = desk.both(desk.way.main, "HIWL", without)
    for name, metric, _ in _scores(desk, one) if seeds else ():
        papers = printed.ABLATIONS[without]
        lead = whole[name] - papers[name] if name in whole else None
        yield desk.line(
            f"HIWL above {without}: {_called(name)}",
            one.above(other, metric),
            paper=lead,
            arm="lead",
            runs=len(seeds),
        )


def _scores(desk: Desk, tally: Tally) -> Iterator[tuple[str, Callable[[np.ndarray], Any], Interval]]:
    for kind, name in enumerate(desk.classes):
        yield name, recall(kind), tally.share(kind, kind)
    mean = average(recall, len(desk.classes))
    yield "balanced accuracy", mean, tally.interval(mean)
    yield "accuracy", accuracy, tally.interval(accuracy)


def _called(name: str) -> str:
    return name if "accuracy" in name else f"recall of {name}"


def _runs(desk: Desk, arm: str) -> int:
    return len(desk.said.seeds(desk.way.main, arm))


def _cell(desk: Desk, arm: str, tally: Tally, true: int, said: int) -> dict[str, Any]:
    """A cell as a share of its true class, which sets of different sizes have in common."""
    metric, names = cell(true, said), (desk.classes[true], desk.classes[said])
    papers = None
    if arm == "HIWL" and set(names) <= set(printed.CLASSES):
        counts = printed.CONFUSION[printed.CLASSES.index(names[0])]
        papers = counts[printed.CLASSES.index(names[1])]
    return desk.line(
        f"{arm}: {names[0]} called {names[1]}",
        tally.share(true, said),
        metric,
        paper=None if papers is None else papers / sum(counts),  # pyright: ignore[reportPossiblyUnbound]
        arm=arm,
        galaxies=float(tally.plain[true, said]),
        papers_galaxies=papers,
        runs=_runs(desk, arm),
    )


def _stages(desk: Desk) -> Rows:
    """What each stage alone scores on the choosing galaxies, which chose its passes."""
    for number, training in (("first", "stage one"), ("second", "stage two")):
        right = desk.said.right_of_stage(desk.way.main, training)
        if len(right):
            yield desk.line(
                f"{training} alone, best pass, on the choosing galaxies",
                bootstrap_draws(right.astype(float)),
                paper=printed.PASSES[number][0],
                arm=training,
                runs=len(right),
            )
    tally = desk.tally(desk.way.main, "HIWL", part="choosing")
    if tally is not None:
        yield desk.line(
            "HIWL on the choosing galaxies",
            tally.interval(accuracy),
            paper=printed.OVERALL["choosing"],
            arm="HIWL",
            runs=_runs(desk, "HIWL"),
        )


def _combined(desk: Desk) -> Rows:
    """The combinations of passes: accuracy where they judge, and where they were chosen."""
    of_picks: dict[tuple[int, ...], list[Combination]] = {}
    for seed in desk.said.seeds(desk.way.main, "HIWL"):
        for found in desk.said.combinations(desk.way.main, "HIWL", seed):
            of_picks.setdefault(found.picks, []).append(found)
    for picks, found in of_picks.items():
        stack = np.stack([each.judged for each in found])
        tally = Tally.of(desk.said.truth(), stack, len(desk.classes))
        one, two = (pick + 1 for pick in picks)
        yield desk.line(
            f"passes {one} of stage one and {two} of stage two",
            tally.interval(accuracy),
            accuracy,
            arm="combination",
            choosing=float(np.mean([each.choosing for each in found])),
            chosen=sum(each.chosen for each in found),
            runs=len(found),
        )
