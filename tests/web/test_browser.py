"""The page in a real browser: hands on keys, reloads, other windows, hostile strings, screen readers."""

import pytest

from tests.web.browser import CALM, open_page, served, settled
from tests.web.fakes import FakeCollection, FakeLibrary, FakeSession
from tuningfork.labelling import Question

pytestmark = pytest.mark.browser


@pytest.fixture
def session():
    return FakeSession(FakeCollection(n=200))


@pytest.fixture
def place(session):
    with served(session, library=FakeLibrary()) as (_, link):
        yield link


@pytest.fixture
def page(browser, place):
    page = open_page(browser, place())
    page.locator(".tile img").first.wait_for()
    page.wait_for_timeout(CALM)
    yield page
    errors = page.errors
    page.context.close()
    assert not errors


def _press(page, *keys):
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(CALM)


def _order(page):
    return page.locator(".tile").evaluate_all("tiles => tiles.map(t => t.dataset.galaxy)")


def _roles(page):
    return page.locator(".tile").evaluate_all("tiles => tiles.map(t => t.dataset.role)")


def _focused(page):
    return page.evaluate("document.activeElement.getAttribute('aria-label')")


def test_forty_answers_without_a_mouse(page, session):
    keys = ["f", "j", "j", " ", "d", "j", "f", "j"] * 5
    _press(page, *keys)
    settled(page)
    words = {"f": "yes", "j": "no", " ": "maybe", "d": "junk"}
    assert list(session.labels().values()) == [words[key] for key in keys]
    page.locator(".big", has_text="10").wait_for()
    assert "Page 2" in page.locator(".board-head").text_content()
    assert _focused(page) == "Galaxy 17 of 24, unanswered"


def test_answers_carry_how_they_were_shown(page, session):
    _press(page, "ArrowRight", "ArrowDown", "f")
    settled(page)
    shown = session.events[0]["shown"]
    assert (shown["position"], shown["view"], shown["columns"], shown["rows"], shown["stream"]) == (
        7,
        "grid",
        6,
        4,
        "hunt",
    )
    assert shown["seconds"] > 0.2


def test_arrows_move_without_answering_and_stop_at_the_edges(page, session):
    _press(page, "ArrowUp", "ArrowLeft")
    assert _focused(page) == "Galaxy 1 of 24, unanswered"
    _press(page, "ArrowRight", "l", "ArrowDown", "h")
    assert _focused(page) == "Galaxy 8 of 24, unanswered"
    settled(page)
    assert not session.events


def test_down_goes_down_on_a_narrow_screen_too(browser, place):
    page = open_page(browser, place(), width=640, height=700)
    page.locator(".tile img").first.wait_for()
    page.wait_for_timeout(300)
    _press(page, "ArrowDown")
    first, here = (page.locator(f".tile{which}").first.bounding_box() for which in ("", ".here"))
    assert here["x"] == first["x"]
    assert here["y"] > first["y"]
    page.context.close()


def test_undo_has_no_end_and_redo_brings_back(page, session):
    _press(page, *"fjfjf")
    _press(page, "z", "Backspace", "z", "z", "z")
    settled(page)
    assert session.labels() == {}
    assert _roles(page)[:5] == [""] * 5
    assert _focused(page) == "Galaxy 1 of 24, unanswered"
    _press(page, "Shift+Z", "Shift+Z")
    settled(page)
    assert list(session.labels().values()) == ["yes", "no"]
    assert _roles(page)[:3] == ["yes", "no", ""]


def test_the_rest_of_the_page_is_one_act(page, session):
    _press(page, "f", "Enter")
    settled(page)
    assert list(session.labels().values()) == ["yes"] + ["no"] * 23
    assert "Page 2" in page.locator(".board-head").text_content()
    _press(page, "z")
    settled(page)
    assert list(session.labels().values()) == ["yes"]
    assert "Page 1 · 1 of 24" in page.locator(".board-head").text_content()


def test_rest_yes_needs_a_sure_run(page, session):
    _press(page, "f", "Shift+Enter")
    settled(page)
    assert len(session.labels()) == 1
    _press(page, *"fffffffffff")
    _press(page, "Shift+Enter")
    settled(page)
    assert list(session.labels().values()) == ["yes"] * 24


def test_tiles_that_were_never_on_the_screen_need_a_second_press(browser, place, session):
    page = open_page(browser, place(), width=700, height=420)
    page.locator(".tile img").first.wait_for()
    page.wait_for_timeout(500)
    _press(page, "Enter")
    assert "not on the screen" in page.locator(".remark").text_content()
    assert not session.labels()
    _press(page, "Enter")
    settled(page)
    assert len(session.labels()) == 24
    page.context.close()


def test_nothing_moves_when_the_ranking_changes(page, session):
    before = _order(page)
    _press(page, *"fjfj")
    settled(page)
    page.wait_for_timeout(600)
    assert session.refitted >= 1
    assert _order(page) == before
    boxes = page.locator(".tile").evaluate_all(
        "tiles => tiles.map(t => JSON.stringify(t.getBoundingClientRect()))"
    )
    _press(page, "j")
    page.wait_for_timeout(500)
    assert (
        page.locator(".tile").evaluate_all(
            "tiles => tiles.map(t => JSON.stringify(t.getBoundingClientRect()))"
        )
        == boxes
    )


def test_the_next_two_pages_are_decoded_before_they_are_needed(page):
    page.wait_for_load_state("networkidle")  # the two pages are there
    page.wait_for_timeout(600)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/galaxy/" in request.url else None)
    page.keyboard.press("Enter")
    assert page.evaluate(
        "[...document.querySelectorAll('.tile')].every(t => t.querySelector('img')?.complete)"
    )
    held = set(_order(page))
    assert not [url for url in asked if any(galaxy in url for galaxy in held)]


def test_stream_answers_and_looks_back(page, session):
    _press(page, "g")
    one = page.locator(".one")
    one.locator("img").wait_for()
    page.wait_for_timeout(CALM)
    first = one.get_attribute("data-galaxy")
    _press(page, "f")
    assert one.get_attribute("data-galaxy") != first
    _press(page, "ArrowLeft")
    assert one.get_attribute("data-galaxy") == first
    assert one.locator(".chip").text_content() == "✓yes"
    settled(page)
    assert len(session.events) == 1
    assert session.events[0]["shown"]["view"] == "stream"
    _press(page, "z")
    assert one.get_attribute("data-galaxy") == first
    assert one.locator(".chip").count() == 0


def test_double_presses_and_held_keys_answer_once(page, session):
    _press(page, "g")
    page.locator(".one img").wait_for()
    page.wait_for_timeout(CALM)
    page.evaluate("""() => {
      const press = (repeat) =>
        document.dispatchEvent(new KeyboardEvent('keydown', {key: 'f', code: 'KeyF', bubbles: true, repeat}));
      press(false); press(false);
      for (let i = 0; i < 5; i++) press(true);
    }""")
    page.wait_for_timeout(400)
    page.evaluate(
        "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'f', bubbles: true, repeat: true}))"
    )
    page.evaluate(
        "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'f', bubbles: true, ctrlKey: true}))"
    )
    settled(page)
    assert len(session.events) == 1


def test_similar_is_a_view_one_returns_from(page, session):
    _press(page, "ArrowRight")
    before = _order(page)
    _press(page, "s")
    page.locator(".board-head", has_text="Similar").wait_for()
    assert _order(page) != before
    page.wait_for_timeout(CALM)
    _press(page, "f")
    settled(page)
    assert session.events[0]["shown"]["view"] == "similar"
    assert session.events[0]["shown"]["stream"] == "similar"
    _press(page, "Escape")
    assert _order(page) == before
    assert _focused(page) == "Galaxy 2 of 24, unanswered"


def test_keys_do_nothing_in_text_fields_and_dialogs(page, session):
    _press(page, "?", "f", "j")
    assert page.locator("dialog").count() == 1
    _press(page, "Escape")
    page.get_by_role("button", name="Settings").click()
    _press(page, "f")
    _press(page, "Escape")
    page.evaluate("document.body.append(Object.assign(document.createElement('input'), {id: 'field'}))")
    page.locator("#field").focus()
    _press(page, "f", "j", "Enter")
    settled(page)
    assert not session.events


def test_shares_of_the_streams_are_set_by_keyboard(page, session):
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Audit, drawn by chance").fill("20")
    page.keyboard.press("Enter")
    page.get_by_text("From the next page that is fetched on.").wait_for()
    assert session.settings.streams.audit == 0.2
    page.get_by_label("Second looks").fill("90")
    page.keyboard.press("Enter")
    page.get_by_text("more than 100 together").wait_for()  # what is refused is said, and nothing changes
    assert (session.settings.streams.audit, session.settings.streams.repeat) == (0.2, 0.0)


def test_keys_can_be_changed_and_switched_off(page, session):
    page.get_by_role("button", name="Settings").click()
    page.get_by_text("Keys", exact=True).click()
    page.get_by_role("button", name="Key for yes").click()
    page.keyboard.press("k")
    _press(page, "Escape")
    _press(page, "f", "k")
    settled(page)
    assert list(session.labels().values()) == ["yes"]
    page.reload()
    page.locator(".tile img").first.wait_for()
    page.wait_for_timeout(300)
    _press(page, "k")
    settled(page)
    assert list(session.labels().values()) == ["yes", "yes"]
    page.get_by_role("button", name="Settings").click()
    page.get_by_text("Keys", exact=True).click()
    page.get_by_role("button", name="Key for maybe").click()
    page.keyboard.press("k")  # it is taken from yes, which stands before
    _press(page, "Escape")
    _press(page, "k")
    settled(page)
    assert list(session.labels().values()) == ["yes", "yes", "maybe"]
    page.get_by_role("button", name="Settings").click()
    page.get_by_text("Keys", exact=True).click()
    page.get_by_label("Single keys answer").uncheck()
    _press(page, "Escape")
    _press(page, "k", "j")
    assert len(session.labels()) == 3
    page.get_by_role("button", name="no", exact=True).click()
    settled(page)
    assert list(session.labels().values()) == ["yes", "yes", "maybe", "no"]


def test_unsent_answers_survive_a_reload(browser, place, session):
    page = open_page(browser, place())
    page.locator(".tile img").first.wait_for()
    page.wait_for_timeout(300)
    page.route("**/events", lambda route: route.abort())
    _press(page, *"fjf")
    page.locator(".outbox", has_text="3 unsent").wait_for()
    assert not session.events
    page.unroute("**/events")
    page.reload()
    page.locator(".tile img").first.wait_for()
    settled(page)
    assert list(session.labels().values()) == ["yes", "no", "yes"]
    assert page.evaluate("Object.keys(localStorage).filter(k => k.includes('outbox'))") == []
    page.context.close()


def test_unsent_answers_survive_a_walk_to_the_start_and_back(browser, place, session):
    page = open_page(browser, place())
    page.locator(".tile img").first.wait_for()
    page.wait_for_timeout(300)
    page.route("**/events", lambda route: route.abort())
    _press(page, "f")
    page.locator(".outbox", has_text="1 unsent").wait_for()
    page.locator(".brand").click()
    page.locator(".pick img").first.wait_for()
    page.unroute("**/events")
    page.go_back()
    page.locator(".tile img").first.wait_for()
    settled(page)
    assert list(session.labels().values()) == ["yes"]
    page.context.close()


def test_leftovers_that_the_server_refuses_are_set_aside(browser, place, session):
    page = open_page(browser, place())
    page.locator(".tile img").first.wait_for()
    page.evaluate("""async () => {
      const { place } = (await (await fetch('/api/state')).json()).collection;
      const nonsense = JSON.stringify([{kind: 'nonsense', seq: 'x'}]);
      localStorage.setItem(`tuningfork:outbox:${place}:made:gone`, nonsense);
      localStorage.setItem(`tuningfork:outbox:${place}:made:broken`, '{not json');
      localStorage.setItem('tuningfork:preferences', '{"columns": "<b>", "keys": 7, "view": "grid"}');
    }""")
    page.reload()
    page.locator(".tile img").first.wait_for()
    page.wait_for_timeout(300)
    _press(page, "f")
    settled(page)
    assert list(session.labels().values()) == ["yes"]
    page.context.close()


def test_unsent_answers_of_another_collection_wait_for_it(browser, place, session):
    page = open_page(browser, place())
    page.locator(".tile img").first.wait_for()
    page.wait_for_timeout(300)
    _press(page, "f")
    settled(page)
    page.evaluate(
        'localStorage.setItem(\'tuningfork:outbox:elsewhere:made:old\', \'[{"kind":"undo","seq":0}]\')'
    )
    page.reload()
    page.locator(".tile img").first.wait_for()
    settled(page)
    assert list(session.labels().values()) == ["yes"]
    assert page.evaluate("localStorage.getItem('tuningfork:outbox:elsewhere:made:old')")
    page.context.close()


def test_a_reload_asks_the_same_galaxies_again(browser, place):
    page = open_page(browser, place())
    page.locator(".tile img").first.wait_for()
    before = _order(page)
    page.wait_for_timeout(400)
    page.reload()
    page.locator(".tile img").first.wait_for()
    assert _order(page) == before
    page.context.close()


def test_a_route_that_was_overtaken_leaves_no_second_hand_on_the_keys(page, session):
    page.evaluate("for (let i = 0; i < 3; i++) window.dispatchEvent(new Event('hashchange'))")
    page.wait_for_timeout(600)
    page.locator(".tile img").first.wait_for()
    _press(page, "f")
    settled(page)
    assert len(session.events) == 1


def test_a_restarted_server_is_said_and_nothing_is_lost(browser, place, session):
    page = open_page(browser, place())
    page.locator(".tile img").first.wait_for()
    page.wait_for_timeout(300)
    page.context.clear_cookies()
    _press(page, "f")
    said = page.locator(".remark", has_text="opens with the newest link")
    said.wait_for()
    _press(page, "j")  # an answer more, and it still stands there
    said.filter(has_text="2 answers wait").wait_for()
    page.goto(place())
    settled(page)
    assert list(session.labels().values()) == ["yes", "no"]
    page.context.close()


def test_a_lost_reply_doubles_nothing(browser, place, session):
    page = open_page(browser, place())
    page.locator(".tile img").first.wait_for()
    page.wait_for_timeout(300)
    lost = []

    def lose(route):
        if not lost:
            lost.append(route.fetch())  # the server has it, the page does not know
            route.abort()
        else:
            route.continue_()

    page.route("**/events", lose)
    _press(page, "f")
    page.locator(".outbox", has_text="1 unsent").wait_for()
    settled(page)
    assert len(session.events) == 1
    page.context.close()


def test_undo_reaches_back_over_a_reload(browser, place, session):
    page = open_page(browser, place())
    page.locator(".tile img").first.wait_for()
    page.wait_for_timeout(300)
    _press(page, *"fj")
    settled(page)
    page.reload()
    page.locator(".tile img").first.wait_for()
    page.wait_for_timeout(300)
    _press(page, "z")
    page.locator(".board-head", has_text="Taken back").wait_for()
    assert list(session.labels().values()) == ["yes"]
    page.wait_for_timeout(CALM)
    _press(page, "f")
    settled(page)
    assert list(session.labels().values()) == ["yes", "yes"]
    page.context.close()


def test_two_browsers_share_the_work(browser, place, session):
    pages = [open_page(browser, place()) for _ in range(2)]
    for page in pages:
        page.locator(".tile img").first.wait_for()
        page.wait_for_timeout(400)
    assert not set(_order(pages[0])) & set(_order(pages[1]))
    for page in pages:
        _press(page, *"fjf")
        settled(page)
    assert len(session.labels()) == 6
    for page in pages:
        assert not page.errors
        page.context.close()


def test_stretch_goes_round_and_is_kept_with_the_answer(page, session):
    for stretch in ("linear", "asinh", "deep", "as-is"):
        _press(page, "e")
        page.locator(f".tile.here img[src$='/{stretch}']").wait_for()
        _press(page, "f")
    settled(page)
    assert [event["shown"]["stretch"] for event in session.events] == ["linear", "asinh", "deep", "as-is"]


def test_the_page_is_blind_until_asked(page, session):
    assert "hunt" not in page.content()
    assert "galaxy-0" not in page.content()
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Show why a galaxy was asked").check()
    _press(page, "Escape")
    assert "hunt" not in page.content()
    _press(page, "f")
    page.locator(".reveal", has_text="galaxy-0000 · hunt").wait_for()
    settled(page)
    assert session.events[0]["shown"]["guess_visible"] is True


def test_the_end_is_said_kindly(browser):
    session = FakeSession(FakeCollection(n=5))
    with served(session, library=FakeLibrary()) as (_, link):
        page = open_page(browser, link())
        page.locator(".tile img").first.wait_for()
        page.wait_for_timeout(300)
        _press(page, *"fjfjf")
        page.get_by_text("Every galaxy has an answer.").wait_for()
        _press(page, "z")
        assert page.locator(".tile").count() == 5
        settled(page)
        assert len(session.labels()) == 4
        page.context.close()


HOSTILE = [
    "<img src=x onerror=window.hacked=1>",
    '"><script>window.hacked=1</script>',
    "'-window.hacked-'",
    "javascript:window.hacked=1",
]


def test_hostile_strings_stay_strings(browser):
    collection = FakeCollection([*HOSTILE, *(f"plain-{i}" for i in range(40))])
    collection.name = HOSTILE[0]
    library = FakeLibrary()
    session = library.create_session(
        collection, name='"><b onclick=x>', question=Question(HOSTILE[0], (HOSTILE[2], HOSTILE[3]))
    )
    library.strategies = lambda: {"greedy": HOSTILE[0], HOSTILE[0]: HOSTILE[1]}
    with served(session, library=library) as (_, link):
        page = open_page(browser, link())
        page.locator(".tile img").first.wait_for()
        page.wait_for_timeout(300)
        _press(page, "f", "j", "f", "s", "Escape")
        settled(page)
        page.get_by_role("button", name="Settings").click()
        page.goto(page.url.split("#")[0] + "#/start")
        page.locator(".pick img").first.wait_for()
        page.get_by_label("By id").fill(HOSTILE[0])
        page.wait_for_timeout(300)
        page.locator("datalist option").first.wait_for(state="attached")
        page.get_by_role("button", name="Add").click()
        page.locator(".slot button").first.wait_for()
        assert page.evaluate("window.hacked") is None
        assert page.locator("img[src='x'], #app script").count() == 0
        assert HOSTILE[0] in page.locator(".start-form").text_content()
        assert not page.errors
        page.context.close()


def test_start_makes_a_session_by_keyboard_alone(browser):
    library = FakeLibrary()
    with served(FakeCollection(n=80), library=library) as (_, link):
        page = open_page(browser, link())
        page.locator(".pick img").first.wait_for()
        page.keyboard.type("ring")
        assert page.get_by_label("Question").input_value() == "Is it a ring?"
        page.get_by_role("button", name="Galaxy 1", exact=True).first.focus()
        for key in ("Enter", "ArrowRight", "ArrowDown", "Space"):
            page.keyboard.press(key)
            page.wait_for_timeout(100)
        assert page.locator(".slot button").count() == 2
        page.locator(".near-room .pick:not(.ghosts) button").nth(23).wait_for()
        page.get_by_label("By id").fill("galaxy-0042")
        page.keyboard.press("Enter")
        page.locator(".slot button").nth(2).wait_for()
        page.get_by_role("button", name="Start looking").focus()
        page.keyboard.press("Enter")
        page.locator(".tile img").first.wait_for()
        assert page.locator("h1").text_content() == "Is it a ring?"
        assert len(library.made["ring"].examples) == 3
        assert not page.errors
        page.context.close()


def test_a_picture_file_becomes_an_example(browser, tmp_path):
    import cv2

    good, bad = tmp_path / "mine.png", tmp_path / "notes.png"
    cv2.imwrite(str(good), FakeCollection().pixels([7])[0])
    bad.write_text("<script>window.hacked=1</script>")
    library = FakeLibrary()
    with served(FakeCollection(n=80), library=library) as (_, link):
        page = open_page(browser, link())
        page.locator(".pick img").first.wait_for()
        page.locator("#picture-file").set_input_files(str(bad))
        page.locator(".problem", has_text="notes.png").wait_for()
        page.locator("#picture-file").set_input_files(str(good))
        page.locator(".slot img").wait_for()
        page.wait_for_timeout(300)
        assert page.locator(".slot img").evaluate("image => image.naturalWidth") == 48
        page.get_by_label("Name of the class").fill("blob")
        page.get_by_role("button", name="Start looking").click()
        page.locator(".tile img").first.wait_for()
        assert library.made["blob"].examples == [good.read_bytes()]
        page.context.close()


def test_the_door_is_shut_without_the_link(browser, place):
    address = place().split("/enter")[0]
    page = open_page(browser, address)
    assert "opens with the newest link" in page.locator("h1").text_content()
    page.context.close()


def test_another_site_can_neither_read_nor_write(browser, place, session):
    """A page on another port of this machine: the same site, but another origin."""
    page = open_page(browser, place())
    page.locator(".tile img").first.wait_for()
    address = page.url.split("#")[0]
    with served(FakeSession(FakeCollection()), library=FakeLibrary()) as (_, link):
        page.goto(link())
        outcome = page.evaluate(
            """async (target) => {
              const tries = {};
              const address = (name) => target + 'api/' + name;
              const attempt = (name, options) =>
                fetch(address(name), {credentials: 'include', ...options})
                  .then(reply => reply.status, () => 'blocked');
              tries.read = await attempt('state', {});
              const form = {method: 'POST', mode: 'no-cors', body: '{}'};
              tries.write = await attempt('sessions/made/events', form);
              return tries;
            }""",
            address,
        )
    assert outcome == {"read": "blocked", "write": "blocked"}
    assert not session.events
    page.context.close()
