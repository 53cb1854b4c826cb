"""Train a classifier of galaxies whole: parts, one stage or two, a calibrated model, its predictions."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.config import to_table
from tuningfork.errors import UsageError
from tuningfork.extras import require
from tuningfork.labels.split_file import SplitFile
from tuningfork.tasks.morphology.hiwl import checked_groups, named_groups
from tuningfork.tasks.morphology.parts import class_column, labelled_parts, only_classes, without_flagged
from tuningfork.tasks.morphology.recipes import Recipe, recipe_named
from tuningfork.tasks.morphology.staging import StagedTraining

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.tasks.morphology.model import Model

__all__ = ["train_morphology"]


def train_morphology(  # noqa: PLR0913 - all but the first four by name
    collection: "Collection",
    label: str,
    recipe: str | Recipe,
    out: str | Path,
    *,
    name: str | None = None,
    labels: np.ndarray | None = None,
    classes: Sequence[str] | None = None,
    split: Path | str | SplitFile | None = None,
    split_column: str | None = None,
    fold: int | None = None,
    hiwl: str | Mapping[str, tuple[str, ...]] | None = None,
    teachers: Sequence["str | Path | Model"] = (),
    unlabelled: Sequence["Collection"] = (),
    bands: Sequence[str] | None = None,
    quiet: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Train a classifier on the labelled galaxies of a collection.

    Parameters
    ----------
    collection : Collection
    label : str
        The column of classes, or what to call ``labels``.
    recipe : str or Recipe
        A name of `tuningfork.tasks.morphology.recipes.RECIPES`, or one's own.
    out : path
        The run's folder. The same call goes on from where it stands; a finished run is never overwritten.
    name : str, optional
        What the run's file calls a recipe of one's own.
    labels : ndarray, optional
        (N,) classes of all rows instead of the column, as text.
    classes : sequence of str, optional
        Only these.
    split, split_column, fold
        As for `tuningfork.tasks.morphology.parts.labelled_parts`.
    hiwl : str or mapping, optional
        Classes that are merged in a first stage and parted in a second one: "A+B,C+D", name -> classes, or
        "auto" for the two that a first model confuses most on the validation galaxies.
    teachers : sequence of Model, str or Path
        Models of the same classes that say what galaxies without labels are: half of every batch.
    unlabelled : sequence of Collection
        Where those stand; of ``collection`` itself the ones without a label are meant.
    bands : sequence of str, optional
        Which of the collection's bands to take.
    quiet : bool
        No progress.
    say : callable
        Gets a line for the reader now and then.

    Returns
    -------
    Path
        The run's folder with ``model.safetensors``, ``predictions.parquet`` (of validation and test
        galaxies), ``metrics.json``, ``metrics.csv`` (every stage, pass by pass), ``split.csv`` and
        ``run.toml``.

    Raises
    ------
    DataError, CollectionError
        Labels, classes or split cannot be learnt from.
    UsageError, UnknownNameError
        Settings that cannot be.
    EmbeddingError, WeightsError
        The pixels do not fit the weights that are begun with, or these cannot be had.
    """
    from tuningfork.labels.coded import coded
    from tuningfork.tasks.morphology.finishing import finish
    from tuningfork.tasks.morphology.model import check_classes
    from tuningfork.training import RunFolder

    require("lightning")  # before a run is begun
    name = name or (recipe if isinstance(recipe, str) else "own")
    recipe = recipe_named(recipe) if isinstance(recipe, str) else recipe
    found = coded(class_column(collection, label) if labels is None else labels)
    labelled = found.codes >= 0
    if classes:
        found = only_classes(found, classes)
    found = without_flagged(collection, found)
    seed = recipe.settings.seed
    parts = labelled_parts(collection, found, split=split, split_column=split_column, fold=fold, seed=seed)
    check_classes(parts.labels.classes)  # now, and not when the hours of training are spent
    groups = _groups(hiwl, parts.labels.classes)
    asked = _asked(collection, labelled, teachers, unlabelled, hiwl)
    for line in parts.notes:
        say(line)
    out = Path(out)
    told = {
        "task": "morphology",
        "label": label,
        "recipe": name,
        **to_table(recipe),
        "classes": list(parts.labels.classes),
        "hiwl": hiwl if isinstance(hiwl, str) else [f"{g}={'+'.join(n)}" for g, n in (hiwl or {}).items()],
        "collection": collection.name,
        "fingerprint": collection.fingerprint(),
        "split": parts.split.hash,
        "bands": list(bands or ()),
        **({"teachers": [m.encoder.spec.key for m in asked[0]]} if asked[0] else {}),
        **({"unlabelled": [c.fingerprint() for c, _ in asked[1]]} if asked[1] else {}),
    }
    begun = any(out.glob("*/checkpoints/last.ckpt"))
    folder = RunFolder(out, told, begun=begun)
    parts.split.write(out / "split.csv")
    taught = None
    if asked[0]:
        from tuningfork.tasks.morphology.teaching import taught_by

        flips = recipe.settings.flips is not False
        taught = taught_by(*asked, flips=flips, quiet=quiet, say=say)
    stages = StagedTraining(collection, parts, recipe, out, bands, quiet, say, taught).stages(groups)
    finish(collection, parts, stages, recipe, out, told, say=say)
    folder.finish()
    return out


def _groups(hiwl: Any, classes: tuple[str, ...]) -> dict[str, tuple[str, ...]] | None:
    """The merged groups; None where they are still to be proposed."""
    if hiwl == "auto":
        if len(classes) < 3:
            raise UsageError("two classes leave nothing to merge", where="--hiwl")
        return None
    given = named_groups(hiwl) if isinstance(hiwl, str) else dict(hiwl or {})
    return checked_groups(given, classes) if given else {}


def _asked(
    collection: "Collection", labelled: np.ndarray, teachers: Any, unlabelled: Any, hiwl: Any
) -> tuple[list["Model"], list[tuple["Collection", np.ndarray]]]:
    """Teachers, and the galaxies that they are asked of; checked before anything is written."""
    from tuningfork.tasks.morphology.model import Model
    from tuningfork.tasks.morphology.shelf import load_model
    from tuningfork.tasks.morphology.teaching import without_label

    if not (teachers or unlabelled):
        return [], []
    if not (teachers and unlabelled):
        raise UsageError("teachers and galaxies without labels come together, --teacher and --unlabelled")
    if hiwl:
        raise UsageError("a training in two stages takes no teacher", where="--hiwl")
    models = [each if isinstance(each, Model) else load_model(each) for each in teachers]
    return models, without_label(collection, labelled, unlabelled)
