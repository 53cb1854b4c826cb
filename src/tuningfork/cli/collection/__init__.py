"""``tuningfork collection``: galaxies at rest, made, looked at, checked and taken out."""

from tuningfork.cli._options import new_app
from tuningfork.cli.collection.checking import check, release
from tuningfork.cli.collection.looking import export, info
from tuningfork.cli.collection.making import add, create, join
from tuningfork.cli.collection.sky import cone, group, match, nearest

__all__ = ["app"]

app = new_app("Make, look at, check and export collections of galaxies.")
for verb in (create, add, join, info, check, release, export, cone, nearest, match, group):
    app.command(no_args_is_help=True)(verb)
