"""Train a network to foretell what people would say of a galaxy, question by question."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.config import to_table
from tuningfork.errors import DataError
from tuningfork.extras import require
from tuningfork.files import write_atomically
from tuningfork.labels.coded import Coded
from tuningfork.labels.trees import Tree, read_tree
from tuningfork.tasks.morphology.binary_labels import BinaryTarget, label_weights
from tuningfork.tasks.morphology.parts import LabelledParts, labelled_parts
from tuningfork.tasks.morphology.recipes import Recipe, recipe_named
from tuningfork.tasks.morphology.vote_answers import label_target, vote_target
from tuningfork.tasks.morphology.vote_targets import FractionTarget, TreeTarget

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.tasks.classification.learning import Learnt
    from tuningfork.tasks.morphology.vote_model import VoteModel

__all__ = ["train_votes"]


_LICENCE = "as the images that it learnt from"
_TARGETS = {TreeTarget: "counts", FractionTarget: "fractions", BinaryTarget: "labels"}


def train_votes(  # noqa: PLR0913 - all but the first four by name
    collection: "Collection",
    tree: str | Tree,
    recipe: str | Recipe,
    out: str | Path,
    *,
    name: str | None = None,
    kind: str | None = None,
    people: str | None = None,
    binary: str | None = None,
    split: Path | str | None = None,
    split_column: str | None = None,
    fold: int | None = None,
    bands: Sequence[str] | None = None,
    quiet: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Train on votes for a decision tree.

    From counts a Dirichlet-multinomial is learnt for every question; from fractions alone each of them by
    regression; with ``binary`` yes-or-no labels of several questions at once.

    Parameters
    ----------
    collection : Collection
    tree : str or Tree
        As `tuningfork.labels.trees.read_tree` takes it.
    recipe : str or Recipe
        Its smoothing, sampling and class weights have no meaning here.
    out : path
        The run's folder.
    name : str, optional
        What the run's file calls a recipe of one's own.
    kind : str, optional
        Which votes of the table, one of `tuningfork.labels.votes.KINDS`.
    people : str, optional
        A column with the number of people who looked at each galaxy. Fractions are made counts by it: of
        each question as many were asked as gave the answers that lead to it. Galaxies of which it says none
        take no part.
    binary : str, optional
        A scheme of questions as ``doherty2024:reduced``: its yes-or-no labels are learnt, and ``tree`` has no
        meaning. See `tuningfork.tasks.morphology.binary_labels.binary_labels`.
    split, split_column, fold
        As for `tuningfork.tasks.morphology.parts.labelled_parts`.

    Returns
    -------
    Path
        The run's folder with ``model.safetensors`` (for `tuningfork predict`), ``weights.safetensors`` (the
        network without its last layer, as an encoder), ``predictions.parquet`` (``f_QUESTION.ANSWER``, of
        labels ``p_QUESTION.ANSWER``, with ``true_`` before it what people said, and ``familiarity``),
        ``metrics.json`` (each question's error beside that of predicting the mean) and the curves.

    Raises
    ------
    CatalogueError, DataError
        There are no such votes, or they cannot be votes; those of single galaxies that cannot be are set
        aside and told.
    UsageError
        Counts of a question that takes several answers.
    """
    from tuningfork.tasks.classification.learning import learn
    from tuningfork.training import RunFolder

    require("lightning")  # before a run is begun
    name = name or (recipe if isinstance(recipe, str) else "own")
    recipe = recipe_named(recipe) if isinstance(recipe, str) else recipe
    if binary is not None:
        about = binary
        target, wanted, notes = label_target(collection, binary, kind, people)
    else:
        tree = read_tree(tree) if isinstance(tree, str) else tree
        about = tree.name
        target, wanted, notes = vote_target(collection, tree, kind, people)
    told_of = wanted > 0 if isinstance(target, TreeTarget) else np.isfinite(wanted)
    known = told_of.any(axis=1) & ~collection.flagged()
    parts = _parts(collection, known, split, split_column, fold, recipe.settings.seed)
    for line in (*notes, *parts.notes):
        say(line)
    rows, held_out = parts.rows("train"), parts.rows("val")
    if isinstance(target, BinaryTarget) and recipe.settings.class_weights == "effective":
        target = replace(target, weights=label_weights(wanted[rows]))
    settings = replace(
        recipe.for_galaxies(len(rows)),
        smoothing=None,
        sampling=None,
        class_weights=None,
        keep=None,
        by=target.by,
    )
    if settings.stop:
        settings = replace(
            settings, stop=replace(settings.stop, column=f"held_out_{target.by}", rising=False)
        )
    if settings.head and settings.head.stop:
        early = replace(settings.head.stop, column=f"held_out_{target.by}", rising=False)
        settings = replace(settings, head=replace(settings.head, stop=early))
    out = Path(out)
    told = {"task": "votes", "tree": about, "recipe": name, **to_table(recipe), "split": parts.split.hash}
    told |= {"kind": kind, "people": people, "collection": collection.name}
    folder = RunFolder(out, told, begun=(out / "network" / "checkpoints" / "last.ckpt").exists())
    parts.split.write(out / "split.csv")
    learnt = learn(
        collection,
        rows,
        wanted[rows],
        target,
        settings,
        out / "network",
        bands=bands,
        held_out=(held_out, wanted[held_out]),
        told={"split": parts.split.hash, "target": type(target).__name__},
        quiet=quiet,
    )
    _finish(collection, about, target, wanted, parts, learnt, out, say)
    folder.finish()
    return out


def _parts(
    collection: "Collection",
    known: np.ndarray,
    split: Path | str | None,
    split_column: str | None,
    fold: int | None,
    seed: int,
) -> LabelledParts:
    """Parts of the galaxies with votes, which have no classes: a stand-in of two, drawn by turns."""
    codes = np.full(len(known), -1, np.int64)
    codes[known] = np.arange(int(known.sum())) % 2
    if known.sum() < 20:
        raise DataError(f"{int(known.sum())} galaxies with votes are too few", where=collection.name)
    missing = int((~known).sum())
    notes = (f"{missing:,} of {len(known):,} galaxies have no votes and take no part",) if missing else ()
    labels = Coded(("odd", "even"), codes, notes)
    return labelled_parts(collection, labels, split=split, split_column=split_column, fold=fold, seed=seed)


def _finish(
    collection: "Collection",
    about: str,
    target: Any,
    wanted: np.ndarray,
    parts: LabelledParts,
    learnt: "Learnt",
    out: Path,
    say: Callable[[str], None],
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from tuningfork.evaluation import label_numbers
    from tuningfork.evaluation.votes import mean_of_known, vote_scores
    from tuningfork.tasks.classification.classifier import outputs_of, prepared
    from tuningfork.tasks.morphology.familiarising import with_familiarity
    from tuningfork.tasks.morphology.finishing import write_curves
    from tuningfork.tasks.morphology.vote_model import VoteModel
    from tuningfork.tasks.morphology.vote_model_file import votes_as_stored

    kept = votes_as_stored(
        VoteModel(tuple(target.outputs), _TARGETS[type(target)], learnt.network, learnt.facts)
    )
    train = parts.rows("train")
    kept = with_familiarity(kept, collection, train, np.zeros(len(train), np.int64), parts.rows("val"))
    truth = target.fractions(wanted) if isinstance(target, TreeTarget) else wanted
    mean = mean_of_known(truth[train])
    questions = [answer.partition(".")[0] for answer in target.outputs]
    letter = "p" if isinstance(target, BinaryTarget) else "f"
    judged, tables, numbers = {}, [], {}
    for part in ("val", "test"):
        rows = parts.rows(part)
        if not len(rows):
            continue
        batches = prepared(collection, kept.watching, rows)
        told, unlike = kept.parted(outputs_of(kept.watching, batches, len(rows), half=False))
        foretold = kept.shares(told)
        read = np.isfinite(foretold).all(axis=1)
        scores = vote_scores(foretold[read], truth[rows][read], questions, mean=mean)
        judged[part] = [asdict(score) for score in scores]
        if isinstance(target, BinaryTarget):
            one = len(set(questions)) == 1
            lines = label_numbers(foretold[None], truth[rows], one=one, shares=mean)
            numbers[part] = {line.name: asdict(line) for line in lines}
        columns = {"id": [str(i) for i in collection.ids(rows)], "part": [part] * len(rows)}
        for number, answer in enumerate(target.outputs):
            columns[f"{letter}_{answer}"] = foretold[:, number]
            columns[f"true_{letter}_{answer}"] = truth[rows, number]
        if kept.familiarity is not None and unlike is not None:
            columns["familiarity"] = kept.familiarity.p_values(unlike)
        tables.append(pa.table(columns))
    beside = out / "predictions.part"
    pq.write_table(pa.concat_tables(tables), beside)
    beside.replace(out / "predictions.parquet")
    write_curves(out / "metrics.csv", {"network": out / "network"})
    left = [[str(collection.ids(np.array([row]))[0]), why] for row, why in learnt.left_out]
    document = {"target": type(target).__name__, "judged": judged, "left_out": left}
    if numbers:
        document["labels"] = numbers
    _keep(collection, about, target, parts, learnt, kept, out, {p: s[0] for p, s in judged.items()})
    write_atomically(out / "metrics.json", json.dumps(document, indent=1, default=float) + "\n")
    whole = (judged.get("test") or judged["val"])[0]
    say(
        f"root mean square error {whole['square']['value']:.4f} "
        f"({whole['square']['low']:.4f} to {whole['square']['high']:.4f}), "
        f"of the mean {whole['square_of_mean']:.4f}"
    )


def _keep(
    collection: "Collection",
    about: str,
    target: Any,
    parts: LabelledParts,
    learnt: "Learnt",
    kept: "VoteModel",
    out: Path,
    evaluation: dict[str, Any],
) -> None:
    """The network without its last layer as an encoder's weights file, and whole as `predict` takes it."""
    from tuningfork.encoders.weights_file import write_weights
    from tuningfork.tasks.morphology.model_file import ids_hash
    from tuningfork.tasks.morphology.vote_model_file import save_votes

    trunk = learnt.network.network[0]
    spec = learnt.network.spec
    certificate = {
        "network": learnt.facts["network"],
        "shape": learnt.facts["shape"],
        "preprocessing": asdict(spec.preprocessing),
        "learnt_from": to_table(spec.learnt_from),
        "objective": f"votes for {about} ({type(target).__name__})",
        "data": {
            "collection": collection.name,
            "galaxies": len(parts.rows("train")),
            "split": parts.split.hash,
        },
        "licence": _LICENCE,
    }
    write_weights(out / "weights.safetensors", trunk.state_dict(), certificate)
    learnt_from = collection.ids(parts.rows("train"))
    told = {
        "licence": _LICENCE,
        "data": {**certificate["data"], "ids_sha256": ids_hash(learnt_from)},
        "split": {"hash": parts.split.hash},
        "evaluation": evaluation,
        "about": about,
    }
    if collection.manifest.pixels == "flux":
        told["stretches"] = [dict(collection.manifest.stretch)]
    save_votes(out / "model.safetensors", kept, told)
