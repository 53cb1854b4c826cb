"""Models at rest: one safetensors file with a birth certificate, read as suspiciously as any weights file."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar

from tuningfork.config import to_table
from tuningfork.encoders.contract import Encoder, EncoderSpec
from tuningfork.encoders.provenance import known_embedding
from tuningfork.encoders.weights_file import contract_of, read_weights, write_weights
from tuningfork.errors import UsageError, WeightsError
from tuningfork.tasks.morphology.bodies import built_of, member_module, member_tensors
from tuningfork.tasks.morphology.combining import Member
from tuningfork.tasks.morphology.familiarity_file import (
    familiar_line,
    familiar_tensors,
    without_familiarity,
)
from tuningfork.tasks.morphology.model import Model, check_classes
from tuningfork.tasks.morphology.storing import MOST_LOSS, halved, lost, lost_before, on_made_galaxies

__all__ = ["TOLD", "as_stored", "certified", "ids_hash", "load_file", "save_model"]

TOLD = ("licence", "data", "split", "evaluation")  # what a certificate has to tell of a model's birth
T = TypeVar("T")


def save_model(path: Path | str, model: Model, certificate: dict[str, Any], *, exact: bool = False) -> Path:
    """Write a model with its birth certificate.

    Numbers are stored in half precision. The certificate says what that changes: the largest difference of a
    probability on twelve made galaxies. Where it is above 0.01 all are kept as they are.

    Parameters
    ----------
    path : path
        A ``.safetensors`` file; written beside, then renamed.
    model : Model
        Its ``facts`` go into the certificate too.
    certificate : dict
        ``licence`` (text), ``data`` (what it learnt from: ``galaxies``, ``ids_sha256`` of `ids_hash`, ...),
        ``split`` (name and hash of the split file, or {}), ``evaluation`` (numbers, and on what);
        ``stretches``, the flux stretches of the training collections, where the pictures came from flux; and
        whatever else a reader should know.
    exact : bool
        Keep every number's own precision.

    Raises
    ------
    UsageError
        When one of the four is not told, or a network cannot be kept.
    """
    path = Path(path)
    told = {**model.facts, **certificate}
    lacking = [name for name in TOLD if name not in told]
    if lacking:
        raise UsageError(f"the certificate lacks {', '.join(lacking)}", where=str(path))
    if path.suffix != ".safetensors":
        raise UsageError("a model is a safetensors file", where=str(path), remedy="End in .safetensors")
    kept = [member_tensors(member) for member in model.members]
    loss = 0.0 if exact else _difference(model, _halved(model, kept))
    exact = exact or loss > MOST_LOSS
    loss = 0.0 if exact else max(loss, lost_before(told))
    spec = model.members[0].encoder.spec
    full = {
        **told,
        "kind": "model",
        "classes": list(model.classes),
        "groups": {group: list(names) for group, names in model.groups.items()},
        "combination": _in_words(model),
        "members": [{**built_of(m), "answers": list(m.answers), "group": m.group} for m in model.members],
        "preprocessing": asdict(spec.preprocessing),
        "temperature": model.temperature,
        "qhat": model.qhat,
        "abstain": model.abstain,
        "familiarity": familiar_line(model.familiarity),
        "storage": {"precision": "own" if exact else "float16", "largest_difference": loss},
        "known_prediction": known_embedding(model.encoder),
    }
    if spec.learnt_from is not None:
        full["learnt_from"] = to_table(spec.learnt_from)
    tensors = {f"{k}.{name}": t for k, every in enumerate(kept) for name, t in every.items()}
    tensors |= familiar_tensors(model.familiarity)
    write_weights(path, tensors, full, exact=exact)
    return path


def load_file(path: Path, name: str | None = None) -> Model:
    """The model of a file.

    Raises
    ------
    WeightsError
        The file is absent, damaged, of a newer format or of another kind, its certificate lacks something or
        holds what cannot be, or a tensor is missing, left over or of another shape.
    """
    return certified(path, "model", lambda *read: _model(*read, path, name or path.stem))


def certified(path: Path, kind: str, build: Callable[[dict[str, Any], dict[str, Any]], T]) -> T:
    """What ``build(tensors, certificate)`` makes of a file of that kind; whatever it trips over is a fault of
    the certificate, as a `WeightsError`."""
    tensors, certificate = read_weights(path, kind)
    try:
        return build(tensors, certificate)
    except (UsageError, TypeError, KeyError, ValueError, AttributeError, IndexError) as error:
        said = error.what if isinstance(error, UsageError) else f"{type(error).__name__}: {error}"
        raise WeightsError(
            f"its certificate cannot be used ({said:.200})", where=str(path), remedy="Fetch it again"
        ) from error


def ids_hash(ids: Any) -> str:
    """SHA-256 over sorted ids, as weights and split files name a set of galaxies."""
    import hashlib

    return hashlib.sha256("\n".join(sorted(str(i) for i in ids)).encode()).hexdigest()


def _model(tensors: dict[str, Any], certificate: dict[str, Any], path: Path, name: str) -> Model:
    if not isinstance(certificate["classes"], list):
        raise UsageError("there is no list of classes")
    classes = tuple(certificate["classes"])
    check_classes(classes)
    groups = {str(g): tuple(names) for g, names in certificate.get("groups", {}).items()}
    preprocessing, learnt_from = contract_of(certificate, str(path))
    told = certificate["members"]
    if not isinstance(told, list) or not 1 <= len(told) <= 64:
        raise UsageError("it names no networks, or too many")
    dims = [int(each["dim"]) for each in told if not each.get("group")]
    tensors, measure = without_familiarity(tensors, len(classes), dims)
    known = {f"{k}." for k in range(len(told))}
    left_over = [key for key in tensors if key.partition(".")[0] + "." not in known]
    if left_over:
        raise UsageError(f"tensors of no network: {', '.join(map(ascii, left_over[:3]))}")
    members = []
    for number, each in enumerate(told):
        answers = tuple(each["answers"])
        start = f"{number}."
        own = {key.removeprefix(start): t for key, t in tensors.items() if key.startswith(start)}
        built = {"network": each["network"], "shape": each["shape"], "dim": int(each["dim"])}
        network = member_module(built, len(answers), own, path)
        spec = EncoderSpec(name, name, len(answers), (), preprocessing, learnt_from)
        members.append(Member(Encoder(spec, network), answers, str(each.get("group", "")), built))
    facts = {k: v for k, v in certificate.items() if k not in ("members", "classes", "groups")}
    return Model(
        classes,
        tuple(members),
        groups,
        float(certificate["temperature"]),
        _thresholds(certificate, "qhat"),
        _thresholds(certificate, "abstain"),
        facts,
        name,
        measure,
    )


def _thresholds(certificate: dict[str, Any], name: str) -> dict[str, float]:
    return {str(key): float(value) for key, value in certificate.get(name, {}).items()}


def _in_words(model: Model) -> str:
    if model.groups:
        return "HIWL: p(class) = p(group) p(class | group), members of a stage averaged"
    return "mean of members" if len(model.members) > 1 else "one network"


def as_stored(model: Model) -> Model:
    """The model that `load_file` gives of what `save_model` writes: its numbers in half precision, where that
    moves no probability by more than 0.01.

    What is judged and calibrated shall be the model that is kept.
    """
    stored = _halved(model, [member_tensors(member) for member in model.members])
    loss = _difference(model, stored)
    if loss > MOST_LOSS:
        return model
    return replace(stored, facts={**stored.facts, "storage": {"largest_difference": loss}})


def _halved(model: Model, kept: list[dict[str, Any]]) -> Model:
    """The model with the numbers of its file."""
    pairs = zip(model.members, kept, strict=True)
    return replace(model, networks=tuple(halved(member, own, Path(model.name)) for member, own in pairs))


def _difference(ours: Model, theirs: Model) -> float:
    return lost(on_made_galaxies(ours.encoder), on_made_galaxies(theirs.encoder))
