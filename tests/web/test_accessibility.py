"""Axe on every screen, zoom, reduced motion, and names for what can be pressed."""

import pytest

from tests.web.browser import open_page, served
from tests.web.fakes import FakeCollection, FakeLibrary, FakeSession
from tuningfork.labelling.review import Review

pytestmark = pytest.mark.browser


@pytest.fixture
def links():
    library = FakeLibrary()
    collection = FakeCollection(n=80)
    session = FakeSession(collection)
    library.made["made"] = session
    session.to_review = Review(maybes=["galaxy-0002", "galaxy-0005"], rejects=["galaxy-0001"])
    with served(session, library=library) as (_, link):
        yield link


def _violations(page, only=None):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    # the page's own policy forbids foreign scripts, so axe comes in as the browser's, not as the page's
    options = {"resultTypes": ["violations"]} | ({"runOnly": only} if only else {})
    results = axe.Axe().run(page, options=options)
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in results.response["violations"]]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (700, "light")])
def test_axe_finds_nothing_on_any_screen(browser, links, width, scheme):
    # names, roles and order do not depend on the colours
    only = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]} if scheme == "dark" else None
    page = open_page(browser, links(), width=width, bypass_csp=True, color_scheme=scheme)
    page.locator(".tile img").first.wait_for()
    page.wait_for_timeout(300)
    found = {"grid": _violations(page, only)}
    for key in ("f", "j", "Space", "d", "ArrowRight"):
        page.keyboard.press(key)
    found["answered grid"] = _violations(page, only)
    page.keyboard.press("s")
    page.locator(".board-head", has_text="Similar").wait_for()
    found["similar"] = _violations(page, only)
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    page.keyboard.press("g")
    page.locator(".one img").wait_for()
    page.wait_for_timeout(300)
    found["stream"] = _violations(page, only)
    page.keyboard.press("?")
    page.locator("dialog").wait_for()
    found["key card"] = _violations(page, only)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Settings").click()
    page.get_by_text("Keys", exact=True).click()
    found["settings"] = _violations(page, only)
    page.keyboard.press("Escape")
    for key, room in (("p", ".stop"), ("y", ".act")):
        page.keyboard.press(key)
        page.locator(room).first.wait_for()
        page.wait_for_timeout(600)
        found[room] = _violations(page, only)
    page.keyboard.press("r")
    page.locator(".lists").wait_for()
    page.wait_for_timeout(300)
    found["review"] = _violations(page, only)
    page.get_by_role("button", name="Team").click()
    page.get_by_role("button", name="Make a link").click()
    page.locator(".people select").wait_for()
    found["team"] = _violations(page, only)
    page.goto(page.url.split("#")[0] + "#/start")
    page.locator(".pick img").first.wait_for()
    page.locator(".pick button").nth(1).click()
    page.locator(".near-room .pick:not(.ghosts) button").first.wait_for()
    found["start"] = _violations(page, only)
    page.context.clear_cookies()
    page.goto(page.url.split("#")[0] + "join#made/secret")
    page.locator("#name").wait_for()
    found["invitation"] = _violations(page, only)
    page.goto(page.url.split("join")[0])
    page.locator(".mishap").wait_for()
    found["closed door"] = _violations(page, only)
    assert found == {screen: [] for screen in found}
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
