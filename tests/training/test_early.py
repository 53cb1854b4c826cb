"""Early stop: when it ends a run, and that a run that goes on ends at the same epoch."""

import pytest
import torch

from tuningfork.training import EarlyStop, EngineSettings, RunFolder, fit


def test_a_run_ends_when_nothing_becomes_better():
    stop = EarlyStop(least=0.1, patience=2, at_least=4)
    assert not stop.ends([])
    assert not stop.ends([1.0, 1.0, 1.0])  # long enough without a better one, but too early
    assert stop.ends([1.0, 1.0, 1.0, 1.0])
    assert not stop.ends([1.0, 1.0, 0.5, 0.45])
    assert stop.ends([1.0, 0.5, 0.45, 0.41])  # each step is smaller than what counts
    assert not EarlyStop(patience=2, rising=True).ends([0.1, 0.2, 0.3, 0.4])
    assert EarlyStop(patience=2, rising=True).ends([0.1, 0.4, 0.4, 0.3])


def _fit(run, scores, stop, keep=None):
    """A network of one number; the score of each epoch is given."""
    torch.manual_seed(0)
    network = torch.nn.Linear(1, 1)
    told = iter(scores)

    def judge(averaged):
        assert not averaged.training
        if keep is not None and len(run.column("score")) == keep:
            raise KeyboardInterrupt
        return {"score": next(told)}

    def batches(epoch):
        return [torch.full((2, 1), float(epoch + 1))] * 3

    settings = EngineSettings(epochs=9, precision="fp32", stop=stop)
    return fit(
        network, lambda net, x: (net(x).mean() ** 2, {}), batches, 3, settings, run, quiet=True, judge=judge
    )


@pytest.mark.training
def test_a_run_that_goes_on_ends_at_the_same_epoch(tmp_path):
    stop = EarlyStop("score", patience=2, rising=True)
    scores = [0.1, 0.5, 0.4, 0.5, 0.9]
    whole, broken = RunFolder(tmp_path / "whole", {}), RunFolder(tmp_path / "broken", {})
    once = _fit(whole, scores, stop)
    assert whole.column("score") == [0.1, 0.5, 0.4, 0.5]
    with pytest.raises(KeyboardInterrupt):
        _fit(broken, scores, stop, keep=2)
    twice = _fit(broken, scores[2:], stop)
    assert broken.column("score") == whole.column("score")
    torch.testing.assert_close(once.weight, twice.weight, rtol=0, atol=0)
    again = _fit(broken, [], stop)  # nothing is left to do
    torch.testing.assert_close(once.weight, again.weight, rtol=0, atol=0)
