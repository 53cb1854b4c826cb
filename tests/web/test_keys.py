"""No key of the page does two things, question files keep off them, and the manual names them all."""

import re
from pathlib import Path

import tuningfork.web
from tuningfork.labelling.questions.table import _FREE_KEYS, PAGE_KEYS

STATIC = Path(tuningfork.web.__file__).parent / "static"
OWN_OF_YES_AND_NO = {"f", "j"}  # a question with steps has no plain yes and no, so its answers may take these


def _keys():
    text = (STATIC / "keys.js").read_text()
    told = text[text.index("GROUPS = [") : text.index("\n];")]
    return [key for keys in re.findall(r"keys: \[([^\]]*)\]", told) for key in re.findall(r'"([^"]+)"', keys)]


def test_no_key_is_taken_twice():
    keys = _keys()
    assert len(keys) > 30
    assert sorted(set(keys)) == sorted(keys)


def test_answers_of_question_files_keep_off_every_key_of_the_page():
    assert {key for key in _keys() if len(key) == 1} - OWN_OF_YES_AND_NO == PAGE_KEYS


def test_start_foretells_the_keys_that_answers_without_one_get():
    text = (STATIC / "typed.js").read_text()
    assert re.findall(r'FREE = "(\w+)"', text) == [_FREE_KEYS]


def test_the_manual_names_every_key():
    manual = (Path(__file__).parents[2] / "docs" / "page.md").read_text()
    table = manual[manual.index("| key |") :].split("\n\n")[0]
    for key in _keys():
        name = {"Escape": "Esc"}.get(key, key.title() if len(key) > 1 else key.upper())
        assert f"`{name}`" in table or "Arrow" in key, key
