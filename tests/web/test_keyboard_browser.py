"""By keys alone nobody loses their place: what had the focus and was drawn anew, or is gone, hands it on."""

import pytest

from tests.web.browser import CALM, open_page, served, settled
from tests.web.fakes import FakeCollection, FakeLibrary, FakeSession, grid_places

pytestmark = pytest.mark.browser
N = 100


@pytest.fixture
def page(browser):
    session = FakeSession(FakeCollection(n=N))
    library = FakeLibrary(grid_places(N, 10))
    library.made["made"] = session
    with served(session, library=library) as (_, link):
        page = open_page(browser, link(), width=1440, height=900)
        page.locator(".tile img").first.wait_for()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(200)
        yield page
        errors = page.errors
        page.context.close()
    assert not errors


def focused(page):
    """What has the focus, in a word; None where nothing has."""
    return page.evaluate(
        """() => { const e = document.activeElement
           if (e === document.body) return null
           return e.classList[0] === "segment" ? e.textContent : e.classList[0] }"""
    )


def waits_for_focus(page, what):
    page.wait_for_function("(what) => document.activeElement.classList[0] === what", arg=what, timeout=10_000)


def press_button(page, name):
    page.get_by_role("button", name=name, exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(400)


def test_another_view_takes_the_focus_and_a_pressed_button_keeps_it(page):
    page.keyboard.press("g")
    waits_for_focus(page, "one")
    page.wait_for_timeout(CALM)  # keys do nothing just after a picture has changed under the hand
    page.keyboard.press("g")
    waits_for_focus(page, "tile")
    for name in ("Stream", "Grid", "asinh", "as is"):
        press_button(page, name)
        assert focused(page) == name


def test_on_the_map_and_back_the_focus_goes_along(page):
    page.keyboard.press("m")
    waits_for_focus(page, "map-canvas")
    press_button(page, "Lasso")
    assert focused(page) == "Lasso"
    page.locator(".map-canvas").focus()
    for key in ("r", *["ArrowRight", "ArrowDown"] * 5, "Enter"):
        page.keyboard.press(key)
    page.locator(".map-chosen strong").wait_for()
    page.keyboard.press("Enter")
    page.locator(".tile img").first.wait_for()
    waits_for_focus(page, "tile")
    page.wait_for_timeout(CALM)
    page.keyboard.press("Escape")
    waits_for_focus(page, "map-canvas")


def test_an_example_that_is_taken_away_hands_the_focus_on(page):
    page.goto(page.url.split("#")[0] + "#/start")
    page.locator(".pick img").first.wait_for()
    for place in (1, 2):
        page.locator(".pick button").nth(place).press("Enter")
    page.locator(".slot button").nth(1).press("Enter")
    assert page.evaluate("document.activeElement.closest('.slot') !== null")
    page.locator(".slot button").press("Enter")
    assert page.evaluate("document.activeElement.id") == "galaxy-id"


def test_a_history_that_is_drawn_anew_keeps_who_walks_through_it(page):
    page.keyboard.press("f")
    page.keyboard.press("y")
    page.locator(".act .thumb").first.focus()
    page.wait_for_timeout(200)
    page.keyboard.press("e")  # another stretch: the list is drawn anew
    page.locator(".act img[src*=linear]").wait_for()
    assert focused(page) == "thumb"


def tab_to(page, name):
    """Press Tab until something of this name has the focus: what cannot be reached is never found."""
    named = """(name) => { const e = document.activeElement
        const words = [e.getAttribute("aria-label"), e.labels?.[0]?.textContent, e.textContent]
        return words.some(w => w?.trim() === name) }"""
    for _ in range(90):
        page.keyboard.press("Tab")
        if page.evaluate(named, name):
            return
    raise AssertionError(f"Tab does not reach {name}")


def test_a_whole_short_session_without_the_mouse(page):
    page.goto(page.url.split("#")[0] + "#/start")
    page.locator(".pick img").first.wait_for()
    page.wait_for_function("document.activeElement.id === 'class-name'")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("One of")
    for name, words in (
        ("Name of this session", "kinds"),
        ("Question", "What is it?"),
        ("Answer 1", "Spiral"),
    ):
        tab_to(page, name)
        page.keyboard.type(words)
    tab_to(page, "Key for answer 1")
    page.keyboard.press("q")
    tab_to(page, "Answer 2")
    page.keyboard.type("Smooth")
    tab_to(page, "Start looking")
    page.keyboard.press("Enter")
    waits_for_focus(page, "tile")
    page.locator(".tile img").nth(5).wait_for()
    answered = page.locator(".where-in", has_text="of 24 answered")

    def press(*keys):
        for key in keys:
            page.wait_for_timeout(CALM)
            page.keyboard.press(key)

    press("q", "Shift+Enter", "1")  # one spiral, and all the others are smooth
    page.locator(".where-in", has_text="Page 2").wait_for()
    press("z")
    answered.filter(has_text="Page 1 · 1 of 24").wait_for()
    press("Shift+z")
    page.locator(".where-in", has_text="Page 2").wait_for()
    settled(page, "saved")
    press("m")
    waits_for_focus(page, "map-canvas")
    press("r", *["ArrowRight", "ArrowDown"] * 5, "Enter")
    page.locator(".map-chosen strong").wait_for()
    press("Enter")
    waits_for_focus(page, "tile")
    page.locator(".where-in", has_text="from the map").wait_for()
    press("Escape", "Escape", "Escape")  # to the map, out of its selection, to the page
    waits_for_focus(page, "tile")
    press("p")
    page.locator(".stop").wait_for()
    press("p")
    tab_to(page, "CSV")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    lines = download.value.path().read_text().splitlines()
    assert sorted(line.split(",")[1] for line in lines[1:]) == ["smooth"] * 23 + ["spiral"]
