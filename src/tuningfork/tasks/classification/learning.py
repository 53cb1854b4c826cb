"""Train a network with a head on galaxies with known answers: frames in memory, random views."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.config import to_table
from tuningfork.tasks.classification.fitting import Fitting, encoder_with, head_first
from tuningfork.tasks.classification.frames import LabelledFrames, read_frames
from tuningfork.tasks.classification.settings import ClassifierSettings
from tuningfork.tasks.classification.targets import Target
from tuningfork.tasks.training_view import SIDE, TrainingView

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.encoders.contract import Encoder
    from tuningfork.encoders.facts import PixelFacts
    from tuningfork.encoders.preprocessing import Preprocessing
    from tuningfork.tasks.classification.taught import Taught

__all__ = ["Learnt", "learn"]


@dataclass(frozen=True)
class Learnt:
    """What a training gave.

    Parameters
    ----------
    network : Encoder
        Its embedding are the outputs.
    half : bool
        Whether it runs in bf16.
    facts : dict
        What a weights file must say to build it again.
    left_out : tuple of (int, str)
        Row and reason of galaxies that could not be read.
    kept : tuple of (float, Path)
        Score and weights of the best passes, the best one first.
    """

    network: "Encoder"
    half: bool
    facts: dict[str, Any]
    left_out: tuple[tuple[int, str], ...]
    kept: tuple[tuple[float, Path], ...] = ()


def learn(  # noqa: PLR0913 - what is learnt from, what is learnt, how, and where to
    collection: "Collection",
    rows: np.ndarray,
    wanted: np.ndarray,
    target: Target,
    settings: ClassifierSettings,
    out: str | Path,
    *,
    bands: Sequence[str] | None = None,
    held_out: tuple[np.ndarray, np.ndarray] | None = None,
    preprocessing: "Preprocessing | None" = None,
    taught: "Taught | None" = None,
    told: dict[str, Any] | None = None,
    quiet: bool = False,
) -> Learnt:
    """Train a network, and the linear layer behind it, on some galaxies with known answers.

    Parameters
    ----------
    collection : Collection
    rows, wanted : ndarray
        (n,) rows of the collection, and (n,) or (n, M) of what the target compares with.
    target : Target
    settings : ClassifierSettings
        With ``head`` the last layer learns alone first, in the folder ``head`` of the run.
    out : path
        The run's folder; the same call goes on from its checkpoint.
    bands : sequence of str, optional
        Which of the collection's bands to take.
    held_out : (ndarray, ndarray), optional
        Rows and answers of further galaxies: they are judged after every pass, and the weights of the best
        pass are those that come out.
    preprocessing : Preprocessing, optional
        That of another network that this one will stand beside; by default scaled to these galaxies.
    taught : Taught, optional
        Further galaxies, of which teachers say how likely the target's outputs are. Half of every batch.
    told : dict, optional
        What the run's file says besides the settings.

    Raises
    ------
    DataError
        No galaxy can be read.
    EmbeddingError
        The pixels do not fit the weights that are begun with; the remedy is said.
    """
    import torch

    from tuningfork.tasks.classification.beforehand import made_beforehand
    from tuningfork.tasks.classification.topped import new_topped
    from tuningfork.training import suited_precision

    frame = max(SIDE, 2 * settings.size)
    every = [collection, *(taught.collections if taught else ())]
    learnt, fits = _fits(settings, every, bands)
    view = TrainingView(every, fits, frame)
    frames = read_frames(view, rows, wanted, frame)
    if taught:
        frames = _and_taught(frames, taught, view, target, settings)
    torch.manual_seed(settings.seed)
    network, facts, scaling = new_topped(settings, len(target.outputs), frames.pixels.shape[1])
    preprocessing = preprocessing or _preprocessing(settings, frames, scaling)
    made = made_beforehand(frames, settings, Path(out))  # for both parts of the training
    said = {**to_table(settings), **(told or {}), "galaxies": len(frames)}
    settings = replace(settings, precision=suited_precision(network, settings.precision))
    run = Fitting(collection, view, made, target, settings, preprocessing, learnt)
    if settings.head:
        head_first(run, network, settings, Path(out), held_out, said, quiet)
    kept = run.fit(network, Path(out), held_out, said, quiet)
    for views in Path(out).glob("views-*.npy"):
        views.unlink()
    encoder, half = encoder_with(network, settings, preprocessing, learnt, len(target.outputs))
    return Learnt(encoder, half, facts, frames.left_out, tuple(kept))


def _and_taught(
    frames: LabelledFrames,
    taught: "Taught",
    view: TrainingView,
    target: Target,
    settings: ClassifierSettings,
) -> LabelledFrames:
    """With the pictures of taught galaxies, which stand behind the labelled collection in the view."""
    from tuningfork.tasks.classification.taught import with_taught

    outputs = tuple(target.outputs)
    picks = np.concatenate(
        [np.flatnonzero(view.owner == k)[rows] for k, rows in enumerate(taught.rows, start=1)]
    )
    further = read_frames(view, picks, taught.of(outputs), max(SIDE, 2 * settings.size))
    return with_taught(frames, further, len(outputs), settings.sampling, settings.smoothing or 0.0)


def _fits(
    settings: ClassifierSettings, collections: "Sequence[Collection]", bands: Sequence[str] | None
) -> tuple["PixelFacts", list[Any]]:
    """The contract of the network to come, and how stamps become its input.

    Weights that learnt from flux through a stretch go on to get it so; pixels that do not fit are refused.
    """
    from tuningfork.embeddings.prepare import fit_for
    from tuningfork.encoders.learning import bands_for_training, fits_for_training
    from tuningfork.encoders.names import load_encoder

    start = load_encoder(settings.start) if settings.start else None
    count = bands_for_training(collections, bands, start.spec if start else None)
    if start is not None and count == start.spec.bands:
        learnt = start.spec.learnt_from
        if learnt is not None and learnt.is_flux:
            return learnt, [fit_for(collection, start, bands) for collection in collections]
    return fits_for_training(settings.network, count, collections, bands, start=start.spec if start else None)


def _preprocessing(
    settings: ClassifierSettings, frames: LabelledFrames, scaling: "Preprocessing | None"
) -> "Preprocessing":
    """What the network will see in use; one that begins with known weights has its own scaling."""
    from tuningfork.encoders.preprocessing import Preprocessing

    window = settings.window or "galaxy"
    if scaling is not None:
        return replace(scaling, size=settings.size, window=window, zoom=settings.zoom)
    mean, std = ((0.0,), (1.0,)) if settings.start else frames.scaling()
    return Preprocessing(settings.size, window, settings.zoom, frames.pixels.shape[1], False, mean, std)
