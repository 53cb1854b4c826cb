"""A closing audit: what one is to show, when it is over before its end, and which places it takes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from tuningfork.errors import UsageError
from tuningfork.labelling.estimates.closing import checks_needed, closing_size, level_of_closing
from tuningfork.labelling.estimates.people import EyeRate
from tuningfork.labelling.events import Event
from tuningfork.labelling.streams.drawing import BEYOND
from tuningfork.labelling.streams.settings import Streams

__all__ = [
    "MOST",
    "Closing",
    "answers_until",
    "closing_shares",
    "settled",
    "too_little_known_of_the_eye",
    "too_many_skipped",
]

MOST = 0.99
"""The highest completeness that can be asked for."""
_HUNT = 0.1  # of the places, while a closing audit runs


@dataclass(frozen=True)
class Closing:
    """What a closing audit is to show, as it was settled when it was drawn.

    Parameters
    ----------
    completeness : float
        The share of the candidate pool's positives that has to be found.
    level : float
        The one-sided confidence at which it is judged.
    number : int
        Its place among the closing audits of the session, from 1.
    looks : int
        Galaxies it drew inside the candidate pool.
    most_hits : int
        With more positives among these it cannot show its target any more.
    inside, found, unseen : int
        The candidate pool: galaxies, finds, and galaxies without an answer, when it was drawn.
    power : float
        How often it shows the target where the true completeness is half-way from it to 1.
    """

    completeness: float
    level: float
    number: int
    looks: int
    most_hits: int
    inside: int
    found: int
    unseen: int
    power: float

    def is_futile(self, plan: Iterable[Any], current: dict[str, Event], positive: str) -> bool:
        """Whether its hits show that the target is out of reach, by whom it drew (`Planned`) and the answers
        that stand.

        The bound was fixed when it was drawn, so that it ends at a certain hit, whatever the hunt finds
        meanwhile: the interval of Poisson counts holds for such an end too (the wait for the n-th hit).
        """
        said = (current.get(p.galaxy_id) for p in plan if p.stratum == 0)
        return sum(event is not None and event.answer == positive for event in said) > self.most_hits


def settled(
    found: int,
    unseen: int,
    inside: int,
    eye: EyeRate | None,
    *,
    completeness: float,
    number: int,
    skipped: int = 0,
) -> Closing:
    """A closing audit of the size that decides; see `closing_size`.

    Raises
    ------
    UsageError
        Where nothing could be shown.
    """
    if not 0.5 <= completeness <= MOST:
        raise UsageError(f"a completeness to show lies from 0.5 to {MOST}, not {completeness}")
    pool = f"the top {inside:,}"
    if not found:
        raise UsageError(f"nothing is found yet inside {pool}", remedy="Close when finds run dry")
    if not unseen:
        raise UsageError(f"all of {pool} were looked at already, or skipped, so no audit can add to that")
    level = level_of_closing(number)
    about = {"pool": inside, "target": completeness, "level": level}
    sized = closing_size(found, unseen, skipped=skipped, eye=eye, **about)
    if sized is None and closing_size(found, unseen, eye=eye, **about) is not None:
        raise UsageError(too_many_skipped(skipped, inside, completeness), remedy="Answer some of them")
    if sized is None:
        raise UsageError(too_little_known_of_the_eye(eye, checks_needed(found, **about), completeness))
    return Closing(
        completeness=completeness,
        level=level,
        number=number,
        looks=sized.looks,
        most_hits=sized.most_hits,
        inside=inside,
        found=found,
        unseen=unseen,
        power=sized.power,
    )


def too_many_skipped(skipped: int, inside: int, completeness: float) -> str:
    """Why no audit can show a completeness, where it is not for the eye."""
    return (
        f"{skipped:,} galaxies of the top {inside:,} were skipped, and each may be a find: too many to show "
        f"that {completeness:.0%} are found"
    )


def too_little_known_of_the_eye(eye: EyeRate | None, needed: int, completeness: float) -> str:
    """Why no audit can show a completeness."""
    hits, shown = (eye.hits, eye.shown) if eye is not None else (0, 0)
    return (
        f"{hits} of {shown} known positives were recognised, by which the eye alone may miss too many to "
        f"show that {100 * completeness:.4g} % are found; it could be shown after {needed}, if all are "
        "recognised. Own finds come again as second looks; known galaxies can be planted"
    )


def closing_shares(streams: Streams) -> Streams:
    """The shares while a closing audit runs: its galaxies take the places of the hunt, of which a tenth of
    all stay.

    Known galaxies and second looks keep theirs. So nobody can tell a random look from others, and the eye
    still meets positives, and is measured, just when they are rarest.
    """
    return replace(streams, audit=max(streams.audit, 1 - _HUNT - streams.gold - streams.repeat))


def answers_until(looks: int, streams: Streams) -> int:
    """About how many answers a closing audit of so many looks takes, with those that come between."""
    return round((1 + BEYOND) * looks / closing_shares(streams).audit)
