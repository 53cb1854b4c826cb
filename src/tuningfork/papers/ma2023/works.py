"""Tables 8 to 11: HIWL beside what other works print."""

from collections.abc import Iterator
from typing import Any

from tuningfork.papers.ma2023 import printed
from tuningfork.papers.ma2023.rows import METRICS, NOTHING, Desk
from tuningfork.papers.ma2023.tally import accuracy

__all__ = ["ZHU", "accuracy_rows", "per_class_rows", "what_lacks"]

ZHU = "ResNet26 (Zhu 2019)"  # the one work whose network table 7 makes
_OURS = {"HIWL": "HIWL", "plain": "plain network"}


def accuracy_rows(desk: Desk) -> Iterator[dict[str, Any]]:
    """Table 8."""
    for arm, called in _OURS.items():
        for part in ("judged", "choosing"):
            tally = desk.tally(desk.way.main, arm, part=part)
            if tally is not None:
                yield desk.line(
                    f"{called}, on the {part} galaxies",
                    tally.interval(accuracy),
                    accuracy if part == "judged" else None,
                    paper=printed.OVERALL[part] if arm == "HIWL" else None,
                    classes=len(desk.classes),
                    runs=len(desk.said.seeds(desk.way.main, arm)),
                )
    for work, (validation, test, classes) in printed.WORKS.items():
        tally = desk.tally("resnet26", "plain") if work == ZHU else None
        yield desk.line(
            work,
            NOTHING if tally is None else tally.interval(accuracy),
            accuracy if tally is not None else None,
            paper=validation or test,
            classes=classes,
            part="validation" if validation else "test",
            runs=len(desk.said.seeds("resnet26", "plain")) if tally is not None else None,
        )


def per_class_rows(desk: Desk, metric: str) -> Iterator[dict[str, Any]]:
    """Tables 9, 10 and 11: one score of every class."""
    works = printed.WORKS_PER_CLASS[metric]
    ours = {"HIWL": (desk.way.main, "HIWL"), ZHU: ("resnet26", "plain")}
    for work in [*(w for w in works if w != "HIWL"), "HIWL", "plain network"]:
        network, arm = ours.get(work, (desk.way.main, "plain") if work == "plain network" else ("", ""))
        tally = desk.tally(network, arm) if arm else None
        chosen = desk.tally(network, arm, part="choosing") if arm else None
        if tally is None and work not in works:
            continue
        papers: dict[str, float] = dict(zip(printed.CLASSES, works.get(work, ()), strict=False))
        for name in dict.fromkeys([*desk.classes, *papers]):
            called = f"{work}: {metric} of {name}"
            if tally is None or name not in desk.classes:
                if name in papers:
                    yield desk.line(called, NOTHING, paper=papers[name], method=work)
                continue
            kind = desk.classes.index(name)
            yield desk.line(
                called,
                desk.score(tally, metric, kind),
                METRICS[metric](kind),
                paper=papers.get(name),
                choosing=chosen.value(METRICS[metric](kind)) if chosen else None,
                galaxies=int(tally.galaxies[kind]),
                method=work,
                runs=len(desk.said.seeds(network, arm)),
            )


def what_lacks(metric: str | None = None) -> str:
    """Which rows cannot be made, and what that takes."""
    works = printed.WORKS if metric is None else printed.WORKS_PER_CLASS[metric]
    others = [name for name in works if name not in (ZHU, "HIWL")]
    lack = "other networks" if metric else "other networks, classes and catalogues"
    return f"not made, for {lack} that are not at hand: {', '.join(others)}; the paper quotes them, too"
