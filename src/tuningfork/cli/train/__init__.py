"""``tuningfork train``: make a network that tells galaxies apart, from labelled ones."""

from tuningfork.cli._options import new_app
from tuningfork.cli.train.classifying import head, morphology
from tuningfork.cli.train.voting import votes

__all__ = ["app"]

app = new_app("Train networks on labelled galaxies.")
for verb in (morphology, head, votes):
    app.command(no_args_is_help=True)(verb)
