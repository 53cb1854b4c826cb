"""Invitations, roles by route, two people in one session, what an owner may undo."""

import pytest

from tests.web.conftest import BASE, OWN
from tests.web.fakes import FakeCollection, FakeLibrary, FakeSession
from tests.web.test_gate import _an_address
from tests.web.test_loop_routes import Page
from tuningfork.labelling import Choice
from tuningfork.labelling.people.team import Team
from tuningfork.web import create_app
from tuningfork.web.gate import access_of
from tuningfork.web.identifiers import Identifiers
from tuningfork.web.looks import Looks
from tuningfork.web.visitors import RANKS

ROLE_OF = {  # every route, with the least role that may call it; a new route has to be entered here
    "pages.enter": "anyone",
    "pages.join": "anyone",
    "pages.static_file": "anyone",
    "team.join": "anyone",
    "pages.shell": "viewer",
    "pictures.galaxy": "viewer",
    "pictures.context": "viewer",
    "pictures.example": "viewer",
    "sky.galaxy": "viewer",
    "start.state": "viewer",
    "start.gallery": "viewer",
    "start.ids": "viewer",
    "loop.describe": "viewer",
    "loop.similar": "viewer",
    "loop.compare": "viewer",
    "loop.answers": "viewer",
    "loop.history": "viewer",
    "loop.estimates": "viewer",
    "loop.progress": "viewer",
    "team.team": "viewer",
    "map.describe": "viewer",
    "map.points": "viewer",
    "map.answers": "viewer",
    "map.scores": "viewer",
    "map.names": "viewer",
    "map.keep_set": "viewer",
    "map.set_page": "viewer",
    "loop.next_page": "annotator",
    "loop.record": "annotator",
    "loop.review": "annotator",
    "loop.close": "owner",
    "loop.call_off": "owner",
    "loop.configure": "owner",
    "loop.export": "owner",
    "map.make": "owner",
    "map.set_table": "owner",
    "team.invite": "owner",
    "team.set_role": "owner",
    "team.set_overlap": "owner",
    "team.link": "owner",
    "team.revoke": "owner",
    "team.restore": "owner",
    "start.nearest": "host",
    "start.add_picture": "host",
    "start.read_question": "host",
    "start.create": "host",
    "start.new_link": "host",
    "samp.news": "host",
    "samp.point": "host",
    "samp.table": "host",
}


def post(client, path, **body):
    return client.post(f"/api/sessions/made{path}", base_url=BASE, headers=OWN, json=body)


def joined(app, owner, role, name):
    """A client of somebody who took up an invitation."""
    link = post(owner, "/invitations", role=role).json["link"]
    client = app.test_client()
    session, _, token = link.rpartition("#")[2].partition("/")
    body = {"session": session, "token": token, "name": name}
    reply = client.post("/api/join", base_url=BASE, headers=OWN, json=body)
    assert reply.status_code == 200, reply.text
    return client


@pytest.fixture
def people(app, client):
    """One client of each role; "me" is the host and becomes the owner by the first invitation."""
    roles = RANKS[:4]
    return {role: joined(app, client, role, f"a {role}") for role in roles} | {"host": client}


def test_every_route_has_the_role_it_should(app):
    told = {r.endpoint: access_of(app.view_functions[r.endpoint]) for r in app.url_map.iter_rules()}
    assert told == ROLE_OF


def test_each_role_reaches_its_routes_and_no_further(app, people):
    for rule in app.url_map.iter_rules():
        least = access_of(app.view_functions[rule.endpoint])
        if least == "anyone":
            continue
        for role, client in people.items():
            in_session = "session" in rule.arguments
            held = role if in_session or role == "host" else "viewer"
            allowed = RANKS.index(held) >= RANKS.index(least) or (role == "host" and in_session)
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                reply = client.open(_an_address(rule), method=method, base_url=BASE, headers=OWN, json={})
                refused = reply.status_code == 403
                assert refused != allowed, (role, method, rule.rule, reply.text)
                assert reply.status_code != 401


def test_a_member_of_one_session_is_a_stranger_in_another(session):
    library = FakeLibrary()
    library.made["other"] = FakeSession(session.collection, name="other")
    app = create_app(session, port=8701, token="once", library=library)
    host = app.test_client()
    host.get("/enter?token=once", base_url=BASE)
    bob = joined(app, host, "annotator", "bob")
    assert bob.get("/api/sessions/made", base_url=BASE).json["me"] == {"name": "bob", "role": "annotator"}
    assert bob.get("/api/sessions/other", base_url=BASE).status_code == 401
    assert bob.get("/api/sessions/no-such", base_url=BASE).status_code == 401
    state = bob.get("/api/state", base_url=BASE).json
    assert [s["name"] for s in state["sessions"]] == ["made"]
    assert (state["session"], state["host"]) == ("made", False)


def test_an_invitation_holds_once_and_tells_a_stranger_nothing(app, client):
    link = post(client, "/invitations", role="annotator").json["link"]
    token = link.rpartition("/")[2]
    assert app.test_client().get("/join", base_url=BASE).status_code == 200  # looking spends nothing

    def join(**about):
        body = {"session": "made", "token": token, "name": "bob", **about}
        return app.test_client().post("/api/join", base_url=BASE, headers=OWN, json=body)

    refused = {join(token="x").json["error"], join(session="nope").json["error"].replace("nope", "made")}
    refused.add(join(session="../x").json["error"])
    assert len({e.partition(":")[0] for e in refused}) == 1
    assert join(name="   ").status_code == 400
    assert join(name="x" * 200).status_code == 400
    first = join()
    assert first.status_code == 200
    cookie = first.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert join(name="eve").status_code == 400
    assert client.post("/api/join", base_url=BASE, headers=OWN, json={}).status_code == 400


def test_two_people_get_no_galaxy_twice_and_answer_under_their_own_names(app, client, session):
    ann, bob = (
        Page(joined(app, client, "annotator", "ann"), "a"),
        Page(joined(app, client, "annotator", "bob"), "b"),
    )
    got = []
    while page := ann.next(7, held=got) + bob.next(7, held=got):
        got += page
    assert len(got) == len(set(got)) == 60
    one, two = ann.next(1, held=got), bob.next(1, held=got)
    assert one == two == []
    ann.send(ann.event(galaxies=got[:1]))
    bob.send(bob.event(answer="no", galaxies=got[7:8]))
    assert {e.annotator for e in session.events and session.log.events()} == {"ann", "bob"}
    undone = bob.send(bob.event("undo"), bob.event("undo")).json["results"]
    assert [len(r["galaxies"]) for r in undone] == [1, 0]  # nobody undoes what another did
    assert len(ann.client.get("/api/sessions/made/history", base_url=BASE).json["acts"]) == 1


def test_at_the_end_a_page_says_that_others_hold_the_rest(app, client):
    ann, bob = (
        Page(joined(app, client, "annotator", "ann"), "a"),
        Page(joined(app, client, "annotator", "bob"), "b"),
    )
    assert len(ann.next(100)) == 60
    reply = bob.post("/pages", client="b", held=[], n=6).json
    assert reply == {"galaxies": [], "elsewhere": 60}
    ann.next(0)  # ann closes the page
    assert len(bob.next(6)) == 6


def test_a_viewer_looks_and_changes_nothing(people, session):
    viewer = Page(people["viewer"], "v")
    assert viewer.post("/pages", client="v", held=[], n=6).status_code == 403
    assert viewer.send({"kind": "undo", "seq": 0}).status_code == 403
    assert "you are viewer" in viewer.post("/pages", client="v", held=[], n=6).json["error"]
    assert people["viewer"].get("/api/sessions/made/progress", base_url=BASE).status_code == 200


@pytest.fixture
def differing(client):
    session = FakeSession(FakeCollection(), overlap=2)
    app = create_app(session, port=8701, token="once", library=FakeLibrary())
    host = app.test_client()
    host.get("/enter?token=once", base_url=BASE)
    ann, bob, eve = (
        Page(joined(app, host, role, name), name)
        for role, name in (("annotator", "ann"), ("annotator", "bob"), ("adjudicator", "eve"))
    )
    galaxy = ann.next(1)[0]
    assert bob.next(1) == [galaxy]  # two people are asked, each without the other's answer
    assert bob.post("/answers", galaxies=[galaxy]).json == {"answers": {}}
    ann.send(ann.event(galaxies=[galaxy]))
    assert len(ann.client.get("/api/sessions/made/progress", base_url=BASE).json["best"]) == 1
    assert bob.client.get("/api/sessions/made/progress", base_url=BASE).json["best"] == []
    assert bob.post("/similar", galaxy=bob.next(1)[0], n=5).json["answers"] == {}
    bob.send(bob.event(answer="no", galaxies=[galaxy]))
    return session, ann, eve, galaxy


def test_what_people_differ_about_is_settled_once_by_who_may(differing):
    session, ann, eve, galaxy = differing
    assert ann.client.get("/api/sessions/made/review", base_url=BASE).json["votes"] == {}
    told = eve.client.get("/api/sessions/made/review", base_url=BASE).json
    assert told["lists"]["disputes"] == [galaxy]
    assert told["votes"] == {galaxy: {"ann": "yes", "bob": "no"}}
    word = {
        "kind": "settle",
        "seq": 0,
        "answer": "no",
        "items": [{"seq": 0, "galaxy": galaxy, "position": 0}],
    }
    assert (
        "error" in ann.send({**word, "seq": 9, "items": [{**word["items"][0], "seq": 9}]}).json["results"][0]
    )
    assert "error" not in eve.send(word).json["results"][0]
    assert "error" not in eve.send(word).json["results"][0]
    assert [e.kind for e in session.log.events()].count("adjudicate") == 1
    assert session.labels() == {"galaxy-0000": "no"}
    assert eve.client.get("/api/sessions/made/review", base_url=BASE).json["lists"]["disputes"] == []


def test_an_owner_takes_a_persons_answers_back_and_brings_them_again(app, client, session):
    bob = Page(joined(app, client, "annotator", "<b>bob</b>"), "b")
    bob.send(bob.event(galaxies=bob.next(1)))
    told = post(client, "/revocations", name="<b>bob</b>", reason="guessed").json["revoked"]
    assert session.labels() == {}
    assert (told[0]["annotator"], told[0]["answers"], told[0]["reason"]) == ("<b>bob</b>", 1, "guessed")
    assert post(client, "/revocations", name="nobody").status_code == 404
    assert post(client, "/restorations", revocation="nonsense").status_code == 400
    assert post(client, "/restorations", revocation=told[0]["name"]).json["revoked"] == []
    assert len(session.labels()) == 1


def test_who_is_removed_is_out_at_once(app, client):
    bob = joined(app, client, "annotator", "bob")
    assert bob.get("/api/sessions/made", base_url=BASE).status_code == 200
    post(client, "/roles", name="bob", role="removed")
    assert bob.get("/api/sessions/made", base_url=BASE).status_code == 401
    assert bob.get("/api/state", base_url=BASE).status_code == 401
    assert post(client, "/roles", name="me", role="viewer").status_code == 400  # a team needs an owner
    assert post(client, "/roles", name="nobody", role="owner").status_code == 404


def test_an_owner_lets_back_in_who_was_removed_and_an_old_browser_stays_out(app, client, session):
    bob, eve = joined(app, client, "adjudicator", "bob"), joined(app, client, "annotator", "eve")
    told = post(client, "/roles", name="bob", role="removed").json
    assert told["removed"] == [{"name": "bob", "role": "adjudicator"}]
    assert eve.get("/api/sessions/made/team", base_url=BASE).json["removed"] == []  # for owners
    told = post(client, "/roles", name="bob", role="viewer").json
    assert (told["removed"], {"name": "bob", "role": "viewer"} in told["members"]) == ([], True)
    assert bob.get("/api/sessions/made", base_url=BASE).status_code == 401
    link = post(client, "/links", name="bob").json["link"]
    bob.get(link.removeprefix(BASE), base_url=BASE)
    assert bob.get("/api/sessions/made", base_url=BASE).json["me"] == {"name": "bob", "role": "viewer"}
    assert post(client, "/roles", name="nobody", role="viewer").status_code == 404


def test_an_owner_says_on_the_page_how_many_people_answer(app, client, session):
    one = Page(joined(app, client, "annotator", "ann"), "a")
    two = Page(joined(app, client, "annotator", "bob"), "b")
    first = one.next(1)
    one.send(one.event(galaxies=first))
    assert two.next(1) != first
    wanted = {"overlap": 2, "overlap_finds": 3, "overlap_audit": 1}
    assert post(client, "/overlap", **wanted).json["overlap"] == wanted
    assert (session.settings.team.overlap, session.settings.team.lease_seconds) == (2, 600)
    assert first[0] in two.next(60)
    for bad in ({"overlap": 0}, {"overlap": 51}, {"overlap": 1.5}, {"overlap_finds": "2"}):
        assert post(client, "/overlap", **{**wanted, **bad}).status_code == 400
    assert one.post("/overlap", **wanted).status_code == 403


def test_nobody_joins_under_the_name_of_who_was_removed(app, client, session):
    bob = Page(joined(app, client, "annotator", "bob"), "b")
    bob.send(bob.event(galaxies=bob.next(1)))
    post(client, "/roles", name="bob", role="removed")
    link = post(client, "/invitations", role="annotator").json["link"]
    body = {"session": "made", "token": link.rpartition("/")[2], "name": "BOB"}
    reply = app.test_client().post("/api/join", base_url=BASE, headers=OWN, json=body)
    assert (reply.status_code, "already" in reply.json["error"]) == (400, True)
    reply = app.test_client().post("/api/join", base_url=BASE, headers=OWN, json={**body, "name": "eve"})
    assert reply.json["name"] == "eve"


def test_the_last_words_of_one_event_come_all_or_none(differing):
    session, _, eve, galaxy = differing
    items = [{"seq": k, "galaxy": g, "position": k} for k, g in enumerate((galaxy, "f" * 24))]
    told = eve.send({"kind": "settle", "seq": 0, "answer": "no", "items": items}).json["results"]
    assert "error" in told[0]
    assert [e.kind for e in session.log.events()].count("adjudicate") == 0


def test_what_somebody_skipped_and_another_holds_is_not_the_end(app, client):
    ann, bob, eve = (Page(joined(app, client, "annotator", name), name) for name in ("ann", "bob", "eve"))
    skipped = ann.next(1)
    rest = ann.next(100, held=skipped)
    ann.send(ann.event(answer="skip", galaxies=skipped))
    ann.send(ann.event(answer="no", galaxies=rest))
    ann.next(0)
    assert bob.next(1) == skipped
    assert eve.post("/pages", client="eve", held=[], n=6).json == {"galaxies": [], "elsewhere": 1}
    assert ann.post("/pages", client="ann", held=[], n=6).json == {"galaxies": [], "elsewhere": 0}


def test_a_second_look_lies_on_its_page_while_the_first_is_corrected(session):
    looks = Looks(session, Identifiers(session.collection, "key"))

    def say(seq, answer, **shown):
        one = {"galaxy_id": "galaxy-0000", "answer": answer, "client_seq": seq, "shown": shown}
        session.answer_many([one], client_id="page")

    say(0, "yes")
    (name,) = looks.names("me", [session._choice(0)])
    assert looks.waiting("me", [name]) == ["galaxy-0000"]
    say(1, "no")
    assert looks.waiting("me", [name]) == ["galaxy-0000"]
    say(2, "skip", stream="repeat", look=1)
    assert looks.waiting("me", [name]) == []
    assert looks.own("me") == {"galaxy-0000": "no"}


def test_a_member_is_known_after_a_restart_and_by_a_fresh_link(app, client, session):
    bob = joined(app, client, "annotator", "bob")
    cookie = bob.get_cookie("tuningfork-8701-made", domain="127.0.0.1")
    again = create_app(session, port=8701, token="two", library=FakeLibrary())
    after = again.test_client()
    after.set_cookie("tuningfork-8701-made", cookie.value, domain="127.0.0.1")
    assert after.get("/api/sessions/made", base_url=BASE).json["me"]["name"] == "bob"
    link = post(client, "/links", name="bob").json["link"]
    fresh = app.test_client()
    reply = fresh.get(link.removeprefix(BASE), base_url=BASE)
    assert reply.headers["Location"].endswith("#/session/made")
    assert fresh.get("/api/sessions/made", base_url=BASE).json["me"]["name"] == "bob"
    assert app.test_client().get(link.removeprefix(BASE), base_url=BASE).status_code == 401
    assert post(client, "/links", name="nobody").status_code == 404


def test_a_host_without_a_role_is_told_what_to_do(session):
    session.team.members.invite("viewer", by="ann")
    app = create_app(session, port=8701, token="once", library=FakeLibrary())
    host = app.test_client()
    host.get("/enter?token=once", base_url=BASE)
    reply = host.get("/api/sessions/made", base_url=BASE)
    assert reply.status_code == 403
    assert "--as" in reply.json["error"]
    app = create_app(session, port=8701, token="once", annotator="ann", library=FakeLibrary())
    host = app.test_client()
    host.get("/enter?token=once", base_url=BASE)
    assert host.get("/api/sessions/made", base_url=BASE).json["me"] == {"name": "ann", "role": "owner"}


def _people(app, client, *names):
    return [Page(joined(app, client, "annotator", name), name) for name in names]


def test_a_page_learns_what_went_to_others_and_what_is_not_here(app, client, session):
    ann, bob = _people(app, client, "ann", "bob")
    got = ann.next(6)
    ask = lambda page, names: page.post("/answers", galaxies=names, others=True).json  # noqa: E731
    assert ask(ann, [*got, "0" * 24, "<b>"]) == {"answers": {}, "others": ["0" * 24, "<b>"]}
    ann.send(ann.event(galaxies=got[:3]), ann.event("undo"))
    bob.send(bob.event(answer="no", galaxies=got[:1]))
    ann.send(ann.event("redo"))
    assert ask(ann, got) == {"answers": dict.fromkeys(got[:3], "yes"), "others": got[:1]}
    assert session.labels()["galaxy-0000"] == "no"  # what was said last stands, not what was brought again
    ann.next(0)
    assert set(bob.next(100)) >= set(got[3:])  # given back, and bob's now
    assert ask(ann, got)["others"] == [got[0], *got[3:]]


def test_who_asks_what_went_to_others_learns_no_answer_and_no_stream(app, client, session):
    ann, bob = _people(app, client, "ann", "bob")
    (gold,) = ann.next(1)
    offer = session.team.leases.offers()[0]
    choice = Choice(offer.galaxy_id, 0, "gold", "known", 1, 0.5, "made", "v1", None)
    session.team.leases.claim([choice], person="ann", client_id="ann", closed=lambda held: set())
    bob.send(bob.event(galaxies=[gold]))
    assert ann.post("/answers", galaxies=[gold], others=True).json["others"] == []
    session.settings.team = Team(overlap=1, overlap_finds=2)  # a find is asked again, a reject is not
    finds, rejects = bob.next(1), bob.next(1)
    bob.send(bob.event(galaxies=finds), bob.event(answer="no", galaxies=rejects))
    ann.next(0), bob.next(0)
    told = [ann.post("/answers", galaxies=names, others=True).json["others"] for names in (finds, rejects)]
    assert told == [[], []]


def test_who_asks_beforehand_what_others_have_tells_no_known_galaxy_apart(app, client, session):
    """A known galaxy is asked of everybody: what others have and is asked of one all the same is one."""
    ann, bob, cat = _people(app, client, "ann", "bob", "cat")
    names = bob.next(3)
    bob.send(bob.event(galaxies=names))
    ask = lambda: ann.post("/answers", galaxies=names, others=True).json["others"]  # noqa: E731
    assert ask() == []  # nothing was put before ann yet
    session.settings.team = Team(overlap=2)
    cat.send(cat.event(answer="no", galaxies=names))
    assert ask() == []
    choice = Choice("galaxy-0000", 0, "hunt", "x", 1, 0.5, "made", "v1", None)  # the first of them
    session.team.leases.claim([choice], person="ann", client_id="ann", closed=lambda held: set())
    assert ask() == names[:1]
    session.team.add_gold(["galaxy-0000"], "yes", by="me")
    assert ask() == []


def test_a_reload_keeps_what_it_still_holds_and_gives_back_the_rest(app, client, session):
    ann, bob = _people(app, client, "ann", "bob")
    now = [1000.0]
    session.team.leases._clock = lambda: now[0]
    got = ann.next(6)
    now[0] += 500
    body = {"client": "after", "held": got[:2], "n": 1, "after": "ann"}
    assert ann.post("/pages", **body).json["galaxies"] == [got[2]]
    now[0] += 500  # the old page's lease would be over
    assert bob.next(3) == got[3:6]
    assert not set(bob.next(6, held=got[3:6])) & set(got[:2])
