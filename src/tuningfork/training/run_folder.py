"""A run's folder: what was asked, how it went, what came out. Resumed by its path; a finished one is never
overwritten."""

import csv
import io
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tuningfork.config import read_toml, to_toml
from tuningfork.errors import UsageError
from tuningfork.files import write_atomically

__all__ = ["BIRTH", "CHECKPOINT", "RunFolder", "read_metrics", "write_metrics"]

BIRTH, CHECKPOINT = "birth.json", "checkpoints/last.ckpt"


class RunFolder:
    """``run.toml``, ``birth.json``, ``metrics.csv``, ``pictures``, ``checkpoints/last.ckpt``,
    ``weights.safetensors`` and, at the end, ``DONE``.

    Parameters
    ----------
    path : Path
        The folder; made when absent.
    settings : dict
        Everything resolved; written to ``run.toml``. When something was learnt there already its settings
        must be the same.
    begun : bool
        Whether something was learnt in folders below it, which then counts as learnt here.

    Raises
    ------
    UsageError
        The run in that folder is finished, or was begun with other settings (the differing names are said).
    """

    def __init__(self, path: Path, settings: dict[str, Any], *, begun: bool = False):
        self.path = Path(path)
        self.settings_file = self.path / "run.toml"
        if (self.path / "DONE").exists():
            raise UsageError("this run is finished", where=str(path), remedy="Choose another folder")
        if begun or self.checkpoint.exists() or (self.path / "metrics.csv").exists():
            self._refuse_other(settings)
            return
        (self.path / "checkpoints").mkdir(parents=True, exist_ok=True)
        machine = {
            "python": platform.python_version(),
            "system": platform.platform(),
            "torch": version("torch"),
        }
        begun = datetime.now(UTC).isoformat(timespec="seconds")
        write_atomically(
            self.settings_file, to_toml({"begun": begun, "settings": _as_read(settings), "machine": machine})
        )

    @property
    def checkpoint(self) -> Path:
        """The last complete state."""
        return self.path / CHECKPOINT

    @property
    def birth(self) -> Path:
        """What the weights' certificate says that is known before the end; of runs that leave weights."""
        return self.path / BIRTH

    @property
    def weights(self) -> Path:
        """The averaged weights with their birth certificate."""
        return self.path / "weights.safetensors"

    def column(self, name: str) -> list[float]:
        """One column of ``metrics.csv``, epoch by epoch; lines without it are passed over."""
        file = self.path / "metrics.csv"
        rows = read_metrics(file) if file.exists() else []
        return [float(row[name]) for row in rows if row.get(name)]

    def finish(self) -> None:
        """Mark the run as complete."""
        write_atomically(self.path / "DONE", datetime.now(UTC).isoformat(timespec="seconds") + "\n")

    def log(self, row: dict[str, float]) -> None:
        """Put a line into ``metrics.csv``, in the place of one of the same epoch that is there already.

        A run that was killed between the line and the checkpoint makes that epoch's end again. Columns that
        are new stay empty in the lines before.
        """
        file = self.path / "metrics.csv"
        rows = read_metrics(file) if file.exists() else []
        rows = [old for old in rows if "epoch" not in row or old.get("epoch") != f"{row['epoch']:.6g}"]
        rows.append({name: f"{value:.6g}" for name, value in row.items()})
        write_metrics(file, rows)

    def _refuse_other(self, settings: dict[str, Any]) -> None:
        if not self.settings_file.exists():
            raise UsageError(
                "a run without its run.toml is here", where=str(self.path), remedy="Choose another folder"
            )
        before = read_toml(self.settings_file).get("settings", {})
        now = {key: value for key, value in settings.items() if value is not None}
        differ = sorted(
            key for key in before.keys() | now.keys() if before.get(key) != _as_read(now.get(key))
        )
        if differ:
            raise UsageError(
                f"the run there was begun with other settings ({', '.join(differ)})",
                where=str(self.path),
                remedy="Give the same settings to go on with it, or choose another folder",
            )


def read_metrics(file: Path) -> list[dict[str, str]]:
    """The lines of a ``metrics.csv``, as they are written."""
    with file.open(newline="", encoding="utf-8") as opened:
        return [dict(row) for row in csv.DictReader(opened)]


def write_metrics(file: Path, rows: Sequence[dict[str, str]]) -> None:
    """Write lines as a ``metrics.csv``, with every column that one of them has; where a line has none it is
    empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    table = csv.DictWriter(text, names, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    write_atomically(file, text.getvalue())


def _as_read(value: Any) -> Any:
    """A value as TOML gives it back: tuples are lists, and nothing is None."""
    if isinstance(value, dict):
        return {key: _as_read(inner) for key, inner in value.items() if inner is not None}
    return [_as_read(inner) for inner in value] if isinstance(value, list | tuple) else value
