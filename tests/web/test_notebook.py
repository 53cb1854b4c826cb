"""The page in a notebook's cell: the same modules and routes, over messages; cells beside each other."""

import base64
import json
import re
import socket

import pytest

from tests.web.browser import CALM
from tests.web.fakes import FakeCollection, FakeLibrary, FakeSession
from tuningfork.errors import UsageError
from tuningfork.web.notebook import files, label_widget
from tuningfork.web.notebook.bridge import Bridge

NOTEBOOK = """<!doctype html><title>notebook</title><input id="other"><div id="a"></div><div id="b"></div>
<script>
window.heard = [];
document.addEventListener("keydown", (event) => heard.push(event.key));
class Model {
  constructor(name, session) {
    Object.assign(this, { name, values: { height: 560, session }, listeners: [] });
  }
  get(key) { return this.values[key]; }
  on(kind, listener) { this.listeners.push([kind, listener]); }
  off(kind, listener) { this.listeners = this.listeners.filter((l) => l[0] !== kind || l[1] !== listener); }
  async send(content) {
    const [message, data] = JSON.parse(await toKernel(this.name, JSON.stringify(content)));
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const heard = this.listeners.filter(([kind]) => kind === "msg:custom");
    for (const [, listener] of heard) listener(message, [new DataView(bytes.buffer)]);
  }
}
async function show(script, name, session, place) {
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const widget = (await import(url)).default;
  const el = document.getElementById(place);
  window[`close_${place}`] = widget.render({ model: new Model(name, session), el });
}
</script>"""


@pytest.fixture
def session():
    return FakeSession(FakeCollection(n=60))


@pytest.fixture
def bridge(session):
    return Bridge(session, library=FakeLibrary())


def ask(bridge, path, body=None, method=None, name="x"):
    text = None if body is None else json.dumps(body)
    method = method or ("GET" if body is None else "POST")
    return bridge.answer({"kind": "request", "id": name, "method": method, "path": path, "body": text})


def test_modules_come_after_what_they_import():
    seen = set()
    for name, source in files.modules():
        imported = set(re.findall(r'from "\./([^"]+)"', re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)))
        assert imported <= seen, name
        seen.add(name)
    assert {"screens.js", "home.js", "label.js", "start.js"} <= seen
    assert not {"app.js", "join.js", "theme-first.js"} & seen


def test_a_circle_of_imports_is_named(monkeypatch):
    sources = {"screens.js": 'import { b } from "./b.js";\n', "b.js": 'import { a } from "./screens.js";\n'}
    monkeypatch.setattr(files, "_static", sources.__getitem__)
    files.modules.cache_clear()
    with pytest.raises(ValueError, match=r"screens\.js > b\.js > screens\.js"):
        files.modules()
    files.modules.cache_clear()


def test_styles_ask_the_cell_and_not_the_window():
    style = files.cell_style()
    assert not re.search(r"\d v[hw]|\dv[hw]\b|:root|^body|^html", style, flags=re.MULTILINE)
    assert not re.search(r"@media[^{]*(width|height)", style)
    assert "@container cell (max-width: 1000px) or (max-height: 460px) {" in style
    assert "@media (prefers-reduced-motion" in style


def test_answers_go_to_the_session_through_the_routes(bridge, session):
    reply, [data] = ask(bridge, "/api/sessions/made/pages", {"client": "cell", "held": [], "n": 3})
    assert reply["status"] == 200
    galaxy = json.loads(data)["galaxies"][0]
    item = {"seq": 0, "galaxy": galaxy, "position": 0}
    event = {"kind": "answer", "seq": 0, "answer": "yes", "items": [item]}
    for _ in range(2):  # a reply that got lost
        reply, [data] = ask(bridge, "/api/sessions/made/events", {"client": "cell", "events": [event]})
    assert json.loads(data)["results"][0]["duplicate"]
    assert session.labels() == {"galaxy-0000": "yes"}
    state = json.loads(ask(bridge, "/api/state")[1][0])
    reply, [data] = ask(bridge, f"{state['pictures']}{galaxy}/96/as-is")
    assert reply["headers"]["Content-Type"] == "image/jpeg"
    assert data[:2] == b"\xff\xd8"


def test_a_cell_opens_no_port(session, monkeypatch):
    """A hub has one address for all its people: what listened there would be open to each of them."""

    def opened(*_):
        raise AssertionError("a port was opened")

    for act in ("bind", "listen", "connect"):
        monkeypatch.setattr(socket.socket, act, opened)
    bridge = Bridge(session, library=FakeLibrary())
    assert ask(bridge, "/api/sessions/made/pages", {"client": "cell", "held": [], "n": 3})[0]["status"] == 200


def test_a_cell_says_nothing_of_the_key_it_has(bridge):
    """The host's cookie stays in the kernel: nobody who reads the notebook's file or its messages gets it."""
    key = next(iter(bridge._client._cookies.values())).value
    for path in ("/api/state", "/api/sessions/made", "/api/sessions/made/team"):
        reply, [data] = ask(bridge, path)
        assert reply["headers"].keys() <= {"Content-Type", "Content-Disposition"}
        assert key.encode() not in data


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("text", None),
        ({"kind": "request", "path": "/api/state", "method": "GET"}, None),
        ({"kind": "request", "id": "x" * 61, "path": "/api/state", "method": "GET"}, None),
        ({"kind": "request", "id": "x", "path": "/enter?token=1", "method": "GET"}, 404),
        ({"kind": "request", "id": "x", "path": "http://elsewhere.example/api/", "method": "GET"}, 404),
        ({"kind": "request", "id": "x", "path": "/api/state\r\nHost: other", "method": "GET"}, 404),
        ({"kind": "request", "id": "x", "path": "/api/../enter", "method": "GET"}, 404),
        ({"kind": "request", "id": "x", "path": "/api/state", "method": "DELETE"}, 404),
        ({"kind": "request", "id": "x", "path": ["/api/state"], "method": "GET"}, 404),
        ({"kind": "request", "id": "x", "path": "/api/links", "method": "POST", "body": 5}, 413),
        ({"kind": "request", "id": "x", "path": "/api/nearest", "method": "POST", "body": "\ud800"}, 400),
        ({"kind": "request", "id": "x", "path": "/api/sessions/none/progress", "method": "GET"}, 404),
    ],
)
def test_a_bad_message_is_refused_and_harms_nothing(bridge, message, status):
    got = bridge.answer(message)
    assert (got if status is None else got[0]["status"]) == status
    assert ask(bridge, "/api/state")[0]["status"] == 200


def test_a_route_that_breaks_is_a_reply_too(bridge, session, monkeypatch):
    monkeypatch.setattr(session, "best", lambda n: 1 / 0)
    reply, [data] = ask(bridge, "/api/sessions/made/progress")
    assert reply["status"] == 500
    assert "Something went wrong" in json.loads(data)["error"]


def test_bad_settings_are_one_line(session):
    with pytest.raises(UsageError, match="320 to 2400"):
        label_widget(session, height=10)
    with pytest.raises(UsageError, match="beside a session"):
        label_widget(session, session="other")


def test_the_widget_answers_messages(session):
    pytest.importorskip("anywidget")
    widget, sent = label_widget(session, height=500), []
    assert (widget.session, widget.height) == ("made", 500)
    widget.send = lambda *reply: sent.append(reply)
    widget._handle_custom_msg({"kind": "request", "id": "1", "method": "GET", "path": "/api/state"}, [])
    widget._handle_custom_msg({"kind": "other"}, [])
    assert [reply[0]["status"] for reply in sent] == [200]
    assert len(widget.get_state()["_esm"]) < 16_000  # the page itself comes when it is shown
    widget.close()


@pytest.fixture
def notebook(browser):
    """A page that is no page of ours, and a function that shows a widget in it."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.errors, bridges = [], {}
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda said: page.errors.append(said.text) if said.type == "error" else None)
    page.route("**/*", lambda route: route.fulfill(body=NOTEBOOK, content_type="text/html"))

    def to_kernel(name, text):
        reply, [data] = bridges[name].answer(json.loads(text))
        return json.dumps([reply, base64.b64encode(data).decode()])

    page.expose_function("toKernel", to_kernel)
    page.goto("http://127.0.0.1:9/lab")

    def show(name, bridge, place="a", session="made"):
        bridges[name] = bridge
        page.evaluate("a => show(...a)", [files.cell_script(), name, session, place])
        page.locator(f"#{place} .tile img, #{place} .pick img").first.wait_for()
        page.wait_for_timeout(CALM)

    page.show = show
    yield page
    errors = page.errors
    page.context.close()
    assert not errors


def _press(page, *keys):
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(CALM)


@pytest.mark.browser
def test_keys_answer_inside_the_cell_only(notebook, bridge, session):
    notebook.show("one", bridge)
    assert notebook.evaluate("document.activeElement.tagName") == "BODY"  # a new cell takes no focus
    notebook.locator("#other").focus()
    _press(notebook, "f", "j")
    assert session.labels() == {}
    notebook.evaluate("heard.length = 0")
    notebook.locator("#a .tile").first.click(position={"x": 8, "y": 8})
    notebook.wait_for_timeout(CALM)
    _press(notebook, "f", "j", "d", "z")
    notebook.locator("#a .outbox", has_text="saved").wait_for()
    assert session.labels() == {"galaxy-0000": "yes", "galaxy-0001": "no"}
    assert notebook.evaluate("heard") == []  # the notebook's own d and z are spared
    _press(notebook, "?")
    assert notebook.locator("#a dialog[open]").count() == 1
    _press(notebook, "Escape")
    assert notebook.url.endswith("/lab")


@pytest.mark.browser
def test_two_cells_do_not_know_each_other(notebook, bridge, session):
    other = FakeSession(FakeCollection(n=30), name="other")
    notebook.show("one", bridge)
    notebook.show("two", Bridge(other, library=FakeLibrary()), place="b", session="other")
    notebook.locator("#b .tile").first.click(position={"x": 8, "y": 8})
    _press(notebook, "f")
    notebook.locator("#b .outbox", has_text="saved").wait_for()
    notebook.locator("#a .tile").first.click(position={"x": 8, "y": 8})
    _press(notebook, "j")
    notebook.locator("#a .outbox", has_text="saved").wait_for()
    assert set(session.labels().values()) == {"no"}
    assert set(other.labels().values()) == {"yes"}
    notebook.evaluate("close_b()")
    assert notebook.locator("#b > *").count() == 0
    notebook.wait_for_function("true")
    assert not other.team.leases.held("me", None)  # what lay on the closed cell is free


@pytest.mark.browser
def test_a_cell_goes_to_start_and_brings_downloads(notebook, bridge):
    notebook.show("one", bridge)
    notebook.locator("#a .tile").first.click(position={"x": 8, "y": 8})
    _press(notebook, "f")
    notebook.locator("#a .exports a[href]").first.wait_for()
    with notebook.expect_download() as download:
        notebook.locator("#a .exports a", has_text="CSV").click()
    assert download.value.suggested_filename == "made.csv"
    notebook.locator("#a a.brand").click()
    notebook.locator("#a .pick img").first.wait_for()
    assert notebook.url.endswith("/lab")
