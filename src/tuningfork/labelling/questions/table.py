"""A form from a plain table, as a question file or session.toml holds it; each fault is told in one line."""

import re
from typing import Any

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.labelling.questions.form import KINDS, NOTHING, Form, Option, Step, in_order

__all__ = ["PAGE_KEYS", "form_of"]

PAGE_KEYS = frozenset("bcdeghiklmnoprsvwxyz0?")
"""Keys that do something on the page whatever is asked; no answer of a file may take one."""

_FREE_KEYS = "123456789" + "fjaqtu"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_MOST_STEPS, _MOST_OPTIONS = 60, len(_FREE_KEYS)
_LONGEST = 300  # characters of a question or an answer
_RESERVED = ("maybe", "junk", "skip")  # every question has these answers besides its own


def form_of(table: dict[str, Any], *, where: str) -> Form:
    """Check a table and make a form of it.

    Parameters
    ----------
    table : dict
        ``kind`` (one of `KINDS`), ``looking_for`` (a list of ``question.answer``) and ``question`` (a list of
        tables with ``name``, ``text``, ``parents``, ``several`` and ``answers``, each of them a name or a
        table with ``name``, ``text``, ``key``).
    where : str
        The file, for messages.

    Raises
    ------
    UsageError
        For whatever is wrong, in one line; `UnknownNameError` with the nearest names where one is mistaken.
    """
    _only(table, ("kind", "looking_for", "question"), where)
    kind = table.get("kind")
    if kind not in KINDS:
        raise UnknownNameError("kind of question", str(kind), KINDS, where=where)
    rows = _listed(table, "question", most=_MOST_STEPS, where=where)
    if kind != "tree" and len(rows) != 1:
        raise UsageError(f"a {kind} question is one [[question]], not {len(rows)}", where=where)
    steps = [_step(row, kind, where) for row in rows]
    if double := _double([step.name for step in steps]):
        raise UsageError(f"two questions are called '{double}'", where=where)
    form = Form(kind, in_order(steps, where=where), _looking_for(table, where))
    for token in form.looking_for:
        if token not in form.tokens:
            raise UnknownNameError("answer in 'looking_for'", token, form.tokens, where=where)
    if kind == "multi-class" and len(form.looking_for) > 1:
        raise UsageError("'looking_for' of a multi-class question names one answer", where=where)
    return form


def _step(row: Any, kind: str, where: str) -> Step:
    if not isinstance(row, dict):
        raise UsageError("a question must be a table", where=where, remedy="Begin it with [[question]]")
    name = _named(row, "question", where)
    here = f"{where}, '{name}'"
    _only(row, ("name", "text", "parents", "several", "answers"), here)
    several = row.get("several", kind == "multi-label")
    if not isinstance(several, bool):
        raise UsageError("'several' must be true or false", where=here)
    answers = _listed(row, "answers", most=_MOST_OPTIONS, where=here)
    options = _options(answers, here)
    taken = (*_RESERVED, *([NOTHING] if several else ()))
    if wrong := [option.name for option in options if option.name in taken]:
        remedy = f"{', '.join(taken)} can always be said"
        raise UsageError(f"'{wrong[0]}' cannot be an answer", where=here, remedy=remedy)
    if len(options) < (1 if several else 2):
        raise UsageError("a question needs at least two answers", where=here)
    parents = row.get("parents", [])
    if not isinstance(parents, list) or not all(isinstance(parent, str) for parent in parents):
        raise UsageError("'parents' must be a list of \"question.answer\"", where=here)
    if kind != "tree" and parents:
        raise UsageError(f"a {kind} question has no parents", where=here)
    return Step(name, _text(row, here), options, tuple(parents), several)


def _options(answers: list[Any], where: str) -> tuple[Option, ...]:
    rows = [answer if isinstance(answer, dict) else {"name": answer} for answer in answers]
    for row in rows:
        _only(row, ("name", "text", "key"), where)
    names = [_named(row, "answer", where) for row in rows]
    if double := _double(names):
        raise UsageError(f"the answer '{double}' is there twice", where=where)
    keys = [_key(row["key"], where) if "key" in row else "" for row in rows]
    if double := _double([key for key in keys if key]):
        raise UsageError(f"two answers have the key '{double}'", where=where)
    free = iter([key for key in _FREE_KEYS if key not in keys])
    return tuple(
        Option(name, _text(row, where, default=name.replace("-", " ").replace("_", " ")), key or next(free))
        for name, row, key in zip(names, rows, keys, strict=True)
    )


def _key(key: Any, where: str) -> str:
    if not isinstance(key, str) or len(key) != 1 or not key.isascii() or not key.isprintable() or key == " ":
        raise UsageError(f"a key is one letter, digit or sign, not {key!r}"[:200], where=where)
    if key.lower() in PAGE_KEYS:
        raise UsageError(f"the key '{key}' is taken by the page", where=where, remedy="Use a digit")
    return key.lower()


def _looking_for(table: dict[str, Any], where: str) -> tuple[str, ...]:
    wanted = table.get("looking_for")
    if not isinstance(wanted, list) or not wanted or not all(isinstance(one, str) for one in wanted):
        remedy = 'Write looking_for = ["question.answer"]: what is a find'
        raise UsageError("it does not say what is looked for", where=where, remedy=remedy)
    return tuple(wanted)


def _named(row: dict[str, Any], what: str, where: str) -> str:
    name = row.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        remedy = "Use up to 60 small letters, digits, hyphens and underscores; 'text' takes any words"
        raise UsageError(f"{name!r} cannot be the name of a {what}"[:200], where=where, remedy=remedy)
    return name


def _text(row: dict[str, Any], where: str, default: str | None = None) -> str:
    text = row.get("text", default)
    if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST or not text.isprintable():
        raise UsageError(f"'text' must be 1 to {_LONGEST} printable characters", where=where)
    return text.strip()


def _listed(table: dict[str, Any], name: str, *, most: int, where: str) -> list[Any]:
    value = table.get(name)
    if not isinstance(value, list) or not 0 < len(value) <= most:
        raise UsageError(f"'{name}' must be a list of 1 to {most}", where=where)
    return value


def _only(table: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            raise UnknownNameError("setting", str(key)[:80], known, where=where)


def _double(names: list[str]) -> str | None:
    return next((name for name in names if names.count(name) > 1), None)
