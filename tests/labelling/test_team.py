import random
import threading
from collections import Counter

import numpy as np
import pytest

from tests.labelling.conftest import FakeCollection
from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.labelling import create_session, open_session
from tuningfork.labelling.events import Event, State
from tuningfork.labelling.label_log import LabelLog, NewAnswer
from tuningfork.labelling.people.agreement import agreement_of, krippendorff_alpha, positive_agreement
from tuningfork.labelling.people.consensus import consensus_of, dawid_skene
from tuningfork.labelling.people.members import Members
from tuningfork.labelling.people.tables import consensus_table
from tuningfork.labelling.people.team import Team, closed_for
from tuningfork.labelling.streams.settings import Streams

NONE = Streams()


def say(session, galaxy, answer, person, seq=0, stream="hunt"):
    client = f"{person}-{galaxy}-{stream}-{seq}"
    session.answer(galaxy, answer, client_id=client, client_seq=0, annotator=person, shown={"stream": stream})


def test_two_collections_in_one_database_do_not_share_a_session(collection, tmp_path):
    url = f"sqlite:///{tmp_path}/shared.sqlite"
    ours = create_session(collection, name="first", database=url)
    ours.answer("g1", "yes", client_id="p", client_seq=0)
    other = FakeCollection(tmp_path / "other", seed=5)
    with pytest.raises(UsageError, match="holds a session 'first' already"):
        create_session(other, name="first", database=url)
    assert create_session(other, name="second", database=url).labels() == {}
    assert open_session(collection, "first", database=url).labels() == {"g1": "yes"}


def test_a_session_whose_log_is_elsewhere_is_not_opened_on_an_empty_one(collection, tmp_path):
    url = f"sqlite:///{tmp_path}/elsewhere.sqlite?timeout=7"
    made = create_session(collection, name="first", database=url)
    made.answer("g1", "yes", client_id="p", client_seq=0)
    with pytest.raises(UsageError, match="is in the database"):
        open_session(collection, "first")
    assert not (made.folder / "labels.sqlite").exists()
    assert "timeout" not in (made.folder / "session.toml").read_text()  # a password may stand there
    assert open_session(collection, "first", database=url).labels() == {"g1": "yes"}


# --- who holds what ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("overlap", [1, 2])
def test_nobody_gets_a_galaxy_twice_and_no_galaxy_goes_to_too_many(collection, overlap):
    """Threads on two openings of one SQLite log, until everything is answered."""
    streams = Streams(audit=0.1, repeat=0.1, audit_from=20, audit_size=40, inside=50, repeat_after=10)
    ours = create_session(collection, name="team", streams=streams, team=Team(overlap=overlap))
    ours.add_examples(sorted(collection.rare)[:2], annotator="owner")
    theirs = open_session(collection, "team")
    got, lock, trouble = [], threading.Lock(), []

    def work(session, person):
        try:
            seq = 0
            for _ in range(10):
                page = session.lease(4, client_id=f"page-{person}", annotator=person)
                for choice in page:
                    answer = "yes" if choice.id in collection.rare else "no"
                    session.answer(
                        choice.id,
                        answer,
                        client_id=person,
                        client_seq=seq,
                        annotator=person,
                        shown=choice.shown(),
                    )
                    seq += 1
                with lock:
                    got.extend((person, c.id, c.stream) for c in page)
        except BaseException as error:
            trouble.append(error)

    threads = [
        threading.Thread(target=work, args=(session, f"p{k}")) for k, session in enumerate([ours, theirs] * 2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not trouble
    assert len(got) == 160
    asked = Counter((person, galaxy) for person, galaxy, stream in got if stream != "repeat")
    assert set(asked.values()) == {1}
    per_galaxy = Counter(galaxy for person, galaxy, stream in got if stream != "repeat")
    assert max(per_galaxy.values()) <= overlap
    again = [(person, galaxy) for person, galaxy, stream in got if stream == "repeat"]
    assert set(again) <= set(asked)
    assert len(set(again)) == len(again)
    assert len(ours.team.leases.offers()) == 160
    ours.close(), theirs.close()


def test_a_lease_ends_and_the_galaxy_comes_back(collection):
    session = create_session(collection, name="s", streams=NONE, team=Team(lease_seconds=60))
    now = [1_000.0]
    session.team.leases._clock = lambda: now[0]
    first = {c.id for c in session.lease(10, client_id="a", annotator="ann")}
    assert first.isdisjoint(c.id for c in session.lease(10, client_id="b", annotator="bob"))
    assert first.isdisjoint(c.id for c in session.lease(10, client_id="a2", annotator="ann"))
    now[0] += 59
    assert first.isdisjoint(c.id for c in session.next_batch(300, annotator="bob"))
    now[0] += 2
    assert {c.id for c in session.lease(10, client_id="b", annotator="bob")} == first
    now[0] -= 5_000  # the clock goes back: leases of the future hold nobody up
    assert {c.id for c in session.lease(10, client_id="c", annotator="eve")} == first
    session.close()


def test_a_page_that_asks_again_keeps_its_galaxies(collection):
    session = create_session(collection, name="s", streams=NONE)
    first = [c.id for c in session.lease(6, client_id="a", annotator="ann")]
    assert [c.id for c in session.lease(6, client_id="a", annotator="ann")] == first
    session.close()


def test_what_was_shown_to_whom_is_kept(collection):
    session = create_session(collection, name="s", streams=NONE)
    choice = session.lease(1, client_id="a", annotator="ann")[0]
    (offer,) = open_session(collection, "s").team.leases.offers()
    assert (offer.galaxy_id, offer.annotator, offer.client_id) == (choice.id, "ann", "a")
    assert offer.shown == choice.shown()
    session.close()


def test_a_find_asks_for_more_people(collection):
    session = create_session(collection, name="s", streams=NONE, team=Team(overlap=1, overlap_finds=3))
    a, b = (c.id for c in session.next_batch(2))
    say(session, a, "yes", "ann"), say(session, b, "no", "ann")
    left = {c.id for c in session.next_batch(1000, annotator="bob")}
    assert a in left
    assert b not in left
    assert a not in {c.id for c in session.next_batch(1000, annotator="ann")}
    say(session, a, "yes", "bob"), say(session, a, "yes", "eve")
    assert a not in {c.id for c in session.next_batch(1000, annotator="joe")}
    session.close()


def test_a_galaxy_of_an_audit_asks_for_more_people():
    state, team = State(), Team(overlap=1, overlap_audit=2)
    state.apply(Event(1, "c", 1, "t", "ann", "answer", "c/1", "g", "no"))

    def closed(person, audited=("g",), **held):
        return closed_for(state, person, team, positive="yes", audited=set(audited), held=held)

    assert closed("bob", audited=()) == {"g"}
    assert closed("bob") == set()
    assert closed("ann") == {"g"}  # once is enough of one person
    assert closed("bob", g={"eve"}) == {"g"}  # who is about to answer counts


@pytest.mark.parametrize("bad", [{"overlap": 0}, {"overlap_finds": 0}, {"lease_seconds": 0}])
def test_a_team_that_makes_no_sense_is_refused(bad):
    with pytest.raises(UsageError):
        Team(**bad)


# --- who may do what --------------------------------------------------------------------------------------


def test_roles_hold(session, collection):
    g = "g1"
    say(session, g, "yes", "anybody")  # nobody was named yet
    people = session.team.members
    tokens = {role: people.invite(role, by="boss") for role in ("viewer", "annotator", "adjudicator")}
    for role, token in tokens.items():
        people.join(token, role)
    assert {m.name: m.role for m in people.all()} == {"boss": "owner"} | {role: role for role in tokens}
    for stranger in ("viewer", "mallory"):
        with pytest.raises(UsageError, match="in this session"):
            say(session, g, "no", stranger)
        with pytest.raises(UsageError, match="in this session"):
            session.lease(1, client_id="x", annotator=stranger)
    say(session, g, "no", "annotator")
    with pytest.raises(UsageError, match="only annotator"):
        session.team.adjudicate(g, "no", by="annotator")
    with pytest.raises(UsageError):
        session.team.revoke("annotator", by="adjudicator")
    with pytest.raises(UsageError):
        people.invite("owner", by="adjudicator")
    session.team.adjudicate(g, "no", by="adjudicator")
    people.set_role("annotator", "removed", by="boss")
    with pytest.raises(UsageError, match="not in this session"):
        say(session, "g2", "no", "annotator")
    with pytest.raises(UsageError, match="needs an owner"):
        people.set_role("boss", "viewer", by="boss")
    with pytest.raises(UnknownNameError):
        people.set_role("boss", "king", by="boss")


def test_an_invitation_serves_once_ends_and_is_not_kept_in_clear(tmp_path):
    file, now = tmp_path / "l.sqlite", [0.0]
    log = LabelLog(file, session="s", question="?")
    people = Members(log, clock=lambda: now[0])
    token = people.invite("annotator", by="boss", days=2)
    assert people.join(token, "ann").role == "annotator"
    for late in (token, "x" * 43, "", None):
        with pytest.raises(UsageError, match="invitation"):
            people.join(late, "bob")
    second = people.invite("viewer", by="boss", days=1)
    with pytest.raises(UsageError, match="already"):
        people.join(second, "ann")
    now[0] += 86_401
    with pytest.raises(UsageError, match="invitation"):
        people.join(second, "bob")
    log.close()
    stored = b"".join(part.read_bytes() for part in tmp_path.iterdir())
    assert token.encode() not in stored
    assert second.encode() not in stored


# --- taking back ------------------------------------------------------------------------------------------


def test_a_persons_answers_are_revoked_and_restored_and_nothing_is_deleted(session):
    for k, galaxy in enumerate(("g1", "g2", "g3")):
        say(session, galaxy, "yes", "mallory", k)
    say(session, "g1", "no", "ann")
    held = len(session.events())
    name = session.team.revoke("mallory", by="boss", reason="not a person")
    assert session.labels() == {"g1": "no"}
    assert session.undo(client_id="m", client_seq=0, annotator="mallory") is None
    assert [h["state"] for h in session.team.history("mallory")] == ["revoked"] * 3
    say(session, "g9", "yes", "mallory")
    assert session.labels() == {"g1": "no", "g9": "yes"}
    assert len(session.events()) == held + 3  # the undo of nothing is there too
    session.team.restore(name, by="boss")
    assert set(session.labels()) == {"g1", "g2", "g3", "g9"}
    with pytest.raises(UsageError, match="no revocation"):
        session.team.restore(name, by="boss")


def test_what_comes_later_with_a_retry_is_no_part_of_what_was_revoked(session):
    """A longer export of the same classifications, taken in after somebody's answers were taken back."""
    old = [NewAnswer("g1", "yes", 1), NewAnswer("g2", "yes", 2)]
    session.log.append(old, client_id="import", annotator="zoe")
    session.team.revoke("zoe", by="me")
    acks = session.log.append([*old, NewAnswer("g3", "yes", 3)], client_id="import", annotator="zoe")
    assert [a.duplicate for a in acks] == [True, True, False]
    assert session.labels() == {"g3": "yes"}
    assert session.team.revoked()[0]["answers"] == 2


def test_a_span_is_revoked(session):
    for k in range(6):
        say(session, f"g{k}", "yes", "mallory", k)
    ids = [e.event_id for e in session.events()]
    session.team.revoke("mallory", by="boss", since=ids[2], until=ids[3])
    assert set(session.labels()) == {"g0", "g1", "g4", "g5"}


def test_history_shows_what_became_of_each_action(session):
    for k in range(3):
        say(session, f"g{k}", "no", "me", k)
    session.undo(client_id="u", client_seq=0)
    told = session.team.history("me")
    assert [(h["state"], h["answers"]) for h in told] == [
        ("done", [("g0", "no")]),
        ("done", [("g1", "no")]),
        ("undone", [("g2", "no")]),
    ]
    assert session.team.history("me", last=1) == told[-1:]
    assert not any("stream" in h for h in told)


class Model:
    """Two stacks a person, and revocations: the log in the plainest words."""

    def __init__(self):
        self.done, self.undone, self.revoked, self.now = {}, {}, {}, 0

    def act(self, who, pairs):
        self.now += 1
        self.done.setdefault(who, []).append((self.now, who, pairs))
        self.undone[who] = []

    def turn(self, source, target, who):
        free = [a for a in source.get(who, []) if a[0] not in self.revoked]
        if not free:
            return False
        source[who].remove(free[-1])
        target.setdefault(who, []).append(free[-1])
        return True

    def revoke(self, name, who, dropped):
        for stack in (self.done, self.undone):
            for action in stack.get(who, []):
                self.revoked.setdefault(action[0], name)
        for action in dropped:  # answers that were undone for ever are revoked with the rest
            self.revoked.setdefault(action, name)

    def labels(self):
        votes = {}
        for action in sorted(a for stack in self.done.values() for a in stack):
            if action[0] not in self.revoked:
                for galaxy, answer in action[2]:
                    votes.setdefault(galaxy, {}).pop(action[1], None)
                    votes[galaxy][action[1]] = answer
        told = {}
        for galaxy, said in votes.items():
            counts = Counter(said.values())
            told[galaxy] = [a for a in said.values() if counts[a] == max(counts.values())][-1]
        return told


def test_a_thousand_steps_of_three_people_equal_a_model(tmp_path):
    rng, log, model, names = (
        random.Random(1),
        LabelLog(tmp_path / "l.sqlite", session="s", question="?"),
        Model(),
        [],
    )
    for step in range(1000):
        who, seq, kind = rng.choice("abc"), 10 * step, rng.random()
        if kind < 0.5:
            pairs = [
                (f"g{rng.randrange(20)}", rng.choice(["yes", "no"])) for _ in range(rng.choice([1, 1, 4]))
            ]
            pairs = list(dict(pairs).items())
            log.append([NewAnswer(*p, seq + i) for i, p in enumerate(pairs)], client_id="c", annotator=who)
            model.act(who, pairs)
        elif kind < 0.75:
            told = log.undo(client_id="c", client_seq=seq, annotator=who)
            assert (told is not None) == model.turn(model.done, model.undone, who)
        elif kind < 0.96:
            told = log.redo(client_id="c", client_seq=seq, annotator=who)
            assert (told is not None) == model.turn(model.undone, model.done, who)
        elif kind < 0.98:
            event = log.revoke({"annotator": who}, client_id="c", client_seq=seq, annotator="boss")
            model.revoke(event.action, who, ())
            with log.view() as state:
                if event.action in state.revocations():
                    names.append(event.action)
        elif names:
            name = names.pop(rng.randrange(len(names)))
            log.restore(name, client_id="c", client_seq=seq, annotator="boss")
            model.revoked = {a: by for a, by in model.revoked.items() if by != name}
        if step % 50 == 0:
            assert {g: e.answer for g, e in log.current().items()} == model.labels()
        if step % 300 == 299:  # a new start sees the same
            log.close()
            log = LabelLog(tmp_path / "l.sqlite", session="s", question="?")
    assert {g: e.answer for g, e in log.current().items()} == model.labels()
    log.close()


# --- one answer from many ---------------------------------------------------------------------------------


def test_the_majority_stands_skips_say_nothing_and_an_adjudicator_has_the_last_word(session):
    say(session, "g1", "yes", "a"), say(session, "g1", "no", "b"), say(session, "g1", "skip", "c")
    assert session.labels()["g1"] == "no"  # equals: what was said last
    say(session, "g1", "yes", "d")
    assert session.labels()["g1"] == "yes"
    assert session.team.disputes() == {"g1": {"a": "yes", "b": "no", "d": "yes"}}
    session.team.adjudicate("g1", "no", by="judge", note="tidal <tail>")
    assert session.labels()["g1"] == "no"
    assert session.team.disputes() == {}
    (event,) = [e for e in session.events() if e.kind == "adjudicate"]
    assert event.shown["votes"] == {"a": "yes", "b": "no", "c": "skip", "d": "yes"}
    say(session, "g1", "yes", "e")
    assert session.labels()["g1"] == "no"
    assert "g1" not in {c.id for c in session.next_batch(1000, annotator="f")}
    with pytest.raises(UnknownNameError):
        session.team.adjudicate("nobody", "no", by="judge")


def test_the_consensus_is_the_adjudicators_word_whatever_it_is(session):
    for person in ("a", "b"):
        say(session, "g1", "yes", person)
        say(session, "g4", "yes", person)
    say(session, "g2", "maybe", "a")
    for galaxy, word in (("g1", "junk"), ("g2", "yes"), ("g3", "no")):
        session.team.adjudicate(galaxy, word, by="me")
    told = session.team.consensus()
    assert told.answers == session.labels() == {"g1": "junk", "g2": "yes", "g3": "no", "g4": "yes"}
    rows = {r["id"]: r for r in consensus_table(session).to_pylist()}
    assert (rows["g1"]["label"], rows["g1"]["votes_yes"], rows["g3"]["votes"]) == ("junk", 2, 0)


def test_a_changed_mind_is_told(session):
    say(session, "g1", "yes", "a"), say(session, "g2", "no", "a")
    say(session, "g1", "no", "a", stream="repeat"), say(session, "g2", "no", "a", stream="repeat")
    assert session.team.changed_minds() == {"g1": [("a", "yes", "no")]}


def test_alpha_of_the_textbook():
    rows = [
        "* * * * * 3 4 1 2 1 1 3 3 * 3",
        "1 * 2 1 3 3 4 3 * * * * * * *",
        "* * 2 1 3 4 4 * 2 1 1 3 3 * 4",
    ]
    table = np.array([[int(v) if v != "*" else -1 for v in row.split()] for row in rows]).T
    counts = np.stack([(table == k).sum(1) for k in (1, 2, 3, 4)], 1)
    assert krippendorff_alpha(counts) == pytest.approx(0.691, abs=5e-4)
    assert np.isnan(krippendorff_alpha(np.array([[3, 0], [2, 0]])))


def test_agreement_on_a_rare_class_is_not_hidden_by_the_common_one():
    votes = {f"n{k}": {"a": "no", "b": "no"} for k in range(96)}
    votes |= {f"d{k}": {"a": "yes", "b": "no"} for k in range(3)} | {"y": {"a": "yes", "b": "yes"}}
    told = agreement_of(votes, ("yes", "no"))
    assert told.raw == pytest.approx(0.97)
    assert told.positive == pytest.approx(2 / 5)
    assert told.alpha.low <= told.alpha.value <= told.alpha.high
    assert told.alpha.low < 0.2
    nothing = agreement_of({"g": {"a": "yes"}}, ("yes", "no"))
    assert (nothing.raw, nothing.positive, nothing.alpha) == (None, None, None)
    assert positive_agreement(np.array([[0, 2]])) is None


def made_votes():
    rng = np.random.default_rng(5)
    truth = (rng.random(60) < 0.3).astype(int)
    table = np.full((60, 5), -1)
    for person, skill in enumerate((0.95, 0.85, 0.75, 0.6, 0.9)):
        said = np.where(rng.random(60) < skill, truth, 1 - truth)
        there = rng.random(60) < 0.8
        table[there, person] = said[there]
    return truth, table


def test_dawid_skene_is_that_of_crowd_kit():
    """What crowd-kit 1.4.2 gives for the same votes (300 rounds, tolerance 1e-12)."""
    _, table = made_votes()
    share, confusion = dawid_skene(table, 2, smoothing=0, rounds=300, tolerance=1e-13)
    assert share[:6, 1] == pytest.approx([0, 0, 0, 0.9955, 0.9984, 0], abs=5e-5)
    assert confusion[0] == pytest.approx(np.array([[0.903045, 0.096955], [0.066091, 0.933909]]), abs=5e-6)


def test_skill_beats_the_majority_where_most_are_careless():
    rng = np.random.default_rng(0)
    truth = (rng.random(400) < 0.4).astype(int)
    skills = (0.97, 0.96, 0.55, 0.55, 0.55)
    votes = {
        f"g{k}": {f"p{p}": ("yes", "no")[t if rng.random() < s else 1 - t] for p, s in enumerate(skills)}
        for k, t in enumerate(truth)
    }
    right = {}
    for method in ("majority", "dawid-skene"):
        told = consensus_of(votes, ("yes", "no"), method=method)
        right[method] = np.mean([told.answers[f"g{k}"] == ("yes", "no")[t] for k, t in enumerate(truth)])
    assert right["dawid-skene"] > right["majority"] + 0.03
    assert told.skill["p0"]["yes"] > 0.9 > told.skill["p3"]["yes"]
    assert consensus_of(votes, ("yes", "no")).method == "dawid-skene"
    few = dict(list(votes.items())[:30])
    assert consensus_of(few, ("yes", "no")).method == "majority"
    gold = consensus_of(few, ("yes", "no"), known={"g0": "no", "g1": "yes"})
    assert (gold.answers["g0"], gold.answers["g1"]) == ("no", "yes")
    assert consensus_of({}, ("yes", "no")).answers == {}


def test_what_is_known_stays_known_and_teaches_skills():
    """Two who err alike outvote one who does not, until some answers are known."""
    truth = np.arange(40) % 2
    table = np.column_stack([truth, 1 - truth, 1 - truth])
    share, _ = dawid_skene(table, 2)
    assert (share.argmax(1) == 1 - truth).all()
    known = np.where(np.arange(40) < 10, truth, -1)
    share, confusion = dawid_skene(table, 2, known=known)
    np.testing.assert_array_equal(share[:10], np.eye(2)[truth[:10]])
    assert (share.argmax(1) == truth).all()
    assert confusion[0, 0, 0] > 0.9
    assert confusion[1, 0, 0] < 0.1


def test_how_many_people_answer_may_change_while_a_session_runs(tmp_path):
    collection = FakeCollection(tmp_path / "galaxies", n=40)
    session = create_session(collection, name="s", question="Q?")
    page = session.lease(4, client_id="a", annotator="ann")
    session.answer_many(
        [{"galaxy_id": c.id, "answer": "no", "client_seq": k} for k, c in enumerate(page)],
        client_id="a",
        annotator="ann",
    )
    mine = {c.id for c in page}
    assert not mine & {c.id for c in session.lease(36, client_id="b", annotator="bob")}
    session.team.leases.give_back("bob", "b")
    session.set_team(Team(overlap=2))
    assert mine <= {c.id for c in session.lease(40, client_id="b", annotator="bob")}
    session.close()
    assert open_session(collection, "s").settings.team == Team(overlap=2)
