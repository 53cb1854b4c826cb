"""How many faults planted in the flux of FITS stamps the data doctor finds, and what it flags as they come.

Beside `fault_rates.py`, which plants in pictures: here the fault is added to linear flux, before any stretch,
and the stamp is judged with the stretch of its collection.

Example: python benchmarks/flux_faults.py legacy_grz ps1_lenses
"""

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from tuningfork.collection import create_collection
from tuningfork.evaluation import wilson
from tuningfork.images.flaws import pixel_flaws

Plant = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def trail(flux: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A line across the frame, 2 pixels of 132 wide, in one band, as bright as the brightest 1 per cent."""
    height, width = flux.shape[:2]
    side, angle = min(height, width), rng.uniform(0, np.pi)
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    middle = np.array([width, height]) / 2 + across * rng.uniform(0.15, 0.35) * side * rng.choice([-1, 1])
    ends = [tuple(int(v) for v in middle + sign * 2 * side * along) for sign in (-1, 1)]
    mask = cv2.line(
        np.zeros((height, width), np.uint8), *ends, 255, max(1, round(2 * side / 132)), cv2.LINE_AA
    )
    out = flux.copy()
    out[..., rng.integers(flux.shape[2])] += mask / np.float32(255) * np.quantile(flux, 0.99)
    return out


def lost_column(flux: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Zeros in 1.5 columns of 132, within an eighth of the middle."""
    width = flux.shape[1]
    start = width // 2 + int(rng.integers(-width // 8, width // 8))
    out = flux.copy()
    out[:, start : start + max(1, round(1.5 * width / 132))] = 0
    return out


def star(flux: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A star off the middle; on 0.8 to 2.5 per cent of the frame it outshines the brightest of the galaxy."""
    height, width = flux.shape[:2]
    side, angle = min(height, width), rng.uniform(0, 2 * np.pi)
    away = rng.uniform(0.25, 0.4) * side
    y, x = np.mgrid[:height, :width].astype(float)
    off = np.hypot(y - height / 2 - away * np.sin(angle), x - width / 2 - away * np.cos(angle))
    core = np.sqrt(rng.uniform(0.008, 0.025) / np.pi) * side
    light = 1.2 * np.quantile(flux, 0.9995) * np.minimum((off / core + 1e-6) ** -2.5, 100)
    return (flux + light[..., None] * rng.uniform(0.7, 1, flux.shape[2])).astype(np.float32)


def shifted(flux: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The galaxy moved by 0.22 to 0.35 sides, what is missing mirrored at the frame."""
    height, width = flux.shape[:2]
    angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(0.22, 0.35) * min(height, width)
    move = np.array([[1, 0, away * np.cos(angle)], [0, 1, away * np.sin(angle)]])
    bands = [np.ascontiguousarray(band) for band in np.moveaxis(flux, 2, 0)]
    return np.dstack([cv2.warpAffine(b, move, (width, height), borderMode=cv2.BORDER_REFLECT) for b in bands])


def plateau(flux: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The brightest 1.5 to 6 per cent of every band cut off."""
    return np.minimum(flux, np.quantile(flux, 1 - rng.uniform(0.015, 0.06), axis=(0, 1)))


def half_black(flux: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The lower half, or more, without data."""
    out = flux.copy()
    out[int(len(out) * rng.uniform(0.3, 0.5)) :] = 0
    return out


def band_missing(flux: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One band without data on a fifth to all of the frame."""
    out = flux.copy()
    out[: int(len(out) * rng.uniform(0.2, 1)), :, rng.integers(flux.shape[2])] = 0
    return out


PLANTS: dict[str, tuple[str, Plant]] = {
    "trail": ("lines", trail),
    "lost column": ("lines", lost_column),
    "star": ("star", star),
    "shifted": ("off_centre", shifted),
    "plateau": ("saturated", plateau),
    "half black": ("half_black", half_black),
    "band missing": ("bad_pixels", band_missing),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="*", help="folders of FITS stamps in TUNINGFORK_DATA, or whole paths")
    given = os.environ.get("TUNINGFORK_DATA")
    data = Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "data"
    names = parser.parse_args().sets or [n for n in ("legacy_grz", "ps1_lenses") if (data / n).is_dir()]
    if not names:
        print("there are no FITS stamps at hand: name a folder of them")
    for name in names:
        rng, found, come = np.random.default_rng(0), Counter(), Counter()
        with tempfile.TemporaryDirectory() as work:
            collection = create_collection(data / name, Path(work) / "out", quiet=True).collection
            for row in range(len(collection)):
                flux = collection.pixels([row])[0]
                come.update({flaw.kind for flaw in pixel_flaws(flux, collection.stretch)})
                for plant, (kind, function) in PLANTS.items():
                    flaws = pixel_flaws(function(flux, rng), collection.stretch)
                    found[plant] += kind in {flaw.kind for flaw in flaws}
        print(name, "as they come", dict(come))
        for plant in PLANTS:
            share = wilson(found[plant], len(collection))
            print(f"  {plant:13} {found[plant]}/{len(collection)}  {share.low:.3f} to {share.high:.3f}")


if __name__ == "__main__":
    main()
