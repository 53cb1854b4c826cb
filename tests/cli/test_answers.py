"""Answers taken home: the session that is meant, and the table for a paper."""

import os

import pytest
from astropy.table import Table

from tuningfork.labelling.label_log import LabelLog


def _session(path, name, question, said):
    from tuningfork.collection import Collection
    from tuningfork.labelling import create_session

    session = create_session(str(path), name=name, question=question)
    try:
        for number, (galaxy, answer) in enumerate(zip(Collection.open(path).ids(), said, strict=False)):
            session.answer(str(galaxy), answer, client_id="p", client_seq=number)
    finally:
        session.close()


@pytest.fixture
def asked(embedded):
    _session(embedded, "edge-on-disk", "Edge-on, Öpik?", ("yes", "no", "yes"))
    return embedded


def test_the_sample_is_the_table_by_default_and_the_only_session_is_meant(tuningfork, asked, tmp_path):
    ran = tuningfork("answers", "export", asked, "--out", tmp_path / "sample.fits", "--json")
    assert (ran.code, ran.json["kind"], ran.json["rows"]) == (0, "sample", 3), ran.err
    assert ran.err == ""
    table = Table.read(tmp_path / "sample.fits", character_as_bytes=False)
    assert sorted(str(label) for label in table["label"]) == ["no", "yes", "yes"]
    assert {"id", "score", "rank", "annotator", "session"} <= set(table.colnames)
    assert {row["label"] for row in table if row["id"] == table["id"][0]} <= {"yes", "no"}


def test_of_several_sessions_the_newest_is_taken_and_named(tuningfork, asked, tmp_path):
    from tuningfork.collection import Collection
    from tuningfork.labelling.settings import read_settings, session_folder, write_settings

    _session(asked, "arcs", "An arc?", ("no",))
    collection = Collection.open(asked)
    for name, year in (("edge-on-disk", "2031"), ("arcs", "2030")):
        settings = read_settings(collection, name)
        object.__setattr__(settings, "created", f"{year}-01-01T00:00:00+00:00")
        write_settings(session_folder(collection, name), settings)
    log = session_folder(collection, "arcs") / "labels.sqlite"
    os.utime(log, (2e9, 2e9))  # used last, but not begun last
    ran = tuningfork("answers", "export", asked, "--out", tmp_path / "s.csv")
    assert ran.code == 0, ran.err
    assert "session: edge-on-disk, the newest; others with --session NAME: arcs" in ran.err
    assert "3 rows" in ran.err
    ran = tuningfork("answers", "export", asked, "--session", "arcs", "--out", tmp_path / "s.csv")
    assert ran.err.startswith("1 row written")
    assert tuningfork("estimate", asked, "--session", "arc").err.startswith(f"{asked}: unknown session 'arc'")
    assert tuningfork("estimate", asked).code == 0
    assert tuningfork("estimate", asked, "--level", "0.8", "--json").json["level"] == 0.8


def test_without_a_session_the_way_to_one_is_told(tuningfork, embedded):
    ran = tuningfork("estimate", embedded)
    assert ran.code == 2
    assert ran.err.strip().endswith(f"Begin a session on the page: tuningfork label {embedded}")


def _files(path):
    return {f: (f.stat().st_mtime_ns, f.read_bytes()) for f in sorted(path.rglob("*")) if f.is_file()}


@pytest.mark.parametrize("left", ["", "-wal"])
def test_what_may_not_be_written_is_read_all_the_same(tuningfork, asked, tmp_path, monkeypatch, left):
    """Nothing is written into the collection, and what is in the log's second file is not missed."""
    from tuningfork.labelling import open_session

    held = open_session(str(asked), "edge-on-disk")
    held.answer("g05", "no", client_id="late", client_seq=0)
    if not left:
        held.close()
    log = asked / "sessions" / "edge-on-disk" / "labels.sqlite"
    assert (log.with_name(f"{log.name}-wal").is_file()) == bool(left)
    monkeypatch.setattr("tuningfork.labelling.label_log.is_read_only", lambda folder: True)
    opened, ways = LabelLog.__init__, []

    def opens(log, *where, reading=False, **told):
        ways.append(reading)
        opened(log, *where, reading=reading, **told)

    monkeypatch.setattr(LabelLog, "__init__", opens)
    before = _files(asked)
    named = ("--session", "edge-on-disk")
    for kind, out, which in (("sample", "a.csv", ()), ("events", "b.csv", named), ("html", "c.html", ())):
        words = ("--kind", kind, "--out", tmp_path / out, *which, "--json")
        ran = tuningfork("answers", "export", asked, *words)
        assert (ran.code, ran.json["rows"]) == (0, 4), ran.err
    assert tuningfork("estimate", asked).code == 0
    assert tuningfork("answers", "agreement", asked).code == 0
    assert _files(asked) == before
    assert ways == [True] * 5
    held.close()


def test_a_closing_audit_is_drawn_once_and_told_of(tuningfork, asked):
    ran = tuningfork("estimate", asked, "--completeness", "0.8")
    assert (ran.code, "Add --close" in ran.err) == (2, True)
    ran = tuningfork("estimate", asked, "--close", "--completeness", "0.8")
    assert ran.code == 0, ran.err
    assert "closing audit 1: " in ran.err
    assert "will show whether 80 % are found" in ran.err
    assert "A closing audit runs: 0 of its" in ran.out
    assert "answer on: tuningfork label" in ran.err
    ran = tuningfork("estimate", asked, "--close", "--completeness", "0.975")
    assert "it was running already" in ran.err
    told = tuningfork("estimate", asked, "--close", "--json").json
    assert (told["closing"]["state"], told["closing"]["number"]) == ("running", 1)
    assert told["closing"]["completeness"] == 0.8
    assert "Give one of them" in tuningfork("estimate", asked, "--close", "--call-off").err
    assert "closing audit 1 is called off" in tuningfork("estimate", asked, "--call-off").err
    assert "no closing audit runs" in tuningfork("estimate", asked, "--call-off").err


def test_what_zooniverse_says_is_taken_in_once_and_translated(tuningfork, asked, tmp_path):
    file = tmp_path / "z.csv"
    assert tuningfork("answers", "export", asked, "--kind", "zooniverse", "--out", file).code == 0
    file.write_text(file.read_text().replace('"yes', '"a = b'))
    _session(asked, "other", "Edge-on?", ())
    words = ["answers", "import", asked, file, "--session", "other", "--answer", "a = b=yes", "--answer"]
    ran = tuningfork(*words, "no=no", "--json")
    assert (ran.code, ran.json["answers"], ran.json["known"]) == (0, 3, 0), ran.err
    assert "0 answers taken in, 3 were there already" in tuningfork(*words, "no=no").err
    sure = tuningfork("answers", "agreement", asked, "--session", "other", "--json")
    assert (sure.code, sure.json["disputed"]) == (0, {})
    for wrong in ("no", "=no", "no="):
        ran = tuningfork(*words, wrong)
        assert (ran.code, "is not VALUE=ANSWER" in ran.err) == (2, True)
