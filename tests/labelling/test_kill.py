"""A process that answers is killed at random; every answer it was told is safe must be there."""

import random
import sqlite3
import subprocess
import sys

import pytest

from tuningfork.labelling.label_log import LabelLog

CHILD = """
import sys
from pathlib import Path
from tuningfork.labelling.label_log import LabelLog, NewAnswer
log = LabelLog(Path(sys.argv[1]), session="s", question="?")
client = sys.argv[2]
print("ready", flush=True)
for seq in range(0, 1_000_000, 3):
    page = [NewAnswer(f"{client}-{seq + i}", "yes", seq + i) for i in range(1 + seq % 2 * 2)]
    for ack, answer in zip(log.append(page, client_id=client, annotator="me"), page):
        print(ack.event_id, answer.galaxy_id, flush=True)
"""


@pytest.mark.kill
def test_no_acknowledged_answer_is_lost(tmp_path):
    file, rng, told = tmp_path / "labels.sqlite", random.Random(0), {}
    for run in range(20):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(file), f"c{run}"], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout.readline() == "ready\n"
        for _ in range(rng.randrange(1, 25)):
            event_id, galaxy = child.stdout.readline().split()
            told[galaxy] = int(event_id)
        child.kill()
        for line in child.stdout.read().splitlines():  # what had been told before the blow fell
            if len(line.split()) == 2 and line.split()[1].count("-") == 1:
                event_id, galaxy = line.split()
                told.setdefault(galaxy, int(event_id))
        child.stdout.close()
        child.wait()
    log = LabelLog(file, session="s", question="?")
    kept = {e.galaxy_id: e.event_id for e in log.events()}
    assert {g: kept.get(g) for g in told} == told
    assert set(told) <= set(log.current())
    log.close()
    with sqlite3.connect(file) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
