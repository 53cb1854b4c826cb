"""Reports of what is no plain run: a model on any collection, folds, votes; and what the network goes by."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.tasks.morphology.made import TOLD, galaxies, plain, two_stages
from tests.tasks.reporting.test_reporting import harmless, told
from tuningfork.errors import DataError, UnknownNameError
from tuningfork.tasks.explaining import open_explained
from tuningfork.tasks.morphology.model_file import save_model
from tuningfork.tasks.reporting import (
    is_of_votes,
    read_model,
    read_run,
    write_passport,
    write_report,
    write_votes_report,
)
from tuningfork.tasks.reporting.plots import _over_passes, learning_plots


@pytest.fixture(scope="module")
def squares(tmp_path_factory):
    return galaxies(tmp_path_factory.mktemp("squares"), 60)


def test_a_shipped_model_is_reported_on_any_collection(squares, tmp_path):
    model = replace(two_stages(), temperature=1.7)
    file = save_model(tmp_path / "staged.safetensors", model, TOLD)
    run = read_model(str(file), squares, "label", quiet=True)
    assert len(run.judged) == 60
    out = write_report(run, tmp_path / "r.html", plane="pca")
    words, links = told(out.read_text()), harmless(out)
    for said in (
        "staged on galaxies",
        "Where it looks",
        "Principal components of 60",
        "Data and parts",
        "HIWL",
    ):
        assert said in words, said
    assert links.pictures >= 2
    asked = [open_explained(str(file))]
    place = int(run.judged.confidence.argmin())
    galaxy, said = str(run.judged.ids[place]), f"{run.judged.confidence[place]:.2f}"
    words = told(write_passport(run, galaxy, tmp_path / "p.html", explained=asked).read_text())
    assert f"with a probability of {said}" in words
    assert f"{run.judged.classes[run.judged.said[place]]} at {said}" in words  # one number for one answer
    bare = told(write_report(run, tmp_path / "n.html", reasons=False).read_text())
    assert "Where it looks" not in bare
    with pytest.raises(DataError, match="no galaxy is of a class"):
        read_model(str(file), squares, "id", quiet=True)


def test_a_run_with_its_model_says_what_it_learnt_from(squares, tmp_path):
    """As a training leaves it: no training galaxies in the table, but in the split."""
    from tuningfork.labels import SplitFile
    from tuningfork.training import RunFolder

    model, rows = plain(), np.arange(40, 60)
    save_model(tmp_path / "model.safetensors", model, TOLD)
    RunFolder(
        tmp_path, {"task": "morphology", "label": "label", "recipe": "lvm", "settings": {"network": "x"}}
    )
    RunFolder(tmp_path / "network", {"network": "timm:test_resnet", "seen": 960})
    ids = [str(i) for i in squares.ids()]
    SplitFile(tuple(ids), tuple(["train"] * 40 + ["test"] * 20)).write(tmp_path / "split.csv")
    p, labels = model.probabilities(squares, rows), squares.catalogue(["label"])["label"].to_pylist()
    columns = {f"p_{name}": p[:, k] for k, name in enumerate(model.classes)}
    table = {
        "id": [ids[r] for r in rows],
        "part": ["test"] * 20,
        "truth": [labels[r] for r in rows],
        **columns,
    }
    pq.write_table(pa.table(table), tmp_path / "predictions.parquet")
    run = read_run(tmp_path, collection=squares)
    assert len(run.learnt) == 40
    assert run.learnt["g0001"] == "bright"
    words = told(write_report(run, tmp_path / "r.html").read_text())
    assert "blue 13 7 0.350" in words
    assert "network timm:test_resnet" in words
    assert "network x" not in words  # the recipe's, which no stage was trained with
    assert "t-SNE of 20 of the 20 galaxies" in words


def test_folds_stand_side_by_side(tmp_path):
    rng = np.random.default_rng(0)
    truth = np.array(["a", "b"] * 30)
    p = np.clip(np.where(truth == "a", 0.7, 0.3) + rng.normal(0, 0.2, 60), 0, 1)
    columns = {
        "id": [f"g{n}" for n in range(60)],
        "fold": [n % 3 for n in range(60)],
        "truth": truth.tolist(),
    }
    table = pa.table({**columns, "part": ["test"] * 60, "p_a": p, "p_b": 1 - p})
    pq.write_table(table, tmp_path / "predictions.parquet")
    run = read_run(tmp_path)
    words = told(write_report(run, tmp_path / "r.html").read_text())
    each = [((p > 0.5) == (truth == "a"))[np.arange(60) % 3 == f].mean() for f in range(3)]
    assert f"over folds {np.mean(each):.3f} ± {np.std(each, ddof=1):.3f}" in words
    assert "3 folds: each galaxy is judged by a network that never saw it" in words
    assert "each judged by that of 3 fits that did not learn from it, the accuracy" in words
    assert "of the part" not in words.partition("Balanced over")[0]


def test_passes_of_the_last_layer_come_before_those_of_all():
    rows = [
        {"stage": f"network{end}", "epoch": str(n), "loss": str(v)}
        for end, n, v in (("-head", 1, 3.0), ("-head", 2, 2.0), ("", 1, 1.0), ("", 2, 0.5))
    ]
    assert _over_passes(rows, "loss") == ([1, 2, 3, 4], [3.0, 2.0, 1.0, 0.5])
    rows += [{"stage": "stage-two", "epoch": str(n), "loss": "1"} for n in (1, 2)]
    assert [(stage, len(drawn)) for stage, drawn in learning_plots(rows)] == [
        ("network", 1),
        ("stage-two", 1),
    ]
    folds = [
        {"fold": f, "stage": "network", "epoch": str(n), "held_out_loss": "1"} for f in "01" for n in (1, 2)
    ]
    (_, (drawing,)) = learning_plots(folds)[0]
    assert "held out loss, fold 1" in drawing


def test_votes_are_reported_beside_the_mean(tmp_path):
    rng = np.random.default_rng(0)
    known = rng.uniform(0, 1, 80)
    near = np.clip(known + rng.normal(0, 0.05, 80), 0, 1)
    bar = np.where(rng.random(80) < 0.5, np.nan, 0.5)
    columns = {"id": [f"<b>{n}" for n in range(80)], "part": ["test"] * 80}
    columns |= {"f_smooth.yes": near, "true_f_smooth.yes": known}
    columns |= {"f_smooth.no": 1 - near, "true_f_smooth.no": 1 - known}
    columns |= {"f_bar.yes": rng.uniform(0, 1, 80), "true_f_bar.yes": bar}
    pq.write_table(pa.table(columns), tmp_path / "predictions.parquet")
    (tmp_path / "run.toml").write_text('[settings]\ntask = "votes"\ntree = "gz2"\n')
    assert is_of_votes(tmp_path)
    assert not is_of_votes(tmp_path / "nothing")
    out = write_votes_report(tmp_path, tmp_path / "r.html")
    words = told(out.read_text())
    harmless(out)
    off = np.abs(near - known).mean()
    assert f"smooth 80 {off:.3f}" in words
    assert f"bar {int(np.isfinite(bar).sum())}" in words
    assert "<b>1" not in out.read_text()
    with pytest.raises(UnknownNameError, match="part"):
        write_votes_report(tmp_path, tmp_path / "r.html", part="valid")
    pq.write_table(pa.table({"id": ["a"], "part": ["test"]}), tmp_path / "predictions.parquet")
    with pytest.raises(DataError, match="0 answers"):
        write_votes_report(tmp_path, tmp_path / "r.html")
