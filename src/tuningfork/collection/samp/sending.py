"""One table to other programs, and then nothing more."""

from typing import Any

from tuningfork.collection.samp.link import SampLink

__all__ = ["send_table"]


def send_table(table: Any, name: str) -> list[str]:
    """Send a table as VOTable to every program that takes tables.

    The hub has to run on this machine. The table goes through a temporary file, which is removed when all
    have answered.

    Parameters
    ----------
    table : pyarrow.Table or astropy Table
    name : str
        What the programs call it.

    Returns
    -------
    list of str
        Names of the programs that have loaded it.

    Raises
    ------
    TuningforkError
        When no hub runs here, no program takes tables, or none of them could load it.
    """
    with SampLink() as link:
        return link.send(table, name)
