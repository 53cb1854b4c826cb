"""Pre-training: a network of the LVM family learns the sky from collections that nobody has labelled."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork import __version__
from tuningfork.config import to_table
from tuningfork.errors import DataError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from tuningfork.collection import Collection

__all__ = ["PRESETS", "PretrainSettings", "pretrain"]

_SIDE = 132  # stamps are brought to this side before views are cut from them


@dataclass(frozen=True)
class PretrainSettings:
    """One way to pre-train, whole."""

    network: str = "lvm-tiny"
    objective: str = "contrastive+reconstruction"
    size: int = 64  # side of a view in pixels while training
    embed_size: int = 96  # side that the weights will be used at
    zoom: float = 1.2  # half the field of view in use, in radii of the galaxy
    batch: int = 384
    drop_path: float = 0.05
    epochs: int = 26
    rate: float = 1.2e-3
    seed: int = 0


PRESETS: dict[str, PretrainSettings] = {
    "lvm-tiny": PretrainSettings(),
    "lvm-tiny-quick": PretrainSettings(batch=64, epochs=2),
}


@dataclass
class _View:
    """The galaxies of several collections as one list of (collection, row)."""

    collections: list["Collection"]
    owner: np.ndarray = field(init=False)
    row: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        sizes = [len(c) for c in self.collections]
        self.owner = np.repeat(np.arange(len(sizes)), sizes)
        self.row = np.concatenate([np.arange(n) for n in sizes])

    def keep(self, mask: np.ndarray) -> None:
        self.owner, self.row = self.owner[mask], self.row[mask]

    def stamps(self, picks: np.ndarray) -> list[np.ndarray]:
        """Pixels of the picked galaxies, in order, encoded or unit."""
        from tuningfork.images.stretch import to_unit

        out: list[Any] = [None] * len(picks)
        for number, collection in enumerate(self.collections):
            mine = np.nonzero(self.owner[picks] == number)[0]
            for place, stamp in zip(
                mine, collection.pixels(self.row[picks[mine]], shortest=_SIDE), strict=True
            ):
                out[place] = to_unit(stamp, collection.stretch) if stamp.dtype.kind == "f" else stamp
        return out

    def ids_hash(self) -> str:
        digest = hashlib.sha256()
        for number, collection in enumerate(self.collections):
            for name in sorted(collection.ids(self.row[self.owner == number])):
                digest.update(f"{collection.name}/{name}\n".encode())
        return digest.hexdigest()


def pretrain(
    collections: Sequence["Collection"],
    out: str | Path,
    *,
    preset: str = "lvm-tiny",
    objective: str | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    leave_out: tuple[str, str] | None = None,
    quiet: bool = False,
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
    objective, epochs, seed : optional
        Instead of the preset's.
    leave_out : (str, str), optional
        Column and value of galaxies to leave out, as ("split", "val"); collections without that
        column are kept whole.

    Returns
    -------
    Path
        ``weights.safetensors`` in the run's folder; use it as ``file:PATH``.
    """
    from tuningfork.files import only_writer

    settings = _resolve(preset, objective, epochs, seed)
    view = _View(list(collections))
    if leave_out:
        view.keep(_not_left_out(view, *leave_out))
    if len(view.row) < 2 * settings.batch:
        raise DataError(
            f"{len(view.row)} galaxies are too few for batches of {settings.batch}",
            remedy="Give more collections, or another preset",
        )
    with only_writer(Path(out), "pre-training"):
        return _train(view, settings, Path(out), quiet)


def _train(view: _View, settings: PretrainSettings, out: Path, quiet: bool) -> Path:
    import torch

    from tuningfork.encoders.lvm.family import LVM, SHAPES
    from tuningfork.objectives import objectives
    from tuningfork.training import EngineSettings, RunFolder, fit

    ids = view.ids_hash()
    run = RunFolder(out, {**to_table(settings), "galaxies": len(view.row), "ids_sha256": ids})
    torch.manual_seed(settings.seed)
    shape = type(SHAPES[settings.network])(
        **{**asdict(SHAPES[settings.network]), "drop_path": settings.drop_path}
    )
    network = LVM(shape)
    objective = objectives.get(settings.objective)(shape.dim)
    averaged = fit(
        network,
        lambda net, batch: objective(net, *batch),
        lambda epoch: _batches(view, settings, epoch),
        len(view.row) // settings.batch,
        EngineSettings(epochs=settings.epochs, rate=settings.rate, seed=settings.seed),
        run,
        beside=objective if isinstance(objective, torch.nn.Module) else None,
        quiet=quiet,
    )
    _write(averaged, shape, settings, view, ids, run)
    run.finish()
    return run.weights


def _batches(view: _View, settings: PretrainSettings, epoch: int) -> Iterator[tuple[Any, Any, Any]]:
    """Two views and the clean window of every galaxy, in an order and with chances fixed by seed and epoch."""
    import torch

    from tuningfork.images.augment import ViewSettings, random_views

    order = np.random.default_rng([settings.seed, epoch]).permutation(len(view.row))
    chance = torch.Generator().manual_seed(settings.seed * 1_000_003 + epoch)
    for start in range(0, len(order) - settings.batch + 1, settings.batch):
        pixels, radii = _frames(view.stamps(order[start : start + settings.batch]))
        one, clean = random_views(pixels, radii, settings.size, ViewSettings(), chance)
        other, _ = random_views(pixels, radii, settings.size, ViewSettings(), chance)
        yield one, other, clean


def _frames(stamps: list[np.ndarray]) -> tuple[Any, Any]:
    """Stamps of any size as one uint8 batch ``[N, 3, 132, 132]``, and the galaxies' radii."""
    import cv2
    import torch

    from tuningfork.encoders.preprocessing import as_bands
    from tuningfork.images.extent import galaxy_radius

    frames = np.empty((len(stamps), _SIDE, _SIDE, 3), np.uint8)
    radii = np.empty(len(stamps), np.float32)
    for number, stamp in enumerate(stamps):
        radii[number] = galaxy_radius(stamp)
        side = min(stamp.shape[:2])
        top, left = (stamp.shape[0] - side) // 2, (stamp.shape[1] - side) // 2
        square = as_bands(stamp[top : top + side, left : left + side], 3)
        if square.dtype != np.uint8:
            square = (square * (255 if square.dtype.kind == "f" else 1 / 257)).round().astype(np.uint8)
        method = cv2.INTER_AREA if side > _SIDE else cv2.INTER_LINEAR
        frames[number] = cv2.resize(square, (_SIDE, _SIDE), interpolation=method)
    return torch.from_numpy(np.ascontiguousarray(frames.transpose(0, 3, 1, 2))), torch.from_numpy(radii)


def _write(network: Any, shape: Any, settings: PretrainSettings, view: _View, ids: str, run: Any) -> None:
    from tuningfork.encoders.lvm.family import encoder_of
    from tuningfork.encoders.preprocessing import Preprocessing
    from tuningfork.encoders.provenance import known_embedding
    from tuningfork.encoders.weights_file import write_weights

    preprocessing = Preprocessing(size=settings.embed_size, window="galaxy", zoom=settings.zoom)
    network = network.half().float()  # what the file will hold
    certificate = {
        "network": "lvm",
        "shape": asdict(shape),
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
        "known_embedding": known_embedding(encoder_of("file", network, shape, preprocessing, "")),
    }
    write_weights(run.weights, network.state_dict(), certificate)


def _resolve(preset: str, objective: str | None, epochs: int | None, seed: int | None) -> PretrainSettings:
    from tuningfork.objectives import objectives

    if preset not in PRESETS:
        raise UnknownNameError("preset", preset, PRESETS)
    if objective is not None:
        objectives.get(objective)  # refuses an unknown one before anything is read
    if epochs is not None and epochs < 1:
        raise UsageError(f"epochs must be at least 1, not {epochs}")
    changed = {"objective": objective, "epochs": epochs, "seed": seed}
    return PretrainSettings(
        **{**asdict(PRESETS[preset]), **{k: v for k, v in changed.items() if v is not None}}
    )


def _not_left_out(view: _View, column: str, value: str) -> np.ndarray:
    keep = np.ones(len(view.row), bool)
    for number, collection in enumerate(view.collections):
        if column in collection.columns:
            values = collection.catalogue(columns=[column])[column].to_pylist()
            keep[view.owner == number] = [str(v) != value for v in values]
    return keep
