"""The paper's head: a perceptron with one hidden layer of 2048 units on frozen features."""

import numpy as np

from tuningfork.heads._training_set import Scaler, balanced, checked

__all__ = ["MLPHead"]


class MLPHead:
    """One hidden layer, ReLU, softmax (Fu et al. 2024, section V.A). What the paper leaves open is a setting
    here.

    Trained on the whole training set at once by AdamW, since a loop has hundreds of labels, not millions. The
    same seed gives the same numbers on one machine.

    Parameters
    ----------
    hidden : int
        Units of the hidden layer (the paper's 2048).
    steps : int
        Optimiser steps.
    rate : float
        Learning rate.
    decay : float
        Weight decay.
    balance, standardise : bool
        As for `LogisticHead`.
    """

    def __init__(
        self,
        *,
        hidden: int = 2048,
        steps: int = 100,
        rate: float = 1e-3,
        decay: float = 1e-2,
        balance: bool = True,
        standardise: bool = True,
    ):
        if hidden < 1 or steps < 1:
            raise ValueError("hidden and steps must be at least 1")
        self.hidden, self.steps, self.rate, self.decay = hidden, steps, rate, decay
        self.balance, self.standardise = balance, standardise

    def fit(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None, seed: int = 0) -> "MLPHead":
        """Learn from X [n, D], y [n], weight [n]."""
        import torch

        X, y, weight = checked(X, y, weight)
        self._scaler = Scaler(X, weight, active=self.standardise)
        weight = balanced(y, weight) if self.balance else weight
        data = torch.from_numpy(self._scaler(X).astype(np.float32))
        target, weights = torch.from_numpy(y), torch.from_numpy(weight.astype(np.float32))
        self._network = self._untrained(X.shape[1], int(y.max()) + 1, seed)
        learnt = list(self._network.parameters())
        optimiser = torch.optim.AdamW(learnt, lr=self.rate, weight_decay=self.decay, fused=True)
        for _ in range(self.steps):
            optimiser.zero_grad(set_to_none=True)
            loss = torch.nn.functional.cross_entropy(self._network(data), target, reduction="none")
            ((loss * weights).sum() / weights.sum()).backward()
            optimiser.step()
        return self

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Probabilities float32 [n, K] of X [n, D], 8,192 rows at a time."""
        import torch

        parts = []
        with torch.inference_mode():
            for start in range(0, len(X), 8192):
                rows = self._scaler(np.asarray(X[start : start + 8192], np.float64)).astype(np.float32)
                parts.append(self._network(torch.from_numpy(rows)).softmax(1).numpy())
        return np.concatenate(parts) if parts else np.empty((0, self._network[-1].out_features), np.float32)

    def _untrained(self, dim: int, classes: int, seed: int):
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return torch.nn.Sequential(
                torch.nn.Linear(dim, self.hidden), torch.nn.ReLU(), torch.nn.Linear(self.hidden, classes)
            )
