"""Votes as draws: what people say of a galaxy is multinomial, with shares that are themselves uncertain.

Walmsley et al. 2022 (MNRAS 509, 3966), section 4.1: a network gives the parameters of a Dirichlet for every
question of a decision tree, and learns from counts, of questions that few were asked the less.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    import numpy as np

__all__ = ["asked_share", "concentrations", "dirichlet_multinomial", "shares"]

_MOST = 100.0  # the largest parameter: a network cannot be surer than from a hundred votes


def concentrations(outputs: Tensor) -> Tensor:
    """Outputs of a network, any number, as parameters of Dirichlets, 1 to 101."""
    return 1 + _MOST * outputs.sigmoid()


def shares(outputs: Tensor, questions: Sequence[slice]) -> Tensor:
    """The expected shares of the answers of each question, (N, answers)."""
    alpha = concentrations(outputs)
    return torch.cat([alpha[:, q] / alpha[:, q].sum(1, keepdim=True) for q in questions], 1)


def dirichlet_multinomial(outputs: Tensor, counts: Tensor, questions: Sequence[slice]) -> Tensor:
    """Minus the logarithm of the chance of the votes, a mean over galaxies of sums over questions.

    Parameters
    ----------
    outputs : Tensor (N, answers)
        Of the network.
    counts : Tensor (N, answers)
        People who gave each answer, also fractions of people; NaN is none. A question that nobody was asked
        of a galaxy adds nothing, whichever its parents are.
    questions : sequence of slice
        Where the answers of each question stand; together they are all.

    Notes
    -----
    The chance of k given a is  n! G(A) / G(n + A)  prod G(k + a) / (k! G(a))  with n and A the sums of k
    and a, and G the gamma function.
    """
    alpha, k = concentrations(outputs), counts.nan_to_num(0.0)
    own = torch.lgamma(k + alpha) - torch.lgamma(k + 1) - torch.lgamma(alpha)
    total = outputs.new_zeros(len(outputs))
    for q in questions:
        n, a = k[:, q].sum(1), alpha[:, q].sum(1)
        whole = torch.lgamma(n + 1) + torch.lgamma(a) - torch.lgamma(n + a)
        total = total - whole - own[:, q].sum(1)
    return total.mean()


def asked_share(
    fractions: "np.ndarray", questions: Mapping[str, slice], parents: Mapping[str, "np.ndarray"]
) -> "np.ndarray":
    """The share of people who come to each question, from what is answered on the way.

    Parameters
    ----------
    fractions : ndarray (n, answers)
        Of those who were asked, or expected; NaN counts as 0.
    questions : mapping
        Question -> where its answers stand, parents before their children.
    parents : mapping
        Question -> numbers of the answers that lead to it; several may. None: it is asked of everyone.

    Returns
    -------
    ndarray (n, questions)
        1 for questions without a parent; else the sum over the answers that lead to it.
    """
    import numpy as np

    known = np.nan_to_num(fractions)
    of_answer = np.zeros_like(known)  # share of all people who gave each answer
    found = np.ones((len(known), len(questions)))
    for number, (name, where) in enumerate(questions.items()):
        if len(parents[name]):
            found[:, number] = np.minimum(of_answer[:, parents[name]].sum(1), 1.0)
        of_answer[:, where] = known[:, where] * found[:, number, None]
    return found
