"""Pre-training: a network of the LVM family learns the sky from collections that nobody has labelled."""

from collections.abc import Callable, Container, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuningfork.config import read_toml, to_table
from tuningfork.errors import DataError, UsageError
from tuningfork.files import write_atomically
from tuningfork.tasks.pretrain_asked import settings_of
from tuningfork.tasks.pretrain_presets import PRESETS, PretrainSettings
from tuningfork.tasks.pretrain_weights import birth_of, keep_birth, preprocessing_of, write_born
from tuningfork.tasks.training_batches import Epoch
from tuningfork.tasks.training_pictures import Reconstructions
from tuningfork.tasks.training_sources import collections_of, import_sources
from tuningfork.tasks.training_teacher import teacher_of
from tuningfork.tasks.training_view import TrainingView

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.encoders.facts import PixelFacts
    from tuningfork.training import Devices, RunFolder

__all__ = ["PRESETS", "PretrainSettings", "pretrain"]


def pretrain(  # noqa: PLR0913 - the one door; each keyword has a default
    collections: Sequence["Collection | str | Path"],
    out: str | Path,
    *,
    preset: str = "lvm-tiny",
    leave_out: tuple[str, str] | None = None,
    leave_out_ids: Sequence[Container[str]] | None = None,
    devices: int | str = 1,
    accelerator: str = "auto",
    keep_every: float = 10.0,
    compiled: bool = False,
    quiet: bool = False,
    say: Callable[[str], None] = lambda line: None,
    **instead: str | float | Sequence[str] | None,
) -> Path:
    """Pre-train a network and write its weights; called again, it goes on where it was.

    Parameters
    ----------
    collections : sequence of Collection or path
        The sky to learn from; labels are not looked at. What is no collection but can be imported as one is,
        into ``RUN/collections``.
    out : path
        The run's folder.
    preset : str
        A name of `PRESETS`.
    leave_out : (str, str), optional
        Column and value of galaxies to leave out, as ("split", "val"); collections without that
        column are kept whole, but one galaxy at least has to have it.
    leave_out_ids : sequence of containers of str, optional
        For each collection the ids of galaxies to leave out as well.
    devices, accelerator
        As of `tuningfork.training.Devices`. With several, ``batch`` stays that of all together.
    keep_every : float
        Minutes between checkpoints; there is one after every epoch.
    compiled : bool
        torch compiles the network, where it finds a compiler. Not part of the settings: a run may go on with
        or without, to the same weights but for rounding.
    quiet : bool
        No progress on standard error.
    say : callable, optional
        Gets a line for each thing a person should know.
    **instead
        ``objective``, ``teacher``, ``epochs``, ``seed``, ``bands``, or any other setting, instead of the
        preset's (None leaves it). A teacher is the encoder whose embeddings distillation learns.

    Returns
    -------
    Path
        ``weights.safetensors`` in the run's folder; use it as ``file:PATH``.

    Raises
    ------
    UsageError, UnknownNameError
        Settings that do not go together; the run is finished, or was begun with others.
    DataError
        Too few galaxies, or collections of different numbers of bands.
    TuningforkError
        The loss is no longer a number, or the disk is full; the state before is kept.
    """
    from tuningfork.encoders.learning import fits_for_training
    from tuningfork.training import Devices

    settings = settings_of(preset, instead)
    folder = Path(out)
    if (folder / "DONE").exists():  # before devices are started and sources imported
        raise UsageError("this run is finished", where=str(folder), remedy="Choose another folder")
    together = Devices(devices, accelerator, settings.precision)
    with together.first_speaks():
        if settings.batch % together.world:
            raise UsageError(
                f"a batch of {settings.batch} cannot be shared evenly by {together.world} devices"
            )
        together.first(lambda: import_sources(collections, folder, say=say, quiet=quiet))
        opened = collections_of(collections, folder)
        bands = settings.channels or _begun_with(folder) or _bands_of(settings, opened)
        settings = replace(settings, channels=None if bands == 3 else bands)
        learnt, fits = fits_for_training(
            settings.network, bands, opened, settings.bands, start=_start_of(settings)
        )
        view = TrainingView(opened, fits, preprocessing_of(settings).shortest)
        together.first(lambda: _tell_dustless(view, settings.way, say))
        if leave_out:
            view.leave_out(*leave_out)
        if leave_out_ids:
            view.leave_out_ids(leave_out_ids)
        least = settings.batch * max(2, settings.accumulate or 1)
        if len(view.row) < least:
            raise DataError(
                f"{len(view.row)} galaxies are too few for batches of {settings.batch}: {least} are wanted",
                remedy="Give more collections, a smaller --batch, or another preset",
            )
        return _Run(view, settings, learnt, folder, together, compiled, quiet, say).train(keep_every)


@dataclass
class _Run:
    """One pre-training, ready to begin."""

    view: TrainingView
    settings: PretrainSettings
    learnt: "PixelFacts"
    out: Path
    devices: "Devices"
    compiled: bool
    quiet: bool
    say: Callable[[str], None]

    def train(self, keep_every: float) -> Path:
        """Take the folder, train, write the weights."""
        from tuningfork.files import only_writer
        from tuningfork.training import RunFolder

        first, ids = self.devices.first, self.view.ids_hash()
        facts = {**to_table(self.settings), "galaxies": len(self.view.row), "ids_sha256": ids}
        with ExitStack() as held:
            first(lambda: held.enter_context(only_writer(self.out, "pre-training")))  # which gives nothing
            run = first(lambda: RunFolder(self.out, facts))
            network, birth = self._fitted(run, keep_every, ids)
            for lost in self.devices.every(self.view.unreadable):
                self.view.unreadable.update(lost)
            first(lambda: self._finish(run, network, birth))
        return run.weights

    def _fitted(self, run: "RunFolder", keep_every: float, ids: str) -> tuple[Any, dict[str, Any]]:
        """The trained network's average, and what a weights file must say of it."""
        import torch

        from tuningfork.encoders.starting import start_from
        from tuningfork.encoders.trainable import new_network
        from tuningfork.objectives import objectives
        from tuningfork.training import EngineSettings, fit

        view, settings = self.view, self.settings
        torch.manual_seed(settings.seed)
        bands = settings.channels or 3
        network, dim, facts = new_network(
            settings.network, settings.drop_path, channels=bands, **settings.switches
        )
        if settings.start:
            start_from(network, settings.start)
        if facts["network"] == "timm":
            network.to(memory_format=torch.channels_last)  # half the time on a processor
        taught: dict[str, Any] = {}
        if settings.teacher:
            teacher = teacher_of(view, settings.teacher, dim, bands, settings.seed)
            taught = {"teacher": teacher, "size": settings.embed_size}
        objective = objectives.get(settings.objective)(network, dim, bands, **taught)
        birth = birth_of({**facts, "learnt_from": to_table(self.learnt)}, settings, view, ids)
        self.devices.first(lambda: keep_birth(run.birth, birth))  # for `weights take`, should the run not end
        averaged = fit(
            network,
            objective,
            lambda epoch: Epoch(view, settings, epoch),
            len(view.row) // settings.batch,
            EngineSettings(
                epochs=settings.epochs,
                rate=settings.rate,
                warm_up=2.0 if settings.warm_up is None else settings.warm_up,
                optimiser=settings.optimiser or "adamw",
                precision=settings.precision,
                seed=settings.seed,
                accumulate=settings.accumulate or 1,
                keep_every=keep_every,
                stop=settings.stop,
            ),
            run,
            beside=objective if isinstance(objective, torch.nn.Module) else None,
            quiet=self.quiet,
            devices=self.devices,
            compiled=self.say if self.compiled else None,
            show=Reconstructions(view, settings, objective) if hasattr(objective, "paint") else None,
        )
        return averaged, birth

    def _finish(self, run: "RunFolder", network: Any, birth: dict[str, Any]) -> None:
        write_born(network, birth, run.weights)
        lost = self.view.unreadable
        if lost:
            file = run.path / "unreadable_ids.txt"
            write_atomically(file, "".join(f"{name}: {reason}\n" for name, reason in sorted(lost.items())))
            self.say(f"{len(lost):,} stamps could not be read and others stood in for them, see {file}")
        run.finish()


def _tell_dustless(view: TrainingView, way: str, say: Callable[[str], None]) -> None:
    """Name the collections whose views get no dust, because nobody knows how it dims their bands."""
    from tuningfork.images.views import VIEWS

    if not getattr(VIEWS[way], "dust", None):
        return
    for collection, fit, known in zip(view.collections, view.fits, view.extinction, strict=True):
        if not known.any():
            names = ", ".join(dict.fromkeys(fit.choice.names))
            say(f"no dust in the views of {collection.name}: the names {names} do not tell how it dims them")


def _begun_with(folder: Path) -> int | None:
    """How many bands the network of a run takes that was begun there; three where it does not say."""
    from tuningfork.training.run_folder import CHECKPOINT

    told = folder / "run.toml"
    if not (folder / CHECKPOINT).exists() or not told.exists():
        return None
    bands = read_toml(told).get("settings", {}).get("channels", 3)
    return bands if isinstance(bands, int) else None


def _bands_of(settings: PretrainSettings, collections: Sequence["Collection"]) -> int:
    """How many bands the network takes: those of the one that it learns from; else of the one that it begins
    with, where these fit the collections; else what the collections have."""
    from tuningfork.encoders import load_encoder
    from tuningfork.encoders.learning import bands_for_training

    if settings.teacher:
        return load_encoder(settings.teacher).spec.bands
    return bands_for_training(collections, settings.bands, _start_of(settings))


def _start_of(settings: PretrainSettings) -> Any:
    """What the encoder says of itself with which it begins, if with any."""
    from tuningfork.encoders import load_encoder

    return load_encoder(settings.start).spec if settings.start else None
