"""``tuningfork label``: from one's own images to the page."""

from pathlib import Path
from typing import Annotated

import typer

from tuningfork.cli._options import (
    Address,
    BehindProxy,
    Database,
    Debug,
    Host,
    NoBrowser,
    Only,
    Port,
    Quiet,
    TlsCert,
    TlsKey,
    new_app,
)

__all__ = ["app"]

app = new_app()


@app.command(no_args_is_help=True)
def label(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="A collection, a folder of images or one wide image.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Where a new collection goes; NAME.tuningfork in this folder by default.",
        ),
    ] = None,
    only: Only = None,
    encoder: Annotated[
        list[str] | None,
        typer.Option(
            "--encoder",
            metavar="NAME",
            help="An encoder, see: tuningfork weights list; given again, their vectors stand side by side. "
            "lvm-tiny by default.",
        ),
    ] = None,
    session: Annotated[
        str | None,
        typer.Option(
            "--session", metavar="NAME", help="Go on with this session; made on the page by default."
        ),
    ] = None,
    question: Annotated[
        str | None,
        typer.Option(
            "--question",
            metavar="FILE",
            help="Ask what this file says: a decision tree, several classes or labels; or gz2, gz-decals, "
            "gz-hubble, gz-candels.",
        ),
    ] = None,
    looking_for: Annotated[
        str | None,
        typer.Option(
            "--looking-for",
            metavar="STEP.ANSWER,...",
            help="Which answers of the question file are finds; the file says so by default.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="NAME", help="Under which name you answer; the session's own by default."
        ),
    ] = None,
    audit: Annotated[
        float | None,
        typer.Option(
            "--audit",
            metavar="SHARE",
            min=0.0,
            max=1.0,
            help="Share of galaxies that are drawn by chance, to tell what is missing: in the session "
            "that is named, else in those made on the page. 0.1 by default.",
        ),
    ] = None,
    samp: Annotated[
        bool,
        typer.Option(
            "--samp", help="Connect the page with TOPCAT, Aladin, ... on this machine: rows and places."
        ),
    ] = False,
    database: Database = None,
    host: Host = "127.0.0.1",
    port: Port = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    behind_proxy: BehindProxy = False,
    address: Address = None,
    no_browser: NoBrowser = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Open the page on your own images or a collection.

    SOURCE becomes a collection and is embedded first where that is not done yet.
    The link ends a line on standard error. Ctrl-C ends; every answer is kept.
    With --question the session is made here, and bears the name of the file unless --session names it.

    Example: tuningfork label my_cutouts/
    """
    from tuningfork.cli._options import comma_list
    from tuningfork.cli._prepare import (
        asked_session,
        check_writable,
        open_source,
        serve_page,
        with_embeddings,
    )
    from tuningfork.web.server import check_port

    if port:
        check_port(host, port)
    collection = open_source(source, out, quiet=quiet, only=only or ())
    check_writable(collection, database=database, session=session)
    # the keys, not the names: what is opened is what was embedded now
    key = " + ".join(with_embeddings(collection, name, quiet=quiet) for name in encoder or ["lvm-tiny"])
    if question is not None or looking_for is not None:
        wanted = comma_list(looking_for) or ()
        session = asked_session(collection, question, wanted, encoder=key, session=session, database=database)
    where = {"host": host, "tls_cert": tls_cert, "tls_key": tls_key, "behind_proxy": behind_proxy}
    serve_page(
        collection,
        encoder=key,
        session=session,
        database=database,
        name=name,
        port=port,
        browser=not no_browser,
        address=address,
        samp=samp,
        audit=audit,
        **where,
    )
