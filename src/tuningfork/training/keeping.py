"""Checkpoints: the whole state of a run in one file, written beside and renamed, read without unpickling."""

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import torch

from tuningfork.errors import DataError, TuningforkError

__all__ = ["read_state", "write_state"]

_FORMAT = 2  # 1 is what Lightning's trainer wrote
_PARTS = {"network", "beside", "averaged", "optimiser", "batches", "sums"}


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint; until all of it is on the disk the one before stays as it is.

    Raises
    ------
    TuningforkError
        It cannot be written, as on a full disk; nothing of it is left behind.
    """
    beside = path.with_suffix(".part")
    try:
        with beside.open("wb") as file:
            torch.save({"format": _FORMAT, **state}, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException as error:
        left = _free(path.parent)
        beside.unlink(missing_ok=True)
        if not isinstance(error, OSError | RuntimeError):  # torch makes some of the system's refusals its own
            raise
        raise TuningforkError(
            f"the checkpoint could not be written: {_reason(error, left)}",
            where=str(path),
            remedy="Free some space, then run the same command: it goes on from the checkpoint before"
            if path.exists()
            else "Free some space, then run the same command",
        ) from error


def read_state(path: Path) -> dict[str, Any]:
    """Read a checkpoint, also one that Lightning's trainer wrote; pickled code in it is never run.

    Raises
    ------
    DataError
        It is damaged, no checkpoint, or of a newer version.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch.load has no one kind of error for bad files
        raise DataError(
            "this checkpoint cannot be read", where=str(path), remedy="Remove it to begin the run again"
        ) from error
    if isinstance(state, dict) and "pytorch-lightning_version" in state:
        return _from_trainer(state)
    if not isinstance(state, dict) or not isinstance(state.get("format"), int):
        raise DataError("this is no checkpoint of a run", where=str(path))
    if state["format"] > _FORMAT:
        raise DataError(
            f"this checkpoint is of format {state['format']}, newer than the {_FORMAT} known here",
            where=str(path),
            remedy="Update tuningfork",
        )
    missing = sorted(_PARTS - state.keys())
    if missing:
        raise DataError(f"this checkpoint lacks {', '.join(missing)}", where=str(path))
    return state


def _from_trainer(state: dict[str, Any]) -> dict[str, Any]:
    """The end of an epoch, as runs kept it before there were checkpoints in mid-epoch."""

    def part(name: str) -> dict[str, Any]:
        start = f"{name}."
        return {k.removeprefix(start): v for k, v in state["state_dict"].items() if k.startswith(start)}

    return {
        **{name: part(name) for name in ("network", "beside", "averaged")},
        "optimiser": state["optimizer_states"][0],
        "batches": state["global_step"],
        "sums": {},
    }


def _reason(error: Exception, left: int | None) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if left is not None and left < 1 << 20:
        return os.strerror(errno.ENOSPC)
    return " ".join(str(error).split())[:200]


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
