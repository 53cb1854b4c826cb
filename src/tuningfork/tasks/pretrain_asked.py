"""A preset and what was asked for instead of it, checked before anything is read."""

from dataclasses import asdict, replace
from math import inf
from typing import Any

from tuningfork.config import from_table
from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.tasks.pretrain_presets import PRECISIONS, PRESETS, PretrainSettings

__all__ = ["settings_of"]

MOST_CROPS, LEAST_CROP = 32, 16


def settings_of(preset: str, given: dict[str, Any]) -> PretrainSettings:
    """The preset with what was given instead; every name is looked up before anything is read.

    Parameters
    ----------
    preset : str
        A name of `PRESETS`.
    given : dict
        Fields of `PretrainSettings`; None leaves the preset's.

    Raises
    ------
    UsageError, UnknownNameError
        A name that is not known, a number out of range, or settings that do not go together.
    """
    from tuningfork.images.views import VIEWS
    from tuningfork.objectives import needs_of, objectives

    if preset not in PRESETS:
        raise UnknownNameError("preset", preset, PRESETS)
    changed = {key: value for key, value in given.items() if value is not None}
    settings = from_table(PretrainSettings, {**asdict(PRESETS[preset]), **changed})
    needs = needs_of(settings.objective)
    for name in ("epochs", "batch", "accumulate"):
        number = getattr(settings, name)
        if number is not None and number < 1:
            raise UsageError(f"{name} must be at least 1, not {number}")
    if not 0 < settings.rate < inf:
        raise UsageError(f"a learning rate is a number above 0, not {settings.rate:g}")
    if settings.way not in VIEWS:
        raise UnknownNameError("way to make views", settings.way, VIEWS)
    if settings.precision not in PRECISIONS:
        raise UnknownNameError("precision", settings.precision, PRECISIONS)
    if needs.teacher != (settings.teacher is not None):
        raise UsageError("distillation, and it alone, wants a teacher", remedy="Give --teacher ENCODER")
    if settings.network.startswith("timm:") and needs.decoder:
        fitting = ", ".join(name for name in objectives if not needs_of(name).decoder)
        raise UsageError(f"{settings.network} has no decoder", remedy=f"Its objective is one of {fitting}")
    if settings.network.startswith("timm:") and settings.switches:
        raise UsageError(f"{settings.network} has no {', '.join(settings.switches)}")
    return _with_crops(settings, asked="crops" in changed or "crop_size" in changed)


def _with_crops(settings: PretrainSettings, *, asked: bool) -> PretrainSettings:
    """The settings with small crops checked; a preset's go with its objective."""
    from tuningfork.images.views import small_crops
    from tuningfork.objectives import needs_of, objectives

    if not needs_of(settings.objective).crops:
        if asked:
            fitting = ", ".join(name for name in objectives if needs_of(name).crops)
            raise UsageError(f"'{settings.objective}' learns from no small crops", remedy=f"Take {fitting}")
        return replace(settings, crops=None, crop_size=None)
    if not settings.crops:
        return replace(settings, crops=None, crop_size=None)
    side = settings.crop_size if asked and settings.crop_size else settings.small
    if not 1 <= settings.crops <= MOST_CROPS or not LEAST_CROP <= side <= settings.size:
        raise UsageError(
            f"{settings.crops} small crops of {side} pixels: 0 to {MOST_CROPS} are possible, "
            f"of {LEAST_CROP} pixels to the view's {settings.size}"
        )
    small_crops(settings.way)  # or these views have none
    return settings
