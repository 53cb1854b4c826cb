"""What pre-training is given, as collections: those that are, and those that have to be made first."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuningfork.collection import Collection

__all__ = ["collections_of", "import_sources"]


def collections_of(sources: Sequence["Collection | str | Path"], out: Path) -> "list[Collection]":
    """Every source as an open collection; those that are none are found where `import_sources` puts them."""
    from tuningfork.collection import Collection

    return [
        source if isinstance(source, Collection) else Collection.open(place)
        for source, place in _places(sources, out)
    ]


def import_sources(
    sources: Sequence["Collection | str | Path"], out: Path, *, say: Callable[[str], None], quiet: bool
) -> None:
    """Make collections in ``RUN/collections`` of those sources that are none: images stream through.

    An import that was broken off goes on; one that has ended is not looked at again.

    Parameters
    ----------
    sources : sequence of Collection or path
        Collections, or anything that `tuningfork.collection.create_collection` reads.
    out : Path
        The run's folder.
    say : callable
        Gets one line for every source that was imported, with what could not be.
    quiet : bool
        No progress on standard error.

    Raises
    ------
    TuningforkError
        As `create_collection`.
    """
    from tuningfork.collection import create_collection

    for source, place in _places(sources, out):
        if place == source or _is_here(Path(source), place):
            continue
        if Path(source).exists():
            place.parent.mkdir(parents=True, exist_ok=True)
        report = create_collection(Path(source), place, quiet=quiet)
        lost = sum(not rejected.kept for rejected in report.rejected)
        told = f"; {lost:,} could not be, see {place / 'rejected.csv'}" if lost else ""
        say(f"{source} is no collection: {len(report.collection):,} galaxies imported into {place}{told}")


def _places(sources: Sequence[Any], out: Path) -> list[tuple[Any, Any]]:
    """Each source with where its collection is, or will be."""
    from tuningfork.collection import Collection

    taken: set[str] = set()
    found = []
    for given in sources:
        source = given if isinstance(given, Collection) else Path(given)
        if isinstance(source, Collection) or (source / "collection.toml").is_file():
            found.append((source, source))
            continue
        resolved = source.resolve()
        stem = resolved.name if resolved.is_dir() else resolved.name.split(".")[0] or resolved.name
        name, again = stem or "images", 2
        while name in taken:
            name, again = f"{stem}-{again}", again + 1
        taken.add(name)
        found.append((source, out / "collections" / name))
    return found


def _is_here(source: Path, place: Path) -> bool:
    """Whether that source was imported to its end."""
    from tuningfork.collection.manifest import read_manifest

    if not (place / "collection.toml").is_file():
        return False
    manifest = read_manifest(place)
    return manifest.complete and manifest.source == str(source.resolve())
