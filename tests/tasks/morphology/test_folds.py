"""Cross-validation in one call: every galaxy is judged once, by a network that never saw it, also after a
stop."""

import json
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.tasks.morphology.test_training import QUICK, shapes  # noqa: F401 - a fixture
from tuningfork.errors import DataError, UsageError
from tuningfork.labels import SplitFile, read_split
from tuningfork.tasks.morphology.folds import train_folds

SHORT = replace(QUICK, epochs=2, candidates=1)


@pytest.mark.training
def test_every_galaxy_is_judged_once_by_a_network_that_never_saw_it(shapes, tmp_path, monkeypatch):  # noqa: F811
    from tuningfork.tasks.morphology import training

    real, begun = training.train_morphology, []

    def stops(collection, label, recipe, out, **how):
        begun.append(out.name)
        if len(begun) == 3:
            raise KeyboardInterrupt
        return real(collection, label, recipe, out, **how)

    monkeypatch.setattr(training, "train_morphology", stops)
    with pytest.raises(KeyboardInterrupt):
        train_folds(shapes, "kind", SHORT, tmp_path / "run", folds=3, quiet=True)
    with pytest.raises(UsageError, match="3 folds; 4 were asked for"):
        train_folds(shapes, "kind", SHORT, tmp_path / "run", folds=4, quiet=True)
    with pytest.raises(UsageError, match="other settings"):
        train_folds(shapes, "kind", replace(SHORT, epochs=3), tmp_path / "run", folds=3, quiet=True)
    said = []
    run = train_folds(shapes, "kind", SHORT, tmp_path / "run", folds=3, quiet=True, say=said.append)
    assert begun == ["fold-0", "fold-1", "fold-2", "fold-2"]
    assert sum("trained before" in line for line in said) == 2
    table = pq.read_table(run / "predictions.parquet").to_pydict()
    labelled = {f"g{n:03d}" for n in range(100)} - {"g050", "g051"}
    assert len(table["id"]) == 98
    assert set(table["id"]) == labelled
    for number in range(3):
        parts = read_split(run / f"fold-{number}" / "split.csv")
        part = dict(zip(parts.ids, parts.parts, strict=True))
        own = [i for i, fold in zip(table["id"], table["fold"], strict=True) if fold == number]
        assert {part[i] for i in own} == {"test"}
        fold = dict(zip(table["id"], table["fold"], strict=True))
        assert {fold[i] for i, p in part.items() if p == "val"} == {(number + 1) % 3}
        judged = pq.read_table(run / f"fold-{number}" / "predictions.parquet").to_pylist()
        by_own = {row["id"]: row["familiarity"] for row in judged if row["part"] == "test"}
        familiar = dict(zip(table["id"], table["familiarity"], strict=True))
        assert {i: familiar[i] for i in own} == by_own
        assert None not in by_own.values()
    told = json.loads((run / "metrics.json").read_text())
    right = np.mean([a == b for a, b in zip(table["truth"], table["label"], strict=True)])
    assert told["judged"]["test"]["accuracy"]["value"] == pytest.approx(right)
    each = [one["accuracy"] for one in told["folds"]]
    assert told["spread"]["accuracy"]["std"] == pytest.approx(np.std(each, ddof=1))
    assert (run / "DONE").exists()


def test_folds_that_cannot_be(shapes, tmp_path):  # noqa: F811
    with pytest.raises(UsageError, match="3 to 20, not 2"):
        train_folds(shapes, "kind", SHORT, tmp_path / "a", folds=2, quiet=True)
    with pytest.raises(DataError, match="cigar"):
        train_folds(shapes, "kind", SHORT, tmp_path / "a", folds=20, quiet=True)
    SplitFile(("g000", "g001"), ("train", "val")).write(tmp_path / "parts.csv")
    with pytest.raises(UsageError, match="parts, not folds"):
        train_folds(shapes, "kind", SHORT, tmp_path / "a", folds=3, split=tmp_path / "parts.csv", quiet=True)
