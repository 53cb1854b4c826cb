"""Walks through a tree outlive a reload and a crash; what is taken back and brought again is exactly that."""

import json

import pytest

from tests.web.browser import CALM, open_page, served, settled
from tests.web.fakes import FakeCollection, FakeLibrary, FakeSession
from tuningfork.labelling import NewAnswer
from tuningfork.labelling.questions.reading import read_question

pytestmark = pytest.mark.browser
TREE = """kind = "tree"
looking_for = ["odd.yes"]
[[question]]
name = "disk"
text = "A disk?"
answers = ["on", "off"]
[[question]]
name = "odd"
text = "Odd?"
parents = ["disk.on", "disk.off"]
answers = ["yes", "fine"]
[[question]]
name = "arms"
text = "Arms?"
parents = ["disk.on"]
answers = ["two", "more"]
"""
KEPT = "Object.entries(localStorage).filter(([key]) => key.startsWith('tuningfork:walks:'))"


@pytest.fixture
def opened(browser, tmp_path):
    """A page that asks a tree, of which the second step ends some walks and not others."""
    (tmp_path / "tree.toml").write_text(TREE)
    session = FakeSession(FakeCollection(n=300), question=read_question(tmp_path / "tree.toml"))
    with served(session, library=FakeLibrary()) as (_, link):
        page = open_page(browser, link())
        _ready(page)
        yield page, session
        errors = page.errors
        page.context.close()
    assert not errors


def _ready(page):
    page.locator(".tile img").nth(23).wait_for()
    page.wait_for_timeout(2 * CALM)


def _press(page, *keys):
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(CALM)


def _reload(page):
    page.reload()
    _ready(page)


def _state(page):
    """What each galaxy of the page says, and for which the next answer is."""
    told = page.locator(".tile").evaluate_all(
        """tiles => tiles.map(t => [t.dataset.galaxy, t.querySelector('.chip')?.textContent ?? '',
           t.classList.contains('meant')])"""
    )
    return {galaxy: (words, meant) for galaxy, words, meant in told}


def _words(page):
    return [words for words, _ in _state(page).values()]


def _mixed(page):
    """Two of 24 are disks; then all are fine, which ends the walks of the other 22 only."""
    _press(page, "1", "ArrowRight", "1", "ArrowRight", "Shift+Enter", "2", "Escape")
    before = _state(page)
    _press(page, "Shift+Enter", "2")
    settled(page)
    return before, _state(page)


def _paths(session):
    return sorted(event["path"] for event in session.events)


def test_redo_of_a_step_that_ended_some_walks_restores_what_was_before_the_undo(opened):
    page, session = opened
    before, after = _mixed(page)
    assert [words for words, _ in before.values()] == [*["on …"] * 2, *["off …"] * 22]
    assert [words for words, _ in after.values()][:3] == ["fine …", "fine …", "●off · fine"]
    assert [meant for _, meant in after.values()] == [True, True, *[False] * 22]
    for _ in range(2):
        _press(page, "z")
        settled(page)
        assert [words for words, _ in _state(page).values()] == [words for words, _ in before.values()]
        assert not session.labels()
        _press(page, "Shift+z")
        settled(page)
        assert _state(page) == after
        assert len(session.labels()) == 22
    _press(page, "1")  # the two that are left are asked on, as they were
    settled(page)
    assert _paths(session)[-2:] == ["disk.on odd.fine arms.two"] * 2


def test_steps_that_are_in_no_log_come_back_too_in_their_order(opened):
    page, session = opened
    states = [_words(page)]
    for keys in (["1"], ["ArrowRight", "Shift+Enter", "2"], ["Escape", "ArrowLeft", "2"]):
        _press(page, *keys)
        states.append(_words(page))
    assert states[-1] == ["fine …", *["off …"] * 23]
    for state in reversed(states[1:-1]):
        _press(page, "z")
        assert _words(page) == state
    for state in states[2:]:
        _press(page, "Shift+z")
        assert _words(page) == state
    assert not session.labels()


@pytest.mark.parametrize("reloaded", ["before the undo", "between"])
def test_after_a_reload_undo_and_redo_know_the_walks_still(opened, reloaded):
    page, session = opened
    before, after = _mixed(page)
    if reloaded == "between":
        _press(page, "z")
        settled(page)
    _reload(page)
    if reloaded == "before the undo":
        _press(page, "z")
        settled(page)
        page.locator(".where-in", has_text="Taken back").wait_for()
        page.wait_for_timeout(3 * CALM)  # its pictures come, and just after them the page takes no key
        _press(page, "Escape")
        page.locator(".where-in", has_text="Taken back").wait_for(state="hidden")
    assert not session.labels()
    now = {galaxy: words for galaxy, (words, _) in _state(page).items() if words}
    told = {galaxy: words for galaxy, (words, _) in before.items()}
    assert now.items() <= told.items()
    assert len(now) == (24 if reloaded == "between" else 2)
    _press(page, "Shift+z")
    settled(page)
    assert len(session.labels()) == 22
    two = [galaxy for galaxy, (words, _) in after.items() if words == "fine …"]
    shown = {galaxy: words for galaxy, (words, _) in _state(page).items()}
    assert [shown[galaxy] for galaxy in two] == ["fine …"] * 2
    if reloaded == "between":
        assert shown == {galaxy: words for galaxy, (words, _) in after.items()}


def test_another_window_comes_in_between_and_both_show_what_the_log_says(opened):
    page, session = opened
    _, after = _mixed(page)
    other = page.context.new_page()
    other.goto(page.url)
    _ready(other)
    _press(other, "1", "1", "1")
    settled(other)
    assert len(session.labels()) == 23
    page.bring_to_front()
    _press(page, "z")  # takes back what was said last, and that was in the other window
    page.locator(".where-in", has_text="Taken back").wait_for()
    settled(page)
    page.wait_for_timeout(3 * CALM)
    _press(page, "Escape")
    assert len(session.labels()) == 22
    shown = {galaxy: words for galaxy, (words, _) in _state(page).items()}
    assert shown == {galaxy: words for galaxy, (words, _) in after.items()}
    _press(page, "z")
    settled(page)
    assert not session.labels()
    assert _words(page) == [*["on …"] * 2, *["off …"] * 22]
    other.bring_to_front()
    _press(other, "Shift+z")
    settled(other)
    assert len(session.labels()) == 22
    page.bring_to_front()
    _press(page, "Shift+z", "Shift+z")  # the second brings back what the other window had said
    settled(page)
    page.wait_for_timeout(3 * CALM)
    assert _words(page)[:3] == ["fine …", "fine …", "●off · fine"]
    assert len(session.labels()) == 23


def test_what_another_person_answered_meanwhile_stays_and_is_named(opened):
    page, session = opened
    _mixed(page)
    _press(page, "z")
    settled(page)
    told = [NewAnswer(f"galaxy-000{i}", answer, i) for i, answer in ((1, "odd: yes"), (4, "odd: yes"))]
    session.log.append(told, client_id="bob", annotator="bob")
    _press(page, "Shift+z")
    page.locator(".remark", has_text="Galaxies 2, 5 went to somebody else meanwhile").wait_for()
    settled(page)
    assert _words(page)[:3] == ["fine …", "on …", "●off · fine"]
    assert [session.labels()[galaxy.galaxy_id] for galaxy in told] == ["odd: yes"] * 2
    assert [meant for _, meant in _state(page).values()][:3] == [True, False, False]


def test_a_walk_goes_on_after_a_reload_or_begins_again(opened):
    page, session = opened
    _press(page, "ArrowRight", "ArrowRight", "1", "2")
    galaxy = page.locator(".tile.here").get_attribute("data-galaxy")
    _reload(page)
    assert page.locator(".tile.here").get_attribute("data-galaxy") == galaxy
    assert page.locator(".ask-where").text_content() == "on · fine · kept from before"
    assert page.locator(".remark").text_content().startswith("One galaxy was under way")
    again = page.get_by_role("button", name="begin again")
    again.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(CALM)
    assert page.locator(".ask-where").text_content() == ""
    assert page.evaluate(f"{KEPT}.length") == 0
    assert again.count() == 0
    _press(page, "1", "2")
    _reload(page)
    _press(page, "1")  # on from there
    settled(page)
    assert _paths(session) == ["disk.on odd.fine arms.two"]
    assert list(session.labels()) == ["galaxy-0002"]
    assert page.evaluate(f"{KEPT}.length") == 0  # answered, and forgotten


def test_a_crash_of_the_tab_loses_no_walk_and_another_window_takes_none(opened):
    page, _ = opened
    _press(page, "1", "2")
    second = page.context.new_page()
    second.goto(page.url)
    _ready(second)
    assert _words(second) == [""] * 24  # the first lives, and goes on with its own
    second.close()
    crashed = page.context.new_page()
    crashed.goto(page.url)
    _ready(crashed)
    _press(crashed, "2")
    with pytest.raises(Exception, match="crash"):
        crashed.goto("chrome://crash")
    third = page.context.new_page()
    third.goto(page.url)
    _ready(third)
    assert _words(third) == ["off …", *[""] * 23]


def test_what_is_kept_is_checked_before_it_is_believed(opened):
    page, session = opened
    _press(page, "1")
    page.wait_for_timeout(CALM)
    ((key, text),) = page.evaluate(KEPT)
    ((good, *_),) = json.loads(text)["walks"]
    page.goto("about:blank")
    walks = [
        ["<img src=x onerror=alert(1)>", ["disk.on"], True],
        [good, ["disk.on", "disk.off"], True],
        [good, ["odd.fine"], True],  # would not have been asked
        [good, ["disk.on", "odd.fine", "arms.two"], True],  # is over
        [good, ["disk.constructor"], True],
        [good, {"length": 3}, True],
        ["0" * 24, ["disk.on"], True],  # no galaxy of this collection
        None,
    ]
    for value in (
        json.dumps({"walks": walks, "done": [{"before": 3}], "undone": {}, "logged": [None]}),
        "[[[",
        "null",
        json.dumps({"walks": "x" * 5000}),
    ):
        page.goto(page.context.pages[0].url) if page.url != "about:blank" else page.go_back()
        _ready(page)
        page.evaluate("([key, value]) => localStorage.setItem(key + 'x', value)", [key, value])
        _reload(page)
        assert [words for words in _words(page) if words] in ([], ["on …"])
        assert not any("onerror" in galaxy for galaxy in _state(page))
    settled(page)
    assert not session.labels()


def test_a_walk_is_forgotten_when_its_galaxy_went_to_somebody_else(opened):
    page, session = opened
    _press(page, "1", "ArrowRight", "1")
    session.log.append([NewAnswer("galaxy-0000", "junk", 0)], client_id="bob", annotator="bob")
    _reload(page)
    assert [words for words in _words(page) if words] == ["on …"]
    assert page.locator(".tile.here").get_attribute("aria-label").startswith("Galaxy 1 of")
    page.wait_for_timeout(CALM)
    assert len(json.loads(page.evaluate(KEPT)[0][1])["walks"]) == 1
