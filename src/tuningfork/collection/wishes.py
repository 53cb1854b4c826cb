"""What a caller may settle about an import instead of leaving it to be found out."""

from dataclasses import dataclass
from pathlib import Path

from tuningfork.images.stretch import Stretch

__all__ = ["Wishes"]


@dataclass(frozen=True)
class Wishes:
    """See `tuningfork.collection.create_collection`, whose arguments these are; None is "find out"."""

    name: str
    reader: str | None = None
    catalogue: Path | None = None
    only: tuple[str, ...] = ()
    id_column: str | None = None
    file_column: str | None = None
    image_column: str | None = None
    bands: tuple[str, ...] | None = None
    shown: tuple[str, ...] | None = None
    pixel_scale: float | None = None
    stretch: Stretch | None = None
    mosaic: bool | None = None
    cutouts: str | None = None
    side: int | None = None
    workers: int = 2
    quiet: bool = False
