"""A network of votes as one that can be asked for reasons: its outputs are shares of the answers."""

from typing import TYPE_CHECKING

from torch import Tensor, nn

from tuningfork.encoders.contract import Encoder
from tuningfork.tasks.explaining.asked import Explained

if TYPE_CHECKING:
    from tuningfork.tasks.morphology.vote_model import VoteModel

__all__ = ["Shares", "explained_votes"]


class Shares(nn.Module):
    """A network whose outputs are made shares: of each question by its Dirichlet, or each for itself.

    Parameters
    ----------
    network : torch.nn.Module
    questions : tuple of slice
        Where the answers of each question stand; empty where each output is for itself.
    """

    def __init__(self, network: nn.Module, questions: tuple[slice, ...] = ()):
        super().__init__()
        self.network, self.questions = network, questions

    def forward(self, x: Tensor) -> Tensor:
        """``[N, C, S, S]`` prepared stamps -> ``[N, answers]`` in 0..1."""
        from tuningfork.objectives.dirichlet import shares

        outputs = self.network(x).float()
        return shares(outputs, self.questions) if self.questions else outputs.sigmoid()


def explained_votes(model: "VoteModel") -> Explained:
    """A network of votes to be asked. Its classes are the answers, ``question.answer``; of the first question
    the likeliest is explained where none is named."""
    questions = tuple(model.questions.values())
    network = Shares(model.network.network, questions if model.target == "counts" else ())
    encoder = Encoder(model.encoder.spec, network)
    return Explained(model.name, model.outputs, encoder, "probabilities", among=questions[0].stop)
