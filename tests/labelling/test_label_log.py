import random
import threading

import pytest
import sqlalchemy as sa

from tuningfork.errors import CollectionError, TuningforkError, UsageError
from tuningfork.labelling.database import clear_errors
from tuningfork.labelling.label_log import LabelLog, NewAnswer


@pytest.fixture
def log(tmp_path):
    made = LabelLog(tmp_path / "labels.sqlite", session="hunt", question="Merger?")
    yield made
    made.close()


def answers(log):
    return {galaxy: event.answer for galaxy, event in log.current().items()}


def test_a_retry_adds_nothing_and_gets_the_first_acknowledgement(log):
    first = log.append([NewAnswer("g1", "yes", 7)], client_id="page", annotator="me")[0]
    again = log.append([NewAnswer("g1", "yes", 7)], client_id="page", annotator="me")[0]
    assert (again.event_id, again.at, again.duplicate) == (first.event_id, first.at, True)
    assert not first.duplicate
    assert len(log.events()) == 1


def test_a_used_number_with_another_answer_is_refused_and_nothing_is_written(log):
    log.append([NewAnswer("g1", "yes", 1)], client_id="page", annotator="me")
    with pytest.raises(UsageError, match="used already"):
        log.append([NewAnswer("g2", "no", 0), NewAnswer("g1", "no", 1)], client_id="page", annotator="me")
    assert answers(log) == {"g1": "yes"}


def test_a_number_of_another_session_in_one_database_is_refused_not_taken_for_a_retry(log, tmp_path):
    log.append([NewAnswer("g1", "yes", 0)], client_id="script", annotator="me")
    other = LabelLog(tmp_path / "labels.sqlite", session="second", question="Ring?")
    with pytest.raises(UsageError, match="session 'hunt'"):
        other.append([NewAnswer("g1", "yes", 0)], client_id="script", annotator="me")
    other.close()


def test_the_rest_of_a_page_is_undone_as_one(log):
    log.append([NewAnswer("g0", "yes", 0)], client_id="page", annotator="me")
    page = [NewAnswer(f"g{i}", "no", i) for i in range(1, 25)]
    log.append(page, client_id="page", annotator="me")
    undone = log.undo(client_id="page", client_seq=25, annotator="me")
    assert len(undone.answers) == 24
    assert answers(log) == {"g0": "yes"}
    assert log.undo(client_id="page", client_seq=25, annotator="me").duplicate
    assert answers(log) == {"g0": "yes"}
    log.redo(client_id="page", client_seq=26, annotator="me")
    assert len(answers(log)) == 25


def test_an_undo_with_nothing_to_undo_takes_nothing_back_when_it_comes_again(log, tmp_path):
    turns = {"undo": log.undo, "redo": log.redo}
    for seq, turn in enumerate(turns.values()):
        assert turn(client_id="tab", client_seq=seq, annotator="me") is None
    log.append([NewAnswer("g1", "yes", 0)], client_id="other-tab", annotator="me")
    assert log.undo(client_id="tab", client_seq=0, annotator="me") is None  # its reply was lost
    assert answers(log) == {"g1": "yes"}
    assert [(e.kind, e.undoes) for e in log.events()] == [("undo", None), ("redo", None), ("answer", None)]
    again = LabelLog(tmp_path / "labels.sqlite", session="hunt", question="Merger?")
    assert answers(again) == {"g1": "yes"}
    assert again.undo(client_id="tab", client_seq=5, annotator="me").answers == (("g1", "yes"),)
    again.close()


def test_nobody_undoes_what_another_answered(log):
    log.append([NewAnswer("g1", "yes", 0)], client_id="a", annotator="ann")
    assert log.undo(client_id="b", client_seq=0, annotator="bob") is None
    assert answers(log) == {"g1": "yes"}
    assert [(e.annotator, e.kind, e.undoes) for e in log.events()] == [
        ("ann", "answer", None),
        ("bob", "undo", None),
    ]


def test_a_page_longer_than_a_statement_may_be(log):
    page = [NewAnswer(f"g{i}", "no", i) for i in range(1_203)]
    first = log.append(page, client_id="page", annotator="me")
    again = log.append(page, client_id="page", annotator="me")
    assert [a.event_id for a in again] == [a.event_id for a in first]
    assert len(answers(log)) == 1_203


def test_what_was_shown_is_kept(log):
    shown = {"stream": "hunt", "rank": 3, "score": 0.25, "note": "naïve <b>"}
    log.append([NewAnswer("g1", "yes", 0, shown)], client_id="page", annotator="me")
    assert log.current()["g1"].shown == shown


@pytest.mark.parametrize(
    "bad",
    [
        {"client_seq": -1},
        {"client_seq": True},
        {"client_seq": "1"},
        {"client_seq": 2**60},
        {"shown": {"x": float("nan")}},
        {"shown": {"x": "y" * 9_000}},
        {"shown": [1]},
        {"shown": {"x": object()}},
    ],
)
def test_a_bad_request_is_refused(log, bad):
    with pytest.raises(UsageError):
        log.append(
            [NewAnswer(**{"galaxy_id": "g", "answer": "yes", "client_seq": 0} | bad)],
            client_id="c",
            annotator="a",
        )
    assert log.events() == []


@pytest.mark.parametrize("name", ["", "x" * 101, "a\nb"])
def test_a_bad_name_is_refused(log, name):
    with pytest.raises(UsageError):
        log.append([NewAnswer("g", "yes", 0)], client_id=name, annotator="a")
    with pytest.raises(UsageError):
        log.undo(client_id="c", client_seq=0, annotator=name)


class Model:
    """What the log must do, in the plainest words: two stacks a person."""

    def __init__(self):
        self.done, self.undone = {}, {}

    def act(self, who, pairs):
        self.done.setdefault(who, []).append((self.clock(), pairs))
        self.undone[who] = []

    def clock(self):
        self.now = getattr(self, "now", 0) + 1
        return self.now

    def move(self, source, target, who):
        if not source.get(who):
            return False
        target.setdefault(who, []).append(source[who].pop())
        return True

    def labels(self):
        live = sorted(action for stack in self.done.values() for action in stack)
        return {galaxy: answer for _, pairs in live for galaxy, answer in pairs}


def test_a_thousand_random_steps_equal_a_simple_model(tmp_path):
    rng = random.Random(0)
    log, model = LabelLog(tmp_path / "l.sqlite", session="s", question="?"), Model()
    for seq in range(0, 10_000, 10):
        who, step = rng.choice("ab"), rng.random()
        if step < 0.5:
            pairs = [
                (f"g{rng.randrange(30)}", rng.choice(["yes", "no", "maybe"]))
                for _ in range(rng.choice([1, 1, 1, 5]))
            ]
            log.append(
                [NewAnswer(g, a, seq + i) for i, (g, a) in enumerate(pairs)], client_id="c", annotator=who
            )
            model.act(who, pairs)
        else:
            turn, moves = (
                (log.undo, (model.done, model.undone))
                if step < 0.8
                else (log.redo, (model.undone, model.done))
            )
            told = turn(client_id="c", client_seq=seq, annotator=who)
            assert (told is not None) == model.move(*moves, who)
        if rng.random() < 0.05:
            assert answers(log) == model.labels()
        if rng.random() < 0.01:  # a new start sees the same
            log.close()
            log = LabelLog(tmp_path / "l.sqlite", session="s", question="?")
    assert answers(log) == model.labels()
    log.close()


def test_two_openings_of_one_log_see_each_other(tmp_path):
    first = LabelLog(tmp_path / "l.sqlite", session="s", question="?")
    second = LabelLog(tmp_path / "l.sqlite", session="s", question="?")
    first.append([NewAnswer("g1", "yes", 0)], client_id="a", annotator="me")
    assert answers(second) == {"g1": "yes"}
    second.undo(client_id="b", client_seq=0, annotator="me")
    assert answers(first) == {}
    first.close(), second.close()


def test_threads_lose_and_double_nothing(log):
    def work(client):
        for seq in range(30):
            for _ in range(2):
                log.append([NewAnswer(f"{client}-{seq}", "yes", seq)], client_id=client, annotator=client)

    threads = [threading.Thread(target=work, args=(f"c{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(log.events()) == len(answers(log)) == 120


def test_sessions_in_one_database_are_apart(tmp_path):
    url = f"sqlite:///{tmp_path / 'all.sqlite'}"
    one, two = (LabelLog(url, session=name, question="?") for name in ("one", "two"))
    one.append([NewAnswer("g", "yes", 0)], client_id="c1", annotator="me")
    two.append([NewAnswer("g", "no", 0)], client_id="c2", annotator="me")
    assert (answers(one), answers(two)) == ({"g": "yes"}, {"g": "no"})
    one.close(), two.close()


def test_sqlite_is_set_to_durable(log):
    with log._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_file_that_is_no_database_is_named(tmp_path):
    file = tmp_path / "labels.sqlite"
    file.write_bytes(b"not a database at all" * 100)
    with pytest.raises(CollectionError, match=r"labels\.sqlite"):
        LabelLog(file, session="s", question="?")


def test_a_full_disk_is_one_clear_line_and_keeps_what_was_acknowledged(tmp_path):
    log = LabelLog(tmp_path / "l.sqlite", session="s", question="?")
    log.append([NewAnswer("g0", "yes", 0)], client_id="c", annotator="me")
    with log._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.commit()
    long = [NewAnswer("g" * 2000 + str(seq), "yes", seq) for seq in range(1, 400)]
    with pytest.raises(TuningforkError, match="full"):
        log.append(long, client_id="c", annotator="me")
    assert answers(log) == {"g0": "yes"}
    log.close()
    again = LabelLog(tmp_path / "l.sqlite", session="s", question="?")
    assert answers(again) == {"g0": "yes"}
    again.append(long, client_id="c", annotator="me")
    assert len(answers(again)) == 400
    again.close()


def test_the_statements_compile_for_postgresql():
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import CreateTable

    from tuningfork.labelling.database import events_table, sessions_table

    told = str(CreateTable(events_table).compile(dialect=postgresql.dialect()))
    assert "event_id BIGSERIAL" in told
    locked = sessions_table.select().with_for_update().compile(dialect=postgresql.dialect())
    assert "FOR UPDATE" in str(locked)


@pytest.mark.parametrize(("writable", "remedy"), [(True, "Free some space"), (False, "copy the collection")])
def test_a_log_that_cannot_be_opened_says_what_to_do(tmp_path, monkeypatch, writable, remedy):
    monkeypatch.setattr("tuningfork.labelling.database.os.access", lambda *_: writable)
    with pytest.raises(TuningforkError, match=remedy), clear_errors(str(tmp_path / "labels.sqlite")):
        raise sa.exc.OperationalError("pragma", None, Exception("unable to open database file"))
