"""A session's folder: its name, its settings in session.toml, and the refusal of what does not fit."""

import dataclasses
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tuningfork.config import from_table, read_toml, to_table, to_toml
from tuningfork.errors import CollectionError, TuningforkError, UnknownNameError, UsageError
from tuningfork.files import write_atomically
from tuningfork.labelling.people.team import Team
from tuningfork.labelling.question import Question
from tuningfork.labelling.strategies import Strategy, strategies
from tuningfork.labelling.streams.settings import Streams

__all__ = [
    "SessionSettings",
    "build_strategy",
    "list_sessions",
    "named_strategy",
    "read_settings",
    "session_folder",
    "session_overview",
    "write_settings",
]

FORMAT = 1
CELLS = 60  # neighbourhoods of a pool, for exploring
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class SessionSettings:
    """What session.toml holds."""

    name: str
    question: Question
    encoder: str  # the key the vectors are stored under
    head: str = "logistic"
    strategy: str = "greedy"
    strategy_settings: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    annotator: str = "me"
    created: str = ""
    streams: Streams = field(default_factory=Streams)  # a session from before there were streams has none
    team: Team = field(default_factory=Team)
    database: str = ""  # of which server and name, where the label log is not in the session's folder
    format: int = FORMAT


def session_folder(collection: Any, name: str) -> Path:
    """DIR/sessions/NAME; raises `UsageError` for a name that is not a plain file name."""
    if not _NAME.fullmatch(name) or name.endswith("."):
        raise UsageError(
            f"'{name}' cannot be the name of a session",
            remedy="Use up to 64 letters, digits, dots, hyphens and underscores",
        )
    return _sessions(collection) / name


def _sessions(collection: Any) -> Path:
    if not isinstance(collection.path, str | Path):
        raise UsageError(
            "sessions are kept beside the galaxies in a local folder, and these are on an object store",
            where=str(collection.path),
            remedy="Copy the collection here to label it",
        )
    return Path(collection.path) / "sessions"


def list_sessions(collection: Any) -> list[str]:
    """The names of a collection's sessions, sorted."""
    return sorted(file.parent.name for file in _sessions(collection).glob("*/session.toml"))


def session_overview(collection: Any, name: str) -> dict[str, str]:
    """A session's ``name``, ``question``, when it was ``created`` and last ``used`` (UTC; empty when not
    known), without opening it. The question of one that cannot be read is what is wrong with it.
    """
    try:
        settings = read_settings(collection, name)
        question, created = settings.question.text, settings.created
    except TuningforkError as error:
        question, created = str(error), ""
    folder = session_folder(collection, name)
    files = [f for f in (folder / "labels.sqlite-wal", folder / "labels.sqlite") if f.is_file()]
    times = [datetime.fromtimestamp(f.stat().st_mtime, UTC).isoformat(timespec="seconds") for f in files]
    return {"name": name, "question": question, "created": created, "used": max(times, default="")}


def read_settings(collection: Any, name: str) -> SessionSettings:
    """The settings of a session; raises `UnknownNameError` when there is none of that name."""
    file = session_folder(collection, name) / "session.toml"
    if not file.is_file():
        raise UnknownNameError("session", name, list_sessions(collection), where=str(collection.path))
    table = read_toml(file)
    if table.get("format") != FORMAT:
        raise CollectionError(
            f"session format {table.get('format')!r} is not {FORMAT}",
            where=str(file),
            remedy="Open it with the tuningfork that made it",
        )
    missing = {"name", "question", "encoder"} - set(table)
    if missing:
        raise CollectionError(
            f"no '{min(missing)}' in it", where=str(file), remedy="Put a copy of the file back"
        )
    return from_table(SessionSettings, table, where=str(file))


def write_settings(folder: Path, settings: SessionSettings) -> None:
    """Write session.toml so that a kill leaves the old or the new one."""
    write_atomically(folder / "session.toml", to_toml(to_table(settings)))


def build_strategy(name: str, settings: dict[str, Any]) -> Strategy:
    """A strategy with its settings; raises `UnknownNameError` for a setting it has not, `UsageError` for a
    bad value.
    """
    kind = strategies.get(name)
    known = [f.name for f in dataclasses.fields(kind)]
    for key in settings:
        if key not in known:
            raise UnknownNameError(f"setting of '{name}'", key, known)
    try:
        return kind(**settings)
    except (TypeError, ValueError) as error:
        raise UsageError(f"strategy '{name}': {error}") from error


def named_strategy(text: str) -> tuple[str, dict[str, Any]]:
    """``alpha:alpha=0.1:lower=lowest`` as the strategy's name and its settings.

    Examples
    --------
    >>> named_strategy("alpha:alpha=0.1:lower=lowest")
    ('alpha', {'alpha': 0.1, 'lower': 'lowest'})
    """
    name, *parts = text.split(":")
    settings: dict[str, Any] = {}
    for part in parts:
        key, equals, value = part.partition("=")
        if not equals:
            raise UsageError(f"'{part}' of '{text}' is no setting", remedy="Write strategy:setting=value")
        settings[key] = _value(value)
    return name, settings


def _value(text: str) -> Any:
    """true, false, a number, or the text itself."""
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
