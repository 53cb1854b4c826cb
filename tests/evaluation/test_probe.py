"""A probe finds a line between classes, and says so where there is nothing to choose its strength by."""

import numpy as np
import pytest

from tuningfork.errors import DataError
from tuningfork.evaluation.probe import fit_probe


def test_a_class_of_one_galaxy_is_refused_by_name():
    X = np.random.default_rng(0).normal(size=(21, 4)).astype(np.float32)
    X[:10] += 3
    y = np.array(["disc"] * 10 + ["ring"] * 11)
    assert (fit_probe(X, y, 0).predict(X) == y).mean() > 0.9
    y[-1] = "lens"
    with pytest.raises(DataError, match="'lens' has 1"):
        fit_probe(X, y, 0)
    with pytest.raises(DataError, match="there are 1"):
        fit_probe(X[:10], y[:10], 0)
