"""Ways to choose what to ask next, one file each. They see vectors, answers and a random stream, never a
page.
"""

from tuningfork.labelling.strategies.view import Answered, Pick, Recipe, Strategy, View
from tuningfork.registry import Registry

strategies = Registry("strategy")

from tuningfork.labelling.strategies import (  # noqa: E402 - they fill the registry
    adaptive,
    alpha,
    diversity,
    greedy,
    improvement,
    margin,
    neighbour_score,
    novelty,
    positive_first,
    random,
    rarest,
    similarity,
    typical,
    uncertainty,
)

__all__ = [
    "Answered",
    "Pick",
    "Recipe",
    "Strategy",
    "View",
    "adaptive",
    "alpha",
    "diversity",
    "greedy",
    "improvement",
    "margin",
    "neighbour_score",
    "novelty",
    "positive_first",
    "random",
    "rarest",
    "similarity",
    "strategies",
    "typical",
    "uncertainty",
]
