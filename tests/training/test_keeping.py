import os
import pickle
import signal
import subprocess
import sys

import pytest
import torch

from tests.training.toy import PER_EPOCH, last_state, network, train
from tuningfork.errors import DataError, TuningforkError
from tuningfork.training import keeping
from tuningfork.training.keeping import read_state, write_state

STATE = {name: {} for name in ("network", "beside", "averaged", "optimiser", "sums")}


def test_a_disk_that_fills_up_leaves_the_checkpoint_before(tmp_path, monkeypatch):
    whole = train(tmp_path / "whole")
    save, times = torch.save, []

    def fills(state, file):
        times.append(1)
        if len(times) == 1:
            return save(state, file)
        file.write(b"half of it")
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(torch, "save", fills)
    with pytest.raises(TuningforkError, match=r"No space left on device.*goes on from the checkpoint before"):
        train(tmp_path / "full")
    monkeypatch.setattr(torch, "save", save)
    assert [f.name for f in (tmp_path / "full" / "checkpoints").iterdir()] == ["last.ckpt"]
    assert last_state(tmp_path / "full")["batches"] == PER_EPOCH
    for one, two in zip(whole.parameters(), train(tmp_path / "full").parameters(), strict=True):
        assert torch.equal(one, two)


LIMITED = """
import resource, sys, torch
from pathlib import Path
from tuningfork.training.keeping import read_state, write_state

path = Path(sys.argv[1])
state = {name: {} for name in ("network", "beside", "averaged", "optimiser", "sums")}
write_state(path, {**state, "batches": 1})
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    write_state(path, {**state, "batches": 2, "network": {"w": torch.zeros(1_000_000)}})
except Exception as error:
    print(type(error).__name__, error)
print(read_state(path)["batches"], sorted(p.name for p in path.parent.iterdir()))
"""


@pytest.mark.skipif(os.name == "nt", reason="there are no limits of this kind")
def test_a_write_that_the_system_refuses_half_way(tmp_path):
    command = [sys.executable, "-c", LIMITED, str(tmp_path / "last.ckpt")]
    child = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    refused, after = child.stdout.splitlines()
    assert refused.startswith("TuningforkError")
    assert "could not be written" in refused
    assert after == "1 ['last.ckpt']", child.stderr


KILLED = """
import os, signal, sys, torch
from pathlib import Path
from tuningfork.training.keeping import write_state

path = Path(sys.argv[1])
state = {name: {} for name in ("network", "beside", "averaged", "optimiser", "sums")}
write_state(path, {**state, "batches": 1})
save = torch.save

def half(state, file):
    save(state, file)
    file.flush()
    os.ftruncate(file.fileno(), file.tell() // 2)
    os.kill(os.getpid(), signal.SIGKILL)

torch.save = half
write_state(path, {**state, "batches": 2, "network": {"w": torch.zeros(1_000_000)}})
"""


@pytest.mark.kill
@pytest.mark.skipif(os.name == "nt", reason="there is no such signal")
def test_killed_in_the_middle_of_a_checkpoint_the_one_before_is_whole(tmp_path):
    path = tmp_path / "last.ckpt"
    child = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)], capture_output=True, text=True, timeout=100, check=False
    )
    assert child.returncode == -signal.SIGKILL, child.stderr
    assert {f.name for f in tmp_path.iterdir()} == {"last.ckpt", "last.part"}  # it was in the middle
    assert read_state(path)["batches"] == 1
    write_state(path, {**STATE, "batches": 2})
    assert read_state(path)["batches"] == 2
    assert [f.name for f in tmp_path.iterdir()] == ["last.ckpt"]


class _Code:
    def __reduce__(self):
        return os.system, ("touch ran",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"format": 99}, "newer"),
        ({"format": 2, "network": {}}, "lacks averaged, batches, beside, optimiser, sums"),
        ([1, 2], "no checkpoint"),
        (_Code(), "cannot be read"),
        (b"not even that", "cannot be read"),
    ],
)
def test_what_is_no_checkpoint_is_refused_and_runs_nothing(tmp_path, monkeypatch, content, said):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "last.ckpt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, _Code):
        path.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, path)
    with pytest.raises(DataError, match=said):
        read_state(path)
    assert not (tmp_path / "ran").exists()


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    train(tmp_path / "run", epochs=1)
    state = last_state(tmp_path / "run")
    state["network"]["0.weight"] = torch.zeros(5, 3, 3, 3)
    torch.save(state, tmp_path / "run" / "checkpoints" / "last.ckpt")
    with pytest.raises(DataError, match="another network") as refusal:
        train(tmp_path / "run")
    assert "\n" not in str(refusal.value)


def test_the_end_of_an_epoch_that_lightnings_trainer_kept_is_gone_on_from(tmp_path):
    whole = train(tmp_path / "whole")
    train(tmp_path / "old", epochs=1)
    path = tmp_path / "old" / "checkpoints" / "last.ckpt"
    new = last_state(tmp_path / "old")
    named = {f"{part}.{k}": v for part in ("network", "averaged") for k, v in new[part].items()}
    old = {
        "epoch": 0,
        "global_step": PER_EPOCH,
        "pytorch-lightning_version": "2.6.6",
        "state_dict": named,
        "optimizer_states": [new["optimiser"]],
        "lr_schedulers": [],
        "loops": {},
    }
    torch.save(old, path)
    resumed = train(tmp_path / "old")
    # the first epoch's schedule was that of a shorter run: close, not equal
    assert last_state(tmp_path / "old")["batches"] == 2 * PER_EPOCH
    for one, two in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert (one - two).abs().max() < 0.1


def test_nothing_is_left_where_no_checkpoint_was(tmp_path, monkeypatch):
    monkeypatch.setattr(keeping.torch, "save", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(TuningforkError, match="full"):
        write_state(tmp_path / "last.ckpt", {**STATE, "batches": 0, "network": network().state_dict()})
    assert not list(tmp_path.iterdir())
