"""The Start screen over HTTP: galleries, ids, nearest ones, new sessions."""

import base64
from pathlib import Path

import pytest

from tests.web.conftest import BASE, OWN
from tests.web.fakes import FakeCollection, FakeLibrary
from tuningfork.errors import UnknownNameError
from tuningfork.web import create_app
from tuningfork.web.identifiers import Identifiers


@pytest.fixture
def library():
    return FakeLibrary()


@pytest.fixture
def app(library):
    return create_app(FakeCollection(), port=8701, token="once", library=library)


def _post(client, path, **body):
    return client.post(f"/api{path}", base_url=BASE, headers=OWN, json=body)


def test_without_a_session_the_page_begins_at_start(client):
    state = client.get("/api/state", base_url=BASE).json
    assert state["session"] is None
    place = state["collection"].pop("place")
    assert state["collection"] == {"name": "made galaxies", "galaxies": 60, "bands": ["b", "g", "r"]}
    assert place == Identifiers(FakeCollection(), str(Path("made").resolve())).place
    assert place != Identifiers(FakeCollection(), "elsewhere").place
    assert "greedy" in state["strategies"]
    assert "logistic" in state["heads"]


def test_the_gallery_is_shuffled_and_repeatable(client):
    first = client.get("/api/gallery?draw=1&n=24", base_url=BASE).json["galaxies"]
    assert len(set(first)) == 24
    assert first == client.get("/api/gallery?draw=1&n=24", base_url=BASE).json["galaxies"]
    assert first != client.get("/api/gallery?draw=2&n=24", base_url=BASE).json["galaxies"]
    assert first != sorted(first)


@pytest.mark.parametrize("query", ["n=0", "n=-5", "n=999999", "n=x", "draw=x", "draw=-1", ""])
def test_gallery_sizes_are_bounded(client, query):
    assert 1 <= len(client.get(f"/api/gallery?{query}", base_url=BASE).json["galaxies"]) <= 100


def test_ids_are_suggested_by_beginning_then_by_part(client):
    def names(text):
        return [
            i["name"] for i in client.get("/api/ids", query_string={"like": text}, base_url=BASE).json["ids"]
        ]

    assert names("galaxy-000")[:2] == ["galaxy-0000", "galaxy-0001"]
    assert names("0017") == ["galaxy-0017"]
    assert names("") == []
    assert names("nothing like it") == []
    assert len(names("galaxy")) == 8


def test_nearest_ones_are_shown_for_examples(client):
    galaxy = client.get("/api/gallery?n=1", base_url=BASE).json["galaxies"][0]
    reply = _post(client, "/nearest", examples=[{"galaxy": galaxy}], n=24)
    assert len(reply.json["galaxies"]) == 24


def test_a_session_is_made_with_its_examples(client, library):
    galaxies = client.get("/api/gallery?n=3", base_url=BASE).json["galaxies"]
    reply = _post(
        client, "/sessions", name="Merger!", question="", examples=[{"galaxy": g} for g in galaxies]
    )
    assert reply.json == {"session": "merger"}
    made = library.made["merger"]
    assert made.question.text == "Is it a Merger!?"
    assert len(made.examples) == 3
    again = _post(client, "/sessions", name="merger", question="", examples=[{"galaxy": galaxies[0]}])
    assert again.json == {"session": "merger-2"}
    told = client.get("/api/state", base_url=BASE).json["sessions"]
    assert [s["name"] for s in told] == ["merger", "merger-2"]
    assert told[0]["question"] == "Is it a Merger!?"


def test_hostile_names_become_plain_session_names(client, library):
    galaxy = client.get("/api/gallery?n=1", base_url=BASE).json["galaxies"][0]
    for name in ("../../etc/passwd", "<script>alert(1)</script>", "...", "日本", "con\x00\r\nSet-Cookie: x"):
        made = _post(client, "/sessions", name=name, question=name, examples=[{"galaxy": galaxy}]).json[
            "session"
        ]
        assert made.replace("-", "").isalnum()
        assert made.isascii()


@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "question": "x", "examples": [{"galaxy": "0" * 24}]},
        {"name": "x", "question": "x", "examples": []},
        {"name": "x", "question": "x", "examples": [{}]},
        {"name": "x", "question": "x", "examples": ["a"]},
        {"name": "x", "question": "x" * 600, "examples": []},
        {"name": "x", "question": "x", "examples": [{"galaxy": "0" * 24}] * 6},
        {"question": "x"},
    ],
)
def test_incomplete_questions_are_refused(client, library, body):
    assert _post(client, "/sessions", **body).status_code == 400
    assert not library.made


TREE = """kind = "tree"
looking_for = ["bar.yes"]
[[question]]
name = "bar"
text = "A bar?"
answers = ["yes", "no"]
"""


def _file(text, **more):
    data = base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()
    return {"kind": "file", "name": "../../mine.toml", "file": data, **more}


def test_a_question_with_steps_needs_no_examples(client, library):
    asks = {"kind": "tree", "tree": "gz-decals", "looking_for": ["bar.strong", "bar.weak"]}
    read = _post(client, "/questions", asks=asks).json
    assert read["answers"] == ["bar: strong or bar: weak", "not bar: strong or bar: weak"]
    assert read["form"]["looking_for"] == ["bar.strong", "bar.weak"]
    assert _post(client, "/sessions", name="bars", question="", examples=[], asks=asks).status_code == 200
    assert library.made["bars"].question.form.kind == "tree"
    assert library.made["bars"].examples == []
    galaxy = client.get("/api/gallery?n=1", base_url=BASE).json["galaxies"][0]
    typed = {"kind": "multi-label", "answers": ["Ring", "棒"], "finds": [1, 0]}
    some = [{"galaxy": galaxy}]
    _post(client, "/sessions", name="typed", question="What has it?", examples=some, asks=typed)
    made = library.made["typed"]
    assert made.question.form.looking_for == ("answer.answer-2", "answer.ring")
    assert len(made.examples) == 1
    _post(client, "/sessions", name="own", question="", examples=[], asks=_file(TREE))
    assert library.made["own"].question.answers == ("yes", "not yes")


@pytest.mark.parametrize(
    ("asks", "words"),
    [
        ("gz2", "not a JSON object"),
        ({"kind": "yes-no"}, "one of"),
        ({"kind": "tree", "tree": "../../../etc/passwd"}, "one of"),
        ({"kind": "tree", "tree": "gz2", "looking_for": ["nothing.there"]}, "nothing.there"),
        ({"kind": "tree", "tree": "gz2", "looking_for": ["x"] * 300}, "at most"),
        ({"kind": "file", "name": "a.toml", "file": "no base64!"}, "did not arrive whole"),
        (_file(TREE + "[["), "not a valid TOML file"),
        (_file(b"\xff\xfe"), "not a valid TOML file"),
        (_file("x = " + "[" * 5000), "not a valid TOML file"),
        (_file("x = 1" + "0" * 9000), "not a valid TOML file"),
        (_file("kind = " + ("[\n{" + "a." * 190 + "a = ") * 10 + "1" + "}]" * 10), "nested too deeply"),
        (_file("kind." + "a." * 190 + "a = 1"), "unknown kind of question"),
        (_file("a." * 100_000 + "a = 1"), "a line of a question file"),
        (_file("a." * 8_000 + "a = 1\n"), "at most 200 dots"),  # sixteen such lines held the server for 40 s
        (_file("#" * 40 + "\n" + "#\n" * 131_100), "at most 256 KiB"),
        (_file(TREE.replace("bar.yes", "bar.sure")), "bar.sure"),
        (_file('kind = "tree"\nfile = "/etc/passwd"'), "file"),
        ({"kind": "multi-class", "answers": ["one"], "finds": [0]}, "two answers"),
        ({"kind": "multi-class", "answers": ["one", "One"], "finds": [0]}, "twice"),
        ({"kind": "multi-class", "answers": ["one", "maybe"], "finds": [0]}, "'maybe' cannot be"),
        ({"kind": "multi-class", "answers": ["one", "two"], "finds": []}, "which of the answers"),
        ({"kind": "multi-class", "answers": ["one", "two"], "finds": [7]}, "looked for"),
        ({"kind": "multi-class", "answers": ["one", 2], "finds": [0]}, "answer"),
        (
            {"kind": "multi-class", "answers": ["one", "two"], "finds": [0], "keys": ["s"]},
            "taken by the page",
        ),
        (
            {"kind": "multi-class", "answers": ["one", "two"], "finds": [0], "keys": ["q", "Q"]},
            "have the key",
        ),
        (
            {"kind": "multi-class", "answers": ["one", "two"], "finds": [0], "keys": ["qq", ""]},
            "a key is one",
        ),
        ({"kind": "multi-class", "answers": ["one", "two"], "finds": [0], "keys": [3]}, "key"),
        ({"kind": "multi-label", "answers": ["x"] * 16, "finds": [0]}, "at most"),
    ],
)
def test_hostile_questions_are_refused_in_one_line(client, library, asks, words):
    for path in ("/questions", "/sessions"):
        reply = _post(client, path, name="x", question="What is it?", examples=[], asks=asks)
        assert reply.status_code in (400, 404), reply.text
        assert words in reply.json["error"]
        assert "\n" not in reply.json["error"]
        assert len(reply.json["error"]) < 800
    assert not library.made


def test_unknown_examples_are_refused(client, library):
    assert (
        _post(client, "/sessions", name="x", question="x", examples=[{"galaxy": "0" * 24}]).status_code == 422
    )
    assert _post(client, "/nearest", examples=[{"picture": "nope"}]).status_code == 422
    assert not library.made


def test_vectors_are_chosen_from_those_that_are_there(client):
    state = client.get("/api/state", base_url=BASE).json
    assert [one["key"] for one in state["vectors"]] == ["made-00000000", "other-11111111"]
    assert state["chosen"] == ["made-00000000"]
    galaxy = client.get("/api/gallery?n=1", base_url=BASE).json["galaxies"][0]
    asked = {"name": "x", "question": "x", "examples": [{"galaxy": galaxy}]}
    made = _post(client, "/sessions", **asked, vectors=["other-11111111"])
    described = client.get(f"/api/sessions/{made.json['session']}", base_url=BASE).json
    assert described["vectors"] == ["other-11111111"]
    settings = f"/sessions/{made.json['session']}/settings"
    both = _post(client, settings, vectors=["other-11111111", "made-00000000"])
    assert both.json["vectors"] == ["other-11111111", "made-00000000"]
    for strange in (["nobody"], ["../x"], [7], "made-00000000", ["made-00000000"] * 3):
        assert _post(client, settings, vectors=strange).status_code in (400, 404)
    assert _post(client, settings, vectors=[]).json["vectors"] == both.json["vectors"]


def test_an_id_that_is_not_there_is_answered_as_the_command_line_does():
    collection = FakeCollection(["my galaxy 08 (1)", "my galaxy 09", "other"])
    client = create_app(collection, port=8701, token="once", library=FakeLibrary()).test_client()
    client.get("/enter?token=once", base_url=BASE)

    def names(text):
        reply = client.get("/api/ids", query_string={"like": text}, base_url=BASE)
        return [one["name"] for one in reply.json["ids"]]

    typed = "my galaxy 08 (1).png"
    with pytest.raises(UnknownNameError) as told:
        collection.rows_of([typed])
    assert names(typed) == told.value.near == ["my galaxy 08 (1)", "my galaxy 09"]
    assert names("my galaxy") == ["my galaxy 08 (1)", "my galaxy 09"]
    assert names("?????") == []
