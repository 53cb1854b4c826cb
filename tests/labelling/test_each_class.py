"""Questions of several classes or labels: which galaxy is asked next when each class is wanted."""

from collections import Counter

import numpy as np
import pytest

from tuningfork.heads import heads
from tuningfork.labelling import create_session
from tuningfork.labelling.each_class import kinds_of
from tuningfork.labelling.prevalence import at_prevalence
from tuningfork.labelling.question import Question
from tuningfork.labelling.ranker import Ranker
from tuningfork.labelling.strategies import Answered
from tuningfork.labelling.strategies.greedy import Greedy
from tuningfork.labelling.streams.settings import Streams


def question(kind, looking_for):
    answers = [f"kind-{k}" for k in range(5)]
    step = {"name": "what", "text": "What is it?", "answers": answers}
    wanted = [f"what.{name}" for name in looking_for]
    table = {"kind": kind, "looking_for": wanted, "question": [step]}
    if kind == "multi-class":
        return Question("What is it?", ("kind-1", *(a for a in answers if a != "kind-1")), table)
    return Question("What is it?", ("wanted", "not wanted"), table)


def truth(collection, row, kind):
    number = int(collection.kind[row])
    if kind == "multi-class":
        return f"what.kind-{min(number, 4)}"
    return " ".join(f"what.kind-{k}" for k in range(5) if k in (number, 4)) or "what.none"


def answer_all(session, collection, batch, kind, seq):
    for number, choice in enumerate(batch):
        said = truth(collection, choice.row, kind)
        session.answer(choice.id, said, client_id=f"c{seq}", client_seq=number)


@pytest.mark.parametrize("kind", ["multi-class", "multi-label"])
def test_the_class_with_the_fewest_answers_is_sought(collection, kind):
    """Four small classes and a large one: a random draw of 100 would hold 5 of each small one."""
    session = create_session(
        collection, question=question(kind, ["kind-1"]), strategy="rarest", streams=Streams()
    )
    for turn in range(5):
        answer_all(session, collection, session.next_batch(20), kind, turn)
    ranking = session.refit()
    assert ranking.probabilities.shape == (400, 5)
    asked = Counter(min(int(collection.kind[session.row_numbers()[1][i]]), 4) for i in session.labels())
    assert min(asked[k] for k in range(4)) >= 10
    session.set_strategy("margin")
    margins = session.next_batch(10)
    assert len(margins) == 10
    if kind == "multi-label":
        near = np.abs(2 * session.refit().probabilities - 1).min(1)
        assert near[margins[0].row] <= np.sort(near)[100]
    session.close()


def test_what_an_answer_says_of_each_class(collection):
    session = create_session(collection, question=question("multi-label", ["kind-1"]))
    kinds = kinds_of(session.question)
    session.answer("g1", "what.kind-1 what.kind-3", client_id="p", client_seq=0)
    session.answer("g2", "what.none", client_id="p", client_seq=1)
    session.add_examples(["g3"])
    told = {e.galaxy_id: kinds.read(0, e, positive=e.answer == "wanted") for e in session.events()}
    assert told["g1"].labels == (1, 3)
    assert told["g2"].labels == ()
    assert told["g3"].labels == (1,)
    assert told["g3"].example
    session.close()
    two = kinds_of(question("multi-label", ["kind-1", "kind-2"]))
    assert two.read(0, session.events()[-1], positive=True).labels is None  # nobody said which
    assert kinds_of(Question("Is it?")) is None


def test_probabilities_agree_with_the_prevalence(collection):
    rng = np.random.default_rng(0)
    scores = rng.random(5000).astype(np.float32)
    scores[7] = np.nan
    rows = np.arange(1000, 5000)
    for wanted in (0.002, 0.3, 0.97):
        shifted = at_prevalence(scores, rows, wanted)
        assert shifted[rows].mean() == pytest.approx(wanted, rel=1e-3)
        assert np.isnan(shifted[7])
        assert (np.diff(shifted[np.argsort(scores)][:-1]) >= 0).all()
    assert at_prevalence(scores, rows, 0.0)[rows].mean() < 1e-4  # nothing is left, and no logarithm fails
    ranker = Ranker(collection.vectors, np.ones(400, bool), head="calibrated")
    rare = np.flatnonzero(collection.kind == 0)
    history = tuple([Answered(int(r), True) for r in rare[:6]] + [Answered(r, False) for r in (1, 2, 3, 4)])
    none = np.empty((0, ranker.prepare.dim), np.float32)
    free = ~np.isin(np.arange(400), [a.row for a in history])
    told = ranker.rank(history, none, Greedy(), prevalence=0.05)
    assert told.scores[free].sum() == pytest.approx(0.05 * 400 - 6, rel=0.01)
    plain = ranker.rank(history, none, Greedy())
    assert told.version != plain.version
    assert list(told.rank[:50]) == list(plain.rank[:50])


def test_the_calibrated_head_takes_the_prevalence_of_the_last_whole_audit(collection):
    streams = Streams(audit=0.5, audit_size=20, audit_from=10, inside=100)
    session = create_session(collection, head="calibrated", streams=streams)
    session.add_examples(sorted(collection.rare)[:2])
    asked = []
    session._scoring._prevalence = lambda real=session._scoring._prevalence: asked.append(real()) or asked[-1]
    for seq in range(70):
        choice = session.next_batch(1)[0]
        answer = "yes" if choice.id in collection.rare else "no"
        session.answer(choice.id, answer, client_id="p", client_seq=seq)
    known = [value for value in asked if value is not None]
    assert asked[0] is None
    assert known
    assert known[-1] == pytest.approx(len(collection.rare) / 400, abs=0.05)
    assert session.estimate()["whole"]["prevalence"]["value"] == pytest.approx(known[-1], abs=0.05)
    session.set_head("logistic")
    before = len(asked)
    session.refit()
    assert len(asked) == before
    session.close()
    assert "calibrated" in heads
