"""The table to take home: every answer with its galaxy's catalogue, and where it came from."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tuningfork
from tuningfork.errors import UsageError
from tuningfork.labelling.questions.votes import step_columns

__all__ = ["export_session", "session_table"]


def export_session(session: Any, path: Path | str, *, all_rows: bool = False) -> Any:
    """Write the table of a session; the format follows the file's extension (csv, tsv, parquet, fits, vot,
    ecsv).

    Parameters
    ----------
    session : Session
        What to export.
    path : path
        The file.
    all_rows : bool
        Every galaxy of the collection with its score, not only those that were answered.

    Returns
    -------
    pyarrow.Table
        What was written.
    """
    from tuningfork.collection import write_table

    table = session_table(session, all_rows=all_rows)
    if not len(table):
        raise UsageError(
            "nothing was answered yet", where=session.name, remedy="Answer something, or export all rows"
        )
    write_table(table, Path(path))
    return table


def session_table(session: Any, *, all_rows: bool = False) -> Any:
    """A pyarrow table with one row a galaxy, in order of score.

    Columns: ``id``, ``label``, ``annotator``, ``answered_at`` (UTC), ``stream`` (why it was asked), ``score``
    and ``rank`` (now), one column for every step of the question's form, the catalogue's columns, and the
    provenance of all: ``session``, ``question``,
    ``encoder``, ``head``, ``head_version``, ``strategy``, ``tuningfork``, ``exported_at``; the same stands in
    the table's metadata. A catalogue column of one of these names is called ``catalogue_NAME``.
    """
    import numpy as np
    import pyarrow as pa

    ranking, events = session.ranking(), session.current_events()
    ids = session.collection.ids()
    rows = np.array([r for r, i in enumerate(ids) if all_rows or i in events], np.int64)
    rows = rows[np.argsort(-np.nan_to_num(ranking.scores[rows], nan=-1.0), kind="stable")]
    given = [events.get(ids[r]) for r in rows]
    columns = {
        "id": pa.array([str(ids[r]) for r in rows], pa.string()),
        "label": pa.array([e.answer if e else None for e in given], pa.string()),
        "annotator": pa.array([e.annotator if e else None for e in given], pa.string()),
        "answered_at": pa.array([e.at if e else None for e in given], pa.string()),
        "stream": pa.array([e.shown.get("stream") if e else None for e in given], pa.string()),
        "score": pa.array(
            ranking.scores[rows] if ranking.learnt else [None] * len(rows), pa.float32(), from_pandas=True
        ),
        "rank": pa.array(
            [int(r) or None if ranking.learnt else None for r in ranking.rank[rows]], pa.int64()
        ),
    }
    for name, column in step_columns(session.question.form, given).items():
        columns[f"question_{name}" if name in columns else name] = column
    told = _provenance(session, ranking)
    catalogue = session.collection.catalogue(rows=rows)
    for name in catalogue.column_names:
        if name != "id":
            columns[f"catalogue_{name}" if name in columns or name in told else name] = catalogue[name]
    for name, value in told.items():
        columns[name] = pa.array([value] * len(rows), pa.string())
    return pa.table(columns).replace_schema_metadata(told)


def _provenance(session: Any, ranking: Any) -> dict[str, str]:
    return {
        "session": session.name,
        "question": session.question.text,
        "encoder": session.encoder,
        "head": session.head_name,
        "head_version": ranking.version,
        "strategy": session.strategy_name,
        "tuningfork": tuningfork.__version__,
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
