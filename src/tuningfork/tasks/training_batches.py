"""The batches of one epoch of pre-training, each made for itself."""

from functools import cached_property
from typing import Any

import numpy as np

from tuningfork.tasks.pretrain_presets import PretrainSettings
from tuningfork.tasks.training_view import SIDE, TrainingView, frames_of

__all__ = ["Epoch"]

_PIECES = (8, 4, 2)  # a batch is made in as many pieces, of 4 galaxies at least
_LEAST = 4


class Epoch:
    """Views of every galaxy once, in an order and with chances that are fixed by seed and epoch.

    A batch is made in pieces, each with chances of its own, so that 1, 2, 4 or 8 processes that share a batch
    see the very pictures that one alone would see.

    Parameters
    ----------
    view : TrainingView
    settings : PretrainSettings
    number : int
        Of the epoch, from 0.
    """

    def __init__(self, view: TrainingView, settings: PretrainSettings, number: int):
        self.view, self.settings, self.number = view, settings, number

    def __len__(self) -> int:
        return len(self.view.row) // self.settings.batch

    def ids(self, number: int) -> list[str]:
        """Ids of the galaxies of a batch."""
        return self.view.ids(self._picks(number))

    def batch(self, number: int, part: int = 0, parts: int = 1) -> Any:
        """Two views, the clean window and small crops of the galaxies of a batch that process ``part``
        learns from."""
        import torch

        from tuningfork.images.views import make_views, small_crops, views_from
        from tuningfork.objectives import Views, needs_of

        needs, size = needs_of(self.settings.objective), self.settings.size
        way = self.settings.way
        pieces = _pieces(self.settings.batch, parts)
        mine = range(part * pieces // parts, (part + 1) * pieces // parts)
        picks = np.split(self._picks(number), pieces)[mine.start : mine.stop]
        pixels, radii = frames_of(
            self.view.stamps_or_others(np.concatenate(picks)), self.settings.frame or SIDE
        )
        dust = torch.from_numpy(self._extinction[self.view.owner[np.concatenate(picks)]])
        made = []
        split = (each.split(len(picks[0])) for each in (pixels, radii, dust))
        for piece, frames, extents, known in zip(mine, *split, strict=True):
            chance = self._chance(number, piece)
            one, clean = make_views(way, frames, extents, size, chance, known)
            other = make_views(way, frames, extents, size, chance, known)[0] if needs.pairs else one
            every = [one, other, clean]
            if self.settings.crops:  # drawn last, so that the views are what they are without
                local, small = small_crops(way), self.settings.small
                drawn = range(self.settings.crops)
                crops = [views_from(local, frames, extents, small, chance, known)[0] for _ in drawn]
                every.append(torch.stack(crops, 1))
            made.append(every)
        return Views(*(torch.cat(each) for each in zip(*made, strict=True)))

    def _picks(self, number: int) -> np.ndarray:
        start = number * self.settings.batch
        return self._order[start : start + self.settings.batch]

    @cached_property
    def _extinction(self) -> np.ndarray:
        return self.view.extinction

    @cached_property
    def _order(self) -> np.ndarray:
        return np.random.default_rng([self.settings.seed, self.number]).permutation(len(self.view.row))

    def _chance(self, number: int, piece: int) -> Any:
        import torch

        words = np.random.SeedSequence([self.settings.seed, self.number, number, piece])
        return torch.Generator().manual_seed(int(words.generate_state(1, np.uint64)[0] >> 1))


def _pieces(batch: int, parts: int) -> int:
    count = next((n for n in _PIECES if batch % n == 0 and batch // n >= _LEAST), 1)
    return count if count % parts == 0 else parts
