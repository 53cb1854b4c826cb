"""SAMP with astropy's own hub: a table arrives whole; without a hub or a taker there is one line."""

from types import SimpleNamespace

import pyarrow as pa
import pytest
from astropy.samp import SAMPHubServer, SAMPIntegratedClient, conf
from astropy.table import Table

from tuningfork.embeddings.samp import _check_is_here, send_table
from tuningfork.errors import TuningforkError

TABLE = pa.table({"rank": [1, 2], "id": ["a", "b"], "score": [0.9, 0.8], "ra": [10.0, None]})


@pytest.fixture
def hub(tmp_path, monkeypatch):
    lock = tmp_path / "hub.lock"
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{lock.as_uri()}")
    with conf.set_temp("use_internet", False):
        server = SAMPHubServer(web_profile=False, lockfile=str(lock))
        server.start()
        yield server
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
