"""The one engine for all trainings: loop, schedule, average of weights, checkpoints, run folder."""

from importlib import import_module

_HOMES = {"EngineSettings": "engine", "fit": "engine", "RunFolder": "run_folder"}

__all__ = ["EngineSettings", "RunFolder", "fit"]


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(import_module(f"tuningfork.training.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'tuningfork.training' has no attribute {name!r}")
