"""Train a network to classify: frames in memory, random views, cross-entropy, a fixed number of steps."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.config import to_table
from tuningfork.errors import DataError
from tuningfork.tasks.classification.classifier import Classifier
from tuningfork.tasks.classification.frames import LabelledFrames, read_frames
from tuningfork.tasks.classification.held_out import HeldOut
from tuningfork.tasks.classification.settings import ClassifierSettings
from tuningfork.tasks.training_view import SIDE, TrainingView

if TYPE_CHECKING:
    from tuningfork.collection import Collection
    from tuningfork.encoders.facts import PixelFacts
    from tuningfork.encoders.preprocessing import Preprocessing

__all__ = ["train_classifier"]

_BANDS = 3


def train_classifier(
    collection: "Collection",
    rows: np.ndarray,
    labels: np.ndarray,
    settings: ClassifierSettings,
    out: str | Path,
    *,
    bands: Sequence[str] | None = None,
    held_out: tuple[np.ndarray, np.ndarray] | None = None,
    quiet: bool = False,
) -> Classifier:
    """Train a network, and the linear layer behind it, on some labelled galaxies.

    Each batch comes from shuffled passes through the galaxies; every view is turned, mirrored and cut anew.
    All galaxies are held in memory as small pictures of bytes.

    Parameters
    ----------
    collection : Collection
    rows, labels : ndarray
        (n,) rows of the collection, and their classes as text.
    settings : ClassifierSettings
    out : path
        The run's folder; the same call goes on from its checkpoint.
    bands : sequence of str, optional
        Which of the collection's bands to take.
    held_out : (ndarray, ndarray), optional
        Rows and labels of further galaxies: after every pass their macro-F1 is logged, as an early stop may
        want, and the weights of the best pass are those that come out.

    Returns
    -------
    Classifier
        With the averaged weights.

    Raises
    ------
    DataError
        Fewer than two classes, or no galaxy that can be read.
    """
    import torch

    from tuningfork.encoders.learning import fits_for_training
    from tuningfork.training import EngineSettings, RunFolder, fit

    classes, codes = np.unique(labels.astype(str), return_inverse=True)
    if len(classes) < 2:
        raise DataError(f"{len(classes)} class is nothing to tell apart", where=collection.name)
    learnt, fits = fits_for_training(settings.network, _BANDS, [collection], bands)
    view = TrainingView([collection], fits, max(SIDE, 2 * settings.size))
    frames = read_frames(view, rows, codes, max(SIDE, 2 * settings.size))
    preprocessing = _preprocessing(settings, frames)
    torch.manual_seed(settings.seed)
    network = _network(settings, len(classes))
    told = {**to_table(settings), "classes": classes.tolist(), "galaxies": len(frames.codes)}
    watched = HeldOut(collection, *held_out, Path(out) / "best.safetensors") if held_out else None
    by_pass = watched or settings.stop
    per_pass = min(max(1, len(frames.codes) // settings.batch), settings.steps) if by_pass else settings.steps

    def classifier(network: Any) -> Classifier:
        return _classifier(network, classes.tolist(), settings, preprocessing, learnt, frames)

    averaged = fit(
        network,
        _loss,
        lambda epoch: _batches(frames, settings, preprocessing, epoch, per_pass),
        per_pass,
        EngineSettings(
            epochs=max(1, settings.steps // per_pass),
            rate=settings.rate,
            warm_up=settings.warm_up * max(1, settings.steps // per_pass),
            weight_decay=settings.weight_decay,
            average=settings.average,
            precision=settings.precision,
            seed=settings.seed,
            stop=settings.stop,
        ),
        RunFolder(Path(out), told),
        quiet=quiet,
        judge=(lambda network: watched.judge(classifier(network))) if watched else None,
    )
    if watched:
        averaged.load_state_dict(watched.best())
    return classifier(averaged)


def _loss(network: Any, batch: Any) -> tuple[Any, dict[str, float]]:
    import torch.nn.functional as F

    x, codes = batch
    return F.cross_entropy(network(x).float(), codes), {}


def _network(settings: ClassifierSettings, classes: int) -> Any:
    import torch

    from tuningfork.encoders.starting import start_from
    from tuningfork.encoders.trainable import new_network

    network, dim, facts = new_network(settings.network)
    if settings.start:
        start_from(network, settings.start)
    if facts["network"] != "lvm":
        network.to(memory_format=torch.channels_last)  # half the time on a processor
    return torch.nn.Sequential(network, torch.nn.Linear(dim, classes))


def _preprocessing(settings: ClassifierSettings, frames: LabelledFrames) -> "Preprocessing":
    """What the classifier will see in use. A known encoder begins with its own scaling, taken in."""
    from tuningfork.encoders.preprocessing import Preprocessing

    mean, std = ((0.0,), (1.0,)) if settings.start else frames.scaling()
    return Preprocessing(settings.size, "galaxy", settings.zoom, _BANDS, False, mean, std)


def _batches(
    frames: LabelledFrames,
    settings: ClassifierSettings,
    preprocessing: "Preprocessing",
    epoch: int,
    count: int,
) -> Iterator[tuple[Any, Any]]:
    """The batches of one epoch of so many; passes through the galaxies go on from one to the next."""
    import torch

    from tuningfork.images.views import make_views

    n, wanted = len(frames.codes), settings.steps * settings.batch
    rng = np.random.default_rng(settings.seed)
    order = np.concatenate([rng.permutation(n) for _ in range(-(-wanted // n))])[:wanted]
    chance = torch.Generator().manual_seed(settings.seed + 1_000_003 * epoch)
    mean, std = (torch.tensor(v)[:, None, None] for v in (preprocessing.mean, preprocessing.std))
    for picks in order.reshape(-1, settings.batch)[epoch * count : (epoch + 1) * count]:
        x, _ = make_views(settings.views, frames.pixels[picks], frames.radii[picks], settings.size, chance)
        x = ((x - mean) / std).contiguous(memory_format=torch.channels_last)
        yield x, frames.codes[picks]


def _classifier(
    network: Any,
    classes: list[str],
    settings: ClassifierSettings,
    preprocessing: "Preprocessing",
    learnt: "PixelFacts",
    frames: LabelledFrames,
) -> Classifier:
    import torch

    from tuningfork.encoders.contract import Encoder, EncoderSpec
    from tuningfork.training import in_half

    # nothing is stored under this key: the classifier lives in memory
    spec = EncoderSpec(settings.network, "classifier", len(classes), (), preprocessing, learnt)
    here = next(network.parameters()).device.type  # while it is trained it stays where it is
    device = "cuda" if here == "cpu" and torch.cuda.is_available() else here
    half = in_half(settings.precision, device)
    return Classifier(tuple(classes), Encoder(spec, network).to(device), half, frames.left_out)
