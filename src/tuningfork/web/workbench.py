"""What one page server works on: a collection, its pictures, and the sessions that are open."""

import getpass
import random
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuningfork.errors import EmbeddingError, UnknownNameError, UsageError
from tuningfork.labelling.joined import names_of
from tuningfork.web.body import Fields
from tuningfork.web.examples import Examples
from tuningfork.web.id_search import IdSearch
from tuningfork.web.identifiers import Identifiers
from tuningfork.web.loop import Loop
from tuningfork.web.map_room import MapRoom
from tuningfork.web.map_sets import MapSets
from tuningfork.web.pictures import PictureRoom

__all__ = ["Library", "Workbench"]


class Library:
    """The few library calls the Start screen makes; tests hand in their own.

    Parameters
    ----------
    database : str, optional
        URL of the database with the label logs; each session's own folder when not given.
    streams : Streams, optional
        Shares of the streams of new sessions; the usual ones when not given.
    """

    def __init__(self, database: str | None = None, *, streams: Any = None):
        self._database, self._streams = database, streams

    def create_session(self, collection: Any, **settings: Any) -> Any:
        from tuningfork.labelling import create_session

        return create_session(collection, database=self._database, streams=self._streams, **settings)

    def open_session(self, collection: Any, name: str) -> Any:
        from tuningfork.labelling import open_session

        return open_session(collection, name, database=self._log_of(collection, name))

    def _log_of(self, collection: Any, name: str) -> str | None:
        """The database of a session's log; None for one that was made in its own folder."""
        from tuningfork.labelling.settings import read_settings

        return self._database if read_settings(collection, name).database else None

    def list_sessions(self, collection: Any) -> list[str]:
        from tuningfork.labelling import list_sessions

        return list_sessions(collection)

    def overview(self, collection: Any, name: str) -> dict[str, str]:
        from tuningfork.labelling.settings import session_overview

        return session_overview(collection, name)

    def search(self, collection: Any, **query: Any) -> Any:
        from tuningfork.embeddings import search

        return search(collection, **query)

    def vectors_of(self, collection: Any, encoder: str | None) -> str:
        from tuningfork.embeddings.keys import resolve_key

        return resolve_key(collection, encoder)

    def vectors(self, collection: Any) -> list[dict[str, Any]]:
        """What vectors there are, the newest first: ``key``, ``name`` of the encoder, ``numbers`` in each,
        of how many ``galaxies``, and when they were ``made``.
        """
        told = []
        for key in collection.vector_keys():
            table = collection.vector_table(key)
            facts = table.metadata
            of = {"key": key, "name": facts.get("name") or key, "made": facts.get("created", "")}
            told.append({**of, "numbers": int(facts.get("dim") or 0), "galaxies": table.count()})
        return sorted(told, key=lambda one: one["made"], reverse=True)

    def keys_of(self, collection: Any, encoder: str | None) -> list[str]:
        from tuningfork.labelling.joined import keys_of

        return keys_of(collection, encoder)

    def list_maps(self, collection: Any) -> list[str]:
        from tuningfork.embeddings import list_maps

        return list_maps(collection)

    def load_map(self, collection: Any, encoder: str, method: str) -> Any:
        from tuningfork.embeddings import load_map

        return load_map(collection, encoder, method)

    def make_map(self, collection: Any, encoder: str, on_progress: Callable[[int, int], None]) -> None:
        from tuningfork.embeddings import map_collection

        map_collection(collection, encoder, method="pca", quiet=True, on_progress=on_progress)

    def gave_out(self, collection: Any, name: str, secret: str) -> bool:
        from tuningfork.labelling.people.members import gave_out

        return gave_out(collection, name, secret, database=self._log_of(collection, name))

    def strategies(self) -> dict[str, str]:
        from tuningfork.labelling.strategies import strategies

        return strategies.describe()

    def heads(self) -> dict[str, str]:
        from tuningfork.heads import heads

        return heads.describe()


@dataclass
class Example:
    """One example of what is looked for: a galaxy of the collection, or the key of a dropped picture."""

    galaxy: str | None = None
    picture: str | None = None


class Workbench:
    """State behind the page; everything in it may be used from several threads.

    Parameters
    ----------
    collection : Collection
        The galaxies.
    session : Session, optional
        Opened at once; without one the page begins at Start.
    encoder : str, optional
        Whose vectors new sessions use, ``a+b`` for those of two side by side; by default the usual ones, see
        `tuningfork.embeddings.keys.usual_key`. By the first of them galaxies like an example are found before
        there is a session.
    annotator : str, optional
        Under which name the host answers; each session's own annotator by default.
    """

    def __init__(
        self,
        collection: Any,
        session: Any = None,
        *,
        encoder: str | None = None,
        annotator: str | None = None,
        library: Library | None = None,
    ):
        self.collection, self.encoder, self.annotator = collection, encoder, annotator
        self.library = library or Library()
        self.identifiers = Identifiers(collection, str(Path(collection.path).resolve()))
        self.ids, self.pictures = IdSearch(collection, self.identifiers), PictureRoom(collection)
        self.examples = Examples()
        self.maps, self.selections = MapRoom(collection, self.library), MapSets()
        self.version = re.sub(r"[^0-9A-Za-z]", "", str(collection.fingerprint()))[:12] or "0"
        self._lock = threading.Lock()
        self._loops: dict[str, Loop] = {}
        self.first = self._take_in(session).session.name if session is not None else None

    def loop(self, name: str) -> Loop:
        """The open session of that name; opens it when the collection has it."""
        with self._lock:
            if name in self._loops:
                return self._loops[name]
        if name not in self.session_names():
            raise UnknownNameError("session", name, self.session_names())
        return self._take_in(self.library.open_session(self.collection, name))

    def loop_for(self, name: str, secret: str) -> Loop:
        """The session for which somebody shows a secret: an invitation or a key.

        Opening a session takes time and memory, so for a stranger it is not done; `UnknownNameError` as if
        it were not there. Whether the secret still holds is another question.
        """
        with self._lock:
            there = name in self._loops
        if not there and not (
            name in self.session_names() and self.library.gave_out(self.collection, name, secret)
        ):
            raise UnknownNameError("session", name, ())
        return self.loop(name)

    def session_names(self) -> list[str]:
        """All sessions of the collection, open or not."""
        return sorted({*self.library.list_sessions(self.collection), *self._loops})

    def overviews(self) -> list[dict[str, str]]:
        """All sessions for a list: name, question, when it was made and when last answered in (UTC, may be
        empty), the latest first. None is opened for it.
        """
        told = [self.library.overview(self.collection, name) for name in self.session_names()]
        return sorted(told, key=lambda s: s["used"] or s["created"], reverse=True)

    def usual_vectors(self) -> list[str]:
        """The keys of the vectors that a new session ranks by; none while the collection has none."""
        try:
            return self.library.keys_of(self.collection, self.encoder)
        except EmbeddingError:
            return []

    def chosen_vectors(self, fields: Fields) -> list[str]:
        """The keys in a request's ``vectors``, none when it names none; `UnknownNameError` for others."""
        known = {one["key"] for one in self.library.vectors(self.collection)} if fields.has("vectors") else ()
        chosen = fields.each("vectors", str, most=len(known))
        if unknown := [key for key in chosen if key not in known]:
            raise UnknownNameError("vectors", unknown[0], sorted(known))
        return chosen

    def start(
        self, *, name: str, question: Any, examples: list[Example], encoder: Sequence[str] = ()
    ) -> Loop:
        """Make a session and give it its examples, without which only a question with steps can begin;
        ``name`` gets a number when it is taken, and the usual vectors are those of `usual_vectors`.
        """
        if not examples and question.form is None:
            raise UsageError("choose at least one example")
        ids, data = self._split(examples)
        known = {n.lower() for n in self.session_names()}
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "session"
        free = next(s for s in (slug, *(f"{slug}-{i}" for i in range(2, 10_000))) if s not in known)
        session = self.library.create_session(
            self.collection,
            name=free,
            question=question,
            encoder=" + ".join(encoder) or self.encoder,
            annotator=self.annotator or _user(),
        )
        if examples:
            session.add_examples(ids=ids, images=data, answer=question.answers[0])
        return self._take_in(session)

    def nearest(self, examples: list[Example], n: int, *, encoder: Sequence[str] = ()) -> list[str]:
        """Opaque names of the ``n`` galaxies most like the examples, by the first of the chosen vectors."""
        ids, data = self._split(examples)
        first = encoder[0] if encoder else names_of(self.encoder)[0]
        found = self.library.search(self.collection, ids=ids, images=data, encoder=first, k=n)
        return self.identifiers.names(found.rows)

    def near_picture(self, picture: str, n: int, *, encoder: str) -> list[int]:
        """The rows of the ``n`` galaxies most like a dropped picture, by the vectors of one encoder."""
        data = [self.examples.data(picture)]
        found = self.library.search(self.collection, ids=[], images=data, encoder=encoder, k=n)
        return [int(row) for row in found.rows]

    def gallery(self, draw: int, n: int) -> list[str]:
        """Opaque names of ``n`` galaxies drawn at random; the same for the same ``draw``."""
        rng = random.Random(draw)  # noqa: S311 # nosec B311 # no secret
        rows = rng.sample(range(len(self.collection)), min(n, len(self.collection)))
        return self.identifiers.names(rows)

    def map_vectors(self, loop: Loop) -> str | None:
        """Whose map a session shows: of several encoders the first's, since places that several made together
        are not stored.
        """
        keys = loop.session.encoder_keys
        return keys[0] if keys else self.encoder

    def _split(self, examples: list[Example]) -> tuple[list[str], list[bytes]]:
        ids = [self.identifiers.resolve(e.galaxy)[1] for e in examples if e.galaxy is not None]
        return ids, [self.examples.data(e.picture) for e in examples if e.picture is not None]

    def _take_in(self, session: Any) -> Loop:
        loop = Loop(session, self.identifiers)
        with self._lock:
            kept = self._loops.setdefault(session.name, loop)
        if kept is loop:
            self.maps.read_ahead(self.map_vectors(loop), loop.first_page)
        return kept


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "me"
