"""Where trained models lie: those of the package and of the user's cache by name, any file, what a training
left in its run folder."""

import os
from importlib.resources import files
from pathlib import Path

from tuningfork.errors import UnknownNameError, WeightsError

__all__ = ["called", "find_model", "named_models"]

_ENDING = ".safetensors"
_IN_RUN = "model.safetensors"


def find_model(name_or_path: str | Path) -> Path:
    """Where a model lies.

    Parameters
    ----------
    name_or_path : str or Path
        A name of `named_models`, a ``.safetensors`` file, or the folder of a run, which holds
        ``model.safetensors``; ``file:`` or ``model:`` may stand before it.

    Raises
    ------
    UnknownNameError
        Nothing of that name.
    WeightsError
        A file that is not there, or a run folder without a model.
    """
    text = str(name_or_path).removeprefix("model:").removeprefix("file:")
    known = named_models()
    if text in known:
        return known[text]
    path = Path(text).expanduser()
    if path.is_dir():
        if (path / _IN_RUN).is_file():
            return path / _IN_RUN
        raise WeightsError(
            f"this folder holds no {_IN_RUN}",
            where=text,
            remedy="Finish its training with the same command, or name a model: tuningfork weights list",
        )
    if path.suffix == _ENDING or "/" in text:
        if path.is_file():
            return path
        raise WeightsError("there is no such file", where=text)
    error = UnknownNameError("model", text, known)
    error.args = (
        f"{error}{'' if str(error).endswith('?') else '.'} A model's file or a run's folder will do too",
    )
    raise error


def named_models() -> dict[str, Path]:
    """Name -> file; a name of the package wins."""
    found: dict[str, Path] = {}
    for folder in (_of_user(), Path(str(files("tuningfork.encoders") / "weights" / "models"))):
        if folder.is_dir():
            found |= {file.stem: file for file in sorted(folder.glob(f"*{_ENDING}"))}
    return found


def called(path: Path) -> str:
    """The name of a model by its file: that of the run's folder where it lies in one."""
    return path.resolve().parent.name if path.name == _IN_RUN else path.stem


def _of_user() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tuningfork" / "models"
