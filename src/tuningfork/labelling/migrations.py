"""Bring an older label log to the present tables: a copy first, then one transaction, nothing lost."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from tuningfork.errors import CollectionError
from tuningfork.labelling.database import events_table, tables

__all__ = ["LOG_FORMAT", "prepare"]

LOG_FORMAT = 2
"""1: sessions and events. 2: events know their stream and design; audits, offers and people."""

_format_table = sa.Table(
    "log_format", tables, sa.Column("format", sa.Integer, primary_key=True, autoincrement=False)
)
_ADDED = ("stream", "design", "probability")


def prepare(engine: sa.Engine, writer: sa.Engine, where: str) -> Path | None:
    """Make the tables that are missing, and change those of an older log.

    Returns
    -------
    Path or None
        The copy of an older SQLite file (``labels.sqlite.format-1-DATE``) that was made before. On other
        servers the older events are kept as the table ``events_format_1``.

    Raises
    ------
    CollectionError
        When the log was written by a newer tuningfork.
    """
    found = _format_of(engine)
    if found is not None and found > LOG_FORMAT:
        raise CollectionError(
            f"the label log has format {found}, newer than {LOG_FORMAT}",
            where=where,
            remedy="Open it with the tuningfork that wrote it",
        )
    copy = _copied(engine) if found == 1 else None
    with writer.begin() as connection:
        if (
            connection.dialect.name != "sqlite"
        ):  # two servers may start at once; SQLite holds its writer's lock
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(7406)"))
        if found == 1 and _older(connection):
            _to_format_2(connection)
        tables.create_all(connection)
        if connection.execute(sa.select(_format_table)).first() is None:
            connection.execute(_format_table.insert(), {"format": LOG_FORMAT})
        _forbid_changes(connection)
    return copy


def _format_of(engine: sa.Engine) -> int | None:
    """None for an empty database."""
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        if not inspector.has_table("events"):
            return None
        if not inspector.has_table("log_format"):
            return 1
        return connection.execute(sa.select(_format_table.c.format)).scalar()


def _older(connection: sa.Connection) -> bool:
    names = {column["name"] for column in sa.inspect(connection).get_columns("events")}
    return not set(_ADDED) <= names


def _copied(engine: sa.Engine) -> Path | None:
    """A copy of the SQLite file beside it, taken through the database so that its write-ahead log is in
    it.
    """
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    copy = Path(f"{engine.url.database}.format-1-{stamp}")
    source, target = sqlite3.connect(engine.url.database, timeout=30), sqlite3.connect(copy)
    try:
        source.backup(target)
        if target.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise CollectionError(
                "the copy of the label log is damaged", where=str(copy), remedy="Check the disk"
            )
    finally:
        source.close(), target.close()
    return copy


def _to_format_2(connection: sa.Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    if not sqlite:
        connection.execute(sa.text("CREATE TABLE IF NOT EXISTS events_format_1 AS TABLE events"))
    for name in _ADDED:
        kind = events_table.c[name].type.compile(connection.dialect)
        connection.execute(sa.text(f"ALTER TABLE events ADD COLUMN {name} {kind}"))
    told = "json_extract(shown, '$.{}')" if sqlite else "(shown::json ->> '{}')"
    number = "" if sqlite else "::double precision"
    connection.execute(
        sa.text(
            f"UPDATE events SET stream = {told.format('stream')}, "  # noqa: S608 # nosec B608 # names of ours only
            f"probability = {told.format('probability')}{number}"
        )
    )


def _forbid_changes(connection: sa.Connection) -> None:
    """Let SQLite itself refuse to change or delete what was logged."""
    if connection.dialect.name != "sqlite":
        return
    for table in ("events", "designs", "plan", "offers", "people"):
        for act in ("UPDATE", "DELETE"):
            connection.execute(
                sa.text(
                    f"CREATE TRIGGER IF NOT EXISTS {table}_{act.lower()} BEFORE {act} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'the label log is append-only'); END"
                )
            )
