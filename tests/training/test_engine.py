import copy
import math
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from tests.training.toy import PER_EPOCH, Batches, compared, last_state, network, noisy, step, train
from tuningfork.errors import TuningforkError, UsageError
from tuningfork.training import Devices, EngineSettings, RunFolder, fit, in_half
from tuningfork.training.feeding import Feed
from tuningfork.training.optimising import follow, set_rate
from tuningfork.training.run_folder import read_metrics

ROOT = Path(__file__).parents[2]


def same(one, other, **tolerance):
    for name, tensor in one.state_dict().items():
        if tolerance:
            torch.testing.assert_close(tensor, other.state_dict()[name], **tolerance)
        else:
            assert torch.equal(tensor, other.state_dict()[name]), name


def test_batches_added_up_are_one_batch_as_large(tmp_path):
    large = train(tmp_path / "large", rows=16, per_epoch=2)
    added = train(tmp_path / "added", accumulate=2)
    same(large, added, atol=1e-6, rtol=1e-5)
    assert last_state(tmp_path / "added")["optimiser"]["state"][0]["step"] == 4
    with pytest.raises(UsageError, match="fewer than the 5"):
        train(tmp_path / "none", accumulate=5)


def test_what_comes_out_is_the_average_and_not_the_last_step(tmp_path):
    out = train(tmp_path)
    kept = last_state(tmp_path)
    assert not out.training
    for name, tensor in out.state_dict().items():
        assert torch.equal(tensor, kept["averaged"][name])
        assert not torch.equal(tensor, kept["network"][name])


def test_the_average_remembers_more_as_a_run_grows():
    now, mean = torch.nn.BatchNorm1d(1), torch.nn.BatchNorm1d(1)
    with torch.no_grad():
        now.weight.fill_(3.0), mean.weight.fill_(1.0)
        now.running_mean.fill_(2.0), now.num_batches_tracked.fill_(7)
    for average, steps, kept in ((0.99, 1, 0.1), (0.99, 91, 0.91), (0.5, 10_000, 0.5)):
        moved = copy.deepcopy(mean)
        follow(moved, now, average, steps)
        assert moved.weight.item() == pytest.approx(3 - 2 * kept)
        assert moved.running_mean.item() == pytest.approx(2 * (1 - kept))
        assert moved.num_batches_tracked.item() == 7


def test_the_rate_warms_up_and_falls_to_a_hundredth():
    settings = EngineSettings(epochs=10, rate=2.0, warm_up=2.0)
    plain = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 1.0)

    def rate(step, settings=settings):
        assert set_rate(plain, settings, step, 10) == plain.param_groups[0]["lr"]
        return plain.param_groups[0]["lr"]

    assert rate(0) == pytest.approx(2 / 20, rel=1e-3)  # of twenty steps up the first one
    assert rate(19) == pytest.approx(2 * (0.01 + 0.99 * 0.5 * (1 + math.cos(0.19 * math.pi))))
    assert rate(50) == pytest.approx(2 * (0.01 + 0.99 * 0.5))
    assert rate(100) == pytest.approx(0.02)
    assert rate(100, replace(settings, schedule="constant")) == 2.0


@pytest.mark.parametrize("signalled", [signal.SIGTERM, signal.SIGINT])
def test_a_run_stopped_in_mid_epoch_ends_with_the_very_weights_of_the_unbroken_one(tmp_path, signalled):
    def stopped(epoch, number):
        if (epoch, number) == (1, 2):
            os.kill(os.getpid(), signalled)

    before = signal.getsignal(signalled)
    whole = train(tmp_path / "whole", how=noisy)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "broken", how=noisy, trouble=stopped)
    assert PER_EPOCH < last_state(tmp_path / "broken")["batches"] < 2 * PER_EPOCH
    assert signal.getsignal(signalled) is before
    same(whole, train(tmp_path / "broken", how=noisy))
    one, two = (read_metrics(tmp_path / name / "metrics.csv") for name in ("whole", "broken"))
    assert [row["loss"] for row in one] == [row["loss"] for row in two]


@pytest.fixture
def one_thread():
    """Sums are made in another order where there are more; the children have one as well."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.kill
@pytest.mark.training
@pytest.mark.usefixtures("one_thread")
def test_a_run_killed_in_mid_epoch_ends_with_the_very_weights_of_the_unbroken_one(tmp_path):
    whole = train(tmp_path / "whole", how=noisy)
    child = _toy("killed", tmp_path / "killed")
    assert child.returncode == -signal.SIGKILL, child.stderr
    assert last_state(tmp_path / "killed")["batches"] in (PER_EPOCH + 1, PER_EPOCH + 2)
    same(whole, train(tmp_path / "killed", how=noisy))


@pytest.mark.training
def test_two_processes_give_the_weights_of_one(tmp_path):
    """Batches are added up, and rows compared over both processes."""
    child = _toy("2", tmp_path / "two")
    assert child.returncode == 0, child.stderr
    assert sorted(child.stdout.split()) == ["0/2:0+1", "1/2:0+1"]
    alone = train(tmp_path / "one", how=compared, accumulate=2)
    two = last_state(tmp_path / "two")["averaged"]
    for name, tensor in alone.state_dict().items():
        torch.testing.assert_close(tensor, two[name], atol=1e-5, rtol=1e-4)
    one, both = (read_metrics(tmp_path / name / "metrics.csv") for name in ("one", "two"))
    assert [float(row["loss"]) for row in one] == pytest.approx(
        [float(row["loss"]) for row in both], rel=1e-4
    )


@pytest.mark.training
@pytest.mark.parametrize("rank", [0, 1])
def test_trouble_of_one_process_ends_all_with_its_line(tmp_path, rank):
    """The other one waits for gradients that never come; without an end that is two days."""
    child = _toy(f"alone{rank}", tmp_path / "run")
    said, *more = child.stderr.splitlines()
    assert said == f"rank {rank} cannot read a stamp"
    if rank == 0:
        assert (child.returncode, more) == (3, [])
    else:  # the first one is told by its connection, or ended by Lightning
        assert child.returncode in (1, -signal.SIGKILL)
        assert all("another process of this training has ended" in line for line in more)


@pytest.mark.parametrize(
    "error",
    [
        torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("MPS backend out of memory (MPS allocated: 8.9 GB)"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        MemoryError(),
    ],
)
def test_no_memory_is_one_line_that_names_the_batch(tmp_path, error):
    seen = []

    def large(net, batch):
        seen.append(1)
        if len(seen) == PER_EPOCH + 2:
            raise error
        return step(net, batch)

    with pytest.raises(
        TuningforkError, match=r"out of memory on cpu after 5 batches; the checkpoint is"
    ) as stop:
        train(tmp_path / "run", how=large)
    assert "--batch" in str(stop.value)
    assert "\n" not in str(stop.value)
    assert last_state(tmp_path / "run")["batches"] == PER_EPOCH


@pytest.mark.parametrize(
    ("capability", "half"), [((7, 0), False), ((7, 5), False), ((8, 0), True), ((9, 0), True)]
)
def test_cards_that_only_emulate_bf16_learn_in_fp32(monkeypatch, capability, half):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda *_, **__: True)  # as torch says of a T4
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda *_: capability)
    assert in_half("auto", "cuda") is half
    assert in_half("bf16", "cuda")
    assert not in_half("auto", "mps")


def test_feeding_threads_work_for_their_own_card(monkeypatch):
    taken = []
    devices = SimpleNamespace(
        world=2,
        rank=1,
        on_gpu=True,
        fabric=SimpleNamespace(device=torch.device("cuda", 1), to_device=lambda b: b),
    )
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: tensor)
    assert len(list(Feed(Batches, PER_EPOCH, devices, threads=2).walk(0, 4))) == 4
    assert taken
    assert set(taken) == {torch.device("cuda", 1)}


def test_an_iterable_is_walked_to_where_the_run_stands(tmp_path):
    """Where batches have no numbers those before are made again and dropped."""

    def run(out, stop=None):
        def batches(epoch):
            for number in range(PER_EPOCH):
                if (epoch, number) == stop:
                    os.kill(os.getpid(), signal.SIGTERM)
                yield Batches(epoch).batch(number, 0, 1)

        settings = EngineSettings(epochs=2, precision="fp32")
        devices = Devices(1, "cpu", "fp32")
        return fit(network(), step, batches, PER_EPOCH, settings, RunFolder(out, {}), devices=devices)

    whole = run(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "broken", stop=(1, 2))
    same(whole, run(tmp_path / "broken"))


def test_batches_made_by_several_threads_come_in_order():
    feed = Feed(Batches, PER_EPOCH, Devices(1, "cpu", "fp32"), threads=4)
    found = [batch[0] for batch in feed.walk(2, 3 * PER_EPOCH)]
    wanted = [divmod(n, PER_EPOCH) for n in range(2, 3 * PER_EPOCH)]
    assert len(found) == len(wanted)
    for batch, (epoch, number) in zip(found, wanted, strict=True):
        assert torch.equal(batch, Batches(epoch).batch(number, 0, 1)[0])
    assert feed.waited > 0


def test_too_short_an_epoch_is_no_endless_wait(tmp_path):
    settings, run = EngineSettings(epochs=1, precision="fp32"), RunFolder(tmp_path / "run", {})
    with pytest.raises(ValueError, match="fewer than the 4 batches"):
        fit(network(), step, lambda epoch: iter([]), 4, settings, run, devices=Devices(1, "cpu", "fp32"))


@pytest.mark.parametrize("where", ["loss", "gradient"])
def test_a_loss_that_is_no_number_stops_and_names_its_galaxies(tmp_path, where):
    seen = []

    def breaks(net, batch):
        loss, parts = step(net, batch)
        seen.append(1)
        if len(seen) != 6:
            return loss, parts
        bad = loss * float("nan") if where == "loss" else loss + (0 * net[0].weight.sum()).sqrt()
        return bad, {**parts, "other": 7.0}

    with pytest.raises(TuningforkError) as stop:
        train(tmp_path / "run", how=breaks)
    assert not [t.name for t in threading.enumerate() if t.name.startswith("views")]
    said = str(stop.value)
    assert "\n" not in said
    assert f"the {where} is no longer a number in epoch 2, batch 2" in said
    assert "other 7" in said
    assert "galaxy1-1-0, galaxy1-1-1" in said
    assert "the checkpoint is from before" in said
    named = (tmp_path / "run" / "stopped_ids.txt").read_text().split()
    assert named == [f"galaxy1-1-{n}" for n in range(8)]
    kept = last_state(tmp_path / "run")
    assert kept["batches"] == PER_EPOCH
    assert all(torch.isfinite(t).all() for part in ("network", "averaged") for t in kept[part].values())
    assert all(torch.isfinite(t).all() for t in train(tmp_path / "run").state_dict().values())


def test_what_was_waited_for_and_the_speed_are_in_the_metrics(tmp_path):
    train(tmp_path / "run", epochs=1)
    (row,) = read_metrics(tmp_path / "run" / "metrics.csv")
    assert 0 <= float(row["waiting"]) <= 1
    assert float(row["images_per_second"]) > 0
    assert list(row)[:3] == ["epoch", "loss", "painted"]


def test_tensorboard_gets_the_losses(tmp_path):
    pytest.importorskip("tensorboardX", reason="the extra tensorboard is not installed")
    train(tmp_path / "run")
    (file,) = (tmp_path / "run" / "tensorboard").iterdir()
    assert b"epoch/painted" in file.read_bytes()


def test_devices_that_are_not_there_are_refused_in_one_line():
    for count, kind in [("many", "cpu"), (0, "cpu"), (1, "tpu"), (999, "cuda")]:
        with pytest.raises(UsageError) as refusal:
            Devices(count, kind)
        assert "\n" not in str(refusal.value)


def _toy(what, out):
    command = [sys.executable, "-m", "tests.training.toy", what, str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280, check=False
    )


def test_depth_wise_networks_learn_in_full_precision_on_processors(monkeypatch):
    from tuningfork.encoders.trainable import new_network
    from tuningfork.training import suited_precision

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    wanted = {
        "timm:tf_efficientnet_lite0": "fp32",
        "timm:mobilenetv3_small_100": "fp32",
        "timm:resnet18": "auto",
    }
    for name, precision in wanted.items():
        network = new_network(name)[0]
        assert suited_precision(network, "auto") == precision
        assert suited_precision(network, "bf16") == "bf16"
