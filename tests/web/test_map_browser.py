"""The map in a real browser: lasso and keys, the way into the grid and back, links, and what is not there."""

import json
import time
from pathlib import Path

import pytest

from tests.web.browser import open_page, served, settled
from tests.web.fakes import FakeCollection, FakeLibrary, FakeSession, grid_places
from tuningfork.web.identifiers import Identifiers

pytestmark = pytest.mark.browser
N, ACROSS = 400, 20


@pytest.fixture
def session():
    return FakeSession(FakeCollection(n=N))


@pytest.fixture
def library(session):
    library = FakeLibrary(grid_places(N, ACROSS))
    library.made["made"] = session
    return library


@pytest.fixture
def place(session, library):
    with served(session, library=library) as (_, link):
        yield link


@pytest.fixture
def page(browser, place):
    page = open_page(browser, place(), width=1280, height=900)
    in_grid(page)
    yield page
    errors = page.errors
    page.context.close()
    assert not errors


def in_grid(page):
    """Pictures are there, and keys count again: just after one changed they do not."""
    page.locator(".tile img").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(200)


def on_map(page):
    page.wait_for_timeout(150)
    page.keyboard.press("m")
    page.locator(".map-canvas").wait_for()
    page.locator(".map-legend li").first.wait_for()
    page.wait_for_timeout(200)


def at(page, column, line):
    """Where the galaxy of a column and line of the made map lies on the screen."""
    box = page.locator(".map-canvas").bounding_box()
    place = page.evaluate(
        """([column, line, across]) => {
             const { view, width, height } = document.querySelector('.map-canvas').map.look();
             const to = (k, middle) => (k * 65535 / (across - 1) - middle) * view.scale;
             return [width / 2 + to(column, view.x), height / 2 - to(line, view.y)];
        }""",
        [column, line, ACROSS],
    )
    return box["x"] + place[0], box["y"] + place[1]


def drag(page, *stops):
    page.mouse.move(*at(page, *stops[0]))
    page.mouse.down()
    for stop in stops[1:]:
        page.mouse.move(*at(page, *stop), steps=4)
    page.mouse.up()


def selected(page):
    return page.locator(".map-chosen strong").text_content(timeout=5000)


def asked(page):
    return page.locator(".tile").evaluate_all("tiles => tiles.map(t => t.dataset.galaxy)")


def rows(session, names):
    """The rows behind opaque names, as the server reads them."""
    key = str(Path(session.collection.path).resolve())
    return sorted(Identifiers(session.collection, key).resolve(name)[0] for name in names)


def drawn(page, x, y):
    """The brightest of some pixels of a screenshot around a place."""
    import cv2
    import numpy as np

    clip = {"x": x - 8, "y": y - 8, "width": 16, "height": 16}
    picture = cv2.imdecode(np.frombuffer(page.screenshot(clip=clip), np.uint8), cv2.IMREAD_COLOR)
    return picture.reshape(-1, 3)[picture.sum(axis=2).argmax()][::-1].tolist()


def test_a_lasso_leads_to_the_grid_and_answers_lead_back_to_the_map(page, session):
    on_map(page)
    page.get_by_role("button", name="Lasso").click()
    drag(page, (1.5, 11.5), (4.5, 11.5), (4.5, 13.5), (1.5, 13.5), (1.5, 11.6))
    assert selected(page) == "6"
    page.keyboard.press("Enter")
    in_grid(page)
    assert "6 from the map" in page.locator(".board-head").text_content()
    assert rows(session, asked(page)) == [line * ACROSS + column for line in (12, 13) for column in (2, 3, 4)]
    page.wait_for_timeout(200)
    page.keyboard.press("f")
    settled(page)
    shown = session.events[0]["shown"]
    assert (shown["stream"], shown["view"], shown["columns"]) == ("map", "map", 6)
    page.keyboard.press("Escape")
    page.locator(".map-legend li", has_text="yes").wait_for()
    assert page.locator(".map-legend").text_content().startswith("yes1unanswered399")
    assert selected(page) == "6"


def test_the_keyboard_alone_selects_a_rectangle(page, session):
    on_map(page)
    canvas = page.locator(".map-canvas")
    assert page.evaluate("document.activeElement.className") == "map-canvas"
    page.keyboard.press("r")
    for key in ["ArrowRight"] * 3 + ["ArrowUp"] * 3:
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    count = int(selected(page))
    assert 1 < count < 100
    assert f"{count} selected: {count} unanswered" in page.locator(".map-field [role=status]").text_content()
    page.keyboard.press("Enter")
    in_grid(page)
    assert len(asked(page)) == min(count, 24)
    page.keyboard.press("Escape")
    canvas.wait_for()
    page.wait_for_timeout(200)
    page.keyboard.press("Escape")
    page.locator(".map-chosen").wait_for(state="hidden")
    page.keyboard.press("Escape")
    page.locator(".tile").first.wait_for()


def test_the_keyboard_alone_selects_the_nearest(page, session):
    on_map(page)
    page.locator("#map-near").fill("5")
    page.locator(".map-canvas").focus()
    for key in ("ArrowRight", "ArrowUp", "n"):
        page.keyboard.press(key)
    assert selected(page) == "5"
    page.locator(".map-card img").wait_for()
    page.keyboard.press("Enter")
    in_grid(page)
    lines = {(row // ACROSS, row % ACROSS) for row in rows(session, asked(page))}
    middle = sorted(lines)[2]
    assert lines == {middle, *((middle[0] + a, middle[1] + b) for a, b in ((0, 1), (0, -1), (1, 0), (-1, 0)))}


def test_the_cross_is_told_to_screen_readers(page):
    on_map(page)
    page.keyboard.press("ArrowRight")
    told = page.locator(".map-field [role=status]")
    told.filter(has_text="Galaxy unanswered").wait_for()
    assert "percent from the left" in told.text_content()
    assert page.locator(".map-canvas").get_attribute("aria-label") == "Map of 400 galaxies"


def test_a_link_brings_the_selection_back(page, browser, place):
    on_map(page)
    page.get_by_role("button", name="Rectangle").click()
    drag(page, (0.5, 0.5), (2.5, 2.5))
    assert selected(page) == "4"
    address = page.url.split("#")[1]
    other = open_page(browser, place())
    other.goto(other.url.split("#")[0] + "#" + address)
    assert selected(other) == "4"
    other.context.close()
    page.goto(page.url.split("#")[0] + "#" + address.replace("/map/", "/map/0"))
    page.locator(".remark", has_text="another map").wait_for()


def test_a_selection_is_taken_home(page, session):
    on_map(page)
    page.get_by_role("button", name="Rectangle").click()
    drag(page, (-0.5, -0.5), (1.5, 0.5))
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV of ids").click()
    text = waiting.value.path().read_text()
    assert sorted(line.split(",")[0].strip('"') for line in text.splitlines()[1:]) == [
        "galaxy-0000",
        "galaxy-0001",
    ]


def test_hover_shows_the_galaxy_and_dragging_moves_the_map(page, session):
    on_map(page)
    page.mouse.move(*at(page, 7, 7))
    page.locator(".map-card img").wait_for()
    name = page.locator(".map-card").get_attribute("data-galaxy")
    assert rows(session, [name]) == [7 * ACROSS + 7]
    before = at(page, 7, 7)
    page.mouse.down()
    page.mouse.move(before[0] + 60, before[1] - 30, steps=5)
    page.mouse.up()
    after = at(page, 7, 7)
    assert after == (pytest.approx(before[0] + 60, abs=2), pytest.approx(before[1] - 30, abs=2))
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(200)
    assert at(page, 7, 7) == (pytest.approx(after[0], abs=2), pytest.approx(after[1], abs=2))
    assert at(page, 9, 7)[0] > after[0] + (at(page, 9, 7)[0] - at(page, 8, 7)[0])


def test_points_answers_and_the_selection_are_drawn_where_they_lie(page, session):
    session.answer_many(
        [{"galaxy_id": "galaxy-0045", "answer": "yes", "client_seq": 0, "shown": {}}], client_id="t"
    )
    on_map(page)
    page.mouse.move(5, 5)
    page.wait_for_timeout(200)
    plain, yes, empty = (drawn(page, *at(page, *spot)) for spot in ((10, 10), (5, 2), (10.5, 10.5)))
    assert max(plain) - min(plain) < 60  # grey
    assert min(plain) > 60
    assert yes[1] > 180
    assert yes[1] - yes[0] > 80
    assert max(empty) < 30
    page.get_by_role("button", name="Rectangle").click()
    drag(page, (8.5, 8.5), (11.5, 11.5))
    page.mouse.move(5, 5)
    page.wait_for_timeout(200)
    chosen, other = (drawn(page, *at(page, *spot)) for spot in ((10, 10), (15, 15)))
    assert chosen[2] - chosen[0] > 60
    assert sum(other) < sum(plain)


def test_a_slow_map_is_drawn_coarsely_while_it_moves_and_whole_at_rest(page):
    on_map(page)
    page.wait_for_timeout(300)
    drawn = page.evaluate(
        """async () => {
             const { map } = document.querySelector('.map-canvas'), drawn = [];
             const paint = map.paintDots;
             map.paintDots = function (runs, each, ...more) {
               drawn.push([map.canvas.width / map.look().width, each]);
               return paint.call(this, runs, each, ...more);
             };
             map.pace.begun(2);
             map.draw();
             while (drawn.length < 2) await new Promise(requestAnimationFrame);
             return drawn;
           }"""
    )
    (moving, _), (rest, each) = drawn
    assert moving == pytest.approx(rest / 2, rel=0.01)
    assert each == 1


def test_scores_colour_the_map_only_when_one_is_not_blind(page):
    on_map(page)
    assert page.locator("#map-colour option[value=score]").is_disabled()
    page.get_by_role("button", name="Settings").click()
    page.locator("#set-reveal").check()
    page.keyboard.press("Escape")
    page.locator("#map-colour").select_option("score")
    page.locator(".map-ramp").wait_for()
    page.mouse.move(5, 5)
    page.wait_for_timeout(200)
    best, worst = drawn(page, *at(page, 1, 0)), drawn(page, *at(page, 18, 19))
    assert best[0] - best[2] > 80  # yellow
    assert worst[2] - worst[0] > 30  # blue
    page.get_by_role("button", name="Settings").click()
    page.locator("#set-reveal").uncheck()
    page.keyboard.press("Escape")
    assert page.locator("#map-colour").input_value() == "answers"


def test_without_a_map_the_page_says_how_to_make_one_and_makes_a_plain_one(page, library):
    library.places = None
    page.wait_for_timeout(150)
    page.keyboard.press("m")
    page.locator(".map-empty code", has_text="tuningfork map").wait_for()
    page.get_by_role("button", name="Make a plain map").click()
    page.locator(".map-canvas").wait_for()


def test_axe_finds_nothing_on_the_map(browser, place):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    for width in (1440, 900):
        page = open_page(browser, place(), width=width, height=700, bypass_csp=True)
        in_grid(page)
        on_map(page)
        found = {}
        found["map"] = axe.Axe().run(page).response["violations"]
        page.locator("#map-near").fill("9")
        page.locator(".map-canvas").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("n")
        selected(page)
        page.locator(".map-card img").wait_for()
        found["selection"] = axe.Axe().run(page).response["violations"]
        told = [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for vs in found.values() for v in vs]
        assert told == [], json.dumps(told)
        small = page.evaluate(
            """[...document.querySelectorAll('.map-room button, .map-room select, .map-room input')]
               .filter(e => e.offsetParent).map(e => [e.textContent, e.getBoundingClientRect()])
               .filter(([, box]) => box.width < 24 || box.height < 24).map(([text]) => text)"""
        )
        assert small == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.context.close()


def test_the_policy_of_the_page_is_kept(page):
    broken = []
    page.on("console", lambda message: broken.append(message.text))
    on_map(page)
    page.keyboard.press("+")
    page.wait_for_timeout(300)
    assert not [text for text in broken if "Content Security Policy" in text]


def test_a_map_opened_while_galaxies_are_on_their_way_stays(browser, place, session):
    ask = session.next_batch

    def slow(n, **more):
        time.sleep(1)
        return ask(n, **more)

    session.next_batch = slow
    page = open_page(browser, place(), width=1280, height=900)
    page.locator(".key").first.wait_for()
    page.wait_for_timeout(200)
    page.keyboard.press("m")
    page.locator(".map-canvas").wait_for()
    page.wait_for_timeout(1500)
    assert page.locator(".map-canvas").is_visible()
    page.context.close()


def test_without_webgl_the_keys_and_the_selection_still_work(browser, place):
    page = open_page(browser, place(), width=1280, height=900)
    page.add_init_script(
        """{ const ask = HTMLCanvasElement.prototype.getContext;
             HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
               return kind === 'webgl2' ? null : ask.call(this, kind, ...more); } }"""
    )
    page.reload()
    in_grid(page)
    on_map(page)
    page.locator(".map-empty", has_text="no WebGL 2").wait_for()
    page.locator(".map-canvas").focus()
    for key in ("ArrowRight", "n"):
        page.keyboard.press(key)
    assert selected(page) == "24"
    page.context.close()
