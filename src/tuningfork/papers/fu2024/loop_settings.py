"""Figure 10: the training sets, who recommends galaxies, and how long ResNet18 learns."""

from dataclasses import dataclass

__all__ = ["HEADS", "LENGTHS", "NETWORK", "RATE", "SECONDS", "SETTINGS", "Setting"]


@dataclass(frozen=True)
class Setting:
    """What is learnt from.

    Parameters
    ----------
    name : str
        As the table says it.
    each : int
        Positives, and as many negatives, drawn among the training galaxies.
    asked : int
        Recommended galaxies that are answered after that, in one step.
    strategy : str
        Who recommends them.
    any : int
        Training galaxies drawn whatever they are, instead of so many of each.
    paper : dict
        The paper's area under the precision-recall curve, where its text tells it: of "frozen" or "scratch".
    """

    name: str
    each: int = 0
    asked: int = 0
    strategy: str = ""
    any: int = 0
    paper: tuple[tuple[str, float], ...] = ()


SETTINGS = {
    "few": Setting("5 + 5", 5),
    "loop": Setting("5 + 5, then 10 by alpha 0.5", 5, 10, "alpha:alpha=0.5", paper=(("frozen", 0.8895),)),
    "loop-ours": Setting("5 + 5, then 10 by adaptive", 5, 10, "adaptive"),
    "loop-margin": Setting("5 + 5, then 10 by uncertainty", 5, 10, "uncertainty"),
    "loop-random": Setting("5 + 5, then 10 at random", 5, 10, "random"),
    "thirty": Setting("15 + 15", 15, paper=(("frozen", 0.8683),)),
    "small": Setting("50 + 50", 50, paper=(("scratch", 0.8561),)),
    "big": Setting("1,000 at random", any=1000, paper=(("frozen", 0.8921),)),
}
"""The paper's five training sets, and beside its rule other ways to choose the ten."""

NETWORK, RATE, SECONDS = "timm:resnet18", 1e-3, 0.23  # of one core for a batch of 32 at 64 pixels
# images seen in training; the paper names none
LENGTHS = {
    "cpu": {"few": 4800, "thirty": 4800, "small": 8000, "big": 12800},
    "long": {"few": 9600, "thirty": 12800, "small": 25600, "big": 51200},
}
HEADS = ("logistic", "mlp")  # ours, and the paper's perceptron with 2048 hidden units
