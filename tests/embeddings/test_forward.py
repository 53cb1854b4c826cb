"""One batch: memory limits and views."""

import numpy as np
import pytest
import torch

from tuningfork.embeddings.forward import forward
from tuningfork.embeddings.plan import Plan


def test_a_batch_that_does_not_fit_is_halved(encoder, monkeypatch):
    x = torch.rand(11, 3, 32, 32)
    whole = forward(encoder, x, Plan())
    plain, seen = encoder.embed, []

    def small_memory(x):
        if len(x) > 3:
            raise torch.cuda.OutOfMemoryError("out of memory")
        seen.append(len(x))
        return plain(x)

    monkeypatch.setattr(encoder, "embed", small_memory)
    np.testing.assert_allclose(forward(encoder, x, Plan()), whole, atol=1e-6)
    assert max(seen) <= 3
    assert sum(seen) == 11


def test_other_failures_are_not_swallowed(encoder, monkeypatch):
    monkeypatch.setattr(encoder, "embed", lambda x: torch.zeros(2, 3) @ torch.zeros(2, 3))
    with pytest.raises(RuntimeError, match="mat1"):
        forward(encoder, torch.rand(4, 3, 32, 32), Plan())


@pytest.mark.parametrize("views", [2, 4, 8])
def test_views_are_a_group(encoder, views):
    x = torch.rand(3, 3, 32, 32)
    acts = {
        2: lambda t: torch.rot90(t, 2, (-2, -1)),
        4: lambda t: torch.rot90(t, 1, (-2, -1)),
        8: lambda t: t.flip(-2),
    }
    np.testing.assert_allclose(
        forward(encoder, x, Plan(), views), forward(encoder, acts[views](x), Plan(), views), atol=1e-5
    )
    assert np.abs(forward(encoder, x, Plan()) - forward(encoder, acts[views](x), Plan())).max() > 1e-4
