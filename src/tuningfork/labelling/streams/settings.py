"""How much of a session goes to each stream."""

from dataclasses import dataclass

from tuningfork.errors import UsageError

__all__ = ["HIDDEN", "Streams"]

HIDDEN = ("audit", "gold", "repeat")


@dataclass(frozen=True)
class Streams:
    """Shares of the galaxies handed out; the rest is the strategy's, which explores by its own setting.

    Parameters
    ----------
    audit, gold, repeat : float
        Shares from 0 to 1, at most 1 together. Gold needs known galaxies (`Session.add_gold`), an audit
        needs a ranking, repeats need answers of some age; until then their places go to the strategy.
    audit_from : int
        Answers before the first audit is drawn.
    audit_size : int
        Galaxies in one audit, or all that are left without an answer where those are fewer; when all are
        answered they train too, and the next one is drawn from the scores of that moment.
    inside : int
        The candidate pool, by rank, about which completeness is also stated; at most a twentieth of the
        collection where that is smaller, but see ``inside_finds``.
    inside_finds : int
        The candidate pool has at least so many galaxies for each find that is known when the audit is drawn.
    repeat_after : int
        Answers between a first look and its repeat, at least.
    """

    audit: float = 0.0
    gold: float = 0.0
    repeat: float = 0.0
    audit_from: int = 50
    audit_size: int = 100
    inside: int = 10_000
    inside_finds: int = 3
    repeat_after: int = 50

    def __post_init__(self):
        shares = (self.audit, self.gold, self.repeat)
        if any(not 0 <= share <= 1 for share in shares) or sum(shares) > 1 + 1e-9:
            raise UsageError("the shares of audit, gold and repeat are from 0 to 1, and at most 1 together")
        least = min(self.audit_from, self.inside_finds)
        if self.audit_size < 16 or min(self.inside, self.repeat_after) < 1 or least < 0:
            raise UsageError("an audit has at least 16 galaxies; pool and distance are at least 1")

    @classmethod
    def usual(cls) -> "Streams":
        """A tenth for audits, a twentieth each for known galaxies and repeats."""
        return cls(audit=0.10, gold=0.05, repeat=0.05)
