"""What goes into the label log, and what comes back when it is durable."""

from dataclasses import dataclass, replace

from tuningfork.errors import UsageError

__all__ = ["Ack", "NewAnswer", "Undone", "new_answer", "with_path"]


@dataclass(frozen=True)
class NewAnswer:
    """An answer on its way into the log."""

    galaxy_id: str
    answer: str
    client_seq: int
    shown: dict | None = None
    kind: str = "answer"


@dataclass(frozen=True)
class Ack:
    """The answer is durable. ``duplicate``: it was already, this was a retry."""

    event_id: int
    duplicate: bool
    at: str


@dataclass(frozen=True)
class Undone:
    """An action was taken back (or brought back): the (galaxy id, answer) pairs it holds, and what stands
    now.
    """

    event_id: int
    action: str
    answers: tuple[tuple[str, str], ...]
    at: str
    duplicate: bool = False


def new_answer(table: dict) -> NewAnswer:
    """An answer from a dict with ``galaxy_id``, ``answer``, ``client_seq`` and optionally ``shown``."""
    try:
        return NewAnswer(
            str(table["galaxy_id"]), str(table["answer"]), table["client_seq"], table.get("shown")
        )
    except (KeyError, TypeError) as error:
        raise UsageError(f"an answer needs galaxy_id, answer and client_seq ({error})") from error


def with_path(new: NewAnswer, answer: str, path: str) -> NewAnswer:
    """The answer as the log keeps it; the path through a form's steps goes with how it was shown."""
    if not path:
        return replace(new, answer=answer)
    return replace(new, answer=answer, shown={**(new.shown or {}), "path": path})
