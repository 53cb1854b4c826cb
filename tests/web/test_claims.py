"""Estimates are counted once for all who look, by one thread, not all the time, and each sees their own."""

import threading
from types import SimpleNamespace

import pytest

from tests.web.fakes import FakeCollection, FakeSession
from tuningfork.errors import CollectionError
from tuningfork.labelling.streams.settings import Streams
from tuningfork.web import claims as module
from tuningfork.web.claims import FIRST, NEXT, Claims

SLOW = 0.25  # seconds that a count takes on the made clock
TEAM = [f"person {k}" for k in range(20)]


class SlowSession(FakeSession):
    """Its counts take time on a made clock, and wait for the test where that wants to come in between."""

    def __init__(self, collection):
        super().__init__(collection)
        self.now, self.counts, self.chosen, self.waited = 100.0, [], [], []
        self.begun, self.free = threading.Event(), threading.Event()
        self.free.set()
        self.broken = None

    def foresight(self):
        self.counts.append(threading.current_thread().name)
        self.now += SLOW
        self.begun.set()
        assert self.free.wait(30)
        if self.broken:
            raise self.broken
        return super().foresight()

    def next_batch(self, n, **about):
        self.chosen.append(about["annotator"])
        self.waited.append(about["wait"])
        own = int(about["annotator"].rpartition(" ")[2])
        return super().next_batch(n, **about)[: own + 1]  # so that each page tells whose it is

    def say_no(self, first, last):
        said = [
            {"galaxy_id": str(i), "answer": "no", "client_seq": first + k, "shown": {}}
            for k, i in enumerate(self.collection.ids(list(range(first, last))))
        ]
        self.answer_many(said, client_id="c")


@pytest.fixture
def session(monkeypatch):
    made = SlowSession(FakeCollection(n=100))
    monkeypatch.setattr(
        module, "time", SimpleNamespace(monotonic=lambda: made.now, thread_time=lambda: made.now)
    )
    return made


def told(claims, who, *, streams=False):
    """What a person sees once it is counted."""
    claims.tell(who, streams=streams)
    assert claims.wait(30)
    return claims.tell(who, streams=streams)


def test_twenty_who_look_at_once_are_counted_once_and_nobody_waits(session):
    claims = Claims(session)
    session.free.clear()
    first = claims.tell(TEAM[0], streams=False)
    assert session.begun.wait(30)
    during = [claims.tell(who, streams=False) for who in TEAM]  # returns while the count goes on
    session.free.set()
    assert claims.wait(30)
    assert [first, *during] == 21 * [{"again": FIRST}]
    after = [claims.tell(who, streams=False) for who in TEAM]
    assert session.counts == ["tuningfork-refit"]  # one count, of no request's thread
    assert sorted(session.chosen) == sorted(TEAM)
    assert session.waited == 20 * [False]  # nor for a fit
    assert [one["again"] for one in after] == 20 * [0]
    assert [one["page"] for one in after] == list(range(1, 21))  # each their own


def test_a_newcomer_waits_for_no_pause(session):
    claims = Claims(session)
    told(claims, TEAM[0])
    newcomer = claims.tell(TEAM[1], streams=False)
    assert (newcomer["again"], newcomer["notes"], "page" in newcomer) == (FIRST, ["A note"], False)
    assert claims.wait(30)
    assert claims.tell(TEAM[1], streams=False)["page"] == 2
    assert len(session.counts) == 1


def test_counting_anew_pauses_for_nine_times_what_it_took(session):
    claims = Claims(session)
    assert told(claims, TEAM[0])["expected"] is None
    session.say_no(0, 19)
    assert claims.tell(TEAM[0], streams=False)["again"] == 0  # less than a block
    session.say_no(19, 40)
    again = told(claims, TEAM[0])
    assert (again["expected"], again["again"], len(session.counts)) == (None, 3, 1)
    session.now += 9 * SLOW
    assert claims.tell(TEAM[0], streams=False)["again"] == NEXT  # the last numbers stand meanwhile
    assert claims.wait(30)
    newest = claims.tell(TEAM[0], streams=False)
    assert (newest["expected"], newest["again"], len(session.counts)) == ((2, 9), 0, 2)


def test_other_settings_and_a_taking_back_are_counted_at_once(session):
    claims = Claims(session)
    told(claims, TEAM[0])
    for change in (
        lambda: session.set_head("mlp"),
        lambda: session.set_streams(Streams(audit=0.2)),
        lambda: session.team.revoke("me", by="me"),
    ):
        session.say_no(len(session.events), len(session.events) + 1)
        assert told(claims, TEAM[0])["again"] == 0
        before = len(session.counts)
        change()
        session.now += 9 * SLOW
        told(claims, TEAM[0])
        assert len(session.counts) == before + 1


def test_a_count_that_fails_says_so_and_is_tried_again_later(session):
    claims, session.broken = Claims(session), CollectionError("the strata of audit 1 are damaged")
    claims.tell(TEAM[0], streams=False)
    assert claims.wait(30)
    for _ in range(2):
        with pytest.raises(CollectionError, match="damaged"):
            claims.tell(TEAM[0], streams=False)
    assert claims.wait(30)
    assert len(session.counts) == 1
    session.broken, session.now = None, session.now + module.AFTER_TROUBLE
    assert told(claims, TEAM[0])["page"] == 1


def test_counts_of_the_streams_are_for_those_who_may_know_them(session, monkeypatch):
    """From one count for all: what is shared holds both wordings, and who asks gets theirs."""
    counted = session.estimate()
    known = {"rate": {"value": 0.9, "low": 0.6, "high": 0.99, "level": 0.95}, "hits": 9, "shown": 10}
    counted |= {"eye": known, "sentences": ["9 of 10 known"], "notes": ["40 of 100 audited"]}
    monkeypatch.setattr(session, "estimate", lambda: counted)
    claims = Claims(session)
    blind, knowing = (told(claims, who, streams=may) for who, may in zip(TEAM, (False, True), strict=False))
    for word in ("9 of 10", "40 of 100"):
        assert word in str(knowing)
        assert word not in str(blind)
    assert [row["value"] for row in blind["rows"]] == [row["value"] for row in knowing["rows"]]
    assert "9 of 10" not in str(claims.tell(TEAM[1], streams=False))  # who is no adjudicator any more
    assert len(session.counts) == 1


def test_numbers_of_people_who_left_are_forgotten(session, monkeypatch):
    monkeypatch.setattr(module, "MOST_PEOPLE", 3)
    claims = Claims(session)
    for who in TEAM:
        assert told(claims, who)["page"]
    assert list(claims._own) == TEAM[-3:]


def test_a_closing_audit_that_begins_during_a_count_waits_for_no_pause(session):
    session.offer = {"completeness": 0.9, "looks": 20, "inside": 40, "number": 1, "answers": 26}
    claims = Claims(session)
    told(claims, TEAM[0], streams=True)
    session.say_no(0, 20)
    session.now += 9 * SLOW
    session.begun.clear(), session.free.clear()
    claims.tell(TEAM[0], streams=True)
    assert session.begun.wait(30)  # the words are chosen already: they still offer it
    session.begin_closing(0.9, annotator="me")
    claims.count_anew()
    session.free.set()
    assert claims.wait(30)
    assert told(claims, TEAM[0], streams=True)["closing"]["line"].startswith("A closing audit runs")


def test_a_closing_audit_that_has_begun_is_told_without_new_answers(session):
    session.offer = {"completeness": 0.9, "looks": 20, "inside": 40, "number": 1, "answers": 26}
    claims = Claims(session)
    assert told(claims, TEAM[0], streams=True)["closing"] == {
        "line": "Finds are running dry. 20 random looks inside the top 40 would show whether 90 % are found.",
        "offered": True,
        "runs": False,
        "answers": 26,
    }
    assert "closing" not in told(claims, TEAM[0])
    session.begin_closing(0.9, annotator="me")
    claims.count_anew()
    after = told(claims, TEAM[0], streams=True)["closing"]
    assert (after["line"].startswith("A closing audit runs"), after["offered"]) == (True, False)
