"""The attack suite: what a stranger, another site or a crooked client gets."""

import json

import pytest

from tests.web.conftest import BASE, OWN, PORT
from tuningfork.web import create_app
from tuningfork.web.doorkeeper import Doorkeeper
from tuningfork.web.gate import access_of
from tuningfork.web.visitors import RANKS


def _an_address(rule):
    values = {
        "session": "made",
        "name": "x",
        "kind": "csv",
        "version": "v",
        "size": 96,
        "look": "as-is",
        "key": "k",
    }
    with_values = {name: values[name] for name in rule.arguments}
    return rule.build(with_values, append_unknown=False)[1]


def test_every_route_declares_who_may_call_it(app):
    for rule in app.url_map.iter_rules():
        assert access_of(app.view_functions[rule.endpoint]) in ("anyone", *RANKS), rule.rule


def test_a_route_that_declares_nothing_is_refused(app, client):
    app._got_first_request = False
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    reply = client.get("/forgotten", base_url=BASE)
    assert reply.status_code == 403
    assert b"secret" not in reply.data


def test_only_the_entrance_and_static_files_are_open(app):
    public = {
        r.endpoint for r in app.url_map.iter_rules() if access_of(app.view_functions[r.endpoint]) == "anyone"
    }
    assert public == {"pages.enter", "pages.join", "pages.static_file", "team.join"}


def test_a_stranger_is_let_in_nowhere(app, stranger):
    for rule in app.url_map.iter_rules():
        if access_of(app.view_functions[rule.endpoint]) == "anyone":
            continue
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            reply = stranger.open(_an_address(rule), method=method, base_url=BASE, headers=OWN, json={})
            assert reply.status_code == 401, (method, rule.rule)


@pytest.mark.parametrize(
    "host",
    [
        "evil.test",
        f"evil.test:{PORT}",
        "127.0.0.1",
        "127.0.0.1:1",
        f"127.0.0.1.evil.test:{PORT}",
        "",
        f"LOCALHOST.:{PORT}",
    ],
)
def test_another_host_name_is_refused_before_routing(client, host):
    for path in ("/", "/static/app.js", "/no-such-page"):
        reply = client.get(path, base_url=BASE, headers={"Host": host})
        assert reply.status_code == 421


def test_localhost_is_our_own_name_too(client):
    assert client.get("/static/base.css", base_url=f"http://localhost:{PORT}").status_code == 200


def _writes(app):
    return [r for r in app.url_map.iter_rules() if r.methods & {"POST", "PUT", "PATCH", "DELETE"}]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": f"http://127.0.0.1:{PORT + 1}"}, 403),
        ({"Origin": f"{BASE}.evil.test"}, 403),
        ({"Origin": f"http://localhost:{PORT}"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": BASE, "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_writes_from_elsewhere_are_refused_on_every_route(app, client, session, headers, status):
    for rule in _writes(app):
        reply = client.post(_an_address(rule), base_url=BASE, headers=headers, json={})
        assert reply.status_code == status, rule.rule
    assert not session.events


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", ""]
)
def test_what_a_form_can_send_is_refused(app, client, kind):
    for rule in _writes(app):
        reply = client.post(
            _an_address(rule), base_url=BASE, headers=OWN, data=b'{"n": 1}', content_type=kind
        )
        assert reply.status_code == 415, rule.rule


def test_reads_from_another_site_are_refused_even_with_the_cookie(client):
    for site in ("cross-site", "same-site"):
        assert client.get("/api/state", base_url=BASE, headers={"Sec-Fetch-Site": site}).status_code == 403
    assert (
        client.get("/api/state", base_url=BASE, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    )


def test_get_changes_nothing(app, client, session):
    before = (list(session.events), session.refitted, list(session.examples), session.strategy_name)
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods and rule.endpoint != "pages.enter":
            for path in (_an_address(rule), _an_address(rule) + "?token=x&strategy=random&answer=yes"):
                client.get(path, base_url=BASE)
    assert before == (list(session.events), session.refitted, list(session.examples), session.strategy_name)


def test_no_route_answers_to_other_methods(app, client):
    for rule in app.url_map.iter_rules():
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
            assert (
                client.open(_an_address(rule), method=method, base_url=BASE, headers=OWN, json={}).status_code
                == 405
            )


def test_the_link_works_once(app):
    first, second = app.test_client(), app.test_client()
    reply = first.get("/enter?token=once", base_url=BASE)
    cookie = reply.headers["Set-Cookie"]
    assert reply.status_code == 303
    assert cookie.startswith(f"tuningfork-{PORT}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Domain" not in cookie
    assert second.get("/enter?token=once", base_url=BASE).status_code == 401
    assert "Set-Cookie" not in second.get("/enter?token=once", base_url=BASE).headers
    assert first.get("/", base_url=BASE).status_code == 200
    assert second.get("/", base_url=BASE).status_code == 401


def test_who_is_inside_does_not_burn_another_link(app, client):
    door = app.extensions["tuningfork-door"]
    token = door.new_token()
    assert client.get(f"/enter?token={token}", base_url=BASE).status_code == 303
    assert door.exchange(token) is not None


@pytest.mark.parametrize("cookie", ["", "x", "once", "é" * 50])
def test_a_made_up_cookie_opens_nothing(stranger, cookie):
    stranger.set_cookie(f"tuningfork-{PORT}", cookie, domain="127.0.0.1")
    assert stranger.get("/api/state", base_url=BASE).status_code == 401


def test_old_links_die_when_many_are_made():
    door = Doorkeeper(1, "first")
    for _ in range(door.MOST_LINKS):
        door.new_token()
    assert door.exchange("first") is None


def test_the_token_is_in_no_log(app, caplog, capfd):
    caplog.set_level(0)
    app.test_client().get("/enter?token=once", base_url=BASE)
    app.test_client().get("/enter?token=once", base_url=BASE)
    out, err = capfd.readouterr()
    assert "once" not in caplog.text + out + err


def test_every_reply_carries_the_headers(app, client, stranger):
    replies = [client.get(p, base_url=BASE) for p in ("/", "/static/app.js", "/api/state", "/nothing")]
    replies += [stranger.get("/", base_url=BASE), stranger.get("/", base_url="http://evil.test")]
    for reply in replies:
        policy = reply.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert reply.headers["X-Frame-Options"] == "DENY"
        assert reply.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert not [name for name, _ in reply.headers if name.lower().startswith("access-control")]


PATHS = [
    "..",
    "../app.py",
    "..%2fapp.py",
    "%2e%2e/app.py",
    "..\\app.py",
    "..%5capp.py",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "C:%5cWindows%5cwin.ini",
    "%5c%5chost%5cshare",
    "app.js%00.css",
    "....//app.py",
    "__init__.py",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leaves_the_folder(client, path):
    for place in (
        "/static/",
        "/pictures/v/galaxy/",
        "/pictures/example/",
        "/api/sessions/",
        "/api/sessions/made/export/",
    ):
        reply = client.get(place + path, base_url=BASE)
        assert reply.status_code in (308, 400, 404, 405, 422)
        assert b"root:" not in reply.data
        assert b"import" not in reply.data


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"7", b'"x"', b"\xff\xfe", b'{"client": NaN}', b"[" * 5000]
)
def test_broken_json_is_a_plain_400(client, body):
    reply = client.post(
        "/api/sessions/made/pages", base_url=BASE, headers=OWN, data=body, content_type="application/json"
    )
    assert reply.status_code == 400
    assert "Traceback" not in reply.text


def test_oversized_bodies_are_refused(client):
    big = json.dumps({"client": "a", "held": [], "n": 1, "more": "x" * 300_000})
    reply = client.post(
        "/api/sessions/made/pages", base_url=BASE, headers=OWN, data=big, content_type="application/json"
    )
    assert reply.status_code == 413


def test_a_failure_inside_shows_no_trace(app, client, session, monkeypatch, caplog):
    monkeypatch.setattr(session, "best", lambda n: 1 / 0)
    reply = client.get("/api/sessions/made/progress", base_url=BASE)
    assert reply.status_code == 500
    assert reply.json == {"error": "Something went wrong on the server; the terminal says what"}
    assert "ZeroDivisionError" in caplog.text


def test_debugging_is_off_whatever_the_environment_says(session, monkeypatch):
    monkeypatch.setenv("FLASK_DEBUG", "1")
    monkeypatch.setenv("FLASK_ENV", "development")
    app = create_app(session, port=PORT, token="once")
    monkeypatch.setattr(session, "best", lambda n: 1 / 0)
    client = app.test_client()
    client.get("/enter?token=once", base_url=BASE)
    told = client.get("/api/sessions/made/progress", base_url=BASE)
    assert (app.debug, told.status_code) == (False, 500)
    assert "division" not in told.text


def test_a_new_link_is_for_insiders(app, client, stranger):
    assert stranger.post("/api/links", base_url=BASE, headers=OWN, json={}).status_code == 401
    link = client.post("/api/links", base_url=BASE, headers=OWN, json={}).json["link"]
    assert link.startswith(f"{BASE}/enter?token=")
    assert stranger.get(link.removeprefix(BASE), base_url=BASE).status_code == 303


def test_the_first_token_is_long_and_random(session):
    tokens = {create_app(session, port=PORT).extensions["tuningfork-door"].first_token for _ in range(3)}
    assert len(tokens) == 3
    assert all(len(token) >= 43 for token in tokens)


def test_no_key_is_like_another(session):
    """What a link becomes, an invitation, and what a member's browser is known by: a default would let in
    whoever has read the program.
    """
    door, members = Doorkeeper(PORT), session.team.members
    tokens = [members.invite("viewer", by="me") for _ in range(3)]
    members.join(tokens[0], "ann")
    keys = [door.exchange(door.new_token()) for _ in range(3)] + [members.admit("ann") for _ in range(3)]
    assert len({*tokens, *keys}) == 9
    assert all(len(secret) >= 43 for secret in (*tokens, *keys))
