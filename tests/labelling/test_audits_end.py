"""Audits whose galaxies go away or whose answers are taken back; what two pages and two clocks may claim."""

import numpy as np
import pytest

from tests.labelling.test_streams import SOON, work
from tuningfork.labelling import create_session, open_session
from tuningfork.labelling.estimates.audit import AuditCount, completeness, total_positives
from tuningfork.labelling.streams.counting import Audited
from tuningfork.labelling.streams.drawing import NOWHERE
from tuningfork.labelling.streams.settings import Streams


@pytest.fixture
def audited(collection):
    made = create_session(collection, name="audited", question="Is it rare?", streams=SOON)
    made.add_examples(sorted(collection.rare)[:2])
    work(made, collection, 30)
    assert [d.number for d in made.book.designs()] == [1]
    yield made
    made.close()


def left(session):
    return [p for p in session.book.plan(1) if p.galaxy_id not in session.labels()]


def answer(session, collection, galaxies, client):
    for k, galaxy in enumerate(galaxies):
        said = "yes" if galaxy in collection.rare else "no"
        session.answer(galaxy, said, client_id=client, client_seq=k, shown={"stream": "audit"})


@pytest.mark.parametrize("gone", ["quarantined", "removed"])
def test_an_audit_ends_without_the_galaxies_that_went_away(audited, collection, gone):
    lost = [p.galaxy_id for p in left(audited)[:3]]
    assert len(lost) == 3
    rows = collection.rows_of(lost)
    if gone == "quarantined":
        collection.flags[rows] = True
    else:
        kept = np.setdiff1d(np.arange(len(collection)), rows)
        collection._ids, collection.flags = collection._ids[kept], collection.flags[kept]
    again = open_session(collection, "audited")
    came = {c.stream for c in again.next_batch(40)}  # they hold up no slot
    there = [p.galaxy_id for p in left(again) if p.galaxy_id not in lost]
    if gone == "quarantined":
        assert "audit" in came
        assert not {c.id for c in again.next_batch(300)} & set(lost)
        answer(again, collection, there, "q")
        (told,) = again.estimate()["audits"]
        assert (told["ready"], told["skipped"]) == (True, 3)
        assert told["counted"] == len(again.book.plan(1)) - 3
    again.refit()
    assert [d.number for d in again.book.designs()] == [1, 2]
    assert not {p.galaxy_id for p in again.book.plan(2)} & set(lost)
    again.close()


def test_known_galaxies_and_repeats_that_went_away_hold_up_no_slot(collection):
    streams = Streams(gold=0.5, repeat=0.5, repeat_after=1)
    made = create_session(collection, name="s", question="Is it rare?", streams=streams)
    made.add_examples(sorted(collection.rare)[:2])
    known = sorted(collection.rare)[2:6]
    made.team.add_gold(known, "yes", by="me")
    for k in range(6):
        made.answer(f"g{k}", "no", client_id="p", client_seq=k, shown={"stream": "hunt"})
    made.close()
    collection.flags[collection.rows_of([*known[:3], "g0", "g1", "g2", "g3"])] = True
    again = open_session(collection, "s")
    came = [(c.id, c.stream) for c in again.next_batch(20)]
    assert {i for i, stream in came if stream == "gold"} == {known[3]}
    assert {i for i, stream in came if stream == "repeat"} <= {"g4", "g5"}
    assert "repeat" in {stream for _, stream in came}
    again.close()


def test_no_page_holds_a_galaxy_twice(audited):
    """A galaxy that an audit drew and that was planted as known afterwards."""
    planted = [p.galaxy_id for p in left(audited)]
    audited.team.add_gold(planted, "no", by="me")
    page = [c.id for c in audited.next_batch(60)]
    assert len(set(page)) == len(page)


def test_answers_taken_back_after_a_draw_widen_what_it_says(audited, collection):
    """They are in no frame: what a spammer covered up may all be positive."""
    answer(audited, collection, [p.galaxy_id for p in left(audited)], "q")
    before = audited.estimate()["whole"]
    since, until = 1, audited.book.designs()[0].last_event
    with audited.log.view() as state:  # a repeat after the span still says something
        looks = [state.live(i) for i, e in audited.current_events().items() if e.stream != "example"]
    hidden = sum(all(e.event_id <= until for e in every) for every in looks)
    audited.team.revoke("me", by="me", since=since + 2, until=until)
    told = audited.estimate()
    assert told["audits"][0]["reopened"] == hidden > 5
    assert told["whole"]["total"]["high"] >= before["total"]["high"] - before["found"] + hidden
    assert any("taken back" in note for note in told["notes"])


def test_what_no_audit_covers_is_counted_in_the_upper_end_alone():
    plain = AuditCount(10, [100, 900], [20, 30], [5, 1])
    open_ = AuditCount(10, [100, 900], [20, 30], [5, 1], [7, 2])
    a, b = total_positives([plain], 16), total_positives([open_], 16)
    assert (b.value, b.low, b.high) == (a.value, a.low, a.high + 9)
    assert completeness(b, 16).low < completeness(a, 16).low


def test_the_first_strata_know_what_was_known_at_the_draw():
    """What was found since is in the hits already, or was found by the hunt: known is neither."""
    count = AuditCount(1, [2, 3], [1, 2], [1, 0])
    codes = np.array([0, 0, 0, 1, 1, 1, NOWHERE], np.uint8)
    drawn = Audited(None, count, 3, 3, 0, 0, codes, frozenset({"a", "gone"}))
    finds = {"a": 0, "b": 1, "c": 4}  # b by the audit, c by the hunt
    for strata in (1, 2):
        part = drawn.within(strata, finds)
        assert part.known == 1
        assert part.frame.tolist() == [2, 3][:strata]
        assert part.hits.tolist() == [1, 0][:strata]
    assert Audited(None, count, 3, 3, 0, 0, codes, frozenset({"c"})).within(1, finds).known == 0
    assert drawn.pool(1) == 3


# --- two pages, two clocks --------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", ["gold", "repeat"])
def test_two_windows_that_choose_at_once_do_not_both_get_a_second_look(collection, stream):
    made = create_session(collection, name="s", streams=Streams(**{stream: 1.0}, repeat_after=1))
    made.add_examples(sorted(collection.rare)[:2])
    made.team.add_gold(sorted(collection.rare)[2:4], "yes", by="me")
    for k in range(4):
        made.answer(f"g{k}", "no", client_id="p", client_seq=k, shown={"stream": "hunt"})
    chosen = {window: made._handing.choose(2, set(), "me", window) for window in ("one", "two")}
    assert {c.stream for c in chosen["one"]} == {stream}
    got = [
        c.id
        for window, choices in chosen.items()
        for c in made.team.leases.claim(choices, person="me", client_id=window, closed=lambda _: set())
    ]
    assert len(got) == len(set(got)) == 2
    made.close()


def test_a_server_whose_clock_is_behind_keeps_what_another_one_handed_out(collection):
    here = create_session(collection, name="s", streams=Streams())
    there = open_session(collection, "s")
    here.team.leases._clock, now = lambda: 1_000.0, [997.0]
    there.team.leases._clock = lambda: now[0]
    first = {c.id for c in here.lease(10, client_id="a", annotator="ann")}
    assert first.isdisjoint(c.id for c in there.lease(10, client_id="b", annotator="bob"))
    now[0] += here.settings.team.lease_seconds + 1  # and no longer than the usual time
    assert {c.id for c in there.lease(10, client_id="c", annotator="eve")} == first
    here.close(), there.close()


def test_two_processes_that_change_settings_undo_none_of_each_other(collection):
    here = create_session(collection, name="s")
    there = open_session(collection, "s")
    here.set_strategy("alpha", alpha=0.1)
    there.set_streams(Streams(audit=0.5))
    here.set_head("mlp")
    told = open_session(collection, "s")
    assert (told.strategy_name, told.head_name, told.settings.streams.audit) == ("alpha", "mlp", 0.5)
    assert told.settings.strategy_settings == {"alpha": 0.1}
    assert here._desk.streams == Streams(audit=0.5)
    for one in (here, there, told):
        one.close()
