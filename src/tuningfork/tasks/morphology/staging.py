"""The stages of a training: one network, or a first one of merged classes and others that part them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.tasks.morphology.hiwl import best_together, merged, propose_groups
from tuningfork.tasks.morphology.parts import LabelledParts
from tuningfork.tasks.morphology.recipes import Recipe

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.tasks.classification.classifier import Classifier
    from tuningfork.tasks.classification.taught import Taught

__all__ = ["StagedTraining", "Stages", "probabilities_of_passes"]


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


@dataclass(frozen=True)
class StagedTraining:
    """All that the networks of one training share.

    Parameters
    ----------
    collection : Collection
    parts : LabelledParts
    recipe : Recipe
    out : Path
        The run's folder; each stage has its own in it.
    bands, quiet, say
        As for `tuningfork.tasks.morphology.training.train_morphology`.
    taught : Taught, optional
        What teachers say of galaxies without labels.
    """

    collection: "Collection"
    parts: LabelledParts
    recipe: Recipe
    out: Path
    bands: Sequence[str] | None
    quiet: bool
    say: Callable[[str], None]
    taught: "Taught | None" = None

    def stages(self, groups: dict[str, tuple[str, ...]] | None) -> Stages:
        """Train what is to be trained, and choose among the best passes.

        Parameters
        ----------
        groups : dict or None
            Merged group -> its classes; empty for one stage. None: a first model proposes them.
        """
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
