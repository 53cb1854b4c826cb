"""Galaxies that never were, with everything known about them: truth drawn at random, pixels by GalSim."""

from tuningfork.simulation.paint import paint
from tuningfork.simulation.surveys import SURVEYS, Survey
from tuningfork.simulation.truth import TYPES, Settings, Truth, draw_truth

__all__ = ["SURVEYS", "TYPES", "Settings", "Survey", "Truth", "draw_truth", "paint"]
