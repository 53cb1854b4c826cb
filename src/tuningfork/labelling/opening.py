"""Start a session, or open one where it was left."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tuningfork.errors import EmbeddingError, UsageError
from tuningfork.heads import heads
from tuningfork.labelling.database import holds_session, name_of, place_of
from tuningfork.labelling.joined import join
from tuningfork.labelling.label_log import checked_name
from tuningfork.labelling.people.team import Team
from tuningfork.labelling.pools import load_pool
from tuningfork.labelling.question import Question
from tuningfork.labelling.session import Session
from tuningfork.labelling.settings import (
    SessionSettings,
    build_strategy,
    list_sessions,
    read_settings,
    session_folder,
    write_settings,
)
from tuningfork.labelling.streams.settings import Streams

__all__ = ["create_session", "open_session", "opened"]


def create_session(  # noqa: PLR0913 - all but the first by name
    collection: Any,
    *,
    name: str = "first",
    question: Question | str | None = None,
    encoder: str | None = None,
    head: str = "logistic",
    strategy: str = "greedy",
    seed: int = 0,
    annotator: str | None = None,
    database: str | None = None,
    streams: Streams | None = None,
    team: Team | None = None,
) -> Session:
    """Start a session in DIR/sessions/NAME.

    Parameters
    ----------
    collection : Collection or path
        With embeddings.
    name : str
        A plain name; one collection has as many sessions as one likes.
    question : Question or str
        A string is a yes/no question.
    encoder : str, optional
        Name or key of the vectors to use, ``a+b`` for those of two side by side; the usual ones when not
        given, see `tuningfork.embeddings.keys.usual_key`.
    head, strategy : str
        Names in the registries.
    seed : int
        Of all that is drawn at random.
    annotator : str, optional
        Who answers when a call names nobody.
    database : str, optional
        URL of a database for the label log; SQLite in the session's folder when not given. It may hold a
        password, so no more than its server and name are written down: give it again to `open_session`,
        which refuses to go on without it.
    streams : Streams, optional
        Shares of audit, gold and repeats; see `Streams.usual`, which holds when not given.
    team : Team, optional
        How many people look at each galaxy; one when not given.

    Raises
    ------
    UsageError
        When the session is there already, or a name is not one.
    EmbeddingError
        When there are no vectors; the remedy is the command that makes them.
    """
    collection = opened(collection)
    folder = session_folder(collection, name)
    if name in list_sessions(collection):
        raise UsageError(
            f"the session '{name}' is there already",
            where=str(folder),
            remedy="Open it, or choose another name",
        )
    if database is not None and holds_session(database, name):
        # its answers would count for the galaxies of this collection that bear the same ids
        raise UsageError(
            f"the database holds a session '{name}' already, of this collection or another one",
            where=place_of(database),
            remedy="Choose another name",
        )
    if not isinstance(question, Question):
        question = Question(question) if question else Question()
    pool = load_pool(collection, encoder)
    settings = SessionSettings(
        name=name,
        question=question,
        encoder=pool.key,
        head=head,
        strategy=strategy,
        seed=int(seed),
        annotator=checked_name(annotator or "me", "annotator"),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        streams=streams or Streams.usual(),
        team=team or Team(),
        database="" if database is None else name_of(database),
    )
    build_strategy(strategy, {})
    heads.get(head)  # unknown names are refused before anything is written
    folder.mkdir(parents=True, exist_ok=True)
    write_settings(folder, settings)
    return Session(collection, settings, pool, database=database)


def open_session(
    collection: Any,
    name: str = "first",
    *,
    encoder: str | None = None,
    database: str | None = None,
    reading: bool = False,
) -> Session:
    """Open a session where it was left.

    With ``reading`` nothing is to be answered: of a collection that may not be written the label log is read
    from a copy outside, and nothing is written into it.

    Raises
    ------
    UnknownNameError
        When there is no session of that name.
    UsageError
        When its label log is in a database whose URL was not given.
    EmbeddingError
        When the collection has no vectors of the session's encoder, or ``encoder`` asks for another one:
        scores of two encoders cannot be mixed. `Session.set_encoder` changes it.
    """
    collection = opened(collection)
    settings = read_settings(collection, name)
    if settings.database and database is None:
        # else an empty log would be made in the folder, and answers go there unseen by the others
        raise UsageError(
            f"the label log of session '{name}' is in the database {settings.database}",
            where=str(session_folder(collection, name)),
            remedy="Give the URL of that database, with --database",
        )
    if encoder is not None and join(collection, encoder).key != settings.encoder:
        raise EmbeddingError(
            f"session '{name}' was made with '{settings.encoder}', not with '{encoder}'",
            where=str(session_folder(collection, name)),
            remedy="Open it without naming an encoder; Settings on the page, or set_encoder, change it",
        )
    pool = load_pool(collection, settings.encoder)
    return Session(collection, settings, pool, database=database, reading=reading)


def opened(collection: Any) -> Any:
    if isinstance(collection, str | Path):
        from tuningfork.collection import Collection

        return Collection.open(collection)
    return collection
