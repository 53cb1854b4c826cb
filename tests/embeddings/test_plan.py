"""The plan: faster precision, batch doubled while it pays, memory respected."""

import pytest
import torch

from tuningfork.embeddings import choose_plan
from tuningfork.embeddings import plan as plan_module


@pytest.fixture(autouse=True)
def processor(monkeypatch):
    monkeypatch.setattr(plan_module, "_device", lambda: "cpu")
    monkeypatch.setattr(plan_module, "_cpu_flags", lambda: {"avx512_bf16"})
    monkeypatch.setattr(plan_module, "_free_memory", lambda device: 64 * 1024**3)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)


def _rate(bf16=200.0, best_batch=32):
    return lambda plan: (
        (bf16 if plan.precision == "bf16" else 100.0) * min(plan.batch_size, best_batch) / best_batch
    )


@pytest.mark.parametrize(("bf16", "chosen"), [(200.0, "bf16"), (50.0, "fp32")])
def test_the_faster_precision_is_taken(encoder, bf16, chosen):
    assert choose_plan(encoder, 10**6, rate=_rate(bf16)).precision == chosen


def test_without_native_bfloat16_nothing_is_tried(encoder, monkeypatch):
    monkeypatch.setattr(plan_module, "_cpu_flags", lambda: {"avx2"})
    assert choose_plan(encoder, 10**6, rate=_rate()).precision == "fp32"


def test_the_batch_grows_while_that_pays(encoder):
    assert choose_plan(encoder, 10**6, rate=_rate(best_batch=32)).batch_size == 32


def test_a_small_job_is_not_measured(encoder):
    def never(plan):
        raise AssertionError

    assert choose_plan(encoder, 100, rate=never).batch_size == plan_module.START_BATCH["cpu"]


def test_little_memory_means_small_batches(encoder, monkeypatch):
    monkeypatch.setattr(plan_module, "_free_memory", lambda device: 80 * 1024**2)
    assert choose_plan(encoder, 10**6, rate=_rate()).batch_size <= 6


def test_given_values_are_kept(encoder):
    plan = choose_plan(encoder, 10**6, batch_size=5, precision="fp32", rate=_rate())
    assert (plan.batch_size, plan.precision) == (5, "fp32")


def test_every_core_gets_a_worker_and_a_share_of_a_small_job(encoder):
    plan = choose_plan(encoder, 12)
    assert (plan.workers, plan.batch_size) == (4, 3)


def test_the_measurement_gives_the_cores_back(encoder, monkeypatch):
    monkeypatch.undo()
    before = torch.get_num_threads()
    assert choose_plan(encoder, 10**6).batch_size >= 1
    assert torch.get_num_threads() == before
