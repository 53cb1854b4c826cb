"""Train a classifier of galaxies whole: parts, one stage or two, a calibrated model, its predictions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.config import to_table
from tuningfork.errors import UsageError
from tuningfork.extras import require
from tuningfork.labels.split_file import SplitFile
from tuningfork.tasks.morphology.hiwl import (
    best_together,
    checked_groups,
    merged,
    named_groups,
    propose_groups,
)
from tuningfork.tasks.morphology.parts import (
    LabelledParts,
    class_column,
    labelled_parts,
    only_classes,
    without_flagged,
)
from tuningfork.tasks.morphology.recipes import Recipe, recipe_named

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.tasks.classification.classifier import Classifier
    from tuningfork.tasks.classification.taught import Taught
    from tuningfork.tasks.morphology.model import Model

__all__ = ["probabilities_of_passes", "train_morphology"]


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
    run = _Run(collection, parts, recipe, out, bands, quiet, say, taught)
    stages = run.stages(groups)
    finish(collection, parts, stages, recipe, out, told, say=say)
    folder.finish()
    return out


@dataclass(frozen=True)
class Stages:
    """What was trained.

    Parameters
    ----------
    first : Classifier
        Of all classes, or of the groups and the other classes.
    second : dict
        Merged group -> the classifier that parts it.
    groups : dict
        Merged group -> its classes.
    folders : dict
        Stage -> folder.
    candidates : list of dict
        Combinations that were tried on the validation galaxies, with their scores.
    """

    first: "Classifier"
    second: dict[str, "Classifier"]
    groups: dict[str, tuple[str, ...]]
    folders: dict[str, Path]
    candidates: list[dict[str, Any]]


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


@dataclass(frozen=True)
class _Run:
    collection: "Collection"
    parts: LabelledParts
    recipe: Recipe
    out: Path
    bands: Sequence[str] | None
    quiet: bool
    say: Callable[[str], None]
    taught: "Taught | None" = None

    def stages(self, groups: dict[str, tuple[str, ...]] | None) -> Stages:
        """Train what is to be trained, and choose among the best passes."""
        classes = self.parts.labels.classes
        folders: dict[str, Path] = {}
        if groups is None:
            first = self._trained("first", self._every, folders=folders)
            rows = self.parts.rows("val")
            said = first.predict(self.collection, rows)
            groups = propose_groups(self.parts.texts(rows), said, classes)
            if not groups:
                self.say("no two classes were confused on the validation galaxies: one stage is kept")
                return Stages(first, {}, {}, folders, [])
            self.say(f"most confused by a first model: {' and '.join(next(iter(groups.values())))}")
        if not groups:
            return Stages(self._trained("network", self._every, folders=folders), {}, {}, folders, [])
        one = self._trained("stage-one", lambda rows: merged(self._every(rows), groups), folders=folders)
        shared = one.network.spec.preprocessing
        two = {}
        for number, (group, names) in enumerate(groups.items()):
            called = "stage-two" if len(groups) == 1 else f"stage-two-{number + 1}"
            two[group] = self._trained(called, self._every, only=names, preprocessing=shared, folders=folders)
        table = self._choose(one, two, groups)
        return Stages(one, two, groups, folders, table)

    def _every(self, rows: np.ndarray) -> np.ndarray:
        return self.parts.texts(rows)

    def _trained(
        self,
        name: str,
        labels: Callable[[np.ndarray], np.ndarray],
        *,
        folders: dict[str, Path],
        only: tuple[str, ...] | None = None,
        preprocessing: Any = None,
    ) -> "Classifier":
        from tuningfork.tasks.classification import train_classifier

        rows, held_out = self.parts.rows("train"), self.parts.rows("val")
        if only is not None:
            rows, held_out = (r[np.isin(self.parts.texts(r), only)] for r in (rows, held_out))
        settings = self.recipe.for_galaxies(len(rows), second=only is not None)
        folders[name] = self.out / name
        self.say(f"{name}: {len(rows):,} galaxies, {settings.network}")
        return train_classifier(
            self.collection,
            rows,
            labels(rows),
            settings,
            folders[name],
            bands=self.bands,
            held_out=(held_out, labels(held_out)) if len(held_out) else None,
            preprocessing=preprocessing,
            taught=self.taught,
            told={"stage": name, "split": self.parts.split.hash},
            quiet=self.quiet,
        )

    def _choose(
        self, one: "Classifier", two: dict[str, "Classifier"], groups: dict[str, tuple[str, ...]]
    ) -> list[dict[str, Any]]:
        """Give the networks the passes that do best together on the validation galaxies."""
        rows = self.parts.rows("val")
        first = (one.classes, probabilities_of_passes(one, self.collection, rows))
        second = {g: (c.classes, probabilities_of_passes(c, self.collection, rows)) for g, c in two.items()}
        truth = self.parts.labels.codes[rows]
        by = self.recipe.settings.by or "macro_f1"
        chosen, table = best_together(self.parts.labels.classes, first, second, truth, by)
        for classifier, pick in zip((one, *two.values()), chosen, strict=True):
            _take(classifier, pick)
        return table


def probabilities_of_passes(classifier: "Classifier", collection: Any, rows: np.ndarray) -> list[np.ndarray]:
    """(n, answers) probabilities by each of the best passes."""
    from scipy.special import softmax

    from tuningfork.tasks.classification.classifier import outputs_of, prepared

    batches = list(prepared(collection, classifier.network, rows))
    found = []
    for number in range(max(1, len(classifier.kept))):
        _take(classifier, number)
        found.append(softmax(outputs_of(classifier.network, batches, len(rows), classifier.half), axis=1))
    return found


def _take(classifier: "Classifier", number: int) -> None:
    """Give a classifier the weights of one of its best passes."""
    from safetensors.torch import load_file

    if classifier.kept:
        classifier.network.network.load_state_dict(load_file(classifier.kept[number][1]))
