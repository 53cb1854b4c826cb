"""Bad luck in a real browser: the network goes, the laptop sleeps, fingers are fast, words are hostile."""

import time

import pytest

from tests.web.browser import CALM, open_page, served, settled
from tests.web.fakes import FakeCollection, FakeLibrary, FakeSession

pytestmark = pytest.mark.browser


@pytest.fixture
def session():
    return FakeSession(FakeCollection(n=120))


@pytest.fixture
def place(session):
    with served(session, library=FakeLibrary()) as (_, link):
        yield link


def _ready(page):
    page.locator(".tile img").first.wait_for()
    page.wait_for_timeout(400)
    return page


def _press(page, *keys):
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(CALM)


def _tiles(page):
    return page.locator(".tile").evaluate_all("tiles => tiles.map(t => t.dataset.galaxy)")


def test_a_laptop_that_slept_sends_its_answers_once_and_in_order(browser, place, session):
    """Answers without a network; hours pass on the server's clock, the leases end, somebody else works on."""
    page = _ready(open_page(browser, place()))
    first = _tiles(page)[:5]
    page.context.set_offline(True)
    _press(page, *"fjf", "z", *"jf")
    page.locator(".outbox", has_text="unsent").wait_for()
    assert session.log.events() == []
    session.team.leases._clock = lambda: time.time() + 7_200
    other = _ready(open_page(browser, place()))
    assert _tiles(other)[:5] == first  # the leases have ended
    _press(other, "j", "j")
    settled(other)
    page.context.set_offline(False)
    settled(page)
    mine = [e for e in session.log.events() if e.client_id != session.log.events()[0].client_id]
    assert [e.kind for e in mine] == ["answer", "answer", "answer", "undo", "answer", "answer"]
    assert [e.answer for e in mine] == ["yes", "no", "yes", None, "no", "yes"]
    assert [e.client_seq for e in mine] == list(range(6))
    assert [e.galaxy_id for e in mine if e.answer] == [f"galaxy-000{i}" for i in (0, 1, 2, 2, 3)]
    _press(page, "f")  # it goes on
    settled(page)
    assert len(session.log.events()) == 9
    for one in (page, other):
        assert all("ERR_INTERNET_DISCONNECTED" in e for e in one.errors)
        one.context.close()


def test_a_clock_that_goes_back_in_the_browser_or_here_changes_no_order(browser, place, session):
    page = _ready(open_page(browser, place()))
    page.evaluate("() => { const now = Date.now; Date.now = () => now() - 864e5; }")
    session.team.leases._clock = lambda: time.time() - 86_400
    _press(page, *"fjfj")
    settled(page)
    assert [e.answer for e in session.log.events()] == ["yes", "no", "yes", "no"]
    assert all(e["shown"]["seconds"] >= 0 for e in session.events)
    assert not page.errors
    page.context.close()


def test_a_key_that_is_held_answers_once_in_the_grid_too(browser, place, session):
    page = _ready(open_page(browser, place()))
    for _ in range(12):  # the first is a press, the others are repeats, as from a keyboard
        page.keyboard.down("f")
        page.wait_for_timeout(30)
    page.keyboard.up("f")
    settled(page)
    assert len(session.events) == 1
    for _ in range(12):
        page.keyboard.down("Enter")
        page.wait_for_timeout(30)
    page.keyboard.up("Enter")
    settled(page)
    assert len(session.labels()) <= 24  # the rest of one page, never of the next
    page.context.close()


def test_a_double_click_answers_nothing_twice(browser, place, session):
    page = _ready(open_page(browser, place()))
    page.get_by_role("button", name="yes").first.dblclick()
    page.wait_for_timeout(CALM)
    settled(page)
    told = [e.galaxy_id for e in session.log.events()]
    assert len(told) == len(set(told))
    assert len(told) <= 2
    page.locator(".tile").nth(5).dblclick()
    page.wait_for_timeout(CALM)
    settled(page)
    assert len(session.log.events()) == len(told)  # looking is not answering
    page.context.close()


def test_hostile_names_and_reasons_of_people_stay_text(browser, place, session):
    nasty = "<img src=x onerror=window.hacked=1>"
    owner = _ready(open_page(browser, place()))
    room = session.team
    token = room.members.invite("annotator", by="me")
    room.members.join(token, nasty)
    room.revoke(nasty, by="me", reason=f'"><script>window.hacked=1</script>{nasty}')
    owner.reload()
    _ready(owner)
    owner.get_by_role("button", name="Team").click()
    owner.locator(".people li", has_text=nasty).first.wait_for()
    assert owner.evaluate("window.hacked") is None
    assert owner.locator("img[src='x'], .people script").count() == 0
    assert not owner.errors
    owner.context.close()
