"""SAMP with astropy's own hub: tables, rows and places both ways; hostile messages are dropped."""

import contextlib
import time
from types import SimpleNamespace

import pyarrow as pa
import pytest
from astropy.samp import SAMPHubServer, SAMPIntegratedClient, conf
from astropy.table import Table

from tuningfork.collection.samp import SampLink, send_table
from tuningfork.collection.samp.heard import HeardPlace, HeardRow, read_place, read_row
from tuningfork.collection.samp.hub import _check_is_here
from tuningfork.errors import TuningforkError, UnknownNameError, UsageError

TABLE = pa.table({"rank": [1, 2], "id": ["a", "b"], "score": [0.9, 0.8], "ra": [10.0, None]})


@pytest.fixture
def hub(tmp_path, monkeypatch):
    lock = tmp_path / "hub.lock"
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{lock.as_uri()}")
    with conf.set_temp("use_internet", False):
        server = SAMPHubServer(web_profile=False, lockfile=str(lock))
        server.start()
        yield server
        if server.is_running:
            server.stop()


@pytest.fixture
def viewer(hub):
    """A program that loads tables; gives what it was told and read."""
    client, got = SAMPIntegratedClient("viewer"), []
    client.connect()

    def load(key, sender, message_id, mtype, params, extra):
        got.append((params["name"], Table.read(params["url"].removeprefix("file://"), format="votable")))
        client.reply(message_id, {"samp.status": "samp.ok", "samp.result": {}})

    client.bind_receive_call("table.load.votable", load)
    yield got
    with contextlib.suppress(OSError):  # a test may have stopped the hub
        client.disconnect()


@pytest.mark.timeout(60)
def test_a_table_arrives_with_its_values(viewer):
    assert send_table(TABLE, "like g001") == ["viewer"]
    name, table = viewer[0]
    assert name == "like g001"
    assert list(table["id"]) == ["a", "b"]
    assert list(table["score"]) == [0.9, 0.8]
    assert bool(table["ra"].mask[1])


@pytest.mark.timeout(60)
def test_nobody_there_is_one_line(hub):
    with pytest.raises(TuningforkError, match="takes tables"):
        send_table(TABLE, "x")


def test_no_hub_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{(tmp_path / 'none').as_uri()}")
    with pytest.raises(TuningforkError, match="no SAMP hub"):
        send_table(TABLE, "x")


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("localhost", True), ("192.0.2.1", False), ("[2001:db8::1]", False)],
)
def test_a_hub_elsewhere_gets_nothing(host, here):
    client = SimpleNamespace(hub=SimpleNamespace(lockfile={"samp.hub.xmlrpc.url": f"http://{host}:2112/"}))
    if here:
        _check_is_here(client)
        return
    with pytest.raises(TuningforkError, match="another machine"):
        _check_is_here(client)


@pytest.fixture
def other(viewer, hub):
    """Another program: it tells what it hears, and sends what it is told to."""
    client, heard = SAMPIntegratedClient("Aladin\n<b>" + 90 * "x"), []
    client.connect()
    for kind in ("table.highlight.row", "coord.pointAt.sky"):
        client.bind_receive_notification(
            kind, lambda key, who, mtype, params, extra: heard.append((mtype, params))
        )
    client.heard = heard
    yield client
    client.disconnect()


def _until(happened, seconds=10):
    end = time.monotonic() + seconds
    while not happened() and time.monotonic() < end:
        time.sleep(0.02)
    assert happened()


@pytest.mark.timeout(60)
def test_rows_and_places_go_both_ways(other):
    said = []
    with SampLink(said.append) as link:
        assert link.send(TABLE, "found") == ["viewer"]
        link.highlight("b")
        link.point(-10.5, 41.25)
        _until(lambda: len(other.heard) == 2)
        heard = dict(other.heard)  # a hub passes messages on in any order
        told = heard["table.highlight.row"]
        assert told["row"] == "1"
        assert heard["coord.pointAt.sky"] == {"ra": "349.50000000", "dec": "41.25000000"}
        for kind, params in [
            ("table.highlight.row", {"table-id": told["table-id"], "row": "0"}),
            ("table.highlight.row", {"table-id": told["table-id"], "row": "99"}),
            ("table.highlight.row", {"table-id": "somebody's", "row": "0"}),
            ("coord.pointAt.sky", {"ra": "nan", "dec": "0"}),
            ("coord.pointAt.sky", {"ra": "10.5", "dec": "-20.25"}),
        ]:
            other.notify_all({"samp.mtype": kind, "samp.params": params})
        _until(lambda: len(said) == 2)
    name = "Aladin<b>" + 50 * "x"
    assert set(said) == {HeardRow("a", name), HeardPlace(10.5, -20.25, name)}


@pytest.mark.timeout(150)  # the hub's own threads have been seen to take their time
def test_a_call_is_answered(other):
    with SampLink(lambda what: None):
        message = {"samp.mtype": "coord.pointAt.sky", "samp.params": {"ra": "1", "dec": "2"}}
        taker = next(
            i for i in other.get_subscribed_clients("coord.pointAt.sky") if i != other.get_public_id()
        )
        assert other.call_and_wait(taker, message, "60")["samp.status"] == "samp.ok"
        message["samp.params"] = {"ra": "east", "dec": "2"}
        assert other.call_and_wait(taker, message, "60")["samp.status"] == "samp.warning"


@pytest.mark.timeout(60)
def test_what_cannot_be_told_is_one_line(viewer, hub):
    with SampLink() as link:
        with pytest.raises(UsageError, match="no table was sent"):
            link.highlight("a")
        link.send(TABLE, "found")
        with pytest.raises(UnknownNameError, match="zz"):
            link.highlight("zz")
        with pytest.raises(UsageError, match="no place on the sky"):
            link.point(10, 91)
        hub.stop()
        with pytest.raises(TuningforkError, match="does not answer"):
            link.point(10, 9)


@pytest.mark.parametrize(
    "params",
    [
        None,
        "row",
        {},
        {"table-id": "ours"},
        {"table-id": "ours", "row": 1},
        {"table-id": "ours", "row": "-1"},
        {"table-id": "ours", "row": "2"},
        {"table-id": "ours", "row": "1.0"},
        {"table-id": "ours", "row": "\u0661"},
        {"table-id": "ours", "row": "1" * 5000},
        {"table-id": ["ours"], "row": "1"},
        {"table-id": "theirs", "url": "file:///etc/passwd", "row": "1"},
    ],
)
def test_a_hostile_row_is_dropped(params):
    assert read_row(params, {"ours": ["a", "b"]}) is None
    assert read_row({"table-id": "ours", "row": "1"}, {"ours": ["a", "b"]}) == "b"


@pytest.mark.parametrize(
    "params",
    [
        [],
        {"ra": "1"},
        {"ra": "1", "dec": "inf"},
        {"ra": "1", "dec": "90.1"},
        {"ra": "361", "dec": "0"},
        {"ra": 1.0, "dec": 2.0},
        {"ra": "1_0", "dec": "0"},
        {"ra": "9" * 10_000, "dec": "0"},
        {"ra": "<script>", "dec": "0"},
    ],
)
def test_a_hostile_place_is_dropped(params):
    assert read_place(params) is None
    assert read_place({"ra": "-1", "dec": "2e1"}) == (359.0, 20.0)
