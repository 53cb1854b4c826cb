"""Stars told from galaxies on made fields, and tiles that find what one piece finds."""

import numpy as np
import pytest

from tuningfork.images.sources import find_in_tiles, find_sources


def field(stars, galaxies, seed=0, side=640):
    """Gaussians of sigma 1.7 pixels and wider ones, on a grid, from 20 to 5,000 at the peak."""
    rng = np.random.default_rng(seed)
    pixels = rng.normal(0, 1, (side, side)).astype(np.float32)
    y, x = np.mgrid[:side, :side].astype(np.float32)
    cells = [(a, b) for a in range(40, side - 30, 40) for b in range(40, side - 30, 40)]
    truth = []
    for k, cell in enumerate(rng.permutation(cells)[: stars + galaxies]):
        row, column = cell + rng.uniform(-4, 4, 2)
        sigma = 1.7 if k < stars else rng.uniform(2.5, 4.0)
        part = np.s_[cell[0] - 25 : cell[0] + 25, cell[1] - 25 : cell[1] + 25]
        away = (y[part] - row) ** 2 + (x[part] - column) ** 2
        pixels[part] += 10 ** rng.uniform(1.3, 3.7) * np.exp(-away / (2 * sigma**2))
        truth.append((column, row, k < stars))
    return pixels, truth


def called(sources, truth):
    """For every true place: what the source found there is said to be."""
    places = np.array([(s.x, s.y) for s in sources])
    for x, y, star in truth:
        away = np.hypot(*(places - (x, y)).T)
        if away.min() < 2:
            yield star, sources[away.argmin()].likely_star


def test_stars_are_told_from_galaxies():
    pixels, truth = field(60, 100)
    pairs = list(called(find_sources(pixels, threshold_sigma=3, min_pixels=12, stars=True), truth))
    assert len(pairs) > 150
    assert sum(star and said for star, said in pairs) > 0.95 * sum(star for star, _ in pairs)
    assert sum(said and not star for star, said in pairs) <= 3


def test_without_stars_nothing_is_said():
    pixels, _ = field(0, 3)
    assert {source.likely_star for source in find_sources(pixels, threshold_sigma=3, stars=True)} == {None}
    assert {source.likely_star for source in find_sources(field(20, 20)[0])} == {None}  # was not asked


def test_tiles_find_what_one_piece_finds():
    pixels, _ = field(40, 60, seed=3)

    def window(top, left, height, width):
        return pixels[top : top + height, left : left + width]

    how = {"threshold_sigma": 3.0, "min_pixels": 20}
    whole = find_sources(pixels, **how)
    tiles = [s for tile in find_in_tiles(window, pixels.shape, tile=150, overlap=60, **how) for s in tile]
    assert len(tiles) == pytest.approx(len(whole), abs=2)
    places = np.array([(s.x, s.y) for s in tiles])
    for source in whole[:90]:
        away = np.hypot(*(places - (source.x, source.y)).T)
        assert away.min() < 0.5
        assert (away < 3).sum() == 1
        assert tiles[away.argmin()].flux == pytest.approx(source.flux, rel=0.2)


def test_what_was_never_observed_is_not_searched():
    pixels, truth = field(10, 10, side=400)
    wide = np.zeros((1200, 1200), np.float32)
    wide[:400, :400] = pixels
    found = find_sources(wide, threshold_sigma=3, min_pixels=12)
    assert all(s.x < 400 and s.y < 400 for s in found)
    assert len(found) == pytest.approx(len(truth), abs=3)
    assert find_sources(np.zeros((50, 50))) == []
