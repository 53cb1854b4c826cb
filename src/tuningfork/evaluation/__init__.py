"""Numbers with intervals: how good features are, and what they must beat. Arrays in, no collection."""

from importlib import import_module

_HOMES = {
    "FeatureTask": "features",
    "Interval": "intervals",
    "MEASUREMENTS": "measurements",
    "Score": "features",
    "bootstrap": "intervals",
    "duplicates_in": "duplicates",
    "fingerprint": "duplicates",
    "judge_features": "features",
    "majority": "features",
    "measure": "measurements",
    "same_sky": "duplicates",
    "wilson": "intervals",
}

__all__ = [
    "MEASUREMENTS",
    "FeatureTask",
    "Interval",
    "Score",
    "bootstrap",
    "duplicates_in",
    "fingerprint",
    "judge_features",
    "majority",
    "measure",
    "same_sky",
    "wilson",
]


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
