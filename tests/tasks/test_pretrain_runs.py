"""A whole pre-training: its pictures, killed in mid-epoch, on two processes, its views by step."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from tests.collection.made import write_jpegs
from tuningfork.cli import main
from tuningfork.collection import create_collection
from tuningfork.encoders import verify_weights, weights_info
from tuningfork.encoders.learning import fits_for_training
from tuningfork.encoders.lvm.family import SHAPES
from tuningfork.encoders.weights_file import read_certificate
from tuningfork.errors import TuningforkError
from tuningfork.tasks.pretrain import PRESETS, PretrainSettings, pretrain
from tuningfork.tasks.training_batches import Epoch
from tuningfork.tasks.training_view import TrainingView

ROOT = Path(__file__).parents[2]
MASKED = PretrainSettings(
    objective="masked", size=32, embed_size=32, batch=8, epochs=2, drop_path=0.1, precision="fp32"
)
NARROW = replace(SHAPES["lvm-tiny"], width=16, depths=(1, 1, 1, 1), heads=(1, 2, 2, 4))


@pytest.fixture(autouse=True)
def _narrow(monkeypatch):
    monkeypatch.setitem(SHAPES, "lvm-tiny", NARROW)


@pytest.fixture
def galaxies(tmp_path):
    write_jpegs(tmp_path / "pictures", 34)
    return create_collection(tmp_path / "pictures", tmp_path / "galaxies", quiet=True).collection


@pytest.mark.parametrize("batch", [16, 6])
def test_the_shares_of_two_processes_are_the_batch_of_one(galaxies, batch):
    view = TrainingView([galaxies], fits_for_training("net", 3, [galaxies])[1])
    epoch = Epoch(view, PretrainSettings(objective="contrastive", size=32, batch=batch), 3)
    shares = [epoch.batch(1, part, 2) for part in range(2)]
    assert [len(share.one) for share in shares] == [batch // 2] * 2
    assert epoch.ids(1) == [galaxies.ids()[row] for row in epoch._picks(1)]
    whole = epoch.batch(1)
    if batch == 16:  # of 6 there are no even pieces, so the chances are others
        for name in ("one", "other", "clean"):
            assert torch.equal(getattr(whole, name), torch.cat([getattr(share, name) for share in shares]))


@pytest.mark.training
def test_what_is_painted_is_shown_after_every_epoch(galaxies, tmp_path, monkeypatch):
    monkeypatch.setitem(PRESETS, "small", MASKED)
    pretrain([galaxies], tmp_path / "run", preset="small", quiet=True)
    first, second = (tmp_path / "run" / "pictures" / f"epoch_00{n}.png" for n in (1, 2))
    one, two = (np.asarray(Image.open(file)).astype(int) for file in (first, second))
    assert one.shape == two.shape == (3 * 98 + 2, 8 * 98 + 2, 3)
    np.testing.assert_array_equal(one[:98], two[:98])  # the same galaxies with the same patches hidden
    assert np.abs(one[98:196] - two[98:196]).max() > 0  # painted otherwise


@pytest.fixture
def stopped(galaxies, tmp_path, monkeypatch):
    """A run whose loss was no number in its second epoch, and what it said."""
    from tuningfork.objectives import masked

    plain, seen = masked.hidden_error, []

    def breaks(*given):
        seen.append(1)
        return plain(*given) * (float("nan") if len(seen) == 6 else 1)

    monkeypatch.setitem(PRESETS, "small", MASKED)
    monkeypatch.setattr(masked, "hidden_error", breaks)
    with pytest.raises(TuningforkError) as stop:
        pretrain([galaxies], tmp_path / "run", preset="small", quiet=True)
    return tmp_path / "run", str(stop.value)


@pytest.mark.training
def test_the_weights_before_a_loss_that_is_no_number_are_one_command_away(stopped, tmp_path, capsys):
    run, said = stopped
    command = re.search(r"tuningfork (weights take \S+)", said)
    assert command, said
    assert main([*command[1].split(), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["batches"], told["path"]) == (4, str(run / "weights-4.safetensors"))
    assert verify_weights(f"file:{told['path']}")["problem"] is None
    assert weights_info(f"file:{told['path']}")["unfinished"] == {"batches": 4}
    kept = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["averaged"]
    for name, tensor in load_file(told["path"]).items():
        torch.testing.assert_close(tensor.float(), kept[name].float(), atol=1e-3, rtol=1e-3)
    assert main(command[1].split()) == 2  # nothing is overwritten
    assert "such a file already" in capsys.readouterr().err
    whole = pretrain([tmp_path / "galaxies"], run, preset="small", quiet=True)
    taken, finished = (read_certificate(Path(file)) for file in (told["path"], whole))
    assert taken.keys() - {"unfinished"} == finished.keys()


@pytest.mark.training
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda run: (run / "birth.json").unlink(), "no pre-training"),
        (lambda run: (run / "birth.json").write_text("{"), "cannot be read"),
        (lambda run: (run / "birth.json").write_text("[" * 100_000), "cannot be read"),
        (lambda run: (run / "birth.json").write_text('{"network": "lvm"}'), "lacks shape"),
        (lambda run: _another_birth(run, shape={"width": 10**6}), "width"),
        (lambda run: _another_birth(run, shape="../../x"), "shape"),
        (lambda run: _another_birth(run, network=["os"]), "unknown kind"),
        (lambda run: _another_birth(run, preprocessing={"size": -1}), "size"),
        (lambda run: (run / "checkpoints" / "last.ckpt").unlink(), "no checkpoint yet"),
        (lambda run: (run / "checkpoints" / "last.ckpt").write_bytes(b"half"), "cannot be read"),
        (lambda run: _another_state(run, "encoder.norm.weight", float("nan")), "not finite"),
        (lambda run: _another_state(run, "more", 1.0), "unknown more"),
    ],
)
def test_what_cannot_be_taken_is_one_line(kept_run, tmp_path, capsys, spoil, said):
    run = tmp_path / "spoilt"
    shutil.copytree(kept_run, run)
    spoil(run)
    assert main(["weights", "take", str(run)]) in (2, 3)
    line = capsys.readouterr().err
    assert line.count("\n") == 1, line
    assert said in line
    assert not list(run.glob("*.safetensors"))


@pytest.fixture(scope="module")
def kept_run(tmp_path_factory):
    """A run's folder with a small network in its checkpoint, made without a training."""
    from tuningfork.encoders.trainable import new_network
    from tuningfork.tasks.pretrain_weights import birth_of, keep_birth
    from tuningfork.training.keeping import write_state

    folder = tmp_path_factory.mktemp("run")
    network, _, facts = new_network("lvm-nano")
    view = SimpleNamespace(collections=[], row=[])
    (folder / "checkpoints").mkdir()
    keep_birth(folder / "birth.json", birth_of(facts, MASKED, view, "0" * 64))
    parts = {name: {} for name in ("network", "beside", "optimiser", "sums")}
    write_state(
        folder / "checkpoints" / "last.ckpt", {**parts, "averaged": network.state_dict(), "batches": 1}
    )
    return folder


def _another_birth(run, **changed):
    birth = json.loads((run / "birth.json").read_text())
    (run / "birth.json").write_text(json.dumps(birth | changed))


def _another_state(run, name, value):
    file = run / "checkpoints" / "last.ckpt"
    state = torch.load(file, weights_only=True)
    state["averaged"][name] = torch.full_like(state["averaged"].get(name, torch.zeros(1)), value)
    torch.save(state, file)


KILLED = """
import os, signal, sys
from tests.tasks.test_pretrain_runs import MASKED, NARROW
from tuningfork.encoders.lvm.family import SHAPES
from tuningfork.tasks.pretrain import PRESETS, pretrain
from tuningfork.tasks.training_batches import Epoch

PRESETS["small"], SHAPES["lvm-tiny"] = MASKED, NARROW
batch = Epoch.batch

def killed(self, number, part, parts):
    if (self.number, number) == (1, 3):
        os.kill(os.getpid(), signal.SIGKILL)
    return batch(self, number, part, parts)

Epoch.batch = killed
pretrain([sys.argv[1]], sys.argv[2], preset="small", keep_every=0.0, quiet=True)
"""


@pytest.mark.kill
@pytest.mark.training
def test_killed_in_mid_epoch_it_ends_with_the_very_weights(galaxies, tmp_path, monkeypatch):
    """Masks, stochastic depth and views are all chances; processor, fp32."""
    monkeypatch.setitem(PRESETS, "small", MASKED)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        whole = pretrain([galaxies], tmp_path / "whole", preset="small", quiet=True)
        run = tmp_path / "killed"
        child = _python("-c", KILLED, str(galaxies.path), str(run))
        assert child.returncode == -signal.SIGKILL, child.stderr
        state = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
        assert 4 < state["batches"] < 8
        resumed = pretrain([galaxies], run, preset="small", quiet=True)
    finally:
        torch.set_num_threads(threads)
    one, two = load_file(whole), load_file(resumed)
    assert all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.training
def test_the_command_on_two_processes_writes_one_run(galaxies, tmp_path, monkeypatch, capsys):
    arguments = [str(galaxies.path), "--out", str(tmp_path / "run"), "--preset", "simclr-cpu", "--json"]
    short = ["--epochs", "1", "--batch", "16", "--devices", "2", "--accelerator", "cpu"]
    child = _python("-m", "tuningfork", "pretrain", *arguments, *short)
    assert child.returncode == 0, child.stderr
    assert child.stdout.count("weights.safetensors") == 1
    assert (tmp_path / "run" / "metrics.csv").read_text().count("\n") == 2
    assert (tmp_path / "run" / "DONE").exists()
    monkeypatch.setattr("tuningfork.training.Devices", None)  # it is refused before any is started
    assert main(["pretrain", *arguments, *short]) == 2
    again = capsys.readouterr().err
    assert again.count("\n") == 1
    assert "finished" in again


def _python(*arguments):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200, check=False
    )
