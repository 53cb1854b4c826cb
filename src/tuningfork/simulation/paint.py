"""A truth to pixels: GalSim draws smooth profiles and seeing, the grid all the rest."""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.errors import ImageError, UsageError
from tuningfork.extras import install_command
from tuningfork.simulation.arcs import arc_layer
from tuningfork.simulation.bodies import Body
from tuningfork.simulation.colours import population, star
from tuningfork.simulation.disks import disk_layers
from tuningfork.simulation.edge_on import edge_on_layers
from tuningfork.simulation.grid import FINER, Grid, add_blob, add_point, grid_of
from tuningfork.simulation.surveys import ZERO_POINT
from tuningfork.simulation.truth import Settings, Tail, Truth

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["check_installed", "paint"]

_MOFFAT = 2.5  # wings of the seeing from the ground
_KEPT = 128 << 20  # bytes of kernels that a process keeps
_CUT = 8.0  # half-light radii beyond which a Sersic profile ends, as in the profiles that SDSS fits


def paint(truth: Truth, settings: Settings, *, noise: bool = True) -> np.ndarray:
    """The stamp of a galaxy.

    Parameters
    ----------
    truth : Truth
        As `draw_truth` gives it for the same settings.
    settings : Settings
    noise : bool
        False for the sky without noise.

    Returns
    -------
    ndarray (size, size, bands)
        float32, nanomaggies; row 0 is the lowest on the sky, as in FITS.

    Raises
    ------
    UsageError
        GalSim is not installed.
    ImageError
        GalSim cannot draw it, as with pixels far finer than the seeing.
    """
    galsim = _galsim()
    try:
        sky = _sky(galsim, truth, settings)
    except galsim.GalSimError as error:
        raise ImageError(f"GalSim cannot draw it ({error})", where=str(truth.number)) from error
    return _with_noise(sky, truth, settings) if noise else sky


def _sky(galsim: "ModuleType", truth: Truth, settings: Settings) -> np.ndarray:
    """The stamp without noise."""
    grid = grid_of(settings.size, settings.pixel_scale)
    layers = _layers(truth, grid, settings.bands)
    out = np.empty((settings.size, settings.size, len(settings.bands)), np.float32)
    for number, band in enumerate(settings.bands):
        fwhm = truth.psf_fwhm[number]
        image = _seen(layers[number], grid, settings, fwhm)
        for profile, body in _profiles(galsim, truth, band):
            whole = galsim.Convolve([profile, _moffat(fwhm)], gsparams=_params())
            drawn = galsim.ImageF(settings.size, settings.size, scale=settings.pixel_scale)
            whole.drawImage(
                image=drawn, offset=(body.x / settings.pixel_scale, body.y / settings.pixel_scale)
            )
            image += drawn.array
        out[:, :, number] = image
    return out


def check_installed() -> None:
    """Raise `UsageError` when GalSim is not there."""
    _galsim()


def _galsim() -> "ModuleType":
    try:
        import galsim
    except ImportError as error:
        raise UsageError("simulations need GalSim", remedy=f"Run: {install_command('sim')}") from error
    return galsim


@lru_cache(maxsize=1)
def _params() -> Any:
    """GalSim's accuracy: a hundredth of the flux may fold over, against half of that by default."""
    return _galsim().GSParams(folding_threshold=1e-2, maxk_threshold=5e-3, maximum_fft_size=8_192)


@lru_cache(maxsize=256)
def _moffat(fwhm: float) -> Any:
    return _galsim().Moffat(beta=_MOFFAT, fwhm=fwhm, gsparams=_params())


@lru_cache(maxsize=1)
def _kernels(side: int) -> Callable[..., np.ndarray]:
    """`_kernel`, which keeps what it made: as many as fit into `_KEPT`, but one for each of three bands."""
    return lru_cache(maxsize=max(3, _KEPT // (4 * side**2)))(_kernel)


def _kernel(fwhm: float, side: int, step: float, pixel: float) -> np.ndarray:
    """The Fourier transform of seeing and pixel on the grid."""
    from scipy.fft import ifftshift, rfft2

    galsim = _galsim()
    both = galsim.Convolve([_moffat(fwhm), galsim.Pixel(pixel)], gsparams=_params())
    odd = side + 1 - side % 2  # with a middle pixel, where `ifftshift` looks for it
    drawn = both.drawImage(nx=odd, ny=odd, scale=step, method="no_pixel").array[:side, :side]
    # flux per stamp pixel: the sum over a pixel is the mean on the grid times the number of its pixels there
    return rfft2(ifftshift(drawn)).astype(np.complex64) * np.float32(FINER**2)


def _seen(image: np.ndarray, grid: Grid, settings: Settings, fwhm: float) -> np.ndarray:
    """The grid's light through air and pixels, at the stamp's pixels."""
    from scipy.fft import irfft2, rfft2

    kernel = _kernels(grid.side)(fwhm, grid.side, grid.step, settings.pixel_scale)
    blurred = irfft2(rfft2(image) * kernel, s=(grid.side, grid.side))
    end = grid.first + FINER * settings.size
    return np.ascontiguousarray(blurred[grid.first : end : FINER, grid.first : end : FINER])


def _profiles(galsim: Any, truth: Truth, band: str) -> list[tuple[Any, Body]]:
    """What GalSim draws of a galaxy: smooth bodies, and the bulges of disks."""
    out = []
    for body in truth.bodies:
        if body.shape == "edge_on":
            continue
        smooth = body.shape == "smooth"
        flux = (body.disk_flux if smooth else body.bulge_flux)(band, truth.redshift)
        round_radius = body.r50 * np.sqrt(body.axis_ratio) if smooth else 0.2 * body.r50
        ratio = body.axis_ratio if smooth else (1 + body.axis_ratio) / 2
        profile = galsim.Sersic(
            body.sersic,
            half_light_radius=round_radius,
            flux=flux,
            trunc=_CUT * round_radius,
            gsparams=_params(),
        )
        out.append((profile.shear(q=ratio, beta=(body.position_angle + 90) * galsim.degrees), body))
    return out


def _layers(truth: Truth, grid: Grid, bands: tuple[str, ...]) -> np.ndarray:
    """All that GalSim has no profiles for, in every band, as flux per pixel of the grid."""
    out = np.zeros((len(bands), grid.side, grid.side), np.float32)
    for body in truth.bodies:
        if body.shape == "disk":
            _add_disk(out, body, truth.redshift, grid, bands)
        elif body.shape == "edge_on":
            _add_edge_on(out, body, truth.redshift, grid, bands)
    for tail, body in zip(truth.tails, truth.bodies, strict=False):
        stream = _stream(tail, body, grid)
        for number, band in enumerate(bands):
            out[number] += stream * np.float32(tail.share * body.flux(band, truth.redshift))
    if truth.lens is not None:
        arcs = arc_layer(truth.lens, grid, truth.bodies[0].x, truth.bodies[0].y)
        bright = 10 ** (0.4 * (ZERO_POINT - truth.lens.source_mag))
        for number, band in enumerate(bands):
            out[number] += arcs * np.float32(bright * population(band, 1.0, 0.05))
    _add_neighbours(out, truth, grid, bands)
    return out


def _add_disk(out: np.ndarray, body: Body, redshift: float, grid: Grid, bands: tuple[str, ...]) -> None:
    old, young = disk_layers(body, grid)
    in_r = body.disk_flux("r", 0.0) / population("r", body.young, 0.0, body.redder)
    for number, band in enumerate(bands):
        out[number] += old * np.float32(
            in_r * (1 - body.young) * population(band, 0.0, redshift, body.redder)
        )
        out[number] += young * np.float32(in_r * body.young * population(band, 1.0, redshift, body.redder))


def _add_edge_on(out: np.ndarray, body: Body, redshift: float, grid: Grid, bands: tuple[str, ...]) -> None:
    disk, bulge, through = edge_on_layers(body, grid, bands)
    for number, band in enumerate(bands):
        layer = disk * np.float32(body.disk_flux(band, redshift))
        layer += bulge * np.float32(body.bulge_flux(band, redshift))
        passed = through[number]
        out[number] += layer if passed is None else layer * passed


def _stream(tail: Tail, body: Body, grid: Grid) -> np.ndarray:
    """A tail of flux one, wider and fainter outwards."""
    image = np.zeros((1, grid.side, grid.side), np.float32)
    steps = np.linspace(0, 1, 36)
    for t in steps:
        radius = 1.3 * body.r50 * tail.growth**t
        angle = np.radians(tail.start + tail.sweep * t)
        where = (body.x + radius * float(np.cos(angle)), body.y + radius * float(np.sin(angle)))
        width = body.r50 * (0.16 + 0.2 * t)
        add_blob(image, grid, where, (width, 1.0, 0.0), np.array([1 - 0.75 * t]), gaussian=True)
    return image[0] / np.float32((1 - 0.75 * steps).sum())


def _add_neighbours(out: np.ndarray, truth: Truth, grid: Grid, bands: tuple[str, ...]) -> None:
    for one in truth.neighbours:
        bright = 10 ** (0.4 * (ZERO_POINT - one.mag))
        if one.r50:
            flux = np.array([bright * population(band, one.colour, one.redshift) for band in bands])
            shape = (one.r50 / 1.678, one.axis_ratio, one.position_angle)
            add_blob(out, grid, (one.x, one.y), shape, flux)
        else:
            add_point(out, grid, one.x, one.y, np.array([bright * star(band, one.colour) for band in bands]))


def _with_noise(flux: np.ndarray, truth: Truth, settings: Settings) -> np.ndarray:
    """Noise of the sky and of the galaxy's own photons, by a generator of its own."""
    rng = np.random.default_rng([settings.seed, truth.number, 1])
    sigma = np.asarray(truth.noise, np.float32) ** 2 + np.maximum(flux, 0) / np.float32(
        settings.of_survey.electrons
    )
    return flux + np.sqrt(sigma) * rng.standard_normal(flux.shape, np.float32)
