"""Keys too soon, replies too late, selections that outlive their page: in a real browser."""

import json
import threading

import pytest

from tests.web.browser import CALM, open_page, served, settled
from tests.web.fakes import FakeCollection, FakeLibrary, FakeSession, grid_places
from tuningfork.labelling.questions.reading import read_question

pytestmark = pytest.mark.browser
N = 120
LABELS = 'kind = "multi-label"\nlooking_for = ["sort.ring"]\n[[question]]\nname = "sort"\n'
LABELS += 'text = "What has it?"\nanswers = ["ring", "bar"]\n'


class Held:
    """A call that waits until it is let go."""

    def __init__(self, call):
        self.call, self.gate, self.asked = call, threading.Event(), threading.Event()

    def __call__(self, *args, **more):
        self.asked.set()
        assert self.gate.wait(20)
        return self.call(*args, **more)


@pytest.fixture
def opened(browser):
    """A page on a fake session, with a map."""
    ended = []

    def opened(question=None, n=N, **context):
        session = FakeSession(FakeCollection(n=n), question=question)
        library = FakeLibrary(grid_places(n, 12))
        library.made["made"] = session
        server = served(session, library=library)
        _, link = server.__enter__()
        page = open_page(browser, link(), **context)
        ended.extend([page.context.close, lambda: server.__exit__(None, None, None)])
        page.locator(".tile img").nth(min(n, 6) - 1).wait_for()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(CALM)
        return page, session

    yield opened
    for end in ended:
        end()


def _press(page, *keys):
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(CALM)


def test_a_selection_does_not_outlive_its_page(opened):
    page, session = opened()
    _press(page, "Shift+ArrowRight", "Shift+ArrowRight", "g")
    page.locator(".one img").wait_for()
    page.wait_for_timeout(CALM)
    _press(page, "f")
    settled(page)
    assert len(session.labels()) == 1  # the one large galaxy, not three that are not on the screen
    _press(page, "g", "ArrowRight", "Shift+ArrowRight", "s")
    page.locator(".board-head", has_text="Similar").wait_for()
    assert page.locator(".tile[aria-selected=true]").count() == 0
    _press(page, "Escape")
    assert page.locator(".board-head", has_text="Similar").count() == 0
    assert page.errors == []


def test_similar_ones_that_come_too_late_take_nothing_away(opened):
    page, session = opened()
    session.similar = held = Held(session.similar)
    _press(page, "s")
    assert held.asked.wait(5)
    _press(page, "f")
    held.gate.set()
    page.wait_for_timeout(600)
    assert "Page 1" in page.locator(".board-head").text_content()
    assert page.locator(".tile.here").get_attribute("aria-label") == "Galaxy 2 of 24, unanswered"


def test_a_list_that_is_asked_for_twice_opens_once(opened):
    page, session = opened()
    session.to_review.maybes.extend(["galaxy-0002", "galaxy-0005"])
    session.review = held = Held(session.review)
    page.keyboard.press("r")
    page.keyboard.press("r")
    assert held.asked.wait(5)
    held.gate.set()
    page.locator(".lists").wait_for()
    page.wait_for_timeout(400)
    _press(page, "Escape")
    page.locator(".lists").wait_for(state="detached")


def test_keys_on_the_map_answer_no_galaxy_behind_it(opened, tmp_path):
    file = tmp_path / "labels.toml"
    file.write_text(LABELS)
    page, session = opened(read_question(file))
    key = page.locator(".answer kbd").first.text_content().lower()
    _press(page, "m")
    page.locator(".map-legend li").first.wait_for()
    page.get_by_role("button", name="Lasso").focus()  # not on the canvas, which keeps some keys to itself
    _press(page, key, "Enter", key)
    assert session.events == []
    assert page.locator(".answer[aria-pressed=true]").count() == 0


def test_a_form_at_the_end_of_all_galaxies_sends_no_empty_answer(opened, tmp_path):
    file = tmp_path / "labels.toml"
    file.write_text(LABELS)
    page, session = opened(read_question(file), n=2)
    _press(page, "g")
    page.locator(".one img").wait_for()
    page.wait_for_timeout(CALM)
    _press(page, "Enter", "Enter")
    page.get_by_text("Every galaxy has an answer.").wait_for()
    page.evaluate("document.activeElement.blur()")
    _press(page, "Enter", "Enter")
    settled(page)
    assert len(session.events) == 2


def test_the_rest_of_a_page_is_not_the_rest_of_another(opened, tmp_path):
    file = tmp_path / "labels.toml"
    file.write_text(LABELS)
    page, _ = opened(read_question(file))
    _press(page, "Shift+Enter")
    page.locator(".whom", has_text="The other 24 of the page").wait_for()
    _press(page, "s")
    page.locator(".board-head", has_text="Similar").wait_for()
    assert page.locator(".whom").text_content() == ""


def test_a_map_that_was_left_before_it_came_does_not_name_itself(opened):
    page, _ = opened()
    page.route("**/map/*/points", lambda route: (page.wait_for_timeout(700), route.continue_()))
    page.keyboard.press("m")
    page.locator(".map-room").wait_for()
    page.keyboard.press("Escape")
    page.locator(".tile img").first.wait_for()
    page.wait_for_timeout(1500)
    assert not page.url.endswith("/map")
    assert page.locator(".map-room").count() == 0
    page.unroute("**/map/*/points")
    _press(page, "m")
    page.locator(".map-canvas").wait_for()
    assert page.url.endswith("/map")


def test_a_look_at_the_map_leaves_every_picture_in_the_grid(opened):
    page, _ = opened(width=1280, height=900)
    _press(page, "m")
    page.locator(".map-legend li").first.wait_for()
    for _ in range(14):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(120)
    page.locator(".map-card img").wait_for()
    _press(page, "Escape", "Escape")
    page.locator(".tile").first.wait_for()
    page.wait_for_timeout(300)
    assert page.locator(".tile").count() == page.locator(".tile img").count() == 24


def test_buttons_beside_the_map_do_what_they_say(opened):
    page, session = opened()
    session.to_review.maybes.append("galaxy-0002")
    _press(page, "f", "m")
    page.locator(".map-legend li").first.wait_for()
    page.get_by_role("button", name="Review").click()
    page.locator(".lists").wait_for()
    page.wait_for_timeout(CALM)
    _press(page, "m")
    page.locator(".map-canvas").wait_for()
    page.locator(".best .thumb").first.click()
    page.locator(".board-head", has_text="Similar").wait_for()
    assert page.locator(".tile img").count() == 24


def test_a_context_that_is_lost_comes_back_with_the_map(opened):
    page, _ = opened()
    _press(page, "m")
    page.locator(".map-legend li").first.wait_for()
    page.evaluate(
        """async () => {
             const { map } = document.querySelector('.map-canvas');
             const lose = map.gl.getExtension('WEBGL_lose_context');
             lose.loseContext();
             await new Promise((done) => setTimeout(done, 200));
             map.draw();
             lose.restoreContext();
             await new Promise((done) => setTimeout(done, 300));
             window.before = map.frames;
             map.draw();
             await new Promise((done) => setTimeout(done, 200));
             window.after = map.frames;
        }"""
    )
    assert page.evaluate("window.after > window.before")
    assert page.errors == []


def test_galaxies_and_pictures_come_by_themselves_when_the_server_is_back(opened):
    page, _ = opened()
    page.route("**/pages", lambda route: route.abort())
    page.route("**/pictures/**", lambda route: route.abort())
    for _ in range(4):
        _press(page, "Enter")
        if page.locator(".end").count():
            break
        page.wait_for_timeout(400)
    page.get_by_role("button", name="Try again").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Try again"
    page.unroute("**/pages")
    page.unroute("**/pictures/**")
    page.locator(".tile img").first.wait_for(timeout=12_000)


def test_one_answer_that_is_refused_holds_up_no_other(opened):
    page, session = opened()

    def spoil(route):
        body = json.loads(route.request.post_data)
        for event in body["events"]:
            if event["seq"] == 1:
                event["items"][0].pop("galaxy")
        route.continue_(post_data=json.dumps(body))

    page.route("**/events", spoil)
    _press(page, "f", "f", "f")
    settled(page)
    assert len(session.labels()) == 2
    assert page.locator(".tile[data-role=yes]").count() == 2
    assert "Not taken" in page.locator(".remark").text_content()


def test_answers_that_a_full_disk_could_not_take_are_kept_and_sent_again(opened):
    page, session = opened()

    def full(route):
        seq = json.loads(route.request.post_data)["events"][0]["seq"]
        route.fulfill(json={"results": [{"seq": seq, "later": "cannot write: No space left on device"}]})

    page.route("**/events", full)
    _press(page, "Alt+f", "Control+j", "Meta+d")  # the browser's and the system's own
    _press(page, "f", "j")
    page.locator(".remark", has_text="No space left on device. 2 answers wait in this browser").wait_for()
    page.unroute("**/events")
    settled(page)
    assert sorted(session.labels().values()) == ["no", "yes"]


def test_what_could_not_be_shown_leaves_no_keys_behind(opened):
    page, session = opened()
    page.route("**/map.js", lambda route: route.abort())
    page.keyboard.press("m")
    page.locator(".remark", has_text="scripts").wait_for()
    page.locator(".tile img").first.wait_for()
    page.unroute("**/map.js")
    page.goto(page.url.split("#")[0] + "#/session/gone")
    page.get_by_role("link", name="To the start").wait_for()
    _press(page, "f", "j")
    assert session.events == []


def test_a_look_at_the_settings_leaves_space_an_answer(opened):
    page, session = opened()
    for button in ("Settings", "Team"):
        page.get_by_role("button", name=button).click()
        page.locator("dialog").wait_for()
        _press(page, "Escape")
    page.get_by_role("tab", name="History").click()
    _press(page, "Space")
    settled(page)
    assert page.locator("dialog").count() == 0
    assert list(session.labels().values()) == ["maybe"]


@pytest.mark.parametrize("name", ["nobody", "a" * 24])
def test_a_link_to_a_galaxy_that_is_not_here_says_so(opened, name):
    page, _ = opened()
    page.goto(page.url.split("#")[0] + f"#/session/made/galaxy/{name}")
    page.locator(".remark", has_text="There is no galaxy").wait_for()
    page.locator(".tile img").first.wait_for()
    assert "Page 1" in page.locator(".board-head").text_content()


def test_vectors_are_chosen_without_losing_an_answer(opened):
    page, session = opened()
    _press(page, "f", "j")
    page.get_by_role("button", name="Settings").click()
    group = page.get_by_role("group", name="Ranks by")
    assert page.get_by_role("button", name="Rank by these").is_disabled()
    made, other = group.get_by_role("checkbox").all()
    made.click()
    assert made.is_checked()  # one at least stays
    other.check()
    made.uncheck()
    page.get_by_role("button", name="Rank by these").click()
    group.get_by_text("Ranked by other from the next page on. All answers stay.").wait_for()
    assert session.encoder_keys == ("other-11111111",)
    assert list(session.labels().values()) == ["yes", "no"]


def test_a_long_question_is_whole_at_1280(browser, opened):
    from tuningfork.labelling import Question

    text = "Is it a merger: two galaxies that touch, with tidal tails or a bridge between them?"
    page, _ = opened(Question(text), width=1280, height=800)
    question = page.locator(".question")
    assert question.evaluate("e => e.scrollHeight <= e.clientHeight + 1 && e.scrollWidth <= e.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    bar = page.locator(".top").bounding_box()
    settings = page.get_by_role("button", name="Settings").bounding_box()
    assert settings["x"] + settings["width"] <= bar["x"] + bar["width"]
