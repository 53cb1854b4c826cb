"""What crooked clients do to a running server, byte by byte: plain as for a proxy, and with TLS."""

import contextlib
import gzip
import json
import logging
import resource
import socket
import struct
import time
import zlib

import pytest

from tests.web.fakes import FakeCollection, FakeLibrary, FakeSession
from tests.web.listening import listening
from tuningfork.web import plain_server, tls_server

SOON = 2  # seconds from the first byte of a request to its last, in these tests


@pytest.fixture
def session():
    return FakeSession(FakeCollection())


def _served(session, folder, monkeypatch, kind):
    if kind == "tls":
        pytest.importorskip("tornado", reason="TLS takes tornado (tuningfork[tls])")
    monkeypatch.setattr(plain_server, "LONGEST_REQUEST", SOON)
    monkeypatch.setattr(tls_server, "LONGEST_REQUEST", SOON)
    return listening(session, folder, tls=kind == "tls", library=FakeLibrary())


@pytest.fixture(params=["plain", "tls"])
def place(request, session, tmp_path, monkeypatch):
    with _served(session, tmp_path, monkeypatch, request.param) as place:
        yield place


@pytest.fixture
def plain(session, tmp_path, monkeypatch):
    with _served(session, tmp_path, monkeypatch, "plain") as place:
        yield place


def _post(place, path, body, **headers):
    told = {"Content_Type": "application/json", "Origin": place.door.address.origin, **headers}
    return place.ask(path, method="POST", body=body if isinstance(body, bytes) else _json(body), **told)


def _json(body):
    return json.dumps(body).encode()


# --- slow and silent clients ----------------------------------------------------------------------


def _is_closed(connection):
    """Whether the other side has hung up; an error that it sent first is read."""
    connection.settimeout(0.01)
    try:
        while connection.recv(65536):
            pass
        return True
    except TimeoutError:
        return False
    except OSError:
        return True


@pytest.mark.parametrize(
    "start",
    [b"GET / HTTP/1.1\r\nX-A: ", b"POST /api/join HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n"],
)
def test_drops_of_a_request_hold_nobody_up_and_end(place, start):
    slow = [place.connect() for _ in range(30)]
    for connection in slow:
        connection.sendall(start)
    began, waits, open_ones = time.monotonic(), [], list(slow)
    while open_ones and time.monotonic() - began < 5 * SOON:
        for connection in open_ones:
            with contextlib.suppress(OSError):
                connection.sendall(b"a")
        asked = time.monotonic()
        assert place.ask("/static/base.css").status == 200
        waits.append(time.monotonic() - asked)
        time.sleep(0.2)
        open_ones = [c for c in open_ones if not _is_closed(c)]
    assert not open_ones, "a byte now and then keeps a connection for ever"
    assert sorted(waits)[len(waits) // 2] < 1
    for connection in slow:
        connection.close()


def test_who_connects_and_says_nothing_holds_nobody_up(place):
    silent = [place.connect(handshake=False) for _ in range(30)]
    assert place.ask("/static/base.css").status == 200
    time.sleep(SOON)
    assert place.ask("/static/base.css").status == 200
    for connection in silent:
        connection.close()


def test_tls_is_not_spoken_in_the_clear_nor_in_its_old_versions(session, tmp_path, monkeypatch):
    import ssl

    with _served(session, tmp_path, monkeypatch, "tls") as place:
        with place.connect(handshake=False) as plain:
            plain.sendall(f"GET / HTTP/1.1\r\nHost: {place.host}\r\n\r\n".encode())
            with contextlib.suppress(ConnectionError):
                assert b"200" not in plain.recv(1000)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="deprecated"):
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        with (
            socket.create_connection(("127.0.0.1", place.port), timeout=10) as old,
            pytest.raises(OSError, match=r"(?i)alert|protocol|reset|eof"),
        ):
            context.wrap_socket(old)
        assert place.ask("/static/base.css").status == 200


# --- broken, doubled and smuggled requests --------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: HERE\r\nHost: evil.test\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: evil.test\r\nHost: HERE\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: me@HERE\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: evil.test\r\nX-Forwarded-Host: HERE\r\nForwarded: host=HERE\r\n\r\n",
        b"POST /api/join HTTP/1.1\r\nHost: HERE\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
        b"POST /api/join HTTP/1.1\r\nHost: HERE\r\nContent-Length: -1\r\n\r\n{}",
        b"POST /api/join HTTP/1.1\r\nHost: HERE\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n",
        b"POST /api/join HTTP/1.1\r\nHost: HERE\r\nTransfer-Encoding: gzip, x\r\n\r\n{}",
        b"GET / HTTP/1.1\r\nHost: HERE\r\n X-Folded: x\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: HERE\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: HERE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: HERE\r\nX-Long: " + b"a" * 300_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\nHost: HERE\r\n\r\n",
    ],
)
def test_a_broken_request_is_refused_and_the_next_one_served(place, head):
    reply = place.send(
        head.replace(b"HERE", place.host.encode()).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
    )
    assert reply.status == 0 or 400 <= reply.status < 600
    assert reply.status != 500
    assert b"Traceback" not in reply.data
    assert place.ask("/static/base.css").status == 200


def test_two_lengths_of_one_body_do_not_smuggle_a_second_request(place):
    inner = f"GET /static/base.css HTTP/1.1\r\nHost: {place.host}\r\n\r\n"
    data = (
        f"POST /api/join HTTP/1.1\r\nHost: {place.host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(inner) + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}"
    )
    reply = place.send(data.encode())
    # a proxy that believes the length has passed on one request: one reply, and the connection ends
    assert reply.data.count(b"HTTP/1.1 ") <= 1 or place.secure is False
    assert not (reply.data.count(b"HTTP/1.1 200") and b"Connection: keep-alive" in reply.data)


def test_a_body_beyond_the_limit_is_refused_however_it_comes(place):
    cookie = place.enter()
    big = b'{"client": "' + b"x" * 400_000 + b'"}'
    path = "/api/sessions/made/pages"
    assert _post(place, path, big, Cookie=cookie).status == 413
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (big[:200_000], big[200_000:])) + b"0\r\n\r\n"
    head = f"POST {path} HTTP/1.1\r\nHost: {place.host}\r\nOrigin: {place.door.address.origin}\r\n"
    head += f"Content-Type: application/json\r\nCookie: {cookie}\r\nTransfer-Encoding: chunked\r\n"
    assert place.send(f"{head}Connection: close\r\n\r\n".encode() + chunks).status in (400, 413)
    told = f"POST {path} HTTP/1.1\r\nHost: {place.host}\r\nContent-Length: 99999999999\r\n\r\n"
    assert place.send(told.encode()).status in (0, 400, 413)
    assert place.ask("/static/base.css").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api/sessions/made%0d%0aSet-Cookie:%20stolen=1",
        "/api/sessions/made/export/csv%0d%0aSet-Cookie:%20stolen=1",
        "/enter?token=%0d%0aSet-Cookie:%20stolen=1",
        "/%0d%0aSet-Cookie:%20stolen=1",
        "/static/%0aSet-Cookie:%20stolen=1",
        "//a%0d%0aSet-Cookie:%20stolen=1/..",
    ],
)
def test_line_breaks_in_an_address_write_no_header(place, path):
    reply = place.ask(path, Cookie=place.enter())
    assert "stolen" not in str([value for name, value in reply.headers if name.lower() == "set-cookie"])
    assert not [name for name, _ in reply.headers if name.lower() == "set-cookie"]


@pytest.mark.parametrize(
    "path",
    [
        "//evil.test",
        "//evil.test/%2e%2e",
        "/\\evil.test",
        "/%5cevil.test/",
        "/enter/?token=x&next=//evil.test",
        "/enter?next=https://evil.test/&url=//evil.test&redirect=//evil.test",
        "http://evil.test/",
        "/.//evil.test/..//",
    ],
)
def test_nothing_leads_elsewhere(place, path):
    token = place.door.new_token()
    more = f"{'&' if '?' in path else '?'}token={token}"
    for asked in (path, path + more):
        goal = place.ask(asked, Cookie=place.enter()).header("Location")
        assert goal is None or goal.startswith((f"{place.door.address.origin}/", "/")), goal
        assert goal is None or not goal.startswith("//")


def test_no_socket_is_upgraded_and_no_stream_stays_open(place):
    cookie = place.enter()
    upgrade = {
        "Upgrade": "websocket",
        "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec_WebSocket_Version": "13",
    }
    for path in ("/ws", "/api/state"):
        reply = place.ask(
            path, **{**upgrade, "Connection": "Upgrade, close"}, Cookie=cookie, Origin="http://evil.test"
        )
        assert reply.status not in (0, 101)
        began = time.monotonic()
        reply = place.ask(path, Accept="text/event-stream", Cookie=cookie, Sec_Fetch_Site="cross-site")
        assert reply.status in (403, 404)
        assert time.monotonic() - began < 5


# --- doors ----------------------------------------------------------------------------------------


def test_a_cookie_that_was_planted_before_the_link_opens_nothing_after_it(place):
    """Session fixation: what an attacker put into the browser is not what the link makes valid."""
    name = place.door.cookie_name
    planted = f"{name}=planted"
    reply = place.ask(f"/enter?token={place.door.new_token()}", Cookie=planted)
    got = reply.header("Set-Cookie").partition(";")[0]
    assert got.startswith(f"{name}=")
    assert got != planted
    assert place.ask("/api/state", Cookie=planted).status == 401
    assert place.ask("/api/state", Cookie=got).status == 200


def test_wrong_tokens_are_slowed_down_and_those_inside_go_on(place):
    cookie, good = place.enter(), place.door.new_token()
    statuses = [place.ask(f"/enter?token=wrong{i}").status for i in range(15)]
    assert statuses == [401] * 10 + [429] * 5
    late = place.ask(f"/enter?token={good}")
    assert (late.status, late.header("Retry-After")) == (429, "60")
    assert place.ask("/api/state", Cookie=cookie).status == 200
    assert _post(place, "/api/join", {"session": "made", "token": "x", "name": "eve"}).status == 429
    place.door.attempts._wrong.clear()
    assert place.ask(f"/enter?token={good}").status == 303  # it was not burnt


def test_wrong_invitations_are_slowed_down(plain):
    bodies = [{"session": s, "token": f"t{i}", "name": "eve"} for i, s in enumerate(["made", "nope"] * 7)]
    assert [_post(plain, "/api/join", body).status for body in bodies] == [400] * 10 + [429] * 4


def test_a_strangers_cookie_opens_no_session(session, tmp_path):
    """Opening one takes memory: whoever holds no key of it does not make us do so."""
    library = FakeLibrary()
    library.made["other"] = FakeSession(session.collection, name="other")
    library.gave_out = lambda collection, name, secret: False
    library.open_session = lambda collection, name: pytest.fail("a stranger made us open a session")
    with listening(session, tmp_path, tls=False, library=library) as place:
        cookie = f"{place.door.cookie_of('other')}=made-up"
        assert place.ask("/api/sessions/other", Cookie=cookie).status == 401
        assert place.ask("/api/state", Cookie=cookie).status == 401
        assert _post(place, "/api/join", {"session": "other", "token": "x", "name": "eve"}).status == 400


def test_no_secret_is_written_anywhere(place, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    good = place.door.new_token()
    place.ask(f"/enter?token={good}")
    place.ask("/enter?token=very-wrong-token")
    place.ask(f"/enter?token={good}&x=\x00")
    out, err = capfd.readouterr()
    for secret in (good, "very-wrong-token"):
        assert secret not in caplog.text + out + err


def test_behind_a_proxy_only_the_stated_address_is_ours(session, tmp_path):
    stated = "https://label.example.org"
    with listening(session, tmp_path, tls=False, proxied=stated, library=FakeLibrary()) as place:
        assert place.ask("/static/base.css").status == 421  # past the proxy
        assert (
            place.ask("/static/base.css", Host="evil.test", X_Forwarded_Host="label.example.org").status
            == 421
        )
        place.host = "label.example.org"
        entered = place.ask(f"/enter?token={place.door.new_token()}").header("Set-Cookie") or ""
        assert entered.startswith("__Host-")
        assert "Secure" in entered
        cookie = entered.partition(";")[0]
        body = {"client": "c", "held": [], "n": 1}
        path = "/api/sessions/made/pages"
        assert _post(place, path, body, Cookie=cookie).status == 200
        assert _post(place, path, body, Cookie=cookie, Origin="http://label.example.org").status == 403
        link = json.loads(
            _post(place, "/api/sessions/made/invitations", {"role": "viewer"}, Cookie=cookie).body
        )
        assert link["link"].startswith(f"{stated}/join#made/")
        for i in range(
            12
        ):  # one visitor's wrong tries are not another's, and the first entry is not believed
            place.ask("/enter?token=x", X_Forwarded_For=f"10.0.0.{i}, 192.0.2.1")
        assert place.ask("/enter?token=x", X_Forwarded_For="192.0.2.1").status == 429
        assert place.ask("/enter?token=x", X_Forwarded_For="192.0.2.1, 192.0.2.2").status == 401


def test_without_a_proxy_nobody_chooses_the_address_that_is_counted(plain):
    statuses = [plain.ask(f"/enter?token={i}", X_Forwarded_For=f"10.0.0.{i}").status for i in range(12)]
    assert statuses == [401] * 10 + [429] * 2


# --- pictures and texts ---------------------------------------------------------------------------


def _png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def _fits_of_zeros(size):
    card = lambda text: text.ljust(80).encode()  # noqa: E731
    side = int((size / 4) ** 0.5)
    cards = [
        "SIMPLE  =                    T",
        "BITPIX  =                  -32",
        "NAXIS   =                    2",
    ]
    cards += [f"NAXIS1  = {side:20d}", f"NAXIS2  = {side:20d}", "END"]
    data = b"".join(map(card, cards)).ljust(2880)
    return data + bytes(-(-side * side * 4 // 2880) * 2880)


BOMBS = {
    "a picture of 60,000 x 60,000 pixels": lambda: _png(60_000, 60_000),
    "a little less, still more than may be": lambda: _png(6_000, 6_000),
    "280 MB of zeros as 1 MB of gzip": lambda: gzip.compress(_fits_of_zeros(280_000_000), 1),
    "an archive in an archive": lambda: gzip.compress(gzip.compress(bytes(90_000_000), 1), 9),
    "a TIFF that says it has 4 G rows": lambda: (
        b"II*\0\x08\0\0\0\x02\0"
        + struct.pack("<HHII", 256, 4, 1, 2**32 - 1)
        + struct.pack("<HHII", 257, 4, 1, 2**32 - 1)
        + b"\0" * 4
    ),
    "a page": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
    "a pickle": lambda: b"\x80\x04cos\nsystem\n(S'true'\ntR.",
}


@pytest.mark.parametrize("what", BOMBS)
def test_bombs_among_dropped_pictures_are_refused_in_little_memory(plain, what):
    import base64

    body = {"name": "x.png", "data": base64.b64encode(BOMBS[what]()).decode()}
    cookie, before, began = (
        plain.enter(),
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        time.monotonic(),
    )
    reply = _post(plain, "/api/pictures", body, Cookie=cookie)
    assert reply.status in (400, 422), reply.body[:200]
    assert time.monotonic() - began < 10
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before  # kilobytes
    assert grown < 700_000, f"{what} took {grown // 1024} MB"


NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; DROP TABLE events; --",
    "' OR '1'='1",
    "%27%20OR%201=1",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "../../etc/passwd",
    "=cmd|'/c calc'!A0",
    "\u202egnp.exe",
    "A" * 5_000,
    "\ud800",
    "\x1b[2J\x07",
]


@pytest.mark.parametrize("text", NASTY)
def test_nasty_texts_come_back_as_text_or_not_at_all(place, session, text):
    cookie = place.enter()
    tries = [
        ("/api/sessions", {"name": text, "question": text, "examples": [{"galaxy": text}]}),
        ("/api/sessions/made/similar", {"galaxy": text, "n": 3}),
        ("/api/sessions/made/settings", {"strategy": text}),
        ("/api/sessions/made/roles", {"name": text, "role": "viewer"}),
        ("/api/sessions/made/revocations", {"name": text, "reason": text}),
        ("/api/sessions/made/restorations", {"revocation": text}),
        ("/api/sessions/made/pages", {"client": text, "held": [], "n": 1}),
        ("/api/sessions/made/events", {"client": text, "events": [{"kind": "undo", "seq": 0}]}),
        ("/api/sessions/made/events", {"client": "c", "events": [{"kind": text, "seq": 0, "answer": text}]}),
    ]
    for path, body in tries:
        reply = _post(place, path, body, Cookie=cookie)
        assert reply.status in (200, 400, 404, 422), (path, reply.status)
        assert reply.header("Content-Type") == "application/json"
        assert reply.header("X-Content-Type-Options") == "nosniff"
    from urllib.parse import quote

    asked = quote(text.encode("utf-8", "replace"), safe="")[:2_000]
    for path in (f"/{asked}", f"/api/ids?like={asked}", f"/api/sessions/{asked}", f"/static/{asked}"):
        reply = place.ask(path, Cookie=cookie)
        assert reply.status in (200, 301, 308, 400, 404, 405), (path, reply.status)
        if reply.header(
            "Content-Type",
        ).startswith("text/html"):
            assert b"<script>alert" not in reply.body
            assert b"onerror" not in reply.body
    told = [(e.kind, e.galaxy_id, e.answer, e.undoes) for e in session.log.events()]
    assert set(told) <= {("undo", None, None, None)}  # the table is there, and no answer in it


# --- answers --------------------------------------------------------------------------------------


def _answer(galaxy, seq, **more):
    return {
        "kind": "answer",
        "seq": seq,
        "answer": "yes",
        "items": [{"seq": seq, "galaxy": galaxy, "position": 0}],
        **more,
    }


@pytest.fixture
def hands(plain):
    """Two annotators, each with a cookie, and what one may post with it."""
    host, cookies = plain.enter(), {}
    for name in ("ann", "bob"):
        told = _post(plain, "/api/sessions/made/invitations", {"role": "annotator"}, Cookie=host)
        token = json.loads(told.body)["link"].rpartition("/")[2]
        joined = _post(plain, "/api/join", {"session": "made", "token": token, "name": name})
        cookies[name] = joined.header("Set-Cookie").partition(";")[0]

    def post(who, path, body):
        reply = _post(plain, f"/api/sessions/made{path}", body, Cookie=cookies[who])
        return reply.status, json.loads(reply.body)

    return post


def test_what_the_log_says_of_an_answer_is_ours_not_the_clients(hands, session):
    """Forged fields of an event, at every depth where one could try."""
    galaxy = hands("ann", "/pages", {"client": "a", "held": [], "n": 1})[1]["galaxies"][0]
    forged = {
        "event_id": 7,
        "annotator": "bob",
        "at": "1999-01-01",
        "stream": "audit",
        "probability": 1e-9,
        "design": 3,
    }
    forged |= {"kind": "answer", "shown": {"stream": "gold"}, "action": "x/1", "session": "other"}
    event = {**_answer(galaxy, 0), **forged}
    event["items"] = [{**event["items"][0], **forged, "galaxy_id": "galaxy-0009"}]
    assert hands("ann", "/events", {"client": "a", "events": [event], **forged})[0] == 200
    kept = session.log.events()[0]
    assert (kept.event_id, kept.annotator) == (1, "ann")
    assert (kept.galaxy_id, kept.stream, kept.design, kept.probability) == ("galaxy-0000", "hunt", None, None)
    assert kept.at > "2020"
    assert kept.action == "a/0"


def test_an_answer_to_a_galaxy_that_was_never_handed_out_says_so(hands, session):
    """It is a person's word all the same, but no audit counts it."""
    theirs = hands("bob", "/pages", {"client": "b", "held": [], "n": 3})[1]["galaxies"]
    status, told = hands("ann", "/events", {"client": "a", "events": [_answer(theirs[0], 0)]})
    assert (status, told["results"][0]["duplicate"]) == (200, False)
    assert session.log.events()[0].stream == "unknown"
    made_up = [
        "0" * 24,
        "f" * 24,
        theirs[1][:-1] + ("0" if theirs[1][-1] != "0" else "1"),
        theirs[1].upper(),
        "galaxy-0000",
    ]
    events = [_answer(name, 10 + i) for i, name in enumerate(made_up)]
    results = hands("ann", "/events", {"client": "a", "events": events})[1]["results"]
    assert all("error" in r for r in results)
    assert len(session.log.events()) == 1


def test_a_number_counts_once_whoever_sends_it_again(hands, session):
    one, two = hands("ann", "/pages", {"client": "a", "held": [], "n": 2})[1]["galaxies"]
    hands("ann", "/events", {"client": "a", "events": [_answer(one, 0)]})
    again = hands("ann", "/events", {"client": "a", "events": [_answer(one, 0)]})[1]["results"][0]
    other = hands("ann", "/events", {"client": "a", "events": [_answer(two, 0)]})[1]["results"][0]
    stolen = hands("bob", "/events", {"client": "a", "events": [_answer(one, 0)]})[1]["results"][0]
    undone = hands("bob", "/events", {"client": "a", "events": [{"kind": "undo", "seq": 1}]})[1]["results"][0]
    assert again["duplicate"] is True
    assert "used already" in other["error"]
    assert "used already" in stolen["error"]
    assert undone["galaxies"] == []  # nobody takes back what another said
    assert [(e.annotator, e.galaxy_id) for e in session.log.current().values()] == [("ann", "galaxy-0000")]


@pytest.mark.parametrize("seq", [-1, 2**53 + 1, 1.5, "0", True, None, [0], {"a": 1}])
def test_numbers_that_are_none_are_refused(hands, session, seq):
    galaxy = hands("ann", "/pages", {"client": "a", "held": [], "n": 1})[1]["galaxies"][0]
    assert hands("ann", "/events", {"client": "a", "events": [_answer(galaxy, seq)]})[0] == 400
    assert session.log.events() == []
