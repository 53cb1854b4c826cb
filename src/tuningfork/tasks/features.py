"""How good an encoder's frozen features are on a labelled collection, beside what they have to beat."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tuningfork.embeddings import embed, load_embeddings
from tuningfork.embeddings.keys import bands_of_suffix, split_name
from tuningfork.errors import DataError, UsageError
from tuningfork.evaluation import (
    MEASUREMENTS,
    FeatureTask,
    Score,
    duplicates_in,
    fingerprint,
    judge_features,
    majority,
    measure,
    same_sky,
)
from tuningfork.progress import progress

__all__ = ["BASELINES", "LabelledSplit", "evaluate_features", "measured", "split_collection", "texts_of"]

BASELINES = {
    "majority": "always the commonest class",
    "measurements": "five hand measurements: " + ", ".join(MEASUREMENTS),
}
TEST_SHARE = 0.25
STAMP_SIDE = 128  # pixels; enough for measurements and comparisons, so that large stamps are decoded smaller


@dataclass(frozen=True)
class LabelledSplit:
    """Labelled rows to learn from and to judge on.

    Parameters
    ----------
    train, test : ndarray
        Rows of the collection, int64.
    labels : ndarray
        (n,) class of every row of the collection as text, "" where there is none.
    notes : tuple of str
        What was done to get here, for the reader of a report.
    """

    train: np.ndarray
    test: np.ndarray
    labels: np.ndarray
    notes: tuple[str, ...] = ()


def evaluate_features(
    collection: Any,
    encoders: Any,
    *,
    label_column: str,
    split_column: str | None = None,
    train_value: str = "train",
    test_value: str = "val",
    seed: int = 0,
    quiet: bool = False,
) -> dict[str, list]:
    """Judge the frozen features of one or several encoders by the same galaxies.

    Galaxies are embedded where needed. Test galaxies that also stand among the training galaxies, by their
    pixels or by their place in the sky, are counted and dropped.

    Parameters
    ----------
    collection : Collection
        With a catalogue column of classes.
    encoders : str, Encoder, or a sequence of them
        ``NAME``, ``NAME+views8``, or a baseline: "majority", "measurements".
    label_column : str
        The column of classes; galaxies without one take no part.
    split_column, train_value, test_value : str
        Which galaxies to learn from and to judge on. Without a column, "split" is taken if it has both
        values, else a quarter of each class is drawn for judging.
    seed : int
        Of the split, folds, draws and resamples: the same seed gives the same report.
    quiet : bool
        No progress lines.

    Returns
    -------
    dict
        ``rows``: one dict a score with encoder, probe, value, low, high (95 %) and n test galaxies;
        ``notes``: what the reader should know.

    Raises
    ------
    UnknownNameError
        For a column that is not there.
    DataError
        When too few labelled galaxies are left.
    """
    split = split_collection(
        collection,
        label_column=label_column,
        split_column=split_column,
        values=(train_value, test_value),
        seed=seed,
        quiet=quiet,
    )
    rows, notes = [], list(split.notes)
    for encoder in _each(encoders):
        name = encoder if isinstance(encoder, str) else encoder.spec.name
        scores, remark = _scores(collection, encoder, split, seed=seed, quiet=quiet)
        rows += [{"encoder": name, **asdict(score)} for score in scores]
        notes += [f"{name}: {remark}"] if remark else []
    return {"rows": rows, "notes": notes}


def split_collection(
    collection: Any,
    *,
    label_column: str,
    split_column: str | None,
    values: tuple[str, str],
    seed: int = 0,
    quiet: bool = False,
) -> LabelledSplit:
    """Labelled training and test rows, without galaxies that stand in both."""
    labels = texts_of(collection, label_column)
    train, test, how = _given_or_drawn(collection, labels, split_column, values, seed)
    if not len(train) or not len(test):
        raise DataError(
            f"{len(train)} labelled galaxies to learn from and {len(test)} to judge on",
            where=collection.name,
            remedy="Look at the values of the label and split columns",
        )
    twins = _in_both(collection, train, test, quiet=quiet)
    kept = test[~twins]
    notes = (
        f"{len(train):,} galaxies to learn from, {len(kept):,} to judge on ({how})",
        f"{int(twins.sum()):,} test galaxies stand in the training part as well and were dropped",
    )
    return LabelledSplit(train, kept, labels, notes)


def _scores(
    collection: Any, encoder: Any, split: LabelledSplit, *, seed: int, quiet: bool
) -> tuple[list[Score], str]:
    if encoder == "majority":
        nothing = np.zeros((len(collection), 1), dtype=np.float32)
        return majority(_task(nothing, split)), ""
    if encoder == "measurements":
        rows = np.concatenate([split.train, split.test])
        values = np.zeros((len(collection), len(MEASUREMENTS)), dtype=np.float32)
        values[rows] = measured(collection, rows, quiet=quiet)
        return judge_features(_task(values, split), seed=seed), ""
    vectors, present = _embedded(collection, encoder, quiet=quiet)
    have = LabelledSplit(split.train[present[split.train]], split.test[present[split.test]], split.labels)
    missing = len(split.train) + len(split.test) - len(have.train) - len(have.test)
    remark = f"{missing} labelled galaxies could not be embedded and took no part" if missing else ""
    return judge_features(_task(vectors, have), seed=seed), remark


def _embedded(collection: Any, encoder: Any, *, quiet: bool) -> tuple[np.ndarray, np.ndarray]:
    name, chosen, views = split_name(encoder) if isinstance(encoder, str) else (encoder, "", 1)
    bands = bands_of_suffix(chosen, collection.bands)
    key = embed(collection, name, views=views, bands=bands, quiet=quiet).key
    stored = load_embeddings(collection, key)
    return stored.vectors, stored.present


def measured(collection: Any, rows: np.ndarray, *, quiet: bool = False) -> np.ndarray:
    """The five hand measurements of some galaxies, (len(rows), 5) float32; zeros for unreadable stamps."""
    from tuningfork.images import to_unit

    return _of_each_stamp(
        collection, rows, lambda stamp: measure(to_unit(stamp, collection.stretch)), "measuring", quiet=quiet
    )


def _task(vectors: np.ndarray, split: LabelledSplit) -> FeatureTask:
    return FeatureTask(
        vectors[split.train], split.labels[split.train], vectors[split.test], split.labels[split.test]
    )


def _given_or_drawn(
    collection: Any, labels: np.ndarray, column: str | None, values: tuple[str, str], seed: int
) -> tuple[np.ndarray, np.ndarray, str]:
    """Labelled training rows, test rows, and where they come from."""
    labelled = labels != ""
    if column is None and "split" in collection.columns and set(values) <= set(texts_of(collection, "split")):
        column = "split"
    if column is not None:
        part = texts_of(collection, column)
        train, test = (np.flatnonzero(labelled & (part == value)) for value in values)
        return train, test, f"column '{column}'"
    chosen = np.zeros(len(labels), dtype=bool)
    rng = np.random.default_rng(seed)
    for name in np.unique(labels[labelled]):
        members = rng.permutation(np.flatnonzero(labels == name))
        chosen[members[: round(TEST_SHARE * len(members))]] = True
    return np.flatnonzero(labelled & ~chosen), np.flatnonzero(labelled & chosen), f"drawn with seed {seed}"


def _in_both(collection: Any, train: np.ndarray, test: np.ndarray, *, quiet: bool) -> np.ndarray:
    """Which test rows are the same picture, or the same place in the sky, as a training row."""
    rows = np.concatenate([train, test])
    prints = _of_each_stamp(collection, rows, fingerprint, "comparing", quiet=quiet)
    twins = duplicates_in(prints[len(train) :], prints[: len(train)])
    place = collection.catalogue(["ra", "dec"])
    ra, dec = (place[name].to_numpy().astype(float) for name in ("ra", "dec"))
    return twins | same_sky(ra[test], dec[test], ra[train], dec[train])


def _of_each_stamp(
    collection: Any,
    rows: np.ndarray,
    function: Callable[[np.ndarray], np.ndarray],
    label: str,
    *,
    quiet: bool,
) -> np.ndarray:
    """A (len(rows), d) array of what a function makes of each stamp; zeros where it cannot be read."""
    values = []
    with progress(label, len(rows), quiet=quiet) as advance:
        for start in range(0, len(rows), 64):
            stamps = _readable(collection, rows[start : start + 64])
            values += [None if stamp is None else function(stamp) for stamp in stamps]
            advance(len(stamps))
    width = next((len(value) for value in values if value is not None), 1)
    return np.array([np.zeros(width) if value is None else value for value in values], dtype=np.float32)


def _readable(collection: Any, rows: np.ndarray) -> list[np.ndarray | None]:
    """Pixels of some rows; None where a stamp cannot be read."""
    try:
        return collection.pixels(rows, shortest=STAMP_SIDE)
    except DataError:
        if len(rows) == 1:
            return [None]
        return [_readable(collection, row)[0] for row in np.split(rows, len(rows))]


def texts_of(collection: Any, column: str) -> np.ndarray:
    """A column as texts (n,), "" where there is nothing."""
    values = collection.catalogue([column])[column].to_pylist()
    return np.array(["" if value is None else str(value) for value in values], dtype=object)


def _each(encoders: Any) -> Sequence[Any]:
    chosen = [encoders] if isinstance(encoders, str) or hasattr(encoders, "spec") else list(encoders)
    if not chosen:
        raise UsageError("no encoder to judge", remedy="Give --encoder NAME")
    return chosen
