"""Axe on every screen, zoom, reduced motion, and names for what can be pressed."""

import pytest

from tests.web.browser import open_page, served
from tests.web.fakes import FakeCollection, FakeLibrary, FakeSession, grid_places
from tuningfork.labelling.questions.reading import read_question
from tuningfork.labelling.review import Review

pytestmark = pytest.mark.browser
# Every screen in light and in dark, wide and narrow. SESSION: grid, focus (Stream), similar, compare, key
# card, settings, exports (Progress), estimates with What comes, history, review, team, Start, invitation,
# closed door. ASKED: a tree's strip, the map, Start's question form of every kind. Report and passport stand
# in tests/tasks/reporting/test_pages_in_browser.py, the supplement in tests/labelling/test_report_page.py.
SESSION = [(1280, 800, "light"), (700, 900, "dark"), (390, 844, "light")]
ASKED = [(1280, 800, "dark"), (390, 844, "light")]


@pytest.fixture
def links():
    library = FakeLibrary()
    collection = FakeCollection(n=80)
    session = FakeSession(collection)
    library.made["made"] = session
    session.to_review = Review(maybes=["galaxy-0002", "galaxy-0005"], rejects=["galaxy-0001"])
    with served(session, library=library) as (_, link):
        yield link


def _violations(page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    # the page's own policy forbids foreign scripts, so axe comes in as the browser's, not as the page's
    results = axe.Axe().run(page)
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in results.response["violations"]]


@pytest.mark.parametrize(("width", "height", "scheme"), SESSION)
def test_axe_finds_nothing_on_any_screen_of_a_session(browser, links, width, height, scheme):
    page = open_page(browser, links(), width=width, height=height, bypass_csp=True, color_scheme=scheme)
    page.locator(".tile img").first.wait_for()
    page.wait_for_timeout(300)
    found = {"grid": _violations(page)}
    for key in ("f", "j", "Space", "d", "ArrowRight"):
        page.keyboard.press(key)
    found["answered grid"] = _violations(page)
    page.keyboard.press("n")
    page.locator("dialog").wait_for()
    found["compare"] = _violations(page)
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    page.locator(".board-head", has_text="Similar").wait_for()
    found["similar"] = _violations(page)
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    page.keyboard.press("g")
    page.locator(".one img").wait_for()
    page.wait_for_timeout(300)
    found["stream"] = _violations(page)
    page.keyboard.press("?")
    page.locator("dialog").wait_for()
    found["key card"] = _violations(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Settings").click()
    page.get_by_text("Keys", exact=True).click()
    found["settings"] = _violations(page)
    page.keyboard.press("Escape")
    for key, room in (("p", ".stop"), ("y", ".act")):
        page.keyboard.press(key)
        page.locator(room).first.wait_for()
        page.wait_for_timeout(600)
        found[room] = _violations(page)
    page.keyboard.press("r")
    page.locator(".lists").wait_for()
    page.wait_for_timeout(300)
    found["review"] = _violations(page)
    page.get_by_role("button", name="Team").click()
    page.get_by_role("button", name="Make a link").click()
    page.locator(".people select").wait_for()
    found["team"] = _violations(page)
    page.goto(page.url.split("#")[0] + "#/start")
    page.locator(".pick img").first.wait_for()
    page.locator(".pick button").nth(1).click()
    page.locator(".near-room .pick:not(.ghosts) button").first.wait_for()
    found["start"] = _violations(page)
    page.context.clear_cookies()
    page.goto(page.url.split("#")[0] + "join#made/secret")
    page.locator("#name").wait_for()
    found["invitation"] = _violations(page)
    page.goto(page.url.split("join")[0])
    page.locator(".mishap").wait_for()
    found["closed door"] = _violations(page)
    assert found == {screen: [] for screen in found}
    page.context.close()


@pytest.mark.parametrize(("width", "height", "scheme"), ASKED)
def test_axe_finds_nothing_where_more_is_asked(browser, width, height, scheme):
    library = FakeLibrary(grid_places(80, 10))
    with served(FakeSession(FakeCollection(n=80), question=read_question("gz2")), library=library) as (
        _,
        link,
    ):
        page = open_page(browser, link(), width=width, height=height, bypass_csp=True, color_scheme=scheme)
        page.locator(".tile img").nth(3).wait_for()
        page.wait_for_timeout(300)
        for key in ("1", "ArrowRight", "Shift+Enter"):
            page.keyboard.press(key)
            page.wait_for_timeout(150)
        found = {"all the others": _violations(page)}
        page.keyboard.press("Escape")
        page.reload()
        page.get_by_role("button", name="begin again").wait_for()
        page.wait_for_timeout(300)
        found["a walk that goes on"] = _violations(page)
        page.keyboard.press("m")
        page.locator(".map-canvas").wait_for()
        for key in ("r", *["ArrowRight", "ArrowDown"] * 5, "Enter"):
            page.keyboard.press(key)
        page.locator(".map-chosen strong").wait_for()
        found["map"] = _violations(page)
        page.goto(page.url.split("#")[0] + "#/start")
        page.locator(".pick img").first.wait_for()
        for kind in ("yes-no", "multi-class", "multi-label", "tree", "file"):
            page.locator("#question-kind").select_option(kind)
            page.wait_for_timeout(250)
            found[kind] = _violations(page)
        assert found == {screen: [] for screen in found}
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.context.close()


@pytest.mark.parametrize("hash_", ["", "#/start"])
def test_200_percent_zoom_needs_no_sideways_scrolling(browser, links, hash_):
    page = open_page(browser, links(), width=640, height=400)
    page.goto(page.url.split("#")[0] + hash_)
    page.locator(".tile img, .pick img").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()


def test_targets_are_at_least_24_pixels(browser, links):
    page = open_page(browser, links())
    page.locator(".tile img").first.wait_for()
    small = page.evaluate(
        """[...document.querySelectorAll('button, a, label.check, select')].filter(e => e.offsetParent)
           .map(e => [e.textContent, e.getBoundingClientRect()])
           .filter(([, box]) => box.width < 24 || box.height < 24).map(([text]) => text)"""
    )
    assert small == []
    page.context.close()


def test_reduced_motion_stops_every_transition(browser, links):
    page = open_page(browser, links(), reduced_motion="reduce")
    page.locator(".tile img").first.wait_for()
    durations = "[...document.querySelectorAll('*')].map(e => getComputedStyle(e).transitionDuration)"
    assert set(page.evaluate(durations)) == {"0s"}
    page.context.close()


def test_answers_are_told_by_shape_and_word(browser, links):
    page = open_page(browser, links())
    page.locator(".tile img").first.wait_for()
    page.wait_for_timeout(300)
    for key in ("f", "j", "Space", "d"):
        page.keyboard.press(key)
    assert page.locator(".tile .chip").all_text_contents() == ["✓yes", "✕no", "?maybe", "⊘bad image"]
    labels = [page.locator(".tile").nth(i).get_attribute("aria-label") for i in range(4)]
    assert labels == [
        f"Galaxy {i + 1} of 24, {word}" for i, word in enumerate(["yes", "no", "maybe", "bad image"])
    ]
    page.context.close()
