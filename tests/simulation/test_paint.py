"""The pixels have the flux, the shape, the seeing, the handedness and the noise that the truth says."""

from dataclasses import replace

import numpy as np
import pytest

from tuningfork.simulation import TYPES, Settings, draw_truth, paint
from tuningfork.simulation.arcs import arc_layer, deflection
from tuningfork.simulation.grid import grid_of
from tuningfork.simulation.neighbours import Neighbour
from tuningfork.simulation.truth import Lens

galsim = pytest.importorskip("galsim", reason="GalSim is not installed (the extra `sim`)")

_ALONE = Settings(seed=3, size=192, neighbours=False)


def _first(kind, settings=_ALONE):
    return next(t for t in (draw_truth(settings, n) for n in range(300)) if t.type == kind)


def _flux(image):
    return image.sum((0, 1), dtype=np.float64)


@pytest.mark.parametrize("kind", TYPES)
def test_a_stamp_holds_the_flux_of_its_magnitudes(kind):
    truth = _first(kind)
    truth = replace(truth, lens=None, tails=(), bodies=tuple(replace(b, dust=0.0) for b in truth.bodies))
    row = truth.row(_ALONE.bands)
    wanted = [10 ** (0.4 * (22.5 - row[f"mag_{band}"])) for band in _ALONE.bands]
    found = _flux(paint(truth, _ALONE, noise=False))
    assert found == pytest.approx(wanted, rel=0.08)  # what lies beyond 8 radii or the stamp is missing


def test_a_star_is_as_wide_as_the_seeing():
    truth = _first("round")
    star = Neighbour(10.2 * 0.262, -5.4 * 0.262, 15.0, 0.0, 1.0, 0.0, 0.5, 0.0)
    faint = tuple(replace(body, mag=40.0) for body in truth.bodies)
    image = paint(replace(truth, bodies=faint, neighbours=(star,)), _ALONE, noise=False)
    assert _flux(image)[1] == pytest.approx(10 ** (0.4 * 7.5), rel=0.03)
    for number, fwhm in enumerate(truth.psf_fwhm):
        wanted = galsim.Moffat(beta=2.5, fwhm=fwhm).drawImage(
            nx=192, ny=192, scale=0.262, offset=(10.2, -5.4)
        )
        band = image[:, :, number] / image[:, :, number].max()
        assert band == pytest.approx(wanted.array / wanted.array.max(), abs=0.02)


def test_shape_and_angle_are_those_of_the_truth():
    truth = _first("cigar")
    body = replace(truth.bodies[0], axis_ratio=0.3, position_angle=30.0, sersic=1.0, r50=3.0, x=0.0, y=0.0)
    image = paint(replace(truth, bodies=(body,)), _ALONE, noise=False)[:, :, 1].astype(float)
    y, x = (np.mgrid[:192, :192] - 95.5) * 0.262
    xx, yy, xy = ((image * m).sum() / image.sum() for m in (x * x, y * y, x * y))
    angle = 0.5 * np.degrees(np.arctan2(2 * xy, xx - yy)) - 90  # from north; east is to the left
    assert angle % 180 == pytest.approx(30, abs=1.5)
    small, large = np.linalg.eigvalsh([[xx, xy], [xy, yy]])
    assert 0.3 < np.sqrt(small / large) < 0.45  # rounder by the seeing


def test_arms_wind_as_the_truth_says():
    truth = _first("spiral")
    for winding in (1, -1):
        body = replace(
            truth.bodies[0], axis_ratio=1.0, arms=2, winding=winding, pitch=20.0, r50=5.0, contrast=3.0,
            bulge_total=0.0, young=0.9, clumps=0.0, x=0.0, y=0.0,
        )  # fmt: skip
        image = paint(replace(truth, bodies=(body,)), _ALONE, noise=False)[:, :, 1]
        y, x = (np.mgrid[:192, :192] - 95.5) * 0.262
        radius, angle = np.hypot(x, y), np.arctan2(y, x)
        phases = []
        for r in np.arange(4, 9, 0.5):
            annulus = abs(radius - r) < 0.4
            wave = (image[annulus] * np.exp(-2j * angle[annulus])).sum()
            phases.append(-np.angle(wave))
        turned = np.diff(np.unwrap(phases)).sum()  # rows grow upwards: a growing angle is anticlockwise
        assert np.sign(turned) == winding


def test_noise_is_that_of_the_truth_and_another_for_every_galaxy():
    settings = replace(_ALONE, size=256)
    truth = _first("round", settings)
    corner = paint(truth, settings)[:40, :40] - paint(truth, settings, noise=False)[:40, :40]
    assert corner.std((0, 1)) == pytest.approx(truth.noise, rel=0.08)
    assert (paint(truth, settings) == paint(truth, settings)).all()
    other = paint(replace(truth, number=999), settings)
    assert not np.allclose(other, paint(truth, settings), atol=truth.noise[0])


def test_deflection_is_the_gradient_of_an_isothermal_ellipsoid():
    q, radius, step = 0.7, 1.6, 1e-3
    x, y = np.meshgrid(np.linspace(-3, 3, 9) + 0.21, np.linspace(-3, 3, 9) - 0.17)
    right = deflection(x + step, y, radius, q)[0] - deflection(x - step, y, radius, q)[0]
    up = deflection(x, y + step, radius, q)[1] - deflection(x, y - step, radius, q)[1]
    density = (right + up) / (4 * step)
    assert density == pytest.approx(radius * np.sqrt(q) / (2 * np.sqrt(q**2 * x**2 + y**2)), rel=1e-3)
    curl = deflection(x, y + step, radius, q)[0] - deflection(x, y - step, radius, q)[0]
    curl -= deflection(x + step, y, radius, q)[1] - deflection(x - step, y, radius, q)[1]
    assert abs(curl).max() < 1e-5


def test_a_source_right_behind_a_round_lens_is_a_ring_of_its_radius():
    lens = Lens(2.0, 1.0, 0.0, 0.0, 0.0, 0.1, 1.0, 20.0, 1.0)
    grid = grid_of(128, 0.262)
    ring = arc_layer(lens, grid, 0.0, 0.0)
    radius = np.hypot(*np.broadcast_arrays(grid.x, grid.y))
    assert (ring * radius).sum() == pytest.approx(2.0, rel=0.03)
    assert ring[radius < 1.2].sum() < 0.02


def test_what_is_kept_of_large_stamps_stays_small():
    from tuningfork.simulation.paint import _kernels

    for size in (64, 512, 2048):
        side = grid_of(size, 0.262).side
        many = _kernels(side).cache_info().maxsize
        assert many == 3 or many * 4 * side**2 <= 128 << 20
