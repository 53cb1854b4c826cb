"""``rejected.csv``: what could not be imported, from every source that was tried, with the reason."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tuningfork.collection.place import Place, workspace
from tuningfork.collection.readers.source import Rejected
from tuningfork.collection.tables import read_table, write_table
from tuningfork.files import write_atomically

__all__ = ["write_refusals"]

_NAME = "rejected.csv"
_SCHEMA = pa.schema(
    [
        ("file", pa.string()),
        ("row", pa.int64()),
        ("reason", pa.string()),
        ("kept", pa.string()),  # "yes" where the galaxy is there, without what was refused
        ("source", pa.string()),
    ]
)


def write_refusals(out: Path | Place, source: str, rejected: Sequence[Rejected]) -> None:
    """Write down what an import refused, in the place of what an earlier one of the same source did.

    What was said of other sources stays, and what was said of galaxies that were kept, for those are not read
    again.
    """
    local = workspace(out) / _NAME
    before = _said_before(local, source)
    if not rejected and not before.num_rows and not (out / _NAME).exists():
        return
    columns = {
        "file": [r.file for r in rejected],
        "row": [r.row for r in rejected],
        "reason": [r.reason for r in rejected],
        "kept": ["yes" if r.kept else "no" for r in rejected],
        "source": [source] * len(rejected),
    }
    write_table(pa.concat_tables([before, pa.table(columns, schema=_SCHEMA)]), local)
    if isinstance(out, Place):
        write_atomically(out / _NAME, local.read_bytes())


def _said_before(file: Path, source: str) -> pa.Table:
    if not file.is_file():
        return _SCHEMA.empty_table()
    before = read_table(file, text_columns=lambda names: [name for name in names if name != "row"])
    if before.column_names != _SCHEMA.names:
        return _SCHEMA.empty_table()
    stays = pc.or_(pc.not_equal(before["source"], source), pc.equal(before["kept"], "yes"))
    return before.filter(stays).cast(_SCHEMA)
