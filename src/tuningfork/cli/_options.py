"""Options that several verbs share, declared once so that they read the same everywhere."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

__all__ = [
    "Address",
    "Bands",
    "BatchSize",
    "BehindProxy",
    "CollectionPath",
    "Database",
    "Debug",
    "EncoderName",
    "Host",
    "Json",
    "NoBrowser",
    "Only",
    "Plane",
    "Port",
    "Quiet",
    "StoredName",
    "TlsCert",
    "TlsKey",
    "Workers",
    "comma_list",
    "new_app",
]


class Plane(StrEnum):
    """How features are laid out in a plane."""

    tsne = "tsne"
    umap = "umap"
    pca = "pca"


class _Group(typer.core.TyperGroup):
    """A group whose help has each command's first sentence whole."""

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:
        """Write the section of commands, wrapped where Typer would cut it off."""
        said = [
            (name, self.commands[name].get_short_help_str(limit=1000)) for name in self.list_commands(ctx)
        ]
        with formatter.section("Commands"):
            formatter.write_dl(said)


def new_app(summary: str | None = None) -> typer.Typer:
    """A verb's place for its commands: one command, or a group of them with a summary.

    Help is plain text: it reads the same in a pipe, and drawing boxes would double its time.
    """
    return typer.Typer(
        cls=_Group,
        add_completion=False,
        rich_markup_mode=None,
        no_args_is_help=summary is not None,
        help=summary,
    )


CollectionPath = Annotated[
    Path, typer.Argument(metavar="DIR", help="A collection's folder.", show_default=False)
]
EncoderName = Annotated[
    str, typer.Option("--encoder", metavar="NAME", help="An encoder, see: tuningfork weights list.")
]
StoredName = Annotated[
    str | None,
    typer.Option(
        "--encoder",
        metavar="NAME",
        help="Whose vectors: a name or key; by default lvm-tiny's, else the newest.",
    ),
]
Bands = Annotated[
    str | None,
    typer.Option(
        "--bands",
        metavar="g,r,z",
        help="Which bands to take, blue to red; wanted where the encoder takes fewer or more than there are.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the whole traceback of an error.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no remarks.")]
BatchSize = Annotated[
    int | None, typer.Option("--batch-size", min=1, help="Galaxies at once; found by itself when not given.")
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="Threads that read and decode; by default one per processor."),
]
Port = Annotated[
    int | None,
    typer.Option("--port", min=0, max=65535, metavar="N", help="The page's port; 0 takes any free one."),
]
Host = Annotated[
    str,
    typer.Option(
        "--host",
        metavar="ADDRESS",
        help="Where to listen; beyond this machine only with TLS or behind a proxy.",
    ),
]
TlsCert = Annotated[
    Path | None, typer.Option("--tls-cert", metavar="FILE", help="A certificate (PEM): the page is https.")
]
TlsKey = Annotated[Path | None, typer.Option("--tls-key", metavar="FILE", help="Its private key (PEM).")]
BehindProxy = Annotated[
    bool, typer.Option("--behind-proxy", help="A proxy of yours speaks TLS and passes requests on.")
]
Address = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="https://NAME",
        help="What people open; wanted behind a proxy and for --host 0.0.0.0.",
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="PATTERN",
        help="Of a folder or an archive only images of such names, in quotes: '*.fits'; may be given again.",
    ),
]
Database = Annotated[
    str | None,
    typer.Option(
        "--database", metavar="URL", help="Where the label log is, when it is not in the session's folder."
    ),
]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Print the link and open no browser.")]


def comma_list(text: str | None) -> tuple[str, ...] | None:
    """``g,r,z`` as names."""
    return tuple(name.strip() for name in text.split(",")) if text else None
