"""Serving: own address only unless there is TLS, any free port, a taken port said plainly."""

import http.client
import socket
import ssl
import threading
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from tests.web.fakes import FakeCollection, FakeSession
from tests.web.listening import certificate
from tuningfork.errors import BusyError, UsageError
from tuningfork.web import plain_server, serve
from tuningfork.web.address import settled_address


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "galaxies.example.org", ""])
def test_another_address_is_refused_without_tls_or_a_proxy(host):
    with pytest.raises(UsageError, match=r"beyond this machine.*--tls-cert.*--behind-proxy.*SSH"):
        serve(FakeSession(FakeCollection()), host=host, open_browser=False, announce=_served)


def _served(link):
    raise AssertionError(f"{link} is served")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"tls_cert": "a.pem"}, "belong together"),
        ({"tls_cert": "none.pem", "tls_key": "none.pem"}, "no file"),
        ({"behind_proxy": True}, "what do people open"),
        ({"address": "https://a.example.org"}, "belongs to"),
        ({"behind_proxy": True, "address": "http://a.example.org"}, "no address"),
        ({"behind_proxy": True, "address": "https://a.example.org/x"}, "no address"),
        ({"behind_proxy": True, "address": "https://me@a.example.org"}, "no address"),
        ({"behind_proxy": True, "address": "https://a.example.org:port"}, "no address"),
        ({"behind_proxy": True, "address": "https://a\r\nb"}, "no address"),
    ],
)
def test_what_does_not_fit_together_is_one_line(told, words):
    with pytest.raises(UsageError, match=words) as caught:
        serve(FakeSession(FakeCollection()), open_browser=False, **told)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_certificate_are_refused(tmp_path):
    certificate(tmp_path)
    (tmp_path / "other").mkdir()
    _, other = certificate(tmp_path / "other")
    (tmp_path / "text.pem").write_text("hello")
    for cert, key in (("text.pem", "key.pem"), ("cert.pem", "text.pem"), ("cert.pem", other)):
        with pytest.raises(UsageError, match="cannot be used"):
            serve(FakeSession(FakeCollection()), tls_cert=tmp_path / cert, tls_key=tmp_path / key)


def test_the_address_is_what_browsers_will_send():
    at = settled_address("127.0.0.1", 8642, behind_proxy=True, address="https://Label.Example.org/")
    assert at.origins == {
        "label.example.org": "https://label.example.org",
        "label.example.org:443": "https://label.example.org",
    }
    at = settled_address("192.0.2.7", 8642, tls=True)
    assert at.origins == {"192.0.2.7:8642": "https://192.0.2.7:8642"}
    assert settled_address("::1", 8642, tls=True).origin == "https://[::1]:8642"
    with pytest.raises(UsageError, match="--address"):
        settled_address("0.0.0.0", 8642, tls=True)
    assert settled_address("0.0.0.0", 8642, tls=True, address="https://a.example.org:8642").secure


def test_a_taken_port_is_one_clear_error():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(BusyError, match=f"port {port} cannot be used.*--port"):
            serve(FakeSession(FakeCollection()), port=port, open_browser=False)


def test_another_port_than_the_usual_one_is_explained(monkeypatch, capsys):
    ended = SimpleNamespace(run=lambda: None, close=lambda: None)
    monkeypatch.setattr(plain_server, "plain_server", lambda *args, **settings: ended)
    with socket.create_server(("127.0.0.1", 0)) as other:
        usual = other.getsockname()[1]
        monkeypatch.setattr("tuningfork.web.server.HOME_PORT", usual)
        serve(FakeSession(FakeCollection()), open_browser=False)
    said, link = capsys.readouterr().err.splitlines()
    port = urlsplit(link.split()[-1]).port
    assert said == f"port {usual} is taken, so {port}"


def _served(**settings):
    """The link of a page that a thread serves from now on."""
    links, ready = [], threading.Event()

    def announce(link):
        links.append(link)
        ready.set()

    def run():
        serve(FakeSession(FakeCollection()), open_browser=False, announce=announce, **settings)

    threading.Thread(target=run, daemon=True).start()
    assert ready.wait(10)
    return urlsplit(links[0])


def test_port_0_serves_on_a_free_port_and_the_link_opens_it(monkeypatch):
    servers, make = [], plain_server.create_server

    def remember(*args, **settings):
        servers.append(make(*args, **settings))
        return servers[-1]

    monkeypatch.setattr(plain_server, "create_server", remember)
    monkeypatch.setattr("tuningfork.web.server.HOME_PORT", 0)
    link = _served()
    assert link.hostname == "127.0.0.1"
    connection = http.client.HTTPConnection("127.0.0.1", link.port, timeout=10)
    connection.request("GET", f"{link.path}?{link.query}")
    reply = connection.getresponse()
    assert reply.status == 303
    assert "server" not in {name.lower() for name, _ in reply.getheaders()}
    connection.close()
    assert servers[0].adj.max_request_body_size < 40_000_000  # what anyone may make us read before the gate
    servers[0].close()


def test_with_a_certificate_the_page_is_https_and_the_cookie_for_https_alone(tmp_path, monkeypatch):
    pytest.importorskip("tornado", reason="TLS takes tornado (tuningfork[tls])")
    monkeypatch.setattr("tuningfork.web.server.HOME_PORT", 0)
    cert, key = certificate(tmp_path, "label.example.org")
    link = _served(tls_cert=cert, tls_key=key)
    assert link.scheme == "https"
    context = ssl.create_default_context(cafile=str(cert))
    connection = http.client.HTTPSConnection("127.0.0.1", link.port, timeout=10, context=context)
    connection.request("GET", f"{link.path}?{link.query}")
    reply = connection.getresponse()
    reply.read()
    cookie = reply.getheader("Set-Cookie")
    assert reply.status == 303
    assert cookie.startswith(f"__Host-tuningfork-{link.port}=")
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    connection.request("GET", "/api/state", headers={"Cookie": cookie.partition(";")[0]})
    reply = connection.getresponse()
    assert reply.status == 200
    assert reply.getheader("Server") == "tuningfork"
    connection.close()


def test_the_link_is_the_last_word_of_a_line_on_standard_error(capsys):
    from tuningfork.web.server import _print

    _print("http://127.0.0.1:1/enter?token=x")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.rstrip("\n").split()[-1] == "http://127.0.0.1:1/enter?token=x"
