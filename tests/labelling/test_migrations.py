"""A label log of the first format, made by the code that wrote it, becomes one of today's."""

import sqlite3
import threading
from pathlib import Path

import pytest

from tuningfork.errors import CollectionError, TuningforkError
from tuningfork.labelling.label_log import LabelLog, NewAnswer
from tuningfork.labelling.migrations import LOG_FORMAT

OLD = Path(__file__).parent / "data" / "log_format_1.sql"


@pytest.fixture
def old(tmp_path):
    file = tmp_path / "labels.sqlite"
    with sqlite3.connect(file) as database:
        database.executescript(OLD.read_text())
        database.execute("PRAGMA journal_mode = WAL")
    database.close()
    return file


def rows(file, columns):
    database = sqlite3.connect(file)
    told = database.execute(f"SELECT {columns} FROM events ORDER BY event_id").fetchall()
    database.close()
    return told


BEFORE = "event_id, client_id, client_seq, at, annotator, kind, action, galaxy_id, answer, undoes, shown"


def test_every_event_is_there_and_a_copy_was_made_before(old):
    events = rows(old, BEFORE)
    log = LabelLog(old, session="hunt", question="Merger?")
    assert {g: e.answer for g, e in log.current().items()} == dict.fromkeys(
        ("g2", "g3", "g4", "g5"), "no"
    ) | {"g1": "yes"}
    assert list(log.current("picture")) == ["pic"]
    assert [(e.galaxy_id, e.stream, e.probability) for e in log.events()][2:4] == [
        ("g2", "hunt", None),
        ("g3", "random", 0.125),
    ]
    assert log.copy is not None
    assert rows(log.copy, BEFORE) == events
    log.append([NewAnswer("g9", "yes", 0)], client_id="new", annotator="ann")
    assert log.undo(client_id="new", client_seq=1, annotator="ann").answers == (("g9", "yes"),)
    log.close()
    assert rows(old, BEFORE)[: len(events)] == events
    again = LabelLog(old, session="hunt", question="Merger?")
    assert again.copy is None
    assert again.append([NewAnswer("g2", "no", 0)], client_id="page", annotator="ann")[0].duplicate
    again.close()


def test_two_that_open_an_old_log_at_once_both_can(old):
    logs, trouble = [], []

    def start():
        try:
            logs.append(LabelLog(old, session="hunt", question="Merger?"))
        except BaseException as error:
            trouble.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not trouble
    assert {len(log.current()) for log in logs} == {5}
    for log in logs:
        log.close()


def test_without_room_for_the_copy_the_old_log_stays_as_it_is(old, monkeypatch):
    from tuningfork.labelling import migrations

    def full(engine):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(migrations, "_copied", full)
    before = old.read_bytes()
    with pytest.raises((TuningforkError, sqlite3.OperationalError), match="full"):
        LabelLog(old, session="hunt", question="Merger?")
    assert old.read_bytes() == before


def test_a_log_of_the_future_is_refused(tmp_path):
    file = tmp_path / "l.sqlite"
    LabelLog(file, session="s", question="?").close()
    database = sqlite3.connect(file)
    database.execute(f"UPDATE log_format SET format = {LOG_FORMAT + 1}")
    database.commit()
    database.close()
    with pytest.raises(CollectionError, match="newer"):
        LabelLog(file, session="s", question="?")


@pytest.mark.parametrize(
    "act", ["DELETE FROM events", "UPDATE events SET answer = 'no'", "DELETE FROM offers"]
)
def test_the_database_itself_refuses_to_change_what_was_logged(tmp_path, act):
    file = tmp_path / "l.sqlite"
    log = LabelLog(file, session="s", question="?")
    log.append([NewAnswer("g", "yes", 0)], client_id="c", annotator="a")
    log.close()
    database = sqlite3.connect(file)
    database.execute(
        "INSERT INTO offers (session, annotator, client_id, galaxy_id, at, expires, shown)"
        " VALUES ('s', 'a', 'c', 'g', '', 0, '{}')"
    )
    with pytest.raises(sqlite3.DatabaseError, match="append-only"):
        database.execute(act)
    database.close()
