"""Models by name: loaded, listed, told of and checked."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuningfork.encoders.model_files import called, find_model, named_models
from tuningfork.encoders.weights_file import contract_of, read_certificate
from tuningfork.errors import TuningforkError, WeightsError

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


def load_model(name_or_path: str | Path) -> "Model":
    """The model of that name, file or run folder. Raises as `find_model` does, and `WeightsError`."""
    from tuningfork.tasks.morphology.model_file import load_file

    path = find_model(name_or_path)
    return load_file(path, called(path))


def load_predictor(name_or_path: str | Path) -> "Model | VoteModel":
    """A model of classes or a network of votes, whichever is there; raises as `load_model`."""
    from tuningfork.tasks.morphology.vote_model_file import load_votes

    path = find_model(name_or_path)
    if read_certificate(path, None).get("kind") == "votes":
        return load_votes(path, called(path))
    return load_model(path)


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
    return {name: _line(path) for name, path in named_models().items()}


def model_info(name: str) -> dict[str, Any]:
    """The birth certificate of a model, where its file lies and which stamps it takes, in words."""
    path = find_model(name)
    kind = "votes" if is_model(str(path), ("votes",)) else "model"
    certificate = read_certificate(path, kind)
    preprocessing, learnt_from = contract_of(certificate, str(path))
    return {
        "name": called(path),
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


def _line(path: Path) -> str:
    try:
        certificate = read_certificate(path, None)
        if isinstance(outputs := certificate.get("outputs"), list):
            return _of_votes(certificate, [str(name) for name in outputs])
        told = certificate.get("classes")
        classes = told if isinstance(told, list) else []
        return f"tells {', '.join(map(str, classes[:8]))}{', ...' if len(classes) > 8 else ''}"
    except TuningforkError as error:
        return f"cannot be used: {error}"


def _of_votes(certificate: dict[str, Any], outputs: list[str]) -> str:
    questions = len({name.partition(".")[0] for name in outputs})
    what = "yes or no" if certificate.get("target") == "labels" else "shares of votes"
    about = str(certificate.get("about", ""))[:40]
    return f"foretells {what}: {len(outputs)} answers, {questions} questions{about and f' of {about}'}"
