"""``tuningfork weights``: which encoders there are, where their weights come from, whether they are whole."""

from tuningfork.cli._console import emit, table
from tuningfork.cli._options import Debug, Json, new_app

__all__ = ["app"]

app = new_app("List, describe and verify encoders and their weights.")


@app.callback()
def _group() -> None:
    """List, describe and verify encoders and their weights."""


@app.command("list")
def list_all(as_json: Json = False, debug: Debug = False) -> None:
    """List the encoders that can be named.

    Example: tuningfork weights list
    """
    from tuningfork.encoders import list_encoders

    encoders = list_encoders()
    if as_json:
        emit({"encoders": encoders})
    else:
        table(("encoder", "what it is"), encoders.items())
