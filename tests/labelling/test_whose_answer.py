"""Whose answer it is and which one stands: names that come back, names in files, ties, skips, corrections."""

import json
import random

import pytest

from tests.labelling.test_exchange import row, write
from tuningfork.errors import TuningforkError, UsageError
from tuningfork.labelling import create_session
from tuningfork.labelling.label_log import LabelLog, NewAnswer
from tuningfork.labelling.people.tables import consensus_table, export_answers
from tuningfork.labelling.people.team import Team
from tuningfork.labelling.people.zooniverse import import_classifications
from tuningfork.labelling.streams.counting import eyes_of, false_alarms
from tuningfork.labelling.streams.settings import Streams


def say(session, galaxy, answer, person, seq=0, stream="hunt", **shown):
    client = f"{person}-{galaxy}-{stream}-{seq}"
    facts = {"stream": stream, **shown}
    session.answer(galaxy, answer, client_id=client, client_seq=0, annotator=person, shown=facts)


# --- names ------------------------------------------------------------------------------------------------


def test_the_name_of_a_removed_member_and_of_anybody_who_answered_is_taken(session):
    people = session.team.members
    say(session, "g1", "yes", "early")  # before there was a team
    people.join(people.invite("annotator", by="boss"), "bob")
    say(session, "g2", "yes", "bob")
    people.set_role("bob", "removed", by="boss")
    invitation = people.invite("annotator", by="boss")
    alike = ("bob", "Bob", " bob ", "\uff42ob", "early", "boss", "me", "zooniverse:bob")
    for name in alike:
        with pytest.raises(UsageError, match="already"):
            people.join(invitation, name)
    assert people.join(invitation, "bobby").role == "annotator"  # a refusal spends nothing
    people.set_role("bob", "annotator", by="boss")  # an owner knows whom they let back
    assert people.role_of("bob") == "annotator"


def test_what_a_removed_owner_handed_out_opens_nothing(session):
    people = session.team.members
    people.join(people.invite("owner", by="boss"), "mallory")
    kept = [people.invite("owner", by="mallory") for _ in range(2)]
    people.set_role("mallory", "removed", by="boss")
    with pytest.raises(UsageError, match="invitation"):
        people.join(kept[0], "mallory the second")
    people.set_role("mallory", "owner", by="boss")
    with pytest.raises(UsageError, match="invitation"):
        people.join(kept[1], "mallory the second")
    assert people.join(people.invite("viewer", by="mallory"), "eve").role == "viewer"


def test_a_name_in_a_file_makes_nobody_a_member(session, tmp_path):
    people = session.team.members
    people.join(people.invite("annotator", by="boss"), "ann")
    say(session, "g1", "yes", "ann")
    write(tmp_path / "z.csv", [row(1, {"id": "g1"}, "no"), row(2, {"id": "g2"}, "no", user="boss")])
    assert import_classifications(session, tmp_path / "z.csv").answers == 2
    assert session.team.votes() == {
        "g1": {"ann": "yes", "zooniverse:ann": "no"},
        "g2": {"zooniverse:boss": "no"},
    }
    session.team.revoke("ann", by="boss")
    assert session.labels() == {"g1": "no", "g2": "no"}
    assert session.undo(client_id="u", client_seq=0, annotator="boss") is None


def test_a_sessions_own_answers_that_come_back_in_a_file_count_once(session, tmp_path):
    for person in ("ann", "bob"):
        say(session, "g1", "yes", person)
    export_answers(session, tmp_path / "z.csv", kind="zooniverse")
    told = import_classifications(session, tmp_path / "z.csv")
    assert (told.answers, told.known) == (0, 2)
    assert session.team.votes() == {"g1": {"ann": "yes", "bob": "yes"}}


def test_an_answer_is_given_to_no_galaxy_but_its_own(collection, tmp_path):
    """Ids that are numbers, and ids with a point in them."""
    collection._ids[:3] = ["77001", "J0001", "J0001.5"]
    session = create_session(collection, name="numbers", question="Is it rare?")
    rows = [
        row(1, {"filename": "elsewhere.jpg"}, "yes"),  # the subject's own number is 77001
        row(2, {"iauname": "J0001.7"}, "yes"),
        row(3, {"iauname": "J0001.5"}, "yes"),
        row(4, {"filename": "stamps/g7.fits.gz"}, "yes"),
        row(5, {"id": "g8"}, "yes") | {"subject_data": json.dumps({"1": {"id": "g8"}, "2": {"id": "g9"}})},
        row(2**60, {"id": "g9"}, "yes"),
    ]
    write(tmp_path / "z.csv", rows)
    told = import_classifications(session, tmp_path / "z.csv")
    assert set(session.labels()) == {"J0001.5", "g7"}
    assert told.left_out == {
        "its galaxy is not in the collection": 2,
        "it is about several subjects at once": 1,
        "its number is none of Zooniverse's": 1,
    }
    session.close()


# --- which answer stands ----------------------------------------------------------------------------------


def test_labels_and_consensus_decide_a_tie_alike(session):
    say(session, "g1", "yes", "ann"), say(session, "g1", "no", "bob")
    say(session, "g2", "no", "ann"), say(session, "g2", "yes", "bob")
    say(session, "g3", "yes", "ann"), say(session, "g3", "no", "bob"), say(session, "g3", "yes", "ann", 1)
    for method in ("majority", "dawid-skene"):
        assert session.team.consensus(method=method).answers == session.labels()
    assert session.labels() == {"g1": "no", "g2": "yes", "g3": "yes"}
    assert {r["id"]: r["label"] for r in consensus_table(session).to_pylist()} == session.labels()


def test_random_votes_give_the_same_labels_and_consensus(session):
    rng = random.Random(3)
    for k in range(150):
        say(session, f"g{rng.randrange(25)}", rng.choice(["yes", "no", "skip"]), rng.choice("abcd"), k)
    labels = {i: answer for i, answer in session.labels().items() if answer != "skip"}
    assert session.team.consensus(method="majority").answers == labels


def test_a_second_look_that_is_skipped_takes_no_find_away(session):
    say(session, "g1", "yes", "ann")
    say(session, "g1", "skip", "ann", stream="repeat", look=1)
    say(session, "g2", "yes", "ann")
    say(session, "g2", "skip", "ann", 1)  # a correction of the first look
    assert session.labels() == {"g1": "yes", "g2": "skip"}
    assert session.team.votes() == {"g1": {"ann": "yes"}}
    assert set(session.team.consensus().answers) == {"g1"}


def test_a_slip_at_a_repeat_that_is_mended_is_one_changed_mind(session):
    say(session, "g1", "yes", "a")
    say(session, "g1", "no", "a", stream="repeat"), say(session, "g1", "yes", "a", 1, stream="repeat")
    say(session, "g2", "yes", "a"), say(session, "g2", "skip", "a", stream="repeat")
    assert session.team.changed_minds() == {"g1": [("a", "yes", "no")]}


@pytest.mark.parametrize("overlap", [1, 2])
def test_who_skips_leaves_the_galaxy_to_the_others(collection, overlap):
    session = create_session(collection, name="s", streams=Streams(), team=Team(overlap=overlap))
    say(session, "g1", "skip", "ann")
    assert "g1" not in {c.id for c in session.next_batch(1000, annotator="ann")}
    for person in ("bob", "eve")[:overlap]:
        assert "g1" in {c.id for c in session.next_batch(1000, annotator=person)}
        say(session, "g1", "no", person)
    assert "g1" not in {c.id for c in session.next_batch(1000, annotator="joe")}
    assert session.labels() == {"g1": "no"}
    session.team.adjudicate("g2", "skip", by="me")  # the last word is one, whatever it is
    assert "g2" not in {c.id for c in session.next_batch(1000, annotator="joe")}
    session.close()


def test_a_last_word_that_is_sent_again_after_it_was_undone_is_answered(session):
    first = session.team.adjudicate("g1", "no", by="me", act=("page", 3))
    session.undo(client_id="other-window", client_seq=0)
    assert session.team.adjudicate("g1", "no", by="me", act=("page", 3)) == first
    assert session.labels() == {}


# --- what measures people ---------------------------------------------------------------------------------


def test_who_found_a_galaxy_has_not_recognised_it_when_it_is_planted_later(session):
    for k in range(5):
        say(session, f"g{k}", "yes", "ann"), say(session, f"g{k + 10}", "no", "ann")
    session.team.add_gold([f"g{k}" for k in range(5)], "yes", by="me")
    session.team.add_gold([f"g{k + 10}" for k in range(5)], "no", by="me")
    say(session, "g0", "no", "bob", stream="gold")
    say(session, "g1", "yes", "ann", 1, stream="repeat")
    with session.log.view() as state:
        eye = eyes_of(state, session.question)[0]
        assert (eye.hits, eye.shown) == (0, 1)
        assert false_alarms(state, session.question) == (0, 0)


def test_what_is_no_text_is_refused_and_not_a_crash(session):
    with pytest.raises(UsageError, match="plain JSON"):
        session.answer("g1", "yes", client_id="p", client_seq=0, shown={"note": "\ud800"})
    assert session.labels() == {}


def test_two_sessions_of_one_database_cannot_use_one_clients_numbers(tmp_path):
    url = f"sqlite:///{tmp_path}/shared.sqlite"
    one, two = (LabelLog(url, session=name, question="?") for name in ("one", "two"))
    one.append([NewAnswer("g1", "yes", 0)], client_id="c", annotator="a")
    with pytest.raises(TuningforkError, match="session 'one'"):
        two.append([NewAnswer("g1", "yes", 0)], client_id="c", annotator="a")
    one.append([NewAnswer("g1", "yes", k) for k in range(1, 30)], client_id="c", annotator="a")
    two.append([NewAnswer("g1", "no", 0)], client_id="d", annotator="a")
    with two.view() as state:
        assert (state.count, state.last_id) == (1, 31)  # what is told after every 20 answers counts its own
    one.close(), two.close()
