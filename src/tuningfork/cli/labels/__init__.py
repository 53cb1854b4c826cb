"""``tuningfork labels``: classes from votes and types, splits, and what the votes look like."""

from tuningfork.cli._options import new_app
from tuningfork.cli.labels.making import classes, schemes, trees, votes
from tuningfork.cli.labels.splitting import check, split

__all__ = ["app"]

app = new_app("Make classes of votes and types; draw splits.")
for verb in (trees, schemes):
    app.command()(verb)
for verb in (votes, classes, split, check):
    app.command(no_args_is_help=True)(verb)
