"""The votes of a collection: what is there, what cannot be, and pictures of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from tuningfork.collection import Collection
from tuningfork.errors import DataError
from tuningfork.files import disk_errors, write_atomically
from tuningfork.labels.analysis import VoteAnalysis, analyse_votes
from tuningfork.labels.cumulative import to_cumulative
from tuningfork.labels.faults import sound_votes
from tuningfork.labels.plots import correlation_plot, mean_plot, question_plots
from tuningfork.labels.trees import read_tree
from tuningfork.labels.votes import Votes, find_votes, read_votes
from tuningfork.tasks.labels.columns import arrays_of

__all__ = ["VoteReport", "converted_votes", "draw_votes", "votes_report"]

_TILE = 96  # pixels of a galaxy on the sheet


@dataclass(frozen=True)
class VoteReport:
    """The votes of a collection.

    Parameters
    ----------
    votes : Votes
        Without those that cannot be.
    kinds : tuple of str
        Which kinds the collection has, with the number of answers of each.
    faults : tuple of str
        What was set aside.
    analysis : VoteAnalysis
    """

    votes: Votes
    kinds: tuple[str, ...]
    faults: tuple[str, ...]
    analysis: VoteAnalysis

    def rows(self) -> list[dict[str, Any]]:
        """One dict an answer: question, answer, asked, mean over all, mean of those asked about."""
        found = self.analysis
        told = zip(found.tree.answers, found.asked.tolist(), found.mean, found.mean_asked, strict=True)
        return [
            {
                "question": answer.partition(".")[0],
                "answer": answer.partition(".")[2],
                "galaxies": asked,
                "mean": float(mean),
                "mean_asked": float(asked_mean),
            }
            for answer, asked, mean, asked_mean in told
        ]


def votes_report(collection: Collection, tree: str | Path, kind: str | None = None) -> VoteReport:
    """Look at the votes that a collection's columns hold.

    Parameters
    ----------
    collection : Collection
    tree : str or Path
        A name of `tuningfork.labels.shipped_trees`, or a file.
    kind : str, optional
        One of `tuningfork.labels.votes.KINDS`; the first that is most complete by default.

    Raises
    ------
    CatalogueError
        There are none, or a question has only some of its answers.
    DataError
        More than 5 % of the galaxies have votes that cannot be.
    """
    read, columns = read_tree(tree), collection.columns
    found = find_votes(read, columns, kind)
    if not found:
        read_votes(read, {name: [] for name in columns}, kind)  # says what is missing
    counts = find_votes(read, columns, "count")[:1]
    wanted = list(dict.fromkeys(name for one in (found[0], *counts) for name in one.columns.values()))
    arrays = arrays_of(collection, wanted)
    votes, faults = sound_votes(read_votes(read, arrays, kind), where=collection.name, ids=collection.ids())
    people = read_votes(read, arrays, "count") if counts else None
    whole = len(read.answers)
    kinds = tuple(f"{f.kind} ({f.naming.name}, {len(f.columns)} of {whole} answers)" for f in found)
    return VoteReport(votes, kinds, tuple(faults), analyse_votes(votes, people))


def draw_votes(
    collection: Collection, report: VoteReport, folder: Path, *, say: Callable[[str], None] = lambda _: None
) -> list[Path]:
    """Draw mean shares, correlations, and for each answer the galaxy with most of the votes.

    Returns
    -------
    list of Path
        The files: ``means.svg``, ``correlations.svg``, ``question_NAME.svg`` and ``clearest.png``.
    """
    found, folder = report.analysis, Path(folder)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    votes = f"{len(collection):,} galaxies of {collection.name}, {report.votes.kind} votes"
    pictures: dict[str, str | bytes] = {
        "means.svg": mean_plot(found, title=f"Mean shares of the answers: {votes}"),
        "correlations.svg": correlation_plot(found, title=f"Correlations of the answers: {votes}"),
    }
    pictures |= {f"question_{name}.svg": drawn for name, drawn in question_plots(found).items()}
    sheet = _clearest(collection, found, say)
    pictures |= {"clearest.png": sheet} if sheet else {}
    for name, drawn in pictures.items():
        write_atomically(folder / name, drawn)
    return [folder / name for name in pictures]


def _clearest(collection: Collection, found: VoteAnalysis, say: Callable[[str], None]) -> bytes | None:
    """The galaxy with the largest share of each answer on one sheet (figure 15)."""
    from tuningfork.images import contact_sheet, encode_picture, to_display

    pictures, captions = [], []
    for answer, row in zip(found.tree.answers, found.highest.tolist(), strict=True):
        if row < 0:
            continue
        try:
            pixels = collection.pixels([row], shortest=_TILE)[0]
        except DataError as error:
            say(f"not on the sheet: {error}")
            continue
        pictures.append(to_display(pixels, collection.stretch, collection.shown))
        captions.append(answer.partition(".")[2])
    if not pictures:
        return None
    return encode_picture(contact_sheet(pictures, captions=captions, tile=_TILE), kind="png")


def converted_votes(collection: Collection, report: VoteReport, naming: str) -> pa.Table:
    """The votes in the columns of another table, with the galaxies' ids.

    Parameters
    ----------
    collection : Collection
    report : VoteReport
        Of this collection.
    naming : str
        A naming of the tree, as ``challenge``: the cumulative columns of the Galaxy Zoo challenge.
        ``published`` and other names for shares get ``_fraction`` behind them.

    Returns
    -------
    pyarrow.Table
        Null where nobody was asked; 0 in cumulative columns.

    Raises
    ------
    UnknownNameError
        The tree has no such naming.
    """
    tree = report.votes.tree
    wanted = tree.naming(naming)
    values = report.votes.fractions().values
    if wanted.cumulative:
        values = to_cumulative(tree, values, always=wanted.always)
    columns = {"id": pa.array(collection.ids().tolist(), pa.string())}
    for answer, stem in wanted.stems.items():
        name = stem if wanted.cumulative else f"{stem}_fraction"
        columns[name] = pa.array(values[:, tree.index(answer)], pa.float64(), from_pandas=True)
    return pa.table(columns)
