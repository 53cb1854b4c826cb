import threading

import numpy as np
import pytest

from tuningfork.errors import EmbeddingError, UnknownNameError, UsageError
from tuningfork.labelling import Question, create_session, list_sessions, open_session


def label(session, rare, n, *, client="page", start=0):
    for seq, choice in enumerate(session.next_batch(n), start=start):
        answer = "yes" if choice.id in rare else "no"
        session.answer(choice.id, answer, client_id=client, client_seq=seq, shown=choice.shown())


def test_from_one_example_to_most_of_the_rare_kind(session, collection):
    session.add_examples([sorted(collection.rare)[0]])
    for page in range(3):
        label(session, collection.rare, 10, start=10 * page)
    progress = session.progress()
    assert progress["answers"] == 30
    assert progress["examples"] == 1
    assert progress["found"] >= 0.6 * len(collection.rare)
    assert {c.id for c in session.best(5)} <= collection.rare


def test_from_nothing_the_first_page_is_varied_and_nothing_is_claimed(session, collection):
    batch = session.next_batch(8)
    assert len({collection.kind[c.row] for c in batch}) >= 5
    assert {c.rank for c in batch} == {0}
    assert session.best(5) == []


def test_an_answer_of_no_alone_still_works(session, collection):
    session.answer("g1", "no", client_id="p", client_seq=0)
    assert len(session.next_batch(5)) == 5


def test_what_the_page_holds_and_what_was_answered_is_not_handed_out_again(session):
    first = session.next_batch(10)
    second = session.next_batch(10, exclude=[c.id for c in first])
    assert not {c.id for c in first} & {c.id for c in second}
    session.answer(first[0].id, "skip", client_id="p", client_seq=0)
    assert first[0].id not in {c.id for c in session.next_batch(400)}
    assert len(session.next_batch(1000)) == 399


def test_two_calls_with_the_same_answers_give_the_same_batch(session, collection):
    session.add_examples([sorted(collection.rare)[0]])
    assert session.next_batch(20) == session.next_batch(20)


def test_reopening_goes_on_exactly(session, collection):
    session.add_examples(sorted(collection.rare)[:2])
    label(session, collection.rare, 15)
    session.set_strategy("alpha", alpha=0.9)
    expected, labels, version = session.next_batch(12), session.labels(), session.head_version
    session.close()
    again = open_session(collection, "hunt")
    assert again.labels() == labels
    assert again.head_version == version
    assert again.next_batch(12) == expected
    assert (again.strategy_name, again.settings.strategy_settings) == ("alpha", {"alpha": 0.9})
    assert again.question == Question("Is it rare?")
    again.close()


def test_undo_and_redo_change_what_is_learnt(session, collection):
    session.add_examples([sorted(collection.rare)[0]])
    before = session.head_version
    label(session, collection.rare, 5)
    assert session.head_version != before
    for seq in range(100, 105):
        assert session.undo(client_id="page", client_seq=seq) is not None
    assert session.head_version == before
    assert session.redo(client_id="page", client_seq=200).answers[0][0] in session.labels()


def test_maybe_junk_and_skip_train_nothing_but_are_answers(session, collection):
    session.add_examples([sorted(collection.rare)[0]])
    before = session.head_version
    for seq, answer in enumerate(("maybe", "junk", "skip")):
        session.answer(f"g{seq}", answer, client_id="p", client_seq=seq)
    assert session.head_version == before
    assert session.progress()["answers"] == 3


def test_the_best_leave_out_what_was_rejected(session, collection):
    session.add_examples([sorted(collection.rare)[0]])
    top = session.best(3)[1]
    session.answer(top.id, "junk", client_id="p", client_seq=0)
    assert top.id not in {c.id for c in session.best(50)}


def test_similar_galaxies_are_of_the_same_kind(session, collection):
    example = sorted(collection.rare)[0]
    found = session.similar(example, 8)
    assert example not in {c.id for c in found}
    assert sum(c.id in collection.rare for c in found) >= 7
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)
    assert len(session.similar(example, 10_000)) == 399


def test_flagged_galaxies_and_those_without_a_vector_are_not_asked(collection):
    collection.flags[:50] = True
    table = collection.tables["made-1"]
    table._ids, table._vectors = table._ids[:300], table._vectors[:300]
    session = create_session(collection, name="part", question="?")
    assert {c.row for c in session.next_batch(1000)} == set(range(50, 300))
    with pytest.raises(EmbeddingError, match="tuningfork embed"):
        session.similar("g350", 3)
    session.answer(
        "g350", "yes", client_id="p", client_seq=0
    )  # an answer is never refused for want of a vector
    assert not session.refit().learnt
    session.close()


def test_an_answer_must_name_a_galaxy_and_an_answer(session):
    with pytest.raises(UnknownNameError):
        session.answer("nowhere", "yes", client_id="p", client_seq=0)
    with pytest.raises(UnknownNameError, match="yes"):
        session.answer("g1", "yess", client_id="p", client_seq=0)
    with pytest.raises(UsageError, match="client_seq"):
        session.answer_many([{"galaxy_id": "g1", "answer": "yes"}], client_id="p")
    assert session.labels() == {}


def test_a_bad_answer_among_many_writes_none(session):
    answers = [{"galaxy_id": g, "answer": "no", "client_seq": i} for i, g in enumerate(["g1", "nowhere"])]
    with pytest.raises(UnknownNameError):
        session.answer_many(answers, client_id="p")
    assert session.labels() == {}


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "x" * 70, "a\x00", "dot."])
def test_a_name_that_leaves_the_folder_is_refused(collection, name):
    with pytest.raises(UsageError):
        create_session(collection, name=name)


def test_a_session_is_made_once(session, collection):
    with pytest.raises(UsageError, match="there already"):
        create_session(collection, name="hunt")
    assert list_sessions(collection) == ["hunt"]


def test_unknown_names_write_nothing(collection):
    for wrong in ({"head": "logistik"}, {"strategy": "gredy"}, {"annotator": "a\nb"}):
        with pytest.raises(UsageError):
            create_session(collection, name="x", **wrong)
    with pytest.raises(UnknownNameError):
        open_session(collection, "x")
    assert list_sessions(collection) == []


def test_vectors_of_another_encoder_are_refused_with_the_remedy(session, collection):
    collection.tables["other-2"] = collection.tables["made-1"]
    with pytest.raises(EmbeddingError, match="without naming an encoder"):
        open_session(collection, "hunt", encoder="other-2")
    del collection.tables["made-1"]
    with pytest.raises(EmbeddingError, match="tuningfork embed"):
        open_session(collection, "hunt")


def test_a_damaged_session_file_is_named(session, collection):
    file = session.folder / "session.toml"
    file.write_text("format = 1\nname = 'hunt'\n")
    with pytest.raises(Exception, match=r"session\.toml.*'encoder'"):
        open_session(collection, "hunt")


def test_answers_do_not_wait_for_a_fit_and_pages_take_the_last_scores(session, collection, monkeypatch):
    session.add_examples([sorted(collection.rare)[0]])
    page = session.next_batch(5)
    entered, leave = threading.Event(), threading.Event()
    real = type(session._scoring._ranker).rank

    def slow(self, *args, **options):
        entered.set()
        assert leave.wait(20)
        return real(self, *args, **options)

    session.answer(page[0].id, "no", client_id="p", client_seq=0)
    monkeypatch.setattr(type(session._scoring._ranker), "rank", slow)
    fitting = threading.Thread(target=session.refit)
    fitting.start()
    assert entered.wait(20)
    session.answer(page[1].id, "no", client_id="p", client_seq=1)
    during = session.next_batch(5, exclude=[c.id for c in page])
    assert {c.head_version for c in during} == {page[0].head_version}
    leave.set()
    fitting.join(20)
    assert session.next_batch(5)[0].head_version != page[0].head_version


def test_many_threads_answer_and_ask(session, collection):
    session.add_examples([sorted(collection.rare)[0]])
    failures = []

    def work(client):
        try:
            for seq in range(5):
                choice = session.next_batch(4)[client]
                session.answer(
                    choice.id, "no", client_id=f"c{client}", client_seq=seq, annotator=f"a{client}"
                )
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(session.events()) == 21


def test_scores_cover_the_collection(session, collection):
    session.add_examples([sorted(collection.rare)[0]])
    ranking = session.ranking()
    assert ranking.scores.shape == (len(collection),)
    assert ranking.rank[np.argmax(ranking.scores)] == 1


@pytest.fixture
def two_encoders(collection):
    """Beside the first vectors others, by which other galaxies are alike."""
    table, turned = collection.tables["made-1"], collection.vectors[::-1].copy()
    collection.tables["other-2"] = type(table)(list(collection.ids()), turned, {"encoder": "other"})
    return collection


def test_other_vectors_rank_anew_and_every_answer_stays(session, two_encoders):
    session.add_examples(sorted(two_encoders.rare)[:2])
    label(session, two_encoders.rare, 10)
    labels, version, batch = session.labels(), session.head_version, session.next_batch(12)
    session.set_encoder("other")
    assert session.labels() == labels
    assert (session.encoder, session.encoder_keys) == ("other-2", ("other-2",))
    assert session.head_version != version
    assert session.next_batch(12) != batch
    asked = session.next_batch(12)
    session.close()
    again = open_session(two_encoders, "hunt")
    assert (again.encoder, again.next_batch(12)) == ("other-2", asked)
    again.set_encoder(["made-1", "other-2"])
    assert again.encoder == "made-1 + other-2"
    assert again.similar("g1", 3)
    again.set_encoder("made-1")
    assert (again.head_version, again.next_batch(12)) == (version, batch)
    again.close()


def test_vectors_that_are_not_there_change_nothing(session, two_encoders):
    with pytest.raises(EmbeddingError):
        session.set_encoder("nobody")
    assert session.encoder == "made-1"
    assert session.settings.encoder == "made-1"


def test_answers_and_batches_go_on_while_the_vectors_change(session, two_encoders):
    session.add_examples(sorted(two_encoders.rare)[:2])
    problems, ends = [], threading.Event()

    def work():
        try:
            while not ends.is_set():
                session.refit()
                assert len(session.next_batch(5)) == 5
                session.similar("g1", 3)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for turn in range(8):
        session.set_encoder(["other-2", "made-1 + other-2", "made-1"][turn % 3])
    ends.set()
    for thread in threads:
        thread.join()
    assert problems == []
