"""The streaming middle of every import: work in threads, in order, with bounded memory."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from math import inf
from threading import Event
from time import monotonic
from typing import TypeVar

__all__ = ["in_fragments", "in_order", "one_behind"]

T = TypeVar("T")
R = TypeVar("R")


def in_order(work: Callable[[T], R], items: Iterable[T], *, workers: int, at_once: int = 16) -> Iterator[R]:
    """``map(work, items)`` over threads, results in the order of the items.

    Items travel in parcels of ``at_once`` so that handing over costs little; at most ``4 * workers`` parcels
    are under way or waiting, which bounds memory whatever the number of items. Leaving the iterator early
    cancels what has not begun.
    """
    source = iter(items)

    def parcel() -> list[T]:
        return list(islice(source, at_once))

    def done(parcel: list[T]) -> list[R]:
        return [work(item) for item in parcel if not left.is_set()]

    left = Event()  # a parcel of slow work would hold up the end
    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="import")
    try:
        waiting = deque(pool.submit(done, p) for p in (parcel() for _ in range(4 * workers)) if p)
        while waiting:
            results = waiting.popleft().result()
            following = parcel()
            if following:
                waiting.append(pool.submit(done, following))
            yield from results
    finally:
        left.set()
        pool.shutdown(wait=True, cancel_futures=True)


def in_fragments(
    items: Iterable[T], size_of: Callable[[T], int], *, rows: int, size: int, seconds: float = inf
) -> Iterator[list[T]]:
    """Group items into lists of at most ``rows``, closed earlier at ``size`` bytes or after ``seconds``."""
    held: list[T] = []
    total, began = 0, monotonic()
    for item in items:
        held.append(item)
        total += size_of(item)
        if len(held) >= rows or total >= size or monotonic() - began >= seconds:
            yield held
            held, total, began = [], 0, monotonic()
    if held:
        yield held


@contextmanager
def one_behind(work: Callable[[T], None]) -> Iterator[Callable[[T], None]]:
    """A function that does ``work`` in a thread behind its caller, one item at a time and in order.

    It returns as soon as the item before is done, and raises what went wrong with that one; leaving the
    context waits for the last.
    """
    running: Future | None = None

    def hand_over(item: T) -> None:
        nonlocal running
        if running is not None:
            running.result()
        running = pool.submit(work, item)

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="store") as pool:
        yield hand_over
        if running is not None:
            running.result()
