"""Question files: those of the user, the Galaxy Zoo trees that come with tuningfork, what a page sends."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tuningfork.errors import UsageError
from tuningfork.labelling.question import Question
from tuningfork.labelling.questions.form import Form
from tuningfork.labelling.questions.table import form_of
from tuningfork.labels.trees import sent_table, shipped_trees, tree_table

__all__ = ["read_question", "sent_question", "shipped_questions", "typed_question"]


def shipped_questions() -> list[str]:
    """The names of the questions that come with tuningfork."""
    return shipped_trees()


def read_question(file: Path | str, *, looking_for: Sequence[str] = ()) -> Question:
    """A question from a file, or one that comes with tuningfork by its name.

    Parameters
    ----------
    file : path or str
        A TOML file; see the manual, "Labels and strategies". A name of `shipped_questions` where there is no
        such file.
    looking_for : sequence of str
        The answers (``question.answer``) that make a find, instead of the file's own.

    Returns
    -------
    Question
        Its answers are the class that is looked for and its contrary; what else was said of a galaxy stands
        in its path.

    Raises
    ------
    UsageError
        For whatever is wrong with the file, in one line.

    Examples
    --------
    >>> read_question("gz-decals").answers
    ('merger', 'not merger')
    """
    table, where = tree_table(file)
    return _asked(table, looking_for, where)


def sent_question(data: bytes, name: str, *, looking_for: Sequence[str] = ()) -> Question:
    """The same from the bytes of a file that somebody sent.

    Parameters
    ----------
    data : bytes
        At most `tuningfork.labels.trees.LARGEST`.
    name : str
        What messages call it; nothing is read from there.
    looking_for : sequence of str
        As for `read_question`.

    Raises
    ------
    UsageError
        For whatever is wrong with it, in one line.
    """
    try:
        return _asked(sent_table(data, name), looking_for, name)
    except RecursionError:  # tables within tables by the thousand, where a word belongs
        raise UsageError("its tables are nested too deeply", where=name) from None


def typed_question(
    kind: str, text: str, answers: Sequence[str], *, looking_for: Sequence[int], keys: Sequence[str] = ()
) -> Question:
    """A question of one step from words that somebody typed.

    Parameters
    ----------
    kind : str
        "multi-class" or "multi-label".
    text : str
        The question.
    answers : sequence of str
        In words; their names in tables are made of them.
    looking_for : sequence of int
        Places of the answers that are a find, from 0.
    keys : sequence of str
        The key of each answer, or "" for the next that is free.

    Raises
    ------
    UsageError
        For whatever is wrong, in one line.

    Examples
    --------
    >>> typed_question("multi-class", "What is it?", ["Edge-on disk", "Ring"], looking_for=[1]).answers
    ('ring', 'edge-on-disk')
    """
    names = [_name_of(answer, place) for place, answer in enumerate(answers)]
    options = [{"name": name, "text": answer} for name, answer in zip(names, answers, strict=True)]
    for option, key in zip(options, keys, strict=False):
        if key:
            option["key"] = key
    step = {"name": "answer", "text": text, "answers": options}
    finds = [f"answer.{names[place]}" for place in looking_for if place < len(names)]
    return _asked({"kind": kind, "looking_for": finds, "question": [step]}, (), "the question")


def _name_of(answer: str, place: int) -> str:
    """``Edge-on disk`` as ``edge-on-disk``; what has no plain letter is numbered."""
    return re.sub(r"[^a-z0-9]+", "-", answer.lower()).strip("-")[:60].strip("-") or f"answer-{place + 1}"


def _asked(table: dict[str, Any], looking_for: Sequence[str], where: str) -> Question:
    about = {name: table.pop(name, None) for name in ("text", "name", "source", "columns")}
    if looking_for:
        table["looking_for"], about["name"] = list(looking_for), None
    return _question(table, about, where=where)


def _question(table: dict[str, Any], about: dict[str, Any], *, where: str) -> Question:
    form = form_of(table, where=where)
    text = about["text"] if about["text"] is not None else form.steps[0].text
    if not isinstance(text, str):
        raise UsageError("'text' must be text", where=where)
    if form.kind == "multi-class":
        first = form.looking_for[0].partition(".")[2]
        names = [option.name for option in form.steps[0].options]
        return Question(text, (first, *(name for name in names if name != first)), table)
    found = _class_name(about["name"], form, where)
    return Question(text, (found, f"not {found}"), table)


def _class_name(name: Any, form: Form, where: str) -> str:
    """What a find is called: as the file says, else after the answers that make it one."""
    if name is not None:
        if not isinstance(name, str) or not 0 < len(name.strip()) <= 50 or not name.isprintable():
            raise UsageError("'name' must be 1 to 50 printable characters", where=where)
        return name.strip()
    tokens = [token.partition(".") for token in form.looking_for]
    words = " or ".join(f"{step}: {option}" if len(form.steps) > 1 else option for step, _, option in tokens)
    return words if len(words) <= 50 else "found"
