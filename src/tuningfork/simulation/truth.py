"""What is true of a simulated galaxy, drawn from (seed, number) alone, in any order."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.simulation.bodies import Body, draw_body, draw_luminosity
from tuningfork.simulation.colours import BANDS
from tuningfork.simulation.neighbours import Neighbour, draw_neighbours
from tuningfork.simulation.surveys import SURVEYS, ZERO_POINT, Survey

__all__ = ["TYPES", "Lens", "Settings", "Tail", "Truth", "draw_truth"]

# Shares are chosen so that every type is learnt from, not those of the sky.
TYPES = {
    "round": 0.13,
    "in_between": 0.13,
    "cigar": 0.08,
    "edge_on": 0.14,
    "spiral": 0.18,
    "barred_spiral": 0.13,
    "ring": 0.06,
    "merger": 0.11,
    "lens": 0.04,
}
_STEP = 0.02  # arcsec of FWHM; so that few point spread functions have to be made
_LARGEST = 2048  # pixels along a side


@dataclass(frozen=True)
class Settings:
    """What all stamps of a simulation share.

    Raises
    ------
    UsageError
        A size, scale or list of bands that no stamp can have.
    """

    seed: int = 0
    survey: str = "legacy"
    size: int = 128
    pixel_scale: float = 0.0  # arcsec; 0 is the survey's, set on creation
    bands: tuple[str, ...] = ()  # of `BANDS`; empty is the survey's, set on creation
    neighbours: bool = True

    def __post_init__(self):
        if self.survey not in SURVEYS:
            raise UnknownNameError("survey", self.survey, SURVEYS)
        if not 0 <= self.seed < 1 << 63:
            raise UsageError(f"a seed is a whole number from 0, not {self.seed}")
        object.__setattr__(self, "pixel_scale", self.pixel_scale or self.of_survey.pixel_scale)
        object.__setattr__(self, "bands", tuple(self.bands) or self.of_survey.bands)
        if not 32 <= self.size <= _LARGEST:
            raise UsageError(f"a stamp has 32 to {_LARGEST} pixels along a side, not {self.size}")
        if not 0.05 <= self.pixel_scale <= 1:
            raise UsageError(f"pixels of 0.05 to 1 arcsec are simulated, not of {self.pixel_scale:g}")
        for band in self.bands:
            if band not in BANDS:
                raise UnknownNameError("band of simulations", band, BANDS)
        if len(set(self.bands)) < len(self.bands):
            raise UsageError(f"a band is named twice: {', '.join(self.bands)}")
        if self.field < 10:
            raise UsageError(
                f"{self.size} pixels of {self.pixel_scale:g} arcsec are a field of {self.field:.1f} arcsec, "
                "too small for galaxies of these sizes",
                remedy="Give at least 10 arcsec",
            )

    @property
    def of_survey(self) -> Survey:
        """The survey's middle values."""
        return SURVEYS[self.survey]

    @property
    def field(self) -> float:
        """Side of a stamp, arcsec."""
        return self.size * self.pixel_scale


@dataclass(frozen=True)
class Lens:
    """A singular isothermal ellipsoid and the galaxy behind it."""

    einstein_radius: float  # arcsec
    axis_ratio: float
    position_angle: float  # degrees, north through east
    source_x: float  # arcsec from the lens, where it would be seen without it
    source_y: float
    source_r50: float  # arcsec, unlensed
    source_q: float
    source_mag: float  # in r, of all its images together
    source_redshift: float


@dataclass(frozen=True)
class Tail:
    """A stream of stars drawn out of a body: a spiral from its rim."""

    start: float  # degrees
    sweep: float  # degrees that it winds, with its sign
    growth: float  # radius at its end over that at its beginning
    share: float  # of the body's light


@dataclass(frozen=True)
class Truth:
    """One galaxy, whole: bodies first, then what stands around and what the night was like."""

    number: int
    type: str
    redshift: float
    absolute_magnitude: float
    bodies: tuple[Body, ...]
    tails: tuple[Tail, ...] = ()
    lens: Lens | None = None
    neighbours: tuple[Neighbour, ...] = field(default=(), repr=False)
    psf_fwhm: tuple[float, ...] = ()  # arcsec, per band
    noise: tuple[float, ...] = ()  # nanomaggies per pixel, per band

    def row(self, bands: tuple[str, ...]) -> dict[str, Any]:
        """The catalogue's row: what is true of the first body, and of the stamp.

        Magnitudes are of all bodies together, without arcs and neighbours. NaN where a galaxy has no such
        thing. ``clockwise`` is how a disk turns whose arms trail (the letter Z), as in Galaxy Zoo 1. ``r50``
        and ``axis_ratio`` are of the disk where there is one.
        """
        main, lens = self.bodies[0], self.lens
        other = self.bodies[1] if len(self.bodies) > 1 else None
        flux = {b: sum(body.flux(b, self.redshift) for body in self.bodies) for b in bands}
        return {
            "type": self.type,
            "redshift": self.redshift,
            "absolute_magnitude": self.absolute_magnitude,
            **{f"mag_{b}": float(ZERO_POINT - 2.5 * np.log10(value)) for b, value in flux.items()},
            "r50": main.r50,
            "axis_ratio": main.axis_ratio,
            "position_angle": main.position_angle,
            "sersic": main.sersic,
            "bulge_total": main.bulge_total,
            "young": main.young,
            "arms": main.arms,
            "pitch_angle": main.pitch if main.arms else np.nan,
            "clockwise": bool(main.winding > 0) if main.arms else None,
            "bar_length": main.bar_length or np.nan,
            "ring_radius": main.ring_radius or np.nan,
            "dust": main.dust,
            "separation": np.nan if other is None else float(np.hypot(other.x - main.x, other.y - main.y)),
            "flux_ratio": np.nan if other is None else 10 ** (0.4 * (main.mag - other.mag)),
            "tails": len(self.tails),
            "einstein_radius": np.nan if lens is None else lens.einstein_radius,
            "arc_mag_r": np.nan if lens is None else lens.source_mag,
            "neighbours": len(self.neighbours),
            **{f"psf_fwhm_{b}": value for b, value in zip(bands, self.psf_fwhm, strict=True)},
            **{f"noise_{b}": value for b, value in zip(bands, self.noise, strict=True)},
        }


def draw_truth(settings: Settings, number: int) -> Truth:
    """Everything about galaxy ``number``, by a generator of its own.

    Seeing scatters by 12 % (the bands of a galaxy together, and each by 4 %), noise by 0.06 dex.
    """
    rng = np.random.default_rng([settings.seed, number])
    kind = str(rng.choice(list(TYPES), p=list(TYPES.values())))
    redshift, absolute, mag, r50 = draw_luminosity(rng, kind, settings.field)
    middle = rng.uniform(-0.5, 0.5, 2) * settings.pixel_scale
    main = draw_body(rng, kind, mag, r50, (float(middle[0]), float(middle[1])))
    bodies, tails = (main,), ()
    if kind == "merger":
        bodies, tails = _merger(rng, main)
    survey = settings.of_survey
    night = np.exp(rng.normal(0, 0.12))
    fwhm = [survey.seeing[b] * night * np.exp(rng.normal(0, 0.04)) for b in settings.bands]
    noise = [survey.noise[b] * 10 ** rng.normal(0, 0.06) for b in settings.bands]
    return Truth(
        number=number,
        type=kind,
        redshift=redshift,
        absolute_magnitude=absolute,
        bodies=bodies,
        tails=tails,
        lens=_lens(rng, main) if kind == "lens" else None,
        neighbours=draw_neighbours(rng, settings.field) if settings.neighbours else (),
        psf_fwhm=tuple(round(_STEP * round(float(f) / _STEP), 4) for f in fwhm),
        noise=tuple(map(float, noise)),
    )


def _merger(rng: np.random.Generator, main: Body) -> tuple[tuple[Body, ...], tuple[Tail, ...]]:
    """A second body 0.6 to 2.2 radii away, of a quarter to all of the first one's light; tails in most."""
    angle, apart = rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 2.2) * main.r50
    ratio = rng.uniform(0.25, 1)
    half = (apart * np.cos(angle) / 2, apart * np.sin(angle) / 2)
    first = main.moved(-half[0], -half[1])
    where = (first.x + 2 * half[0], first.y + 2 * half[1])
    kind = str(rng.choice(["in_between", "spiral", "edge_on"], p=[0.5, 0.35, 0.15]))
    size = main.r50 * ratio ** rng.uniform(0.3, 0.6)
    other = draw_body(rng, kind, main.mag - 2.5 * np.log10(ratio), float(size), where)
    count = int(rng.choice([0, 1, 2], p=[0.25, 0.35, 0.4]))
    way = 1 if rng.random() < 0.5 else -1
    tails = tuple(
        Tail(
            start=float(np.degrees(angle) + 180 * (1 - number) + rng.normal(0, 25)),
            sweep=float(way * rng.uniform(60, 170)),
            growth=float(rng.uniform(1.8, 3.2)),
            share=float(rng.uniform(0.06, 0.2)),
        )
        for number in range(count)
    )
    return (first, other), tails


def _lens(rng: np.random.Generator, main: Body) -> Lens:
    """A galaxy behind: Einstein radii 1.3 to 3 arcsec, as wide lenses seen from the ground."""
    radius = float(rng.uniform(1.3, 3.0))
    off, angle = radius * rng.uniform(0.02, 0.45), rng.uniform(0, 2 * np.pi)
    return Lens(
        einstein_radius=radius,
        axis_ratio=float(np.clip(main.axis_ratio + rng.normal(0, 0.05), 0.5, 0.98)),
        position_angle=main.position_angle + float(rng.normal(0, 8)),
        source_x=float(off * np.cos(angle)),
        source_y=float(off * np.sin(angle)),
        source_r50=float(rng.uniform(0.12, 0.4)),
        source_q=float(rng.uniform(0.4, 1)),
        source_mag=float(rng.uniform(19.0, 21.0)),
        source_redshift=float(rng.uniform(0.8, 2.2)),
    )
