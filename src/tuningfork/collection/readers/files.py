"""Image files under a folder: which there are, and whether a name from a catalogue stays inside."""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Protocol

__all__ = ["IMAGE_SUFFIXES", "Files", "Inside", "is_image_name", "is_wanted", "stem_of", "walk_images"]

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".fits", ".fit", ".fts")
_PACKED = (".fz", ".gz", ".bz2")


def stem_of(name: str) -> str:
    """File name without folder and image suffixes; ``ra1.67_dec-8.74.jpg`` keeps its decimals."""
    stem = name.rsplit("/", 1)[-1]
    for suffix in (*_PACKED, *IMAGE_SUFFIXES):
        if stem.lower().endswith(suffix) and len(stem) > len(suffix):
            stem = stem[: -len(suffix)]
    return stem


def is_image_name(name: str) -> bool:
    """True for a name with the suffix of an image, packed or not."""
    lower = name.lower()
    for packed in _PACKED:
        lower = lower.removesuffix(packed)
    return lower.endswith(IMAGE_SUFFIXES) or (name.lower().endswith(".fz"))


def is_wanted(name: str, only: Sequence[str]) -> bool:
    """Whether a name with ``/`` is of one of these patterns; every name where there are none.

    A pattern without ``/`` is held against the file name, one with ``/`` against the whole name, where ``*``
    goes through folders too. Small and capital letters are alike, as they are in suffixes.
    """
    if not only:
        return True
    lower = name.lower()
    base = lower.rpartition("/")[2]
    return any(fnmatchcase(lower if "/" in one else base, one.lower()) for one in only)


def walk_images(root: Path, unread: dict[str, str] | None = None) -> Iterator[str]:
    """Image files relative to ``root`` (with ``/``), sorted, without hidden ones and collections.

    Links to folders are not followed, so a loop of links does no harm. Those that lead outside, and folders
    that cannot be listed, go to ``unread``, with the reason.
    """
    home = root.resolve()

    def keep(error: OSError) -> None:
        if unread is not None:
            folder = Path(error.filename).relative_to(root).as_posix()
            unread[folder] = f"cannot be read ({error.strerror})"

    for folder, folders, files in os.walk(root, onerror=keep):
        folders[:] = sorted(
            f
            for f in folders
            if not f.startswith(".") and not (Path(folder) / f / "collection.toml").exists()
        )
        base = Path(folder).relative_to(root).as_posix()
        if unread is not None:
            for link in (Path(folder) / name for name in folders):
                if link.is_symlink() and not (to := link.resolve()).is_relative_to(home):
                    unread[link.relative_to(root).as_posix()] = _not_followed(to)
        for name in sorted(files):
            if not name.startswith(".") and is_image_name(name):
                yield name if base == "." else f"{base}/{name}"


class Files(Protocol):
    """Image files by name: those of a folder, of archives, or those that hold one galaxy together."""

    def images(self) -> Iterable[str]:
        """Names of all of them, with ``/``, always in the same order."""
        ...

    def reason_against(self, name: str) -> str | None:
        """Why the file of this name must not be read, or None when it may."""
        ...

    def takes(self, name: str) -> bool:
        """Whether a file of this name is among those that are asked for, there or not."""
        ...

    def stem_of(self, name: str) -> str:
        """What a galaxy in this file is called."""
        ...


class Inside:
    """Resolves names under one folder and says why a name is refused.

    Nothing absolute, nothing with ``..``, nothing through a folder that is linked from outside,
    ordinary files only. A link to one file is followed wherever it leads: whoever put it into their folder
    could have put the file there, and what it leads to must be an image all the same.

    Attributes
    ----------
    root : Path
    only : sequence of str
        Patterns of the names that are asked for, see `is_wanted`; they choose among what is inside, and lead
        nowhere else.
    unread : dict
        Folders that could not be listed when `images` was last asked for -> the reason.
    passed_over : int
        Images of other names that `images` met when it was last asked for.
    """

    def __init__(self, root: Path, only: Sequence[str] = ()):
        self.root, self.only = Path(root).resolve(), only
        self.unread: dict[str, str] = {}
        self.passed_over = 0
        self._folder = lru_cache(maxsize=4096)(self._resolved_folder)

    def images(self) -> Iterator[str]:
        """Names of the images that are asked for, as `walk_images` gives them."""
        self.passed_over = 0
        for name in walk_images(self.root, self.unread):
            if self.takes(name):
                yield name
            else:
                self.passed_over += 1

    def takes(self, name: str) -> bool:
        """Whether a file of this name is asked for."""
        return is_wanted(name, self.only)

    def stem_of(self, name: str) -> str:
        """File name without folder and image suffixes."""
        return stem_of(name)

    def reason_against(self, name: str) -> str | None:
        """Why the file of this name must not be read, or None when it may."""
        if "\0" in name or not name.strip():
            return "the file name is empty"
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or Path(name).is_absolute() or Path(name).drive or ".." in path.parts:
            return f"the file name '{name}' leaves the folder"
        folder = self._folder(str(path.parent))
        if folder is None:
            to = (self.root / str(path.parent)).resolve()
            return f"the file name '{name}' leaves the folder: '{path.parent}' {_not_followed(to)}"
        if not self.takes(name.replace("\\", "/")):
            return f"'{name}' is not of the names that are asked for"
        return self._reason_against_file(folder / path.name, name)

    def _reason_against_file(self, file: Path, name: str) -> str | None:
        try:
            mode = file.stat().st_mode  # of what a link leads to
        except (OSError, RuntimeError):
            if file.is_symlink():
                return f"'{name}' is a link to {file.readlink()}, where there is no file"
            return f"there is no file '{name}'"
        return None if stat.S_ISREG(mode) else f"'{name}' is not an ordinary file"

    def _resolved_folder(self, relative: str) -> Path | None:
        folder = (self.root / relative).resolve()
        return folder if folder.is_relative_to(self.root) else None


def _not_followed(to: Path) -> str:
    return (
        f"is a link to the folder {to}, which is not followed; link its files one by one, or give it itself"
    )
