"""Train a network to foretell what people would say of a galaxy, question by question."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.config import to_table
from tuningfork.errors import DataError, UnknownNameError, UsageError
from tuningfork.files import write_atomically
from tuningfork.labels.coded import Coded
from tuningfork.labels.faults import sound_votes
from tuningfork.labels.trees import Tree, read_tree
from tuningfork.labels.votes import Votes, as_numbers, find_votes, read_votes
from tuningfork.tasks.labels.columns import arrays_of
from tuningfork.tasks.morphology.parts import LabelledParts, labelled_parts
from tuningfork.tasks.morphology.recipes import Recipe, recipe_named
from tuningfork.tasks.morphology.vote_targets import FractionTarget, TreeTarget

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.tasks.classification.learning import Learnt

__all__ = ["train_votes"]


def train_votes(  # noqa: PLR0913 - all but the first four by name
    collection: "Collection",
    tree: str | Tree,
    recipe: str | Recipe,
    out: str | Path,
    *,
    name: str | None = None,
    kind: str | None = None,
    people: str | None = None,
    split: Path | str | None = None,
    split_column: str | None = None,
    fold: int | None = None,
    bands: Sequence[str] | None = None,
    quiet: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Train on votes for a decision tree.

    From counts a Dirichlet-multinomial is learnt for every question; from fractions alone each of them by
    regression.

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
    split, split_column, fold
        As for `tuningfork.tasks.morphology.parts.labelled_parts`.

    Returns
    -------
    Path
        The run's folder with ``weights.safetensors`` (the network as an encoder), ``head.safetensors``,
        ``predictions.parquet`` (``f_QUESTION.ANSWER`` and, with ``true_`` before it, what people said),
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

    name = name or (recipe if isinstance(recipe, str) else "own")
    recipe = recipe_named(recipe) if isinstance(recipe, str) else recipe
    tree = read_tree(tree) if isinstance(tree, str) else tree
    target, wanted, notes = _wanted(collection, tree, kind, people)
    told_of = np.isfinite(wanted) if isinstance(target, FractionTarget) else wanted > 0
    known = told_of.any(axis=1) & ~collection.flagged()
    parts = _parts(collection, known, split, split_column, fold, recipe.settings.seed)
    for line in (*notes, *parts.notes):
        say(line)
    rows, held_out = parts.rows("train"), parts.rows("val")
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
    told = {"task": "votes", "tree": tree.name, "recipe": name, **to_table(recipe), "split": parts.split.hash}
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
    _finish(collection, tree, target, wanted, parts, learnt, out, say)
    folder.finish()
    return out


def _wanted(
    collection: "Collection", tree: Tree, kind: str | None, people: str | None
) -> tuple[Any, np.ndarray, tuple[str, ...]]:
    """The target and (N, answers) of what it compares with."""
    found = find_votes(tree, collection.columns, kind)
    table = arrays_of(collection, list(found[0].columns.values()) if found else [])
    read = read_votes(tree, table, found[0].kind if found else kind)
    votes, faults = sound_votes(read, where=collection.name, ids=collection.ids())
    notes = tuple(f"set aside: {line}" for line in faults)
    ends = tuple((s.start, s.stop) for s in tree.slices.values())
    if votes.kind != "count" and people is None:
        told = f"{votes.kind} votes for '{tree.name}', by regression"
        return FractionTarget(tree.answers), votes.values, (told, *notes)
    if several := [step.name for step in tree.steps if step.several]:
        raise UsageError(
            f"'{several[0]}' takes several answers, and counts are learnt as draws of one",
            where=tree.name,
            remedy="Learn fractions, without --people",
        )
    target = TreeTarget(tree.answers, ends)
    if votes.kind == "count":
        return target, votes.values, (f"counts of votes for '{tree.name}'", *notes)
    assert people is not None
    counts, without = _counts(votes, _people(collection, people))
    if without:
        notes += (f"{without:,} galaxies have no number of people in '{people}' and take no part",)
    return target, counts, (f"{votes.kind} votes times people, for '{tree.name}'", *notes)


def _counts(votes: Votes, looked: np.ndarray) -> tuple[np.ndarray, int]:
    """Shares as (N, answers) numbers of people, and how many galaxies have votes but nobody who looked.

    Debiased shares of a question need not add up to 1; they are brought to that, for as many people answer as
    are asked.
    """
    from tuningfork.objectives.dirichlet import asked_share

    tree, shares = votes.tree, votes.fractions().values
    for part in tree.slices.values():
        total = np.nansum(shares[:, part], axis=1, keepdims=True)
        shares[:, part] /= np.where(total > 0, total, 1.0)
    looked = np.where(looked > 0, looked, np.nan)
    asked = asked_share(shares, tree.slices, tree.parents) * looked[:, None]
    without = int((np.isnan(looked) & np.isfinite(shares).any(axis=1)).sum())
    return shares * np.repeat(asked, [s.stop - s.start for s in tree.slices.values()], axis=1), without


def _people(collection: "Collection", column: str) -> np.ndarray:
    """(N,) how many people looked at each galaxy, NaN where it is not told."""
    if column not in collection.columns:
        raise UnknownNameError("column", column, collection.columns, where=f"{collection.name}, --people")
    return as_numbers(arrays_of(collection, [column]), column)


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
    tree: Tree,
    target: Any,
    wanted: np.ndarray,
    parts: LabelledParts,
    learnt: "Learnt",
    out: Path,
    say: Callable[[str], None],
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from tuningfork.evaluation.votes import mean_of_known, vote_scores
    from tuningfork.tasks.classification.classifier import outputs_of, prepared
    from tuningfork.tasks.morphology.finishing import write_curves

    truth = target.fractions(wanted) if isinstance(target, TreeTarget) else wanted
    mean = mean_of_known(truth[parts.rows("train")])
    questions = [answer.partition(".")[0] for answer in tree.answers]
    judged, tables = {}, []
    for part in ("val", "test"):
        rows = parts.rows(part)
        if not len(rows):
            continue
        outputs = outputs_of(
            learnt.network, prepared(collection, learnt.network, rows), len(rows), learnt.half
        )
        foretold = target.foretold(outputs)
        read = np.isfinite(foretold).all(axis=1)
        scores = vote_scores(foretold[read], truth[rows][read], questions, mean=mean)
        judged[part] = [asdict(score) for score in scores]
        columns = {"id": [str(i) for i in collection.ids(rows)], "part": [part] * len(rows)}
        for number, answer in enumerate(tree.answers):
            columns[f"f_{answer}"] = foretold[:, number]
            columns[f"true_f_{answer}"] = truth[rows, number]
        tables.append(pa.table(columns))
    beside = out / "predictions.part"
    pq.write_table(pa.concat_tables(tables), beside)
    beside.replace(out / "predictions.parquet")
    _keep(collection, tree, target, parts, learnt, out)
    write_curves(out / "metrics.csv", {"network": out / "network"})
    left = [[str(collection.ids(np.array([row]))[0]), why] for row, why in learnt.left_out]
    document = {"target": type(target).__name__, "judged": judged, "left_out": left}
    write_atomically(out / "metrics.json", json.dumps(document, indent=1, default=float) + "\n")
    whole = (judged.get("test") or judged["val"])[0]
    say(
        f"root mean square error {whole['square']['value']:.4f} "
        f"({whole['square']['low']:.4f} to {whole['square']['high']:.4f}), "
        f"of the mean {whole['square_of_mean']:.4f}"
    )


def _keep(
    collection: "Collection", tree: Tree, target: Any, parts: LabelledParts, learnt: "Learnt", out: Path
) -> None:
    """The network without its last layer as an encoder's weights file, and the last layer beside it."""
    from safetensors.torch import save

    from tuningfork.encoders.weights_file import write_weights

    trunk, head = learnt.network.network[0], learnt.network.network[1]
    spec = learnt.network.spec
    certificate = {
        "network": learnt.facts["network"],
        "shape": learnt.facts["shape"],
        "preprocessing": asdict(spec.preprocessing),
        "learnt_from": to_table(spec.learnt_from),
        "objective": f"votes for {tree.name} ({type(target).__name__})",
        "data": {
            "collection": collection.name,
            "galaxies": len(parts.rows("train")),
            "split": parts.split.hash,
        },
        "licence": "as the images that it learnt from",
    }
    write_weights(out / "weights.safetensors", trunk.state_dict(), certificate)
    told = {"answers": json.dumps(list(tree.answers)), "target": type(target).__name__}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in head.state_dict().items()}
    write_atomically(out / "head.safetensors", save(tensors, told))
