"""Ctrl-C and SIGTERM while a network learns: the step ends, the state is kept, then the run stops."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Wish", "heard"]


class Wish:
    """Whether somebody asked for the end."""

    said = False


@contextmanager
def heard() -> Iterator[Wish]:
    """Note the first Ctrl-C or SIGTERM instead of stopping at once; a second one stops at once.

    Only the main thread may listen; in any other nothing is changed.
    """
    wish = Wish()
    if threading.current_thread() is not threading.main_thread():
        yield wish
        return

    def note(number: int, frame: object) -> None:
        if wish.said:
            raise KeyboardInterrupt
        wish.said = True

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
