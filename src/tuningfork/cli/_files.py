"""Names of files to be written, looked at before anything is computed."""

from pathlib import Path

from tuningfork.errors import UsageError

__all__ = ["check_drawing", "check_picture", "check_table"]

_KINDS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}


def check_picture(file: Path | None) -> str:
    """The kind of picture that a file's name asks for, as ``png``; `UsageError` for another ending."""
    if file is None:
        return "png"
    kind = _KINDS.get(file.suffix.lower())
    if kind is None:
        raise UsageError(
            "a picture is written there", where=str(file), remedy=f"End its name in {', '.join(_KINDS)}"
        )
    return kind


def check_drawing(file: Path | None) -> None:
    """Raise `UsageError` for a file that is not named like an SVG."""
    if file is not None and file.suffix.lower() != ".svg":
        raise UsageError("a drawing is written there", where=str(file), remedy="End its name in .svg")


def check_table(file: Path | None) -> None:
    """Raise `UsageError` for a file whose ending is that of no table."""
    if file is None:
        return
    from tuningfork.collection.tables import TABLE_SUFFIXES

    if file.suffix.lower() not in TABLE_SUFFIXES:
        raise UsageError(
            f"'{file.suffix}' is not a kind of table",
            where=str(file),
            remedy=f"Use one of {', '.join(TABLE_SUFFIXES)}",
        )
