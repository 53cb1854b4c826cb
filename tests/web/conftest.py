"""An app on fakes, and a client that came in through the door."""

import pytest

from tests.web.browser import FLAGS, chromium_path
from tests.web.fakes import FakeCollection, FakeLibrary, FakeSession
from tuningfork.web import create_app

PORT = 8701
BASE = f"http://127.0.0.1:{PORT}"
OWN = {"Origin": BASE}


@pytest.fixture
def session():
    return FakeSession(FakeCollection())


@pytest.fixture
def app(session):
    app = create_app(session, port=PORT, token="once", library=FakeLibrary())
    app.testing = False  # errors must take the user's way
    return app


@pytest.fixture
def stranger(app):
    """A client without the cookie."""
    return app.test_client()


@pytest.fixture
def client(app):
    """A client with the cookie."""
    client = app.test_client()
    assert client.get("/enter?token=once", base_url=BASE).status_code == 303
    return client


@pytest.fixture(scope="module")
def browser():
    path = chromium_path()
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
