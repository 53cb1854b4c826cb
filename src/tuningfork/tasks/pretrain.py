"""Pre-training: a network of the LVM family learns the sky from collections that nobody has labelled."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork import __version__
from tuningfork.config import from_table, to_table
from tuningfork.errors import DataError, UnknownNameError, UsageError
from tuningfork.tasks.training_view import TrainingView, frames_of

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.encoders.facts import PixelFacts
    from tuningfork.encoders.preprocessing import Preprocessing

__all__ = ["PRESETS", "PretrainSettings", "pretrain"]

_BANDS = 3  # of every network that can be trained so far


@dataclass(frozen=True)
class PretrainSettings:
    """One way to pre-train, whole."""

    network: str = "lvm-tiny"
    objective: str = "distillation"
    teacher: str | None = None  # an encoder's name, for distillation
    start: str | None = None  # an encoder of the same network whose numbers to begin with
    size: int = 64  # side of a view in pixels while training
    embed_size: int = 64  # side that the weights will be used at
    zoom: float = 1.2  # half the field of view in use, in radii of the galaxy
    batch: int = 384
    drop_path: float = 0.05
    epochs: int = 26
    rate: float = 1.2e-3
    precision: str = "auto"  # as in `EngineSettings`; depth-wise convolutions want fp32 on processors
    seed: int = 0
    bands: tuple[str, ...] | None = None  # which of the collections' bands; None takes what follows by itself


PRESETS: dict[str, PretrainSettings] = {
    "lvm-tiny": PretrainSettings(objective="contrastive+reconstruction"),
    "lvm-tiny-distilled": PretrainSettings(
        objective="distillation", batch=64, epochs=14, rate=8e-4, drop_path=0.02
    ),
    "resnet10-contrastive": PretrainSettings(network="timm:resnet10t", objective="contrastive", epochs=14),
    "lite0-contrastive": PretrainSettings(
        network="timm:tf_efficientnet_lite0",
        start="imagenet:efficientnet-lite0",
        objective="contrastive",
        size=96,
        embed_size=96,
        batch=192,
        epochs=10,
        rate=1e-3,
        precision="fp32",
    ),
    "lvm-tiny-quick": PretrainSettings(objective="contrastive+reconstruction", batch=64, epochs=2),
}


def pretrain(
    collections: Sequence["Collection"],
    out: str | Path,
    *,
    preset: str = "lvm-tiny",
    leave_out: tuple[str, str] | None = None,
    quiet: bool = False,
    **instead: str | int | Sequence[str] | None,
) -> Path:
    """Pre-train a network and write its weights; called again, it goes on from the last epoch.

    Parameters
    ----------
    collections : sequence of Collection
        The sky to learn from; labels are not looked at.
    out : path
        The run's folder.
    preset : str
        A name of `PRESETS`.
    leave_out : (str, str), optional
        Column and value of galaxies to leave out, as ("split", "val"); collections without that
        column are kept whole.
    **instead
        ``objective``, ``teacher``, ``epochs``, ``seed``, ``bands``, or any other setting, instead of the
        preset's (None leaves it). A teacher is the encoder whose embeddings distillation learns; collections
        are embedded with it first.

    Returns
    -------
    Path
        ``weights.safetensors`` in the run's folder; use it as ``file:PATH``.
    """
    from tuningfork.encoders.learning import fits_for_training
    from tuningfork.files import only_writer

    settings = _resolve(preset, instead)
    learnt, fits = fits_for_training(settings.network, _BANDS, collections, settings.bands)
    view = TrainingView(list(collections), fits, _preprocessing(settings).shortest)
    if leave_out:
        view.leave_out(*leave_out)
    if len(view.row) < 2 * settings.batch:
        raise DataError(
            f"{len(view.row)} galaxies are too few for batches of {settings.batch}",
            remedy="Give more collections, or another preset",
        )
    with only_writer(Path(out), "pre-training"):
        return _train(view, settings, learnt, Path(out), quiet)


def _train(
    view: TrainingView, settings: PretrainSettings, learnt: "PixelFacts", out: Path, quiet: bool
) -> Path:
    import torch

    from tuningfork.encoders.starting import start_from
    from tuningfork.encoders.trainable import new_network
    from tuningfork.objectives import objectives
    from tuningfork.training import EngineSettings, RunFolder, fit

    ids = view.ids_hash()
    run = RunFolder(out, {**to_table(settings), "galaxies": len(view.row), "ids_sha256": ids})
    torch.manual_seed(settings.seed)
    network, dim, facts = new_network(settings.network, settings.drop_path)
    if settings.start:
        start_from(network, settings.start)
    if facts["network"] == "timm":
        network.to(memory_format=torch.channels_last)  # half the time on a processor
    targets = _targets(view, settings, dim, quiet) if settings.teacher else None
    objective = objectives.get(settings.objective)(dim)
    averaged = fit(
        network,
        objective,
        lambda epoch: _one_ahead(_batches(view, settings, epoch, targets)),
        len(view.row) // settings.batch,
        EngineSettings(
            epochs=settings.epochs, rate=settings.rate, precision=settings.precision, seed=settings.seed
        ),
        run,
        beside=objective if isinstance(objective, torch.nn.Module) else None,
        quiet=quiet,
    )
    _write(averaged, {**facts, "learnt_from": to_table(learnt)}, settings, view, ids, run)
    run.finish()
    return run.weights


def _batches(
    view: TrainingView, settings: PretrainSettings, epoch: int, targets: Any = None
) -> Iterator[Any]:
    """Two views and the clean window of every galaxy; order and chances are fixed by seed and epoch."""
    import torch

    from tuningfork.images.augment import ViewSettings, random_views
    from tuningfork.objectives import Views

    order = np.random.default_rng([settings.seed, epoch]).permutation(len(view.row))
    chance = torch.Generator().manual_seed(settings.seed * 1_000_003 + epoch)
    for start in range(0, len(order) - settings.batch + 1, settings.batch):
        picks = order[start : start + settings.batch]
        pixels, radii = frames_of(view.stamps(picks))
        one, clean = random_views(pixels, radii, settings.size, ViewSettings(), chance)
        other = (
            one
            if targets is not None
            else random_views(pixels, radii, settings.size, ViewSettings(), chance)[0]
        )
        yield Views(one, other, clean, None if targets is None else targets[torch.from_numpy(picks)])


def _one_ahead(batches: Iterator[Any]) -> Iterator[Any]:
    """Make the next batch in a thread while the network learns from this one."""
    with ThreadPoolExecutor(1, thread_name_prefix="views") as pool:
        waiting = pool.submit(next, batches, None)
        while (batch := waiting.result()) is not None:
            waiting = pool.submit(next, batches, None)
            yield batch


def _preprocessing(settings: PretrainSettings) -> "Preprocessing":
    """What the weights will be used with."""
    from tuningfork.encoders.preprocessing import Preprocessing

    return Preprocessing(size=settings.embed_size, window="galaxy", zoom=settings.zoom, bands=_BANDS)


def _write(
    network: Any, facts: dict[str, Any], settings: PretrainSettings, view: TrainingView, ids: str, run: Any
) -> None:
    from tuningfork.encoders.provenance import known_embedding
    from tuningfork.encoders.trainable import encoder_of
    from tuningfork.encoders.weights_file import write_weights

    preprocessing = _preprocessing(settings)
    network = network.half().float()  # what the file will hold
    certificate = {
        **facts,
        "preprocessing": asdict(preprocessing),
        "objective": {"name": settings.objective, **to_table(settings)},
        "data": {
            "collections": [c.name for c in view.collections],
            "galaxies": len(view.row),
            "ids_sha256": ids,
        },
        "licence": "that of the data's terms; state it before you pass the weights on",
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": __version__,
        "known_embedding": known_embedding(encoder_of("file", network, facts, preprocessing, "")),
    }
    write_weights(run.weights, network.state_dict(), certificate)


def _resolve(preset: str, given: dict[str, Any]) -> PretrainSettings:
    """The preset with what was given instead; every name is looked up before anything is read."""
    from tuningfork.objectives import objectives

    if preset not in PRESETS:
        raise UnknownNameError("preset", preset, PRESETS)
    changed = {key: value for key, value in given.items() if value is not None}
    settings = from_table(PretrainSettings, {**asdict(PRESETS[preset]), **changed})
    objectives.get(settings.objective)
    if settings.epochs < 1:
        raise UsageError(f"epochs must be at least 1, not {settings.epochs}")
    if (settings.objective == "distillation") != (settings.teacher is not None):
        raise UsageError("distillation, and it alone, wants a teacher", remedy="Give --teacher ENCODER")
    if settings.network.startswith("timm:") and settings.objective != "contrastive":
        raise UsageError(f"{settings.network} has no decoder", remedy="Its objective is contrastive")
    return settings


def _targets(view: TrainingView, settings: PretrainSettings, dim: int, quiet: bool) -> Any:
    """The teacher's embeddings (mean of 8 views), [n, dim]: their 128 strongest directions, half whitened.

    Turned at random at the end, so that no single number carries more than others: whoever standardises the
    numbers, as linear probes do, shall not blow up the faint directions.
    """
    import torch

    from tuningfork.embeddings import embed, load_embeddings

    parts = []
    for number, collection in enumerate(view.collections):
        key = embed(collection, settings.teacher, views=8, bands=settings.bands, quiet=quiet).key
        stored = load_embeddings(collection, key)
        rows = view.row[view.owner == number]
        if not stored.present[rows].all():
            raise DataError("some galaxies could not be embedded by the teacher", where=collection.name)
        parts.append(stored.vectors[rows])
    every = torch.from_numpy(np.concatenate(parts))
    every = every - every.mean(0)
    variance, axes = torch.linalg.eigh(every.T @ every / len(every))
    strongest = variance.argsort(descending=True)[: min(128, dim)]
    half_white = axes[:, strongest] * variance[strongest].clamp(min=1e-12) ** -0.25
    chance = torch.Generator().manual_seed(0)
    turn = torch.linalg.qr(torch.randn(dim, len(strongest), generator=chance))[0].T
    turned = every @ half_white @ turn
    return turned / turned.std()
