"""The page and other programs: what they point at comes to the host's page, checked and in words."""

import os
import subprocess
import sys

import pyarrow as pa
import pytest

from tests.web.browser import FLAGS, chromium_path, open_page, served
from tests.web.conftest import BASE, OWN, PORT
from tests.web.fakes import FakeCollection, FakeLibrary, FakeSession
from tests.web.test_team_routes import joined
from tuningfork.collection.samp.heard import HeardPlace, HeardRow
from tuningfork.errors import TuningforkError
from tuningfork.web import create_app


class OnSky(FakeCollection):
    """Galaxies along a line, a degree apart; the last one has no place."""

    def catalogue(self, columns, rows=None):
        rows = range(len(self)) if rows is None else rows
        places = [{"ra": None if r == len(self) - 1 else float(r), "dec": 10.0} for r in rows]
        if set(columns) <= {"ra", "dec"}:
            kinds = pa.schema([(name, pa.float64()) for name in columns])
            return pa.Table.from_pylist([{n: p[n] for n in columns} for p in places], schema=kinds)
        return super().catalogue(columns, rows)


class FakeLink:
    def __init__(self, known=()):
        self.known, self.done = set(known), []

    def knows(self, galaxy_id):
        return galaxy_id in self.known

    def highlight(self, galaxy_id):
        self.done.append(galaxy_id)

    def point(self, ra, dec):
        self.done.append((ra, dec))

    def send(self, table, name):
        if name is None:
            raise TuningforkError("no program takes tables")
        self.done.append((table, name))
        return ["TOPCAT"]


@pytest.fixture
def session():
    made = FakeSession(OnSky(n=40))
    made.table = lambda all_rows: f"table, all {all_rows}"
    made.current_events = dict
    return made


@pytest.fixture
def desk(app):
    return app.extensions["tuningfork-samp"]


def _news(client, after=0):
    return client.get(f"/api/samp/news?after={after}", base_url=BASE).json


def test_rows_and_places_become_galaxies(app, client, desk):
    names = app.extensions["tuningfork-bench"].identifiers
    assert _news(client) == {"number": 0}
    desk.hear(HeardRow("galaxy-0003", "TOPCAT"))
    told = _news(client)
    assert names.resolve(told["galaxy"])[1] == "galaxy-0003"
    assert told["words"] == "TOPCAT highlights this galaxy"
    desk.hear(HeardPlace(7.0, 10.0 + 20 / 3600, "Aladin"))
    assert names.resolve(_news(client, 1)["galaxy"])[1] == "galaxy-0007"
    desk.hear(HeardPlace(7.5, 10.0, "Aladin"))
    told = _news(client, 2)
    assert told["galaxy"] is None
    assert told["words"] == "Aladin points at 7.50000 +10.00000, where no galaxy of this collection lies"
    desk.hear(HeardRow("gone", "TOPCAT"))
    assert _news(client, 3)["galaxy"] is None
    for _ in range(1000):  # somebody who does not stop
        desk.hear(HeardPlace(1.0, 10.0, "x"))
    assert _news(client, 4)["number"] == 1004
    assert _news(client, 1004) == {"number": 1004}


def test_a_galaxy_is_shown_to_others(app, client, desk):
    names = app.extensions["tuningfork-bench"].identifiers.names([2, 39])

    def post(path, **body):
        return client.post(f"/api/samp/{path}", base_url=BASE, headers=OWN, json=body)

    reply = post("point", galaxy=names[0])
    assert (reply.status_code, "--samp" in reply.json["error"]) == (400, True)
    desk.take(FakeLink({"galaxy-0002"}))
    assert post("point", galaxy=names[0]).json == {"done": ["row", "sky"]}
    assert post("point", galaxy=names[1]).json == {"done": []}  # neither sent nor placed
    assert post("table", session="made").json == {"programs": ["TOPCAT"]}
    assert desk._link.done == ["galaxy-0002", (2.0, 10.0), ("table, all True", "made galaxies: made")]
    assert post("point", galaxy="f" * 24).status_code == 422
    assert post("table", session="../x").status_code == 404


def test_it_is_for_the_host_alone(app, client, stranger):
    app.extensions["tuningfork-samp"].take(FakeLink())
    assert stranger.get("/api/samp/news", base_url=BASE).status_code == 401
    reply = stranger.post("/api/samp/table", base_url=BASE, headers=OWN, json={"session": "made"})
    assert reply.status_code == 401
    owner = joined(app, client, "owner", "an owner elsewhere")
    assert owner.get("/api/samp/news", base_url=BASE).status_code == 403
    assert owner.get("/api/state", base_url=BASE).json["samp"] is False


def test_the_page_is_told_whether_there_is_a_link(client, desk):
    assert client.get("/api/state", base_url=BASE).json["samp"] is False
    desk.take(FakeLink())
    assert client.get("/api/state", base_url=BASE).json["samp"] is True


def test_no_positions_at_all_is_no_error(session):
    nowhere = pa.nulls(40, pa.float64())
    session.collection.catalogue = lambda columns, rows=None: pa.table({n: nowhere for n in columns})
    app = create_app(session, port=PORT, token="once", library=FakeLibrary())
    desk = app.extensions["tuningfork-samp"]
    desk.hear(HeardPlace(1.0, 2.0, "Aladin"))
    assert desk.news(0)["galaxy"] is None


@pytest.mark.browser
def test_the_hand_moves_where_others_point():
    session = FakeSession(OnSky(n=200))
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p, served(session, library=FakeLibrary()) as (app, link):
        browser = p.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        desk, other = app.extensions["tuningfork-samp"], FakeLink()
        desk.take(other)
        desk.hear(HeardRow("galaxy-0039", "before"))  # over when the page is opened
        page = open_page(browser, link())
        page.locator(".tile img").first.wait_for()
        page.wait_for_timeout(1200)
        desk.hear(HeardPlace(5.0, 10.0, "Aladin <b>"))
        page.locator(".remark", has_text="Aladin <b> points here").wait_for(timeout=8000)
        assert page.locator(".tile.here").get_attribute("aria-label").startswith("Galaxy 6 ")
        page.keyboard.press("x")
        page.locator(".remark", has_text="place shown").wait_for(timeout=8000)
        assert other.done == [(5.0, 10.0)]
        desk.hear(HeardRow("galaxy-0150", "TOPCAT"))  # far from this page
        page.locator(".board-head", has_text="TOPCAT highlights this galaxy").wait_for(timeout=8000)
        assert not page.errors
        browser.close()


def test_no_hub_is_one_line_before_anything_is_served(tmp_path, session):
    code = (
        "from tests.web.fakes import FakeCollection, FakeSession\n"
        "from tuningfork.web import serve\n"
        "serve(FakeSession(FakeCollection()), samp=True, open_browser=False)\n"
    )
    hub = {**os.environ, "SAMP_HUB": f"std-lockurl:{(tmp_path / 'none').as_uri()}"}
    ran = subprocess.run([sys.executable, "-c", code], env=hub, capture_output=True, text=True, check=False)
    assert "no SAMP hub runs on this machine" in ran.stderr
    assert "The page is ready" not in ran.stderr
    assert ran.returncode == 1
