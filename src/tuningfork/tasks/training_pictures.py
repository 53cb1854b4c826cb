"""What a network paints while it learns: a few galaxies, the same after every epoch."""

from typing import Any

import numpy as np

from tuningfork.tasks.pretrain_presets import PretrainSettings
from tuningfork.tasks.training_view import SIDE, TrainingView, frames_of

__all__ = ["Reconstructions"]

_SHOWN = 8
_LIFT = 2.0  # the difference's contrast: half the range of brightness fills all of it


class Reconstructions:
    """Call it with the averaged network: a sheet of what goes in, what comes out, and the difference.

    Parameters
    ----------
    view : TrainingView
        The galaxies are drawn from it by the seed.
    settings : PretrainSettings
    objective : Module
        One with ``paint(network, views)``, which gives what goes in and what comes out, ``[N, C, S, S]``.
    """

    def __init__(self, view: TrainingView, settings: PretrainSettings, objective: Any):
        import torch

        from tuningfork.images.views import make_views
        from tuningfork.objectives import Views

        self.objective, self.seed = objective, settings.seed
        count = min(_SHOWN, len(view.row))
        picks = np.random.default_rng([settings.seed, _SHOWN]).choice(len(view.row), count, replace=False)
        pixels, radii = frames_of(view.stamps_or_others(picks), settings.frame or SIDE)
        chance = torch.Generator().manual_seed(settings.seed)
        dust = torch.from_numpy(view.extinction[view.owner[picks]])
        one, clean = make_views(settings.way, pixels, radii, settings.size, chance, dust)
        self.views = Views(one, one, clean)

    def __call__(self, network: Any) -> np.ndarray:
        """A sheet of three rows, uint8 ``[H, W, 3]``, red first; grey in the last is no difference."""
        import torch

        from tuningfork.images.sheet import contact_sheet
        from tuningfork.images.stretch import to_display

        device = next(network.parameters()).device
        views = type(self.views)(*(v.to(device) for v in self.views if v is not None))
        trained = self.objective.training
        self.objective.eval()
        torch.manual_seed(self.seed)  # what is hidden stays hidden; every batch sets its own seed again
        given, painted = self.objective.paint(network, views)
        self.objective.train(trained)
        apart = 0.5 + _LIFT * (painted.float() - views.clean)
        rows = [
            each.float().clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy() for each in (given, painted, apart)
        ]
        tiles = [to_display(picture) for row in rows for picture in row]
        return contact_sheet(tiles, columns=len(self.views.one), tile=max(96, self.views.one.shape[-1]))
