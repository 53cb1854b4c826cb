"""Checks of what files say: names, texts and lists, each fault told in one line."""

import re
from typing import Any

from tuningfork.errors import UnknownNameError, UsageError

__all__ = ["double", "listed", "named", "only", "text_of"]

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_LONGEST = 300  # characters of a question or an answer


def named(row: dict[str, Any], what: str, where: str) -> str:
    """The ``name`` of a table: small letters, digits, hyphens, underscores."""
    name = row.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        remedy = "Use up to 60 small letters, digits, hyphens and underscores; 'text' takes any words"
        raise UsageError(f"{name!r} cannot be the name of a {what}"[:200], where=where, remedy=remedy)
    return name


def text_of(row: dict[str, Any], where: str, default: str | None = None) -> str:
    """The ``text`` of a table: one printable line."""
    text = row.get("text", default)
    if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST or not text.isprintable():
        raise UsageError(f"'text' must be 1 to {_LONGEST} printable characters", where=where)
    return text.strip()


def listed(table: dict[str, Any], name: str, *, most: int, where: str) -> list[Any]:
    """A list of 1 to ``most`` entries."""
    value = table.get(name)
    if not isinstance(value, list) or not 0 < len(value) <= most:
        raise UsageError(f"'{name}' must be a list of 1 to {most}", where=where)
    return value


def only(table: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    """`UnknownNameError` for a key that is not known."""
    for key in table:
        if key not in known:
            raise UnknownNameError("setting", str(key)[:80], known, where=where)


def double(names: list[str]) -> str | None:
    """The first name that stands there twice."""
    return next((name for name in names if names.count(name) > 1), None)
