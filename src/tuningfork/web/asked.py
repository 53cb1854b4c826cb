"""The question that a request asks: typed, a tree that comes with tuningfork, or a file sent along."""

import base64
import binascii
from functools import cache
from typing import TYPE_CHECKING, Any

from tuningfork.errors import UsageError
from tuningfork.labels.trees import LARGEST
from tuningfork.web.body import Fields

if TYPE_CHECKING:
    from tuningfork.labelling import Question

__all__ = ["LARGEST_QUESTION", "asked_question", "shipped"]

LARGEST_QUESTION = LARGEST * 4 // 3 + 64 * 1024  # bytes of a request: a file as base64, and what is beside it
MOST_ANSWERS = 15
MOST_FINDS = 200  # answers of a tree that are finds
KINDS = ("multi-class", "multi-label", "tree", "file")


def asked_question(fields: Fields, *, usual: str) -> "Question":
    """What is asked of every galaxy.

    Parameters
    ----------
    fields : Fields
        ``question`` is the text, ``usual`` where it is empty. Without ``asks`` it is answered by yes or no;
        else ``asks`` has a ``kind`` of `KINDS` and, by kind, ``answers`` (words) with ``finds`` (their places
        from 0) and optionally ``keys`` (one each, "" for the next that is free), or ``tree`` (a name of
        `shipped`), or ``file`` (base64) with its ``name``; these two also ``looking_for``, the answers that
        are finds instead of the file's own.

    Raises
    ------
    UsageError
        For whatever is wrong, in one line.
    """
    from tuningfork.labelling import Question
    from tuningfork.labelling.questions import reading

    text = fields.text("question", longest=500, default="") or usual
    if not fields.has("asks"):
        return Question(text)
    asks = fields.inner("asks")
    kind = asks.one_of("kind", KINDS)
    wanted = asks.each("looking_for", _token, most=MOST_FINDS)
    if kind == "tree":
        return reading.read_question(asks.one_of("tree", reading.shipped_questions()), looking_for=wanted)
    if kind == "file":
        name = asks.text("name", longest=120, default="") or "the file"
        return reading.sent_question(_bytes(asks, name), name, looking_for=wanted)
    answers = asks.each("answers", _words, most=MOST_ANSWERS)
    finds = asks.each("finds", _place, most=MOST_ANSWERS)
    if not finds:
        raise UsageError("say which of the answers you are looking for", where="the question")
    keys = asks.each("keys", _key, most=MOST_ANSWERS)
    return reading.typed_question(kind, text, answers, looking_for=finds, keys=keys)


@cache
def shipped() -> tuple[dict[str, str], ...]:
    """The trees that come with tuningfork: ``name``, and ``text`` for people."""
    from tuningfork.labelling.questions.reading import read_question, shipped_questions

    return tuple({"name": name, "text": read_question(name).text} for name in shipped_questions())


def _bytes(asks: Fields, name: str) -> bytes:
    text = asks.text("file", longest=LARGEST_QUESTION)  # what is a little too large is told by the reader
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise UsageError("did not arrive whole", where=name, remedy="Choose it again") from None


def _words(value: Any) -> str:
    return Fields({"answer": value}, "the question").text("answer", longest=60)


def _key(value: Any) -> str:
    return Fields({"key": value}, "the question").text("key", longest=8, default="")


def _token(value: Any) -> str:
    return Fields({"looking_for": value}, "the question").text("looking_for", longest=130)


def _place(value: Any) -> int:
    return Fields({"finds": value}, "the question").whole("finds", 0, MOST_ANSWERS - 1)
