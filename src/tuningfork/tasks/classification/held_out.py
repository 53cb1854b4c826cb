"""Galaxies held out of a training that say after every pass how good it is; the best weights are kept."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.files import write_atomically
from tuningfork.tasks.classification.classifier import outputs_of, prepared

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.encoders.contract import Encoder
    from tuningfork.tasks.classification.targets import Target

__all__ = ["COLUMN", "HeldOut"]

COLUMN = "held_out_macro_f1"  # of the run's metrics.csv
_IN_MEMORY = 256 << 20  # bytes of prepared stamps that are kept from pass to pass


class HeldOut:
    """Galaxies with known answers that nothing is learnt from.

    Parameters
    ----------
    collection : Collection
    rows, wanted : ndarray
        (n,) rows, and what the target compares with.
    target : Target
    folder : Path
        Where the weights of the best passes are kept, one file each.
    keep : int
        How many of them.
    """

    def __init__(
        self,
        collection: "Collection",
        rows: np.ndarray,
        wanted: np.ndarray,
        target: "Target",
        folder: Path,
        keep: int = 1,
    ):
        self.collection, self.rows, self.wanted = collection, rows, wanted
        self.target, self.folder, self.keep = target, folder, keep
        self._prepared: list[tuple[np.ndarray, Any]] | None = None

    def judge(self, encoder: "Encoder", half: bool) -> dict[str, float]:
        """Its scores; its weights are kept when it is among the best."""
        outputs = outputs_of(encoder, self._stamps(encoder), len(self.rows), half)
        scores = self.target.scores(outputs, self.wanted)
        self._offer(encoder.network, scores[self.target.by])
        return {f"held_out_{name}": value for name, value in scores.items()}

    def best(self) -> list[tuple[float, Path]]:
        """Score and file of the best passes, the best one first; of equal ones the earlier."""
        from safetensors import safe_open

        found = []
        for file in self.folder.glob("*.safetensors"):
            with safe_open(file, "pt") as kept:
                told = kept.metadata()
            found.append((float(told["score"]), int(told["number"]), file))
        sign = -1 if self.target.rising else 1
        return [(score, file) for score, _, file in sorted(found, key=lambda f: (sign * f[0], f[1]))]

    def _stamps(self, encoder: "Encoder") -> Any:
        """Prepared stamps: the same for every pass, so they are kept where they are few."""
        side = encoder.spec.size
        if 4 * len(self.rows) * encoder.spec.bands * side * side > _IN_MEMORY:
            return prepared(self.collection, encoder, self.rows)
        if self._prepared is None:
            self._prepared = list(prepared(self.collection, encoder, self.rows))
        return self._prepared

    def _offer(self, network: Any, score: float) -> None:
        from safetensors.torch import save

        before = self.best()
        sign = 1 if self.target.rising else -1
        if np.isnan(score) or (len(before) >= self.keep and sign * score <= sign * before[-1][0]):
            return
        tensors = {name: t.detach().cpu().contiguous() for name, t in network.state_dict().items()}
        plain = save(tensors)
        file = self.folder / f"{hashlib.sha256(plain).hexdigest()[:16]}.safetensors"
        if file.exists():  # this pass was judged before the run was killed
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        number = 1 + max((self._number(kept) for _, kept in before), default=0)
        write_atomically(file, save(tensors, {"score": repr(score), "number": str(number)}))
        for _, worse in self.best()[self.keep :]:
            worse.unlink()

    @staticmethod
    def _number(file: Path) -> int:
        from safetensors import safe_open

        with safe_open(file, "pt") as kept:
            return int(kept.metadata()["number"])
