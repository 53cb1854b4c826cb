"""Objectives: what a network is asked to do when nobody has labelled anything. One file each, with its
paper."""

from tuningfork.objectives.registry import Objective, Views, objectives

__all__ = ["Objective", "Views", "objectives"]
