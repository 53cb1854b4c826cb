"""``collection.toml``: what a collection is, readable by a person and by the next version."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tuningfork.collection.place import Place
from tuningfork.config import from_table, read_toml, to_table, to_toml
from tuningfork.errors import CollectionError, UsageError
from tuningfork.files import write_atomically
from tuningfork.images.stretch import Linear, Stretch, stretch_from_table

__all__ = ["FORMAT", "Manifest", "read_manifest", "write_manifest"]

FORMAT = 1
_FILE = "collection.toml"


@dataclass(frozen=True)
class Manifest:
    """Facts of a whole collection.

    Attributes
    ----------
    name : str
        What people call it.
    bands : tuple of str
        Names from blue to red; ``("blue", "green", "red")`` for colour pictures, ``("grey",)`` for grey ones.
    shown : tuple of str
        Which bands make the picture that people see, blue, green and red; empty for all (three or fewer).
    file_bands : tuple of str
        What the files call these bands, in the same order; empty when they do not name them.
    source : str
        The folder or image it was first made from.
    pixel_scale : float or None
        Arcsec per pixel where it is one and the same.
    pixels : str
        ``encoded`` (stretched by whoever made the picture) or ``flux`` (linear).
    stretch : dict
        What `stretch_from_table` reads; applied to flux only.
    unit : str
        Of the flux, as the files have it; empty when they do not say.
    zero_point : float or None
        AB magnitude of one unit of flux, where it is one and the same.
    complete : bool
        False while an import has not come to its end.
    """

    name: str
    bands: tuple[str, ...]
    source: str
    pixel_scale: float | None = None
    pixels: str = "encoded"
    stretch: dict[str, Any] = field(default_factory=Linear().to_table)
    unit: str = ""
    zero_point: float | None = None
    file_bands: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    complete: bool = False
    format: int = FORMAT

    def stretched(self) -> Stretch:
        """The stretch as an object."""
        return stretch_from_table(self.stretch)

    def finished(self) -> "Manifest":
        """The same, complete."""
        return replace(self, complete=True)


def read_manifest(folder: Path | Place) -> Manifest:
    """Read and check a collection's manifest.

    Raises
    ------
    CollectionError
        When the folder is no collection, damaged, or written by a newer version; with the remedy.
    """
    file = folder / _FILE
    if not file.is_file():
        there = folder.is_dir()
        source, out = (folder, f"{folder}.tuningfork") if there else ("SOURCE", folder)
        raise CollectionError(
            "there is no collection here" if there else "no such folder",
            where=str(folder),
            remedy=f"Make one with: tuningfork collection create {source} --out {out}",
        )
    try:
        table = read_toml(file)
        if "format" not in table:
            raise ValueError("it says no format")
        if int(table.get("format", 0)) != FORMAT:
            raise CollectionError(
                f"collection format {table.get('format')} is not known to this version, which reads {FORMAT}",
                where=str(file),
                remedy="Update tuningfork",
            )
        return from_table(Manifest, table, where=str(file))
    except (UsageError, TypeError, ValueError) as error:
        raise CollectionError(
            f"the manifest is damaged ({error})", where=str(file), remedy="Mend it or make it anew"
        ) from error


def write_manifest(folder: Path | Place, manifest: Manifest) -> None:
    """Write the manifest so that a kill leaves the old one or the new one."""
    write_atomically(folder / _FILE, to_toml(to_table(manifest)))
