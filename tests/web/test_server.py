"""Serving: own address only, any free port, a taken port said plainly."""

import http.client
import socket
import threading
from urllib.parse import urlsplit

import pytest

from tests.web.fakes import FakeCollection, FakeSession
from tuningfork.errors import BusyError, UsageError
from tuningfork.web import serve


def test_another_address_is_refused():
    with pytest.raises(UsageError, match="this machine only"):
        serve(FakeSession(FakeCollection()), host="0.0.0.0", open_browser=False)


def test_a_taken_port_is_one_clear_error():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(BusyError, match=f"port {port} cannot be used.*--port"):
            serve(FakeSession(FakeCollection()), port=port, open_browser=False)


def test_port_0_serves_on_a_free_port_and_the_link_opens_it(monkeypatch):
    links, ready, servers = [], threading.Event(), []
    import waitress.server

    make = waitress.server.create_server

    def remember(*args, **settings):
        servers.append(make(*args, **settings))
        return servers[-1]

    monkeypatch.setattr(waitress.server, "create_server", remember)
    monkeypatch.setattr("tuningfork.web.server.HOME_PORT", 0)

    def announce(link):
        links.append(link)
        ready.set()

    def run():
        serve(FakeSession(FakeCollection()), open_browser=False, announce=announce)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    link = urlsplit(links[0])
    assert link.hostname == "127.0.0.1"
    connection = http.client.HTTPConnection("127.0.0.1", link.port, timeout=10)
    connection.request("GET", f"{link.path}?{link.query}")
    reply = connection.getresponse()
    assert reply.status == 303
    assert "server" not in {name.lower() for name, _ in reply.getheaders()}
    connection.close()
    assert servers[0].adj.max_request_body_size < 40_000_000  # what anyone may make us read before the gate
    servers[0].close()


def test_the_link_is_the_last_word_of_a_line_on_standard_error(capsys):
    from tuningfork.web.server import _print

    _print("http://127.0.0.1:1/enter?token=x")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.rstrip("\n").split()[-1] == "http://127.0.0.1:1/enter?token=x"
