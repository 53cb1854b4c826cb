"""Answers in the shape of Zooniverse's classification export, out and in.

One row a classification: who, when, and two columns of JSON, ``annotations`` (a list of tasks with their
values) and ``subject_data`` (the subject with its fields, among them the galaxy's id).
"""

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from tuningfork.errors import CatalogueError, UsageError
from tuningfork.labelling.label_log import NewAnswer
from tuningfork.labelling.people.members import IMPORTED

__all__ = ["Imported", "classifications", "import_classifications"]

_LARGEST_FILE = 2 * 1024**3
_LARGEST_CELL = 1_000_000
_NEEDED = ("classification_id", "annotations", "subject_data")
_ID_FIELDS = ("id", "galaxy_id", "objid", "object_id", "iauname", "name", "filename", "image")
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".tif", ".tiff", ".fits", ".fit", ".fz", ".gz")
_BATCH = 500
_LARGEST_NUMBER = 2**53
_LONGEST_NAME = 100
_MOST_TOLD = 8


@dataclass
class Imported:
    """What became of a file: answers taken in, those that were there already, and the rest by reason, each
    with its number and the first classification it befell. ``values`` and ``tasks`` are those of the file
    that could not be used, where that was the reason; `_MOST_TOLD` of each at most.
    """

    answers: int = 0
    known: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    values: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)

    def leave(self, error: Exception, classification: str) -> None:
        """Count one that was left out."""
        reason = str(error)[:120] if isinstance(error, _LeftOutError) else "not readable"
        self.left_out[reason] += 1
        self.first.setdefault(reason, classification)
        if isinstance(error, _LeftOutError):
            for told, new in ((self.values, error.values), (self.tasks, error.tasks)):
                told.extend([one for one in new if one not in told][: _MOST_TOLD - len(told)])

    def hint(self) -> str:
        """How to ask so that more is taken in; empty where nothing is known to help."""
        if self.tasks:
            return f"Its tasks are {', '.join(self.tasks)}: name the one that was asked with --task"
        if self.values:
            told = ", ".join(f"'{value}'" for value in self.values)
            return f"Its values are {told}: say what each means, as --answer '{self.values[0]}=ANSWER'"
        return ""


def classifications(session: Any) -> Any:
    """The live answers of a session as a pyarrow table in Zooniverse's columns; examples are left out.

    ``subject_ids`` counts the galaxies of the collection from 1; the galaxy's id stands in ``subject_data``.
    """
    import pyarrow as pa

    with session.log.view() as state:
        events = sorted(e for told in state.all_live().values() for e in told)
    events = [e for e in events if e.kind == "answer" and e.stream != "example"]
    _, row_of = session.row_numbers()
    rows = []
    for e in events:
        subject = str(row_of.get(e.galaxy_id, -1) + 1)
        value = [{"task": "T0", "task_label": session.question.text, "value": e.answer}]
        rows.append(
            {
                "classification_id": e.event_id,
                "user_name": e.annotator,
                "workflow_name": session.name,
                "created_at": e.at[:19].replace("T", " ") + " UTC",
                "metadata": json.dumps({"session": e.client_id, "source": "tuningfork"}),
                "annotations": json.dumps(value, ensure_ascii=False),
                "subject_data": json.dumps(
                    {subject: {"retired": None, "id": e.galaxy_id}}, ensure_ascii=False
                ),
                "subject_ids": subject,
            }
        )
    names = list(rows[0]) if rows else list(_NEEDED)
    kinds = {name: pa.int64() if name == "classification_id" else pa.string() for name in names}
    return pa.table({name: pa.array([row[name] for row in rows], kinds[name]) for name in names})


def import_classifications(
    session: Any, path: Path | str, *, task: str = "T0", answers: dict[str, str] | None = None
) -> Imported:
    """Take the answers of a Zooniverse classification export into a session.

    The same file taken in twice adds nothing: a classification is known by its number and person. Nor do a
    session's own answers that come back in a file it wrote. People get their name with ``zooniverse:`` before
    it: a name in a file makes nobody a member of the team. Who was not logged in keeps their
    ``not-logged-in`` name.

    Parameters
    ----------
    path : path
        The CSV file.
    task : str
        Whose value answers the question.
    answers : dict, optional
        Value of the task -> answer of the question; without it values are compared as they are, whatever
        their case.

    Returns
    -------
    Imported
        Trouble with single classifications is counted there and stops nothing.

    Raises
    ------
    CatalogueError
        When the file is not such an export, or nothing of it could be used.
    """
    path, told = Path(path), Imported()
    given = {a.casefold(): a for a in session.question.all_answers}
    if answers is not None:
        for answer in answers.values():
            session.question.check(answer)
        given = {value.casefold(): answer for value, answer in answers.items()}
    _, row_of = session.row_numbers()
    own = {(str(e.event_id), e.client_id, e.galaxy_id, e.answer) for e in session.log.events()}
    waiting: dict[tuple[str, str], list[NewAnswer]] = {}
    for row in _rows(path):
        number = str(row["classification_id"])[:40]
        try:
            galaxy, answer = (
                _galaxy_of(row["subject_data"], row_of),
                _answer_of(row["annotations"], task, given),
            )
            if (number, _written_by_us(row), galaxy, answer) in own:
                told.known += 1
                continue
            seq = _number_of(number)
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            told.leave(error, number)
            continue
        name = _name(row.get("user_name"))
        client = "zooniverse-" + hashlib.sha256(f"{session.name}\0{name}".encode()).hexdigest()[:24]
        person = name if name.startswith(IMPORTED) else f"{IMPORTED}{name}"[:_LONGEST_NAME]
        batch = waiting.setdefault((client, person), [])
        batch.append(
            NewAnswer(galaxy, answer, seq, {"stream": "import", "at": str(row.get("created_at"))[:40]})
        )
        if len(batch) >= _BATCH:
            _write(session, client, person, waiting.pop((client, person)), told)
    for (client, person), batch in waiting.items():
        _write(session, client, person, batch, told)
    if told.left_out and not (told.answers or told.known):
        reasons = ", ".join(f"{count:,} because {reason}" for reason, count in told.left_out.most_common(3))
        raise CatalogueError(f"nothing could be used: {reasons}", where=str(path), remedy=told.hint() or None)
    return told


class _LeftOutError(ValueError):
    """One classification that cannot be used, with the reason, and what stood there instead."""

    def __init__(self, reason: str, *, values: Iterable[Any] = (), tasks: Iterable[Any] = ()):
        super().__init__(reason)
        self.values, self.tasks = ([str(one)[:60] for one in told] for told in (values, tasks))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise CatalogueError("the file is larger than 2 GB", where=str(path), remedy="Split it")
        limit = csv.field_size_limit(_LARGEST_CELL)
        try:
            with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
                reader = csv.DictReader(file)
                missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
                if missing:
                    raise CatalogueError(
                        f"no column '{missing[0]}'",
                        where=str(path),
                        remedy="Give a classification export of Zooniverse",
                    )
                yield from reader
        finally:
            csv.field_size_limit(limit)
    except OSError as error:
        raise CatalogueError(f"cannot be read ({error.strerror})", where=str(path)) from error
    except csv.Error as error:
        raise CatalogueError(f"not a readable CSV file ({error})", where=str(path)) from error


def _galaxy_of(text: str | None, row_of: dict[str, int]) -> str:
    """The galaxy that the fields of the subject name. The subject's own number is Zooniverse's, and may well
    be the id of another galaxy here.
    """
    subjects = json.loads(_plain(text))
    if len(subjects) > 1:
        raise _LeftOutError("it is about several subjects at once")
    for facts in subjects.values():
        fields = {str(k).strip("#!/ ").casefold(): v for k, v in facts.items() if isinstance(v, str | int)}
        for name in _ID_FIELDS:
            value = str(fields.get(name, ""))
            for candidate in (value, _without_suffix(value)):
                if candidate and candidate in row_of:
                    return candidate
    raise _LeftOutError("its galaxy is not in the collection")


def _without_suffix(value: str) -> str:
    """The name of a picture file without folders and endings; of an id with a point in it nothing is cut."""
    name = PurePosixPath(value).name
    while (path := PurePosixPath(name)).suffix.casefold() in _PICTURES and path.stem:
        name = path.stem
    return name


def _written_by_us(row: dict[str, str]) -> str | None:
    """The client that an export of a session (`classifications`) names; None for any other file."""
    try:
        told = json.loads(_plain(row.get("metadata")))
    except ValueError:
        return None
    ours = isinstance(told, dict) and told.get("source") == "tuningfork"
    return str(told.get("session")) if ours else None


def _number_of(text: str) -> int:
    number = int(text)
    if not 0 <= number <= _LARGEST_NUMBER:
        raise _LeftOutError("its number is none of Zooniverse's")
    return number


def _answer_of(text: str | None, task: str, given: dict[str, str]) -> str:
    annotations = json.loads(_plain(text))
    for annotation in annotations:
        if annotation.get("task") == task:
            value = annotation.get("value")
            answer = given.get(str(value).strip().casefold())
            if answer is None:
                raise _LeftOutError("its value is not an answer of the question", values=[value])
            return answer
    tasks = [annotation.get("task") for annotation in annotations[:_MOST_TOLD]]
    raise _LeftOutError(f"it has no task '{task[:40]}'", tasks=tasks)


def _plain(text: str | None) -> str:
    """Without the apostrophe that keeps spreadsheets from running a cell."""
    text = text or ""
    if len(text) > _LARGEST_CELL:
        raise _LeftOutError("a cell is too long")
    return text.removeprefix("'")


def _name(name: str | None) -> str:
    told = "".join(c for c in _plain(name) if c.isprintable()).strip()[:_LONGEST_NAME]
    return told or "somebody"


def _write(session: Any, client: str, person: str, batch: list[NewAnswer], told: Imported) -> None:
    try:
        _count(session.log.append(batch, client_id=client, annotator=person), told)
    except UsageError:  # a number came twice, or for another answer before: take them one by one
        for one in batch:
            try:
                _count(session.log.append([one], client_id=client, annotator=person), told)
            except UsageError:
                told.leave(_LeftOutError("its number was used for another answer"), str(one.client_seq))


def _count(acks: list, told: Imported) -> None:
    told.known += sum(a.duplicate for a in acks)
    told.answers += sum(not a.duplicate for a in acks)
