"""How many planted faults the data doctor finds, and how many galaxies it flags as they come.

Into copies of real galaxies one fault each is planted: a lost column, a trail, a star, a shift, a plateau,
a black half, another compression, crop or turn. All go through `collection create` and `check_collection`,
as a person's would. Galaxies are parted in two by a hash of their name, so that thresholds can be changed by
one half (``--half tune``) and reported by the other (``--half judge``). Galaxies as they come are no perfect
ones: some have the fault, so what is flagged among them is an upper bound of false alarms.

Without survey images (TUNINGFORK_DATA, or ../shared/data) pieces of the Hubble Deep Field are taken.

Example: python benchmarks/fault_rates.py --sets gz1,gz5 --count 100 --json
"""

import argparse
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from tuningfork.collection import Collection, create_collection
from tuningfork.evaluation import wilson
from tuningfork.images import to_display
from tuningfork.tasks.doctor import check_collection
from tuningfork.tasks.doctor.labels import doubtful_labels

SETS = ("gz1", "gz5", "gz2_votes", "decals_rings", "cfhtls_lenses", "legacy_grz", "ps1_lenses")
Plant = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def dark_line(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A black line of 1 to 2 pixels (of 132) across the frame, within an eighth of the middle."""
    return _line(picture, rng, (0, 0, 0), rng.uniform(0, 1 / 8), rng.uniform(1, 2), 1.0)


def bright_line(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A coloured trail of 1 to 4 pixels over 60 to 100 per cent of the frame."""
    colour = [0.0, 0.0, 0.0]
    colour[rng.integers(3)] = float(rng.uniform(70, 255))
    return _line(picture, rng, tuple(colour), rng.uniform(0, 0.35), rng.uniform(1, 4), rng.uniform(0.6, 1.0))


def _line(picture, rng, colour, offset, width, share) -> np.ndarray:
    height, wide = picture.shape[:2]
    side = min(height, wide)
    angle = rng.uniform(0, np.pi)
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    middle = np.array([wide, height]) / 2 + across * offset * side * rng.choice([-1, 1])
    ends = [middle - along * side, middle - along * side + along * side * 2 * share]
    mask = np.zeros((height, wide), np.uint8)
    cv2.line(
        mask,
        *(tuple(int(v) for v in end) for end in ends),
        255,
        max(1, round(width * side / 132)),
        cv2.LINE_AA,
    )
    weight = mask[..., None] / 255.0
    return (
        picture * (1 - weight) + np.maximum(np.array(colour), picture * (sum(colour) > 0)) * weight
    ).astype(np.uint8)


def star(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A star off the middle: its saturated core covers 0.8 to 2.5 per cent, with halo and spikes."""
    height, width = picture.shape[:2]
    side = min(height, width)
    angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(0.25, 0.4) * side
    y, x = np.mgrid[:height, :width].astype(float)
    y -= height / 2 + away * np.sin(angle)
    x -= width / 2 + away * np.cos(angle)
    core = np.sqrt(rng.uniform(0.008, 0.025) / np.pi) * side
    light = 255 * (np.hypot(y, x) / core + 1e-6) ** -2.5
    turn = rng.uniform(0, np.pi / 2)
    for spike in (turn, turn + np.pi / 2):
        off = np.abs(-np.sin(spike) * x + np.cos(spike) * y)
        light += 120 * np.exp(-off / 1.5) * np.exp(-np.hypot(y, x) / (3 * core))
    colour = rng.uniform(0.7, 1.0, 3)
    return np.clip(picture + np.minimum(light, 400)[..., None] * colour, 0, 255).astype(np.uint8)


def shifted(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The galaxy moved by 0.22 to 0.35 sides, what is missing mirrored at the frame."""
    side = min(picture.shape[:2])
    angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(0.22, 0.35) * side
    move = np.array([[1, 0, away * np.cos(angle)], [0, 1, away * np.sin(angle)]])
    return cv2.warpAffine(picture, move, picture.shape[1::-1], borderMode=cv2.BORDER_REFLECT)


def saturated(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The brightest 1.5 to 6 per cent white, as after a wrong stretch or full wells."""
    limit = np.quantile(picture.max(axis=2), 1 - rng.uniform(0.015, 0.06))
    return np.where((picture.max(axis=2) >= limit)[..., None], 255, picture).astype(np.uint8)


def half_black(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A download that broke off: the lower half, or more, is black."""
    out = picture.copy()
    out[int(len(out) * rng.uniform(0.3, 0.5)) :] = 0
    return out


def blank(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One value."""
    return np.full_like(picture, rng.integers(256))


def tiny(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Three to seven pixels."""
    side = int(rng.integers(3, 8))
    return cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)


def compressed(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """JPEG of quality 50 to 90."""
    quality = int(rng.integers(50, 91))
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)


def resized(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Half to three quarters of the size, compressed."""
    factor = rng.uniform(0.5, 0.75)
    return compressed(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), rng)


def cropped(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The inner 65 to 95 per cent, up to 2 per cent off the middle, compressed."""
    height, width = picture.shape[:2]
    share = rng.uniform(0.65, 0.95)
    size = (int(height * share), int(width * share))
    top, left = (
        (n - s) // 2 + int(rng.integers(-0.02 * n - 1, 0.02 * n + 1))
        for n, s in zip((height, width), size, strict=True)
    )
    top, left = max(top, 0), max(left, 0)
    return compressed(picture[top : top + size[0], left : left + size[1]], rng)


def mirrored(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mirrored and turned by a right angle or not, compressed."""
    return compressed(np.ascontiguousarray(np.rot90(picture[:, ::-1], int(rng.integers(4)))), rng)


def turned(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turned by any angle, corners mirrored, compressed."""
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), rng.uniform(10, 350), 1)
    return compressed(cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REFLECT), rng)


PLANTS: dict[str, tuple[str, Plant]] = {
    "black line": ("lines", dark_line),
    "coloured line": ("lines", bright_line),
    "star": ("star", star),
    "shifted": ("off_centre", shifted),
    "saturated": ("saturated", saturated),
    "half black": ("half_black", half_black),
    "blank": ("blank", blank),
    "tiny": ("tiny", tiny),
    "the same file": ("duplicate", lambda picture, rng: picture),
    "compressed anew": ("near_duplicate", compressed),
    "resized": ("near_duplicate", resized),
    "cropped": ("near_duplicate", cropped),
    "mirrored": ("near_duplicate", mirrored),
    "turned": ("near_duplicate", turned),
}


def pictures(name: str, data: Path | None, count: int, half: str, work: Path) -> list[np.ndarray]:
    """Up to ``count`` galaxies of one half of a set, as uint8 pictures, blue first."""
    if data is None:
        return _of_the_deep_field(count, half)
    collection = create_collection(data / name, work / f"{name}-all", quiet=True).collection
    wanted = [
        row
        for row, galaxy in enumerate(collection.ids())
        if hashlib.sha256(str(galaxy).encode()).digest()[0] % 2 == (half == "judge")
    ]
    rows = np.random.default_rng(0).permutation(wanted)[:count]
    return [to_display(pixels, collection.stretch)[..., ::-1] for pixels in collection.pixels(np.sort(rows))]


def _of_the_deep_field(count: int, half: str) -> list[np.ndarray]:
    from skimage.data import hubble_deep_field

    from tuningfork.images import cut_out, find_sources

    field = np.ascontiguousarray(hubble_deep_field()[..., ::-1])
    sources = find_sources(field, min_pixels=60)[half == "judge" :: 2]
    return [cut_out(field, source, least=64) for source in sources[:count]]


def planted(name: str, galaxies: list[np.ndarray], work: Path) -> dict:
    """Found and looked-for counts of every plant, and flags of the galaxies as they come."""
    folder = work / name
    folder.mkdir()
    rng = np.random.default_rng(1)
    for number, picture in enumerate(galaxies):
        cv2.imwrite(str(folder / f"a{number:04d}.png"), picture)
        for kind, (_, plant) in PLANTS.items():
            cv2.imwrite(str(folder / f"b{number:04d}_{kind.replace(' ', '-')}.png"), plant(picture, rng))
    collection = create_collection(folder, work / f"{name}-planted", quiet=True).collection
    began = time.perf_counter()
    report = check_collection(collection, quiet=True)
    seconds = time.perf_counter() - began
    flags: dict[str, set[str]] = {}
    for finding in report.findings:
        flags.setdefault(finding.id, set()).add(finding.kind)
    out: dict = {
        "found": {},
        "as they come": {},
        "galaxies": len(galaxies),
        "per_second": len(collection) / seconds,
    }
    for kind, (flag, _) in PLANTS.items():
        ids = [f"b{number:04d}_{kind.replace(' ', '-')}" for number in range(len(galaxies))]
        out["found"][kind] = (sum(flag in flags.get(galaxy, ()) for galaxy in ids), len(ids))
    for flag in sorted({flag for flag, _ in PLANTS.values()}):
        named = sum(flag in flags.get(f"a{number:04d}", ()) for number in range(len(galaxies)))
        out["as they come"][flag] = (named, len(galaxies))
    return out


def wrong_labels(path: Path, column: str, share: float) -> dict:
    """How many labels that were changed at random are doubted, and how many of those doubted were changed."""
    from tuningfork.embeddings import load_embeddings

    collection = Collection.open(path)
    stored, rng = load_embeddings(collection), np.random.default_rng(2)
    labels = np.array(collection.catalogue([column])[column].to_pylist(), object)
    classes = np.unique(labels)
    changed = rng.random(len(labels)) < share
    given = labels.copy()
    for row in np.flatnonzero(changed):
        given[row] = rng.choice(classes[classes != labels[row]])
    before = {doubt.row for doubt in doubtful_labels(stored.vectors, labels)}
    doubted = {doubt.row for doubt in doubtful_labels(stored.vectors, given)}
    hit = len(doubted & set(np.flatnonzero(changed).tolist()))
    return {
        "found": (hit, int(changed.sum())),
        "of those doubted": (hit, len(doubted)),
        "doubted as they come": (len(before), len(labels)),
    }


def with_interval(counts: tuple[int, int]) -> dict:
    """A share with Wilson's interval."""
    if not counts[1]:
        return {"n": 0}
    interval = wilson(*counts)
    return {
        "k": counts[0],
        "n": counts[1],
        "share": interval.value,
        "low": interval.low,
        "high": interval.high,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--count", type=int, default=60, help="galaxies of each set")
    parser.add_argument("--half", choices=("tune", "judge"), default="judge")
    parser.add_argument("--labels", nargs=2, action="append", metavar=("COLLECTION", "COLUMN"), default=[])
    parser.add_argument("--wrong", type=float, default=0.05, help="share of labels that are changed")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    given = os.environ.get("TUNINGFORK_DATA")
    data = Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "data"
    names, data = (options.sets.split(","), data) if data.is_dir() else (["hubble_deep_field"], None)
    results: dict = {"half": options.half, "sets": {}, "labels": {}}
    with tempfile.TemporaryDirectory() as work:
        for name in filter(None, names):
            galaxies = pictures(name, data, options.count, options.half, Path(work))
            results["sets"][name] = planted(name, galaxies, Path(work))
    for path, column in options.labels:
        results["labels"][Path(path).name] = wrong_labels(Path(path), column, options.wrong)
    for part in ("found", "as they come"):
        kinds = {kind for result in results["sets"].values() for kind in result[part]}
        results[part] = {
            kind: with_interval(
                tuple(np.sum([r[part][kind] for r in results["sets"].values()], axis=0).tolist())
            )
            for kind in sorted(kinds)
        }
    if options.json:
        print(json.dumps(results, indent=1))
        return
    for part in ("found", "as they come"):
        print(part)
        for kind, share in results[part].items():
            per = "  ".join(f"{n} {r[part][kind][0]}/{r[part][kind][1]}" for n, r in results["sets"].items())
            print(f"  {kind:16} {share['share']:.3f} ({share['low']:.3f} to {share['high']:.3f})  {per}")
    for name, result in results["labels"].items():
        print(name, {key: with_interval(value) for key, value in result.items()})


if __name__ == "__main__":
    main()
