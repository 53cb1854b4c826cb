"""A session with closing audits on a made ranking, to count its answers and its errors."""

from dataclasses import dataclass

import numpy as np

from tuningfork.labelling.estimates.audit import AuditCount
from tuningfork.labelling.estimates.closing import (
    Sizing,
    aimed_at,
    closing_size,
    completeness_at_least,
    level_of_closing,
    runs_dry,
)
from tuningfork.labelling.estimates.people import EyeRate
from tuningfork.labelling.streams.drawing import allocate_closing, closing_ends

__all__ = ["Loop", "end_of"]

PLACES = 8  # of ten while a closing audit runs; one is hunted, one is gold or a second look


@dataclass
class Loop:
    """A session on a ranking: which galaxies, by rank, are called positive and which are answered.

    ``hunted`` holds which of the hunt's galaxies were finds, in order; ``extra`` the answers that looked at
    no new galaxy; ``closings`` how many closing audits were drawn.
    """

    called: np.ndarray
    top: int
    wanted: float
    eye: EyeRate | None
    eager: bool = False

    def __post_init__(self):
        self.answered = np.zeros(len(self.called), bool)
        self.hunted: list[bool] = []
        self.extra = self.closings = 0
        self.total = 0.0  # positives inside the pool, as the last closing audit that failed estimates
        self.ends = closing_ends(len(self.called), self.top)

    @property
    def found(self) -> int:
        return int((self.called & self.answered)[: self.top].sum())

    def hunt(self, n: int) -> None:
        rows = np.flatnonzero(~self.answered)[:n]
        self.answered[rows] = True
        self.hunted += self.called[rows].tolist()

    def offered(self) -> Sizing | None:
        """A closing audit, once finds run dry; whoever is eager begins one whenever none runs."""
        unseen = int((~self.answered[: self.top]).sum())
        dry = runs_dry(self.found, unseen, np.array(self.hunted, bool), self.wanted)
        if not unseen or not self.found or not (self.eager or (dry and self._may_be_enough())):
            return None
        level = level_of_closing(self.closings + 1)
        return closing_size(self.found, unseen, pool=self.top, target=self.wanted, eye=self.eye, level=level)

    def close(self, rng: np.random.Generator, sized: Sizing) -> bool:
        """Answer a closing audit to its end, or to the hit that is one too many; whether it shows its aim."""
        self.closings += 1
        known, edges = self.found, np.concatenate([[0], self.ends])
        parts = [lo + np.flatnonzero(~self.answered[lo:hi]) for lo, hi in zip(edges, self.ends, strict=False)]
        frame = np.array([len(part) for part in parts])
        asked = allocate_closing(frame, sized.looks, 1)
        rows = rng.choice(parts[0], asked[0], replace=False)
        over = np.flatnonzero(np.cumsum(self.called[rows]) > sized.most_hits)
        rows = rows[: over[0] + 1] if len(over) else rows
        beyond = [rng.choice(part, n, replace=False) for part, n in zip(parts[1:], asked[1:], strict=True)]
        seen = np.concatenate([rows, *beyond])
        self.answered[seen] = True
        hits = int(self.called[rows].sum())
        self.hunt(len(seen) // PLACES)
        self.extra += len(seen) // PLACES
        count = AuditCount(known, *(np.array([k]) for k in (frame[0], len(rows), hits)))
        self.total = known + hits * frame[0] / len(rows)
        unseen = int((~self.answered[: self.top]).sum())
        least = completeness_at_least(
            count,
            self.found,
            unseen=unseen,
            pool=self.top,
            eye=self.eye,
            level=level_of_closing(self.closings),
        )
        return not len(over) and least is not None and least >= self.wanted

    def _may_be_enough(self) -> bool:
        return self.found >= aimed_at(self.wanted) * self.total


def end_of(loop: Loop, truth: np.ndarray) -> tuple[float, int, int]:
    """The completeness inside the pool, answers and closing audits when a session ends."""
    share = loop.found / int(truth[: loop.top].sum())
    return share, int(loop.answered.sum()) + loop.extra, loop.closings
