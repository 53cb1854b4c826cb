"""Reading JSON that came from outside: each field is asked for with its type and its bounds."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import request

from tuningfork.errors import UsageError

__all__ = ["Fields", "json_body"]

T = TypeVar("T")


def json_body() -> "Fields":
    """The fields of the request; raises `UsageError` when the body is not one JSON object."""
    try:
        table = request.get_json(silent=True)
    except RecursionError:  # thousands of brackets
        table = None
    return Fields(table, "request")


class Fields:
    """A JSON object that is read field by field.

    Every reader raises `UsageError` naming the field; an absent field gives ``default`` where there is one.
    """

    def __init__(self, table: Any, where: str):
        if not isinstance(table, dict):
            raise UsageError("not a JSON object", where=where)
        self._table, self._where = table, where

    def text(self, name: str, *, longest: int = 200, default: str | None = None) -> str:
        """Text of at most ``longest`` characters, without control characters, trimmed."""
        value = self._table.get(name, default)
        if not isinstance(value, str) or len(value) > longest:
            raise self._wrong(name, f"text of at most {longest} characters")
        return " ".join("".join(c if c.isprintable() else " " for c in value).split())

    def whole(self, name: str, low: int, high: int, *, default: int | None = None) -> int:
        """A whole number from ``low`` to ``high``."""
        value = self._table.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._wrong(name, f"a whole number from {low} to {high}")
        return value

    def number(self, name: str, low: float, high: float, *, default: float) -> float:
        """A number from ``low`` to ``high``."""
        value = self._table.get(name, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            raise self._wrong(name, f"a number from {low} to {high}")
        return float(value)

    def flag(self, name: str) -> bool:
        """True or false; false when absent."""
        value = self._table.get(name, False)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def one_of(self, name: str, known, *, default: str | None = None) -> str:
        """One of the known words."""
        value = self._table.get(name, default)
        if not isinstance(value, str) or value not in known:
            raise self._wrong(name, "one of " + ", ".join(map(str, known)))
        return value

    def each(self, name: str, read: Callable[[Any], T], *, most: int) -> list[T]:
        """A list of at most ``most`` things, each read by ``read``; empty when absent."""
        value = self._table.get(name, [])
        if not isinstance(value, list) or len(value) > most:
            raise self._wrong(name, f"a list of at most {most}")
        return [read(item) for item in value]

    def inner(self, name: str) -> "Fields":
        """A field that is an object itself."""
        return Fields(self._table.get(name), f"{self._where}, '{name}'")

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._table.get(name) is not None

    def _wrong(self, name: str, expected: str) -> UsageError:
        return UsageError(f"'{name}' must be {expected}", where=self._where)
