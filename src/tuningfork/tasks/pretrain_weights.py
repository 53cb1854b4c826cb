"""The weights of a pre-training with their birth certificate: at its end, or from its last checkpoint."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuningfork import __version__
from tuningfork.config import to_table
from tuningfork.errors import DataError, UsageError, WeightsError
from tuningfork.files import write_atomically
from tuningfork.tasks.pretrain_presets import PretrainSettings
from tuningfork.tasks.training_view import TrainingView

if TYPE_CHECKING:
    from tuningfork.encoders.preprocessing import Preprocessing

__all__ = ["birth_of", "keep_birth", "preprocessing_of", "take_weights", "write_born"]

_LARGEST = 4_000_000  # bytes of a birth.json


def preprocessing_of(settings: PretrainSettings) -> "Preprocessing":
    """What the weights will be used with."""
    from tuningfork.encoders.preprocessing import Preprocessing

    return Preprocessing(
        size=settings.embed_size, window="galaxy", zoom=settings.zoom, bands=settings.channels or 3
    )


def birth_of(
    facts: dict[str, Any], settings: PretrainSettings, view: TrainingView, ids: str
) -> dict[str, Any]:
    """What the certificate says that is known when the training begins; ``facts`` build the network again."""
    return {
        **facts,
        "preprocessing": asdict(preprocessing_of(settings)),
        "objective": {"name": settings.objective, **to_table(settings)},
        "data": {
            "collections": [c.name for c in view.collections],
            "galaxies": len(view.row),
            "ids_sha256": ids,
        },
        "licence": "that of the data's terms; state it before you pass the weights on",
    }


def write_born(network: Any, birth: dict[str, Any], path: Path) -> None:
    """Write a network's numbers with the whole certificate."""
    from tuningfork.encoders.provenance import known_embedding
    from tuningfork.encoders.trainable import encoder_of
    from tuningfork.encoders.weights_file import contract_of, write_weights

    network = network.half().float()  # what the file will hold
    preprocessing, _ = contract_of(birth, str(path))
    certificate = {
        **birth,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": __version__,
        "known_embedding": known_embedding(encoder_of("file", network, birth, preprocessing, "")),
    }
    write_weights(path, network.state_dict(), certificate)


def take_weights(run: str | Path, out: str | Path | None = None) -> dict[str, Any]:
    """The averaged weights of a run's last checkpoint as a weights file; the run may go on meanwhile.

    For a run that stopped because its loss was no number, and for a look at one that has not ended.

    Parameters
    ----------
    run : path
        The run's folder.
    out : path, optional
        ``RUN/weights-BATCHES.safetensors`` when not given. Nothing is overwritten.

    Returns
    -------
    dict
        ``path``, ``bytes``, ``batches`` (learnt from until then).

    Raises
    ------
    UsageError
        No run that leaves weights is there, or the file is there already.
    DataError
        The checkpoint is missing, damaged or of another network.
    WeightsError
        A number of the average is not finite.
    """
    from tuningfork.encoders.trainable import empty_network, load_strictly
    from tuningfork.training.keeping import read_state
    from tuningfork.training.run_folder import BIRTH, CHECKPOINT

    folder = Path(run)
    birth_file, checkpoint = folder / BIRTH, folder / CHECKPOINT
    birth = _read_birth(birth_file)
    if not checkpoint.is_file():
        raise DataError("there is no checkpoint yet", where=str(folder))
    state = read_state(checkpoint)
    batches, tensors = int(state["batches"]), state["averaged"]
    path = Path(out) if out is not None else folder / f"weights-{batches}.safetensors"
    if path.suffix != ".safetensors":
        raise UsageError("weights are kept in .safetensors files", where=str(path))
    if path.exists():
        raise UsageError(
            "there is such a file already", where=str(path), remedy="Name another one with --out"
        )
    network = empty_network(birth, birth_file)
    load_strictly(network, tensors, checkpoint)
    broken = [name for name, t in tensors.items() if t.is_floating_point() and not t.isfinite().all()]
    if broken:
        raise WeightsError(f"not finite numbers in {', '.join(broken[:3])}", where=str(checkpoint))
    write_born(network.eval(), {**birth, "unfinished": {"batches": batches}}, path)
    return {"path": str(path), "bytes": path.stat().st_size, "batches": batches}


def keep_birth(path: Path, birth: dict[str, Any]) -> None:
    """Write what `take_weights` needs."""
    write_atomically(path, json.dumps(birth, indent=1, sort_keys=True) + "\n")


def _read_birth(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise UsageError(
            "no pre-training that tells what its weights are",
            where=str(path.parent),
            remedy="Name a run's folder. One begun with an older version: give its command again, it goes on",
        )
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("too large")
        birth = json.loads(path.read_text(encoding="utf-8"))
        lacking = [k for k in ("network", "shape", "preprocessing", "objective", "data") if k not in birth]
        if lacking or not isinstance(birth, dict):
            raise ValueError(f"lacks {', '.join(lacking)}")
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise DataError(f"cannot be read ({error})", where=str(path)) from error
    return birth
