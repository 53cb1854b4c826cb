"""Steps from plain tables, as a tree's file holds them; each fault is told in one line."""

from typing import Any

from tuningfork.errors import UsageError
from tuningfork.labels.checks import double, listed, named, only, text_of
from tuningfork.labels.steps import NOTHING, Option, Step, in_order

__all__ = ["MOST_OPTIONS", "steps_of"]

MOST_OPTIONS = 15  # answers of a question: the page has as many keys for them
_MOST_STEPS = 60


def steps_of(rows: Any, *, where: str, several: bool = False) -> tuple[Step, ...]:
    """Check the questions of a file and bring them into the order in which they are asked.

    Parameters
    ----------
    rows : list of dict
        Tables with ``name``, ``text``, ``parents``, ``several`` and ``answers``, each of these a name or a
        table with ``name``, ``text``, ``key``.
    where : str
        The file, for messages.
    several : bool
        What holds where a question does not say whether it takes several answers.

    Raises
    ------
    UsageError
        For whatever is wrong, in one line; `UnknownNameError` with the nearest names where one is mistaken.
    """
    rows = listed({"question": rows}, "question", most=_MOST_STEPS, where=where)
    steps = [_step(row, several, where) for row in rows]
    if twice := double([step.name for step in steps]):
        raise UsageError(f"two questions are called '{twice}'", where=where)
    return in_order(steps, where=where)


def _step(row: Any, default: bool, where: str) -> Step:
    if not isinstance(row, dict):
        raise UsageError("a question must be a table", where=where, remedy="Begin it with [[question]]")
    name = named(row, "question", where)
    here = f"{where}, '{name}'"
    only(row, ("name", "text", "parents", "several", "answers"), here)
    several = row.get("several", default)
    if not isinstance(several, bool):
        raise UsageError("'several' must be true or false", where=here)
    options = _options(listed(row, "answers", most=MOST_OPTIONS, where=here), here)
    if several and NOTHING in [option.name for option in options]:
        remedy = "It can always be said of a question that takes several answers"
        raise UsageError(f"'{NOTHING}' cannot be an answer", where=here, remedy=remedy)
    if len(options) < (1 if several else 2):
        raise UsageError("a question needs at least two answers", where=here)
    parents = row.get("parents", [])
    if not isinstance(parents, list) or not all(isinstance(parent, str) for parent in parents):
        raise UsageError("'parents' must be a list of \"question.answer\"", where=here)
    return Step(name, text_of(row, here), options, tuple(parents), several)


def _options(answers: list[Any], where: str) -> tuple[Option, ...]:
    rows = [answer if isinstance(answer, dict) else {"name": answer} for answer in answers]
    for row in rows:
        only(row, ("name", "text", "key"), where)
    names = [named(row, "answer", where) for row in rows]
    if twice := double(names):
        raise UsageError(f"the answer '{twice}' is there twice", where=where)
    keys = [_key(row["key"], where) if "key" in row else "" for row in rows]
    if twice := double([key for key in keys if key]):
        raise UsageError(f"two answers have the key '{twice}'", where=where)
    return tuple(
        Option(name, text_of(row, where, default=name.replace("-", " ").replace("_", " ")), key)
        for name, row, key in zip(names, rows, keys, strict=True)
    )


def _key(key: Any, where: str) -> str:
    if not isinstance(key, str) or len(key) != 1 or not key.isascii() or not key.isprintable() or key == " ":
        raise UsageError(f"a key is one letter, digit or sign, not {key!r}"[:200], where=where)
    return key.lower()
