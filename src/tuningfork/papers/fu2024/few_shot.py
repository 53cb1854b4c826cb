"""Figure 5: accuracy against images per class, a frozen encoder with a head against networks from scratch."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.errors import DataError
from tuningfork.papers.answers import pack, unpack
from tuningfork.papers.fu2024.figure import Curve, few_shot_report
from tuningfork.papers.opening import data_key, labelled, only_one, settings_named
from tuningfork.papers.sweep import run_cells
from tuningfork.papers.trained import settings_in, told_of, trained
from tuningfork.progress import duration
from tuningfork.tasks.classification.settings import ClassifierSettings

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.papers.report import Report

__all__ = ["LENGTHS", "PER_CLASS", "SCRATCH", "run"]

PER_CLASS: tuple[int | str, ...] = (10, 20, 50, 100, 200, "all")
ENCODERS = ("lvm-tiny", "imagenet:efficientnet-lite0")


@dataclass(frozen=True)
class _Scratch:
    """A network that begins with random numbers."""

    network: str
    rate: float  # AdamW's at its height; usual ones, lower where there is no batch norm. Not tuned
    zoomed: int = 1  # its pictures have so many times the side of the others'
    seconds: float = 1.0  # of one core for a batch of 32, measured in bf16 with the sizes of the defaults


SCRATCH = {
    # a stride of 4 and three poolings leave one pixel of 64: it gets 128
    "AlexNet": _Scratch("torchvision:alexnet", 3e-4, zoomed=2, seconds=0.9),
    "VGG16": _Scratch("timm:vgg16", 1e-4, seconds=3.7),
    "ResNet50": _Scratch("timm:resnet50", 1e-3, seconds=0.65),
    "ResNet18": _Scratch("timm:resnet18", 1e-3, seconds=0.23),
}
# Images seen in training, for each of PER_CLASS; the paper names none. Short lengths flatter the frozen: on
# 400 held-out training galaxies ResNet18 with 10 per class had 0.588 after 1,600 and 0.652 after 4,800.
LENGTHS = {
    "cpu": (4800, 4800, 6400, 6400, 8000, 12800),
    "long": (9600, 12800, 19200, 25600, 38400, 64000),
}


@dataclass(frozen=True)
class _Task:
    """The galaxies, and what every method is asked."""

    collection: "Collection"
    train: np.ndarray
    test: np.ndarray
    labels: np.ndarray
    out: Path
    quiet: bool
    classes: list[str] = field(init=False)
    vectors: dict[str, np.ndarray] = field(default_factory=dict)  # of frozen encoders, by key

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", sorted(set(self.labels[self.train])))

    def draw(self, per_class: int | str, seed: int) -> np.ndarray:
        """Training rows; those of ten per class are among those of twenty with the same seed."""
        rng = np.random.default_rng(seed)
        parts = []
        for name in self.classes:
            members = rng.permutation(self.train[self.labels[self.train] == name])
            parts.append(members if per_class == "all" else members[:per_class])
        return np.sort(np.concatenate(parts))

    def answers(self, result: dict[str, Any]) -> np.ndarray:
        """(n,) classes that a cell's result says of the test galaxies."""
        return unpack(result["answers"], self.classes, len(self.test))[0]

    def data(self) -> str:
        """Names galaxies, labels and parts without doubt."""
        parts = (rows.tobytes() + "\n".join(self.labels[rows]).encode() for rows in (self.train, self.test))
        return data_key(self.collection.fingerprint(), tuple(parts))


def run(  # noqa: PLR0913 - all but the first two by name
    sources: Sequence[str],
    out: Path,
    *,
    label: str,
    split_column: str | None = None,
    encoder: Sequence[str] | None = None,
    seeds: int = 3,
    size: int = 64,
    settings: str = "cpu",
    cells: int | None = None,
    minutes: float | None = None,
    quiet: bool = False,
) -> "Report":
    """Fu et al. 2024, figure 5 (IV.A).

    Parameters
    ----------
    sources : sequence of str
        One labelled collection.
    label, split_column : str
        Columns of classes, and of "train" and "val"; a quarter of each class is judged on without.
    encoder : sequence of str, optional
        Frozen encoders to compare; `ENCODERS` by default.
    seeds : int
        How many draws of images, and of the networks' first numbers.
    size : int
        Side of the pictures that the networks from scratch are trained on.
    settings : str
        A name of `LENGTHS`.
    """
    lengths = settings_named(LENGTHS, settings)
    collection, split = labelled(only_one(sources), label, split_column, quiet=quiet)
    frozen, vectors, present, remarks = _embedded(collection, encoder, quiet)
    kept = [rows[present[rows]] for rows in (split.train, split.test)]
    task = _Task(collection, kept[0], kept[1], split.labels, out, quiet, vectors=vectors)
    if len(task.classes) < 2 or not len(task.test):
        raise DataError("too few classes or galaxies are left to judge on", where=collection.name)
    every = _cells(task, frozen, seeds, size, lengths)
    cost = partial(_seconds, size=size)
    swept = run_cells(
        every,
        task_cell(task),
        out,
        at_most=cells,
        minutes=minutes,
        cost=cost,
        unsaid=("data", "encoder"),
        quiet=quiet,
    )
    expected = duration(sum(map(cost, every)))
    notes = (
        *split.notes,
        f"Classes: {', '.join(task.classes)}",
        *remarks,
        "Images per class are those drawn, or all where a class has fewer",
        f"From scratch: {settings} settings, {size} px; the whole takes about {expected} of one core",
        *swept.notes(),
    )
    names, counts = np.unique(task.labels[task.train].astype(str), return_counts=True)
    truth = task.labels[task.test].astype(str)
    commonest = float(np.mean(truth == names[counts.argmax()]))
    return few_shot_report(_curves(task, swept.done), truth, commonest, notes)


def task_cell(task: _Task) -> Any:
    """The function of one cell: settings in, answers for the test galaxies out."""

    def one(cell: dict[str, Any]) -> dict[str, Any]:
        rows = task.draw(cell["per_class"], cell["seed"])
        answer = _frozen if "encoder" in cell else _from_scratch
        return {"images": len(rows), "answers": pack(answer(task, cell, rows), task.classes)}

    return one


def _frozen(task: _Task, cell: dict[str, Any], rows: np.ndarray) -> np.ndarray:
    """A linear probe on standardised features. Their mean and spread are of all training galaxies, which
    needs no labels."""
    from tuningfork.evaluation.probe import fit_probe

    vectors = task.vectors[cell["encoder"]]
    mean, spread = vectors[task.train].mean(0), vectors[task.train].std(0)
    scale = np.where(spread > 1e-8, 1 / np.maximum(spread, 1e-8), 0)
    X, X_test = ((vectors[part] - mean) * scale for part in (rows, task.test))
    model = fit_probe(X, task.labels[rows].astype(str), cell["seed"])
    return model.predict(X_test)


def _from_scratch(task: _Task, cell: dict[str, Any], rows: np.ndarray) -> np.ndarray:
    settings, labels = settings_in(cell), task.labels[rows]
    with trained(task.collection, rows, labels, settings, task.out, cell, quiet=task.quiet) as classifier:
        return classifier.predict(task.collection, task.test)


def _embedded(
    collection: "Collection", names: Sequence[str] | None, quiet: bool
) -> tuple[dict[str, str], dict[str, np.ndarray], np.ndarray, list[str]]:
    """Name -> key, key -> vectors, which galaxies have all of them, and remarks."""
    from tuningfork.embeddings import embed, load_embeddings
    from tuningfork.errors import WeightsError

    keys, vectors, remarks = {}, {}, []
    present = np.ones(len(collection), bool)
    for name in names or ENCODERS:
        try:
            key = embed(collection, name, quiet=quiet).key
        except WeightsError as error:
            if names:
                raise
            remarks.append(f"{name} is left out: {error}")
            continue
        stored = load_embeddings(collection, key)
        keys[name], vectors[key] = key, stored.vectors
        present &= stored.present
    if not present.all():
        remarks.append(f"{int((~present).sum())} galaxies could not be embedded and took no part")
    return keys, vectors, present, remarks


def _cells(
    task: _Task, frozen: dict[str, str], seeds: int, size: int, lengths: Sequence[int]
) -> list[dict[str, Any]]:
    """Frozen encoders take seconds and come first; then draw by draw, the cheap networks first: a figure that
    is stopped early has fewer draws, and not fewer networks."""
    data = task.data()
    places = [(n, seed) for n in range(len(PER_CLASS)) for seed in range(seeds)]
    every = [
        {"method": name, "per_class": PER_CLASS[n], "seed": seed, "encoder": key, "data": data}
        for name, key in frozen.items()
        for n, seed in places
    ]
    for name, scratch in sorted(SCRATCH.items(), key=lambda item: item[1].seconds):
        for n, seed in places:
            one = ClassifierSettings(scratch.network, rate=scratch.rate, size=size * scratch.zoomed)
            told = told_of(replace(one, seen=lengths[n], seed=seed))
            every.append({"method": name, "per_class": PER_CLASS[n], **told, "data": data})
    return sorted(every, key=lambda cell: ("encoder" not in cell, cell["seed"]))


def _seconds(cell: dict[str, Any], size: int) -> float:
    """What a cell takes on one core, roughly."""
    if "encoder" in cell:
        return 5.0
    return SCRATCH[cell["method"]].seconds * (size / 64) ** 2 * cell["seen"] / 32


def _curves(task: _Task, done: Sequence[tuple[dict, dict]]) -> list[Curve]:
    """The answers of each method and number of images, seed by seed."""
    found: dict[tuple[str, bool], dict[int | str, dict[int, dict]]] = {}
    for cell, result in done:
        of_method = found.setdefault((cell["method"], "encoder" in cell), {})
        of_method.setdefault(cell["per_class"], {})[cell["seed"]] = result
    curves = []
    for (method, frozen), sizes in found.items():
        order = sorted(sizes, key=PER_CLASS.index)
        answers = {n: {s: task.answers(r) for s, r in sorted(sizes[n].items())} for n in order}
        images = {n: next(iter(sizes[n].values()))["images"] for n in order}
        curves.append(Curve(method, frozen, answers, images))
    return curves
