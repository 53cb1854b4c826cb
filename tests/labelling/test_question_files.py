"""Questions from files: what is refused and how, the shipped trees, and what a path becomes."""

import tomllib

import pytest

from tuningfork.config import from_table, to_table, to_toml
from tuningfork.errors import TuningforkError, UnknownNameError, UsageError
from tuningfork.labelling import Question
from tuningfork.labelling.questions.reading import read_question, shipped_questions

TREE = """
kind = "tree"
looking_for = ["bar.strong"]

[[question]]
name = "bar"
text = "Is there a bar?"
parents = ["disk.face-on", "disk.inclined"]
answers = [{ name = "strong", key = "q" }, "weak", "no"]

[[question]]
name = "disk"
text = "Is there a disk?"
answers = ["face-on", "inclined", "none"]

[[question]]
name = "odd"
text = "Anything odd?"
several = true
answers = ["ring", "dust-lane"]
"""


def _read(tmp_path, text, **options):
    file = tmp_path / "question.toml"
    file.write_text(text)
    return read_question(file, **options)


def test_a_step_with_several_parents_waits_for_any_of_them(tmp_path):
    question = _read(tmp_path, TREE)
    assert [step.name for step in question.form.steps] == ["disk", "bar", "odd"]
    assert question.answers == ("bar: strong", "not bar: strong")
    found = question.read("odd.ring odd.dust-lane bar.strong disk.inclined")
    assert found == ("bar: strong", "disk.inclined bar.strong odd.ring odd.dust-lane")
    assert question.read("disk.none odd.none") == ("not bar: strong", "disk.none odd.none")
    assert question.read("junk") == ("junk", "")
    assert question.target("bar: strong") == 1


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("disk.none", "'odd' has no answer"),
        ("disk.none bar.no odd.none", "'bar' would not have been asked"),
        ("disk.none disk.face-on odd.none", "'disk' was answered twice"),
        ("disk.none odd.none odd.ring", "'odd' was answered twice"),
        ("disk.nome odd.none", "Did you mean disk.none"),
        ("", "unknown answer|has no answer"),
    ],
)
def test_a_path_that_the_tree_does_not_have_is_refused(tmp_path, path, fault):
    with pytest.raises(UsageError, match=fault):
        _read(tmp_path, TREE).read(path)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"disk.face-on", "disk.inclined"', '"disk.faceon"', "parent of 'bar'.*disk.face-on"),
        ('text = "Is there a disk?"', 'text = "?"\nparents = ["bar.no"]', "bar -> disk -> bar"),
        ('key = "q" }, "weak"', 'key = "q" }, { name = "weak", key = "Q" }', "two answers have the key 'q'"),
        ('key = "q"', 'key = "z"', "the key 'z' is taken by the page"),
        ('key = "q"', 'key = "Enter"', "one letter, digit or sign"),
        ('name = "odd"', 'name = "disk"', "two questions are called 'disk'"),
        ('"weak", "no"', '"weak", "weak"', "'weak' is there twice"),
        ('"weak", "no"', '"weak", "junk"', "'junk' cannot be an answer"),
        ('"ring", "dust-lane"', '"ring", "none"', "'none' cannot be an answer"),
        ('["bar.strong"]', '["bar.stronk"]', "'looking_for'.*bar.strong"),
        ('looking_for = ["bar.strong"]', "", "what is looked for"),
        ('kind = "tree"', 'kind = "forest"', "kind of question"),
        ('kind = "tree"', 'kind = "multi-class"', "one \\[\\[question\\]\\]"),
        ("several = true", 'sevral = "x"', "several"),
        ('name = "odd"', 'name = "../odd"', "cannot be the name"),
        ('text = "Anything odd?"', 'text = ""', "'text' must be"),
        ('["face-on", "inclined", "none"]', "3", "'answers' must be a list"),
        ("[[question]]", "[[question", "not a valid TOML file"),
    ],
)
def test_every_fault_is_one_line_with_the_file(tmp_path, old, new, fault):
    assert old in TREE
    with pytest.raises(TuningforkError, match=fault) as error:
        _read(tmp_path, TREE.replace(old, new))
    assert "\n" not in str(error.value)
    assert "question.toml" in str(error.value)


def test_several_classes_and_several_labels(tmp_path):
    classes = 'kind = "multi-class"\nlooking_for = ["kind.ring"]\n[[question]]\nname = "kind"\n'
    classes += 'text = "What is it?"\nanswers = ["round", "ring", "edge-on"]\n'
    question = _read(tmp_path, classes)
    assert question.answers == ("ring", "round", "edge-on")
    assert question.read("kind.round") == ("round", "")
    labels = _read(tmp_path, classes.replace("multi-class", "multi-label"))
    assert labels.answers == ("ring", "not ring")
    assert labels.read("kind.edge-on kind.ring") == ("ring", "kind.ring kind.edge-on")
    assert labels.read("kind.none") == ("not ring", "kind.none")


def test_the_shipped_trees_walk_to_an_end_and_survive_session_toml():
    assert shipped_questions() == ["gz-candels", "gz-decals", "gz-hubble", "gz2"]
    for name in shipped_questions():
        question = read_question(name)
        for turn in range(8):  # always the first answer, always the second, ...
            path: list[str] = []
            for step in question.form.steps:
                if not step.parents or set(path) & set(step.parents):
                    path.append(step.tokens[turn % len(step.tokens)])
            assert question.read(" ".join(reversed(path)))[1] == " ".join(path)
        assert from_table(Question, tomllib.loads(to_toml(to_table(question)))) == question
        first = question.form.steps[0]
        artifact = question.read(first.tokens[2])
        assert artifact == (question.answers[1], first.tokens[2])  # ends the walk in all four


def test_what_is_looked_for_can_be_said_at_the_call():
    question = read_question("gz-decals", looking_for=["bar.strong", "bar.weak"])
    assert question.positive == "bar: strong or bar: weak"
    with pytest.raises(UnknownNameError, match="gz-decals"):
        read_question("gz-decal")


def test_votes_and_the_table_count_what_people_said_of_each_step(tmp_path, collection):
    from tuningfork.labelling import create_session
    from tuningfork.labelling.export import session_table
    from tuningfork.labelling.questions.votes import votes_table

    session = create_session(collection, name="tree", question=_read(tmp_path, TREE), annotator="ada")
    said = {
        "ada": "disk.inclined bar.strong odd.ring odd.dust-lane",
        "bob": "disk.face-on bar.strong odd.ring",
        "cy": "disk.none odd.none",
    }
    for person, path in said.items():
        ack = session.answer("g3", path, client_id=person, client_seq=0, annotator=person)
        again = session.answer("g3", path, client_id=person, client_seq=0, annotator=person)
        assert (ack.duplicate, again.duplicate) == (False, True)
    session.answer("g4", "junk", client_id="ada", client_seq=1)
    with pytest.raises(UsageError, match="has no answer"):
        session.answer("g5", "disk.none", client_id="ada", client_seq=2)
    row = votes_table(session).to_pylist()[0]
    told = {key: value for key, value in row.items() if value}
    assert told == {
        **{"id": "g3", "people": 3, "disk_count": 3, "disk_face-on_count": 1, "disk_inclined_count": 1},
        **{"disk_none_count": 1, "bar": "strong", "bar_count": 2, "bar_strong_count": 2, "odd": "ring"},
        **{"odd_count": 3, "odd_ring_count": 2, "odd_dust-lane_count": 1, "odd_none_count": 1},
    }
    rows = {r["id"]: r for r in session_table(session).to_pylist()}
    assert (rows["g3"]["label"], rows["g3"]["disk"], rows["g3"]["bar"]) == (
        "bar: strong",
        "face-on",
        "strong",
    )
    assert (rows["g4"]["label"], rows["g4"]["disk"]) == ("junk", None)
    assert session.log.current()["g3"].shown["path"] == "disk.face-on bar.strong odd.ring"
    session.undo(client_id="bob", client_seq=1, annotator="bob")
    session.undo(client_id="ada", client_seq=2, annotator="ada")  # the junk
    session.undo(client_id="ada", client_seq=3, annotator="ada")
    assert session.labels() == {"g3": "not bar: strong"}
