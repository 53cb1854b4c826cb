"""Closing audits: their size, their draw, blindness, one at a time, early ends, and what they claim."""

import threading

import numpy as np
import pytest
from scipy.stats import hypergeom

from tests.labelling.conftest import FakeCollection
from tuningfork.errors import UsageError
from tuningfork.labelling import create_session, open_session
from tuningfork.labelling.estimates.audit import AuditCount
from tuningfork.labelling.estimates.closing import (
    aimed_at,
    checks_needed,
    closing_size,
    completeness_at_least,
    level_of_closing,
    runs_dry,
)
from tuningfork.labelling.estimates.closing_words import closing_line, closing_sentence, closing_verdict
from tuningfork.labelling.estimates.people import EyeRate
from tuningfork.labelling.estimates.report import stop_of
from tuningfork.labelling.streams.closing import closing_shares
from tuningfork.labelling.streams.drawing import NOWHERE
from tuningfork.labelling.streams.settings import Streams

SHARES = Streams(audit=0.1, audit_from=10, audit_size=20, inside_finds=10)


def hunt(session, collection, pages, *, of=20, passed=()):
    """Answer whole pages truthfully, but for those that are passed over; the streams in the order in which
    they came.
    """
    came = []
    for _ in range(pages):
        page = session.next_batch(of)
        said = ["skip" if c.id in passed else "yes" if c.id in collection.rare else "no" for c in page]
        told = [
            {"galaxy_id": c.id, "answer": answer, "client_seq": k}
            for k, (c, answer) in enumerate(zip(page, said, strict=True))
        ]
        told = [{**one, "shown": c.shown()} for one, c in zip(told, page, strict=True)]
        session.answer_many(told, client_id=f"page-{len(session.labels())}")
        came += [c.stream for c in page]
    return came


@pytest.fixture
def hunted(collection):
    """Most of the rare ones are found, and finds run dry."""
    made = create_session(collection, name="closing", question="Is it rare?", streams=SHARES)
    made.add_examples(sorted(collection.rare)[:2])
    hunt(made, collection, 5)
    yield made
    made.close()


def answer_plan(session, collection, number, *, most=10_000, start=1000, rich=False):
    """Answer what an audit drew, in its order; truthfully, or all positive."""
    left = [p for p in session.book.plan(number) if p.galaxy_id not in session.labels()][:most]
    for k, one in enumerate(left):
        said = "yes" if rich or one.galaxy_id in collection.rare else "no"
        shown = {"stream": "audit", "design": number, "probability": one.probability}
        session.answer(one.galaxy_id, said, client_id="c", client_seq=start + k, shown=shown)
    return left


# --- how large ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("found", "unseen"), [(430, 2000), (1650, 1500), (60, 700)])
@pytest.mark.parametrize("number", [1, 3])
def test_the_size_decides_with_the_stated_power_and_errs_no_oftener_than_stated(found, unseen, number):
    level = level_of_closing(number)
    sized = closing_size(found, unseen, pool=5000, target=0.9, eye=None, level=level)
    near = round(found / aimed_at(0.9) - found)
    assert sized.power == pytest.approx(hypergeom.cdf(sized.most_hits, unseen, near, sized.looks))
    assert sized.power >= 0.8
    assert 0 < sized.looks < unseen
    for hits in range(sized.most_hits + 1):  # truths just too poor for a proof by so many hits
        missing = int((found + hits) / 0.9 - found) + 1
        assert (found + hits) / (found + missing) < 0.9
        assert hypergeom.cdf(hits, unseen, missing, sized.looks) <= 1 - level + 1e-9


def test_where_finds_are_few_all_have_to_be_looked_at():
    sized = closing_size(4, 300, pool=400, target=0.9, eye=None, level=0.975)
    assert (sized.power, sized.most_hits) == (1.0, sized.looks)
    assert sized.looks > 280
    assert closing_size(4, 0, pool=400, target=0.9, eye=None, level=0.975) is None


def test_an_eye_that_misses_or_is_hardly_known_lets_nothing_be_shown():
    about = {"pool": 5000, "target": 0.9, "level": 0.975}
    plain = closing_size(430, 2000, eye=None, **about)
    assert closing_size(430, 2000, eye=EyeRate(85, 100), **about) is None
    assert closing_size(430, 2000, eye=EyeRate(12, 12), **about) is None
    well_known = closing_size(430, 2000, eye=EyeRate(400, 400), **about)
    assert plain.looks < well_known.looks < 2000
    needed = checks_needed(430, **about)
    eyes = [EyeRate(n, n) for n in (needed - 1, needed)]
    zero = AuditCount(430, *np.zeros((3, 1), np.int64))
    least = [completeness_at_least(zero, 430, unseen=0, pool=5000, eye=e, level=0.975) for e in eyes]
    assert least[0] < 0.9 <= least[1]


def test_all_closings_together_err_with_a_twentieth():
    assert sum(1 - level_of_closing(k) for k in range(1, 40)) == pytest.approx(0.05)


def test_finds_run_dry_when_the_rest_can_no_longer_lack_a_tenth():
    late = np.array([True] * 80 + [False] * 20)
    assert runs_dry(80, 500, late, 0.9) is False  # the last 50: 30 finds
    dry = np.array([True] * 80 + [False] * 198 + [True] * 2)
    assert runs_dry(82, 200, dry, 0.9)
    assert not runs_dry(82, 2000, dry, 0.9)  # 2 of 56, all through 2,000, would be 71 more
    assert not runs_dry(9, 10, np.zeros(49, bool), 0.9)
    assert not runs_dry(0, 10, np.zeros(90, bool), 0.9)


# --- what it claims -----------------------------------------------------------------------------------------


def test_bounds_hold_on_made_truths_also_where_futility_ends_an_audit():
    """Lower bounds of the completeness, by the audit's level; drawn from the frame in a fixed order."""
    rng, level, unseen = np.random.default_rng(3), 0.975, 900
    wrong = shown = ended = 0
    sizes = {n: closing_size(n, unseen, pool=1500, target=0.9, eye=None, level=level) for n in (60, 120, 200)}
    for repeat in range(600):
        found, sized = list(sizes.items())[repeat % 3]
        missing = int(found / rng.uniform(0.8, 0.97) - found)
        looks = rng.permutation(unseen)[: sized.looks] < missing
        over = np.flatnonzero(np.cumsum(looks) > sized.most_hits)
        asked = int(over[0]) + 1 if len(over) else sized.looks
        hits = int(looks[:asked].sum())
        count = AuditCount(found, np.array([unseen]), np.array([asked]), np.array([hits]))
        least = completeness_at_least(
            count, found + hits, unseen=unseen - asked, pool=1500, eye=None, level=level
        )
        wrong += least > (found + hits) / (found + missing)
        ended += len(over) > 0
        if not len(over):
            assert least >= 0.9
            shown += 1
    assert (min(shown, ended) > 100, wrong <= 0.025 * 600 + 8) == (True, True)  # 2 sd of 15


# --- the draw -----------------------------------------------------------------------------------------------


def test_the_draw_is_kept_like_that_of_any_audit(hunted, collection):
    drawn = hunted.begin_closing()
    design = hunted.book.designs()[-1]
    plan = hunted.book.plan(design.number)
    inside = [p for p in plan if p.stratum == 0]
    beyond = [p for p in plan if p.stratum > 0]
    assert design.closing == drawn
    assert len(inside) == drawn.looks
    assert 0 < len(beyond) < len(inside)
    codes = design.strata()
    assert (codes[codes != NOWHERE] == 0).sum() == drawn.inside == design.inside
    assert {p.probability for p in inside} == {drawn.looks / drawn.unseen}
    assert not {p.galaxy_id for p in plan} & set(hunted.labels())
    again = open_session(collection, "closing")
    assert again.begin_closing(0.7) == drawn  # it runs: nothing is drawn
    again.close()
    event = answer_plan(hunted, collection, design.number, most=1)[0]
    logged = hunted.current_events()[event.galaxy_id]
    assert (logged.stream, logged.design, logged.probability) == ("audit", design.number, event.probability)


def test_its_galaxies_come_first_among_others_and_look_like_any(hunted):
    usual = closing_shares(Streams.usual())
    assert (usual.audit, usual.gold, usual.repeat) == pytest.approx((0.8, 0.05, 0.05))
    assert closing_shares(Streams(audit=1.0)).audit == 1.0
    before = set(hunted.next_batch(1)[0].shown())
    hunted.begin_closing()
    page = hunted.next_batch(40)
    streams = [c.stream for c in page]
    assert 34 <= streams.count("audit") <= 37
    assert {"hunt"} <= set(streams)
    assert all(set(c.shown()) >= before - {"design"} for c in page)
    told = hunted.estimate()
    assert "closing" not in str(told["blind"]).lower()
    assert "closing" not in stop_of(told, streams=False).lower()


def test_who_presses_at_once_draws_one(collection, hunted):
    pages = [hunted, open_session(collection, "closing"), open_session(collection, "closing")]
    before, got = len(hunted.book.designs()), []
    barrier = threading.Barrier(len(pages))

    def press(page):
        barrier.wait(30)
        got.append(page.begin_closing())

    threads = [threading.Thread(target=press, args=(page,)) for page in pages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(got) == 3
    assert got[0] == got[1] == got[2]
    assert len(hunted.book.designs()) == before + 1
    for page in pages[1:]:
        page.close()


def test_one_who_presses_while_another_is_looking_draws_no_second_one(collection, hunted, monkeypatch):
    other, read, drawn = open_session(collection, "closing"), hunted.book.designs, []
    refit, fitted = hunted._scoring.refit, []

    def refitted():
        fitted.append(refit())
        return fitted[-1]

    def designs():
        told = read()
        if fitted and not drawn:  # just after this one has seen that none runs
            drawn.append(other.begin_closing())
        return told

    monkeypatch.setattr(hunted._scoring, "refit", refitted)
    monkeypatch.setattr(hunted.book, "designs", designs)
    assert [hunted.begin_closing()] == drawn
    assert sum(d.closing is not None for d in read()) == 1
    other.close()


def test_a_collection_with_fewer_galaxies_than_asked(tmp_path):
    small = FakeCollection(tmp_path / "small", n=60, seed=2)
    made = create_session(small, name="s", question="Is it rare?", streams=Streams(inside_finds=60))
    with pytest.raises(UsageError, match="nothing is ranked"):
        made.begin_closing()
    rare = sorted(small.rare)
    made.add_examples(rare[:1])
    hunt(made, small, 2, of=15)
    with pytest.raises(UsageError, match="to show lies"):
        made.begin_closing(float("nan"))
    drawn = made.begin_closing(0.95)
    assert drawn.looks <= drawn.unseen <= drawn.inside <= 60
    answer_plan(made, small, made.book.designs()[-1].number)
    assert made.estimate()["closing"]["state"] == "shown"
    while hunt(made, small, 1):
        pass
    with pytest.raises(UsageError, match="looked at"):
        made.begin_closing()
    made.close()


def test_a_pool_of_which_the_rest_was_skipped_is_not_closed_again_and_again(hunted):
    left = [str(i) for i in hunted.collection.ids() if i not in hunted.labels()]
    told = [
        {"galaxy_id": i, "answer": "skip", "client_seq": k, "shown": {"stream": "hunt"}}
        for k, i in enumerate(left)
    ]
    hunted.answer_many(told, client_id="skips")
    with pytest.raises(UsageError, match="looked at already, or skipped"):
        hunted.begin_closing()


def test_what_the_hunt_skipped_may_be_a_find_and_no_audit_speaks_for_it(collection):
    """The hunt had chosen them, so they are richer than what nobody has looked at; no audit asks for them."""
    made = create_session(collection, name="skips", question="Is it rare?", streams=SHARES)
    rare = sorted(collection.rare)
    made.add_examples(rare[:2])
    passed = set(rare[2::3])  # one in three, whoever asks
    hunt(made, collection, 5, passed=passed)
    found = sum(answer == "yes" for answer in made.labels().values())
    skipped = passed & made.labels().keys()
    assert (len(skipped) > 4, found / len(rare) < 0.8) == (True, True)
    with pytest.raises(UsageError, match=f"{len(skipped)} galaxies of the top .* were skipped"):
        made.begin_closing(0.8)
    drawn = made.begin_closing(0.5)
    number = made.book.designs()[-1].number
    assert not passed & {p.galaxy_id for p in made.book.plan(number)}
    answer_plan(made, collection, number)
    told = made.estimate()
    assert told["closing"]["state"] == "shown"
    assert drawn.completeness <= told["closing"]["at_least"] <= told["found"] / len(rare)
    assert told["audits"][-1]["reopened"] == len(skipped)
    assert any(f"{len(skipped)} galaxies: they were skipped" in note for note in told["notes"])
    assert told["inside"]["completeness"]["low"] <= told["found"] / len(rare)
    made.close()


def test_only_an_owner_closes(hunted):
    hunted.team.members.set_role("me", "owner", by="me")
    hunted.team.members.set_role("ann", "adjudicator", by="me")
    with pytest.raises(UsageError, match="only adjudicator"):
        hunted.begin_closing(annotator="ann")


# --- its end ------------------------------------------------------------------------------------------------


def test_it_speaks_when_all_is_answered_and_not_before(hunted, collection):
    drawn, number = hunted.begin_closing(), hunted.book.designs()[-1].number
    planned = len(hunted.book.plan(number))
    answer_plan(hunted, collection, number, most=planned - 1)
    told = hunted.estimate()
    assert told["closing"]["state"] == "running"
    assert told["closing"]["at_least"] is None
    assert (told["inside"] or {"audit": 0})["audit"] != number
    assert f"{planned - 1} of its {planned}" in closing_line(told)
    answer_plan(hunted, collection, number, start=5000)
    told = hunted.estimate()
    assert told["closing"]["state"] == "shown"
    assert told["closing"]["at_least"] >= drawn.completeness
    assert stop_of(told).startswith(f"You may stop for the top {drawn.inside}: inside it")
    assert f"{drawn.looks} random looks" in closing_sentence(told)
    assert str(drawn.looks) not in closing_sentence(told, streams=False)
    assert closing_line(told) == ""
    hunt(hunted, collection, 2)  # the next audits speak of other pools: it is not forgotten
    assert hunted.book.designs()[-1].number > number
    assert stop_of(hunted.estimate()).startswith("You may stop")


def test_an_answer_taken_back_lets_it_run_again(hunted, collection):
    hunted.begin_closing()
    number = hunted.book.designs()[-1].number
    answer_plan(hunted, collection, number)
    assert hunted.estimate()["closing"]["state"] == "shown"
    hunted.undo(client_id="u", client_seq=0)
    assert hunted.estimate()["closing"]["state"] == "running"
    assert "audit" in {c.stream for c in hunted.next_batch(5)}
    hunted.redo(client_id="u", client_seq=1)
    assert hunted.estimate()["closing"]["state"] == "shown"
    since = next(e.event_id for e in hunted.events() if e.design == number)
    hunted.team.revoke("me", by="me", since=since)  # all its answers at once
    told = hunted.estimate()
    assert (told["closing"]["state"], told["closing"]["answered"]) == ("running", 0)
    assert not stop_of(told).startswith("You may stop")


def test_too_many_hits_end_it_at_once_and_the_hunt_goes_on(hunted, collection):
    drawn, number = hunted.begin_closing(), hunted.book.designs()[-1].number
    assert drawn.most_hits < drawn.looks
    inside = [p for p in hunted.book.plan(number) if p.stratum == 0]
    shown = {"stream": "audit", "design": number}
    beyond = [p.galaxy_id for p in hunted.book.plan(number) if p.stratum]
    hunted.answer_many(
        [{"galaxy_id": i, "answer": "no", "client_seq": k, "shown": shown} for k, i in enumerate(beyond)],
        client_id="beyond",
    )
    for k, one in enumerate(inside[: drawn.most_hits]):
        hunted.answer(one.galaxy_id, "yes", client_id="f", client_seq=k, shown=shown)
    assert hunted.estimate()["closing"]["state"] == "running"
    last = inside[drawn.most_hits].galaxy_id
    hunted.answer(last, "yes", client_id="f", client_seq=500, shown=shown)
    told = hunted.estimate()
    assert told["closing"]["state"] == "futile"
    assert "too many for 90 %" in stop_of(told)
    assert told["offer"] is None
    assert [c.stream for c in hunted.next_batch(20)].count("audit") <= 3  # the usual shares
    hunted.undo(client_id="u", client_seq=0)
    assert hunted.book.designs()[-1].number in (number, number + 1)  # the next audit may have been drawn
    if hunted.book.designs()[-1].number == number:
        assert hunted.estimate()["closing"]["state"] == "running"


def test_one_that_is_called_off_has_shown_nothing_and_costs_its_share_of_the_error(hunted, collection):
    first, number = hunted.begin_closing(), hunted.book.designs()[-1].number
    answer_plan(hunted, collection, number, most=3)
    assert hunted.call_off_closing() == first
    assert hunted.call_off_closing() is None
    assert hunted.book.designs()[-1].closing is None
    told = hunted.estimate()
    assert (told["closing"], told["running"], told["shown"]) == (None, None, None)
    assert closing_verdict(told) is None
    assert [c.stream for c in hunted.next_batch(20)].count("audit") <= 3  # the usual shares
    second = hunted.begin_closing()
    assert (second.number, second.level) == (2, level_of_closing(2))
    answer_plan(hunted, collection, hunted.book.designs()[-1].number, start=3000)
    told = hunted.estimate()["closing"]
    hunted.team.members.set_role("me", "owner", by="me")
    hunted.team.members.set_role("ann", "adjudicator", by="me")
    assert (told["number"], told["state"]) == (2, "shown")
    with pytest.raises(UsageError, match="only adjudicator"):
        hunted.call_off_closing(annotator="ann")


def test_what_the_hunt_finds_later_does_not_make_a_broken_off_audit_rich(hunted):
    first = hunted.book.designs()[0].number
    left = [p.galaxy_id for p in hunted.book.plan(first) if p.galaxy_id not in hunted.labels()]
    assert len(left) > 2
    before = hunted.estimate()["audits"][0]
    hunted.begin_closing()
    said = [
        {"galaxy_id": i, "answer": "yes", "client_seq": k, "shown": {"stream": "hunt"}}
        for k, i in enumerate(left)
    ]
    hunted.answer_many(said, client_id="later")
    after = hunted.estimate()["audits"][0]
    assert (after["counted"], after["hits"]) == (before["counted"], before["hits"])
    assert before["counted"] > 0


def test_a_lower_target_that_was_shown_hides_no_higher_one(hunted, collection):
    hunted.begin_closing(0.5)
    answer_plan(hunted, collection, hunted.book.designs()[-1].number)
    told = hunted.estimate()
    assert (told["closing"]["state"], told["closing"]["completeness"]) == ("shown", 0.5)
    second = hunted.begin_closing(0.95)
    told = hunted.estimate()
    assert closing_line(told).startswith("A closing audit runs")
    assert closing_verdict(told) is None
    assert told["offer"] is None
    assert second.most_hits < second.looks
    plan = [p for p in hunted.book.plan(hunted.book.designs()[-1].number) if p.stratum == 0]
    for k, one in enumerate(plan[: second.most_hits + 1]):
        hunted.answer(one.galaxy_id, "yes", client_id="f", client_seq=k, shown={"stream": "audit"})
    told = hunted.estimate()
    assert (told["closing"]["number"], told["closing"]["state"]) == (2, "futile")
    assert closing_verdict(told).startswith("Not sure yet")
    assert "first" not in closing_sentence(told)  # for the paper it stands
    assert told["shown"]["completeness"] == 0.5


def test_a_higher_target_that_fails_takes_back_no_lower_one_that_was_wanted(hunted, collection):
    """What is offered is not offered again once as much was shown."""
    hunted.begin_closing(0.9)
    answer_plan(hunted, collection, hunted.book.designs()[-1].number)
    assert hunted.estimate()["shown"]["completeness"] == 0.9
    hunted.begin_closing(0.5)  # a lower one that runs is told, and hides nothing
    told = hunted.estimate()
    assert closing_line(told).startswith("A closing audit runs")
    assert closing_verdict(told).startswith("You may stop")


def test_the_next_one_is_judged_at_half_the_error(hunted, collection):
    first = hunted.begin_closing()
    answer_plan(hunted, collection, hunted.book.designs()[-1].number)
    second = hunted.begin_closing(0.95)
    assert (first.level, second.level, second.number) == (0.975, 0.9875, 2)
