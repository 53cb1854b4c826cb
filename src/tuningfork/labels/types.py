"""Hubble types: from the shorthand of Galaxy Zoo 2, and from the numbers of EFIGI and RC3."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tuningfork.errors import UsageError
from tuningfork.labels.coded import Coded

__all__ = ["Gz2Class", "NumberRule", "TextRule", "number_rule", "parse_gz2_class", "text_rule"]

_GZ2 = re.compile(
    r"(?P<stem>A|E[rci]|Se[rbn]|S(?P<bar>B?)(?P<bulge>[a-d]))(?P<arms>[1-4+?][tml])?(\((?P<odd>[rlidmou])\))?"
)


@dataclass(frozen=True)
class Gz2Class:
    """What a ``gz2_class`` says (Willett et al. 2013).

    Parameters
    ----------
    stem : str
        ``Er``, ``Ei``, ``Ec`` smooth: round, in between, cigar; ``Ser``, ``Seb``, ``Sen`` disk edge-on with a
        round, boxy, or no bulge; ``Sa`` to ``Sd`` and ``SBa`` to ``SBd`` from a dominant bulge to none,
        barred with B; ``A`` star or artifact.
    arms : str
        Number (1 to 4, ``+`` more, ``?`` cannot tell) and winding (tight, medium, loose), or "".
    odd : str
        ``r`` ring, ``l`` lens or arc, ``d`` disturbed, ``i`` irregular, ``o`` other, ``m`` merger, ``u`` dust
        lane, or "".
    """

    stem: str
    arms: str = ""
    odd: str = ""


def parse_gz2_class(text: str) -> Gz2Class | None:
    """Take a ``gz2_class`` apart; None for what is none.

    Examples
    --------
    >>> parse_gz2_class("SBc2m(r)")
    Gz2Class(stem='SBc', arms='2m', odd='r')
    """
    told = _GZ2.fullmatch(text.strip()[:20])
    return Gz2Class(told["stem"], told["arms"] or "", told["odd"] or "") if told else None


@dataclass(frozen=True)
class TextRule:
    """Classes by the stem, or the odd feature, of a ``gz2_class``; the first class that fits is taken.

    Parameters
    ----------
    classes : tuple of (str, tuple of str, tuple of str)
        Name, stems, odd features.
    """

    classes: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]

    def code(self, texts: Sequence[object]) -> Coded:
        """The class of each galaxy; none for what cannot be read and what no class names."""
        known: dict[str, int] = {}
        codes = np.array([self._of("" if t is None else str(t), known) for t in texts], np.int64)
        notes = []
        for code, what in (
            (-2, "have no gz2_class that can be read"),
            (-1, "are of no class of this scheme"),
        ):
            if (number := int((codes == code).sum())) > 0:
                notes.append(f"{number:,} galaxies {what}")
        return Coded(tuple(name for name, _, _ in self.classes), np.maximum(codes, -1), tuple(notes))

    def _of(self, text: str, known: dict[str, int]) -> int:
        if text not in known:
            told = parse_gz2_class(text)
            fits = [] if told is None else [told.stem in s or (told.odd in o) for _, s, o in self.classes]
            known[text] = -2 if told is None else (fits.index(True) if any(fits) else -1)
        return known[text]


@dataclass(frozen=True)
class NumberRule:
    """Classes by the stage T of de Vaucouleurs, each a range of numbers with both ends in it.

    Parameters
    ----------
    classes : tuple of (str, float, float, bool or None)
        Name, lowest, highest, and whether barred ones, the others, or both.
    bar_at : float
        From which number of the bar's column on a galaxy is barred.
    """

    classes: tuple[tuple[str, float, float, bool | None], ...]
    bar_at: float = 0.5

    @property
    def needs_bar(self) -> bool:
        """Whether some class asks for a bar."""
        return any(barred is not None for _, _, _, barred in self.classes)

    def code(self, stages: np.ndarray, bars: np.ndarray | None = None) -> Coded:
        """The class of each galaxy, (n,) float stages and (n,) float strengths of bars; NaN: not known."""
        codes = np.full(len(stages), -1, np.int64)
        with np.errstate(invalid="ignore"):
            barred = np.zeros(len(stages), bool) if bars is None else bars >= self.bar_at
            told = np.ones(len(stages), bool) if bars is None else ~np.isnan(bars)
            for number, (_, low, high, wanted) in enumerate(self.classes):
                fits = (low <= stages) & (stages <= high)
                codes[fits & (True if wanted is None else told & (barred == wanted)) & (codes < 0)] = number
        missing = int((codes < 0).sum())
        said = (f"{missing:,} galaxies have no stage, or one of no class of this scheme",) if missing else ()
        return Coded(tuple(name for name, _, _, _ in self.classes), codes, said)


def text_rule(rows: Sequence[dict[str, Any]], *, where: str) -> TextRule:
    """A rule from the tables of its file, each with ``name``, ``stems`` and perhaps ``odd``."""
    found = []
    for row in rows:
        stems, odd = (row.get(key, []) for key in ("stems", "odd"))
        if not all(isinstance(v, list) and all(isinstance(one, str) for one in v) for v in (stems, odd)):
            raise UsageError("'stems' and 'odd' must be lists of text", where=f"{where}, '{row['name']}'")
        if wrong := [s for s in stems if parse_gz2_class(s) != Gz2Class(s)]:
            raise UsageError(
                f"'{wrong[0]}' is no stem of a gz2_class"[:200], where=f"{where}, '{row['name']}'"
            )
        found.append((row["name"], tuple(stems), tuple(odd)))
    return TextRule(tuple(found))


def number_rule(rows: Sequence[dict[str, Any]], bar_at: Any, *, where: str) -> NumberRule:
    """A rule from the tables of its file, each with ``name``, ``from``, ``to`` and perhaps ``barred``."""
    found = []
    for row in rows:
        barred = row.get("barred")
        low, high, bar = (_number(value) for value in (row.get("from"), row.get("to"), bar_at))
        if not low <= high or np.isnan(bar) or not (barred is None or isinstance(barred, bool)):
            remedy = "'from' and 'to' are numbers, 'barred' true or false"
            raise UsageError("it is no range of stages", where=f"{where}, '{row['name']}'", remedy=remedy)
        found.append((row["name"], low, high, barred))
    return NumberRule(tuple(found), float(bar_at))


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else np.nan
