"""What a training leaves in its folder: the calibrated model, its predictions, numbers and curves."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.errors import DataError
from tuningfork.evaluation.calibration import tempered
from tuningfork.files import write_atomically

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.tasks.morphology.parts import LabelledParts
    from tuningfork.tasks.morphology.recipes import Recipe
    from tuningfork.tasks.morphology.staging import Stages

__all__ = ["calibrated", "finish", "numbers_of", "write_curves"]

_COVERAGES = (0.8, 0.9, 0.95)
_PURITIES = (0.9, 0.95, 0.98, 0.99)


def finish(
    collection: "Collection",
    parts: "LabelledParts",
    stages: "Stages",
    recipe: "Recipe",
    out: Path,
    told: dict[str, Any],
    *,
    say: Callable[[str], None],
) -> None:
    """Calibrate the model on the validation galaxies, judge it, and write all of it.

    Judged is the model as its file holds it, in fp32, so that the file says the same of these galaxies later.
    The validation galaxies chose the passes too, so what they say of the model is a little too good; the
    test part, where there is one, says it unbiased.
    """
    from tuningfork.tasks.morphology.deciding import too_few_for_sets
    from tuningfork.tasks.morphology.familiarising import with_familiarity
    from tuningfork.tasks.morphology.model_file import as_stored, ids_hash, save_model

    classes = parts.labels.classes
    model = as_stored(_model(classes, stages))
    rows = {part: parts.rows(part) for part in ("val", "test") if (parts.parts == part).any()}
    train = parts.rows("train")
    model = with_familiarity(model, collection, train, parts.labels.codes[train], rows["val"])
    both = {part: model.told(collection, r, precision="fp32") for part, r in rows.items()}
    said = {part: p for part, (p, _) in both.items()}
    model, told_calibration = calibrated(model, said["val"], parts.labels.codes[rows["val"]])
    for line in too_few_for_sets(model.qhat):
        say(line)
    said = {part: tempered(p, model.temperature) for part, p in said.items()}
    numbers, unread = {}, 0
    for part, r in rows.items():
        judged = _judged(classes, parts.labels.codes[r], said[part], collection.ids(r))
        unread += len(r) - len(judged)
        numbers[part] = numbers_of(judged)
    every = (stages.first, *stages.second.values())
    left_out = sorted({row: why for classifier in every for row, why in classifier.left_out}.items())
    for row, why in left_out[:5]:
        say(f"left out: {collection.ids(np.array([row]))[0]}: {why}")
    document = {
        "parts": {part: int((parts.parts == part).sum()) for part in ("train", *rows)},
        "judged": numbers,
        "calibration": {**told_calibration, "on": "val, which chose the passes as well"},
        "groups": {group: list(names) for group, names in stages.groups.items()},
        "candidates": stages.candidates,
        "left_out": [[str(collection.ids(np.array([row]))[0]), why] for row, why in left_out],
        "unreadable": unread,
    }
    train = collection.ids(train)
    certificate = {
        "licence": "as the images that it learnt from",
        "data": {"collection": collection.name, "galaxies": len(train), "ids_sha256": ids_hash(train)},
        "split": {"hash": parts.split.hash},
        "evaluation": {p: {k: v["value"] for k, v in n.items()} for p, n in numbers.items()},
        "recipe": told["recipe"],
        "label": told["label"],
    }
    if collection.manifest.pixels == "flux":
        certificate["stretches"] = [dict(collection.manifest.stretch)]
    save_model(out / "model.safetensors", model, certificate)
    _write_predictions(
        out / "predictions.parquet", collection, parts, rows, said, {q: f for q, (_, f) in both.items()}
    )
    write_curves(out / "metrics.csv", stages.folders)
    write_atomically(out / "metrics.json", json.dumps(document, indent=1, default=float) + "\n")
    best = numbers.get("test", numbers["val"])
    where = "test" if "test" in numbers else "validation"
    for name in ("accuracy", "balanced accuracy"):
        if name in best:
            n = best[name]
            say(
                f"{where} {name} {n['value']:.3f} ({n['low']:.3f} to {n['high']:.3f}), "
                f"majority {n['majority']:.3f}"
            )


def _model(classes: tuple[str, ...], stages: "Stages") -> Any:
    from tuningfork.tasks.morphology.model import Member, Model

    built = [Member(stages.first.network, stages.first.classes, "", stages.first.facts)]
    for group, classifier in stages.second.items():
        built.append(Member(classifier.network, classifier.classes, group, classifier.facts))
    return Model(classes, tuple(built), stages.groups)


def calibrated(model: Any, probabilities: np.ndarray, truth: np.ndarray) -> tuple[Any, dict[str, Any]]:
    """The model with its temperature, conformal thresholds and confidences of purities."""
    from tuningfork.evaluation import abstain_threshold, conformal_threshold, fit_temperature

    known = np.isfinite(probabilities).all(axis=1)
    p, truth = probabilities[known].astype(np.float64), truth[known]
    temperature = float(fit_temperature(np.log(np.maximum(p, 1e-12)), truth))
    p = tempered(p, temperature)
    qhat = {f"{c:.2f}": float(conformal_threshold(p, truth, c)) for c in _COVERAGES}
    abstain = {}
    judged = _judged(model.classes, truth, p, np.arange(len(p)).astype(str))
    for purity in _PURITIES:
        try:
            abstain[f"{purity:.2f}"] = float(abstain_threshold(judged, purity).threshold)
        except DataError:
            continue  # not pure enough at any confidence
    made = replace(model, temperature=temperature, qhat=qhat, abstain=abstain)
    return made, {"temperature": temperature, "qhat": qhat, "abstain": abstain}


def _judged(classes: tuple[str, ...], truth: np.ndarray, probabilities: np.ndarray, ids: Any) -> Any:
    from tuningfork.evaluation import Judged

    known = np.isfinite(probabilities).all(axis=1)
    if not known.any():
        raise DataError("not one of the galaxies to judge by can be read")
    return Judged(classes, truth[known], probabilities[known], np.asarray(ids)[known].astype(str))


def numbers_of(judged: Any) -> dict[str, dict[str, Any]]:
    """All numbers by name, each with its interval and the majority's, and the recall of each class."""
    from tuningfork.evaluation import wilson
    from tuningfork.evaluation.classified import headline

    found = {line.name: {k: v for k, v in asdict(line).items() if k != "name"} for line in headline(judged)}
    said = judged.probabilities.argmax(axis=1)
    for number, name in enumerate(judged.classes):
        own = judged.truth == number
        if own.any():
            right, n = wilson(int((said[own] == number).sum()), int(own.sum())), int(own.sum())
            recall = {"value": right.value, "low": right.low, "high": right.high, "n": n}
            found[f"recall of {name}"] = recall
    return found


def _write_predictions(
    file: Path,
    collection: "Collection",
    parts: "LabelledParts",
    rows: dict[str, np.ndarray],
    said: dict[str, np.ndarray],
    familiar: dict[str, np.ndarray],
) -> None:
    """``id, part, truth, label, p_CLASS..., familiarity``; null where a stamp cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    every = np.concatenate(list(rows.values()))
    p = np.concatenate([said[part] for part in rows])
    unknown = ~np.isfinite(p).all(axis=1)
    names = np.array(parts.labels.classes, dtype=object)
    columns = {
        "id": pa.array([str(i) for i in collection.ids(every)], pa.string()),
        "part": pa.array([part for part, r in rows.items() for _ in r], pa.string()),
        "truth": pa.array(parts.texts(every), pa.string()),
        "label": pa.array(names[np.nan_to_num(p).argmax(axis=1)], pa.string(), mask=unknown),
    }
    for name, column in zip(parts.labels.classes, p.T, strict=True):
        columns[f"p_{name}"] = pa.array(column.astype(np.float32), pa.float32(), mask=unknown)
    known = np.concatenate([familiar[part] for part in rows])
    if np.isfinite(known).any():
        columns["familiarity"] = pa.array(known, pa.float32(), mask=np.isnan(known))
    beside = file.with_suffix(".part")
    pq.write_table(pa.table(columns), beside)
    beside.replace(file)


def write_curves(file: Path, folders: dict[str, Path]) -> None:
    """The ``metrics.csv`` of all stages as one, with the stage in the first column."""
    from tuningfork.training.run_folder import read_metrics, write_metrics

    rows: list[dict[str, str]] = []
    for stage, folder in folders.items():
        for name, part in ((f"{stage}-head", folder / "head"), (stage, folder)):
            curve = part / "metrics.csv"
            rows += [{"stage": name, **row} for row in read_metrics(curve)] if curve.exists() else []
    write_metrics(file, rows)
