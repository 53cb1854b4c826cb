"""What a team takes home beside the labels: every event, the consensus, and what was put before whom."""

import json
from pathlib import Path
from typing import Any

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.labelling.questions.votes import votes_table

__all__ = ["KINDS", "consensus_table", "events_table", "export_answers", "labels_of", "offers_table"]


def events_table(session: Any) -> Any:
    """A pyarrow table with one row an event, in order: undone answers, undos and revocations included.

    Columns are those of the label log; ``shown`` is JSON.
    """
    import pyarrow as pa

    events, names = (
        session.events(),
        ("client_id", "client_seq", "at", "annotator", "kind", "action", "galaxy_id"),
    )
    names = ("event_id", *names, "answer", "undoes", "stream", "design", "probability")
    kinds = {
        "event_id": pa.int64(),
        "client_seq": pa.int64(),
        "design": pa.int64(),
        "probability": pa.float64(),
    }
    columns = {
        name: pa.array([getattr(e, name) for e in events], kinds.get(name, pa.string())) for name in names
    }
    columns["shown"] = pa.array([json.dumps(e.shown, ensure_ascii=False) for e in events], pa.string())
    columns["session"] = pa.array([session.name] * len(events), pa.string())
    columns["question"] = pa.array([session.question.text] * len(events), pa.string())
    return pa.table(columns)


def labels_of(session: Any, step: str | None = None) -> dict[str, str]:
    """Galaxy id -> its class, for those that people gave one of the question's own answers.

    Parameters
    ----------
    session : Session
    step : str, optional
        Of a question in several steps: which one's answers; those that lead are taken.

    Raises
    ------
    UnknownNameError
        The question has no such step.
    UsageError
        It has steps, and none was named.
    """
    form = session.question.form
    if form is None or form.kind == "multi-class":
        return dict(session.team.consensus().answers)
    names = [one.name for one in form.steps]
    if step is None:
        raise UsageError(f"the question of '{session.name}' has steps", remedy=f"--label {names[0]}, say")
    if step not in names:
        raise UnknownNameError("step", step, names, where=session.name)
    votes = votes_table(session)
    said = zip(votes["id"].to_pylist(), votes[step].to_pylist(), strict=True)
    return {galaxy: answer for galaxy, answer in said if answer}


def consensus_table(session: Any, *, method: str = "auto") -> Any:
    """A pyarrow table with one row a galaxy: ``id``, ``label``, ``probability``, ``votes``, one column
    ``votes_ANSWER`` for each answer of the question, ``disputed``, ``method``.
    """
    import pyarrow as pa

    told, votes = session.team.consensus(method=method), session.team.votes()
    disputes, ids = session.team.disputes(), sorted(told.answers)
    votes = {i: votes.get(i, {}) for i in ids}  # of what an adjudicator alone decided there are none
    columns: dict[str, Any] = {
        "id": pa.array(ids, pa.string()),
        "label": pa.array([told.answers[i] for i in ids], pa.string()),
        "probability": pa.array([told.probability[i] for i in ids], pa.float64()),
        "votes": pa.array([len(votes[i]) for i in ids], pa.int64()),
    }
    for answer in session.question.all_answers:
        counts = [sum(v == answer for v in votes[i].values()) for i in ids]
        columns[f"votes_{answer}"] = pa.array(counts, pa.int64())
    columns["disputed"] = pa.array([i in disputes for i in ids], pa.bool_())
    columns["method"] = pa.array([told.method] * len(ids), pa.string())
    return pa.table(columns)


def offers_table(session: Any) -> Any:
    """A pyarrow table with one row for every galaxy put before a person: who, when, on which page, and
    why.
    """
    import pyarrow as pa

    offers = session.team.leases.offers()
    columns = {
        name: pa.array([getattr(o, name) for o in offers], kind)
        for name, kind in (
            ("offer_id", pa.int64()),
            ("galaxy_id", pa.string()),
            ("annotator", pa.string()),
            ("client_id", pa.string()),
            ("at", pa.string()),
            ("expires", pa.float64()),
        )
    }
    columns["shown"] = pa.array([json.dumps(o.shown, ensure_ascii=False) for o in offers], pa.string())
    return pa.table(columns)


def export_answers(session: Any, path: Path | str, *, kind: str = "events") -> int:
    """Write one of the tables of `KINDS`, in the format of the file's extension; or, as "html", the whole
    session as one page (see `tuningfork.labelling.report_page.export_page`).

    In CSV and TSV a cell that a spreadsheet would run as a formula gets a leading apostrophe.

    Returns
    -------
    int
        The number of rows.

    Raises
    ------
    UnknownNameError
        For another kind.
    UsageError
        When there is nothing to write.
    """
    from tuningfork.collection import write_table

    if kind == "html":
        from tuningfork.labelling.report_page import export_page

        return export_page(session, path)
    if kind not in KINDS:
        raise UnknownNameError("kind of export", kind, (*KINDS, "html"))
    table = KINDS[kind](session)
    if not len(table):
        raise UsageError("there is nothing to write yet", where=session.name)
    write_table(table, Path(path))
    return len(table)


def _zooniverse(session: Any) -> Any:
    from tuningfork.labelling.people.zooniverse import classifications

    return classifications(session)


def _sample(session: Any) -> Any:
    from tuningfork.labelling.export import session_table

    return session_table(session)


KINDS = {
    "sample": _sample,
    "events": events_table,
    "consensus": consensus_table,
    "votes": votes_table,
    "offers": offers_table,
    "zooniverse": _zooniverse,
}
