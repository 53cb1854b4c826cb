"""Cross-validation whole: every labelled galaxy is judged once, by a network that never saw it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.config import to_table
from tuningfork.errors import UsageError
from tuningfork.extras import require
from tuningfork.labels.coded import Coded, coded
from tuningfork.labels.split_file import SplitFile, read_split
from tuningfork.tasks.morphology.parts import class_column, only_classes, without_flagged
from tuningfork.tasks.morphology.recipes import Recipe, recipe_named

if TYPE_CHECKING:
    from tuningfork.collection import Collection

__all__ = ["FEWEST", "MOST", "train_folds"]

FEWEST, MOST = 3, 20
"""Folds: one judges, one chooses the passes, at least one is learnt from."""


def train_folds(  # noqa: PLR0913 - all but the first four by name
    collection: "Collection",
    label: str,
    recipe: str | Recipe,
    out: str | Path,
    *,
    folds: int,
    name: str | None = None,
    labels: np.ndarray | None = None,
    classes: Sequence[str] | None = None,
    split: Path | str | None = None,
    hiwl: str | Mapping[str, tuple[str, ...]] | None = None,
    bands: Sequence[str] | None = None,
    quiet: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Train a classifier as often as there are folds.

    Each fold judges one network. The next fold chooses that network's passes, temperature and thresholds, so
    that the fold that judges has chosen nothing; the others are learnt from.

    Parameters
    ----------
    folds : int
        3 to 20.
    split : path, optional
        A file of so many folds; drawn by class by default, galaxies of one place on the sky or one picture
        together, and kept as ``split.csv``.
    collection, label, recipe, out, name, labels, classes, hiwl, bands, quiet, say
        As for `tuningfork.tasks.morphology.training.train_morphology`.

    Returns
    -------
    Path
        The run's folder: ``fold-0``, ... are runs of their own, and above them stand ``predictions.parquet``
        (every galaxy, by the network that never saw it, with the column ``fold``), ``metrics.json`` (numbers
        over all galaxies, each fold's, and their spread), ``metrics.csv``, ``split.csv`` and ``run.toml``.
        The same call goes on where it stands.

    Raises
    ------
    DataError
        A class has fewer galaxies than there are folds.
    UsageError
        Too few or too many folds, another number than the file holds, or the run there is another one.
    """
    from tuningfork.tasks.morphology.out_of_fold import Told, write_out_of_fold
    from tuningfork.tasks.morphology.training import train_morphology
    from tuningfork.training import RunFolder

    require("lightning")  # before a run is begun
    if not FEWEST <= folds <= MOST:
        why = "one judges, one chooses the passes, the others are learnt from"
        raise UsageError(f"folds are {FEWEST} to {MOST}, not {folds}: {why}", where="--folds")
    name = name or (recipe if isinstance(recipe, str) else "own")
    recipe = recipe_named(recipe) if isinstance(recipe, str) else recipe
    found = coded(class_column(collection, label) if labels is None else labels)
    found = without_flagged(collection, only_classes(found, classes) if classes else found)
    out = Path(out)
    file = _folds_of(collection, found, folds, split, out / "split.csv", recipe.settings.seed, quiet)
    told = {
        "task": "folds",
        "label": label,
        "recipe": name,
        **to_table(recipe),
        "folds": folds,
        "classes": list(found.classes),
        "hiwl": hiwl if isinstance(hiwl, str) else [f"{g}={'+'.join(n)}" for g, n in (hiwl or {}).items()],
        "collection": collection.name,
        "fingerprint": collection.fingerprint(),
        "split": file.hash,
        "bands": list(bands or ()),
    }
    folder = RunFolder(out, told, begun=any(out.glob("fold-*/run.toml")))
    file.write(out / "split.csv")
    for line in found.notes:
        say(line)
    runs = [out / f"fold-{number}" for number in range(folds)]
    for number, run in enumerate(runs):
        if (run / "DONE").exists():
            say(f"fold {number} was trained before")
            continue
        say(f"fold {number} of {folds} judges, fold {(number + 1) % folds} chooses")
        train_morphology(
            collection,
            label,
            recipe,
            run,
            name=name,
            labels=labels,
            classes=classes,
            split=_as_parts(file, number, folds),
            hiwl=hiwl,
            bands=bands,
            quiet=quiet,
            say=say,
        )
    write_out_of_fold(out, Told.of_runs(runs), curves=runs, say=say)
    folder.finish()
    return out


def _folds_of(
    collection: "Collection",
    labels: Coded,
    folds: int,
    given: Path | str | None,
    kept: Path,
    seed: int,
    quiet: bool,
) -> SplitFile:
    """The folds of a file, those of an earlier start, or new ones."""
    from tuningfork.labels.splits import make_split
    from tuningfork.tasks.labels.groups import galaxy_groups

    if given is not None or kept.exists():
        file = read_split(given or kept)
        if not file.in_folds or len(file.counts) != folds:
            what = f"{len(file.counts)} folds" if file.in_folds else "parts, not folds"
            raise UsageError(f"it holds {what}; {folds} were asked for", where=str(given or kept))
        return file
    columns = [name for name in ("sky_position_group",) if name in collection.columns]
    groups = galaxy_groups(collection, columns=columns, quiet=quiet)
    drawn = make_split(labels.codes, folds=folds, groups=groups.numbers, seed=seed, names=labels.classes)
    rows = np.flatnonzero(drawn >= 0)
    facts: dict[str, Any] = {"folds": folds, "seed": seed, "groups": list(groups.notes)}
    ids = tuple(str(galaxy) for galaxy in collection.ids(rows))
    return SplitFile(ids, tuple(str(fold) for fold in drawn[rows].tolist()), facts=facts)


def _as_parts(file: SplitFile, fold: int, folds: int) -> SplitFile:
    """The parts of one training: its own fold is the test, the next one chooses."""
    called = {str(fold): "test", str((fold + 1) % folds): "val"}
    return SplitFile(file.ids, tuple(called.get(part, "train") for part in file.parts), file.stamps)
