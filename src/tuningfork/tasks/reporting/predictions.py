"""``predictions.parquet`` of a run: what was said of each galaxy, and what it is."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tuningfork.errors import DataError

__all__ = ["Predictions", "no_predictions", "read_predictions"]

_MOST_ROWS = 20_000_000
_MOST_CLASSES = 200
_NEEDED = ("id", "truth")


@dataclass(frozen=True)
class Predictions:
    """A table of predictions.

    Parameters
    ----------
    classes : tuple of str
    ids, part, truth : ndarray
        (n,) text; "" where there is no part or no known class.
    probabilities : ndarray
        (n, K) float32; NaN rows where a stamp could not be read.
    fold : ndarray
        (n,) int64, the fold that a galaxy was left out with; -1 where there are none.
    familiarity : ndarray or None
        (n,) float64, NaN where unknown; None where the model has no measure of it.
    """

    classes: tuple[str, ...]
    ids: np.ndarray
    part: np.ndarray
    truth: np.ndarray
    probabilities: np.ndarray
    fold: np.ndarray
    familiarity: np.ndarray | None = None

    @property
    def usable(self) -> np.ndarray:
        """(n,) bool: the class is known and among the classes, and the probabilities are there."""
        return np.isin(self.truth, self.classes) & np.isfinite(self.probabilities).all(axis=1)


def read_predictions(file: Path) -> Predictions:
    """Read id, part, fold, truth and one column ``p_CLASS`` a class; other columns are left alone.

    Raises
    ------
    DataError
        There is no such file, it is no Parquet, or a column is missing or of another kind.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not file.is_file():
        raise no_predictions(file)
    try:
        with pq.ParquetFile(file) as opened:
            names, rows = opened.schema_arrow.names, opened.metadata.num_rows
            columns = [name for name in names if name.startswith("p_") and len(name) > 2]
            _check(file, names, columns, rows)
            wanted = [
                *_NEEDED,
                *columns,
                *(name for name in ("part", "fold", "familiarity") if name in names),
            ]
            table = opened.read(columns=wanted)
        texts = [_texts(table[name]) for name in _NEEDED]
        part = _texts(table["part"]) if "part" in names else np.full(rows, "", object)
        fold = np.full(rows, -1, np.int64)
        if "fold" in names:
            fold = table["fold"].cast(pa.int64()).fill_null(-1).to_numpy()
        known = None
        if "familiarity" in names:
            known = table["familiarity"].cast(pa.float64()).to_numpy()
        stacked = np.empty((rows, len(columns)), np.float32)
        for place, name in enumerate(columns):
            stacked[:, place] = table[name].cast(pa.float32()).to_numpy()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(
            f"this is no table of predictions ({type(error).__name__})", where=str(file)
        ) from error
    return Predictions(tuple(name[2:] for name in columns), texts[0], part, texts[1], stacked, fold, known)


def no_predictions(file: Path) -> DataError:
    """What to say where the table of predictions is not there: the run may not be there either."""
    if not file.parent.is_dir():
        remedy = "Give the folder that --out of tuningfork train named, or a model with --collection"
        return DataError("there is no such run", where=str(file.parent), remedy=remedy)
    return DataError("this run has no predictions", where=str(file), remedy="Finish the training first")


def _check(file: Path, names: list[str], columns: list[str], rows: int) -> None:
    missing = [name for name in _NEEDED if name not in names]
    if missing or not 2 <= len(columns) <= _MOST_CLASSES:
        what = f"lacks {', '.join(missing)}" if missing else f"has {len(columns)} columns p_CLASS"
        raise DataError(f"the table of predictions {what}", where=str(file))
    if not 0 < rows <= _MOST_ROWS:
        raise DataError(f"{rows:,} predictions are none to report on", where=str(file))


def _texts(column) -> np.ndarray:
    import pyarrow as pa

    return column.cast(pa.string()).fill_null("").to_numpy().astype(object)
