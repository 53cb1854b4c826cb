"""What the page stands on: leases given back, keys of members, blind numbers, lists to look at again."""

import numpy as np
import pytest

from tuningfork.errors import UsageError
from tuningfork.labelling import create_session, open_session
from tuningfork.labelling.blind import BLOCK, BlindTally
from tuningfork.labelling.estimates.expected import expected_finds
from tuningfork.labelling.estimates.people import EyeRate
from tuningfork.labelling.streams.counting import eyes_of, second_looks
from tuningfork.labelling.streams.settings import Streams


@pytest.fixture
def mine(collection):
    session = create_session(collection, name="mine", annotator="ann", streams=Streams())
    session.add_examples(sorted(collection.rare)[:2])
    return session


def say(session, galaxy, answer, seq, stream="hunt", **shown):
    facts = {"stream": stream, **shown}
    session.answer(galaxy, answer, client_id="page", client_seq=seq, shown=facts)


# --- leases -----------------------------------------------------------------------------------------------


def test_what_a_closed_page_held_is_free_at_once_and_is_no_offer(mine, collection):
    first = [c.id for c in mine.lease(4, client_id="one")]
    assert not set(first) & {c.id for c in mine.lease(4, client_id="two")}
    mine.team.leases.give_back("ann", "one", keep=first[:1])
    held = open_session(collection, "mine").team.leases.held("bob", None)  # another process knows it too
    assert first[0] in held
    assert not set(first[1:]) & set(held)
    assert set(first[1:]) <= {c.id for c in mine.lease(390, client_id="three")}
    assert len([o for o in mine.team.leases.offers() if o.client_id != "three"]) == 4 + 4


def test_one_may_take_over_ones_own_other_pages_and_nobody_elses(mine):
    mine.lease(4, client_id="one")
    mine.team.leases.give_back("bob", "two", others=True)
    assert len(mine.team.leases.held("bob", None)) == 4
    mine.team.leases.give_back("ann", "two", others=True)
    assert not mine.team.leases.held("bob", None)


def test_who_works_slowly_keeps_the_page(mine):
    leases, now = mine.team.leases, [1_000.0]
    leases._clock = lambda: now[0]
    first, second = (c.id for c in mine.lease(2, client_id="one"))
    now[0] += 400
    leases.renew("ann", "one", [first])
    leases.renew("ann", "two", [second])  # another page's
    now[0] += 300
    assert set(leases.held("bob", None)) == {first}
    assert len(leases.offers()) == 2
    now[0] += 400
    leases.renew("ann", "one", [first])  # too late: it may be somebody else's by now
    assert not leases.held("bob", None)


# --- keys -------------------------------------------------------------------------------------------------


def test_a_members_key_outlives_a_restart_and_ends_with_the_member(mine, collection):
    members = mine.team.members
    members.join(members.invite("annotator", by="ann"), "bob")
    key = members.admit("bob")
    assert open_session(collection, "mine").team.members.holder(key).role == "annotator"
    assert members.holder("x") is None
    members.set_role("bob", "removed", by="ann")
    assert members.holder(key) is None
    members.set_role("bob", "viewer", by="ann")
    assert members.holder(key) is None  # who comes back gets a new one
    assert members.holder(members.admit("bob")).role == "viewer"


def test_a_key_ends_by_itself_and_strangers_get_none(mine):
    members = mine.team.members
    members.invite("viewer", by="ann")
    with pytest.raises(UsageError, match="not in this session"):
        members.admit("mallory")
    key, now = members.admit("ann", days=1), members._clock()
    members._clock = lambda: now + 86_401
    assert members.holder(key) is None


# --- numbers ----------------------------------------------------------------------------------------------


def told(session, tally):
    with session.log.view() as state:
        return tally.progress(state, "ann")


def test_the_count_moves_alike_for_a_new_find_and_for_a_repeat(mine, collection):
    tally, free = (
        BlindTally(mine.question),
        [i for i in (f"g{k}" for k in range(200)) if i not in collection.rare],
    )
    for seq in range(10):
        say(mine, free[seq], "yes", seq)
    assert told(mine, tally)["found"] == 10
    say(mine, free[0], "yes", 10, stream="repeat")
    repeat = told(mine, tally)
    say(mine, free[50], "yes", 11)
    new = told(mine, tally)
    assert (repeat["answers"], repeat["found"]) == (11, 11)
    assert (new["answers"], new["found"]) == (12, 12)
    for seq in range(12, 10 + BLOCK):
        say(mine, free[seq + 40], "no", seq)
    exact = told(mine, tally)
    assert (exact["answers"], exact["found"]) == (10 + BLOCK, 11)  # the repeat added no galaxy
    assert exact["curve"][-1] == [10 + BLOCK, 11]


def test_undo_is_counted_at_once_and_the_pace_is_ones_own(mine):
    tally = BlindTally(mine.question)
    for seq in range(5):
        say(mine, f"g{seq + 300}", "yes", seq, seconds=2.0 + seq)
    assert told(mine, tally)["seconds_each"] == 4.0
    mine.undo(client_id="page", client_seq=9)
    assert told(mine, tally)["found"] == 4
    with mine.log.view() as state:
        assert tally.progress(state, "bob")["seconds_each"] is None


def test_the_range_of_expected_finds_holds():
    rng, held = np.random.default_rng(1), 0
    for _ in range(120):
        odds = rng.normal(-1.5, 1.5, 150)
        score, found = 1 / (1 + np.exp(-2 * odds - 1.5)), rng.random(150) < 1 / (1 + np.exp(-odds))
        low, high = expected_finds(score[:60], found[:60], score[126:])
        held += low <= found[126:].sum() <= high
    assert held / 120 > 0.75  # of 80 %: the shift of a new head makes it wider than this one head needs
    assert expected_finds(score[:20], found[:20], score[126:]) is None
    assert expected_finds(score[:60], np.zeros(60, bool), score[126:])[0] == 0


# --- review -----------------------------------------------------------------------------------------------


def test_the_lists_hold_what_they_say(mine, collection):
    rare = sorted(collection.rare)[2:]
    common = [f"g{k}" for k in range(400) if f"g{k}" not in collection.rare]
    for seq, galaxy in enumerate(rare[:6]):
        say(mine, galaxy, "yes", seq)
    for seq, galaxy in enumerate(common[:20]):
        say(mine, galaxy, "no", 10 + seq)
    say(mine, common[30], "maybe", 40)
    say(mine, common[31], "maybe", 41)
    say(mine, rare[7], "no", 42)  # overlooked
    say(mine, common[33], "yes", 43)  # a slip
    mine.refit()
    review = mine.review("ann")
    assert review.maybes == [common[31], common[30]]
    assert rare[7] in review.rejects
    assert not set(review.doubted) & set(rare)
    assert not set(review.rejects) & set(rare[:6])
    assert mine.review("bob").maybes == []


def test_the_same_picture_with_two_answers_is_a_pair(collection):
    collection.vectors[[20, 21, 22]] = collection.vectors[20]
    session = create_session(collection, name="pairs", annotator="ann", streams=Streams())
    say(session, "g20", "yes", 0)
    say(session, "g21", "no", 1)
    say(session, "g22", "yes", 2)
    say(session, "g50", "no", 3)
    assert sorted(session.review("ann").pairs) in (["g20", "g21"], ["g21", "g22"])


def test_known_galaxies_and_a_running_audit_are_not_reviewed(mine):
    mine.team.add_gold(["g70"], "no", by="ann")
    say(mine, "g70", "maybe", 0, stream="gold")
    say(mine, "g71", "maybe", 1)
    assert mine.review("ann").maybes == ["g71"]


# --- repeats ----------------------------------------------------------------------------------------------


def test_a_slip_at_a_second_look_that_is_mended_is_one_look(mine):
    say(mine, "g1", "yes", 0)
    say(mine, "g1", "no", 1, stream="repeat")
    say(mine, "g1", "yes", 2, stream="repeat")  # the same look, answered anew
    say(mine, "g2", "yes", 3)
    say(mine, "g2", "skip", 4, stream="repeat")
    with mine.log.view() as state:
        assert second_looks(state) == [("yes", "no")]
        assert eyes_of(state, mine.question)[1] == EyeRate(0, 1, "repeat")


def test_a_repeat_changes_no_answer_until_its_owner_settles_it(mine):
    say(mine, "g1", "yes", 0)
    say(mine, "g2", "no", 1)
    say(mine, "g1", "no", 2, stream="repeat", look=1)
    say(mine, "g2", "no", 3, stream="repeat", look=1)
    assert mine.labels()["g1"] == "yes"
    assert mine.review("ann").twice == ["g1"]
    say(mine, "g1", "no", 4, stream="review")
    assert mine.labels()["g1"] == "no"
    assert mine.review("ann").twice == []


def test_a_repeat_answers_what_was_skipped_before(mine):
    say(mine, "g1", "skip", 0)
    say(mine, "g1", "yes", 1, stream="repeat", look=1)
    assert mine.labels()["g1"] == "yes"


def test_when_everything_has_an_answer_nobody_is_asked_again(collection):
    made = create_session(collection, name="all", streams=Streams(repeat=0.5, repeat_after=2))
    made.add_examples(sorted(collection.rare)[:2])
    asked = 0
    while page := made.next_batch(40):
        for choice in page:
            say(made, choice.id, "yes" if choice.id in collection.rare else "no", asked, stream=choice.stream)
            asked += 1
        assert asked < 2 * len(collection)
    found = {i for i, answer in made.labels().items() if answer == "yes"}
    assert len(made.labels()) == len(collection)
    assert found == set(collection.rare)


def test_the_desk_hands_out_no_second_looks_alone(mine, collection):
    rare = sorted(collection.rare)
    for seq in range(6):
        say(mine, rare[2 + seq], "yes", seq)
    mine.set_streams(Streams(gold=0.3, repeat=0.7, repeat_after=1))
    asked = {"out": set(), "closed": set()}

    def streams(**more):
        return {want.stream for want in mine._desk.wanted("ann", 0, 20, **asked, **more) if want}

    assert streams(anybody=lambda: True) == {"repeat"}
    assert streams(anybody=lambda: False) == set()
    mine.team.add_gold(["g70"], "no", by="ann")
    assert streams(anybody=lambda: False) == {"gold", "repeat"}
