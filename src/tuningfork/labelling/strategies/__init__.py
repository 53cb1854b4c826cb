"""Ways to choose what to ask next, one file each. They see vectors, answers and a random stream, never a
page.
"""

from tuningfork.labelling.strategies.view import Answered, Pick, Strategy, View
from tuningfork.registry import Registry

strategies = Registry("strategy")

from tuningfork.labelling.strategies import alpha, greedy, random, uncertainty  # noqa: E402 - they fill the registry

__all__ = ["Answered", "Pick", "Strategy", "View", "alpha", "greedy", "random", "strategies", "uncertainty"]
