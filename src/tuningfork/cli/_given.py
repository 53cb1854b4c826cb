"""Options that belong to another way of calling a command."""

from typing import Any

from tuningfork.errors import UsageError

__all__ = ["refuse"]


def refuse(given: dict[str, Any], why: str, *, remedy: str = "") -> None:
    """Raise `UsageError` for options that were given and would do nothing: nobody shall think that they did.

    Parameters
    ----------
    given : dict
        Option -> its value, None or empty where it was not given.
    why : str
        Goes on after the names.
    remedy : str
    """
    if named := [name for name, value in given.items() if value]:
        raise UsageError(f"{' and '.join(named)}: {why}", remedy=remedy)
