"""Small labelled collections of made galaxies: discs, and discs seen from the side."""

import cv2
import numpy as np
import pytest

from tuningfork.collection import Collection, create_collection

KINDS = ("edge-on", "round")


@pytest.fixture(scope="session")
def skies(tmp_path_factory):
    """Folders of two collections: "survey" (32, labelled and split) and "pool" (24, two of them judged)."""
    root, rng = tmp_path_factory.mktemp("skies"), np.random.default_rng(0)
    survey = [_galaxy(rng, edge_on=n % 2 == 0) for n in range(32)]
    pool = [_galaxy(rng, edge_on=rng.random() < 0.5) for _ in range(24)]
    pool[3] = survey[30]  # the same file
    pool[4] = np.rot90(survey[31]).copy()  # the same galaxy, turned
    labels = [
        {"label": KINDS[n % 2], "part": "val" if n >= 24 else "train", "ring": str(n % 2)} for n in range(32)
    ]
    return {
        "survey": _collection(root, "survey", survey, labels),
        "pool": _collection(root, "pool", pool, [{} for _ in pool]),
    }


@pytest.fixture
def survey(skies):
    return Collection.open(skies["survey"])


def _galaxy(rng, *, edge_on: bool) -> np.ndarray:
    y, x = np.mgrid[-1:1:48j, -1:1:48j]
    turn, q = rng.uniform(0, np.pi), 0.25 if edge_on else 1.0
    u, v = x * np.cos(turn) + y * np.sin(turn), (y * np.cos(turn) - x * np.sin(turn)) / q
    disc = 200 * np.exp(-np.hypot(u, v) / 0.2)[..., None] * rng.uniform(0.5, 1, 3)
    for _ in range(6):  # knots, by which a galaxy is known again
        a, b = rng.uniform(-0.5, 0.5, 2)
        disc += 90 * np.exp(-np.hypot(x - a, y - b) / 0.05)[..., None]
    return (disc + rng.normal(8, 2, (48, 48, 3))).clip(0, 255).astype(np.uint8)


def _collection(root, name, pictures, facts):
    folder = root / f"{name}-pictures"
    folder.mkdir()
    lines = [",".join(["id", "file", *facts[0]])]
    for number, (picture, fact) in enumerate(zip(pictures, facts, strict=True)):
        cv2.imwrite(str(folder / f"{number}.png"), picture)
        lines.append(",".join([f"{name}{number}", f"{number}.png", *fact.values()]))
    (folder / "catalogue.csv").write_text("\n".join(lines))
    create_collection(folder, root / name, catalogue=folder / "catalogue.csv", quiet=True)
    return root / name
