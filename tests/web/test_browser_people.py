"""Several people, review, history, estimates and deep links, in a real browser and by keys alone."""

import pytest

from tests.web.browser import CALM, open_page, served, settled
from tests.web.fakes import FakeCollection, FakeLibrary, FakeSession
from tuningfork.labelling.review import Review
from tuningfork.labelling.streams.settings import Streams
from tuningfork.web.doorkeeper import Guest

pytestmark = pytest.mark.browser


@pytest.fixture
def session():
    return FakeSession(FakeCollection(n=120))


@pytest.fixture
def place(session):
    library = FakeLibrary()
    library.made[session.name] = session
    with served(session, library=library) as (_, link):
        yield link


def ready(page):
    page.locator(".tile img").first.wait_for()
    page.wait_for_timeout(300)
    return page


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(CALM)


def go(page, hash_):
    page.goto(page.url.split("#")[0] + hash_)


def tiles(page):
    return page.locator(".tile").evaluate_all("tiles => tiles.map(t => t.dataset.galaxy)")


def invited(browser, page, role, name):
    """Another browser that took up an invitation which the page's person made."""
    page.get_by_role("button", name="Team").click()
    page.get_by_label("Invite somebody as").select_option(role)
    page.get_by_role("button", name="Make a link").click()
    page.locator(".link-room", has_text="/join#").wait_for()
    link = page.locator(".link-room").first.text_content()
    press(page, "Escape")
    other = open_page(browser, link)
    other.locator("#name").fill(name)
    other.keyboard.press("Enter")
    other.locator(".label-screen").wait_for()
    return other


def test_a_team_by_invitation_shares_the_work_under_names(browser, place, session):
    owner = ready(open_page(browser, place()))
    bob = ready(invited(browser, owner, "annotator", "Bob <b>"))
    assert "as Bob <b>" in bob.locator(".top").text_content()
    assert not set(tiles(owner)) & set(tiles(bob))
    press(owner, *"fj")
    press(bob, *"jjf")
    settled(owner), settled(bob)
    told = [e.annotator for e in session.log.events()]
    assert (told.count("me"), told.count("Bob <b>")) == (2, 3)
    press(owner, "z", "z")
    press(owner, "z")  # nothing of Bob's
    settled(owner)
    assert [e.annotator for e in session.log.current().values()] == ["Bob <b>"] * 3
    bob.get_by_role("button", name="Team").click()
    bob.locator(".people li").nth(1).wait_for()
    assert bob.get_by_role("button", name="Take back answers").count() == 0
    press(bob, "Escape")
    owner.get_by_role("button", name="Team").click()
    line = owner.locator(".people li", has_text="Bob <b>").first
    line.get_by_role("button", name="Take back").click()
    line.get_by_role("button", name="Take back all that Bob <b> answered?").click()
    owner.locator("section:not([hidden]) > .people", has_text="Bob <b>: 3 answers").wait_for()
    assert session.labels() == {}
    owner.get_by_role("button", name="Bring back").click()
    owner.locator("#team-revoked").wait_for(state="hidden")
    assert len(session.labels()) == 3
    for page in (owner, bob):
        assert not page.errors
        page.context.close()


def test_an_empty_page_asks_again_by_itself_and_says_once_that_galaxies_came(browser):
    session = FakeSession(FakeCollection(n=24))
    with served(session, library=FakeLibrary()) as (_, link):
        owner = ready(open_page(browser, link()))
        bob = invited(browser, owner, "annotator", "bob")
        bob.get_by_text("lie on other pages").wait_for()
        bob.evaluate(
            """() => {
                window.said = [];
                const watch = new MutationObserver((changes) => changes.forEach(({ addedNodes }) =>
                    addedNodes.forEach((node) => node.textContent && window.said.push(node.textContent))));
                const spoken = document.querySelectorAll("[role=status]");
                spoken.forEach((element) => watch.observe(element, { childList: true }));
            }"""
        )
        asked = []
        bob.on("request", lambda request: asked.append(request.url) if "/pages" in request.url else None)
        bob.wait_for_timeout(6000)
        assert len(asked) == 1  # after five seconds, and then not at once again
        assert bob.evaluate("window.said") == []
        owner.goto("about:blank")  # gives back what lay on it
        bob.locator(".tile img").first.wait_for(timeout=20_000)
        assert bob.evaluate("window.said") == ["Galaxies came to be answered."]
        assert len(tiles(bob)) == 24
        assert bob.evaluate("document.activeElement.dataset.galaxy") == tiles(bob)[0]
        press(bob, "f")
        settled(bob)
        assert not bob.errors
        for page in (owner, bob):
            page.context.close()


def test_a_viewer_is_shown_that_there_is_nothing_to_press(browser, place):
    owner = ready(open_page(browser, place()))
    viewer = invited(browser, owner, "viewer", "Vera")
    viewer.get_by_text("You are here to look").wait_for()
    assert viewer.get_by_role("button", name="yes").is_disabled()
    assert viewer.locator(".exports").count() == 0
    press(viewer, "f", "z", "Shift+Z")
    assert viewer.locator(".outbox").text_content() == "saved"
    assert not viewer.errors
    go(viewer, "#/start")
    viewer.locator(".lobby a", has_text="made").wait_for()
    assert viewer.get_by_label("Name of the class").count() == 0
    for page in (owner, viewer):
        page.context.close()


def test_an_adjudicator_reads_the_shares_and_an_annotator_does_not_learn_them(browser, place, session):
    owner = ready(open_page(browser, place()))
    session.settings.streams = Streams(audit=0.15)
    seen = {}
    for role in ("adjudicator", "annotator"):
        other = ready(invited(browser, owner, role, f"an {role}"))
        other.get_by_role("button", name="Settings").click()
        seen[role] = other.locator("dialog .told").all_text_contents(), other.locator("#share-audit").count()
        guess = other.locator("label[for=set-reveal]").text_content()
        assert ("asked" in guess) == (role == "adjudicator")
        other.context.close()
    assert "15 %" in seen["adjudicator"][0][0]
    assert seen["annotator"] == ([], 0)
    owner.context.close()


def test_lists_to_look_at_again_are_worked_through_by_keys(browser, place, session):
    page = ready(open_page(browser, place()))
    press(page, "Space", "f", "Space", "j")
    settled(page)
    session.to_review = Review(maybes=["galaxy-0002", "galaxy-0000"], rejects=["galaxy-0003"])
    press(page, "r")
    page.locator(".board-head", has_text="1 of 2").wait_for()
    page.wait_for_timeout(300)
    assert page.locator(".tile .chip").all_text_contents() == ["?maybe", "?maybe"]
    press(page, "f", "j")
    settled(page)
    assert [e["answer"] for e in session.events[-2:]] == ["yes", "no"]
    assert {(e["shown"]["stream"], e["shown"]["view"]) for e in session.events[-2:]} == {("review", "review")}
    assert session.labels()["galaxy-0002"] == "yes"
    page.get_by_text("That is all of them.").wait_for()
    press(page, "r")
    page.locator(".board-head", has_text="You said no, the model would have said yes").wait_for()
    assert page.url.endswith("#/session/made/review/rejects")
    press(page, "Escape")
    page.locator(".board-head", has_text="Page 1").wait_for()
    assert page.url.endswith("#/session/made")
    assert not page.errors
    page.context.close()


def test_who_may_settles_what_people_differ_about(browser):
    session = FakeSession(FakeCollection(n=120), overlap=2)
    with served(session, library=FakeLibrary()) as (_, link):
        owner = ready(open_page(browser, link()))
        bob = ready(invited(browser, owner, "annotator", "bob"))
        assert tiles(owner)[0] == tiles(bob)[0]  # asked of both
        press(owner, "f")
        settled(owner)
        assert bob.locator(".tile .chip").count() == 0
        press(bob, "j")
        settled(bob)
        go(owner, "#/session/made/review/disputes")
        owner.locator(".why", has_text="bob: no").wait_for()
        owner.wait_for_timeout(300)
        press(owner, "j")
        settled(owner)
        assert [e.kind for e in session.log.events()] == ["answer", "answer", "adjudicate"]
        assert session.labels() == {"galaxy-0000": "no"}
        press(owner, "z")
        settled(owner)
        assert session.team.disputes()
        for page in (owner, bob):
            assert not page.errors
            page.context.close()


def test_the_history_shows_acts_and_keys_go_through_them(browser, place, session):
    page = ready(open_page(browser, place()))
    press(page, "f", "j", "Enter", "y")
    page.locator(".act").nth(2).wait_for()
    assert [c.strip() for c in page.locator(".act .chip").all_text_contents()] == ["✕no", "✕no", "✓yes"]
    assert "for 22" in page.locator(".act").first.text_content()
    press(page, "z")
    page.locator(".act-undone", has_text="taken back").wait_for()
    press(page, "Shift+Z")
    page.locator(".act-undone").wait_for(state="detached")
    page.reload()
    ready(page)
    press(page, "y")
    for count in range(3):
        page.wait_for_timeout(500)
        press(page, "z")
        page.locator(".act-undone").nth(count).wait_for()
    assert session.labels() == {}
    for count in (2, 1, 0):
        page.wait_for_timeout(500)
        press(page, "Shift+Z")
        page.locator(".act-undone").nth(count).wait_for(state="detached")
    assert len(session.labels()) == 24
    assert not page.errors
    page.context.close()


def test_a_repeated_galaxy_looks_like_any_other(browser, place, session):
    """The second page begins with a galaxy that was answered on the first."""
    usual = session.lease

    def with_a_repeat(n, **about):
        choices = usual(n, **about)
        if not session.events:
            return choices
        session.lease = usual
        return [session._choice(0, "repeat"), *choices[1:]]

    page = ready(open_page(browser, place()))
    first = tiles(page)[0]
    press(page, "f")
    settled(page)
    session.lease = with_a_repeat
    press(page, "Enter")
    settled(page)
    seen = set()
    for _ in range(5):  # the pages after were fetched ahead: the repeat lies some pages later
        names = tiles(page)
        assert page.locator(".tile .chip").count() == 0
        assert first not in names
        seen |= set(names)
        press(page, "Enter")
        page.wait_for_timeout(300)
        if any(e["shown"].get("look") for e in session.events):
            break
    settled(page)
    again = [e for e in session.log.events() if e.stream == "repeat"]
    assert [(e.galaxy_id, e.shown["look"]) for e in again] == [("galaxy-0000", 1)]
    assert len(session.log.current()["galaxy-0000"].shown) > 0
    page.context.close()


def test_estimates_are_told_with_the_range_of_what_comes(browser, place, session):
    page = ready(open_page(browser, place()))
    press(page, "p")
    page.locator(".stop", has_text="Too early to say").wait_for()
    page.get_by_text("After 30 answers").wait_for()
    for _ in range(3):  # enough that a count which came in between is due again
        press(page, "Enter")
        settled(page)
    page.get_by_text("The next 24 will probably hold 2 to 9 new finds").wait_for(timeout=30_000)
    page.locator("p", has_text="An answer takes you").wait_for()
    press(page, "p")
    assert page.get_by_role("tab", name="Progress").get_attribute("aria-selected") == "true"
    page.get_by_role("tab", name="Progress").focus()
    press(page, "ArrowRight", "ArrowRight")
    assert page.get_by_role("tab", name="History").get_attribute("aria-selected") == "true"
    assert not page.errors
    page.context.close()


def test_a_closing_audit_is_begun_by_keys_and_said_aloud(browser, place, session):
    session.offer = {"completeness": 0.9, "looks": 20, "inside": 40, "number": 1, "answers": 26}
    page = ready(open_page(browser, place()))
    press(page, "p")
    page.get_by_text("Finds are running dry. 20 random looks").first.wait_for()
    page.locator(".remark", has_text="Finds are running dry").wait_for()
    page.get_by_text("It takes about 26 answers").wait_for()
    button = page.get_by_role("button", name="Look at random ones now")
    button.focus()
    press(page, "Enter")
    page.locator(".remark", has_text="A closing audit has begun: 20 random looks").wait_for()
    button.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.textContent").startswith("A closing audit has begun")
    assert session.closing["state"] == "running"
    off = page.get_by_role("button", name="Call it off")
    off.focus()
    press(page, "Enter")
    page.locator(".remark", has_text="The closing audit was called off").wait_for()
    off.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.textContent").startswith("The closing audit was called off")
    assert session.closing is None
    assert not page.errors
    page.context.close()


def test_addresses_name_galaxies_and_lists(browser, place, session):
    page = ready(open_page(browser, place()))
    press(page, "f")
    settled(page)
    go(page, "#/session/made/galaxy/galaxy-0000")
    page.locator(".board-head", has_text="One galaxy").wait_for()
    page.locator(".tile .chip", has_text="yes").wait_for()
    name = tiles(page)[0]
    go(page, f"#/session/made/galaxy/{name}")
    page.locator(".board-head", has_text="One galaxy").wait_for()
    for strange in ("no-such-galaxy", "<img src=x onerror=window.hacked=1>", "%E0%A4%A"):
        go(page, f"#/session/made/galaxy/{strange}")
        page.locator(".tile img").first.wait_for()
    assert page.evaluate("window.hacked") is None
    page.context.close()


def test_answers_given_while_the_server_is_away_arrive_once_and_in_order(browser, place, session):
    page = ready(open_page(browser, place()))
    page.route("**/api/**", lambda route: route.abort())
    press(page, "f", "j", "z", "Space", "Enter")
    page.locator(".outbox", has_text="unsent").wait_for()
    assert not session.log.events()
    other = ready(open_page(browser, place()))  # gets none of what waits there
    assert not set(tiles(other)) & set(tiles(page))
    page.unroute("**/api/**")
    page.locator(".outbox", has_text="saved").wait_for(timeout=30_000)
    told = [(e.kind, e.answer) for e in session.log.events()]
    assert told[:4] == [("answer", "yes"), ("answer", "no"), ("undo", None), ("answer", "maybe")]
    assert told[4:] == [("answer", "no")] * 22
    assert [e.stream for e in session.log.current().values()] == ["hunt"] * 24
    for one in (page, other):
        one.context.close()


def test_what_was_answered_and_not_sent_is_asked_on_no_other_page(browser, place):
    """A page that is left gives back what lies on it, but for what waits to be sent."""
    page = ready(open_page(browser, place()))
    page.route("**/events", lambda route: route.abort())
    press(page, "f", "j")
    page.locator(".outbox", has_text="unsent").wait_for()
    first, second, third, *_ = tiles(page)
    page.goto("about:blank")
    page.wait_for_timeout(500)  # its goodbye arrives after it is gone, unseen by the browser
    other = ready(open_page(browser, place()))
    assert third in tiles(other)
    assert not {first, second} & set(tiles(other))
    for one in (page, other):
        one.context.close()


def test_what_one_member_could_not_send_is_never_sent_in_anothers_name(browser, session):
    """One browser, used by one after the other."""
    library, members = FakeLibrary(), session.team.members
    library.made[session.name] = session
    for name in ("Ann", "Bob"):
        members.join(members.invite("annotator", by="me"), name)
    with served(session, library=library) as (app, _):
        door = app.extensions["tuningfork-door"]

        def entered(name, context=None):
            link = door.link(door.new_token(guest=Guest(session.name, name)))
            if context is None:
                return ready(open_page(browser, link))
            page = context.new_page()
            page.goto(link)
            page.locator(".top", has_text=f"as {name}").wait_for()
            return ready(page)

        ann = entered("Ann")
        ann.route("**/api/**", lambda route: route.abort())
        press(ann, "f", "j", "f")
        ann.locator(".outbox", has_text="3 unsent").wait_for()
        context = ann.context
        ann.close()
        bob = entered("Bob", context)
        press(bob, "j")
        settled(bob)
        assert [(e.annotator, e.answer) for e in session.log.events()] == [("Bob", "no")]
        bob.close()
        again = entered("Ann", context)
        settled(again)
        told = [(e.annotator, e.answer) for e in session.log.events()]
        assert told == [("Bob", "no"), ("Ann", "yes"), ("Ann", "no"), ("Ann", "yes")]
        context.close()
