"""Which files are the bands of one galaxy: told from their names, their folders or their headers."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from tuningfork.collection.readers.files import Inside, stem_of
from tuningfork.images.fits_header import BAND_ORDER, is_band_name

__all__ = ["BandGroups", "Grouping", "best_grouping", "by_header", "by_name", "is_fits_name"]

# What pipelines write behind the band.
_TAILS = r"(?:[_\-. ](?:sci|drz|drc|img|image|stack|coadd))*"

Grouping = dict[str, dict[str, str]]  # galaxy, as folder and name -> band -> file


def is_fits_name(name: str) -> bool:
    """True for a name with the suffix of FITS, packed or not, that is not that of a weight or a mask."""
    base = name.rpartition("/")[2].lower()
    stem = stem_of(base)
    is_fits = any(suffix in base[len(stem) :] for suffix in (".fits", ".fit", ".fts", ".fz"))
    return is_fits and all(is_band_name(word) for word in re.split(r"[_\-. ]", stem))


def by_name(files: Sequence[str], bands: Sequence[str] = ()) -> Grouping:
    """Group files whose names or folders bear one of ``bands``, or without these a band that is known."""
    spelled = {band.lower(): band for band in bands or BAND_ORDER}
    last = "|".join(re.escape(band) for band in sorted(spelled, key=len, reverse=True))
    pattern = re.compile(rf"(?:(.+)[_\-. ])?({last}){_TAILS}", re.IGNORECASE)
    groups: Grouping = defaultdict(dict)
    for file in files:
        folders = file.split("/")[:-1]
        kept = [folder for folder in folders if folder.lower() not in spelled]
        told = [spelled[folder.lower()] for folder in folders if folder.lower() in spelled]
        stem = stem_of(file)
        match = pattern.fullmatch(stem)
        if match and (match[1] or kept):
            stem = match[1] or ""
            told.append(spelled[match[2].lower()])
        if len(set(told)) == 1:
            galaxy = "/".join([*kept, stem] if stem else kept)
            groups[galaxy].setdefault(told[0], file)
    return dict(groups)


def by_header(files: Sequence[str], bands: Sequence[str], band_of: Callable[[str], str]) -> Grouping:
    """Group files whose headers name one of ``bands``: by name without its last word, or else by folder."""
    spelled = {band.lower(): band for band in bands}
    told = {file: spelled.get(band_of(file)) for file in files}

    def grouped(galaxy_of: Callable[[str], str]) -> Grouping:
        groups: Grouping = defaultdict(dict)
        for file, band in told.items():
            if band is not None:
                groups[galaxy_of(file)].setdefault(band, file)
        return dict(groups)

    return best_grouping([grouped(_without_last_word), grouped(lambda file: file.rpartition("/")[0])])


def best_grouping(groupings: Sequence[Grouping]) -> Grouping:
    """The one that puts most files beside another band; the first of equals."""
    return max(groupings, key=_together)


def _together(grouping: Grouping) -> int:
    return sum(len(files) for files in grouping.values() if len(files) > 1)


def _without_last_word(file: str) -> str:
    folder, slash, _ = file.rpartition("/")
    return folder + slash + re.sub(r"[_\-. ][^_\-. ]*$", "", stem_of(file))


class BandGroups:
    """Galaxies with a file for each band, as `tuningfork.collection.readers.files.Files`.

    A galaxy is named by folder and file name without the band: ``field1/NAME``.

    Attributes
    ----------
    bands : tuple of str
        Blue to red: those named, or those that at least half of the galaxies have.
    """

    def __init__(self, root: Inside, grouping: Mapping[str, Mapping[str, str]], bands: Sequence[str] | None):
        self._root, self._groups = root, grouping
        counts = Counter(band for files in grouping.values() for band in files)
        common = [band for band, count in counts.items() if 2 * count >= len(grouping)]
        named = bands if bands and any(band in counts for band in bands) else None
        self.bands = tuple(named or sorted(common, key=_place))
        self._known: dict[str, str] = {}  # what a catalogue may call it -> galaxy
        for galaxy, files in grouping.items():
            for file in files.values():
                self._known[file] = galaxy
                self._known.setdefault(file.rpartition("/")[2], galaxy)
        self._known |= {galaxy: galaxy for galaxy in grouping}

    def images(self) -> Iterator[str]:
        """The galaxies, sorted."""
        return iter(sorted(self._groups))

    def stem_of(self, name: str) -> str:
        """The name without folder."""
        return self.galaxy_of(name).rpartition("/")[2]

    def galaxy_of(self, name: str) -> str:
        """The galaxy that this name, or that of one of its files, stands for."""
        return self._known.get(name, name)

    def files_of(self, galaxy: str) -> dict[str, str]:
        """Band -> file, blue to red."""
        return {band: self._groups[galaxy][band] for band in self.bands}

    def takes(self, name: str) -> bool:
        """Whether a file of this name is asked for; a galaxy's own name is no file's."""
        return not is_fits_name(name) or self._root.takes(name)

    def reason_against(self, name: str) -> str | None:
        """Which band the galaxy lacks or why one of its files must not be read, or None."""
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            return f"the file name '{name}' leaves the folder"
        there = self._groups.get(self.galaxy_of(name))
        if there is None:
            return f"there is no file '{name}'"
        for band in self.bands:
            if band not in there:
                return f"it has no file of band {band}, only of {', '.join(sorted(there, key=_place))}"
        reasons = (self._root.reason_against(there[band]) for band in self.bands)
        return next((reason for reason in reasons if reason), None)


def _place(band: str) -> int:
    return BAND_ORDER.index(band.lower()) if band.lower() in BAND_ORDER else len(BAND_ORDER)
