"""The tables of the label log and the way to them: SQLite as durable as it can be, others by URL."""

import os
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from tuningfork.errors import CollectionError, TuningforkError, UsageError
from tuningfork.extras import install_command

__all__ = [
    "clear_errors",
    "connect",
    "designs_table",
    "events_table",
    "holds_session",
    "name_of",
    "offers_table",
    "people_table",
    "place_of",
    "plan_table",
    "sessions_table",
    "tables",
]

_AWAY = (  # away, full, read-only or held by others; all but damaged
    sa.exc.OperationalError,
    sa.exc.InterfaceError,  # the connection has ended under us
    sa.exc.InternalError,  # PostgreSQL: a server that only reads
    sa.exc.ProgrammingError,  # PostgreSQL: no right to write
    sa.exc.TimeoutError,  # all connections are in use
)

tables = sa.MetaData()
_wide = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite counts up on INTEGER only

sessions_table = sa.Table("sessions", tables, sa.Column("session", sa.String(100), primary_key=True))
events_table = sa.Table(
    "events",
    tables,
    sa.Column("event_id", _wide, primary_key=True, autoincrement=True),
    sa.Column("client_id", sa.String(100), nullable=False),
    sa.Column("client_seq", sa.BigInteger, nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("session", sa.String(100), nullable=False),
    sa.Column("annotator", sa.String(100), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("action", sa.String(140), nullable=False),
    sa.Column("galaxy_id", sa.Text),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("answer", sa.Text),
    sa.Column("undoes", sa.String(140)),
    sa.Column("shown", sa.Text, nullable=False),
    sa.Column("stream", sa.String(20)),
    sa.Column("design", sa.Integer),
    sa.Column("probability", sa.Float),
    sa.UniqueConstraint("client_id", "client_seq", name="one_event_for_one_act"),
    sa.Index("events_of_a_session", "session", "event_id"),
    sqlite_autoincrement=True,
)
designs_table = sa.Table(  # one row for each frozen audit
    "designs",
    tables,
    sa.Column("session", sa.String(100), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("last_event", sa.BigInteger, nullable=False),  # what had been answered when it was drawn
    sa.Column("head_version", sa.String(40), nullable=False),
    sa.Column("facts", sa.Text, nullable=False),  # JSON: ends of the strata, sizes, seed, digest of the ids
    sa.Column("strata", sa.LargeBinary, nullable=False),  # zlib of uint8, one for each galaxy
)
plan_table = sa.Table(  # whom an audit drew, and with which chance
    "plan",
    tables,
    sa.Column("session", sa.String(100), primary_key=True),
    sa.Column("design", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("turn", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("galaxy_id", sa.Text, nullable=False),
    sa.Column("stratum", sa.Integer, nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("probability", sa.Float, nullable=False),
)
offers_table = sa.Table(  # what was put before whom, when and why; a lease until `expires`
    "offers",
    tables,
    sa.Column("offer_id", _wide, primary_key=True, autoincrement=True),
    sa.Column("session", sa.String(100), nullable=False),
    sa.Column("annotator", sa.String(100), nullable=False),
    sa.Column("client_id", sa.String(100), nullable=False),
    sa.Column("galaxy_id", sa.Text, nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("expires", sa.Float, nullable=False),  # seconds since 1970
    sa.Column("shown", sa.Text, nullable=False),
    sa.Index("offers_of_a_session", "session", "offer_id"),
    sqlite_autoincrement=True,
)
people_table = sa.Table(  # who joined, in which role, by whose word; append-only as well
    "people",
    tables,
    sa.Column("entry_id", _wide, primary_key=True, autoincrement=True),
    sa.Column("session", sa.String(100), nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),  # invite, join, role, key
    sa.Column("name", sa.String(100)),
    sa.Column("role", sa.String(20)),
    sa.Column("by", sa.String(100), nullable=False),
    sa.Column("token_hash", sa.String(64)),
    sa.Column("expires", sa.Float),
    sa.Index("people_of_a_session", "session", "entry_id"),
    sqlite_autoincrement=True,
)


def connect(database: Path | str) -> sa.Engine:
    """An engine for a file (SQLite: write-ahead log, every commit forced to the disk) or for a database URL.

    On SQLite a transaction of a connection with the execution option ``writes`` holds the writer's lock from
    its first moment.

    Raises
    ------
    UsageError
        For a text that is no URL, and one of a database whose driver is not there.
    """
    url = sa.URL.create("sqlite", database=str(database)) if isinstance(database, Path) else _url_of(database)
    if url.get_backend_name() != "sqlite":
        try:
            return sa.create_engine(url, pool_pre_ping=True)
        except (ImportError, sa.exc.ArgumentError) as error:  # no driver, or none of that name
            what, run = f"there is no driver '{url.drivername}' here", install_command("postgres")
            remedy = f"For PostgreSQL begin it with postgresql+psycopg:// and run: {run}"
            raise UsageError(what, where=name_of(str(database)), remedy=remedy) from error
    engine = sa.create_engine(url, connect_args={"timeout": 30})

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection, _record):
        connection.isolation_level = None  # the BEGIN below is ours
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    @sa.event.listens_for(engine, "begin")
    def _on_begin(connection):
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def place_of(database: Path | str) -> str:
    """The file or the URL without its password, for messages."""
    if isinstance(database, Path):
        return str(database)
    return _url_of(database).render_as_string(hide_password=True)


def name_of(database: str) -> str:
    """Server and name of a database, and nothing of its URL that may be secret."""
    url = _url_of(database)
    return f"{url.get_backend_name()}://{url.host or ''}/{url.database or ''}"


def _url_of(database: str) -> sa.URL:
    """The parts of a URL; what is none is not repeated, since it may hold a password."""
    try:
        return sa.make_url(database)
    except (sa.exc.ArgumentError, ValueError) as error:
        remedy = "Write postgresql+psycopg://NAME@HOST/DATABASE"
        raise UsageError("the database's address is no URL", remedy=remedy) from error


def holds_session(database: Path | str, session: str) -> bool:
    """Whether a database knows a session of that name, of whatever collection."""
    engine = connect(database)
    try:
        with clear_errors(place_of(database)), engine.connect() as connection:
            if not sa.inspect(connection).has_table(sessions_table.name):
                return False
            mine = sa.select(sessions_table.c.session).where(sessions_table.c.session == session)
            return connection.execute(mine).first() is not None
    finally:
        engine.dispose()


def _way_out(where: str) -> str:
    """What to do about a log that cannot be opened or written now."""
    if "://" in where:
        return "Look after the server, or at the address and the rights in it; acknowledged answers are kept"
    folder = Path(where).parent
    if folder.is_dir() and not os.access(folder, os.W_OK):
        return (
            "It is where nothing may be written: copy the collection to a place of your own and go on there"
        )
    return "Free some space, or end the program that holds it; acknowledged answers are kept"


@contextmanager
def clear_errors(where: str):
    """Turn the database's errors into one clear line."""
    try:
        yield
    except _AWAY as error:
        raise TuningforkError(
            f"the label log cannot be used: {getattr(error, 'orig', error)}",
            where=where,
            remedy=_way_out(where),
        ) from error
    except sa.exc.DatabaseError as error:
        raise CollectionError(
            f"the label log is damaged or not one: {error.orig}",
            where=where,
            remedy="Put a copy of it back",
        ) from error
