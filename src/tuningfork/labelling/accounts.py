"""What a session can say of itself: labels, progress, events, tables and estimates."""

from pathlib import Path
from typing import Any

from tuningfork.labelling.choices import Choice
from tuningfork.labelling.events import Event
from tuningfork.labelling.label_log import LabelLog
from tuningfork.labelling.progress import progress_of
from tuningfork.labelling.question import Question

__all__ = ["Accounts"]


class Accounts:
    """The reading half of a `Session`."""

    log: LabelLog
    question: Question

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

    def estimate(self, *, level: float = 0.95) -> dict:
        """What may be claimed of the sample; see `tuningfork.labelling.estimating.estimate_session`."""
        from tuningfork.labelling.estimating import estimate_session

        return estimate_session(self, level=level)
