"""Table 7: networks with and without HIWL, and in how many it raises the accuracy."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tuningfork.papers.ma2023 import printed
from tuningfork.papers.ma2023.rows import Desk
from tuningfork.papers.ma2023.tally import accuracy, balanced, recall
from tuningfork.papers.plot import Point, dot_plot

__all__ = ["backbone_picture", "backbone_rows", "verdict"]

_ARMS = ("plain", "plain, long", "plain, from scratch", "HIWL")
# HIWL's lead on the same network: begun alike, having seen as many images, and as the paper seems to have it
LEADS = {
    "plain": "HIWL above plain",
    "plain, long": "HIWL above plain with as many images",
    "plain, from scratch": "HIWL with transfer above plain from scratch",
}


def backbone_rows(desk: Desk) -> Iterator[dict[str, Any]]:
    """Of every network its arms, then by how much HIWL is above each of the others."""
    for network in desk.way.networks:
        for arm in _ARMS:
            tally = desk.tally(network, arm)
            if tally is not None:
                yield _arm(desk, network, arm, tally)
        for arm in LEADS:
            seeds, with_it, without = desk.both(network, "HIWL", arm)
            if seeds:
                yield _lead(desk, network, arm, seeds, with_it, without)


def backbone_picture(rows: Sequence[dict[str, Any]]) -> str | None:
    """Accuracies of each network with and without HIWL."""
    found = {(line["network"], line["arm"]): line for line in rows}
    networks = list(dict.fromkeys(line["network"] for line in rows))
    if not networks:
        return None

    def point(network: str, arm: str) -> Point | None:
        line = found.get((network, arm))
        return Point(0, line["ours"], line["low"], line["high"]) if line else None

    return dot_plot(
        [(network, [point(network, arm) for arm in ("plain", "HIWL")]) for network in networks],
        ("plain", "with HIWL"),
        title="Accuracy with and without HIWL (Ma 2023, table 7)",
        x_label="accuracy on the judged galaxies, with 95 % intervals",
        baseline=("majority", rows[0]["majority"]),
    )


def verdict(desk: Desk, rows: Sequence[dict[str, Any]]) -> list[str]:
    """How many of the paper's networks HIWL raises, and where its gains and losses lie, in words."""
    every = [line for line in rows if line["arm"] == "lead" and line["network"] in printed.BACKBONES]
    notes = []
    for than, called in LEADS.items():
        leads = [line for line in every if line["than"] == than]
        if leads:
            notes.append(_counted(called, leads))
    against_plain = [line for line in every if line["than"] == "plain"]
    if against_plain:
        notes.insert(0, _judgement(against_plain))
        notes.insert(1, _why(desk, [line["network"] for line in against_plain]))
    return notes


def _judgement(leads: Sequence[dict[str, Any]]) -> str:
    raised, made, total = sum(line["ours"] > 0 for line in leads), len(leads), len(printed.BACKBONES)
    sure = sum(line["low"] > 0 for line in leads)
    told = f"HIWL raises {raised} of {made} networks (the paper: {total} of {total})"
    told += f", and in {sure} of them the interval of the difference is above 0"
    if made < total:
        return f"no verdict yet, {made} of {total} networks are made: {told}"
    if raised >= 8:
        return f"as in the paper, at least eight of ten are raised: {told}"
    return f"not as in the paper, fewer than eight of ten are raised: {told}"


def _counted(called: str, leads: Sequence[dict[str, Any]]) -> str:
    higher = [line["network"] for line in leads if line["low"] > 0]
    lower = [line["network"] for line in leads if line["high"] < 0]
    mean = float(np.mean([line["ours"] for line in leads]))
    said = f"{called}: on average {mean:+.4f} over {len(leads)} network{'s' * (len(leads) != 1)}"
    said += f"; the interval is above 0 for {', '.join(higher) or 'none'}"
    return said + f", and below 0 for {', '.join(lower) or 'none'}"


def _why(desk: Desk, networks: Sequence[str]) -> str:
    """Right galaxies won and lost by HIWL, of the merged classes and of the others."""
    (names,) = desk.said.group.values()
    pair = np.isin(np.arange(len(desk.classes)), [desk.classes.index(name) for name in names])
    won = []
    for network in networks:
        _, with_it, without = desk.both(network, "HIWL", "plain")
        of_class = np.diagonal(with_it.plain)[: len(pair)] - np.diagonal(without.plain)[: len(pair)]
        won.append((of_class[pair].sum(), of_class[~pair].sum()))
    (own, others), sizes = np.mean(won, axis=0), with_it.galaxies  # pyright: ignore[reportPossiblyUnbound]
    return (
        f"where it comes from: a run of HIWL has {own:+.1f} right of the {int(sizes[pair].sum())} galaxies "
        f"of {' and '.join(names)}, which are merged and parted, and {others:+.1f} of the "
        f"{int(sizes[~pair].sum())} others"
    )


def _arm(desk: Desk, network: str, arm: str, tally: Any) -> dict[str, Any]:
    papers = printed.BACKBONES.get(network)
    column = {_papers_plain(desk, network): 0, "HIWL": 1}.get(arm)
    begun = "from scratch" if arm == "plain, from scratch" else desk.begun(network)
    rarest = desk.said.galaxies.rarest
    return desk.line(
        f"{network} ({begun}): {_called(arm)}",
        tally.interval(accuracy),
        accuracy,
        paper=papers[column] if papers and column is not None else None,
        balanced=tally.value(balanced(len(desk.classes))),
        **{f"recall of {rarest}": tally.value(recall(desk.classes.index(rarest)))},
        network=network,
        arm=arm,
        start=begun,
        runs=len(desk.said.seeds(network, arm)),
    )


def _called(arm: str) -> str:
    return {"HIWL": "with HIWL", "plain, long": "plain, as many images as HIWL"}.get(arm, arm)


def _papers_plain(desk: Desk, network: str) -> str:
    """The arm that is the paper's plain one: it seems to begin from scratch where HIWL is from ImageNet."""
    return "plain" if desk.way.networks[network].start == "none" else "plain, from scratch"


def _lead(
    desk: Desk, network: str, arm: str, seeds: Sequence[int], with_it: Any, without: Any
) -> dict[str, Any]:
    papers = printed.BACKBONES.get(network)
    truth = desk.said.truth()
    one, other = (desk.said.answers(network, each) for each in ("HIWL", arm))
    gained = np.mean([((one[s] == truth) & (other[s] != truth)).sum() for s in seeds])
    lost = np.mean([((one[s] != truth) & (other[s] == truth)).sum() for s in seeds])
    return desk.line(
        f"{network}: {LEADS[arm]}",
        with_it.above(without, accuracy),
        paper=papers[2] if papers and arm == _papers_plain(desk, network) else None,
        balanced=with_it.value(balanced(len(desk.classes))) - without.value(balanced(len(desk.classes))),
        gained=float(gained),
        lost=float(lost),
        network=network,
        arm="lead",
        than=arm,
        start=desk.begun(network),
        runs=len(seeds),
    )
