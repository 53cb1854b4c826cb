"""A small collection with votes of the Galaxy Zoo 2 tree: discs, and discs seen from the side."""

import csv

import cv2
import numpy as np

from tuningfork.collection import Collection, create_collection
from tuningfork.labels.trees import read_tree


def voted(folder, count: int = 40, *, without: str = "") -> Collection:
    """Bars (featured) and discs (smooth), with shares of votes for every question but one. Of the arms of a
    smooth galaxy nobody is asked.
    """
    tree, rng = read_tree("gz2"), np.random.default_rng(3)
    folder.mkdir(parents=True)
    rows = []
    for number in range(count):
        bar = number % 3 == 0
        picture = rng.normal(15, 4, (40, 40, 3)).clip(0, 255).astype(np.uint8)
        axes = (16, 3) if bar else (9, 9)
        cv2.ellipse(picture, (20, 20), axes, rng.uniform(0, 180), 0, 360, (90, 150, 200), -1)
        cv2.imwrite(str(folder / f"g{number:02d}.png"), picture)
        row = {"id": f"g{number:02d}", "file": f"g{number:02d}.png", "total_classifications": 40}
        for step in tree.steps:
            if step.name == without:
                continue
            asked = bar or step.name not in ("t10_arms_winding", "t11_arms_number")
            shares = rng.dirichlet([1.0] * len(step.options))
            shares[0 if bar == (step.name != "t01_smooth_or_features") else 1] += 4
            for option, share in zip(step.options, shares / shares.sum(), strict=True):
                stem = tree.namings[0].stems[f"{step.name}.{option.name}"]
                row[f"{stem}_weighted_fraction"] = f"{share:.4f}" if asked else "0"
        rows.append(row)
    with (folder / "table.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    home = folder.with_name(f"{folder.name}-collection")
    create_collection(folder, home, catalogue=folder / "table.csv", quiet=True)
    return Collection.open(home)
