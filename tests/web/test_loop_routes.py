"""Pages, events, progress and settings over HTTP."""

import threading
import time

import pytest

from tests.web.conftest import BASE, OWN
from tests.web.fakes import FakeCollection, FakeLibrary, FakeSession
from tuningfork.errors import TuningforkError
from tuningfork.web import create_app


class Page:
    """What the page's scripts do, in Python."""

    def __init__(self, client, name="tab"):
        self.client, self.name, self.seq = client, name, 0

    def post(self, path, **body):
        return self.client.post(f"/api/sessions/made{path}", base_url=BASE, headers=OWN, json=body)

    def next(self, n=6, held=()):
        return self.post("/pages", client=self.name, held=list(held), n=n).json["galaxies"]

    def event(self, kind="answer", answer="yes", galaxies=(), **more):
        seq, self.seq = self.seq, self.seq + max(1, len(galaxies))
        items = [{"seq": seq + i, "galaxy": g, "position": i} for i, g in enumerate(galaxies)]
        return (
            {"kind": kind, "seq": seq, "answer": answer, "items": items, **more}
            if kind == "answer"
            else {"kind": kind, "seq": seq}
        )

    def send(self, *events, **more):
        return self.post("/events", client=self.name, events=list(events), **more)


@pytest.fixture
def page(client):
    return Page(client)


def test_an_answer_reaches_the_log_with_its_context(page, session):
    galaxy = page.next(1)[0]
    reply = page.send(page.event(galaxies=[galaxy], view="stream", stretch="deep", seconds=1.25))
    assert reply.json["results"] == [{"seq": 0, "duplicate": False}]
    event = session.events[0]
    assert (event["galaxy_id"], event["answer"]) == ("galaxy-0000", "yes")
    shown = event["shown"]
    assert (shown["stream"], shown["rank"], shown["view"], shown["stretch"], shown["seconds"]) == (
        "hunt",
        1,
        "stream",
        "deep",
        1.25,
    )


def test_a_page_is_blind(page):
    reply = page.post("/pages", client="tab", held=[], n=4)
    assert set(reply.json) == {"galaxies", "elsewhere"}
    for word in ("score", "hunt", "rank", "galaxy-0"):
        assert word not in reply.text.replace('"galaxies"', "")


def test_why_is_told_after_the_answer_and_only_on_request(page):
    first, second = page.next(2)
    assert "reveal" not in page.send(page.event(galaxies=[first])).json["results"][0]
    told = page.send(page.event(galaxies=[second]), reveal=True).json["results"][0]["reveal"]
    assert (told["name"], told["stream"], told["score"]) == ("galaxy-0001", "hunt", 0.5)


def test_a_second_sending_adds_nothing(page, session):
    event = page.event(galaxies=page.next(1))
    page.send(event)
    assert page.send(event).json["results"][0]["duplicate"] is True
    assert len(session.events) == 1


def test_the_rest_of_a_page_is_one_action(page, session):
    galaxies = page.next(6)
    page.send(page.event(answer="no", galaxies=galaxies), page.event("undo"))
    assert session.labels() == {}
    assert len(session.events) == 6


def test_undo_and_redo_say_what_stands(page, session):
    galaxy = page.next(1)[0]
    page.send(page.event(galaxies=[galaxy]))
    assert page.send(page.event("undo")).json["results"][0]["galaxies"] == [{"id": galaxy, "answer": None}]
    assert page.send(page.event("redo")).json["results"][0]["galaxies"] == [{"id": galaxy, "answer": "yes"}]
    assert page.send(page.event("redo")).json["results"][0]["galaxies"] == []


def test_pages_hold_what_was_handed_out(page):
    first = page.next(6)
    second = page.next(6, held=first)
    assert not set(first) & set(second)


def test_two_browsers_are_never_asked_about_the_same_galaxy(app, client):
    token = app.extensions["tuningfork-door"].new_token()
    other = app.test_client()
    other.get(f"/enter?token={token}", base_url=BASE)
    one, two = Page(client, "one"), Page(other, "two")
    first, second = one.next(10), two.next(10)
    assert not set(first) & set(second)
    assert not set(one.next(10, held=first)) & {*second, *first}


def test_two_browsers_that_ask_at_once_get_different_galaxies(session, client):
    from tuningfork.web.identifiers import Identifiers
    from tuningfork.web.loop import Loop

    class Slow(type(session)):
        def next_batch(self, n, **about):
            choices = super().next_batch(n, **about)
            time.sleep(0.05)
            return choices

    loop = Loop(Slow(session.collection), Identifiers(session.collection, "here"))
    pages = {}
    threads = [
        threading.Thread(
            target=lambda name=name: pages.update({name: loop.page("me", name, [], 6)["galaxies"]})
        )
        for name in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not set(pages["a"]) & set(pages["b"])


def test_a_page_that_took_all_and_was_closed_leaves_it_to_the_next(client):
    first = Page(client, "closed").next(100)
    assert len(first) == 60
    assert Page(client, "reloaded").next(6) == first[:6]


def test_a_page_that_says_goodbye_holds_nothing(client):
    first, second = Page(client, "one"), Page(client, "two")
    galaxies = first.next(6)
    assert first.next(0) == []
    assert second.next(6) == galaxies


def test_a_bad_event_does_not_keep_the_next_one_back(page, session):
    galaxy = page.next(1)[0]
    results = page.send(
        page.event(galaxies=["0" * 24]),
        page.event(answer="<b>nonsense</b>", galaxies=[galaxy]),
        page.event(galaxies=[galaxy]),
    ).json["results"]
    assert "error" in results[0]
    assert "error" in results[1]
    assert results[2]["duplicate"] is False
    assert list(session.labels().values()) == ["yes"]


def test_a_full_disk_stops_the_line_and_loses_nothing(page, session, monkeypatch):
    galaxies = page.next(2)
    events = [page.event(galaxies=[g]) for g in galaxies]

    def full(*args, **kwargs):
        raise TuningforkError("cannot write: No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(session, "answer_many", full)
        results = page.send(*events).json["results"]
    assert len(results) == 1
    assert "No space left" in results[0]["later"]
    assert len(page.send(*events).json["results"]) == 2
    assert len(session.labels()) == 2


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"kind": "delete", "seq": 0},
        {"kind": "answer"},
        {"kind": "answer", "seq": -1},
        {"kind": "answer", "seq": True},
        {"kind": "answer", "seq": 0, "answer": 7},
        {"kind": "answer", "seq": 0, "answer": "x" * 500},
        {"kind": "answer", "seq": 0, "answer": "yes", "items": [{"seq": 0, "galaxy": 5, "position": 0}]},
        {"kind": "answer", "seq": 0, "answer": "yes", "items": "all"},
        {"kind": "answer", "seq": 0, "answer": "yes", "view": "secret"},
        {"kind": "answer", "seq": 0, "answer": "yes", "seconds": 1e300},
        {"kind": "answer", "seq": 0, "answer": "yes", "columns": 0},
        "undo",
        None,
        [],
    ],
)
def test_malformed_events_are_refused(page, session, event):
    assert page.send(event).status_code == 400
    assert not session.events


def test_an_answer_about_nothing_is_harmless(page, session):
    assert page.send({"kind": "answer", "seq": 0, "answer": "yes", "items": []}).status_code in (200, 400)
    assert not session.events


def test_refits_run_behind_and_join(app, page, session):
    loop = app.extensions["tuningfork-bench"].loop("made")
    gate, started = threading.Event(), threading.Event()

    def slow():
        started.set()
        gate.wait(10)
        session.refitted += 1

    loop.refits._refit = slow
    for galaxy in page.next(5):
        page.send(page.event(galaxies=[galaxy]))  # returns although the refit waits
    assert started.wait(5)
    gate.set()
    assert loop.refits.wait(10)
    assert 1 <= session.refitted <= 3


def test_a_failing_refit_is_logged_and_the_page_goes_on(app, page, session, caplog):
    loop = app.extensions["tuningfork-bench"].loop("made")
    loop.refits._refit = lambda: 1 / 0
    page.send(page.event(galaxies=page.next(1)))
    assert loop.refits.wait(5)
    assert "could not be refitted" in caplog.text
    assert page.next(3)


def test_progress_holds_the_counts_and_only_found_ones(page, client):
    a, b = page.next(2)
    page.send(page.event(galaxies=[a]), page.event(answer="no", galaxies=[b]))
    progress = client.get("/api/sessions/made/progress", base_url=BASE).json
    assert (progress["answers"], progress["found"], progress["galaxies"]) == (2, 1, 60)
    assert progress["best"] == [{"id": a, "name": "galaxy-0000", "found": True}]


def test_similar_galaxies_come_with_the_answers_that_stand(page):
    a, b = page.next(2)
    page.send(page.event(galaxies=[b]))
    reply = page.post("/similar", galaxy=a, n=5).json
    assert len(reply["galaxies"]) == 5
    assert reply["answers"] == {b: "yes"}


def test_settings_are_chosen_from_what_there_is(page, session):
    assert page.post("/settings", strategy="random", head="mlp").json["strategy"] == "random"
    assert (session.strategy_name, session.head_name) == ("random", "mlp")
    assert page.post("/settings", strategy="__import__").status_code == 400
    assert page.post("/settings", head=["mlp"]).status_code == 400
    assert page.post("/settings", audit=0.2).json["shares"] == {"audit": 0.2, "gold": 0.0, "repeat": 0.0}
    assert session.settings.streams.audit == 0.2
    for bad in (
        {"audit": 1.5},
        {"audit": "0.2"},
        {"audit": True},
        {"gold": -0.1},
        {"audit": 0.6, "gold": 0.6},
    ):
        assert page.post("/settings", **bad).status_code == 400
    assert session.settings.streams.audit == 0.2  # nothing of what was refused was kept


def test_export_is_a_download(page, client):
    page.send(page.event(galaxies=page.next(1)))
    reply = client.get("/api/sessions/made/export/csv", base_url=BASE)
    assert reply.headers["Content-Disposition"] == "attachment; filename=made.csv"
    assert reply.text.splitlines() == ["id,label", "galaxy-0000,yes"]
    assert client.get("/api/sessions/made/export/exe", base_url=BASE).status_code == 404


def test_an_unknown_session_is_a_plain_404(client):
    reply = client.get("/api/sessions/nope", base_url=BASE)
    assert reply.status_code == 404
    assert "nope" in reply.json["error"]


def test_at_the_end_pages_are_empty(client):
    page = Page(client)
    everything = page.next(100)
    assert len(everything) == 60
    assert page.next(5, held=everything) == []


def test_answers_after_a_restart_keep_why_their_galaxy_was_asked(session):
    before = create_app(session, port=8701, token="a", library=FakeLibrary())
    client = before.test_client()
    client.get("/enter?token=a", base_url=BASE)
    page = Page(client)
    galaxy, second = page.next(2)
    after = create_app(session, port=8701, token="b", library=FakeLibrary())
    page.client = after.test_client()
    assert page.send(page.event(galaxies=[galaxy])).status_code == 401
    page.client.get("/enter?token=b", base_url=BASE)
    assert page.send(page.event(galaxies=[galaxy])).json["results"][0]["duplicate"] is False
    told = session.events[0]["shown"]
    assert (told["stream"], told["strategy"], told["rank"]) == ("hunt", "greedy", 1)
    as_repeat = session._choice(1, "repeat")  # what was asked at a second look is no reason of the first
    session.team.leases.claim([as_repeat], person="me", client_id="x", closed=lambda _: set())
    page.send(page.event(galaxies=[second]))
    assert session.events[1]["shown"]["stream"] == "hunt"


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "{{7*7}}",
    "=cmd|' /C calc'!A0",
    "a/../../b",
    "\u202egnp.exe",
]


def test_hostile_ids_come_out_as_json_strings_only():
    session = FakeSession(FakeCollection(HOSTILE))
    app = create_app(session, port=8701, token="once", library=FakeLibrary())
    client = app.test_client()
    client.get("/enter?token=once", base_url=BASE)
    page = Page(client)
    for galaxy in page.next(len(HOSTILE)):
        page.send(page.event(galaxies=[galaxy]))
    reply = client.get("/api/sessions/made/progress", base_url=BASE)
    assert reply.content_type == "application/json"
    assert {b["name"] for b in reply.json["best"]} == set(HOSTILE)


def test_a_page_that_asks_by_itself_takes_nothing_from_the_persons_other_pages(client):
    first = Page(client, "one").next(100)
    second = Page(client, "two")
    asked = {"client": "two", "held": [], "n": 5}
    told = second.post("/pages", **asked, patient=True).json
    assert told == {"galaxies": [], "elsewhere": 60}
    assert second.post("/pages", **asked, patient="yes").status_code == 400
    assert second.next(5) == first[:5]  # as when somebody asks: the other page may be gone


def test_a_closing_audit_is_begun_once_and_within_bounds(page, session, client):
    session.offer = {"completeness": 0.9, "looks": 20, "inside": 40, "number": 1, "answers": 26}
    claims = client.application.extensions["tuningfork-bench"].loop("made").claims

    def closing():
        client.get("/api/sessions/made/estimates", base_url=BASE)
        assert claims.wait(30)  # it is counted behind the page
        return client.get("/api/sessions/made/estimates", base_url=BASE).json["closing"]

    assert closing()["offered"] is True
    for bad in ({"completeness": 0.2}, {"completeness": "1"}, {"completeness": 1.0}):
        assert page.post("/closing", **bad).status_code == 400
    assert session.closing is None
    told = page.post("/closing")
    assert told.json == {"looks": 20, "inside": 40, "completeness": 0.9}
    assert page.post("/closing").json == told.json
    begun = closing()
    assert (begun["offered"], begun["runs"], "0 of its 26" in begun["line"]) == (False, True, True)
    assert [page.post("/closing/off").json for _ in range(2)] == [{"called_off": True}, {"called_off": False}]
    assert (session.closing, closing()["runs"]) == (None, False)
