"""Pre-training: a network of the LVM family learns the sky from collections that nobody has labelled."""

from collections.abc import Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork import __version__
from tuningfork.config import from_table, to_table
from tuningfork.errors import DataError, UnknownNameError, UsageError
from tuningfork.tasks.pretrain_presets import PRESETS, PretrainSettings
from tuningfork.tasks.training_view import SIDE, TrainingView, frames_of

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.encoders.facts import PixelFacts
    from tuningfork.encoders.preprocessing import Preprocessing

__all__ = ["PRESETS", "PretrainSettings", "pretrain"]

_BANDS = 3  # of every network that can be trained so far


def pretrain(
    collections: Sequence["Collection"],
    out: str | Path,
    *,
    preset: str = "lvm-tiny",
    leave_out: tuple[str, str] | None = None,
    leave_out_ids: Sequence[Container[str]] | None = None,
    quiet: bool = False,
    **instead: str | float | Sequence[str] | None,
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
    leave_out_ids : sequence of containers of str, optional
        For each collection the ids of galaxies to leave out as well.
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
    if leave_out_ids:
        view.leave_out_ids(leave_out_ids)
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
    network, dim, facts = new_network(settings.network, settings.drop_path, **settings.switches)
    if settings.start:
        start_from(network, settings.start)
    if facts["network"] == "timm":
        network.to(memory_format=torch.channels_last)  # half the time on a processor
    targets = _targets(view, settings, dim, quiet) if settings.teacher else None
    objective = objectives.get(settings.objective)(network, dim, _BANDS)
    averaged = fit(
        network,
        objective,
        lambda epoch: _one_ahead(_batches(view, settings, epoch, targets)),
        len(view.row) // settings.batch,
        EngineSettings(
            epochs=settings.epochs,
            rate=settings.rate,
            warm_up=2.0 if settings.warm_up is None else settings.warm_up,
            optimiser=settings.optimiser or "adamw",
            precision=settings.precision,
            seed=settings.seed,
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

    from tuningfork.images.views import make_views
    from tuningfork.objectives import Views, needs_of

    needs = needs_of(settings.objective)
    order = np.random.default_rng([settings.seed, epoch]).permutation(len(view.row))
    chance = torch.Generator().manual_seed(settings.seed * 1_000_003 + epoch)
    for start in range(0, len(order) - settings.batch + 1, settings.batch):
        picks = order[start : start + settings.batch]
        pixels, radii = frames_of(view.stamps(picks), settings.frame or SIDE)
        one, clean = make_views(needs.views, pixels, radii, settings.size, chance)
        other = make_views(needs.views, pixels, radii, settings.size, chance)[0] if needs.pairs else one
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
    from tuningfork.objectives import needs_of, objectives

    if preset not in PRESETS:
        raise UnknownNameError("preset", preset, PRESETS)
    changed = {key: value for key, value in given.items() if value is not None}
    settings = from_table(PretrainSettings, {**asdict(PRESETS[preset]), **changed})
    needs = needs_of(settings.objective)
    if settings.epochs < 1:
        raise UsageError(f"epochs must be at least 1, not {settings.epochs}")
    if needs.teacher != (settings.teacher is not None):
        raise UsageError("distillation, and it alone, wants a teacher", remedy="Give --teacher ENCODER")
    if settings.network.startswith("timm:") and needs.decoder:
        fitting = ", ".join(name for name in objectives if not needs_of(name).decoder)
        raise UsageError(f"{settings.network} has no decoder", remedy=f"Its objective is one of {fitting}")
    if settings.network.startswith("timm:") and settings.switches:
        raise UsageError(f"{settings.network} has no {', '.join(settings.switches)}")
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
