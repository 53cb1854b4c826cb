"""What a session knows at one moment, for its estimates: finds, judged galaxies and the eye."""

from dataclasses import dataclass

import numpy as np

from tuningfork.labelling.estimates.people import EyeRate
from tuningfork.labelling.streams.counting import Audited

__all__ = ["Known"]


@dataclass(frozen=True)
class Known:
    """What is known at this moment: the finds' rows by id, the rows of all that were judged and of those that
    were only skipped, the eye (None below `FEWEST_CHECKS`), and the level that is asked for.
    """

    positives: dict[str, int]
    judged: np.ndarray
    passed: np.ndarray
    eye: EyeRate | None
    level: float

    def found(self, audit: Audited, strata: int) -> int:
        """Finds in the first strata of an audit."""
        return _among(audit, np.array(list(self.positives.values()), np.int64), strata)

    def unseen(self, audit: Audited, strata: int) -> int:
        """Galaxies there that nobody judged."""
        return audit.pool(strata) - _among(audit, self.judged, strata)

    def skipped(self, audit: Audited, strata: int) -> int:
        """Those of them that were skipped."""
        return _among(audit, self.passed, strata)


def _among(audit: Audited, rows: np.ndarray, strata: int) -> int:
    """How many of these rows lie in the first strata; what came after the audit was drawn lies in none."""
    return int((audit.codes[rows[rows < len(audit.codes)]] < strata).sum())
