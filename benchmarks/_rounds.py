"""Rounds of the loop on made vectors: an answer has come, refit, rank, choose the next page."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from tuningfork.labelling.asking import Asking
from tuningfork.labelling.events import Event
from tuningfork.labelling.label_log import LabelLog
from tuningfork.labelling.preparation import Preparation
from tuningfork.labelling.question import Question
from tuningfork.labelling.scoring import Scoring
from tuningfork.labelling.settings import SessionSettings
from tuningfork.labelling.streams.desk import StreamDesk

__all__ = ["timed_rounds"]


def timed_rounds(
    vectors: np.ndarray,
    rare: np.ndarray,
    folder: str | Path,
    now: Callable[[], Any],
    *,
    labels: tuple[int, int],
    page: int,
    repeats: int,
    **settings: str,
) -> list[Any]:
    """What each round took.

    Parameters
    ----------
    vectors : ndarray
        (n, D).
    rare : ndarray
        (n,) bool: which galaxies are looked for.
    folder : path
        Where the log is written.
    now : callable
        The clock.
    labels : (int, int)
        Answers of yes and of no that there are before.
    **settings
        Of the session: ``head``, ``strategy``.
    """
    ids = np.array([f"g{i}" for i in range(len(vectors))], dtype=object)
    given = [*np.flatnonzero(rare)[: labels[0]], *np.flatnonzero(~rare)[: labels[1]]]
    events = {ids[row]: _event(number, ids[row], rare[row]) for number, row in enumerate(given)}
    present = np.ones(len(ids), bool)
    prepare = Preparation(vectors, present)
    told = SessionSettings(name="b", question=Question(), encoder="made", **settings)
    log = LabelLog(Path(folder) / "rounds.sqlite", session="b", question="?")
    desk, answers = StreamDesk(log, told.streams, told.question, seed=0), lambda kind: _of(events, kind)
    scoring = Scoring(
        ids,
        SimpleNamespace(vectors=prepare(vectors), present=present, prepare=prepare, key="made"),
        present,
        told,
        desk=desk,
        events=answers,
        outside=lambda names: np.empty((0, vectors.shape[1]), np.float32),
    )
    asking = Asking(scoring, desk, answers, told)

    def next_page(number: int) -> None:
        asking.next_batch(page, (), person="me", place=sum(labels) + page * number, closed=set())

    next_page(0)  # the cells are made once a session
    spent = []
    for number in range(repeats):
        events[ids[-1 - number]] = _event(1000 + number, ids[-1 - number], False)
        began = now()
        next_page(number + 1)
        spent.append(now() - began)
    return spent


def _of(events: dict[str, Event], kind: str) -> dict[str, Event]:
    return dict(events) if kind == "answer" else {}


def _event(number: int, galaxy: str, yes: bool) -> Event:
    answer = "yes" if yes else "no"
    return Event(number, "c", number, "t", "me", "answer", f"c/{number}", galaxy, answer, None, {})
