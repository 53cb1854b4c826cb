"""Estimates are counted by one request at a time, and not all the time."""

import threading
import time

import pytest

from tests.web.fakes import FakeCollection, FakeSession
from tuningfork.web.claims import SHARE, Claims

SLOW = 0.2  # seconds of a count


class SlowSession(FakeSession):
    counted = 0

    def expected_finds(self, ahead):
        self.counted += 1
        time.sleep(SLOW)
        return super().expected_finds(ahead)

    def say_no(self, first, last):
        said = [
            {"galaxy_id": str(i), "answer": "no", "client_seq": first + k, "shown": {}}
            for k, i in enumerate(self.collection.ids(list(range(first, last))))
        ]
        self.answer_many(said, client_id="c")


@pytest.fixture
def session():
    return SlowSession(FakeCollection(n=100))


def test_who_asks_while_another_counts_is_told_at_once(session):
    claims = Claims(session)
    first = threading.Thread(target=claims.tell, args=("ann",), kwargs={"streams": True})
    first.start()
    for _ in range(2000):
        if session.counted:
            break
        time.sleep(0.005)
    began = time.monotonic()
    told = claims.tell("bob", streams=False)
    assert time.monotonic() - began < SLOW / 2
    assert told["again"] == 1
    assert "stop" in told  # that is counted already, for all
    assert "page" not in told  # that is bob's own
    first.join()
    assert claims.tell("ann", streams=True)["page"] == 24
    assert session.counted == 1


def test_a_count_that_takes_long_waits_before_the_next(session):
    claims = Claims(session)
    assert claims.tell("ann", streams=True) | {"rows": 0, "stop": 0, "sentences": 0, "notes": 0} == {
        **dict.fromkeys(("rows", "stop", "sentences", "notes"), 0),
        **{"page": 24, "expected": None, "again": 0},
    }
    session.say_no(0, 40)
    again = claims.tell("ann", streams=True)
    assert again["expected"] is None  # the last count, and when there may be another
    assert 1 <= again["again"] <= SLOW / SHARE + 1
    assert session.counted == 1
    claims._free = 0.0  # the time has come
    newest = claims.tell("ann", streams=True)
    assert (newest["expected"], newest["again"]) == ((2, 9), 0)
    assert session.counted == 2
