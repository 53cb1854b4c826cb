"""Processes that are started to be killed, forked from one that has imported the heavy modules already.

SIGKILL ends them as it ends any other process: no handler, no clean-up, no flushed file. What is saved is the
import of Lance, Arrow and torch for every kill. Imports, servers and trainings are killed as programs too.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

__all__ = ["Told", "doomed", "warm"]

_IMPORTED = (
    "cv2",
    "lance",
    "numpy",
    "pyarrow",
    "pytest",
    "torch",
    "tuningfork.collection.create",
    "tuningfork.labelling.label_log",
    "tuningfork.tasks.doctor",
    "tuningfork.vision_ops",
)


def warm():
    """What starts such processes; imports only, so there are no threads of torch or Lance to be forked."""
    if not hasattr(signal, "SIGKILL"):
        pytest.skip("no SIGKILL on this system")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_IMPORTED))
    return context


class Told:
    """What a process says before it dies, byte by byte; an end of the file where it said less."""

    def __init__(self, pipe, process):
        self._pipe, self.process = pipe, process

    def read(self, count: int) -> bytes:
        """So many bytes, fewer when the process ended before."""
        said = b""
        while len(said) < count and (more := os.read(self._pipe.fileno(), count - len(said))):
            said += more
        return said

    def line(self) -> str:
        """The next line, without its end; what there is of it when the process ended."""
        said = b""
        while not said.endswith(b"\n") and (more := self.read(1)):
            said += more
        return said.decode().removesuffix("\n")

    def rest(self) -> bytes:
        """Everything up to the end of the process."""
        return self.read(1 << 30)

    def kill(self) -> bool:
        """SIGKILL; False when it had ended by itself."""
        self.process.kill()
        self.process.join(60)
        return self.process.exitcode == -signal.SIGKILL


@contextmanager
def doomed(work: Callable[..., None], *given: Any) -> Iterator[Told]:
    """Run ``work(say, *given)`` in another process, dead afterwards; what it says, bytes, is heard here."""
    context = warm()
    pipe, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_speaking, args=(theirs, dict(os.environ), work, given))
    process.start()
    theirs.close()
    told = Told(pipe, process)
    try:
        yield told
    finally:
        told.kill()
        pipe.close()


def _speaking(pipe, environment, work, given) -> None:
    os.environ.clear()
    os.environ.update(environment)  # as a program would have it that is started now
    work(lambda said: os.write(pipe.fileno(), said), *given)
