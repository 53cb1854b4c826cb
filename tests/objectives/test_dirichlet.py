"""The chance of votes agrees with scipy's, and the way through a tree is followed over several parents."""

import numpy as np
import pytest
import torch
from scipy.stats import dirichlet_multinomial as known

from tuningfork.objectives.dirichlet import asked_share, concentrations, dirichlet_multinomial, shares

QUESTIONS = (slice(0, 3), slice(3, 5))


def test_the_loss_is_the_chance_of_the_votes():
    outputs = torch.randn(4, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    counts = np.array([[3, 5, 2, 1, 0], [0, 0, 7, 0, 0], [1, 1, 1, 4, 4], [0, 9, 1, 2, 5]], float)
    alpha = concentrations(outputs).numpy()
    wanted = -sum(
        known.logpmf(c[q].astype(int), a[q], int(c[q].sum()))
        for c, a in zip(counts, alpha, strict=True)
        for q in QUESTIONS
        if c[q].sum()
    )
    ours = dirichlet_multinomial(outputs, torch.from_numpy(counts), QUESTIONS)
    assert ours.item() == pytest.approx(wanted / 4)
    missing = counts.copy()
    missing[1, 3:] = np.nan  # nobody was asked
    assert dirichlet_multinomial(outputs, torch.from_numpy(missing), QUESTIONS).item() == ours.item()
    np.testing.assert_allclose(shares(outputs, QUESTIONS)[:, :3].sum(1), 1)


def test_a_question_without_votes_teaches_nothing():
    outputs = torch.zeros(2, 5, requires_grad=True)
    counts = torch.tensor([[4.0, 0, 1, 0, 0], [1, 1, 0, 0, 0]])
    dirichlet_multinomial(outputs, counts, QUESTIONS).backward()
    assert outputs.grad is not None
    assert outputs.grad[:, :3].abs().sum() > 0
    assert outputs.grad[:, 3:].abs().sum() == 0


def test_people_come_by_several_answers():
    questions = {"shape": slice(0, 3), "edge-on": slice(3, 5), "odd": slice(5, 7)}
    parents = {
        "shape": np.array([], int),
        "edge-on": np.array([1]),
        "odd": np.array([0, 3, 4]),  # after smooth, and after either answer about edge-on
    }
    fractions = np.array([[0.6, 0.3, 0.1, 0.5, 0.5, 0.2, 0.8], [0.0, 1.0, 0.0, 0.9, 0.1, np.nan, 1.0]])
    found = asked_share(fractions, questions, parents)
    np.testing.assert_allclose(found, [[1, 0.3, 0.9], [1, 1, 1]])


def test_parameters_lie_between_1_and_101():
    """Below 1 a Dirichlet piles up at the ends; Walmsley et al. 2022 keep to 1 to 101."""
    found = concentrations(torch.tensor([-80.0, 0.0, 80.0]))
    torch.testing.assert_close(found, torch.tensor([1.0, 51.0, 101.0]))
