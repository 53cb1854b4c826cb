"""What a session can say of itself: labels, progress, events, tables and estimates."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.labelling.choices import Choice
from tuningfork.labelling.estimates.expected import FEWEST_ANSWERS, Foresight, foresight
from tuningfork.labelling.events import Event
from tuningfork.labelling.label_log import LabelLog
from tuningfork.labelling.progress import progress_of
from tuningfork.labelling.question import Question
from tuningfork.labelling.review import Review, review_of

__all__ = ["Accounts"]


class Accounts:
    """The reading half of a `Session`."""

    log: LabelLog
    question: Question
    _scoring: Any
    _desk: Any
    _flagged: np.ndarray

    def row_numbers(self) -> tuple[np.ndarray, dict[str, int]]:
        """The ids of all galaxies, object [n], and the row of each."""
        return self._scoring.ids, self._scoring.row_of

    def askable(self, galaxy_id: str) -> bool:
        """Whether a galaxy is in the collection and not in its quarantine."""
        row = self._scoring.row_of.get(galaxy_id)
        return row is not None and not self._flagged[row]

    def labels(self) -> dict[str, str]:
        """Galaxy id -> current answer, in the order in which those were given."""
        return {galaxy_id: str(event.answer) for galaxy_id, event in self.log.current().items()}

    def progress(self) -> dict:
        """How far one is; see `tuningfork.labelling.progress.progress_of`."""
        return progress_of(list(self.log.current().values()), self.question)

    def export(self, path: Path | str, *, all_rows: bool = False) -> Any:
        """Write a table of what was answered; see `tuningfork.labelling.export.export_session`."""
        from tuningfork.labelling.export import export_session

        return export_session(self, path, all_rows=all_rows)

    def table(self, *, all_rows: bool = False) -> Any:
        """What was answered as an astropy Table; the columns are those of `export`, and ``meta`` says where
        it came from. ``all_rows``: every galaxy of the collection with its score.
        """
        from tuningfork.collection import to_astropy
        from tuningfork.labelling.export import session_table

        return to_astropy(session_table(self, all_rows=all_rows))

    def compare(self, galaxy_id: str, n: int = 6, **options: Any) -> dict[str, list[Choice]]:
        """A galaxy beside its answered like; see `tuningfork.labelling.comparing.compare`."""
        from tuningfork.labelling.comparing import compare

        return compare(self, galaxy_id, n, **options)

    def events(self) -> list[Event]:
        """The whole log, undone answers and undos included."""
        return self.log.events()

    def current_events(self) -> dict[str, Event]:
        """Galaxy id -> the event of its current answer."""
        return self.log.current()

    def review(self, annotator: str) -> Review:
        """One person's answers that deserve a second look; see `tuningfork.labelling.review.review_of`."""
        scoring = self._scoring
        away = self._desk.not_yet_training() | set(self.log.current("gold"))
        facts = {"row_of": scoring.row_of, "ranking": scoring.scores(), "vectors": scoring.vectors}
        with self.log.view() as state:
            return review_of(state, self.question, annotator, away=away, **facts)

    def foresight(self) -> Foresight:
        """What scores of this moment are worth, by the answers: the part of `expected_finds` that does not
        depend on who asks. Repeats and known galaxies judge no score.
        """
        with self.log.view() as state:
            live = sorted(e for events in state.all_live().values() for e in events)
        judged = [e for e in live if e.stream in ("hunt", "explore", "audit") and e.shown.get("rank")]
        now = self._scoring.held_out() if len(judged) >= FEWEST_ANSWERS else {}
        scores = np.array([now.get(str(e.galaxy_id), e.shown.get("score") or 0.0) for e in judged])
        found = np.array([e.answer == self.question.positive for e in judged], bool)
        return foresight(scores, found)

    def expected_finds(
        self, ahead: Sequence[Choice], *, level: float = 0.8, by: Foresight | None = None
    ) -> tuple[int, int] | None:
        """How many new finds some galaxies will bring, as a range; see
        `tuningfork.labelling.estimates.expected.expected_finds`. A find that is shown a second time is no new
        one. ``by`` is a `foresight` that was made before.
        """
        new = [c for c in ahead if c.stream != "repeat"]
        if not new:
            return 0, 0
        scores = np.array([c.score for c in new if c.rank])
        return (by or self.foresight()).finds(scores, level=level)

    def estimate(self, *, level: float = 0.95) -> dict:
        """What may be claimed of the sample; see `tuningfork.labelling.estimating.estimate_session`."""
        from tuningfork.labelling.estimating import estimate_session

        return estimate_session(self, level=level)
