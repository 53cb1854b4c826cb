"""Accuracy against core-minutes of training: our recipes beside networks from scratch, on one collection.

Trains our recipes `lvm` and `lite` with their small twins, and ResNet18 and EfficientNet-B1 from random
numbers, on the training part of a labelled collection, one after another, each with every seed. A curve's
points are the passes: seconds of learning so far times threads, and the scores on the part `val`; judging and
start are not in the seconds.
Leaves cost.csv, cost.svg and the run folders in --out. Ended in any way, the same command goes on.

Example: python benchmarks/training_cost.py galaxies --label label --split-column split --out cost
"""

import argparse
import csv
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import torch

from tuningfork.collection import Collection
from tuningfork.files import write_atomically
from tuningfork.svg import GRID, QUIET, WIDTH, Scale, document, line, mark, text
from tuningfork.tasks.morphology.recipes import RECIPES, Recipe
from tuningfork.tasks.morphology.training import train_morphology
from tuningfork.training.run_folder import read_metrics

SCORES = {"held_out_accuracy": "accuracy", "held_out_balanced_accuracy": "balanced accuracy"}
SCRATCH = {"start": "none", "head_epochs": 0.0, "rate": 1e-3}
WAYS: dict[str, Recipe] = {
    "lvm-cpu": RECIPES["lvm-cpu"],
    "lvm": RECIPES["lvm"],
    "lite-cpu": RECIPES["lite-cpu"],
    "lite": RECIPES["lite"],
    "resnet18 from scratch": RECIPES["lvm"].changed(backbone="resnet18", **SCRATCH),
    "efficientnet-b1 from scratch": RECIPES["lvm"].changed(backbone="efficientnet-b1", **SCRATCH),
}
Curve = list[tuple[float, dict[str, float]]]


def curve_of(run: Path, galaxies: int, threads: int) -> Curve:
    """Core-minutes and scores after every pass; those of the last layer alone count."""
    spent, found = 0.0, []
    for row in read_metrics(run / "metrics.csv"):
        spent += galaxies / float(row["images_per_second"]) * threads / 60
        found.append((spent, {told: float(row[name]) for name, told in SCORES.items() if row.get(name)}))
    return found


def to_reach(curve: Curve, share: float) -> float | None:
    """Core-minutes until the accuracy first is so large."""
    return next((spent for spent, told in curve if told.get("accuracy", 0) >= share), None)


def row_of(name: str, seed: int, run: Path, curve: Curve) -> dict[str, object]:
    judged = json.loads((run / "metrics.json").read_text())["judged"]
    part = "test" if "test" in judged else "val"
    row: dict[str, object] = {"way": name, "seed": seed, "core_minutes": round(curve[-1][0], 2), "part": part}
    for score in SCORES.values():
        n = judged[part][score]
        row |= {score: n["value"], f"{score} low": n["low"], f"{score} high": n["high"]}
    row["majority"] = judged[part]["accuracy"]["majority"]
    row |= {f"core_minutes to {share:g}": to_reach(curve, share) for share in (0.85, 0.9)}
    return row


def drawn(curves: dict[str, list[Curve]], majority: float, title: str) -> str:
    """Both scores over core-minutes, one panel below the other; a line for every seed."""
    longest = max(curve[-1][0] for every in curves.values() for curve in every)
    across, parts, top = Scale.over([0.0, longest], 60, WIDTH - 20), [], 70.0
    x = 16.0
    for number, name in enumerate(curves):
        parts += [mark(x + 5, 42, number), text(x + 15, 46, name)]
        x += 40 + 6.6 * len(name)
    for score in SCORES.values():
        values = [
            told[score] for every in curves.values() for curve in every for _, told in curve if score in told
        ]
        up = Scale.over([*values, 1.0, *([majority] if score == "accuracy" else [])], top + 260, top + 20)
        parts.append(text(16, top + 8, f"{score} on val", ink=QUIET))
        for tick in up.ticks:
            parts += [
                line(60, up(tick), WIDTH - 20, up(tick), GRID),
                text(52, up(tick) + 4, up.shown(tick), anchor="end"),
            ]
        if score == "accuracy":
            parts.append(line(60, up(majority), WIDTH - 20, up(majority), QUIET, dash="5 4"))
            parts.append(text(WIDTH - 20, up(majority) - 5, "always the commonest", anchor="end", ink=QUIET))
        for number, every in enumerate(curves.values()):
            for curve in every:
                points = [(across(spent), up(told[score])) for spent, told in curve if score in told]
                parts += [line(*one, *two, "#888888", width=0.8) for one, two in pairwise(points)]
                parts += [mark(a, b, number) for a, b in points]
        top += 290
    for tick in across.ticks:
        parts.append(text(across(tick), top - 8, across.shown(tick), anchor="middle"))
    parts += [
        text(WIDTH / 2, top + 14, "core-minutes of training", anchor="middle"),
        text(16, 24, title, size=16),
    ]
    return document(WIDTH, top + 30, parts)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("collection", type=Path)
    ask.add_argument("--label", required=True)
    ask.add_argument("--split-column")
    ask.add_argument("--out", type=Path, required=True)
    ask.add_argument("--seeds", type=int, default=1)
    ask.add_argument("--ways", help="of: " + ", ".join(WAYS), default=",".join(WAYS))
    ask.add_argument("--passes", type=float, help="instead of the recipes' own, to try the command")
    ask.add_argument("--backbone", help="of all ways instead, to try the command")
    ask.add_argument("--size", type=int, help="side of what networks see, instead of the recipes' own")
    ask.add_argument("--threads", type=int, default=torch.get_num_threads())
    given = ask.parse_args()
    torch.set_num_threads(given.threads)
    collection = Collection.open(given.collection)
    names = [name.strip() for name in given.ways.split(",")]
    unknown = [name for name in names if name not in WAYS]
    if unknown:
        ask.error(f"no way '{unknown[0]}'; there are {', '.join(WAYS)}")
    curves: dict[str, list[Curve]] = {name: [] for name in names}
    rows = []
    for seed in range(given.seeds):
        for name in names:
            recipe = WAYS[name].changed(
                epochs=given.passes,
                size=given.size,
                seed=seed,
                backbone=given.backbone,
                start=given.backbone and "none",
            )
            if given.passes and recipe.head_epochs:
                recipe = replace(recipe, head_epochs=min(recipe.head_epochs, given.passes))
            run = given.out / f"{name.replace(' ', '-')}-{seed}"
            if not (run / "DONE").exists():
                print(f"{name}, seed {seed}", flush=True)
                train_morphology(
                    collection, given.label, recipe, run, split_column=given.split_column, quiet=True
                )
            galaxies = json.loads((run / "metrics.json").read_text())["parts"]["train"]
            curves[name].append(curve_of(run, galaxies, given.threads))
            rows.append(row_of(name, seed, run, curves[name][-1]))
    with (given.out / "cost.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    title = f"What accuracy costs on {collection.name}, {given.threads} thread{'s' * (given.threads > 1)}"
    majority = float(rows[0]["majority"])  # pyright: ignore[reportArgumentType]
    write_atomically(given.out / "cost.svg", drawn(curves, majority, title))
    print(f"{'way':30} seed  core-min  part  accuracy               balanced               majority")
    for row in rows:
        told = "  ".join(
            f"{row[s]:.3f} ({row[f'{s} low']:.3f}-{row[f'{s} high']:.3f})" for s in SCORES.values()
        )
        way, spent = f"{row['way']:30} {row['seed']:4}", f"{row['core_minutes']:8}  {row['part']:4}"
        print(f"{way}  {spent}  {told}  {row['majority']:.3f}")


if __name__ == "__main__":
    main()
