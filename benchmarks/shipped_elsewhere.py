"""How well a model, shipped or one's own, does on a labelled collection: what it ranks, what it gets right.

The model predicts the collection as `tuningfork predict` does, in fp32. Then, of what is asked for:

``--kind "LABELS=SCORE"``, several times: how the score ranks the galaxies of these labels among all that have
one. LABELS are values of ``--label``, with `*` for any ending, several parted by `|`. SCORE is made of the
table's columns without their ``p_`` or ``f_``, joined by `*` (both) and `+` (either), `*` first. Told are the
area under the receiver's curve (DeLong's interval, with ends where it is nearly 1) and the average precision
(bootstrap over galaxies) beside the share of the kind, which a random order has.

``--answers``: the kind with the largest score is the answer; accuracy (Wilson) beside always saying the
commonest, of classes also how well probability and familiarity tell the wrong ones.

``--votes TREE``: of each question the share of galaxies whose largest answer is people's, beside always
saying the commonest (bootstrap over galaxies), and the mean absolute error of shares beside that of the mean.

Always: the median familiarity, and how many galaxies are below 0.01. Galaxies that the model learnt from
flatter it: leave them out with ``--where``. Without a collection pieces of the Hubble Deep Field with labels
by turns are taken, which only shows that it runs.

Example: python benchmarks/shipped_elsewhere.py gz1 --model gz5 --label label --answers
    --kind "elliptical=CRS+IBS+CSS" --kind "edge_on=EO" --kind "spiral*=SPI"
"""

import argparse
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import torch
from _measuring import machine, pieces, tell

from tuningfork.collection import Collection, create_collection, join_catalogue, read_table, rows_where
from tuningfork.evaluation import Judged, area_under_roc, bootstrap, vote_scores, wilson
from tuningfork.evaluation.intervals import Interval
from tuningfork.labels.trees import read_tree
from tuningfork.tasks.morphology.model import Model
from tuningfork.tasks.morphology.predicting import predict
from tuningfork.tasks.morphology.shelf import load_predictor
from tuningfork.tasks.morphology.vote_answers import vote_target
from tuningfork.tasks.morphology.vote_model import VoteModel, question_slices
from tuningfork.tasks.morphology.vote_targets import TreeTarget

LIMIT = 0.01


def shown(found: Interval) -> str:
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def area(own: np.ndarray, score: np.ndarray) -> Interval:
    """The area under the receiver's curve of a score, (n,), for some of the galaxies."""
    from scipy.stats import rankdata

    share = rankdata(score) / (len(score) + 1)
    return area_under_roc(Judged(("others", "own"), own.astype(int), np.stack([1 - share, share], 1), own), 1)


def scored(columns: dict[str, np.ndarray], asked: str) -> np.ndarray:
    """What an expression of columns gives of each galaxy."""
    total = np.zeros(len(next(iter(columns.values()))))
    for term in asked.split("+"):
        product = np.ones(len(total))
        for name in (part.strip() for part in term.split("*")):
            if name not in columns:
                raise SystemExit(f"'{name}' is none of: {', '.join(columns)}")
            product = product * columns[name]
        total += product
    return total


def members(labels: np.ndarray, asked: str) -> np.ndarray:
    """(n,) bool: the label is one of those asked for."""
    wanted = [each.strip() for each in asked.split("|")]
    return np.array([any(fnmatchcase(label, each) for each in wanted) for label in labels])


def ranked(kinds: dict[str, tuple[np.ndarray, np.ndarray]], seed: int = 0) -> Iterator[str]:
    """A line for each kind: which galaxies are of it, (n,) bool, and their score."""
    from sklearn.metrics import average_precision_score

    def precision(own: np.ndarray, score: np.ndarray) -> float:
        return float(average_precision_score(own, score)) if own.any() else float("nan")

    for name, (own, score) in kinds.items():
        if not own.any() or own.all():
            yield f"{name}: {int(own.sum())} of {len(own)}, nothing to rank"
            continue
        found = bootstrap(precision, own, score, seed=seed)
        told = f"area under ROC {shown(area(own, score))}, average precision {shown(found)}"
        yield f"{name} ({int(own.sum()):,} of {len(own):,}): {told}, share {own.mean():.3f}"


def answered(
    kinds: dict[str, tuple[np.ndarray, np.ndarray]], sure: np.ndarray | None, familiar: np.ndarray | None
) -> Iterator[str]:
    """Accuracy of the kind with the largest score, among galaxies of one of the kinds."""
    own = np.stack([each for each, _ in kinds.values()], 1)
    said = np.stack([score for _, score in kinds.values()], 1).argmax(1)
    known = own.sum(1) == 1
    right, truth = own[np.arange(len(own)), said][known], own[known].argmax(1)
    most = wilson(int(np.bincount(truth).max()), len(truth))
    found = shown(wilson(int(right.sum()), len(right)))
    yield f"right: {found} of {len(right):,}, the commonest {most.value:.3f}"
    for number, name in enumerate(kinds):
        part = right[truth == number]
        if len(part):
            yield f"right of {name}: {shown(wilson(int(part.sum()), len(part)))} of {len(part):,}"
    for name, values in (("probability", sure), ("familiarity", familiar)):
        if values is not None and 0 < right.sum() < len(right):
            best = np.argsort(-values[known], kind="stable")[: round(0.9 * len(right))]
            told = f"area under ROC {shown(area(~right, -values[known]))}"
            yield f"errors by {name}: {told}, right in the best nine tenths {right[best].mean():.3f}"


def by_votes(
    collection: Collection,
    rows: np.ndarray,
    shares: np.ndarray,
    names: list[str],
    options: argparse.Namespace,
) -> Iterator[str]:
    """Each question of a tree beside what people said."""
    tree = read_tree(options.votes)
    target, wanted, notes = vote_target(collection, tree, options.votes_kind, options.people)
    yield from notes
    if list(target.outputs) != names:
        raise SystemExit(f"the model foretells other answers than those of the tree {options.votes}")
    truth = (target.fractions(wanted) if isinstance(target, TreeTarget) else wanted)[rows]
    slices = question_slices(names)
    for score in vote_scores(shares, truth, [name.partition(".")[0] for name in names]):
        line = f"{score.name}: {score.n:,}, error {shown(score.absolute)}"
        line += f", of the mean {score.absolute_of_mean:.3f}"
        if score.name in slices:
            own = slices[score.name]
            asked = np.isfinite(truth[:, own]).all(1)
            people, said = truth[asked, own].argmax(1), shares[asked, own].argmax(1)
            right = bootstrap(lambda hit: float(hit.mean()), people == said)
            most = np.bincount(people).max() / len(people)
            line += f", largest answer right {shown(right)}, always the commonest {most:.3f}"
        yield line


def made(work: Path, count: int) -> Collection:
    """Pieces of the Hubble Deep Field with labels by turns."""
    folder = pieces(work / "pieces", count, 64)
    collection = create_collection(folder, work / "made", quiet=True).collection
    lines = [f"{name},{'one' if k % 2 else 'other'}" for k, name in enumerate(collection.ids())]
    (work / "kinds.csv").write_text("\n".join(["id,label", *lines]) + "\n")
    join_catalogue(collection, work / "kinds.csv")
    return Collection.open(collection.path)


def by_label(
    collection: Collection,
    rows: np.ndarray,
    said: dict[str, np.ndarray],
    familiar: np.ndarray | None,
    options: argparse.Namespace,
) -> Iterator[str]:
    """What is asked for of the label's kinds."""
    told = collection.catalogue([options.label], rows)[options.label].to_pylist()
    labels = np.array(["" if each is None else str(each) for each in told])
    known = labels != ""
    labels, columns = labels[known], {name: values[known] for name, values in said.items()}
    values = np.unique(labels)
    yield "labels: " + ", ".join(f"{value} {int((labels == value).sum()):,}" for value in values)
    kinds = {}
    for each in options.kind:
        name, _, expression = each.partition("=")
        kinds[name] = members(labels, name), scored(columns, expression)
    yield from ranked(kinds)
    if options.answers and kinds:
        chances = np.stack(list(columns.values()), 1)
        sure = chances.max(1) if np.allclose(chances.sum(1), 1, atol=1e-3) else None  # else they are of votes
        yield from answered(kinds, sure, None if familiar is None else familiar[known])


def report(options: argparse.Namespace, work: Path) -> Iterator[str]:
    """Predict, and tell what is asked for."""
    model = load_predictor(options.model)
    if options.collection:
        collection = Collection.open(options.collection)
    else:
        collection, options.label, options.answers = made(work, options.count), "label", True
        options.kind = [f"one={_names(model)[0]}", f"other={_names(model)[1]}"]
    rows = rows_where(collection, options.where) if options.where else np.arange(len(collection))
    asked = {"precision": "fp32", "any_stretch": options.any_stretch, "views": options.tta, "quiet": True}
    done = predict(collection, model, work / "said.parquet", rows=rows, **asked)
    table = read_table(work / "said.parquet")
    yield f"model: {model.encoder.spec.key}, collection: {collection.name}"
    start = "p_" if not isinstance(model, VoteModel) or model.target == "labels" else "f_"
    names = _names(model)
    said = np.array([table[start + name].to_pylist() for name in names], float).T
    read = np.isfinite(said).all(1)
    yield f"galaxies: {int(read.sum()):,}, and {len(done.unreadable):,} that cannot be read"
    familiar = None
    if "familiarity" in table.column_names:
        familiar = np.array(table["familiarity"].to_pylist(), float)[read]
        below = wilson(int((familiar < LIMIT).sum()), len(familiar))
        yield f"familiarity: median {np.median(familiar):.3f}, below {LIMIT:g} {shown(below)}"
    if options.label:
        columns = dict(zip(names, said[read].T, strict=True))
        yield from by_label(collection, rows[read], columns, familiar, options)
    if options.votes:
        yield from by_votes(collection, rows[read], said[read], names, options)


def _names(model: Model | VoteModel) -> list[str]:
    return list(model.outputs if isinstance(model, VoteModel) else model.classes)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("collection", nargs="?", type=Path)
    parser.add_argument("--model", default="gz5", help="of classes or of votes")
    parser.add_argument("--where", help="which galaxies")
    parser.add_argument("--label", help="the column of kinds")
    parser.add_argument("--kind", action="append", default=[], metavar="LABELS=SCORE")
    parser.add_argument("--answers", action="store_true", help="the kind of largest score is the answer")
    parser.add_argument("--votes", metavar="TREE", help="the tree that people answered")
    parser.add_argument("--people", metavar="COLUMN", help="how many looked, as in a training on votes")
    parser.add_argument("--votes-kind", metavar="KIND", help="which votes, as in a training on votes")
    parser.add_argument(
        "--any-stretch", action="store_true", help="flux through the collection's own stretch"
    )
    parser.add_argument("--tta", type=int, default=1, metavar="N", help="as of tuningfork predict")
    parser.add_argument("--count", type=int, default=40, help="pieces, where there is no collection")
    options = parser.parse_args()
    torch.set_num_threads(1)
    tell(machine(), as_json=False)
    with tempfile.TemporaryDirectory() as work:
        for line in report(options, Path(work)):
            print(line)
    print("all that was asked for is told")


if __name__ == "__main__":
    main()
