"""Objectives: what a network is asked to do when nobody has labelled anything. One file each, with its
paper."""

from tuningfork.objectives.registry import Needs, Objective, Views, needs_of, objectives

__all__ = ["Needs", "Objective", "Views", "needs_of", "objectives"]
