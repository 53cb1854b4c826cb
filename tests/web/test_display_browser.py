"""What one sees and is asked, in a real browser: trees, selections, looks, comparison, colour-blind eyes."""

import re
from collections import Counter

import cv2
import numpy as np
import pytest

from tests.web.browser import CALM, open_page, served, settled
from tests.web.colour_vision import MATRICES, contrast, simulate
from tests.web.fakes import FakeCollection, FakeLibrary, FakeSession
from tuningfork.labelling.questions.reading import read_question, typed_question

pytestmark = pytest.mark.browser
LABELS = 'kind = "multi-label"\nlooking_for = ["sort.ring"]\n[[question]]\nname = "sort"\n'
LABELS += 'text = "What has it?"\nanswers = ["ring", "bar", "dust"]\n'


@pytest.fixture
def opened(browser):
    """A page on a fake session that asks a question."""
    pages, servers = [], []

    def opened(question=None, **context):
        session = FakeSession(FakeCollection(n=80), question=question)
        server = served(session, library=FakeLibrary())
        _, link = server.__enter__()
        servers.append(server)
        page = open_page(browser, link(), **context)
        pages.append(page)
        page.locator(".tile img").nth(5).wait_for()
        page.wait_for_timeout(CALM)
        return page, session

    yield opened
    errors = [error for page in pages for error in page.errors]
    for page, server in zip(pages, servers, strict=True):
        page.context.close()
        server.__exit__(None, None, None)
    assert not errors


def _press(page, *keys):
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(CALM)


def _violations(page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    results = axe.Axe().run(page)
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in results.response["violations"]]


def _roles(page):
    return page.locator(".tile").evaluate_all("tiles => tiles.map(t => t.dataset.role)")


def test_a_tree_is_walked_by_keys_back_and_forth_and_for_the_rest_of_the_page(opened):
    page, session = opened(read_question("gz-decals"))
    _press(page, "2", "2")
    assert "bar" in page.locator(".ask strong").text_content()
    _press(page, "Backspace", "Backspace", "1", "ArrowRight")  # begun, and left for another galaxy
    assert "smooth and rounded" in page.locator(".ask strong").text_content()
    _press(page, "3", "ArrowLeft", "ArrowLeft")
    page.locator(".ask strong", has_text="How rounded").wait_for()  # where it was left
    _press(page, "f", "j")  # no answer of this step
    _press(page, "2", "4")
    settled(page)
    paths = {event["galaxy_id"]: (event["answer"], event["path"]) for event in session.events}
    assert paths == {
        "galaxy-0001": ("not merger", "smooth-or-featured.artifact"),
        "galaxy-0000": ("merger", "smooth-or-featured.smooth how-rounded.in-between merging.merger"),
    }
    assert _roles(page)[:3] == ["yes", "class", ""]
    _press(page, "Shift+Enter", "3")
    settled(page)
    assert len(session.labels()) == 24
    assert page.locator(".board-head", has_text="Page 2").count()
    _press(page, "z")
    settled(page)
    assert len(session.labels()) == 2


def _strip(page):
    return page.locator(".ask-where").text_content(), page.locator(".ask strong").text_content()


def _standing(page):
    """What every tile says: its answer, or how far it is."""
    return page.locator(".tile").evaluate_all(
        "tiles => tiles.map(t => t.querySelector('.chip')?.textContent ?? '')"
    )


def test_all_the_others_get_any_answer_of_several_classes(opened):
    question = typed_question("multi-class", "What is it?", ["Spiral", "Edge-on", "Ring"], looking_for=[2])
    page, session = opened(question, bypass_csp=True)
    _press(page, "3", "ArrowRight", "Shift+Enter")
    assert _strip(page)[0] == "The other 23 of the page"
    assert page.locator(".tile.meant").count() == 23
    assert _violations(page) == []
    _press(page, "2")
    settled(page)
    assert page.locator(".remark").text_content().startswith("23 answered Edge-on")
    assert Counter(session.labels().values()) == {"edge-on": 23, "ring": 1}
    assert page.locator(".board-head", has_text="Page 2").count()
    _press(page, "z")
    settled(page)
    assert list(session.labels().values()) == ["ring"]
    _press(page, "d")  # they are meant still, and a bad image is an answer too
    settled(page)
    assert Counter(session.labels().values()) == {"junk": 23, "ring": 1}
    _press(page, "z", "Escape", "1")
    settled(page)
    assert Counter(session.labels().values()) == {"spiral": 1, "ring": 1}


def test_the_open_question_of_a_tree_is_answered_for_all_that_stand_at_it(opened):
    page, session = opened(read_question("gz-decals"), bypass_csp=True)
    _press(page, "2", "ArrowRight", "1", "ArrowRight")  # one has features, one is smooth
    _press(page, "Shift+Enter")
    assert _strip(page)[0] == "The 22 others of the page at this question"
    _press(page, "1")  # 22 are smooth, and asked on
    assert _strip(page) == ("The 22 others of the page at this question · Smooth", "How rounded is it?")
    assert page.locator(".remark").text_content().startswith("22 answered Smooth")
    assert _standing(page) == ["Features or disk …", *["Smooth …"] * 23]
    assert _violations(page) == []
    _press(page, "z")  # one step for all of them
    assert _standing(page) == ["Features or disk …", "Smooth …", *[""] * 22]
    _press(page, "1", "Escape")
    assert page.locator(".tile.meant").count() == 0
    _press(page, "2", "4")  # one by one again: in between, no merger or the like
    settled(page)
    assert len(session.labels()) == 1
    page.locator(".tile").nth(1).click()
    _press(page, "Shift+Enter", "1", "4")
    settled(page)
    paths = Counter(event["path"] for event in session.events)
    assert sorted(paths.values()) == [1, 22]
    assert _standing(page)[0] == "Features or disk …"
    _press(page, "z")  # their answer; the walks are there again
    settled(page)
    assert len(session.labels()) == 1
    assert _standing(page).count("Round …") == 22
    _press(page, "z")
    assert _standing(page).count("Smooth …") == 22
    assert len(session.labels()) == 1


def test_on_a_narrow_screen_the_answers_stand_above_the_keys(opened):
    page, _ = opened(read_question("gz-decals"), width=390, height=844)
    _press(page, "2", "Shift+Enter")
    foot = page.locator(".foot").bounding_box()
    for box in [answer.bounding_box() for answer in page.locator(".ask .answer").all()]:
        assert box["y"] + box["height"] <= foot["y"]
        assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_paths_that_part_and_meet_again_are_one_answer(opened, tmp_path):
    """Several parents: two ways lead to the last question, and each galaxy keeps its own."""
    (tmp_path / "two.toml").write_text(
        'kind = "tree"\nlooking_for = ["odd.yes"]\n'
        '[[question]]\nname = "disk"\ntext = "A disk?"\nanswers = ["on", "off"]\n'
        '[[question]]\nname = "odd"\ntext = "Odd?"\nparents = ["disk.on", "disk.off"]\n'
        'answers = ["yes", "no"]\n'
    )
    page, session = opened(read_question(tmp_path / "two.toml"))
    _press(page, "1", "ArrowRight", "2", "ArrowRight", "Shift+Enter", "2", "Escape")
    _press(page, "Shift+Enter", "2")
    settled(page)
    paths = [event["path"] for event in session.events]
    assert paths == ["disk.on odd.no", *["disk.off odd.no"] * 23]
    _press(page, "z")
    settled(page)
    assert not session.labels()
    assert _standing(page) == ["on …", *["off …"] * 23]
    _press(page, "Shift+z")
    settled(page)
    assert len(session.labels()) == 24


def test_several_labels_are_toggled_and_none_of_them_is_an_answer(opened, tmp_path):
    (tmp_path / "labels.toml").write_text(LABELS)
    page, session = opened(read_question(tmp_path / "labels.toml"))
    _press(page, "1", "2", "3", "2", "Enter", "Enter")
    _press(page, "Space")
    settled(page)
    assert [event["path"] for event in session.events] == ["sort.ring sort.dust", "sort.none", ""]
    assert [event["answer"] for event in session.events] == ["ring", "not ring", "maybe"]


def test_a_range_by_shift_and_all_the_others_with_one_undo_each(opened):
    page, session = opened()
    page.locator(".tile").nth(2).click()
    page.locator(".tile").nth(8).click(modifiers=["Shift"])
    page.locator(".tile").nth(4).click(modifiers=["Control"])
    assert page.locator(".tile[aria-selected=true]").count() == 6
    _press(page, "f")
    assert [i for i, role in enumerate(_roles(page)) if role == "yes"] == [2, 3, 5, 6, 7, 8]
    page.locator(".tile").nth(12).click()
    _press(page, "Shift+ArrowRight", "Shift+ArrowDown")
    assert page.locator(".tile[aria-selected=true]").count() == 8
    _press(page, "Escape")
    assert page.locator(".tile[aria-selected=true]").count() == 0
    page.locator(".tile").nth(14).click(modifiers=["Control"])  # takes along where one stands
    assert page.locator(".tile[aria-selected=true]").count() == 2
    _press(page, "Escape")
    _press(page, "Enter")
    settled(page)
    assert sorted(session.labels().values()) == ["no"] * 18 + ["yes"] * 6
    _press(page, "z")
    settled(page)
    assert list(session.labels().values()) == ["yes"] * 6
    _press(page, "z")
    settled(page)
    assert not session.labels()


def test_levels_bands_and_inversion_by_key_go_into_the_log(opened):
    page, session = opened()
    _press(page, "e", "w", "w", "Shift+k", "i", "b")
    page.locator(".tile.here img[src$='/linear_k-1_w2_b0_n']").wait_for()
    _press(page, "f", "0")
    page.locator(".tile.here img[src$='/as-is']").wait_for()
    page.keyboard.down("b")
    page.locator(".tile.here .blink-name", has_text="g").wait_for()
    page.keyboard.up("b")
    assert page.locator(".blink").count() == 0
    page.locator(".tile.here img[src$='/as-is']").wait_for()  # holding is not tapping
    settled(page)
    assert session.events[0]["shown"]["stretch"] == "linear_k-1_w2_b0_n"
    page.get_by_role("button", name="Look").click()
    page.get_by_label("Brightness").press("ArrowRight")
    page.locator(".tile.here img[src$='/as-is_w1']").wait_for()
    assert not session.labels().keys() - {"galaxy-0000"}


def test_a_galaxy_is_compared_after_its_answer_only(opened):
    page, _ = opened()
    _press(page, "n")
    page.locator(".remark", has_text="after the answer").wait_for()
    _press(page, "f", "j", "f", "n")
    page.locator("dialog h2", has_text="Compared").wait_for()
    assert page.locator(".compare-groups section").count() == 2
    assert page.locator(".compare-groups .thumb").count() == 2
    _press(page, "Escape")
    assert page.locator("dialog").count() == 0


def test_a_picture_given_to_a_running_session_finds_its_like(opened, tmp_path):
    cv2.imwrite(str(tmp_path / "mine.png"), np.full((50, 60, 3), 128, np.uint8))
    page, session = opened()
    page.on("filechooser", lambda _: None)
    page.wait_for_timeout(500)  # until the browser knows that choosers are ours
    with page.expect_event("filechooser") as chooser:
        page.keyboard.press("Shift+S")
    chooser.value.set_files(tmp_path / "mine.png")
    page.locator(".board-head", has_text="Similar to mine.png").wait_for()
    page.locator(".tile.here img").wait_for()
    page.wait_for_timeout(CALM)
    _press(page, "f")
    settled(page)
    assert session.events[0]["shown"]["stream"] == "similar"
    (tmp_path / "odd.png").write_bytes(b"<svg onload=alert(1)>")
    page.locator(".stage input[type=file]").set_input_files(tmp_path / "odd.png")
    page.locator(".remark", has_text="odd.png").wait_for()
    page.errors.clear()  # the browser's own line about the refused file


def test_the_strip_of_the_sky_copies_and_links_safely(opened):
    page, _ = opened(permissions=["clipboard-read", "clipboard-write"])
    _press(page, "g")
    page.locator(".sky-place", has_text="10:00:00.00 +02:00:00.0").wait_for()
    page.get_by_role("button", name="Copy").click()
    page.locator(".remark", has_text="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "150.00000 +2.00000"
    rels = page.locator(".sky a").evaluate_all("links => links.map(a => `${a.rel} ${a.target}`)")
    assert rels == ["noopener noreferrer _blank"] * 3
    assert page.locator(".scale-words").first.text_content() == "2″"
    page.wait_for_load_state("networkidle")  # a sharper picture may still be on its way: keys wait after it
    page.wait_for_timeout(CALM)
    _press(page, "c")
    page.locator(".sky-place").wait_for(state="detached")
    assert page.locator(".scale-words").count() == 0


@pytest.mark.parametrize("width", [1280, 700])
def test_axe_finds_nothing_on_the_new_screens(opened, width):
    page, _ = opened(read_question("gz2"), width=width, bypass_csp=True)
    page.wait_for_timeout(400)
    _press(page, "1", "2")
    found = {"tree": _violations(page)}
    _press(page, "2", "Shift+ArrowRight", "Shift+Enter")
    found["selection and rest"] = _violations(page)
    _press(page, "Escape")
    page.get_by_role("button", name="Look").click()
    found["look"] = _violations(page)
    _press(page, "Escape", "n")
    page.locator("dialog").wait_for()
    found["compare"] = _violations(page)
    _press(page, "Escape", "g")
    page.locator(".one img").wait_for()
    page.locator(".sky-place").wait_for()
    found["stream with sky"] = _violations(page)
    assert not {screen: v for screen, v in found.items() if v}


def test_answers_stay_apart_for_colour_blind_eyes(opened):
    """By shape and word in any case; and the words can be read on their ground however one sees colours."""
    page, _ = opened()
    _press(page, "f", "j", "Space", "d")
    page.wait_for_timeout(300)
    told = page.locator(".chip").evaluate_all(
        """chips => chips.map(c => ({
          shape: c.firstChild.textContent, word: c.lastChild.textContent,
          ground: getComputedStyle(c).backgroundColor, ink: getComputedStyle(c).color,
          rim: getComputedStyle(c.closest(".tile"), "::after").borderTopStyle,
        }))"""
    )
    assert len({chip["shape"] for chip in told}) == len({chip["word"] for chip in told}) == 4
    assert [chip["rim"] for chip in told[2:]] == ["dashed", "dotted"]
    for kind in MATRICES:
        for chip in told:
            ground, ink = (
                simulate(np.array([int(n) for n in re.findall(r"\d+", chip[part])[:3]], np.uint8), kind)
                for part in ("ground", "ink")
            )
            assert contrast(ground, ink) >= 4.5, (kind, chip["word"])
