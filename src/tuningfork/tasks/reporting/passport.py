"""The passport of a galaxy: what was said of it, why, what it resembles, and what the catalogue knows."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import tuningfork
from tuningfork.errors import UnknownNameError
from tuningfork.evaluation import conformal_threshold, prediction_sets, tempered
from tuningfork.files import html_file, write_atomically
from tuningfork.tasks.explaining.asked import Explained
from tuningfork.tasks.morphology.deciding import USUAL_FAMILIAR
from tuningfork.tasks.reporting.about import settings_lines
from tuningfork.tasks.reporting.mistakes import cards_of
from tuningfork.tasks.reporting.numbers import choosing
from tuningfork.tasks.reporting.page import environment
from tuningfork.tasks.reporting.reading import Run
from tuningfork.tasks.reporting.seeing import Look, looks_of
from tuningfork.tasks.thumbnails import Thumbnails

__all__ = ["write_passport"]

_COVERAGE = 0.9
_SIDE = 420
_MOST_BYTES = 1_000_000
_MOST_FACTS = 120
_OURS = ("stamp", "stamp_format", "digest", "channels")  # columns that say nothing of the galaxy
_PROVENANCE = ("begun", "collection", "split", "backbone", "encoder", "network", "recipe", "torch")


def write_passport(
    run: Run, galaxy: str, out: Path | str, *, explained: Sequence[Explained] = (), kind: str | None = None
) -> Path:
    """Write one galaxy of a run as one HTML file.

    Parameters
    ----------
    run : Run
        From `read_run`; the galaxy is one of those it reports on.
    galaxy : str
        Its id.
    out : path
        Ends with .html; replaced if it is there.
    explained : sequence of Explained
        Networks that are asked where they look; needs the run's collection.
    kind : str, optional
        The class to explain; by default the one each network says.

    Raises
    ------
    UnknownNameError
        The galaxy is not among those that the run reports on.
    UsageError
        For another ending.
    """
    out = html_file(out)
    found = np.flatnonzero(run.judged.ids == galaxy)
    if not len(found):
        where = f"part {run.part} of {run.name}" if run.part else run.name
        raise UnknownNameError("galaxy", galaxy, run.judged.ids, where=where)
    place = int(found[0])
    pictures = None
    if run.collection is not None:
        pictures = Thumbnails([run.collection], side=_SIDE, most_bytes=_MOST_BYTES)
    cards, key = cards_of(run, np.array([place]), pictures=pictures)
    chosen = choosing(_others(run, place), run.apart)
    threshold = conformal_threshold(chosen.choosing.probabilities, chosen.choosing.truth, _COVERAGE)
    own = run.judged.probabilities[[place]]
    page = (
        environment()
        .get_template("passport.html")
        .render(
            run=run,
            card=cards[0],
            vectors=key,
            classes=_classes(run, own[0], tempered(own, chosen.temperature)[0]),
            inside=prediction_sets(own, threshold)[0],
            coverage=_COVERAGE,
            familiarity=_familiarity(run, place),
            least_familiar=USUAL_FAMILIAR,
            chosen=chosen,
            looks=[] if run.collection is None else [_look(run, place, one, kind) for one in explained],
            facts=_facts(run, galaxy),
            settings=_provenance(run),
            made=datetime.now(UTC).strftime("%d %B %Y"),
            version=tuningfork.__version__,
        )
    )
    write_atomically(out, page)
    return out


def _provenance(run: Run) -> list[tuple[str, str]]:
    """Of run.toml what says where the numbers come from; the inner names, the first of equal ones.

    A recipe's own settings name the network it begins with, which the run's backbone replaces.
    """
    told: dict[str, str] = {}
    for name, value in settings_lines(run.settings):
        told.setdefault(name.rsplit(".", 1)[-1], value)
    if "backbone" in told:
        told.pop("network", None)
    return [(name, told[name]) for name in _PROVENANCE if told.get(name)]


def _familiarity(run: Run, place: int) -> float | None:
    known = run.judged.facts.get("familiarity")
    return None if known is None or not np.isfinite(known[place]) else float(known[place])


def _look(run: Run, place: int, asked: Explained, kind: str | None) -> Look:
    return looks_of(run, asked, [place], side=_SIDE, kind=kind)[0]


def _others(run: Run, place: int) -> Any:
    """The judged galaxies without this one: it shall not set its own threshold."""
    return run.judged.part(np.arange(len(run.judged)) != place) if len(run.judged) > 1 else run.judged


def _classes(run: Run, said: np.ndarray, mended: np.ndarray) -> list[tuple[int, str, float, float]]:
    """Number, name, probability as said and at the temperature, the likeliest first."""
    order = np.argsort(-said, kind="stable")
    return [(int(k), run.judged.classes[k], float(said[k]), float(mended[k])) for k in order]


def _facts(run: Run, galaxy: str) -> list[tuple[str, str]]:
    """What the catalogue knows, without empty cells."""
    if run.collection is None:
        return []
    columns = [name for name in run.collection.columns if name not in _OURS][:_MOST_FACTS]
    row = run.collection.catalogue(columns, run.collection.rows_of([galaxy])).to_pylist()[0]
    told = [(name, value) for name, value in row.items() if value is not None and value != []]
    return [(name, f"{value:.8g}" if isinstance(value, float) else str(value)[:300]) for name, value in told]
