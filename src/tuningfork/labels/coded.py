"""Classes as numbers: what a network learns from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tuningfork.errors import DataError

__all__ = ["Coded", "coded"]


@dataclass(frozen=True)
class Coded:
    """The class of each of n galaxies.

    Parameters
    ----------
    classes : tuple of str
    codes : ndarray
        (n,) int64 number of the class; -1 where there is none.
    notes : tuple of str
        Why galaxies have no class, a line each.
    """

    classes: tuple[str, ...]
    codes: np.ndarray
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Class -> galaxies."""
        counted = np.bincount(self.codes[self.codes >= 0], minlength=len(self.classes))
        return dict(zip(self.classes, counted.tolist(), strict=True))

    @property
    def texts(self) -> list[str | None]:
        """The classes by name, None where there is none."""
        return [self.classes[code] if code >= 0 else None for code in self.codes.tolist()]

    def at_least(self, fewest: int) -> "Coded":
        """Without the classes of fewer galaxies; those have no class then, and it is noted.

        Raises
        ------
        DataError
            Fewer than two classes are left.
        """
        counts = self.counts
        kept = [number for number, name in enumerate(self.classes) if counts[name] >= fewest]
        if len(kept) < 2:
            told = ", ".join(f"{name} {count:,}" for name, count in list(counts.items())[:8])
            raise DataError(
                f"fewer than two classes have {fewest:,} galaxies ({told or 'there are no labels'})",
                remedy="Label more, or merge classes",
            )
        place = np.full(len(self.classes) + 1, -1)  # the last one is for "no class"
        place[kept] = np.arange(len(kept))
        dropped = [name for name in self.classes if 0 < counts[name] < fewest]
        said = [f"left out, for fewer than {fewest} galaxies: {', '.join(dropped)}"] if dropped else []
        return replace(
            self,
            classes=tuple(self.classes[number] for number in kept),
            codes=place[self.codes],
            notes=(*self.notes, *said),
        )


def coded(labels: Sequence[object] | np.ndarray) -> Coded:
    """The classes of a column of names, in the order of the alphabet.

    None, "" and NaN are no class. How many galaxies have none is noted.
    """
    texts = ["" if label is None or label != label else str(label).strip() for label in labels]  # noqa: PLR0124
    classes = tuple(sorted(set(texts) - {""}))
    place = {name: number for number, name in enumerate(classes)}
    codes = np.array([place.get(text, -1) for text in texts], np.int64)
    missing = int((codes < 0).sum())
    said = (f"{missing:,} of {len(codes):,} galaxies have no label and take no part",) if missing else ()
    return Coded(classes, codes, said)
