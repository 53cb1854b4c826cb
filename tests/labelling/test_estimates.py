import json
import re

import numpy as np
import pytest
from scipy.stats import binomtest, hypergeom

from tuningfork.labelling import create_session
from tuningfork.labelling.estimates.audit import AuditCount, completeness, left, precision, total_positives
from tuningfork.labelling.estimates.bounds import certainty_looks, clopper_pearson, most_left_after_no_hit
from tuningfork.labelling.estimates.people import EyeRate, seen_total
from tuningfork.labelling.estimates.report import notes_of, rows_of, stop_of
from tuningfork.labelling.estimates.sentences import as_count, as_share
from tuningfork.labelling.estimates.weighted import Estimate
from tuningfork.labelling.streams.drawing import draw, strata_of_ranks, stratum_ends
from tuningfork.labelling.streams.settings import Streams

# docs/estimates.md, "what certainty costs"; the exact hypergeometric worked out by hand beforehand
CERTAINTY = [
    (20, 10_000, (2_831, 4_507, 6_316, 7_764)),
    (100, 10_000, (672, 1_128, 2_209, 3_930)),
    (100, 200_000, (13_458, 22_585, 44_184, 78_607)),
    (300, 10_000, (229, 391, 843, 1_707)),
    (1_000, 200_000, (1_391, 2_381, 5_278, 10_990)),
]


@pytest.mark.parametrize(("found", "unseen", "looks"), CERTAINTY)
def test_what_certainty_costs(found, unseen, looks):
    assert tuple(certainty_looks(found, unseen, t) for t in (0.70, 0.80, 0.90, 0.95)) == looks


def test_the_bound_after_no_hit_is_the_other_side_of_the_same_draw():
    missing = most_left_after_no_hit(10_000, 2_209)
    assert missing == 11  # twelve missing would make 100 found less than 90 %
    assert most_left_after_no_hit(200_000, 3_000) < 200_000 * 3 / 3_000
    assert most_left_after_no_hit(50, 50) == 0
    assert certainty_looks(1000, 20, 0.5) == 0


@pytest.mark.parametrize(("hits", "n"), [(0, 12), (3, 17), (17, 17), (120, 300)])
def test_the_exact_interval_is_scipys(hits, n):
    exact = binomtest(hits, n).proportion_ci(0.95, method="exact")
    assert clopper_pearson(hits, n) == pytest.approx((exact.low, exact.high), abs=1e-9)


def one(frame, asked, hits, known=0):
    return AuditCount(known, np.array(frame), np.array(asked), np.array(hits))


def test_a_census_leaves_no_doubt():
    count = one([50, 70], [50, 70], [10, 3], known=7)
    total = total_positives([count], 20)
    assert (total.value, total.low, total.high) == (20, 20, 20)
    assert completeness(total, 20).low == 1


def test_the_number_is_the_inverse_probability_one():
    count = one([1000, 9000], [100, 100], [8, 1], known=40)
    total = total_positives([count], 49)
    assert total.value == pytest.approx(40 + 8 * 10 + 90)
    assert total.low < total.value < total.high
    assert left(total, 49).value == pytest.approx(total.value - 49)
    assert precision(total, 10_000).value == pytest.approx(total.value / 10_000)


def test_below_five_hits_there_is_only_a_bound():
    count = one([1000, 9000], [100, 100], [4, 0], known=40)
    share = completeness(total_positives([count], 44), 44)
    assert share.value is None
    assert share.high == 1
    assert 0 < share.low < 44 / (44 + 36)


def test_no_hit_at_all_gives_the_exact_bound_of_the_thinnest_stratum():
    count = one([500, 20_000], [250, 500], [0, 0], known=10)
    exact = most_left_after_no_hit(20_000, 500)
    assert total_positives([count], 10).high == pytest.approx(10 + exact, abs=1.5)


def test_audits_are_averaged_by_how_densely_they_drew_and_pool_their_reach():
    thin = one([10_000], [100], [6], known=5)
    both = total_positives([thin, one([9_900], [300], [6], known=11)], 17)
    dense = np.array([-np.log1p(-100 / 10_000), -np.log1p(-300 / 9_900)])
    assert both.value == pytest.approx(dense / dense.sum() @ [5 + 600, 11 + 198])
    twice = total_positives([one([10_000], [200], [0], known=5)] * 2, 5)
    assert twice.high == pytest.approx(total_positives([one([10_000], [400], [0], 5)], 5).high, rel=0.02)


def test_an_audit_that_has_not_seen_a_stratum_says_nothing():
    assert total_positives([one([10, 10], [3, 0], [0, 0])], 0) is None
    assert total_positives([one([10, 0], [3, 0], [0, 0])], 0) is not None


@pytest.mark.parametrize("bad", [([5], [6], [0]), ([5], [3], [4]), ([5], [3], [-1])])
def test_counts_that_cannot_be_are_refused(bad):
    with pytest.raises(ValueError, match="audit"):
        one(*bad)


def test_coverage_on_made_scores():
    """The whole path from ranks to interval: strata, allocation, draw, counts. 95 % intervals of a rare
    class.
    """
    rng = np.random.default_rng(0)
    n, positives, done, held = 20_000, 100, 200, {"whole": [], "inside": []}
    ends = stratum_ends(n, 1000)
    strata = int(np.searchsorted(ends, 1000)) + 1
    for repeat in range(150):
        truth = np.zeros(n, bool)
        truth[rng.choice(n, positives, replace=False)] = True
        order = np.argsort(-rng.normal(3.0 * truth, 1))
        rank = np.empty(n, np.int64)
        rank[order] = np.arange(1, n + 1)
        codes = strata_of_ranks(rank, np.ones(n, bool), ends)
        answered = rank <= done
        drawn = draw(codes, answered, 400, near=strata, seed=[repeat])
        hits = np.bincount(drawn.stratum[truth[drawn.rows]], minlength=len(ends))
        count = AuditCount(
            int(truth[answered].sum()),
            np.bincount(codes[~answered], minlength=len(ends)),
            np.bincount(drawn.stratum, minlength=len(ends)),
            hits,
        )
        for name, h in (("whole", len(ends)), ("inside", strata)):
            part = AuditCount(count.known, count.frame[:h], count.asked[:h], count.hits[:h])
            found = count.known + int(part.hits.sum())
            share = completeness(total_positives([part], found), found)
            held[name].append(share.low <= found / truth[codes < h].sum() <= share.high)
    assert min(np.mean(held["whole"]), np.mean(held["inside"])) >= 0.93


def test_an_eye_that_misses_half_halves_the_completeness():
    count = one([1000], [500], [10], known=90)

    def at(level):
        return total_positives([count], 100, level=level)

    def of(hits, shown, pool=5000):
        return seen_total(at, 100, EyeRate(hits, shown), pool=pool)

    sharp, blind = of(1000, 1000), of(500, 1000)
    assert blind.value == pytest.approx(2 * at(0.95).value)
    assert 0.5 < completeness(blind, 100).high < 0.6
    assert sharp.high > at(0.95).high
    assert left(blind, 100).value == pytest.approx(blind.value - 100)
    assert of(9, 9).value is None
    assert of(500, 1000, pool=150).high == 150  # there are no more galaxies
    assert (of(0, 12).value, of(0, 12).high) == (None, 5000)  # who recognises none may miss anything


def test_the_eye_holds_where_few_are_there():
    """Of five positives chance may show a poor eye all of them: a rate alone would deny it."""
    rng, held = np.random.default_rng(0), 0
    for _ in range(300):
        seen, known = int(rng.binomial(5, 0.8)), int(rng.binomial(40, 0.8))
        total = seen_total(lambda level, s=seen: Estimate(s, s, s, level), seen, EyeRate(known, 40), pool=99)
        held += total.low <= 5 <= total.high
    assert held >= 0.95 * 300


def test_the_eye_and_the_audit_share_the_error():
    """Both may err: each has half of what is allowed, and the ends are those of the exact test."""
    asked = []

    def at(level):
        asked.append(level)
        return Estimate(10, 10, 10, level)

    total = seen_total(at, 5, EyeRate(15, 20), pool=200, level=0.9)
    assert asked == pytest.approx([0.95])
    chance = {
        t: (hypergeom.cdf(15, 20 + t, 25, 20), hypergeom.sf(14, 20 + t, 25, 20)) for t in range(10, 201)
    }
    assert total.low == min(t for t, (below, _) in chance.items() if below > 0.025)
    assert total.high == max(t for t, (_, above) in chance.items() if above > 0.025)


def test_what_nobody_has_left_to_see_bounds_the_number():
    """An older audit left a long tail open; since then the hunt has looked at nearly all of it."""
    count = one([1000, 9000], [50, 50], [6, 1], known=40)
    open_ = total_positives([count], 60)
    assert open_.high > 300
    assert total_positives([count], 60, unseen=12).high == 72
    done = total_positives([count], 60, unseen=0)
    assert (done.value, done.low, done.high) == (60, 60, 60)
    assert completeness(total_positives([one([10], [5], [0], known=3)], 3, unseen=0), 3).low == 1


@pytest.mark.parametrize(
    ("estimate", "told"),
    [
        (Estimate(0.92, 0.85, 0.97), "92 % [85, 97]"),
        (Estimate(0.0012, 0.0004, 0.003), "0.1 % [0.04, 0.3]"),
        (Estimate(0.996, 0.98, 1.0), "99.6 % [98, 100]"),
        (Estimate(None, 0.41, 1.0), "at least 41 %"),
        (Estimate(None, 0.0, 0.002), "at most 0.2 %"),
        (Estimate(None, 0.0, 1.0), "not known"),
        (Estimate(1.0, 1.0, 1.0), "100 %"),
        (Estimate(0.93, 0.928, 0.933), "93.0 % [92.8, 93.3]"),
    ],
)
def test_shares_in_words(estimate, told):
    assert as_share(estimate) == told


def test_counts_in_words():
    assert as_count(Estimate(1234.4, 800, 2000)) == "1,234 [800, 2,000]"
    assert as_count(Estimate(None, 0, 45.2)) == "at most 45"
    assert as_count(Estimate(0.0, 0.0, 0.0)) == "none"


@pytest.fixture
def finished(collection):
    """A session whose audit has been answered in full by somebody who misses nothing."""
    streams = Streams(audit=0.5, repeat=0.2, audit_from=5, audit_size=80, inside=100, repeat_after=10)
    made = create_session(collection, name="done", question="Is it rare?", streams=streams)
    made.add_examples(sorted(collection.rare)[:2])
    for page in range(14):
        for seq, c in enumerate(made.next_batch(15), start=15 * page):
            answer = "yes" if c.id in collection.rare else "no"
            made.answer(c.id, answer, client_id="p", client_seq=seq, shown=c.shown())
    yield made
    made.close()


def test_a_session_says_what_it_may_claim(finished, collection):
    told = finished.estimate()
    truth = len(collection.rare)
    assert told["found"] == len([1 for answer in finished.labels().values() if answer == "yes"])
    assert told["whole"]["total"]["low"] <= truth <= told["whole"]["total"]["high"]
    inside = told["inside"]
    assert inside["pool"] >= max(20, 2 * truth)  # a twentieth has no room for them
    assert inside["completeness"]["low"] <= 1 <= inside["completeness"]["high"]
    assert told["by_rank"][-1]["pool"] == len(collection)
    assert sum(s["frame"] for s in told["audits"][0]["strata"]) < len(collection)
    assert told["streams"]["audit"]["answers"] >= 60
    assert told["eye"] is None or told["eye"]["rate"]["value"] == 1
    assert any("audit of" in line for line in told["sentences"])
    json.dumps(told, allow_nan=False)


def test_a_hunt_alone_claims_nothing_about_what_is_missing(session, collection):
    session.add_examples(sorted(collection.rare)[:2])
    told = session.estimate()
    assert (told["whole"], told["inside"], told["certainty"]) == (None, None, None)
    assert "nothing is said" in told["notes"][0]
    assert "Too early" in stop_of(told)
    whole = told | {"unanswered": 0}
    assert "Every galaxy has an answer" in notes_of(whole, [])[0]
    assert "You may stop" in stop_of(whole)
    assert not any("completeness" in line for line in told["sentences"])


def test_what_the_hunt_finds_among_the_drawn_does_not_count_out_of_turn(collection):
    """Labels of later galaxies of a stratum, known by the hunt, must not make the audit look rich."""
    streams = Streams(audit=0.5, audit_from=0, audit_size=80, inside=100)
    made = create_session(collection, name="turn", streams=streams)
    made.add_examples(sorted(collection.rare)[:2])
    made.next_batch(1)
    plan = made.book.plan(1)
    late = [p for p in plan if p.place > 0]
    for k, p in enumerate(late):
        made.answer(p.galaxy_id, "yes", client_id="h", client_seq=k, shown={"stream": "hunt"})
    assert made.estimate()["audits"][0]["counted"] == 0
    first = [p for p in plan if p.place == 0]
    for k, p in enumerate(first):
        made.answer(p.galaxy_id, "no", client_id="a", client_seq=k, shown={"stream": "audit"})
    assert made.estimate()["audits"][0]["counted"] == len(plan)
    made.close()


def test_the_command(finished, collection, monkeypatch, capsys):
    from tuningfork import labelling
    from tuningfork.cli import main

    monkeypatch.setattr(labelling, "open_session", lambda path, name, **how: finished)
    assert main(["estimate", "galaxies", "--session", "done", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["session"] == "done"
    assert main(["estimate", "galaxies", "--session", "done"]) == 0
    out = capsys.readouterr()
    assert "Is it rare?" in out.out
    assert "one look" in out.err


def told_by(session, collection, answer):
    """Answers a whole audit; ``answer(planned)`` gives each answer."""
    session.next_batch(1)
    plan = session.book.plan(len(session.book.designs()))
    for k, planned in enumerate(plan):
        session.answer(
            planned.galaxy_id, answer(planned), client_id="a", client_seq=k, shown={"stream": "audit"}
        )
    return session.estimate()


def test_a_stratum_of_which_all_was_skipped_may_hold_anything(collection):
    streams = Streams(audit=1.0, audit_from=0, audit_size=40, inside=100)
    made = create_session(collection, name="mute", streams=streams)
    made.add_examples(sorted(collection.rare)[:2])

    def truly(planned):
        return "yes" if planned.galaxy_id in collection.rare else "no"

    made.next_batch(1)
    frame = made.book.designs()[0].frame
    mute = next(h for h, size in enumerate(frame) if 2 < size < 20)
    told = told_by(made, collection, lambda p: "skip" if p.stratum == mute else truly(p))
    assert told["audits"][0]["ready"]  # it used to say nothing for ever
    assert told["audits"][0]["reopened"] == frame[mute]
    assert told["whole"]["total"]["high"] >= told["whole"]["found"] + frame[mute]
    assert any("skipped" in note for note in told["notes"])
    made.close()


def test_an_audit_larger_than_the_collection_looks_at_all_of_it(collection):
    streams = Streams(audit=1.0, audit_from=0, audit_size=5000, inside=100)
    made = create_session(collection, name="small", streams=streams)
    made.add_examples(sorted(collection.rare)[:2])
    told = told_by(made, collection, lambda p: "yes" if p.galaxy_id in collection.rare else "no")
    truth = len(collection.rare)
    assert told["whole"]["total"] == {"value": truth, "low": truth, "high": truth, "level": 0.95}
    for seq in range(3):  # nobody is left to ask: no further audit is drawn
        made.answer("g0", "no", client_id="z", client_seq=seq)
        made.refit()
    assert len(made.book.designs()) == 1
    made.close()


def test_when_all_were_looked_at_nothing_is_left_and_no_interval_has_no_width(collection):
    streams = Streams(audit=1.0, audit_from=0, audit_size=5000, inside=100)
    made = create_session(collection, name="all", streams=streams)
    rare = sorted(collection.rare)
    made.add_examples(rare[:2])
    told = told_by(made, collection, lambda p: "yes" if p.galaxy_id in collection.rare else "no")
    assert told["whole"]["unseen"] == told["whole"]["left"]["high"] == 0
    assert "all were looked at" in stop_of(told)
    words = " ".join([*told["sentences"], stop_of(told), *(row["value"] for row in rows_of(told))])
    assert "[100, 100]" not in words
    assert not any(a == b for a, b in re.findall(r"\[([\d.,]+), ([\d.,]+)\]", words))
    for k, galaxy in enumerate(rare[:12]):  # a second look at finds takes nearly all of them back
        answer = "yes" if k == 0 else "no"
        made.answer(galaxy, answer, client_id="r", client_seq=k, shown={"stream": "repeat"})
    told = made.estimate()
    assert told["confirmed"]["hits"] < told["confirmed"]["of"]
    assert stop_of(told).startswith("Look again first")
    assert "may stop" not in stop_of(told)
    assert told["whole"]["left"]["high"] == 0  # what the eye misses is told apart
    assert "missed by the eye" in " ".join(told["sentences"])
    assert any(row["what"] == "Missed by the eye" for row in rows_of(told))
    made.close()


def test_it_says_how_much_is_missing_for_a_number(collection):
    made = create_session(collection, name="early", streams=Streams(audit=1.0, audit_from=0, audit_size=60))
    made.add_examples(sorted(collection.rare)[:2])
    assert "the first audit is drawn after 0 answers" in stop_of(made.estimate())
    made.next_batch(1)
    plan = made.book.plan(1)
    for k, one in enumerate(plan[:5]):
        made.answer(one.galaxy_id, "no", client_id="a", client_seq=k, shown={"stream": "audit"})
    assert f"5 of {len(plan)} audited" in stop_of(made.estimate())
    made.set_streams(Streams())
    made.close()


@pytest.mark.parametrize("answer", ["yes", "no", "maybe", "junk"])
def test_one_answer_for_all_keeps_within_what_there_is(collection, answer):
    streams = Streams(audit=1.0, audit_from=0, audit_size=60, inside=100)
    made = create_session(collection, name="same", streams=streams)
    made.add_examples(sorted(collection.rare)[:2])
    told = told_by(made, collection, lambda p: answer)
    total, n = told["whole"]["total"], len(collection)
    assert told["whole"]["found"] <= total["low"] <= total["high"] <= n
    if answer == "yes":
        assert total["value"] == n
    else:
        assert total["low"] == 2
        assert total["high"] < n / 4
    made.close()


def test_galaxies_without_a_vector_are_in_no_claim(collection):
    table = collection.tables["made-1"]
    table._ids, table._vectors = table._ids[:300], table._vectors[:300]
    streams = Streams(audit=1.0, audit_from=0, audit_size=60, inside=100)
    made = create_session(collection, name="gaps", streams=streams)
    made.add_examples([i for i in sorted(collection.rare) if int(i[1:]) < 300][:2])
    told = told_by(made, collection, lambda p: "no")
    assert told["whole"]["pool"] == 300
    assert any("No audit covers 100 galaxies" in note for note in told["notes"])
    assert {row["note"] for row in rows_of(told)} == {"in the top 15, all were looked at", "of 300 galaxies"}
    made.close()


def test_the_hint_to_stop_counts_what_the_eye_misses(collection):
    streams = Streams(audit=1.0, audit_from=0, audit_size=5000, inside=100)
    made = create_session(collection, name="eye", streams=streams)
    rare = sorted(collection.rare)
    made.add_examples(rare[:2])
    made.team.add_gold(rare[2:16], "yes", by="owner")
    told = told_by(made, collection, lambda p: "yes" if p.galaxy_id in collection.rare else "no")
    assert "may stop" in stop_of(told)
    assert "if the eye misses none" in stop_of(told)
    for k, galaxy in enumerate(rare[2:16]):  # every second known one is passed over
        made.answer(galaxy, ("yes", "no")[k % 2], client_id="g", client_seq=k, shown={"stream": "gold"})
    told = made.estimate()
    assert told["eye"]["source"] == "gold"
    assert told["whole"]["with_eye"]["completeness"]["value"] == pytest.approx(0.5)
    assert told["whole"]["with_eye"]["left"]["value"] == pytest.approx(told["whole"]["found"])
    assert stop_of(told).startswith("Not sure yet")
    assert "misses of the eye included" in stop_of(told)
    assert any("folded in" in line and "left" in line for line in told["sentences"])
    assert any("misses of the eye" in row["note"] for row in rows_of(told))
    made.close()


def test_galaxies_and_answers_are_told_apart_and_by_how_many_people(session, collection):
    session.add_examples(sorted(collection.rare)[:2])
    others = [i for i in map(str, collection.ids()) if i not in collection.rare][:20]
    for person, count in (("ann", 20), ("bob", 19)):
        for seq, galaxy_id in enumerate(others[:count]):
            about = {"client_id": person, "client_seq": seq, "annotator": person}
            session.answer(galaxy_id, "no", shown={"stream": "hunt"}, **about)
    told = session.estimate()
    assert [told[name] for name in ("answered", "answers", "people", "examples")] == [20, 39, 2, 2]
    end = "in 39 answers by 2 people, besides 2 examples."
    assert told["sentences"][0].endswith(f'"Is it rare?" is yes: 20 galaxies were answered, {end}')
    # galaxies beside answers would say how many were second looks
    assert told["blind"]["sentences"][0].endswith(f'"Is it rare?" is yes, {end}')
    session.undo(client_id="bob", client_seq=99, annotator="bob")
    assert session.estimate()["answers"] == 38


def test_nobody_and_one_person_are_called_so(session):
    assert session.estimate()["sentences"][0].endswith(": 0 galaxies were answered, in 0 answers by nobody.")
    session.answer("g0", "no", client_id="c", client_seq=0, shown={"stream": "hunt"})
    told = session.estimate()["sentences"][0]
    assert told.endswith(": 1 galaxy was answered, in 1 answer by one person.")
