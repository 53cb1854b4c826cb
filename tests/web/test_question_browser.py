"""A question of any kind is begun on the page: by keyboard alone, and refused where it is wrong."""

import pytest

from tests.web.browser import CALM, open_page, served, settled
from tests.web.fakes import FakeCollection, FakeLibrary
from tests.web.test_display_browser import _press, _violations
from tuningfork.labelling.questions.votes import votes_table

pytestmark = pytest.mark.browser
TREE = """kind = "tree"
looking_for = ["bar.strong"]
[[question]]
name = "disk"
text = "Is there a disk?"
answers = ["face-on", "inclined", "none"]
[[question]]
name = "bar"
text = "Is there a bar?"
parents = ["disk.face-on", "disk.inclined"]
answers = [{ name = "strong", text = "Strong bar", key = "q" }, "weak", "no"]
"""


@pytest.fixture
def start(browser):
    """The Start screen, and the library that makes its sessions."""
    library = FakeLibrary()
    with served(FakeCollection(n=80), library=library) as (_, link):
        page = open_page(browser, link(), bypass_csp=True)
        page.locator(".pick img").first.wait_for()
        yield page, library
        errors = [
            text for text in page.errors if "40" not in text
        ]  # what the server refused is in the console
        page.context.close()
    assert not errors


def _choose(page, kind):
    """Choose the kind of question as the keyboard does: by the first letters of its words."""
    page.locator("#question-kind").focus()
    page.keyboard.type(kind)
    page.wait_for_timeout(150)


def _begin(page):
    page.get_by_role("button", name="Start looking").focus()
    page.keyboard.press("Enter")
    page.locator(".tile img").nth(5).wait_for()
    page.wait_for_timeout(2 * CALM)


def test_a_galaxy_zoo_tree_is_begun_by_keyboard_and_votes_are_counted(start):
    page, library = start
    _choose(page, "A Galaxy")
    page.locator("#question-tree").focus()
    page.keyboard.type("Galaxy Zoo 2")
    page.locator(".question-told", has_text="11 questions").wait_for()
    assert page.locator("#class-name").input_value() == "gz2"
    assert _violations(page) == []
    page.locator(".question-told summary").focus()
    page.keyboard.press("Enter")
    box = page.get_by_role("checkbox", name="Ring", exact=True)
    box.focus()
    page.keyboard.press("Space")
    page.locator(".question-told summary", has_text="found").wait_for()  # a name of both is too long
    assert _violations(page) == []
    _begin(page)
    session = library.made["gz2"]
    assert {"t08_odd_feature.a19_ring", "t08_odd_feature.a24_merger"} == set(
        session.question.form.looking_for
    )
    assert "smooth and rounded" in page.locator(".ask strong").text_content()
    _press(page, "3")  # a star: the tree ends there
    _press(page, "1", "1", "2")  # smooth, round, nothing odd: two parents lead to the last one
    settled(page)
    table = votes_table(session).to_pylist()
    assert [row["t01_smooth_or_features"] for row in table] == ["a03_star_or_artifact", "a01_smooth"]
    assert [row["t06_odd_a15_no_count"] for row in table] == [0, 1]


def test_what_is_wrong_with_an_id_is_seen_beside_the_button_that_begins(start):
    page, _ = start
    page.set_viewport_size({"width": 1280, "height": 640})
    page.get_by_label("By id").fill("no such")
    page.get_by_role("button", name="Add").click()
    problem = page.locator(".start-go .problem", has_text="no such")
    problem.wait_for()
    for seen in (problem, page.get_by_role("button", name="Start looking")):
        box = seen.bounding_box()
        assert box["y"] + box["height"] <= 640


def test_typed_answers_make_a_question_by_keyboard(start):
    page, library = start
    _choose(page, "One of")
    page.locator("#class-name").fill("kinds")
    page.keyboard.press("Tab")
    page.keyboard.type("What is it?")
    page.get_by_label("Answer 1", exact=True).focus()
    for words in ("Spiral", "Edge-on disk", "Ring"):
        page.keyboard.type(words)
        page.keyboard.press("Enter")
    page.get_by_label("Answer 2 is a find").focus()
    page.keyboard.press("Space")
    assert _violations(page) == []
    _begin(page)
    question = library.made["kinds"].question
    assert question.answers == ("edge-on-disk", "spiral", "ring")
    assert page.locator(".ask .answer").all_text_contents() == ["1Spiral", "2Edge-on disk", "3Ring"]
    _press(page, "3", "2")
    settled(page)
    assert list(library.made["kinds"].labels().values()) == ["ring", "edge-on-disk"]


def test_each_typed_answer_may_have_a_key_of_its_own(start):
    page, library = start
    problem = page.locator("#question-problem")
    page.get_by_label("no", exact=True).press("F")  # yes has it: F and J are the usual ones
    page.locator("#class-name").fill("ring")
    page.locator(".pick img").first.click()
    page.get_by_role("button", name="Start looking").press("Enter")
    problem.filter(has_text="F is the key of “yes” already").wait_for()
    _choose(page, "One of")
    page.locator("#class-name").fill("kinds")
    page.locator("#question").fill("What is it?")
    for place, words in enumerate(("Spiral", "Smooth")):
        page.get_by_label(f"Answer {place + 1}", exact=True).fill(words)
    first, second = (page.get_by_label(f"Key for answer {place}") for place in (1, 2))
    assert [key.get_attribute("placeholder") for key in (first, second)] == ["1", "2"]
    first.press("r")
    page.get_by_role("button", name="Start looking").press("Enter")
    problem.filter(has_text="R is a key of the page (what to look at again)").wait_for()
    assert first.evaluate("field => [field === document.activeElement, field.ariaInvalid]") == [True, "true"]
    assert not library.made
    press = """(field, of) => field.dispatchEvent(
        new KeyboardEvent("keydown", {bubbles: true, cancelable: true, ...of}))"""
    second.evaluate(press, {"key": "@", "code": "KeyQ", "modifierAltGraph": True})
    assert second.input_value() == ""  # elsewhere AltGr is Ctrl and Alt, and those are not ours
    second.evaluate(press, {"key": "й", "code": "KeyQ"})  # another alphabet: the key, not the letter
    first.evaluate(press, {"key": "é", "code": "Digit2"})  # where digits want Shift
    assert (first.input_value(), second.input_value()) == ("2", "q")
    _begin(page)
    assert page.locator(".ask .answer").all_text_contents() == ["2Spiral", "QSmooth"]
    page.keyboard.press("?")
    assert page.locator(".card-group").first.inner_text().split() == [
        "This",
        "question",
        "2",
        "Spiral",
        "Q",
        "Smooth",
    ]
    page.keyboard.press("Escape")
    page.wait_for_timeout(3 * CALM)  # just after a picture came the page takes no key
    page.keyboard.down("q")
    for _ in range(5):  # held down: as a keyboard repeats it
        page.wait_for_timeout(CALM)
        page.keyboard.down("q")
    page.keyboard.up("q")
    _press(page, "2")
    settled(page)
    assert list(library.made["kinds"].labels().values()) == ["smooth", "spiral"]
    page.get_by_role("button", name="Settings").press("Enter")
    page.get_by_text("Keys", exact=True).press("Enter")
    page.get_by_role("button", name="Key for what to look at again").press("Enter")
    page.keyboard.press("q")
    page.locator(".setting", has_text="Q answers this question (Smooth)").wait_for()


def test_several_typed_answers_may_hold_together(start):
    page, library = start
    _choose(page, "Several")
    page.locator("#class-name").fill("marks")
    page.locator("#question").fill("What has it?")
    for place, words in enumerate(("Ring", "Bar")):
        page.get_by_label(f"Answer {place + 1}", exact=True).fill(words)
    page.get_by_label("Answer 2 is a find").check()
    _begin(page)
    assert library.made["marks"].question.form.looking_for == ("answer.ring", "answer.bar")
    _press(page, "1", "2", "Enter")
    settled(page)
    assert [event["path"] for event in library.made["marks"].events] == ["answer.ring answer.bar"]


def test_a_file_that_is_wrong_is_refused_at_its_field_and_mended(start, tmp_path):
    page, library = start
    files = {
        "wrong.toml": TREE.replace('"disk.inclined"', '"disk.inclnd"'),
        "<img src=x onerror=alert(1)>.toml": "kind = [",
        "large.toml": "#" * 300_000,
        "bars.toml": TREE,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    for (name, _), words in zip(files.items(), ("did you mean", "not a valid TOML", "256 KiB"), strict=False):
        page.locator("#question-file").set_input_files(str(tmp_path / name))
        page.locator("#question-problem", has_text=words).wait_for()
        assert name in page.locator("#question-problem").text_content()
        assert page.evaluate("document.activeElement.id") == "question-file"
        assert page.locator("#question-file").get_attribute("aria-invalid") == "true"
        assert _violations(page) == []
        page.get_by_role("button", name="Start looking").click()
        page.wait_for_timeout(CALM)
        told = page.locator("#question-problem").text_content()  # again, to who presses on
        assert words.lower() in told.lower()
        assert not library.made
    unreadable = """() => { const data = new DataTransfer(), file = new File(["x"], "gone.toml")
        window.before = FileReader.prototype.readAsDataURL
        FileReader.prototype.readAsDataURL = function () { this.onerror() }
        data.items.add(file); return data }"""
    page.dispatch_event("body", "drop", {"dataTransfer": page.evaluate_handle(unreadable)})
    page.locator("#question-problem", has_text="gone.toml cannot be read").wait_for()
    page.evaluate("() => { FileReader.prototype.readAsDataURL = window.before }")
    data = page.evaluate_handle(
        """text => { const data = new DataTransfer()
           data.items.add(new File([text], "bars.toml")); return data }""",
        TREE,
    )
    page.dispatch_event("body", "drop", {"dataTransfer": data})  # anywhere on the page
    page.locator(".question-told", has_text="2 questions").wait_for()
    assert page.locator("#question-problem").text_content() == ""
    assert page.locator("#class-name").input_value() == "bars"
    _begin(page)
    _press(page, "2", "q")
    settled(page)
    (event,) = library.made["bars"].events
    assert (event["answer"], event["path"]) == ("bar: strong", "disk.inclined bar.strong")


@pytest.mark.parametrize("width", [800, 390])
def test_no_kind_of_question_needs_sideways_scrolling(start, width):
    page, _ = start
    page.set_viewport_size({"width": width, "height": 844})
    for kind in ("multi-class", "multi-label", "tree", "file"):
        page.locator("#question-kind").select_option(kind)
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), kind
        assert _violations(page) == []
