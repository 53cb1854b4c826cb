"""Networks of votes at rest: one safetensors file with a birth certificate, as models of classes."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tuningfork.config import to_table
from tuningfork.encoders.contract import Encoder, EncoderSpec
from tuningfork.encoders.provenance import known_embedding
from tuningfork.encoders.weights_file import contract_of, write_weights
from tuningfork.errors import UsageError
from tuningfork.tasks.morphology.bodies import built_of, member_module, member_tensors
from tuningfork.tasks.morphology.combining import Member
from tuningfork.tasks.morphology.familiarity_file import (
    familiar_line,
    familiar_tensors,
    without_familiarity,
)
from tuningfork.tasks.morphology.model_file import certified
from tuningfork.tasks.morphology.storing import MOST_LOSS, halved, lost, lost_before, on_made_galaxies
from tuningfork.tasks.morphology.vote_model import VoteModel, check_outputs

__all__ = ["load_votes", "save_votes", "votes_as_stored"]


def save_votes(path: Path | str, model: VoteModel, certificate: dict[str, Any]) -> Path:
    """Write a network of votes.

    Numbers are stored in half precision, unless that moves a share on twelve made galaxies by more than 0.01;
    the certificate says by how much.

    Parameters
    ----------
    path : path
        A ``.safetensors`` file; written beside, then renamed.
    model : VoteModel
    certificate : dict
        ``licence``, ``data``, ``split`` and ``evaluation``, as of `tuningfork.tasks.morphology.model_file`;
        ``stretches`` where the pictures came from flux.
    """
    path, spec = Path(path), model.network.spec
    member = _member(model)
    tensors = member_tensors(member)
    loss = _difference(model, _halved(model, tensors))
    exact = loss > MOST_LOSS
    loss = 0.0 if exact else max(loss, lost_before(model.facts))
    full = {
        **model.facts,
        **certificate,
        "kind": "votes",
        "outputs": list(model.outputs),
        "target": model.target,
        "network": built_of(member),
        "preprocessing": asdict(spec.preprocessing),
        "familiarity": familiar_line(model.familiarity),
        "storage": {"precision": "own" if exact else "float16", "largest_difference": loss},
        "known_prediction": known_embedding(model.encoder),
    }
    if spec.learnt_from is not None:
        full["learnt_from"] = to_table(spec.learnt_from)
    write_weights(path, {**tensors, **familiar_tensors(model.familiarity)}, full, exact=exact)
    return path


def votes_as_stored(model: VoteModel) -> VoteModel:
    """The network that `load_votes` gives of what `save_votes` writes: judged shall be what is kept."""
    stored = _halved(model, member_tensors(_member(model)))
    loss = _difference(model, stored)
    if loss > MOST_LOSS:
        return model
    return replace(stored, facts={**stored.facts, "storage": {"largest_difference": loss}})


def load_votes(path: Path, name: str | None = None) -> VoteModel:
    """The network of a file.

    Raises
    ------
    WeightsError
        The file is absent, damaged, of a newer format or of another kind, its certificate lacks something or
        holds what cannot be, or a tensor is missing, left over or of another shape.
    """
    return certified(path, "votes", lambda *read: _model(*read, path, name or path.stem))


def _model(tensors: dict[str, Any], certificate: dict[str, Any], path: Path, name: str) -> VoteModel:
    if not isinstance(certificate["outputs"], list):
        raise UsageError("there is no list of answers")
    outputs = tuple(certificate["outputs"])
    check_outputs(outputs)
    preprocessing, learnt_from = contract_of(certificate, str(path))
    told = certificate["network"]
    built = {"network": told["network"], "shape": told["shape"], "dim": int(told["dim"])}
    tensors, measure = without_familiarity(tensors, len(outputs), [built["dim"]])
    network = member_module(built, len(outputs), tensors, path)
    encoder = Encoder(EncoderSpec(name, name, len(outputs), (), preprocessing, learnt_from), network)
    facts = {k: v for k, v in certificate.items() if k not in ("outputs", "network")}
    return VoteModel(outputs, str(certificate["target"]), encoder, built, facts, name, measure)


def _member(model: VoteModel) -> Member:
    return Member(model.network, model.outputs, "", model.built)


def _halved(model: VoteModel, tensors: dict[str, Any]) -> VoteModel:
    return replace(model, network=halved(_member(model), tensors, Path(model.name)).encoder)


def _difference(ours: VoteModel, theirs: VoteModel) -> float:
    """Of shares: the Dirichlet's parameters have no scale of their own."""
    return lost(*(model.shares(on_made_galaxies(model.encoder)) for model in (ours, theirs)))
