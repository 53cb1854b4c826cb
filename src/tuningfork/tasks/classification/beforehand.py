"""Views that are made once before a training and read from the disk in it. Doherty 2024, section 6.2.1."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tuningfork.files import disk_errors
from tuningfork.tasks.classification.frames import LabelledFrames

if TYPE_CHECKING:
    from tuningfork.tasks.classification.settings import ClassifierSettings

__all__ = ["made_beforehand"]

_AT_ONCE = 256


def made_beforehand(frames: LabelledFrames, settings: "ClassifierSettings", folder: Path) -> LabelledFrames:
    """The frames themselves, or with views that are made beforehand every galaxy once for each of them.

    Parameters
    ----------
    frames : LabelledFrames
    settings : ClassifierSettings
        ``views``, ``size``, ``zoom`` and ``seed`` are looked at.
    folder : Path
        Where the views go, ``(copies + 1) x galaxies x bands x size x size`` bytes. Those of the same
        galaxies and settings are taken as they are.

    Raises
    ------
    TuningforkError
        The disk is full.
    """
    import torch

    from tuningfork.images.chains import SquareSettings, another_view, square_views
    from tuningfork.images.views import views_named

    share = settings.zoom if settings.window == "frame" else None
    views = views_named(settings.views, parity_safe=settings.flips is False, share=share)
    if not isinstance(views, SquareSettings):
        return frames
    n, bands = frames.pixels.shape[:2]
    shape = (views.copies + 1, n, bands, settings.size, settings.size)
    told = repr((shape, views, settings.seed, None if frames.rows is None else frames.rows.tolist()))
    file = folder / f"views-{hashlib.sha256(told.encode()).hexdigest()[:12]}.npy"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        beside = file.with_suffix(".part")
        with disk_errors(file):
            made = np.lib.format.open_memmap(beside, "w+", np.uint8, shape)
            for copy in range(shape[0]):
                for start in range(0, n, _AT_ONCE):
                    chance = torch.Generator().manual_seed((settings.seed * 1_009 + copy) * 1_000_003 + start)
                    pixels = frames.pixels[start : start + _AT_ONCE]
                    radii = frames.radii[start : start + _AT_ONCE]
                    if copy:
                        unit = another_view(pixels, settings.size, views, chance)
                    else:
                        unit = square_views(pixels, radii, settings.size, views, chance)[1]
                    made[copy, start : start + _AT_ONCE] = (unit * 255).round().byte().numpy()
            made.flush()
        beside.replace(file)
    pixels = torch.from_numpy(np.load(file, mmap_mode="c").reshape(-1, *shape[2:]))
    copies = shape[0]
    return LabelledFrames(
        pixels,
        frames.radii.repeat(copies),
        torch.cat([frames.codes] * copies),
        frames.left_out,
        None if frames.rows is None else np.tile(frames.rows, copies),
        None if frames.draw is None else np.tile(frames.draw, copies) / copies,
        frames.labelled,
    )
