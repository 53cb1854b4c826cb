"""The label log and all that stands beside it on a real PostgreSQL server."""

import os
import threading
from collections import Counter

import pytest
import sqlalchemy as sa

from tests.labelling.postgres import missing, server
from tests.labelling.test_three_people import Team3
from tuningfork.errors import CollectionError, TuningforkError, UsageError
from tuningfork.labelling import create_session, open_session
from tuningfork.labelling.label_log import LabelLog, NewAnswer
from tuningfork.labelling.streams.settings import Streams


@pytest.fixture(scope="module")
def running():
    reason = missing()
    if reason is not None:
        if os.environ.get("CI"):
            pytest.fail(f"{reason}: .ci/run has to install it")
        pytest.skip(reason)
    with server() as url:
        yield url


@pytest.fixture
def url(running):
    yield running
    engine = sa.create_engine(running)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()


def test_answers_retries_undo_and_redo(url):
    log = LabelLog(url, session="s", question="?")
    page = [
        NewAnswer(f"g{i}", "no", i, {"stream": "audit", "design": 1, "probability": 0.25}) for i in range(600)
    ]
    log.append(page, client_id="page", annotator="me")
    assert all(a.duplicate for a in log.append(page, client_id="page", annotator="me"))
    log.append([NewAnswer("g1", "yes", 600)], client_id="page", annotator="me")
    log.undo(client_id="page", client_seq=601, annotator="me")
    assert log.current()["g1"].answer == "no"
    assert (log.current()["g1"].design, log.current()["g1"].probability) == (1, 0.25)
    log.redo(client_id="page", client_seq=602, annotator="me")
    other = LabelLog(url, session="s", question="?")
    assert other.current()["g1"].answer == "yes"
    with pytest.raises(UsageError, match="session 's'"):
        LabelLog(url, session="t", question="?").append(
            [NewAnswer("g", "yes", 0)], client_id="page", annotator="me"
        )
    log.close(), other.close()


def test_writers_of_many_connections_lose_and_double_nothing(url):
    logs = [LabelLog(url, session="s", question="?") for _ in range(4)]
    trouble = []

    def work(k):
        try:
            for seq in range(25):
                for log in (logs[k], logs[(k + 1) % 4]):
                    log.append([NewAnswer(f"{k}-{seq}", "yes", seq)], client_id=f"c{k}", annotator=f"p{k}")
        except BaseException as error:
            trouble.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not trouble
    assert len(logs[0].events()) == len(logs[1].current()) == 100
    for log in logs:
        log.close()


def test_a_session_with_streams_leases_and_people(url, collection):
    streams = Streams(audit=0.3, repeat=0.1, audit_from=10, audit_size=40, inside=50, repeat_after=10)
    ours = create_session(collection, name="team", streams=streams, database=url)
    ours.add_examples(sorted(collection.rare)[:2])
    theirs = open_session(collection, "team", database=url)
    for name in ("p0", "p1"):
        ours.team.members.join(theirs.team.members.invite("annotator", by="boss"), name)
    got, trouble = [], []

    def work(session, person):
        try:
            for page in range(10):
                for k, c in enumerate(session.lease(5, client_id=person, annotator=person)):
                    answer = "yes" if c.id in collection.rare else "no"
                    session.answer(
                        c.id,
                        answer,
                        client_id=person,
                        client_seq=5 * page + k,
                        annotator=person,
                        shown=c.shown(),
                    )
                    got.append((c.id, c.stream))
        except BaseException as error:
            trouble.append(error)

    threads = [threading.Thread(target=work, args=(s, f"p{k}")) for k, s in enumerate((ours, theirs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not trouble
    assert len(got) == 100
    assert max(Counter(i for i, stream in got if stream != "repeat").values()) == 1
    assert [d.number for d in ours.book.designs()] == [d.number for d in theirs.book.designs()]
    assert ours.estimate()["answers"] == theirs.estimate()["answers"]
    assert ours.estimate()["audits"][0]["counted"] > 0
    with pytest.raises(UsageError, match="not in this session"):
        theirs.lease(1, client_id="x", annotator="stranger")
    ours.close(), theirs.close()


def test_a_log_of_the_first_format_is_brought_up_and_kept(url):
    LabelLog(url, session="s", question="?").close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:  # as the first format had it
        connection.execute(sa.text("DROP TABLE log_format, designs, plan, offers, people"))
        for name in ("stream", "design", "probability"):
            connection.execute(sa.text(f"ALTER TABLE events DROP COLUMN {name}"))
        connection.execute(
            sa.text(
                "INSERT INTO events (client_id, client_seq, at, session, annotator, kind, action, galaxy_id,"
                " question, answer, shown) VALUES"
                " ('c', 0, 'now', 's', 'me', 'answer', 'c/0', 'g1', '?', 'yes', :shown)"
            ),
            {"shown": '{"stream": "random", "probability": 0.5}'},
        )
    log = LabelLog(url, session="s", question="?")
    event = log.current()["g1"]
    assert (event.answer, event.stream, event.probability) == ("yes", "random", 0.5)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM events_format_1")).scalar() == 1
    log.append([NewAnswer("g2", "no", 1)], client_id="c", annotator="me")
    log.close()
    assert len(LabelLog(url, session="s", question="?").events()) == 2
    engine.dispose()


def test_a_server_that_is_away_is_one_clear_line_without_the_password():
    if missing() is not None:
        pytest.skip(str(missing()))
    with pytest.raises(TuningforkError) as caught:
        LabelLog("postgresql+psycopg://me:secret@127.0.0.1:1/x?connect_timeout=2", session="s", question="?")
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "Look after the server" in str(caught.value)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("me:secret@host/labels", "is no URL. Write postgresql"),
        ("postgresql+psycopg://me:secret@host:port/labels", "is no URL"),
        ("postgres://me:secret@host/labels", "no driver 'postgres' here.*postgresql\\+psycopg"),
        ("postgresql+nodriver://me:secret@host/labels", "no driver 'postgresql\\+nodriver' here"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_clear_line_without_the_password(address, told):
    with pytest.raises(UsageError, match=told) as caught:
        LabelLog(address, session="s", question="?")
    assert "secret" not in str(caught.value)


def test_whatever_three_people_do(url, tmp_path):
    Team3(tmp_path / "galaxies", 3, 2, steps=60, database=url).live_through()


def test_a_server_that_may_only_be_read_is_not_called_damaged(url):
    log = LabelLog(url, session="s", question="?")
    log.append([NewAnswer("g", "yes", 0)], client_id="page", annotator="me")
    engine = sa.create_engine(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        name = connection.execute(sa.text("SELECT current_database()")).scalar()
        connection.execute(sa.text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    log._engine.dispose()  # the setting holds for new connections
    try:
        with pytest.raises(TuningforkError, match="cannot be used") as told:
            log.append([NewAnswer("h", "yes", 1)], client_id="page", annotator="me")
        assert not isinstance(told.value, CollectionError)
        assert set(log.current()) == {"g"}
    finally:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("SET default_transaction_read_only = off"))
            connection.execute(sa.text(f'ALTER DATABASE "{name}" RESET default_transaction_read_only'))
        engine.dispose(), log.close()
