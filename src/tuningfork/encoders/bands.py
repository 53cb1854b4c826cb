"""Which band of a collection stands for which band of an encoder."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tuningfork.encoders.facts import PixelFacts
from tuningfork.errors import EmbeddingError, ImageError, UnknownNameError, UsageError

__all__ = ["BandChoice", "choose_bands"]

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_SUFFIX = 40


@dataclass(frozen=True)
class BandChoice:
    """A place in the collection's bands for each band of the encoder, blue first.

    Attributes
    ----------
    picks : tuple of int
        Places, one for each band of the encoder.
    bands : tuple of str
        All bands of the collection.
    how : str
        ``place``, ``name``, ``repeated``, or ``chosen`` by a person against what would have been taken.
    learnt : tuple of str
        What the encoder calls its bands; may be empty.
    """

    picks: tuple[int, ...]
    bands: tuple[str, ...]
    how: str
    learnt: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The bands that are taken."""
        return tuple(self.bands[pick] for pick in self.picks)

    @property
    def suffix(self) -> str:
        """What vectors of this choice bear in their key: empty unless a person chose.

        Band names that cannot stand in a file name are told by their place, counted from 1.
        """
        if self.how != "chosen":
            return ""
        plain = ".".join(self.names)
        if len(plain) > _LONGEST_SUFFIX or not all(_PLAIN.fullmatch(name) for name in self.names):
            plain = ".".join(str(pick + 1) for pick in self.picks)
        return f"+bands-{plain}"

    def remarks(self) -> tuple[str, ...]:
        """One line when bands were not simply taken as they come."""
        taken = ", ".join(self.names)
        if self.how == "repeated":
            return (f"the one band {self.bands[0]} is repeated {len(self.picks)} times",)
        if self.how == "chosen":
            return (f"bands {taken} of {', '.join(self.bands)}, as asked",)
        if self.how == "name" and self.names != self.bands:
            return (f"bands {taken} of {', '.join(self.bands)}, by name",)
        if self.how == "place" and self.learnt and self.learnt != self.bands:
            return (f"bands {taken} in place of {', '.join(self.learnt)}",)
        return ()

    def of_flux(self, stamp: np.ndarray) -> np.ndarray:
        """The chosen bands of a stamp ``[H, W, C]`` that has all of the collection's."""
        if stamp.shape[2] != len(self.bands):
            raise ImageError(
                f"it has {stamp.shape[2]} bands, but the collection has {len(self.bands)} "
                f"({', '.join(self.bands)})"
            )
        return self._taken(stamp)

    def of_picture(self, stamp: np.ndarray) -> np.ndarray:
        """The chosen bands of an encoded picture; among colour pictures there may be grey ones, and the other
        way round."""
        have, wanted = stamp.shape[2], len(self.picks)
        if have == len(self.bands):
            return self._taken(stamp)
        if have == 1:
            return np.ascontiguousarray(np.repeat(stamp, wanted, axis=2))
        if have == wanted and self.how != "chosen":
            return stamp
        raise ImageError(f"it has {have} bands, but the collection has {len(self.bands)}")

    def _taken(self, stamp: np.ndarray) -> np.ndarray:
        if self.picks == tuple(range(stamp.shape[2])):
            return stamp
        return np.ascontiguousarray(stamp[:, :, list(self.picks)])


def choose_bands(
    spec: Any, facts: PixelFacts, asked: Sequence[str] | None, where: str, command: str
) -> BandChoice:
    """The bands that were asked for, or those that follow from names and numbers.

    Raises
    ------
    EmbeddingError
        When neither names nor numbers tell which to take, with the command that chooses.
    UsageError
        For bands that are not there, or not as many as the encoder takes.
    """
    follows = _following(spec, facts)
    if asked is None:
        if follows is None:
            raise _refusal(spec, facts, where, command)
        return follows
    for name in asked:
        if name not in facts.bands:
            raise UnknownNameError("band", name, facts.bands, where=where)
    # one band for all, as of a collection that has only one
    taken = list(asked) * (spec.bands if len(asked) == 1 else 1)
    if len(taken) != spec.bands:
        raise UsageError(f"'{spec.name}' takes {spec.bands} bands, not {len(taken)}", where=where)
    picks = tuple(facts.bands.index(name) for name in taken)
    if follows is not None and follows.picks == picks:
        return follows
    return BandChoice(picks, facts.bands, "chosen", _learnt(spec))


def _following(spec: Any, facts: PixelFacts) -> BandChoice | None:
    learnt, have = _learnt(spec), facts.bands
    if learnt and set(learnt) <= set(have):
        return BandChoice(tuple(have.index(name) for name in learnt), have, "name", learnt)
    if len(have) == spec.bands:
        return BandChoice(tuple(range(spec.bands)), have, "place", learnt)
    if len(have) == 1:
        return BandChoice((0,) * spec.bands, have, "repeated", learnt)
    return None


def _learnt(spec: Any) -> tuple[str, ...]:
    """What the encoder calls its bands, where all of them have a name."""
    facts = spec.learnt_from
    return facts.bands if facts is not None and facts.are_named and len(facts.bands) == spec.bands else ()


def _refusal(spec: Any, facts: PixelFacts, where: str, command: str) -> EmbeddingError:
    have, learnt = facts.bands, _learnt(spec)
    places = np.round(np.linspace(0, len(have) - 1, spec.bands)).astype(int)
    example = ",".join(have[place] for place in places)
    takes = f"{spec.bands} bands" + (f" ({', '.join(learnt)})" if learnt else "")
    return EmbeddingError(
        f"'{spec.name}' takes {takes}, but the collection has {len(have)} ({', '.join(have)})",
        where=where,
        remedy=f"Choose, for example: {command} --bands {example}",
    )
