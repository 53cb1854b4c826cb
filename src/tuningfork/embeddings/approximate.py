"""The index for collections that exact search is too slow for: built once, its recall measured at once."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tuningfork.embeddings.halves import as_tensor
from tuningfork.embeddings.keys import resolve_key
from tuningfork.errors import UsageError
from tuningfork.progress import progress

__all__ = ["IndexReport", "index_embeddings"]

QUERIES = 200
NEIGHBOURS = 10
GOOD_RECALL = 0.98  # a little more than 0.97 is worth: the measurement has an error of its own
SETTINGS = ((2, 2), (4, 2), (4, 5), (8, 5), (8, 10), (16, 10), (32, 10), (64, 20), (128, 40), (256, 80))
FEWEST = 1_000


@dataclass(frozen=True)
class IndexReport:
    """What `index_embeddings` made.

    Parameters
    ----------
    key : str
        Whose vectors.
    rows : int
        How many vectors it covers.
    recall : float
        Share of the true 10 nearest neighbours that a search finds, mean over ``queries`` galaxies.
    queries : int
        Galaxies of the collection, drawn at random, that were searched for.
    probes, refine : int
        The settings this was measured with, which searches use.
    seconds : float
        Time spent, the measurement included.
    """

    key: str
    rows: int
    recall: float
    queries: int
    probes: int
    refine: int
    seconds: float


def index_embeddings(
    collection: Any, encoder: Any = None, *, quiet: bool = False, say: Callable[[str], None] | None = None
) -> IndexReport:
    """Build the index of nearest neighbours on disk, and measure against exact search what it finds.

    Searches take the smallest effort with which it finds 0.98 of the true neighbours. Vectors that are added
    later are found as well, one by one, until the index is built again.

    Parameters
    ----------
    collection : Collection
        With embeddings.
    encoder : str or Encoder, optional
        Which vectors; the usual ones when not given.
    quiet : bool
        No progress line.
    say : callable, optional
        Told in a line what is being done.

    Raises
    ------
    BusyError
        When another process embeds into this collection.
    EmbeddingError
        When there are no vectors.
    UsageError
        For so few vectors that an index is of no use.
    """
    from tuningfork.collection import build_vector_index
    from tuningfork.collection.engine import one_writer

    began = time.monotonic()
    say = say or (lambda line: None)
    table = collection.vector_table(resolve_key(collection, encoder))
    count = table.count()
    if count < FEWEST:
        raise UsageError(
            f"an index of {count:,} vectors is of no use: exact search takes a millisecond", where=table.key
        )
    with one_writer(collection.path / "embeddings", f"building the search index of {table.key}"):
        say(f"building the search index of {count:,} vectors")
        vectors = build_vector_index(table)
        recall, probes, refine = _measured(vectors, quiet)
        report = IndexReport(
            table.key, count, recall, min(QUERIES, count), probes, refine, time.monotonic() - began
        )
        vectors.keep_notes(asdict(report))
    return report


def _measured(vectors: Any, quiet: bool) -> tuple[float, int, int]:
    """Recall, probes and refine of the first settings that are good enough, else of the best."""
    positions = np.sort(np.random.default_rng(0).choice(vectors.count, min(QUERIES, vectors.count), False))
    queries = vectors.take(positions)
    with progress("measuring recall", vectors.count, unit="vectors", quiet=quiet) as advance:
        truth = _true_neighbours(vectors, queries, positions, advance)
    tried = []
    for probes, refine in SETTINGS:
        hits = 0
        for query, position, true in zip(queries, positions, truth, strict=True):
            found, _ = vectors.nearest(query, NEIGHBOURS + 1, probes=probes, refine=refine)
            hits += len(np.intersect1d(found[found != position][:NEIGHBOURS], true))
        tried.append((hits / truth.size, probes, refine))
        if tried[-1][0] >= GOOD_RECALL:
            return tried[-1]
    return max(tried, key=lambda one: one[0])


def _true_neighbours(
    vectors: Any, queries: np.ndarray, positions: np.ndarray, advance: Callable[[int], None]
) -> np.ndarray:
    """Positions ``[q, 10]`` of the nearest vectors of each query but itself, in one pass over all."""
    import torch

    units = torch.nn.functional.normalize(as_tensor(queries))
    k = min(NEIGHBOURS, vectors.count - 1)
    best = torch.full((len(units), k), -torch.inf)
    where = torch.zeros((len(units), k), dtype=torch.int64)
    for start, block in vectors.blocks():
        scores = units @ torch.nn.functional.normalize(as_tensor(block)).T
        mine = np.flatnonzero((positions >= start) & (positions < start + len(block)))
        scores[mine, positions[mine] - start] = -torch.inf
        few = scores.topk(min(k, len(block)))
        best, places = torch.cat([best, few.values], 1).topk(k)
        where = torch.cat([where, few.indices + start], 1).gather(1, places)
        advance(len(block))
    return where.numpy()
