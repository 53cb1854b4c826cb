"""What a run says of itself: a line an epoch in ``metrics.csv``, and TensorBoard where it is installed."""

from pathlib import Path

import numpy as np

from tuningfork.files import disk_errors
from tuningfork.training.run_folder import RunFolder

__all__ = ["Logs"]

_OFTEN = 20  # steps between two points of the loss in TensorBoard


class Logs:
    """Of one start of a run; only the first process has one.

    TensorBoard's files are written to ``RUN/tensorboard`` when ``tensorboardX`` can be imported.
    """

    def __init__(self, run: RunFolder, steps: int):
        self.run, self._board = run, None
        try:
            from tensorboardX import SummaryWriter
        except ModuleNotFoundError:
            return
        with disk_errors(run.path):
            self._board = SummaryWriter(str(run.path / "tensorboard"), purge_step=steps, flush_secs=30)

    def step(self, steps: int, loss: float) -> None:
        """After a step of the optimiser."""
        if self._board is not None and steps % _OFTEN == 0:
            self._board.add_scalar("step/loss", loss, steps)

    def epoch(self, epoch: int, steps: int, means: dict[str, float]) -> None:
        """After an epoch, counted from 1."""
        self.run.log({"epoch": epoch, **means})
        if self._board is not None:
            for name, value in means.items():
                self._board.add_scalar(f"epoch/{name}", value, steps)

    def picture(self, epoch: int, steps: int, picture: np.ndarray) -> Path:
        """A picture uint8 ``[H, W, 3]``, red first, into ``RUN/pictures``."""
        from PIL import Image

        file = self.run.path / "pictures" / f"epoch_{epoch:03d}.png"
        with disk_errors(file):
            file.parent.mkdir(exist_ok=True)
            beside = file.with_suffix(".part")
            Image.fromarray(picture).save(beside, "PNG")
            beside.replace(file)
        if self._board is not None:
            self._board.add_image("reconstructions", picture, steps, dataformats="HWC")
        return file

    def close(self) -> None:
        """Write what is still in memory."""
        if self._board is not None:
            self._board.close()
