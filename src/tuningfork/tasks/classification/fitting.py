"""The parts of one training: the last layer alone, then the whole network, each with its own run folder."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.config import to_table
from tuningfork.tasks.classification.batches import BatchMaker, EpochBatches
from tuningfork.tasks.classification.frames import LabelledFrames
from tuningfork.tasks.classification.held_out import HeldOut
from tuningfork.tasks.classification.settings import ClassifierSettings
from tuningfork.tasks.classification.targets import Target
from tuningfork.tasks.training_view import TrainingView

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.encoders.contract import Encoder
    from tuningfork.encoders.facts import PixelFacts
    from tuningfork.encoders.preprocessing import Preprocessing

__all__ = ["Fitting", "encoder_with", "head_first"]


def encoder_with(
    network: Any,
    settings: ClassifierSettings,
    preprocessing: "Preprocessing",
    learnt: "PixelFacts",
    outputs: int,
) -> "tuple[Encoder, bool]":
    """A network with its head as an encoder whose embedding are the outputs, and whether it runs in bf16."""
    import torch

    from tuningfork.encoders.contract import Encoder, EncoderSpec
    from tuningfork.training import in_half

    # nothing is stored under this key: the network lives in memory
    spec = EncoderSpec(settings.network, "classifier", outputs, (), preprocessing, learnt)
    here = next(network.parameters()).device.type  # while it is trained it stays where it is
    device = "cuda" if here == "cpu" and torch.cuda.is_available() else here
    return Encoder(spec, network).to(device), in_half(settings.precision, device)


@dataclass(frozen=True)
class Fitting:
    """What stays the same in all parts of one training."""

    collection: "Collection"
    view: TrainingView
    frames: LabelledFrames
    target: Target
    settings: ClassifierSettings
    preprocessing: "Preprocessing"
    learnt: "PixelFacts"

    def fit(
        self,
        network: Any,
        out: Path,
        held_out: tuple[np.ndarray, np.ndarray] | None,
        told: dict[str, Any],
        quiet: bool,
    ) -> list[tuple[float, Path]]:
        """Train in place; with held-out galaxies the best pass's weights are those in the end."""
        from safetensors.torch import load_file

        from tuningfork.training import RunFolder, fit

        settings, target = self.settings, self.target
        watched = None
        if held_out:
            watched = HeldOut(self.collection, *held_out, target, out / "best", settings.keep or 1)
        folder = RunFolder(out, told)
        by_pass = watched or settings.stop
        a_pass = max(1, len(self.frames) // settings.batch)
        per_pass = min(a_pass, settings.steps) if by_pass else settings.steps
        maker = BatchMaker(self.frames, settings, self.preprocessing, self.view.ids)

        def judge(now: Any) -> dict[str, float]:
            assert watched is not None
            encoder, half = encoder_with(now, settings, self.preprocessing, self.learnt, len(target.outputs))
            return watched.judge(encoder, half)

        averaged = fit(
            network,
            self._loss,
            lambda epoch: EpochBatches(maker, epoch, per_pass),
            per_pass,
            self._engine(max(1, settings.steps // per_pass)),
            folder,
            quiet=quiet,
            judge=judge if watched else None,
        )
        kept = watched.best() if watched else []
        network.load_state_dict(load_file(kept[0][1]) if kept else averaged.state_dict())
        return kept

    def _engine(self, epochs: int) -> Any:
        from tuningfork.training import EngineSettings

        settings = self.settings
        return EngineSettings(
            epochs=epochs,
            rate=settings.rate,
            warm_up=settings.warm_up * epochs,
            weight_decay=settings.weight_decay,
            optimiser=settings.optimiser or "adamw",
            schedule=settings.schedule,
            average=settings.average,
            precision=settings.precision,
            seed=settings.seed,
            stop=settings.stop,
        )

    def _loss(self, network: Any, batch: Any) -> tuple[Any, dict[str, float]]:
        x, wanted = batch
        return self.target.loss(network(x).float(), wanted), {}


def head_first(
    run: Fitting,
    network: Any,
    settings: ClassifierSettings,
    out: Path,
    held_out: tuple[np.ndarray, np.ndarray] | None,
    told: dict[str, Any],
    quiet: bool,
) -> None:
    """Train the last layer alone, or take it from where that was finished."""
    from safetensors.torch import load_file, save_file

    head = settings.head
    assert head is not None
    file = out / "head" / "weights.safetensors"
    if not file.exists():
        alone = replace(settings, seen=head.seen, rate=head.rate, stop=head.stop, head=None, keep=None)
        network.freeze(True)
        told = {**told, **to_table(alone), "frozen": True}
        replace(run, settings=alone).fit(network, out / "head", held_out, told, quiet)
        network.freeze(False)
        beside = file.with_suffix(".part")
        save_file({name: t.contiguous() for name, t in network.state_dict().items()}, beside)
        beside.replace(file)
    network.load_state_dict(load_file(file))
