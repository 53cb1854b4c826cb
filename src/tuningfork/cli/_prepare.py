"""From whatever the person has to a collection with embeddings; each step goes on where it ended."""

import os
import re
import shlex
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from tuningfork.cli._console import StoppedError, galaxies, keeps, note
from tuningfork.errors import CatalogueError, CollectionError, UsageError

if TYPE_CHECKING:
    from tuningfork.collection import Collection

__all__ = [
    "asked_session",
    "check_writable",
    "is_collection",
    "open_source",
    "serve_page",
    "with_embeddings",
]


def is_collection(path: Path) -> bool:
    """Whether a folder is a collection."""
    return (path / "collection.toml").is_file()


def open_source(
    source: Path,
    out: Path | None,
    *,
    quiet: bool,
    mosaic: bool | None = None,
    only: Sequence[str] = (),
) -> "Collection":
    """The collection at ``source``, or one made from it.

    Parameters
    ----------
    source : Path
        A collection, a folder of images or one wide image.
    out : Path or None
        Where a new collection goes; ``NAME.tuningfork`` in the current folder by default.
    quiet : bool
        No progress and no remarks.
    mosaic : bool, optional
        Whether ``source`` is one wide image; seen from the path by default.
    only : sequence of str
        Patterns of file names: of a folder or an archive these images alone.

    Raises
    ------
    CollectionError
        When there is nothing at ``source``.
    UsageError
        When ``source`` is a collection, from which ``only`` can choose nothing.
    """
    from tuningfork.collection import Collection, create_collection

    if not source.exists():
        remedy = "Give a collection, a folder of images or one wide image"
        raise CollectionError("there is nothing here", where=str(source), remedy=remedy)
    if is_collection(source):
        if only:
            remedy = "Leave --only away, or give the folder that it was made from and another --out"
            raise UsageError("this is a collection already", where=str(source), remedy=remedy)
        return _opened(Collection.open(source), quiet=quiet)
    out = out or Path(f"{_name(source)}.tuningfork")
    note(f"collection: {out.resolve()}{_among(source, out)}", quiet=quiet)
    with keeps("What was imported is kept; the same command goes on from there"):
        try:
            report = create_collection(source, out, mosaic=mosaic, only=only, quiet=quiet)
        except CatalogueError as error:  # the options that settle it are those of another command
            words = ["tuningfork", "collection", "create", str(source), "--out", str(out)]
            elsewhere = shlex.join([*words, *(word for one in only for word in ("--only", one))])
            remedy = f"{error.remedy or 'Import it by itself'}, in: {elsewhere}"
            raise CatalogueError(error.what, where=error.where, remedy=remedy) from error
    refused = sum(not rejected.kept for rejected in report.rejected)
    if refused:
        note(f"{refused:,} could not be imported, see {out / 'rejected.csv'}", quiet=quiet)
    if report.passed_over:
        note(f"images that --only passes over: {report.passed_over:,}", quiet=quiet)
    note(f"{galaxies(len(report.collection))}, {report.added:,} of them new", quiet=quiet)
    return report.collection


def _among(source: Path, out: Path) -> str:
    """A word on a collection that lies in the folder of its own images, as after: tuningfork label ."""
    if not source.is_dir() or not out.resolve().is_relative_to(source.resolve()):
        return ""
    return " (among your images, never taken for one of them; --out DIR puts it elsewhere)"


def check_writable(collection: "Collection", *, database: str | None, session: str | None) -> None:
    """Refuse to label where no answer could be kept, with the commands that make a copy.

    A session that is there already can go on where its label log is in a database.

    Raises
    ------
    UsageError
        When nothing may be written into the collection's folder.
    """
    from tuningfork.labelling.read_only import is_read_only

    path = collection.path
    if not isinstance(path, Path) or not is_read_only(path) or (database is not None and session is not None):
        return
    home, copy = shlex.quote(str(path)), f"~/{shlex.quote(path.resolve().name + '-copy')}"
    raise UsageError(
        "nothing may be written into this collection, so no answer could be kept",
        where=str(path),
        remedy=f"Label a copy: cp -r {home} {copy} && chmod -R u+w {copy} && tuningfork label {copy}",
    )


def _opened(collection: "Collection", *, quiet: bool) -> "Collection":
    """The collection, with a word when its import never ended: what is missing must not pass for absent."""
    if not collection.manifest.complete:
        there = f"{galaxies(len(collection))} here, but the import never ended"
        home = shlex.quote(str(collection.path))
        note(f"{there}; go on with: tuningfork collection create SOURCE --out {home}", quiet=quiet)
    return collection


def with_embeddings(collection: "Collection", encoder: str, *, quiet: bool) -> str:
    """Embed the galaxies that have no vector of this encoder yet; returns the key of the vectors."""
    from tuningfork.embeddings import embed

    with keeps("The vectors made so far are kept; the same command makes the rest"):
        report = embed(collection, encoder, quiet=quiet)
    for line in report.remarks if report.done else ():
        note(line, quiet=quiet)
    if report.done:
        note(f"{galaxies(report.done)} embedded with {report.key}", quiet=quiet)
    return report.key


def asked_session(
    collection: "Collection",
    file: str | None,
    looking_for: Sequence[str],
    *,
    encoder: str,
    session: str | None,
    database: str | None = None,
) -> str:
    """The name of the session that asks a question file; made where it is not there yet.

    Raises
    ------
    UsageError
        For a file that is no question, or when the session is there and asks something else.
    """
    from tuningfork.labelling import create_session, list_sessions
    from tuningfork.labelling.questions.reading import read_question
    from tuningfork.labelling.settings import read_settings

    if file is None:
        raise UsageError("--looking-for belongs to a question file", remedy="Give it with --question FILE")
    question = read_question(file, looking_for=looking_for)
    name = session or re.sub(r"[^A-Za-z0-9._-]", "-", Path(file).stem).strip(".-") or "question"
    if name not in list_sessions(collection):
        create_session(collection, name=name, question=question, encoder=encoder, database=database).close()
    elif read_settings(collection, name).question != question:
        remedy = "Name another session with --session"
        raise UsageError(f"the session '{name}' asks something else", where=file, remedy=remedy)
    return name


def serve_page(
    collection: "Collection",
    *,
    encoder: str,
    port: int | None,
    browser: bool,
    session: str | None = None,
    name: str | None = None,
    database: str | None = None,
    samp: bool = False,
    audit: float | None = None,
    **where: Any,
) -> NoReturn:
    """Serve the page until Ctrl-C; the link ends a line on standard error.

    ``audit`` is the share of audits of ``session``, or of sessions that are made on the page. ``where`` is
    what `tuningfork.web.serve` takes of a host beyond 127.0.0.1.

    Raises
    ------
    TuningforkError
        With ``samp``: when no SAMP hub runs here.
    StoppedError
        Always at the end: serving ends by being stopped.
    """
    from tuningfork.labelling.streams.settings import Streams
    from tuningfork.web import serve

    target: object = collection
    if session is not None:
        from tuningfork.labelling import open_session

        opened = open_session(collection, session, database=database)
        if audit is not None:
            opened.set_streams(replace(opened.settings.streams, audit=audit))
        target = opened
    kept = f"Every answer is kept; go on with: tuningfork label {shlex.quote(str(collection.path))}"
    with keeps(kept), _stopped_by_signals():
        serve(
            target,
            encoder=encoder,
            annotator=name,
            port=port or 0,
            open_browser=browser and _has_display(),
            database=database,
            samp=samp,
            streams=None if audit is None else replace(Streams.usual(), audit=audit),
            **where,
        )
    raise StoppedError(kept)


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """End in order on SIGINT and SIGTERM; a script's shell has SIGINT ignored for its background."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _has_display() -> bool:
    """Whether a browser could open a window; without one a text browser would take over the terminal."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _name(source: Path) -> str:
    """A folder's name, or a file's without its endings."""
    path = source.resolve()
    return path.name if path.is_dir() else path.name.split(".")[0] or path.name
