"""The batches of a training on labelled galaxies: which galaxies, and a new view of each."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.labels.weights import sample_weights

if TYPE_CHECKING:
    from tuningfork.encoders.preprocessing import Preprocessing
    from tuningfork.tasks.classification.frames import LabelledFrames
    from tuningfork.tasks.classification.settings import ClassifierSettings

__all__ = ["BatchMaker", "EpochBatches"]


class BatchMaker:
    """Makes any batch of a training by its number, always the same, in any thread.

    Without sampling the galaxies come in shuffled passes, which go on from one epoch to the next; with it
    every galaxy of a batch is drawn with replacement by its weight.

    Parameters
    ----------
    frames : LabelledFrames
    settings : ClassifierSettings
    preprocessing : Preprocessing
        Order and scaling of the bands.
    ids_of : callable
        ``ids_of(rows)`` gives the galaxies' ids.
    """

    def __init__(
        self,
        frames: "LabelledFrames",
        settings: "ClassifierSettings",
        preprocessing: "Preprocessing",
        ids_of: Callable[[np.ndarray], Sequence[str]] | None = None,
    ):
        import torch

        self.frames, self.settings, self.ids_of = frames, settings, ids_of
        self.red_first = preprocessing.red_first
        self.mean, self.std = (
            torch.tensor(v)[:, None, None] for v in (preprocessing.mean, preprocessing.std)
        )
        self.weights = frames.draw
        if self.weights is None and settings.sampling:
            self.weights = sample_weights(frames.codes.numpy(), settings.sampling)
        self._pass = lru_cache(4)(self._shuffled)

    def picks(self, number: int) -> np.ndarray:
        """Numbers of the frames of batch ``number`` of the whole training."""
        size = self.settings.batch
        if self.weights is not None:
            rng = np.random.default_rng([self.settings.seed, number])
            return rng.choice(len(self.weights), size, p=self.weights)
        which, place = np.divmod(np.arange(number * size, (number + 1) * size), len(self.frames.codes))
        return np.array([self._pass(int(w))[p] for w, p in zip(which, place, strict=True)])

    def make(self, number: int, part: int, parts: int) -> tuple[Any, Any]:
        """Views ``[n, C, S, S]`` and what is wanted of them: a process's part of batch ``number``."""
        import torch

        from tuningfork.images.views import views_from

        mine = np.array_split(self.picks(number), parts)[part]
        seed = (self.settings.seed * 1_000_003 + number) * 1_009 + part
        chance = torch.Generator().manual_seed(seed % (1 << 63))
        pixels, radii = self.frames.pixels[mine], self.frames.radii[mine]
        x, _ = views_from(self._views(), pixels, radii, self.settings.size, chance)
        if self.red_first:
            x = x.flip(1)
        x = ((x - self.mean) / self.std).contiguous(memory_format=torch.channels_last)
        return x, self.frames.codes[mine]

    def ids(self, number: int) -> list[str]:
        """Ids of the galaxies of batch ``number``."""
        if self.ids_of is None or self.frames.rows is None:
            return []
        return list(self.ids_of(self.frames.rows[self.picks(number)]))

    def _views(self) -> Any:
        from tuningfork.images.views import views_named

        settings = self.settings
        return views_named(
            settings.views,
            parity_safe=settings.flips is False,
            share=settings.zoom if settings.window == "frame" else None,
        )

    def _shuffled(self, which: int) -> np.ndarray:
        return np.random.default_rng([self.settings.seed, which]).permutation(len(self.frames.codes))


class EpochBatches:
    """One epoch of ``count`` batches, as the engine takes them: `tuningfork.training.NumberedBatches`."""

    def __init__(self, maker: BatchMaker, epoch: int, count: int):
        self.maker, self.first = maker, epoch * count

    def batch(self, number: int, part: int, parts: int) -> tuple[Any, Any]:
        """The rows of batch ``number`` of the epoch that process ``part`` of ``parts`` learns from."""
        return self.maker.make(self.first + number, part, parts)

    def ids(self, number: int) -> list[str]:
        """Ids of the galaxies of that batch."""
        return self.maker.ids(self.first + number)
