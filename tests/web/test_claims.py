"""Estimates are counted by one request at a time, and not all the time."""

import threading
from types import SimpleNamespace

import pytest

from tests.web.fakes import FakeCollection, FakeSession
from tuningfork.web import claims as module
from tuningfork.web.claims import Claims

WORDS = ("rows", "stop", "sentences", "notes", "closing")
SLOW = 0.25  # seconds that a count takes on the made clock


class SlowSession(FakeSession):
    """Its counts take time on a made clock, and wait for the test where that wants to come in between."""

    def __init__(self, collection):
        super().__init__(collection)
        self.counted, self.now = 0, 100.0
        self.begun, self.free = threading.Event(), threading.Event()
        self.free.set()

    def expected_finds(self, ahead):
        self.counted += 1
        self.now += SLOW
        self.begun.set()
        assert self.free.wait(30)
        return super().expected_finds(ahead)

    def say_no(self, first, last):
        said = [
            {"galaxy_id": str(i), "answer": "no", "client_seq": first + k, "shown": {}}
            for k, i in enumerate(self.collection.ids(list(range(first, last))))
        ]
        self.answer_many(said, client_id="c")


@pytest.fixture
def session(monkeypatch):
    made = SlowSession(FakeCollection(n=100))
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: made.now))
    return made


def test_who_asks_while_another_counts_is_told_at_once(session):
    claims = Claims(session)
    session.free.clear()
    first = threading.Thread(target=claims.tell, args=("ann",), kwargs={"streams": True})
    first.start()
    assert session.begun.wait(30)
    told = claims.tell("bob", streams=False)  # while the count goes on
    session.free.set()
    first.join()
    assert (told["again"], "page" in told) == (1, False)
    assert claims.tell("ann", streams=True)["page"] == 24
    assert session.counted == 1


def test_a_newcomer_sees_what_was_counted_for_all(session):
    claims = Claims(session)
    claims.tell("ann", streams=True)
    told = claims.tell("bob", streams=False)  # whose own page must wait for its turn
    assert (told["again"], told["notes"], "page" in told) == (3, ["A note"], False)
    session.now += 9 * SLOW
    assert claims.tell("bob", streams=False)["page"] == 24


def test_who_comes_just_after_a_count_does_not_end_the_pause(session):
    """Two ask at once, and the second gets the lock when the first is through."""
    claims = Claims(session)
    lock, others = claims._counting, [lambda: claims.tell("ann", streams=True)]

    def acquire(blocking):
        if others:
            others.pop()()
        return lock.acquire(blocking=blocking)

    claims._counting = SimpleNamespace(acquire=acquire, release=lock.release)
    assert claims.tell("ann", streams=True)["page"] == 24
    session.say_no(0, 40)
    assert claims.tell("ann", streams=True)["again"] == 3
    assert session.counted == 1


def test_a_count_that_takes_long_waits_before_the_next(session):
    claims = Claims(session)
    assert claims.tell("ann", streams=True) | dict.fromkeys(WORDS, 0) == {
        **dict.fromkeys(WORDS, 0),
        **{"page": 24, "expected": None, "again": 0},
    }
    session.say_no(0, 40)
    again = claims.tell("ann", streams=True)
    assert again["expected"] is None  # the last count, and when there may be another
    assert again["again"] == 3  # nine times what it took, in whole seconds
    assert session.counted == 1
    session.now += 9 * SLOW  # the time has come
    newest = claims.tell("ann", streams=True)
    assert (newest["expected"], newest["again"]) == ((2, 9), 0)
    assert session.counted == 2


def test_a_closing_audit_that_has_begun_is_told_without_new_answers(session):
    session.offer = {"completeness": 0.9, "looks": 20, "inside": 40, "number": 1}
    claims = Claims(session)
    told = claims.tell("ann", streams=True)["closing"]
    assert told == {
        "line": "Finds are running dry. 20 random looks inside the top 40 would show whether 90% are found.",
        "offered": True,
    }
    assert "closing" not in claims.tell("ann", streams=False)
    session.begin_closing(0.9, annotator="me")
    claims.count_anew()
    told = claims.tell("ann", streams=True)["closing"]
    assert (told["line"].startswith("A closing audit runs"), told["offered"]) == (True, False)
