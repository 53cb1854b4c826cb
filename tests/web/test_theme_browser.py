"""Light and dark: as the system has it, as one chose, from the first paint on; galaxies stay on black."""

import pytest

from tests.web.browser import open_page, served
from tests.web.fakes import FakeCollection, FakeLibrary, FakeSession

pytestmark = pytest.mark.browser
BUTTON = "Light or dark colours"


@pytest.fixture
def page(browser):
    with served(FakeSession(FakeCollection(n=80)), library=FakeLibrary()) as (_, link):
        page = open_page(browser, link(), color_scheme="light")
        page.locator(".tile img").first.wait_for()
        yield page
        errors = page.errors
        page.context.close()
    assert not errors


def brightness(page, place):
    """Of an element's background, 0 to 255."""
    colour = page.locator(place).first.evaluate("e => getComputedStyle(e).backgroundColor")
    return sum(map(int, colour.removeprefix("rgb(").removesuffix(")").split(", "))) / 3


def test_the_system_says_until_somebody_chooses_and_the_choice_is_remembered(page):
    assert brightness(page, "body") > 200
    page.emulate_media(color_scheme="dark")
    assert brightness(page, "body") < 40
    page.emulate_media(color_scheme="light")
    page.get_by_role("button", name=BUTTON).press("Enter")
    assert brightness(page, "body") < 40
    page.reload()
    page.locator(".tile img").first.wait_for()
    assert brightness(page, "body") < 40
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Colours", exact=True).select_option("system")
    assert brightness(page, "body") > 200


def test_galaxies_and_what_lies_on_them_stay_dark(page):
    page.wait_for_timeout(200)
    page.keyboard.press("j")
    assert brightness(page, ".tile") == 0
    on_galaxy = brightness(page, ".tile .chip-no")
    page.keyboard.press("y")
    page.locator(".act .chip-no").wait_for()
    assert on_galaxy < 80
    assert brightness(page, ".act .chip-no") > 180


def test_the_choice_holds_before_the_page_is_painted(page):
    page.get_by_role("button", name=BUTTON).click()
    page.route("**/static/app.js", lambda route: route.abort())
    page.goto(page.url.split("#")[0])
    assert brightness(page, "body") < 40
    page.errors.clear()  # of the script that was kept away


def test_a_theme_that_nobody_wrote_is_no_theme(page):
    page.evaluate("localStorage.setItem('tuningfork:preferences', JSON.stringify({ theme: 'url(//evil)' }))")
    page.reload()
    page.locator(".tile img").first.wait_for()
    assert page.evaluate("document.documentElement.style.colorScheme") == ""
