"""A form from a plain table, as a question file or session.toml holds it; each fault is told in one line."""

from dataclasses import replace
from typing import Any

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.labelling.questions.form import KINDS, Form
from tuningfork.labels.checks import listed, only
from tuningfork.labels.steps import Step
from tuningfork.labels.table import MOST_OPTIONS, steps_of

__all__ = ["PAGE_KEYS", "form_of"]

PAGE_KEYS = frozenset("bcdeghiklmnoprsvwxyz0?")
"""Keys that do something on the page whatever is asked; no answer of a file may take one."""

_FREE_KEYS = "123456789" + "fjaqtu"
assert len(_FREE_KEYS) == MOST_OPTIONS
_RESERVED = ("maybe", "junk", "skip")  # every question has these answers besides its own


def form_of(table: dict[str, Any], *, where: str) -> Form:
    """Check a table and make a form of it.

    Parameters
    ----------
    table : dict
        ``kind`` (one of `KINDS`), ``looking_for`` (a list of ``question.answer``) and ``question`` (as
        `tuningfork.labels.table.steps_of` takes it).
    where : str
        The file, for messages.

    Raises
    ------
    UsageError
        For whatever is wrong, in one line; `UnknownNameError` with the nearest names where one is mistaken.
    """
    only(table, ("kind", "looking_for", "question"), where)
    kind = table.get("kind")
    if kind not in KINDS:
        raise UnknownNameError("kind of question", str(kind)[:80], KINDS, where=where)
    rows = listed(table, "question", most=1000, where=where)
    if kind != "tree" and len(rows) != 1:
        raise UsageError(f"a {kind} question is one [[question]], not {len(rows)}", where=where)
    if kind != "tree" and isinstance(rows[0], dict) and rows[0].get("parents"):
        raise UsageError(f"a {kind} question has no parents", where=where)
    steps = steps_of(rows, where=where, several=kind == "multi-label")
    form = Form(kind, tuple(_with_keys(step, where) for step in steps), _looking_for(table, where))
    for token in form.looking_for:
        if token not in form.tokens:
            raise UnknownNameError("answer in 'looking_for'", token, form.tokens, where=where)
    if kind == "multi-class" and len(form.looking_for) > 1:
        raise UsageError("'looking_for' of a multi-class question names one answer", where=where)
    return form


def _with_keys(step: Step, where: str) -> Step:
    """A step whose answers all have a key that is free on the page."""
    here = f"{where}, '{step.name}'"
    for option in step.options:
        if option.name in _RESERVED:
            remedy = f"{', '.join(_RESERVED)} can always be said"
            raise UsageError(f"'{option.name}' cannot be an answer", where=here, remedy=remedy)
        if option.key in PAGE_KEYS:
            raise UsageError(f"the key '{option.key}' is taken by the page", where=here, remedy="Use a digit")
    taken = [option.key for option in step.options]
    free = iter([key for key in _FREE_KEYS if key not in taken])
    options = [option if option.key else replace(option, key=next(free)) for option in step.options]
    return replace(step, options=tuple(options))


def _looking_for(table: dict[str, Any], where: str) -> tuple[str, ...]:
    wanted = table.get("looking_for")
    if not isinstance(wanted, list) or not wanted or not all(isinstance(one, str) for one in wanted):
        remedy = 'Write looking_for = ["question.answer"]: what is a find'
        raise UsageError("it does not say what is looked for", where=where, remedy=remedy)
    return tuple(wanted)
