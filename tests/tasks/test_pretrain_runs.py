"""A whole pre-training: its pictures, killed in mid-epoch, on two processes, its views by step."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from tests.collection.made import write_jpegs
from tuningfork.collection import create_collection
from tuningfork.encoders.learning import fits_for_training
from tuningfork.tasks.pretrain import PRESETS, PretrainSettings, pretrain
from tuningfork.tasks.training_batches import Epoch
from tuningfork.tasks.training_view import TrainingView

ROOT = Path(__file__).parents[2]
MASKED = PretrainSettings(
    objective="masked", size=32, embed_size=32, batch=8, epochs=2, drop_path=0.1, precision="fp32"
)


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


KILLED = """
import os, signal, sys
from tests.tasks.test_pretrain_runs import MASKED
from tuningfork.tasks.pretrain import PRESETS, pretrain
from tuningfork.tasks.training_batches import Epoch

PRESETS["small"] = MASKED
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
def test_the_command_on_two_processes_writes_one_run(galaxies, tmp_path):
    arguments = [str(galaxies.path), "--out", str(tmp_path / "run"), "--preset", "simclr-cpu", "--json"]
    short = ["--epochs", "1", "--batch", "16", "--devices", "2", "--accelerator", "cpu"]
    child = _python("-m", "tuningfork", "pretrain", *arguments, *short)
    assert child.returncode == 0, child.stderr
    assert child.stdout.count("weights.safetensors") == 1
    assert (tmp_path / "run" / "metrics.csv").read_text().count("\n") == 2
    assert (tmp_path / "run" / "DONE").exists()
    again = _python("-m", "tuningfork", "pretrain", *arguments, *short)
    assert again.returncode == 2
    assert again.stderr.count("\n") == 1
    assert "finished" in again.stderr


def _python(*arguments):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200, check=False
    )
