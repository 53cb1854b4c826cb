import json
from dataclasses import replace

import numpy as np
import pytest

from tests.labelling.conftest import FakeVectors
from tuningfork.errors import UsageError
from tuningfork.labelling import create_session, open_session
from tuningfork.labelling.streams.drawing import NOWHERE, allocate, draw, strata_of_ranks, stratum_ends
from tuningfork.labelling.streams.settings import Streams
from tuningfork.labelling.streams.slots import slot_streams

SOON = Streams(audit=0.3, gold=0.1, repeat=0.1, audit_from=10, audit_size=40, inside=100, repeat_after=15)


@pytest.fixture
def audited(collection):
    made = create_session(collection, name="audited", question="Is it rare?", streams=SOON)
    made.add_examples(sorted(collection.rare)[:2])
    made.team.add_gold(sorted(collection.rare)[2:5], "yes", by="me")
    yield made
    made.close()


def work(session, collection, n, *, start=0, person=None):
    """Answer n galaxies one by one, truthfully; the streams in the order in which they came."""
    came = []
    for seq in range(start, start + n):
        batch = session.next_batch(1, annotator=person)
        if not batch:
            break
        answer = "yes" if batch[0].id in collection.rare else "no"
        session.answer(
            batch[0].id, answer, client_id="p", client_seq=seq, shown=batch[0].shown(), annotator=person
        )
        came.append(batch[0].stream)
    return came


def test_shares_hold_in_every_stretch_and_nobody_can_tell_the_order():
    usual = Streams.usual()
    told = slot_streams(usual, 0, 2000, seed=1)
    assert [told.count(s) for s in ("audit", "gold", "repeat")] == [200, 100, 100]
    assert told[100:140] == slot_streams(usual, 100, 40, seed=1)
    assert told[:20] != told[20:40]
    assert told != slot_streams(usual, 0, 2000, seed=1, person="ann")
    odd = slot_streams(Streams(audit=0.03), 0, 4000, seed=2)
    assert odd.count("audit") == 120


@pytest.mark.parametrize(
    "bad", [{"audit": -0.1}, {"audit": 0.6, "gold": 0.5}, {"audit_size": 3}, {"inside": 0}, {"gold": 2}]
)
def test_shares_that_make_no_sense_are_refused(bad):
    with pytest.raises(UsageError):
        Streams(**bad)


def test_strata_cover_the_pool_once_and_one_ends_at_the_candidate_pool():
    ends = stratum_ends(200_000, 10_000)
    assert ends[-1] == 200_000
    assert 10_000 in ends
    pool = np.ones(5000, bool)
    pool[:7] = False
    codes = strata_of_ranks(np.arange(5000, 0, -1), pool, stratum_ends(4993, 200))
    assert (codes[:7] == NOWHERE).all()
    assert np.bincount(codes[7:]).sum() == 4993
    assert codes[4999] == 0
    assert codes[7] == codes[7:].max()


@pytest.mark.parametrize(("pool", "inside"), [(30, 1), (17, 17), (400, 20)])
def test_small_pools_have_strata_too(pool, inside):
    ends = stratum_ends(pool, inside)
    assert ends[-1] == pool
    assert (np.diff(ends) > 0).all()


def test_every_galaxy_is_drawn_as_often_as_its_probability_says():
    codes = strata_of_ranks(np.arange(1, 301), np.ones(300, bool), stratum_ends(300, 40))
    answered = np.zeros(300, bool)
    answered[::7] = True
    counts, chance = np.zeros(300), np.zeros(300)
    for seed in range(2000):
        drawn = draw(codes, answered, 60, near=5, seed=[seed])
        counts[drawn.rows] += 1
        chance[drawn.rows] = drawn.probability
    assert not counts[answered].any()
    seen = counts[~answered] / 2000
    assert np.abs(seen - chance[~answered]).max() < 5 * np.sqrt(0.25 / 2000)
    frame = np.bincount(codes[~answered])
    assert sorted(set(chance[~answered])) == sorted(set(allocate(frame, 60, 5) / frame))


def test_an_audit_broken_off_has_looked_into_every_stratum_first():
    codes = strata_of_ranks(np.arange(1, 3001), np.ones(3000, bool), stratum_ends(3000, 150))
    drawn = draw(codes, np.zeros(3000, bool), 100, near=5, seed=[3])
    order = np.argsort(drawn.turn)
    strata = len(np.unique(drawn.stratum))
    assert len(set(drawn.stratum[order[:strata]])) == strata
    for h in range(strata):
        places = drawn.place[order][drawn.stratum[order] == h]
        assert (np.diff(places) == 1).all()


def test_all_streams_come_and_the_probability_is_logged(audited, collection):
    came = work(audited, collection, 120)
    assert {"hunt", "audit", "gold", "repeat"} <= set(came)
    assert came.count("gold") == 3
    plan = {p.galaxy_id: p for p in audited.book.plan(1)}
    logged = [e for e in audited.events() if e.stream == "audit" and e.design == 1]
    assert len(logged) >= 20
    assert all(e.probability == plan[e.galaxy_id].probability for e in logged)
    assert 0 < min(e.probability for e in logged) < max(e.probability for e in logged) <= 1


def test_an_audit_is_frozen_and_trains_only_when_it_is_counted(audited, collection):
    work(audited, collection, 30)
    (design,) = audited.book.designs()
    plan = audited.book.plan(1)
    waiting = next(p.galaxy_id for p in plan if p.galaxy_id not in audited.labels())
    before = audited.head_version
    shown = {"stream": "audit"}
    audited.answer(waiting, "yes", client_id="q", client_seq=0, shown=shown)
    assert audited.head_version == before
    for k, p in enumerate(plan):
        if p.galaxy_id not in audited.labels():
            answer = "yes" if p.galaxy_id in collection.rare else "no"
            audited.answer(p.galaxy_id, answer, client_id="q", client_seq=k + 1, shown=shown)
    assert audited.head_version != before
    assert audited.book.plan(1) == plan
    audited.next_batch(5)
    assert [d.number for d in audited.book.designs()] == [1, 2]
    assert {p.galaxy_id for p in audited.book.plan(2)}.isdisjoint(audited.labels())
    assert design == audited.book.designs()[0]


def test_a_restart_between_question_and_answer_loses_no_probability(audited, collection):
    work(audited, collection, 30)
    waiting = next(p for p in audited.book.plan(1) if p.galaxy_id not in audited.labels())
    again = open_session(collection, "audited")
    again.answer(
        waiting.galaxy_id, "no", client_id="q", client_seq=0, shown={"stream": "unknown", "view": "grid"}
    )
    event = again.current_events()[waiting.galaxy_id]
    assert (event.stream, event.design, event.probability) == ("audit", 1, waiting.probability)
    assert event.shown["view"] == "grid"
    again.close()


def test_gold_measures_and_never_trains_and_is_not_hunted(audited, collection):
    gold = set(audited.team.known())
    came = [c for c in audited.next_batch(300) if c.id in gold]
    assert {c.stream for c in came} <= {"gold"}
    before = audited.head_version
    for k, galaxy in enumerate(sorted(gold)):
        audited.answer(galaxy, "no", client_id="g", client_seq=k, shown={"stream": "gold"})
    assert audited.head_version == before


def test_repeats_are_old_answers_of_ones_own_and_come_once(audited, collection):
    work(audited, collection, 150)
    events = [e for e in audited.events() if e.kind == "answer" and e.stream != "example"]
    repeats = [e for e in events if e.stream == "repeat"]
    assert len(repeats) >= 5
    assert len({e.galaxy_id for e in repeats}) == len(repeats)
    for again in repeats:
        place = events.index(again)
        first = next(k for k, e in enumerate(events) if e.galaxy_id == again.galaxy_id)
        assert place - first > SOON.repeat_after


@pytest.mark.parametrize("page", [1, 5])
def test_no_stream_gets_more_than_its_share_whatever_the_page(collection, page):
    made = create_session(collection, name="small", streams=Streams(repeat=0.1, repeat_after=10))
    made.add_examples(sorted(collection.rare)[:2])
    came = []
    while len(came) < 100:
        for choice in made.lease(page, client_id="p"):
            answer = "yes" if choice.id in collection.rare else "no"
            made.answer(choice.id, answer, client_id="p", client_seq=len(came), shown=choice.shown())
            came.append(choice.stream)
    made.close()
    assert 6 <= came.count("repeat") <= 10  # a tenth, but for the first places


def test_a_known_galaxy_without_a_vector_stops_no_page(collection):
    (key,) = collection.tables
    there = np.delete(np.arange(len(collection)), 7)
    facts = {"encoder": "made", "created": "2026"}
    collection.tables[key] = FakeVectors([f"g{i}" for i in there], collection.vectors[there], facts)
    made = create_session(collection, name="absent", streams=Streams(gold=0.5))
    made.add_examples(sorted(collection.rare)[:2])
    made.team.add_gold(["g7"], "yes", by="me")
    came = {c.id: c.shown() for c in made.lease(10, client_id="p")}
    made.close()
    assert len(came) == 10
    assert (came["g7"]["stream"], came["g7"]["score"]) == ("gold", None)


@pytest.mark.parametrize("stream", ["gold", "repeat"])
def test_two_windows_of_one_person_do_not_ask_the_same(collection, stream):
    shares = Streams(**{stream: 0.5}, repeat_after=1)
    made = create_session(collection, name="windows", streams=shares)
    made.add_examples(sorted(collection.rare)[:2])
    made.team.add_gold(sorted(collection.rare)[2:6], "yes", by="me")
    for k in range(8):
        made.answer(f"g{k}", "no", client_id="p", client_seq=k, shown={"stream": "hunt"})
    here, there = ([c for c in made.lease(8, client_id=window)] for window in ("one", "two"))
    made.close()
    assert {c.stream for c in here} >= {stream}
    assert not {c.id for c in here} & {c.id for c in there}


def test_progress_tells_no_stream(audited, collection):
    work(audited, collection, 60)
    told = json.dumps(audited.progress())
    assert not any(word in told for word in ("audit", "gold", "repeat", "stream"))


def test_a_session_of_before_has_no_streams(audited, collection, tmp_path):
    file = audited.folder / "session.toml"
    text = file.read_text()
    file.write_text(text[: text.index("[streams]")])
    again = open_session(collection, "audited")
    assert again.settings.streams == Streams()
    assert {c.stream for c in again.next_batch(100)} <= {"hunt", "explore"}
    again.close()
    file.write_text(text.replace("audit = 0.3", "audit = 7.0"))
    with pytest.raises(UsageError, match="shares"):
        open_session(collection, "audited")


def test_shares_can_be_changed_and_are_kept(audited, collection):
    audited.set_streams(replace(SOON, audit=1.0, gold=0.0, repeat=0.0))
    came = work(audited, collection, 40)
    assert came[12:].count("audit") == len(came[12:])
    assert open_session(collection, "audited").settings.streams.audit == 1.0
