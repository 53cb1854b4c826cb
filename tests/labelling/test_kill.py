"""A process that answers is killed at random; every answer it was told is safe must be there."""

import os
import random
import sqlite3
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.labelling.postgres import Server, missing
from tests.warm import doomed
from tuningfork.errors import TuningforkError
from tuningfork.labelling.label_log import LabelLog, NewAnswer


def _answers(say, file, client):
    log = LabelLog(file, session="s", question="?")
    say(b"ready\n")
    for seq in range(0, 1_000_000, 3):
        page = [NewAnswer(f"{client}-{seq + i}", "yes", seq + i) for i in range(1 + seq % 2 * 2)]
        acks = log.append(page, client_id=client, annotator="me")
        for ack, answer in zip(acks, page, strict=True):
            say(f"{ack.event_id} {answer.galaxy_id}\n".encode())


@pytest.mark.kill
def test_no_acknowledged_answer_is_lost(tmp_path):
    file, rng, told = tmp_path / "labels.sqlite", random.Random(0), {}
    for run in range(20):
        with doomed(_answers, file, f"c{run}") as child:
            assert child.line() == "ready"
            for _ in range(rng.randrange(1, 25)):
                event_id, galaxy = child.line().split()
                told[galaxy] = int(event_id)
            assert child.kill()
            for line in child.rest().decode().splitlines():  # what had been told before the blow fell
                if len(line.split()) == 2 and line.split()[1].count("-") == 1:
                    event_id, galaxy = line.split()
                    told.setdefault(galaxy, int(event_id))
    log = LabelLog(file, session="s", question="?")
    kept = {e.galaxy_id: e.event_id for e in log.events()}
    assert {g: kept.get(g) for g in told} == told
    assert set(told) <= set(log.current())
    log.close()
    with sqlite3.connect(file) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.kill
@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="the processes of a server are found in /proc")
def test_a_database_that_is_killed_under_load_has_every_acknowledged_answer_once():
    """PostgreSQL with all its processes, at random moments; writers send again under the same number."""
    if missing() is not None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(missing()))
    rounds, rng = int(os.environ.get("TUNINGFORK_KILL_ROUNDS", "4")), random.Random(1)
    database = Server()
    log, done, told, trouble = LabelLog(database.url, session="s", question="?"), threading.Event(), {}, []

    def write(name):
        seq = 0
        try:
            while not done.is_set():
                page = [NewAnswer(f"{name}-{seq + i}", "yes", seq + i) for i in range(1 + seq % 3)]
                try:
                    acks = log.append(page, client_id=name, annotator=name)
                except TuningforkError:
                    time.sleep(0.02)  # the server is away: the same again
                    continue
                told.update({answer.galaxy_id: ack.event_id for ack, answer in zip(acks, page, strict=True)})
                seq += len(page)
        except BaseException as error:
            trouble.append(error)

    hands = [threading.Thread(target=write, args=(f"w{i}",)) for i in range(4)]
    for hand in hands:
        hand.start()
    try:
        for _ in range(rounds):
            time.sleep(rng.uniform(0.2, 1.5))
            database.kill()
            database.start()
        time.sleep(0.5)
        done.set()
        for hand in hands:
            hand.join(60)
        assert not trouble
        live = {galaxy: event.event_id for galaxy, event in log.current().items()}
        log.close()
        after = LabelLog(database.url, session="s", question="?")
        events = after.events()
        assert {e.galaxy_id: e.event_id for e in events} | told == {e.galaxy_id: e.event_id for e in events}
        assert max(Counter(e.galaxy_id for e in events).values()) == 1
        for name in ("w0", "w1", "w2", "w3"):
            seqs = [e.client_seq for e in events if e.client_id == name]
            assert seqs == list(range(len(seqs)))
        assert live == {e.galaxy_id: e.event_id for e in events}  # what the page sees is what is on the disk
        after.close()
    finally:
        done.set()
        database.remove()
