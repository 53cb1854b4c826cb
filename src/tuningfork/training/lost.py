"""A loss that is no longer a number: which galaxies it came from, and what is kept."""

from tuningfork.errors import TuningforkError
from tuningfork.files import write_atomically
from tuningfork.training.run_folder import RunFolder

__all__ = ["LossError"]

_NAMED = 5  # ids in a message; all of them go into a file


class LossError(TuningforkError):
    """The loss or its gradient is no longer a number; ``ids`` are those of the batch's galaxies."""

    def __init__(self, what: str, ids: list[str]):
        self.ids = ids
        super().__init__(what)

    def in_run(self, run: RunFolder) -> TuningforkError:
        """The same with what is kept and where all ids are, which are written."""
        some = ""
        if self.ids:
            file = run.path / "stopped_ids.txt"
            write_atomically(file, "\n".join(self.ids) + "\n")
            more = ", ..." if len(self.ids) > _NAMED else ""
            some = f" on galaxies {', '.join(self.ids[:_NAMED])}{more} (all in {file})"
        kept, take = "there was no checkpoint yet", ""
        if run.checkpoint.exists():
            kept = "the checkpoint is from before"
            take = f". Its weights: tuningfork weights take {run.path}" if run.birth.exists() else ""
        return TuningforkError(
            f"{self.what}{some}; {kept}",
            where=str(run.path),
            remedy="Look at these galaxies, or begin a new run with --precision fp32 or a lower --rate"
            + take,
        )
