"""Refitting the head behind the page's back: one at a time, the newest answers win, nobody waits."""

import logging
import threading
from collections.abc import Callable

__all__ = ["Refits"]

_log = logging.getLogger(__name__)


class Refits:
    """Runs ``refit`` in a background thread after it was asked for.

    Requests that come while one runs are joined into a single following one. The thread ends when there is
    nothing left to do, so an idle page costs nothing.
    """

    def __init__(self, refit: Callable[[], object]):
        self._refit = refit
        self._lock = threading.Lock()
        self._wanted = False
        self._idle = threading.Event()
        self._idle.set()

    def ask(self) -> None:
        """Refit soon; returns at once."""
        with self._lock:
            self._wanted = True
            if not self._idle.is_set():
                return
            self._idle.clear()
        threading.Thread(target=self._run, name="tuningfork-refit", daemon=True).start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to do; False when that took longer than ``timeout`` seconds."""
        return self._idle.wait(timeout)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._wanted:
                    self._idle.set()
                    return
                self._wanted = False
            try:
                self._refit()
            except Exception:
                _log.exception("the head could not be refitted; the last ranking stays in use")
