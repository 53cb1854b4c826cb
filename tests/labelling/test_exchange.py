import csv
import json

import pytest

from tuningfork.collection import read_table
from tuningfork.errors import CatalogueError, UnknownNameError, UsageError
from tuningfork.labelling import create_session, open_session
from tuningfork.labelling.people.tables import export_answers
from tuningfork.labelling.people.zooniverse import import_classifications

HOSTILE = ('=HYPERLINK("http://evil.test","x")', "+1+1", "-2+3", "@SUM(A1)", "<script>alert(1)</script>")


@pytest.fixture
def team(session):
    for k, person in enumerate(("ann", "bob", *HOSTILE)):
        for j, galaxy in enumerate(("g1", "g2", "g3")):
            answer = ("yes", "no", "maybe")[(k + j) % 3]
            session.answer(galaxy, answer, client_id=f"c{k}", client_seq=j, annotator=person)
    session.undo(client_id="c0", client_seq=9, annotator="ann")
    return session


def test_every_event_goes_out(team, tmp_path):
    file = tmp_path / "events.parquet"
    assert export_answers(team, file) == 22
    rows = read_table(file).to_pylist()
    assert [r["kind"] for r in rows].count("undo") == 1
    assert [r["event_id"] for r in rows] == [e.event_id for e in team.events()]
    assert rows[-1]["undoes"] == "c0/2"


def test_what_a_spreadsheet_would_run_is_kept_from_it(team, tmp_path):
    for kind in ("events", "zooniverse"):
        export_answers(team, tmp_path / "out.csv", kind=kind)
        with (tmp_path / "out.csv").open(newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert not [c for c in cells if c.startswith(("=", "+", "@"))]
        assert not [c for c in cells if c.startswith("-") and not c[1:].isdigit()]
        assert any("HYPERLINK" in c for c in cells)


def test_the_consensus_goes_out(team, tmp_path):
    export_answers(team, tmp_path / "c.csv", kind="consensus")
    rows = {r["id"]: r for r in read_table(tmp_path / "c.csv").to_pylist()}
    assert set(rows) == {"g1", "g2", "g3"}
    assert (rows["g1"]["votes_yes"], rows["g1"]["votes_no"], rows["g1"]["votes_maybe"]) == (3, 2, 2)
    assert rows["g1"]["label"] == "yes"
    assert rows["g1"]["method"] == "majority"


def test_out_and_in_again_through_zooniverses_shape(team, collection, tmp_path):
    file = tmp_path / "z.csv"
    export_answers(team, file, kind="zooniverse")
    other = create_session(collection, name="other", question="Is it rare?")
    told = import_classifications(other, file)
    assert (told.answers, told.known, dict(told.left_out)) == (20, 0, {})
    assert other.team.votes() == {
        galaxy: {f"zooniverse:{person}": answer for person, answer in said.items()}
        for galaxy, said in team.team.votes().items()
    }
    again = import_classifications(other, file)
    assert (again.answers, again.known) == (0, 20)
    assert {e.stream for e in other.events()} == {"import"}
    other.close()


def write(
    path, rows, columns=("classification_id", "user_name", "annotations", "subject_data", "created_at")
):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def row(number, subject, value, *, user="ann", task="T0"):
    return {
        "classification_id": number,
        "user_name": user,
        "annotations": json.dumps([{"task": "T9", "value": "x"}, {"task": task, "value": value}]),
        "subject_data": json.dumps({"77001": subject}),
        "created_at": "2026-11-21 10:00:00 UTC",
    }


def test_an_export_of_the_site_with_its_own_words(session, tmp_path):
    file = tmp_path / "site.csv"
    write(
        file,
        [
            row(1, {"retired": None, "#filename": "stamps/g1.png"}, "A merger"),
            row(2, {"!iauname": "g2"}, "a MERGER ", user="not-logged-in-ab12"),
            row(3, {"Filename": "g3.jpg"}, "Nothing"),
            row(4, {"filename": "elsewhere.jpg"}, "Nothing"),
            row(5, {"filename": "g4.jpg"}, "Spiral"),
            row(6, {"filename": "g5.jpg"}, "Nothing", task="T1"),
            {"classification_id": "7", "annotations": "[" * 100_000, "subject_data": '{"1": {"id": "g6"}}'},
            {"classification_id": "x", "annotations": "{}", "subject_data": "[]"},
            row(1, {"#filename": "g1.png"}, "Nothing"),
        ],
    )
    told = import_classifications(session, file, answers={"A merger": "yes", "Nothing": "no"})
    assert session.labels() == {"g1": "yes", "g2": "yes", "g3": "no"}
    assert told.left_out["its number was used for another answer"] == 1
    assert told.answers == 3
    assert told.left_out["its galaxy is not in the collection"] == 1
    assert told.left_out["its value is not an answer of the question"] == 1
    assert told.left_out["it has no task 'T0'"] == 1
    assert told.left_out["not readable"] == 2
    assert told.first["its galaxy is not in the collection"] == "4"
    assert (told.values, told.tasks) == (["Spiral"], ["T9", "T1"])
    assert session.team.votes()["g2"] == {"zooniverse:not-logged-in-ab12": "yes"}


def test_a_file_of_which_nothing_can_be_used_is_refused_with_what_would_help(session, tmp_path):
    file = tmp_path / "site.csv"
    write(file, [row(k, {"id": f"g{k}"}, ("A ring", "Nothing")[k % 2], task="T1") for k in range(40)])
    with pytest.raises(CatalogueError, match=r"40 because it has no task 'T0'.*tasks are T9, T1: .*--task"):
        import_classifications(session, file)
    with pytest.raises(CatalogueError, match=r"'A ring', 'Nothing': .*--answer 'A ring=ANSWER'"):
        import_classifications(session, file, task="T1")
    write(file, [row(k, {"id": f"g{k}"}, f"{'v' * 900}{k}") for k in range(40)])
    with pytest.raises(CatalogueError) as caught:  # a hostile file makes no long line
        import_classifications(session, file)
    assert len(str(caught.value)) < 800
    assert session.labels() == {}


def test_what_is_no_such_file_is_refused(session, tmp_path):
    file = tmp_path / "f.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(CatalogueError, match="classification_id"):
        import_classifications(session, file)
    with pytest.raises(CatalogueError, match="cannot be read"):
        import_classifications(session, tmp_path / "none.csv")
    file.write_bytes(b'classification_id,annotations,subject_data\n1,"' + b"x" * 1_100_000 + b'",{}\n')
    with pytest.raises(CatalogueError, match="CSV"):
        import_classifications(session, file)
    with pytest.raises(UnknownNameError):
        import_classifications(session, file, answers={"a": "perhaps"})


def test_nothing_and_unknown_kinds_are_refused(session, tmp_path):
    with pytest.raises(UsageError, match="nothing to write"):
        export_answers(session, tmp_path / "e.csv")
    with pytest.raises(UnknownNameError):
        export_answers(session, tmp_path / "e.csv", kind="everything")


def test_the_commands(team, collection, tmp_path, monkeypatch, capsys):
    from tuningfork import labelling
    from tuningfork.cli import main

    monkeypatch.setattr(labelling, "open_session", lambda path, name, **how: open_session(collection, name))
    out = tmp_path / "z.csv"
    assert (
        main(
            ["answers", "export", "galaxies", "--session", "hunt", "--kind", "zooniverse", "--out", str(out)]
        )
        == 0
    )
    create_session(collection, name="second", question="Is it rare?").close()
    assert main(["answers", "import", "galaxies", str(out), "--session", "second", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["answers"] == 20
    assert main(["answers", "agreement", "galaxies", "--session", "second", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["agreement"]["people"] == 7
    assert set(told["disputed"]) == {"g1", "g2", "g3"}
    assert main(["answers", "agreement", "galaxies", "--session", "second"]) == 0
    assert "alpha" in capsys.readouterr().out
    assert main(["answers", "import", "galaxies", str(out), "--session", "second", "--answer", "yes"]) == 2
