"""Frozen dataclasses to plain tables and back; unknown keys are refused with the nearest known one."""

import dataclasses
import tomllib
import types
import typing
from pathlib import Path
from typing import Any, TypeVar

from tuningfork.errors import UnknownNameError, UsageError

__all__ = ["from_table", "parse_toml", "read_toml", "to_table", "to_toml"]

T = TypeVar("T")


def to_table(config: Any) -> dict[str, Any]:
    """A dataclass as nested dicts, lists and plain values; None is left out (TOML has no null)."""
    return {key: _plain(value) for key, value in vars(config).items() if value is not None}


def from_table(kind: type[T], table: dict[str, Any], *, where: str | None = None) -> T:
    """Build a dataclass from a table, checking every key and the type of every plain value."""
    fields = {f.name: f for f in dataclasses.fields(kind) if f.init}  # pyright: ignore[reportArgumentType]
    hints = typing.get_type_hints(kind)
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in fields:
            raise UnknownNameError("setting", key, fields, where=where)
        values[key] = _shaped(value, hints[key], key, where)
    return kind(**values)


def to_toml(table: dict[str, Any]) -> str:
    """A nested table as TOML text, plain values first."""
    lines: list[str] = []
    _write_table(table, (), lines)
    return "\n".join(lines) + "\n"


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; raises `UsageError` naming it when it is not valid."""
    file = Path(path) if isinstance(path, str) else path
    return parse_toml(file.read_bytes(), where=str(path))


def parse_toml(data: bytes, *, where: str) -> dict[str, Any]:
    """Read the bytes of a TOML file; raises `UsageError` when they are not valid, with ``where`` as its
    name.
    """
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # thousands of brackets, of digits; bytes that are no text
        raise UsageError(f"not a valid TOML file ({error})", where=where) from error


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return to_table(value)
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, Path):
        return str(value)
    return value


def _shaped(value: Any, hint: Any, key: str, where: str | None) -> Any:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in typing.get_args(hint):
            return None
        options = [h for h in typing.get_args(hint) if h is not type(None)]
        return _shaped(value, options[0], key, where) if len(options) == 1 else value
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        return from_table(hint, value, where=where)  # pyright: ignore[reportArgumentType]
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint in (int, float, str, bool) and (
        not isinstance(value, hint) or (hint is int and isinstance(value, bool))
    ):
        raise UsageError(f"'{key}' must be {hint.__name__}, not {value!r}", where=where)
    return value


def _write_table(table: dict[str, Any], path: tuple[str, ...], lines: list[str]) -> None:
    for key, value in table.items():
        if not isinstance(value, dict):
            lines.append(f"{_key(key)} = {_value(value)}")
    for key, value in table.items():
        if isinstance(value, dict):
            inner = (*path, key)
            lines.extend(["", f"[{'.'.join(_key(k) for k in inner)}]"])
            _write_table(value, inner, lines)


def _key(key: str) -> str:
    return key if key and all(c.isascii() and (c.isalnum() or c in "-_") for c in key) else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(str(k))} = {_value(v)}" for k, v in value.items()) + "}"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in text) + '"'
