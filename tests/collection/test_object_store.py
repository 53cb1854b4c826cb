"""Collections on an S3-compatible object store: made, killed, gone on with, checked, embedded, searched."""

import csv
import io
import json
import logging
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.collection.made import write_jpegs
from tests.embeddings.fakes import TinyEncoder
from tests.warm import doomed
from tuningfork.collection import Collection, create_collection, export_catalogue, lease
from tuningfork.collection.engine import append_rows, one_writer, open_dataset
from tuningfork.collection.galaxies import GalaxyTable
from tuningfork.collection.place import Place, as_place
from tuningfork.collection.schema import galaxy_table
from tuningfork.errors import BusyError, TuningforkError, UsageError
from tuningfork.tasks.doctor import check_collection

pytest.importorskip("moto.server", reason="moto is not installed")

KEYS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def serve():
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    return server, "http://{}:{}".format(*server.get_host_and_port())


def make_bucket(url, name):
    import boto3

    boto3.client("s3", endpoint_url=url, region_name="us-east-1").create_bucket(Bucket=name)


@pytest.fixture(scope="module")
def endpoint():
    server, url = serve()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**KEYS, "AWS_ENDPOINT_URL": url}.items():
            patch.setenv(name, value)
        make_bucket(url, "galaxies-of-tests")
        yield url
    server.stop()


@pytest.fixture
def bucket(endpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return f"s3://galaxies-of-tests/{tmp_path.name}"


def test_what_is_an_address():
    assert as_place("s3://bucket/a/b") == as_place("s3:/bucket/a/b") == Place("bucket/a/b")
    assert str(as_place("galaxies")) == "galaxies"
    with pytest.raises(UsageError, match="gs:// is not known"):
        as_place("gs://bucket/a")
    for wrong in ("s3://", "s3://bucket/../other"):
        with pytest.raises(UsageError, match="no folder on an object store"):
            as_place(wrong)


def test_made_looked_at_checked_and_taken_out(bucket, tmp_path):
    write_jpegs(tmp_path / "in", 12)
    (tmp_path / "in" / "broken.jpg").write_bytes(b"\xff\xd8\xff rubbish")
    report = create_collection(tmp_path / "in", bucket, quiet=True)
    assert (report.added, len(report.rejected)) == (12, 1)
    rejected = list(csv.DictReader(io.StringIO((as_place(bucket) / "rejected.csv").read_bytes().decode())))
    assert [row["file"] for row in rejected] == ["broken.jpg"]
    again = create_collection(tmp_path / "in", bucket, quiet=True)
    assert (again.added, again.already) == (0, 12)
    collection = Collection.open(bucket)
    info = json.loads(json.dumps(collection.info()))
    assert (info["galaxies"], info["sessions"], info["path"]) == (12, [], bucket)
    assert info["bytes"] > 10_000
    local = create_collection(tmp_path / "in", tmp_path / "local", quiet=True).collection
    assert collection.fingerprint() == local.fingerprint()
    np.testing.assert_array_equal(collection.pixels([3])[0], local.pixels([3])[0])
    assert check_collection(collection, quarantine=True, quiet=True).galaxies == 12
    export_catalogue(collection, tmp_path / "table.csv", columns=["id"])
    assert (tmp_path / "table.csv").read_text().replace('"', "").split() == ["id", *collection.ids()]


def test_embedded_and_searched(bucket, tmp_path):
    from tuningfork.embeddings import embed, search

    write_jpegs(tmp_path / "in", 30)
    collection = create_collection(tmp_path / "in", bucket, quiet=True).collection
    local = create_collection(tmp_path / "in", tmp_path / "local", quiet=True).collection
    for place in (collection, local):
        assert embed(place, TinyEncoder(), batch_size=8, precision="fp32", quiet=True).done == 30
    assert embed(collection, TinyEncoder(), quiet=True).already == 30
    found = search(collection, ids=["g004"], k=5)
    assert found.ids.tolist() == search(local, ids=["g004"], k=5).ids.tolist()


def test_a_second_writer_is_told_and_doubles_nothing(bucket, tmp_path):
    write_jpegs(tmp_path / "in", 4)
    told = pytest.raises(BusyError, match="another process is testing")
    with one_writer(as_place(bucket), "testing"), told:
        create_collection(tmp_path / "in", bucket, quiet=True)
    assert create_collection(tmp_path / "in", bucket, quiet=True).added == 4


def test_of_two_that_reach_for_the_lease_at_once_one_gets_it(bucket):
    folder = as_place(bucket)
    first, second = lease._Lease(folder, "one"), lease._Lease(folder, "two")
    table, late = first._open(), second._open()
    assert first._write(table)
    assert not second._write(late)


def test_a_lease_that_ran_out_stops_its_holder(bucket, monkeypatch):
    """The holder slept; another took over and added; neither doubles a row."""
    folder = as_place(bucket)
    rows = galaxy_table([{"id": "a", "source": "a.jpg"}])
    monkeypatch.setattr(lease, "LASTS", 0.5)
    monkeypatch.setattr(lease, "MARGIN", 0.0)
    with one_writer(folder, "sleeping"):
        sleeper = GalaxyTable(folder / "galaxies.lance")
        time.sleep(0.6)
        monkeypatch.setattr(lease, "LASTS", 60.0)
        with one_writer(folder, "taking over"):
            GalaxyTable(folder / "galaxies.lance").append(rows)
        with pytest.raises(BusyError, match="ran out"):
            append_rows(folder / "galaxies.lance", rows)
        with pytest.raises(BusyError, match="meanwhile"):
            sleeper.append(rows)
    assert open_dataset(folder / "galaxies.lance").count_rows() == 1


def _import(say, source, bucket):
    from tuningfork.collection import galaxies, importing

    importing._FRAGMENT_ROWS = 20
    commit = galaxies.append_rows

    def told(path, table):
        dataset = commit(path, table)
        say(b".")
        return dataset

    galaxies.append_rows = told
    create_collection(source, bucket, quiet=True)


@pytest.mark.kill
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_killed_and_gone_on_with(bucket, tmp_path):
    write_jpegs(tmp_path / "in", 200)
    for after in (1, 3):
        with doomed(_import, tmp_path / "in", bucket) as child:
            assert len(child.read(after)) == after
            assert child.kill()
    there = len(Collection.open(bucket))
    assert 0 < there < 200
    report = create_collection(tmp_path / "in", bucket, quiet=True)
    assert (report.already, report.added) == (there, 200 - there)
    ids = report.collection.ids().tolist()
    assert len(set(ids)) == len(ids) == 200
    assert not check_collection(report.collection, quiet=True).flags


def test_a_store_that_goes_away_is_one_line(tmp_path, monkeypatch):
    server, url = serve()
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": url, "XDG_CACHE_HOME": str(tmp_path / "cache")}.items():
        monkeypatch.setenv(name, value)
    make_bucket(url, "soon-gone")
    write_jpegs(tmp_path / "in", 6)
    collection = create_collection(tmp_path / "in", "s3://soon-gone/here", quiet=True).collection
    server.stop()
    with pytest.raises(TuningforkError, match="the object store does not answer") as caught:
        collection.pixels([2])
    assert caught.value.exit_code == 1
    done = subprocess.run(
        [sys.executable, "-m", "tuningfork", "collection", "info", "s3://soon-gone/here"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "does not answer" in done.stderr


def test_labelling_says_that_it_needs_a_folder_here(bucket, tmp_path):
    from tuningfork.labelling import create_session

    write_jpegs(tmp_path / "in", 4)
    collection = create_collection(tmp_path / "in", bucket, quiet=True).collection
    with pytest.raises(UsageError, match="sessions are kept beside"):
        create_session(collection, question="round?")
