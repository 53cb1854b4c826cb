"""What was said of each step of a form: the answers that stand, and how many people said what."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tuningfork.labelling.events import Event
from tuningfork.labelling.questions.form import Form

__all__ = ["step_columns", "votes_table"]


def step_columns(form: Form | None, events: Sequence[Event | None]) -> dict[str, Any]:
    """One column a step for the answers that stand; null where a step was not asked.

    Parameters
    ----------
    form : Form or None
        Of a plain or multi-class question there are no columns: its label says it all.
    events : sequence of Event or None
        One a row of the table.

    Returns
    -------
    dict of pyarrow.Array
        Step -> its answer; several ones at once are joined by ``;``.
    """
    import pyarrow as pa

    if form is None or form.kind == "multi-class":
        return {}
    paths = [_path(event) for event in events]
    return {
        step.name: pa.array([";".join(_said(path, step.name)) or None for path in paths], pa.string())
        for step in form.steps
    }


def votes_table(session: Any) -> Any:
    """A pyarrow table with one row a galaxy: how many people said what of each step.

    Columns: ``id``, ``people``, and for every step ``STEP`` (what most said, null when it was not asked or
    two answers lead; of a step that takes several, all that half or more said), ``STEP_count`` and one
    ``STEP_ANSWER_count`` an answer. The last live answer of each person counts; examples and
    adjudications do not. A plain question has one step, ``label``.
    """
    import pyarrow as pa

    from tuningfork.labelling.people.room import people_answers

    with session.log.view() as state:
        told = {i: kept for i, events in state.all_live().items() if (kept := people_answers(events))}
    ids = sorted(told)
    columns: dict[str, Any] = {
        "id": pa.array(ids, pa.string()),
        "people": pa.array([len(told[i]) for i in ids], pa.int64()),
    }
    for name, answers, several in _steps(session.question):
        counts = [_counted(told[i].values(), name) for i in ids]
        columns[name] = pa.array([_leading(*count, several=several) for count in counts], pa.string())
        columns[f"{name}_count"] = pa.array([asked for _, asked in counts], pa.int64())
        for answer in answers:
            columns[f"{name}_{answer}_count"] = pa.array([said[answer] for said, _ in counts], pa.int64())
    return pa.table(columns)


def _steps(question: Any) -> list[tuple[str, list[str], bool]]:
    form = question.form
    if form is None or form.kind == "multi-class":
        return [("label", list(question.all_answers), False)]
    return [(s.name, [token.partition(".")[2] for token in s.tokens], s.several) for s in form.steps]


def _counted(events: Iterable[Event], step: str) -> tuple[Counter[str], int]:
    """How often each answer was given to a step, and by how many people."""
    said: Counter[str] = Counter()
    asked = 0
    for event in events:
        answers = [str(event.answer)] if step == "label" else _said(_path(event), step)
        said.update(answers)
        asked += bool(answers)
    return said, asked


def _leading(said: Mapping[str, int], asked: int, *, several: bool) -> str | None:
    if several:
        return ";".join(sorted(answer for answer, n in said.items() if 2 * n >= asked)) or None
    most = [answer for answer, n in said.items() if n == max(said.values())]
    return most[0] if len(most) == 1 else None


def _path(event: Event | None) -> list[str]:
    path = event.shown.get("path") if event is not None else None
    return path.split() if isinstance(path, str) else []


def _said(path: Sequence[str], step: str) -> list[str]:
    return [token.partition(".")[2] for token in path if token.partition(".")[0] == step]
