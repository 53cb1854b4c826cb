"""What people say of a galaxy, foretold: shares of votes against saying the mean, question by question."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.config import to_table
from tuningfork.papers.answers import pack_shares
from tuningfork.papers.folds import Folds, drawn_folds
from tuningfork.papers.lvm.votes_table import votes_report
from tuningfork.papers.opening import only_one, say_hours, settings_named
from tuningfork.papers.sweep import run_cells
from tuningfork.papers.trained import cell_folder
from tuningfork.tasks.morphology.recipes import Recipe, recipe_named
from tuningfork.tasks.morphology.vote_targets import FractionTarget, TreeTarget

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.labels.trees import Tree
    from tuningfork.papers.report import Report

__all__ = ["RECIPES", "run"]

RECIPES = {"cpu": "lvm-cpu", "long": "lvm"}
"""Settings -> recipe of `tuningfork train votes`."""

_TREE = "gz2"
_PEOPLE = ("total_classifications",)  # columns that say how many looked, so that shares become counts
_FOLDS = 5
_RATE = 60.0  # galaxies a second of one core in training, lvm-tiny at 64 px


@dataclass(frozen=True)
class Voted:
    """The galaxies, what people said of them, and how a network learns it.

    Parameters
    ----------
    collection : Collection
    tree : Tree
    target : FractionTarget or TreeTarget
    wanted : ndarray
        (N, answers) what the target compares with.
    folds : Folds
    recipe : Recipe
    """

    collection: "Collection"
    tree: "Tree"
    target: FractionTarget | TreeTarget
    wanted: np.ndarray
    folds: Folds
    recipe: Recipe
    out: Path
    quiet: bool
    notes: tuple[str, ...] = field(default=())

    @property
    def truth(self) -> np.ndarray:
        """(N, answers) shares of those who were asked; NaN where nobody was."""
        return self.target.fractions(self.wanted) if isinstance(self.target, TreeTarget) else self.wanted

    def key(self) -> str:
        """Names galaxies, votes, folds and recipe without doubt."""
        told = hashlib.blake2b(self.collection.fingerprint().encode(), digest_size=6)
        how = f"{self.folds.key} {sorted(to_table(self.recipe).items())} {type(self.target).__name__}"
        told.update(how.encode() + np.ascontiguousarray(self.wanted).tobytes())
        return told.hexdigest()

    def parts(self, seed: int, fold: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows to learn from, and rows that are judged."""
        return self.folds.parts(self.folds.codes >= 0, seed, fold)

    def cell(self, cell: dict[str, Any]) -> dict[str, Any]:
        """The shares that a network trained on the other folds foretells of this one."""
        from tuningfork.tasks.classification.classifier import outputs_of, prepared
        from tuningfork.tasks.classification.learning import learn

        rows, judged = self.parts(cell["seed"], cell["fold"])
        settings = self.recipe.changed(seed=cell["seed"]).for_galaxies(len(rows))
        bare = {"smoothing": None, "sampling": None, "class_weights": None, "keep": None, "stop": None}
        settings = replace(settings, **bare, by=self.target.by)
        if settings.head:  # nothing is held out to stop by
            settings = replace(settings, head=replace(settings.head, stop=None))
        with cell_folder(self.out, cell) as folder:
            learnt = learn(
                self.collection, rows, self.wanted[rows], self.target, settings, folder, quiet=self.quiet
            )
            batches = prepared(self.collection, learnt.network, judged)
            said = self.target.foretold(outputs_of(learnt.network, batches, len(judged), learnt.half))
        return {"galaxies": len(judged), "learnt": len(rows), "said": pack_shares(said)}


def run(
    sources: Sequence[str],
    out: Path,
    *,
    seeds: int = 1,
    settings: str = "cpu",
    cells: int | None = None,
    minutes: float | None = None,
    quiet: bool = False,
) -> "Report":
    """Train on the votes of four fifths, foretell those of the fifth, until all galaxies are judged.

    Parameters
    ----------
    sources : sequence of str
        One collection with votes of the Galaxy Zoo 2 tree. Where it has a column ``total_classifications``,
        shares are made counts by it and learnt as such, else each by regression.
    seeds : int
        How often folds are drawn, and a network is trained on each.
    settings : str
        A name of `RECIPES`.
    cells, minutes : optional
        As `run_cells`.
    """
    recipe = settings_named(RECIPES, settings)
    voted = _voted(only_one(sources), recipe_named(recipe), out, quiet)
    key = voted.key()
    places = [(seed, fold) for seed in range(seeds) for fold in range(_FOLDS)]
    every = [{"fold": fold, "seed": seed, "data": key} for seed, fold in places]
    cost = partial(_seconds, galaxies=int((voted.folds.codes >= 0).sum()), recipe=voted.recipe)
    say_hours(every, cost, quiet=quiet)
    swept = run_cells(every, voted.cell, out, at_most=cells, minutes=minutes, cost=cost, quiet=quiet)
    trained = f"trained: recipe {recipe}, the last pass is taken; nothing is held out to choose by"
    return votes_report(voted, swept, (*voted.notes, trained, *swept.notes()))


def _voted(source: str, recipe: Recipe, out: Path, quiet: bool) -> Voted:
    from tuningfork.collection import Collection
    from tuningfork.labels.trees import read_tree
    from tuningfork.tasks.morphology.vote_answers import vote_target

    collection, tree = Collection.open(source), read_tree(_TREE)
    people = next((name for name in _PEOPLE if name in collection.columns), None)
    target, wanted, said = vote_target(collection, tree, None, people)
    known = np.isfinite(wanted).any(axis=1) & ~collection.flagged()
    first = np.nan_to_num(wanted[:, next(iter(tree.slices.values()))]).argmax(axis=1)
    codes = np.unique(np.where(known, first, -1), return_inverse=True)[1] - int((~known).any())
    folds, notes = drawn_folds(collection, codes.astype(np.int64), _FOLDS, out, quiet=quiet)
    left = int((~known).sum())
    notes = (*notes, f"{left} galaxies have no votes or are in quarantine") if left else notes
    return Voted(collection, tree, target, wanted, folds, recipe, out, quiet, (*said, *notes))


def _seconds(cell: dict[str, Any], galaxies: int, recipe: Recipe) -> float:
    del cell
    return 6.0 + galaxies * (1 - 1 / _FOLDS) * (recipe.epochs + recipe.head_epochs / 3) / _RATE
