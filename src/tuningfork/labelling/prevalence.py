"""How common the class is, by the last audit, put into the head's probabilities."""

from typing import Any

import numpy as np

from tuningfork.labelling.streams.desk import StreamDesk

__all__ = ["AuditPrevalence", "at_prevalence"]

_SAMPLE = 200_000  # galaxies over which the mean is taken
_STEPS = 60  # halvings of the bracket
_WIDEST = 30.0  # log-odds


class AuditPrevalence:
    """The share of the pool that the last wholly answered audit estimates; None before there is one.

    Counted anew only when an audit has ended: it reads the whole log.

    Parameters
    ----------
    session : Session
        Whose audits.
    desk : StreamDesk
        Its streams.
    """

    def __init__(self, session: Any, desk: StreamDesk):
        self._session, self._desk = session, desk
        self._known: tuple[int, float | None] = (0, None)

    def __call__(self) -> float | None:
        ended = self._ended()
        if ended != self._known[0]:
            self._known = (ended, self._estimated())
        return self._known[1]

    def _ended(self) -> int:
        return len(self._desk.book.designs()) - bool(self._desk.open_plan())

    def _estimated(self) -> float | None:
        from tuningfork.labelling.estimating import estimate_session

        whole = estimate_session(self._session)["whole"]
        return whole["prevalence"]["value"] if whole else None


def at_prevalence(scores: np.ndarray, rows: np.ndarray, wanted: float) -> np.ndarray:
    """Probabilities whose log-odds are shifted alike until they promise what is wanted; the order stays.

    A head learns from galaxies that a hunt chose, among which the class is more common than in the pool; for
    a shift of the classes' shares alone this is the correction (Saerens et al. 2002, Neural Comput. 14, 21).

    Parameters
    ----------
    scores : float32 [n]
        Probabilities; nan stays.
    rows : int [m]
        Galaxies of which the mean probability is known.
    wanted : float
        That mean, from 0 to 1.

    Returns
    -------
    float32 [n]
    """
    from scipy.special import expit, logit

    odds = logit(np.clip(scores.astype(np.float64), 1e-9, 1 - 1e-9))
    sample = odds[rows[:: len(rows) // _SAMPLE + 1]]
    sample = sample[~np.isnan(sample)]
    if not len(sample):
        return scores
    wanted = float(np.clip(wanted, 0.1 / len(sample), 1 - 0.1 / len(sample)))
    low, high = -_WIDEST, _WIDEST
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if expit(sample + middle).mean() < wanted else (low, middle)
    return expit(odds + (low + high) / 2).astype(np.float32)
