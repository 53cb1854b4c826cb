"""A network of votes as one that can be asked for reasons: its outputs are shares of the answers."""

import json
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from tuningfork.encoders.contract import Encoder, EncoderSpec
from tuningfork.errors import WeightsError
from tuningfork.tasks.explaining.asked import Explained

__all__ = ["Shares", "is_votes_run", "open_votes"]

_WEIGHTS, _HEAD = "weights.safetensors", "head.safetensors"
_MOST_BYTES = 100_000_000


class Shares(nn.Module):
    """A network whose outputs are made shares: of each question by its Dirichlet, or each for itself.

    Parameters
    ----------
    network : torch.nn.Module
    questions : tuple of slice
        Where the answers of each question stand; empty where fractions were learnt by regression.
    """

    def __init__(self, network: nn.Module, questions: tuple[slice, ...] = ()):
        super().__init__()
        self.network, self.questions = network, questions

    def forward(self, x: Tensor) -> Tensor:
        """``[N, C, S, S]`` prepared stamps -> ``[N, answers]`` in 0..1."""
        from tuningfork.objectives.dirichlet import shares

        outputs = self.network(x).float()
        return shares(outputs, self.questions) if self.questions else outputs.sigmoid()


def is_votes_run(folder: Path) -> bool:
    """Whether a folder holds a network of ``tuningfork train votes``."""
    return (folder / _WEIGHTS).is_file() and (folder / _HEAD).is_file()


def open_votes(folder: Path) -> Explained:
    """The network of a run of votes. Its classes are the answers, ``question.answer``; of the first question
    the likeliest is explained where none is named.

    Raises
    ------
    WeightsError
        A file is missing or damaged, or the two do not fit.
    """
    import torch

    from tuningfork.encoders.trainable import from_file

    trunk = from_file(folder / _WEIGHTS, folder.resolve().name)
    tensors, told = _read(folder / _HEAD)
    answers = tuple(str(answer) for answer in json.loads(told["answers"]))
    shapes = {name: tuple(t.shape) for name, t in tensors.items()}
    if shapes != {"weight": (len(answers), trunk.spec.dim), "bias": (len(answers),)}:
        raise WeightsError(f"the last layer has the shapes {shapes}", where=str(folder / _HEAD))
    head = torch.nn.Linear(trunk.spec.dim, len(answers))
    head.load_state_dict(tensors)
    names = [answer.partition(".")[0] for answer in answers]
    starts = [k for k, name in enumerate(names) if k == 0 or name != names[k - 1]]
    slices = tuple(slice(a, b) for a, b in zip(starts, [*starts[1:], len(names)], strict=True))
    network = Shares(nn.Sequential(trunk.network, head), slices if told.get("target") == "TreeTarget" else ())
    spec = trunk.spec
    own = EncoderSpec(spec.name, f"{spec.key}-votes", len(answers), (), spec.preprocessing, spec.learnt_from)
    return Explained(spec.name, answers, Encoder(own, network), "probabilities", among=slices[0].stop)


def _read(file: Path) -> tuple[dict[str, Any], dict[str, str]]:
    from safetensors import SafetensorError, safe_open

    try:
        if file.stat().st_size > _MOST_BYTES:
            raise ValueError(f"larger than {_MOST_BYTES:,} bytes")
        with safe_open(file, "pt") as opened:
            told = opened.metadata() or {}
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - no dict
        if not isinstance(json.loads(told["answers"]), list) or not json.loads(told["answers"]):
            raise ValueError("it names no answers")
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise WeightsError(f"no last layer of votes ({error})", where=str(file)) from error
    return tensors, told
