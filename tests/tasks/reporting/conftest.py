"""A run as a training leaves it: made pictures of two shapes, a tiny network trained from scratch on them."""

import csv

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.tasks.test_classification import _picture
from tuningfork.collection import Collection, create_collection
from tuningfork.tasks.classification import ClassifierSettings, train_classifier

CLASSES = ("edge-on", "face-on")


def write_predictions(file, ids, part, truth, classes, p) -> None:
    """The table of a run."""
    label = np.array([*classes, ""], object)[
        np.where(np.isnan(p).any(1), len(classes), np.nan_to_num(p).argmax(1))
    ]
    columns = {f"p_{name}": p[:, k].astype(np.float32) for k, name in enumerate(classes)}
    texts = {"id": ids, "part": part, "truth": truth, "label": label}
    pq.write_table(pa.table({**{k: pa.array(v, pa.string()) for k, v in texts.items()}, **columns}), file)


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """(collection, classifier, run folder): 40 galaxies learnt from, 20 of val, 40 of test."""
    root, rng = tmp_path_factory.mktemp("reported"), np.random.default_rng(0)
    (root / "in").mkdir()
    rows = []
    for number in range(100):
        cv2.imwrite(str(root / "in" / f"g{number:03d}.png"), _picture(rng, number % 2 == 0))
        part = "train" if number < 40 else "val" if number < 60 else "test"
        about = {"label": CLASSES[number % 2], "split": part, "petroMag_r": 14 + number / 20}
        rows.append({"id": f"g{number:03d}", "file": f"g{number:03d}.png", **about})
    with (root / "in" / "catalogue.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    create_collection(root / "in", root / "galaxies", catalogue=root / "in" / "catalogue.csv", quiet=True)
    collection = Collection.open(root / "galaxies")
    labels = np.array([row["label"] for row in rows], object)
    settings = ClassifierSettings("timm:test_resnet", size=32, seen=96, batch=16, precision="fp32")
    run, watched = root / "run", (np.arange(40, 60), labels[40:60])
    classifier = train_classifier(
        collection, np.arange(40), labels[:40], settings, run, held_out=watched, quiet=True
    )
    p = classifier.probabilities(collection, np.arange(100))
    parts = np.array([row["split"] for row in rows])
    write_predictions(run / "predictions.parquet", collection.ids(), parts, labels, CLASSES, p)
    return collection, classifier, run
