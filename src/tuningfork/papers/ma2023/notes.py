"""What a reader must know before our numbers are held against the paper's."""

import numpy as np

from tuningfork.papers.ma2023.rows import Desk
from tuningfork.papers.ma2023.settings import ARMS

__all__ = ["constant_arms", "notes_of"]

_OWN = {
    "table3": [
        "cells are shares of the true class, so that sets of different sizes can be compared; 'galaxies' are "
        "counts a run, 'papers_galaxies' those of its one run. The paper's CSS had 58 test galaxies"
    ],
    "table4": [
        "the paper's precision of CSS, 0.7855, is 41/52 = 0.7885 by its own table 3; its 'EPI' is SPI",
        "precision and F1 are of the runs' confusion matrices added up",
    ],
    "table5": ["SLWSLM: one stage of all classes, drawn equally often, labels smoothed"],
    "table6": ["HMWS: both stages without smoothed labels"],
    "table7": [
        "the paper explains ViT's rise by the transfer from ImageNet that comes with HIWL there, so its "
        "plain networks seem to begin from scratch. Ours begin alike; where that is from ImageNet, 'plain, "
        "from scratch' stands beside, and the paper's difference beside the one with transfer",
        "'gained' and 'lost': judged galaxies a run that only HIWL, or only the other, has right",
        "the paper speaks of 11 networks and prints ten; its numbers are means of 10 runs without intervals",
    ],
}
_BESIDE = [
    "the paper compares on validation galaxies, which chose its passes; 'ours' is of galaxies that chose "
    "nothing, 'choosing' of those that did"
]
_LITERATURE = [
    "other works' numbers are of their own galaxies and classes; ResNet26 is the one that is made here"
]


def notes_of(table: str, desk: Desk, counts: tuple[int, int], proposed: str) -> list[str]:
    """The notes of a table; ``counts`` are the galaxies of both stages to learn from."""
    way, main = desk.way, desk.way.networks[desk.way.main]
    settings = way.settings
    size = main.instead.get("size", settings.size)
    one, two = (min(round(p * n), m) for p, n, m in zip(way.passes, counts, way.most, strict=True))
    found = [*_OWN.get(table, []), *([] if table in _OWN else _LITERATURE)]
    found += _BESIDE if table in ("table9", "table10", "table11") else []
    (names,) = desk.said.group.values()
    merged = f"{' and '.join(names)} are merged in stage one and parted in stage two"
    found.append(proposed or merged)
    found.append(
        f"length: {one:,} images in stage one and of a network alone, {two:,} in stage two; the paper: "
        "123 and 96 passes through 23,031 and 3,584 galaxies. Stage two comes on top of what a plain one sees"
    )
    found.append(
        f"{settings.optimiser}, batches of {settings.batch}; views and smoothing (0.05) are the paper's, "
        "which has SGD with 0.005 and batches of 24"
    )
    if table == "table7":
        found.append(f"pictures of {settings.size} pixels, others: {_others(desk)}; the paper: 240, or 224")
        remarks = [f"{name}: {n.remark}" for name, n in way.networks.items() if n.remark]
        found += [f"other networks than the paper's: {'; '.join(remarks)}"] if remarks else []
    else:
        found.append(
            f"network: {main.backbone}, {desk.begun(way.main)}, at {size} pixels; the paper: EfficientNet-B1 "
            "from ImageNet at 240"
        )
    if desk.lacking:
        found.append(f"from scratch, for ImageNet weights were not to be had: {', '.join(desk.lacking)}")
    found += constant_arms(desk)
    found.append(
        "intervals (95 %) resample judged galaxies and runs together; the parts stay the same. "
        "The paper has none, and one run where it is not table 7"
    )
    return found


def constant_arms(desk: Desk) -> list[str]:
    """Arms of which a run calls all judged galaxies the same: their accuracy is a majority line."""
    found = [
        f"{network} {arm}"
        for network in desk.way.networks
        for arm in ARMS
        if any(len(np.unique(said)) == 1 for said in desk.said.answers(network, arm).values())
    ]
    return [f"calls all galaxies the same in a run or more: {', '.join(found)}"] if found else []


def _others(desk: Desk) -> str:
    usual = desk.way.settings.size
    found = [
        f"{name} {network.instead['size']}"
        for name, network in desk.way.networks.items()
        if network.instead.get("size", usual) != usual
    ]
    return ", ".join(found) or "none"
