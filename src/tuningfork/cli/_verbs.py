"""The verbs and where each lives; a verb's module is imported when it is called, or listed."""

from importlib import import_module

import typer
import typer.core

from tuningfork.cli._console import StoppedError
from tuningfork.errors import UnknownNameError

__all__ = ["VERBS", "command", "commands"]

# In the order in which a person meets them.
VERBS = (
    "demo",
    "label",
    "collection",
    "simulate",
    "embed",
    "embeddings",
    "search",
    "map",
    "labels",
    "pretrain",
    "train",
    "predict",
    "evaluate",
    "report",
    "explain",
    "reproduce",
    "replay",
    "estimate",
    "answers",
    "team",
    "weights",
    "doctor",
)


class _Verbs(typer.core.TyperGroup):
    """A group that finds its commands by name, one module each."""

    def list_commands(self, ctx: typer.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: typer.Context, cmd_name: str):
        if cmd_name not in VERBS:
            return None
        verb = typer.main.get_command(import_module(f"tuningfork.cli.{cmd_name}").app)
        verb.name = cmd_name
        return verb

    def resolve_command(self, ctx: typer.Context, args: list[str]):
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            raise UnknownNameError("command", args[0], VERBS)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: typer.Context):
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise StoppedError("What was finished is kept; the same command goes on from there") from None


def command():
    """The whole command line as one command object."""
    app = typer.Typer(
        cls=_Verbs,
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(help=_HELP)(_root)
    return typer.main.get_command(app)


def commands() -> list[list[str]]:
    """The words of every command, groups before their members, as ``["collection", "create"]``."""
    words = []
    for verb in VERBS:
        words.append([verb])
        app = import_module(f"tuningfork.cli.{verb}").app
        inner = getattr(typer.main.get_command(app), "commands", {})
        words.extend([verb, name] for name in inner)
    return words


_HELP = """Find the galaxies you are looking for: images in, a few answers from a person, a clean sample out.

Start with: tuningfork demo, or for your own images: tuningfork label FOLDER"""


def _show_version(wanted: bool) -> None:
    if wanted:
        from tuningfork import __version__

        typer.echo(f"tuningfork {__version__}")
        raise typer.Exit


def _root(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Print the version and end."
    ),
) -> None:
    """The options before the verb."""
