"""How many planted stars and galaxies are found in a made field, and how well they are told apart.

Stars are Moffat profiles (beta 3.5), galaxies Sersic profiles (n = 1 and 4) under the same point spread
function, on a grid with jitter so that chance overlaps do not decide; noise is Gaussian. Run:
python benchmarks/detection.py [--side 2048] [--fwhm 4] [--seed 1]
"""

import argparse
import time
from itertools import pairwise

import numpy as np

from tuningfork.images.sky import nearest
from tuningfork.images.sources import find_in_tiles

CELL = 64


def moffat(fwhm, size=41, beta=3.5):
    y, x = np.mgrid[:size, :size] - size // 2
    alpha = fwhm / 2 / np.sqrt(2 ** (1 / beta) - 1)
    psf = (1 + (x**2 + y**2) / alpha**2) ** -beta
    return psf / psf.sum()


def sersic(radius, n, axis_ratio, angle, psf, shift):
    """A galaxy of unit flux in 101 pixels, sampled five times finer."""
    from scipy.signal import fftconvolve
    from scipy.special import gammaincinv

    fine = (np.arange(5 * 101) - 252) / 5
    x, y = np.meshgrid(fine - shift[0], fine - shift[1])
    u, v = x * np.cos(angle) + y * np.sin(angle), -x * np.sin(angle) + y * np.cos(angle)
    r = np.hypot(u * np.sqrt(axis_ratio), v / np.sqrt(axis_ratio)) / radius
    light = np.exp(-gammaincinv(2 * n, 0.5) * (r ** (1 / n) - 1)).reshape(101, 5, 101, 5).mean(axis=(1, 3))
    light = fftconvolve(light / light.sum(), psf, mode="same")
    return light / light.sum()


def star(fwhm, shift):
    y, x = np.mgrid[:41, :41] - 20
    alpha = fwhm / 2 / np.sqrt(2 ** (1 / 3.5) - 1)
    light = (1 + ((x - shift[0]) ** 2 + (y - shift[1]) ** 2) / alpha**2) ** -3.5
    return light / light.sum()


def field(side, fwhm, seed, stars):
    """Pixels and the truth: x, y, signal to noise within the FWHM, half-light radius (0 for a star)."""
    rng = np.random.default_rng(seed)
    pixels, truth, psf = rng.normal(0, 1, (side, side)).astype(np.float32), [], moffat(fwhm)
    for top in range(CELL, side - CELL, CELL):
        for left in range(CELL, side - CELL, CELL):
            x, y = left + rng.uniform(-14, 14), top + rng.uniform(-14, 14)
            shift = x - round(x), y - round(y)
            flux = 10 ** rng.uniform(1.9, 4.2) * fwhm
            radius = 0.0 if rng.random() < stars else rng.uniform(0.4, 2.5) * fwhm
            if radius:
                light = sersic(radius, rng.choice([1, 4]), rng.uniform(0.3, 1), rng.uniform(0, 3), psf, shift)
            else:
                light = star(fwhm, shift)
            half = light.shape[0] // 2
            top_, left_ = round(y) - half, round(x) - half
            a, b = max(-top_, 0), max(-left_, 0)
            where = np.s_[top_ + a : top_ + 2 * half + 1, left_ + b : left_ + 2 * half + 1]
            shown = pixels[where]
            shown += (flux * light[a : a + shown.shape[0], b : b + shown.shape[1]]).astype(np.float32)
            truth.append((x, y, flux, radius))
    return pixels, np.array(truth)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=2048)
    parser.add_argument("--fwhm", type=float, default=4.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stars", type=float, default=0.3, help="share of stars")
    asked = parser.parse_args()
    pixels, truth = field(asked.side, asked.fwhm, asked.seed, asked.stars)
    started = time.perf_counter()

    def window(top, left, height, width):
        return pixels[top : top + height, left : left + width]

    tiles = find_in_tiles(
        window,
        pixels.shape,
        tile=1024,
        overlap=256,
        threshold_sigma=3.0,
        min_pixels=25,
        smooth=3.0,
        stars=True,
    )
    found = [s for tile in tiles for s in tile if s.peak_sigma >= 8]
    took = time.perf_counter() - started
    to_degrees = 1e-4  # pixels as a small patch of sky, for the search of neighbours
    places = [np.array([getattr(s, axis) for s in found]) * to_degrees for axis in "xy"]
    which, _ = nearest(*(truth[:, :2].T * to_degrees), *places, arcsec=4 * to_degrees * 3600)
    print(f"{len(truth)} planted, {len(found)} found in {took:.1f} s")
    print(f"false: {len(found) - len(np.unique(which[which >= 0]))}")
    stars = truth[:, 3] == 0
    called = np.array([bool(found[k].likely_star) if k >= 0 else False for k in which])
    edges = np.quantile(truth[:, 2], [0, 0.25, 0.5, 0.75, 1])
    seen = which >= 0

    def judge(name, chosen):
        found_, called_ = chosen & seen, chosen & seen & called
        right = (called_ & stars).sum()
        precision, recall = right / max(called_.sum(), 1), right / max((found_ & stars).sum(), 1)
        counts = f"{(found_ & stars).sum()} stars, {called_.sum()} called"
        share = found_.sum() / chosen.sum()
        print(f"{name}: found {share:.3f}, precision {precision:.3f}, recall {recall:.3f} ({counts})")

    for low, high in pairwise(edges):
        judge(f"flux {low:.0f} to {high:.0f}", (truth[:, 2] >= low) & (truth[:, 2] <= high))
    judge("all", np.ones(len(truth), bool))


if __name__ == "__main__":
    main()
