"""A galaxy put before a person, with why it was chosen."""

from dataclasses import dataclass
from math import isfinite

__all__ = ["Choice"]


@dataclass(frozen=True)
class Choice:
    """One galaxy to show.

    Parameters
    ----------
    id : str
        The galaxy.
    row : int
        Its row in the collection.
    stream : str
        "hunt", "explore", "random", "similar", "best", or one that a page must not tell from these: "audit",
        "gold", "repeat".
    strategy : str
        Who chose it.
    rank : int
        Its place among all galaxies by score, from 1; 0 while nothing is learnt.
    score : float
        The head's probability of the positive answer, or the cosine for "similar".
    reason : str
        In words, for the review page.
    head_version : str
        Hash of all that the score came from.
    probability : float or None
        The known chance with which it was drawn, None when it was not drawn by chance.
    design : int or None
        Number of the audit that drew it.
    """

    id: str
    row: int
    stream: str
    strategy: str
    rank: int
    score: float
    reason: str
    head_version: str
    probability: float | None = None
    design: int | None = None

    def shown(self) -> dict:
        """What the label log keeps of it, as plain JSON; the page adds position, stretch and time taken."""
        facts = {
            name: getattr(self, name)
            for name in ("stream", "strategy", "rank", "score", "reason", "head_version")
        }
        score = round(float(self.score), 6) if isfinite(self.score) else None  # a galaxy without a vector
        facts |= {"probability": self.probability, "score": score}
        return facts if self.design is None else facts | {"design": self.design}
