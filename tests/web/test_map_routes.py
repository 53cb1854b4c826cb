"""The map over HTTP: columns of points, answers and scores on them, selections, and what is refused."""

import base64
import csv
import io
import threading

import numpy as np
import pytest

from tests.web.conftest import BASE, OWN, PORT
from tests.web.fakes import FakeCollection, FakeLibrary, FakeSession, grid_places
from tests.web.test_loop_routes import Page
from tuningfork.errors import DataError, EmbeddingError
from tuningfork.web import create_app
from tuningfork.web.map_columns import FULL, from_bits, map_columns
from tuningfork.web.map_room import FEW

N = 60
HERE = "/api/sessions/made/map"


@pytest.fixture
def library():
    return FakeLibrary(grid_places(N))


@pytest.fixture
def app(session, library):
    return create_app(session, port=PORT, token="once", library=library)


@pytest.fixture
def get(client):
    return lambda rest="": client.get(HERE + rest, base_url=BASE)


@pytest.fixture
def post(client):
    return lambda rest="", **body: client.post(HERE + rest, base_url=BASE, headers=OWN, json=body)


@pytest.fixture
def version(get):
    return get().json["version"]


def bits(*points, n=N):
    members = np.zeros(n, bool)
    members[list(points)] = True
    return base64.b64encode(np.packbits(members, bitorder="little").tobytes()).decode()


def names_of(collection, client_app):
    return client_app.extensions["tuningfork-bench"].identifiers.names(range(len(collection)))


# --- columns ----------------------------------------------------------------------------------------------


def test_places_keep_their_shape_and_come_cell_by_cell():
    rng = np.random.default_rng(0)
    places = rng.normal(size=(500, 2)).astype(np.float32) * (3, 1)
    columns = map_columns(places, np.arange(500))
    back = places[columns.rows]
    spans = np.ptp(back, axis=0), np.ptp(np.stack([columns.x, columns.y], 1).astype(float), axis=0)
    assert spans[1][0] == FULL
    assert spans[1][1] / spans[1][0] == pytest.approx(spans[0][1] / spans[0][0], abs=1e-4)
    cells = (columns.y.astype(int) >> 8) * 256 + (columns.x >> 8)
    assert (np.diff(cells) >= 0).all()
    assert np.corrcoef(back[:, 1], columns.y)[0, 1] > 0.9999
    left, bottom, right, top = columns.home
    assert 0 <= left < right <= FULL
    assert 0 <= bottom < top <= FULL


def test_far_ones_are_on_the_map_but_not_in_the_first_view():
    places = np.concatenate([np.random.default_rng(0).normal(size=(1000, 2)), [[1e4, 0]]])
    columns = map_columns(places, np.arange(1001))
    assert len(columns) == 1001
    assert columns.home[2] < FULL / 10


def test_what_left_the_collection_or_has_no_place_is_left_out():
    places = np.array([[0, 0], [np.nan, 1], [1, 1], [2, np.inf], [3, 3]])
    assert sorted(map_columns(places, np.array([4, 3, -1, 1, 0])).rows) == [0, 4]
    with pytest.raises(DataError, match="Make the map again"):
        map_columns(places, np.full(5, -1))


def test_one_place_for_all_is_still_a_map():
    columns = map_columns(np.ones((5, 2)), np.arange(5))
    assert len(set(columns.x)) == 1


def test_the_version_follows_the_places():
    places = np.random.default_rng(0).normal(size=(50, 2))
    one, same = map_columns(places, np.arange(50)), map_columns(places.copy(), np.arange(50))
    assert one.version == same.version != map_columns(places, np.arange(50)[::-1]).version


@pytest.mark.parametrize("length", [0, 7, 9])
def test_bits_of_another_length_are_refused(length):
    with pytest.raises(DataError):
        from_bits(b"\0" * length, 60)


# --- what there is ----------------------------------------------------------------------------------------


def test_points_are_two_columns_that_the_browser_may_keep(get, version):
    told = get().json
    assert (told["state"], told["points"], told["method"], told["stale"]) == ("ready", N, "pca", False)
    reply = get(f"/{version}/points")
    assert reply.content_type == "application/octet-stream"
    assert "immutable" in reply.headers["Cache-Control"]
    x, y = np.frombuffer(reply.data, "<u2").reshape(2, N)
    assert (x.min(), x.max()) == (0, FULL)
    assert len({*zip(x.tolist(), y.tolist(), strict=True)}) == N


def test_another_version_is_not_this_map(get, post):
    for reply in (get("/0123/points"), get("/0123/answers"), post("/0123/sets", members=bits(1))):
        assert reply.status_code == 422
        assert "made anew" in reply.json["error"]


def test_without_a_map_the_page_says_the_command_and_can_make_one(get, post, library):
    library.places = None
    told = get().json
    assert (told["state"], told["may_make"]) == ("none", True)
    assert "tuningfork map" in told["command"]
    post()
    for _ in range(200):
        if get().json["state"] == "ready":
            break
    assert get().json["points"] == N


def test_a_map_that_cannot_be_made_says_why(get, post, library, monkeypatch):
    library.places = None

    def full(*args):
        raise EmbeddingError("no space left", where="maps")

    monkeypatch.setattr(library, "make_map", full)
    post()
    for _ in range(200):
        if get().json["state"] == "none":
            break
    assert "no space left" in get().json["problem"]


def test_large_collections_are_left_to_the_command(get, post, session, library, monkeypatch):
    library.places = None
    monkeypatch.setattr(type(session.collection), "__len__", lambda self: FEW + 1)
    assert get().json["may_make"] is False
    assert post().status_code == 400


def test_a_map_made_anew_is_read_anew(get, version, library, app, tmp_path):
    collection = app.extensions["tuningfork-bench"].collection
    collection.path = tmp_path
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "made-00000000-pca.parquet").write_bytes(b"another")
    library.places = grid_places(N, across=6)
    assert get().json["version"] != version


# --- answers and scores -----------------------------------------------------------------------------------


def test_answers_lie_on_their_points(get, post, version, client, session):
    page = Page(client)
    page.send(page.event(galaxies=page.next(2)[1:]), page.event(answer="junk", galaxies=page.next(9)[8:]))
    codes = np.frombuffer(get(f"/{version}/answers").data, np.uint8)
    answers = session.question.all_answers
    told = post(f"/{version}/names", points=np.flatnonzero(codes).tolist()).json
    assert sorted(answers[c - 1] for c in codes[codes > 0]) == sorted(told["answers"].values())
    assert sorted(told["answers"].values()) == ["junk", "yes"]


def test_scores_are_for_pages_that_are_not_blind(get, version):
    assert get(f"/{version}/scores").status_code == 400
    steps = np.frombuffer(get(f"/{version}/scores?guesses=shown").data, np.uint8)
    assert (steps.max(), len(steps)) == (255, N)
    assert steps.min() >= 1


def test_a_look_at_a_point_leaves_no_reason_for_asking(post, version, client, session):
    galaxies = post(f"/{version}/names", points=[0]).json["galaxies"]
    page = Page(client)
    page.send(page.event(galaxies=galaxies))
    assert session.events[0]["shown"]["stream"] == "unknown"


@pytest.mark.parametrize("points", [[-1], [N], ["0"], [True], [0.5], list(range(101)), "all"])
def test_points_that_are_none_are_refused(post, version, points):
    assert post(f"/{version}/names", points=points).status_code == 400


# --- selections -------------------------------------------------------------------------------------------


def test_a_selection_is_paged_answered_and_taken_home(get, post, version, client, session):
    told = post(f"/{version}/sets", members=bits(3, 4, 5, 40)).json
    assert told["galaxies"] == 4
    first = post(f"/sets/{told['set']}/pages", start=0, n=3).json["galaxies"]
    rest = post(f"/sets/{told['set']}/pages", start=3, n=3).json["galaxies"]
    assert first + rest == post(f"/{version}/names", points=[3, 4, 5, 40]).json["galaxies"]
    assert post(f"/sets/{told['set']}/pages", start=4, n=3).json["galaxies"] == []
    page = Page(client)
    page.send(page.event(galaxies=first[:1], view="map"))
    shown = session.events[0]["shown"]
    assert (shown["stream"], shown["view"]) == ("map", "map")
    assert post(f"/sets/{told['set']}/pages", start=0, n=3).json["answers"] == {first[0]: "yes"}
    reply = get(f"/sets/{told['set']}/csv")
    assert reply.headers["Content-Disposition"] == "attachment; filename=made-selection.csv"
    lines = list(csv.DictReader(io.StringIO(reply.text)))
    assert [line["answer"] for line in lines] == ["yes", "", "", ""]
    assert {line["id"] for line in lines} <= set(session.collection.ids())


def test_a_galaxy_that_was_handed_out_keeps_its_reason(post, version, client, session):
    page = Page(client)
    hunted = page.next(1)
    told = post(f"/{version}/sets", members=bits(*range(N))).json
    post(f"/sets/{told['set']}/pages", start=0, n=100)
    page.send(page.event(galaxies=hunted, view="map"))
    assert session.events[0]["shown"]["stream"] == "hunt"


def test_the_same_selection_has_the_same_key_and_old_ones_are_dropped(post, version):
    keys = [post(f"/{version}/sets", members=bits(i)).json["set"] for i in range(17)]
    assert post(f"/{version}/sets", members=bits(16)).json["set"] == keys[16]
    gone = post(f"/sets/{keys[0]}/pages", start=0, n=1)
    assert gone.status_code == 422
    assert "Select again" in gone.json["error"]


@pytest.mark.parametrize(
    ("members", "status"),
    [("", 422), ("!!", 422), (bits(1, n=8), 422), (bits(1, n=6000), 422), (bits(), 400), (7, 400)],
)
def test_selections_that_are_none_are_refused(post, version, members, status):
    assert post(f"/{version}/sets", members=members).status_code == status


def test_a_table_runs_no_formula(library, client):
    library.places = grid_places(2)
    app = create_app(
        FakeSession(FakeCollection(["=cmd|' /C calc'!A0", "fine"])), port=PORT, token="b", library=library
    )
    client = app.test_client()
    client.get("/enter?token=b", base_url=BASE)
    version = client.get(HERE, base_url=BASE).json["version"]
    body = {"members": bits(0, 1, n=2)}
    key = client.post(f"{HERE}/{version}/sets", base_url=BASE, headers=OWN, json=body).json["set"]
    assert "'=cmd" in client.get(f"{HERE}/sets/{key}/csv", base_url=BASE).text


# --- read ahead -------------------------------------------------------------------------------------------


class Counting(FakeLibrary):
    def __init__(self, places, problem=None):
        super().__init__(places)
        self.read, self.problem, self.done = [], problem, threading.Event()

    def load_map(self, collection, encoder, method):
        self.read.append((threading.current_thread().name, method))
        self.done.set()
        if self.problem:
            raise self.problem
        return super().load_map(collection, encoder, method)


def test_a_map_is_read_once_ahead_of_whoever_opens_it_and_behind_the_first_page(session, monkeypatch):
    monkeypatch.setattr("tuningfork.web.map_room.PAUSE", 0)
    library = Counting(grid_places(N))
    client = create_app(session, port=PORT, token="once", library=library).test_client()
    client.get("/enter?token=once", base_url=BASE)
    assert not library.done.wait(0.2)  # nobody has a page yet
    assert len(Page(client).next(6)) == 6
    assert library.done.wait(10)
    told = client.get(HERE, base_url=BASE).json
    assert (told["state"], told["points"]) == ("ready", N)
    Page(client).next(6)
    assert client.get(f"{HERE}/{told['version']}/points", base_url=BASE).status_code == 200
    assert library.read == [("tuningfork-map", "pca")]


def test_a_map_that_cannot_be_read_ahead_is_told_to_who_opens_it(session, monkeypatch):
    monkeypatch.setattr("tuningfork.web.map_room.PAUSE", 0)
    library = Counting(grid_places(N), EmbeddingError("the map cannot be read"))
    client = create_app(session, port=PORT, token="once", library=library).test_client()
    client.get("/enter?token=once", base_url=BASE)
    assert len(Page(client).next(6)) == 6
    assert library.done.wait(10)
    assert "cannot be read" in client.get(HERE, base_url=BASE).json["error"]


def test_without_a_map_nothing_waits_to_be_read(session):
    before = set(threading.enumerate())
    create_app(session, port=PORT, token="once", library=FakeLibrary())
    assert not [t for t in threading.enumerate() if t.name == "tuningfork-map" and t not in before]
