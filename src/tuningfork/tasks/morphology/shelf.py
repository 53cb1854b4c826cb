"""Models by name: those in the package and in the user's cache, any file, what a training left in its run
folder."""

import os
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuningfork.encoders.weights_file import contract_of, read_certificate
from tuningfork.errors import TuningforkError, UnknownNameError, WeightsError

if TYPE_CHECKING:
    from tuningfork.tasks.morphology.model import Model
    from tuningfork.tasks.morphology.vote_model import VoteModel

__all__ = [
    "ANSWERING",
    "find_model",
    "is_model",
    "list_models",
    "load_model",
    "load_predictor",
    "model_info",
    "verify_model",
]

ANSWERING = ("model", "votes")
"""The kinds of files that `tuningfork predict` takes."""


_ENDING = ".safetensors"
_IN_RUN = "model.safetensors"


def load_model(name_or_path: str | Path) -> "Model":
    """The model of that name, file or run folder. Raises as `find_model` does, and `WeightsError`."""
    from tuningfork.tasks.morphology.model_file import load_file

    path = find_model(name_or_path)
    return load_file(path, _called(path))


def load_predictor(name_or_path: str | Path) -> "Model | VoteModel":
    """A model of classes or a network of votes, whichever is there; raises as `load_model`."""
    from tuningfork.tasks.morphology.vote_model_file import load_votes

    path = find_model(name_or_path)
    if read_certificate(path, None).get("kind") == "votes":
        return load_votes(path, _called(path))
    return load_model(path)


def find_model(name_or_path: str | Path) -> Path:
    """Where a model lies.

    Parameters
    ----------
    name_or_path : str or Path
        A name of `list_models`, a ``.safetensors`` file (``file:`` before it is allowed), or the folder of a
        run, which holds ``model.safetensors``.

    Raises
    ------
    UnknownNameError
        Nothing of that name.
    WeightsError
        A file that is not there, or a run folder without a model.
    """
    text = str(name_or_path).removeprefix("file:")
    known = _named()
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
    error.args = (f"{error}. A model's file or a run's folder can be named too",)
    raise error


def is_model(name: str, kinds: tuple[str, ...] = ("model",)) -> bool:
    """Whether a name or file means a model; False for encoders and for whatever cannot be read.

    With `ANSWERING` a network of votes is one as well.
    """
    try:
        return read_certificate(find_model(name), None).get("kind") in kinds
    except TuningforkError:
        return False


def list_models() -> dict[str, str]:
    """Name -> what it tells apart, of the package's models and the cache's."""
    return {name: _line(path) for name, path in _named().items()}


def model_info(name: str) -> dict[str, Any]:
    """The birth certificate of a model, where its file lies and which stamps it takes, in words."""
    path = find_model(name)
    kind = "votes" if is_model(str(path), ("votes",)) else "model"
    certificate = read_certificate(path, kind)
    preprocessing, learnt_from = contract_of(certificate, str(path))
    return {
        "name": _called(path),
        "path": str(path),
        "bytes": path.stat().st_size,
        "takes": learnt_from.in_words() if learnt_from else "pictures; bands by place",
        "makes": preprocessing.in_words(),
        **certificate,
    }


def verify_model(name: str) -> dict[str, Any]:
    """Check a model's file whole: certificate, hash of the tensors, fit, and what it says of a known picture.

    Returns
    -------
    dict
        ``name``, ``path``, ``whole`` (bool), ``problem`` (str or None).
    """
    from tuningfork.encoders.provenance import agree, known_embedding

    path = find_model(name)
    found = {"name": name, "path": str(path), "whole": True, "problem": None}
    try:
        model = load_predictor(path)
        known = model.facts.get("known_prediction")
        if known and not agree(known, known_embedding(model.encoder)):
            raise WeightsError(
                "it judges the known picture differently than when it was made", where=str(path)
            )
    except TuningforkError as error:
        return {**found, "whole": False, "problem": str(error)}
    return found


def _named() -> dict[str, Path]:
    """Name -> file; a name of the package wins."""
    found: dict[str, Path] = {}
    for folder in (_of_user(), Path(str(files("tuningfork.tasks.morphology") / "models"))):
        if folder.is_dir():
            found |= {file.stem: file for file in sorted(folder.glob(f"*{_ENDING}"))}
    return found


def _of_user() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tuningfork" / "models"


def _called(path: Path) -> str:
    return path.resolve().parent.name if path.name == _IN_RUN else path.stem


def _line(path: Path) -> str:
    try:
        certificate = read_certificate(path, None)
        told = certificate.get("classes", certificate.get("outputs"))
        classes = told if isinstance(told, list) else []
        return f"tells {', '.join(map(str, classes[:8]))}{', ...' if len(classes) > 8 else ''}"
    except TuningforkError as error:
        return f"cannot be used: {error}"
