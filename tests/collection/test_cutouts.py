"""Positions against a cut-out service: a stand-in on this machine, never the real one."""

import csv
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from tests.collection.sky_server import SkyServer
from tuningfork.collection import Collection, add_to_collection, create_collection
from tuningfork.collection.fetching import ServiceStoppedError
from tuningfork.collection.services import SERVICES
from tuningfork.errors import CatalogueError, UnknownNameError, UsageError


@pytest.fixture(autouse=True)
def nowhere(monkeypatch):
    """No test reaches the real service, and none waits as long as people do."""
    monkeypatch.setenv("TUNINGFORK_CUTOUTS_LEGACY", "http://127.0.0.1:9")
    hasty = replace(SERVICES["legacy"], rate=500.0, first_wait=0.02, timeout=1.0, tries=3)
    monkeypatch.setitem(SERVICES, "legacy", hasty)


def table(path, decs, ra=150.0):
    rows = [f"g{n},{ra + n / 10},{dec},{n}" for n, dec in enumerate(decs)]
    path.write_text("\n".join(["name,RA,Dec,magnitude", *rows]) + "\n")
    return path


def fetch(monkeypatch, server, source, out, **wishes):
    monkeypatch.setenv("TUNINGFORK_CUTOUTS_LEGACY", server.url)
    return create_collection(source, out, cutouts="legacy", side=32, quiet=True, **wishes)


def test_positions_become_galaxies_with_their_columns(tmp_path, monkeypatch):
    with SkyServer() as server:
        report = fetch(monkeypatch, server, table(tmp_path / "p.csv", [1, 2, 3]), tmp_path / "out")
    rows = report.collection.catalogue().to_pylist()
    assert [row["id"] for row in rows] == ["g0", "g1", "g2"]
    assert (rows[1]["ra"], rows[1]["dec"], rows[1]["magnitude"]) == (150.1, 2.0, 1)
    assert (rows[0]["cutout_service"], rows[0]["cutout_layer"]) == ("legacy", "ls-dr10")
    assert (report.collection.bands, rows[0]["stamp_format"]) == (("blue", "green", "red"), "jpeg")
    assert rows[0]["pixel_scale"] == pytest.approx(0.262)
    assert server.queries[0] == {
        "path": "/viewer/cutout.jpg", "ra": "150.000000", "dec": "1.000000",
        "layer": "ls-dr10", "pixscale": "0.262", "size": "32",
    }  # fmt: skip
    assert set(server.asked.values()) == {1}
    assert all(agent.startswith("tuningfork/") for agent in server.agents)


def test_named_bands_ask_for_fits_and_a_layer_can_be_chosen(tmp_path, monkeypatch):
    with SkyServer() as server:
        monkeypatch.setenv("TUNINGFORK_CUTOUTS_LEGACY", server.url)
        report = create_collection(
            table(tmp_path / "p.csv", [1, 2]), tmp_path / "out", cutouts="legacy:ls-dr9", side=16,
            bands=("g", "r", "z"), pixel_scale=0.5, quiet=True,
        )  # fmt: skip
    assert report.collection.bands == ("g", "r", "z")
    assert report.collection.pixels([0])[0].shape == (16, 16, 3)
    assert report.collection.catalogue(["cutout_layer"])["cutout_layer"].to_pylist() == ["ls-dr9"] * 2
    assert {(q["path"], q["bands"], q["pixscale"]) for q in server.queries} == {
        ("/viewer/cutout.fits", "grz", "0.5")
    }


FOR_GOOD = {
    1: ("html", "page of text"),
    2: ("half", "broke off"),
    3: ("empty", "sent nothing"),
    4: ("cut", "truncated"),
    5: ("blank", "no image there"),
    6: ("small", "16 x 16 pixels, not 32 x 32"),
    7: ("slow", "in time"),
    8: ("away", "another place"),
    9: ("file", "another place"),
    10: ("huge", "more than such an image can have"),
    11: (500, "answered 500"),
    12: (404, "answered 404"),
    13: ("reset", "cannot be reached"),
}


def test_each_trouble_is_one_line_and_the_rest_goes_on(tmp_path, monkeypatch):
    faults = {dec: kind for dec, (kind, _) in FOR_GOOD.items()}
    decs = [0, *(d for dec in FOR_GOOD for d in (dec, 20 + dec))]
    with SkyServer(faults) as server:
        report = fetch(monkeypatch, server, table(tmp_path / "p.csv", decs), tmp_path / "out")
    assert report.added == 1 + len(FOR_GOOD)
    reasons = {decs[r.row - 1]: r.reason for r in report.rejected}
    assert reasons.keys() == FOR_GOOD.keys()
    for dec, (_, words) in FOR_GOOD.items():
        assert words in reasons[dec], reasons[dec]
    assert len(list(csv.DictReader((tmp_path / "out" / "rejected.csv").open()))) == len(FOR_GOOD)
    assert server.asked[12] == 1  # 404 is an answer, and is not asked for again
    assert server.asked[11] == 3


def test_passing_trouble_passes(tmp_path, monkeypatch):
    faults = {1: [500, 503], 2: ["half"], 3: ["html"], 4: ["reset", "empty"]}
    with SkyServer(faults) as server:
        report = fetch(monkeypatch, server, table(tmp_path / "p.csv", [1, 2, 3, 4]), tmp_path / "out")
    assert (report.added, report.rejected) == (4, [])


def test_who_asks_for_a_pause_gets_it(tmp_path, monkeypatch):
    with SkyServer({1: [429]}) as server:
        fetch(monkeypatch, server, table(tmp_path / "p.csv", [1, 2, 3]), tmp_path / "out")
    assert server.asked[1] == 2
    gaps = np.diff(server.at)
    assert gaps.max() > 0.9  # Retry-After: 1, for everybody


def test_the_rate_and_the_number_in_flight_are_kept(tmp_path, monkeypatch):
    monkeypatch.setitem(SERVICES, "legacy", replace(SERVICES["legacy"], rate=20.0))
    with SkyServer(delay=0.2) as server:
        fetch(monkeypatch, server, table(tmp_path / "p.csv", range(10)), tmp_path / "out", workers=8)
    assert server.most_flying <= 2
    assert min(np.diff(server.at)) > 0.03


def test_what_is_there_is_not_asked_for_again(tmp_path, monkeypatch):
    source = table(tmp_path / "p.csv", [1, 2, 3])
    with SkyServer({2: 404}) as server:
        fetch(monkeypatch, server, source, tmp_path / "out")
        server.faults.clear()
        again = fetch(monkeypatch, server, source, tmp_path / "out")
    assert (again.added, again.already) == (1, 2)
    assert server.asked == {1: 1, 2: 3, 3: 1}  # 2: for the sample, for the import, and now
    for kept in (tmp_path / "out" / "cutouts").rglob("*.jpg"):
        kept.write_bytes(kept.read_bytes()[:100])
    with SkyServer() as server:  # damaged ones are fetched anew
        (tmp_path / "out" / "cutouts").rename(tmp_path / "cutouts")
        (tmp_path / "new").mkdir()
        (tmp_path / "cutouts").rename(tmp_path / "new" / "cutouts")
        assert fetch(monkeypatch, server, source, tmp_path / "new").added == 3


def test_a_service_that_is_down_stops_the_job_and_says_what_to_do(tmp_path, monkeypatch):
    source = table(tmp_path / "p.csv", range(1, 80))
    faults = {dec: 503 for dec in range(6, 80)}
    with SkyServer(faults) as server:
        with pytest.raises(ServiceStoppedError, match=r"10 positions in a row.*again later"):
            fetch(monkeypatch, server, source, tmp_path / "out")
        assert len(server.asked) < 30
        server.faults.clear()
        assert fetch(monkeypatch, server, source, tmp_path / "out").added == 79
    assert server.asked[1] == 1


def test_nobody_there(tmp_path):
    with pytest.raises(ServiceStoppedError, match="cannot be reached"):
        create_collection(
            table(tmp_path / "p.csv", range(20)), tmp_path / "out", cutouts="legacy", quiet=True
        )


def test_positions_off_the_sky_are_refused_and_never_asked_for(tmp_path, monkeypatch):
    source = tmp_path / "p.csv"
    source.write_text("name,ra,dec\na,10,1\nb,10,91\nc,,5\nd,-400,5\ne,nan,5\na,11,2\n,12,2\n")
    with SkyServer() as server:
        report = fetch(monkeypatch, server, source, tmp_path / "out")
    assert report.collection.ids().tolist() == ["a"]
    assert [r.row for r in report.rejected] == [2, 3, 4, 5, 6, 7]
    assert {r.reason for r in report.rejected[:4]} == {"the position is not on the sky"}
    assert list(server.asked) == [1]


def test_sexagesimal_positions_and_rows_without_ids(tmp_path, monkeypatch):
    (tmp_path / "p.csv").write_text("ra,dec\n10:00:00,-00:30:00\n10:00:04,+02:00:00\n")
    with SkyServer() as server:
        report = fetch(monkeypatch, server, tmp_path / "p.csv", tmp_path / "out")
    rows = report.collection.catalogue(["id", "ra", "dec"]).to_pylist()
    assert rows[0] == {"id": "src_00001", "ra": pytest.approx(150), "dec": pytest.approx(-0.5)}


def test_bad_wishes_are_refused_before_anything_is_asked(tmp_path, monkeypatch):
    source = table(tmp_path / "p.csv", [1])
    with pytest.raises(UnknownNameError, match="legacy"):
        create_collection(source, tmp_path / "out", cutouts="legcy", quiet=True)
    with pytest.raises(UsageError, match="at most 3,000"):
        create_collection(source, tmp_path / "out", cutouts="legacy", side=4000, quiet=True)
    monkeypatch.setenv("TUNINGFORK_CUTOUTS_LEGACY", "file:///etc")
    with pytest.raises(UsageError, match="not the address of a web service"):
        create_collection(source, tmp_path / "out", cutouts="legacy", quiet=True)
    (tmp_path / "q.csv").write_text("name,x\na,1\n")
    with pytest.raises(CatalogueError, match="no columns of positions"):
        create_collection(tmp_path / "q.csv", tmp_path / "out", cutouts="legacy", quiet=True)


def test_more_positions_can_be_added(tmp_path, monkeypatch):
    with SkyServer() as server:
        fetch(monkeypatch, server, table(tmp_path / "p.csv", [1, 2]), tmp_path / "out")
        (tmp_path / "q.csv").write_text("name,ra,dec\nnew,10,5\n")
        add_to_collection(tmp_path / "out", tmp_path / "q.csv", cutouts="legacy", side=32, quiet=True)
    assert Collection.open(tmp_path / "out").ids().tolist() == ["g0", "g1", "new"]


@pytest.mark.kill
def test_a_killed_job_goes_on_without_asking_again(tmp_path):
    source, out = table(tmp_path / "p.csv", range(40)), tmp_path / "out"
    program = (
        "import sys; from dataclasses import replace; from tuningfork.collection.services import SERVICES;"
        "SERVICES['legacy'] = replace(SERVICES['legacy'], rate=50.0);"
        "from tuningfork.collection import create_collection;"
        "create_collection(sys.argv[1], sys.argv[2], cutouts='legacy', side=32, quiet=True)"
    )
    with SkyServer(delay=0.05) as server:
        environment = {**os.environ, "TUNINGFORK_CUTOUTS_LEGACY": server.url}
        command = [sys.executable, "-c", program, str(source), str(out)]
        for enough in (5, 15, 30):
            job = subprocess.Popen(command, env=environment)
            until = time.monotonic() + 60
            while sum(server.asked.values()) < enough and time.monotonic() < until:
                time.sleep(0.005)
            job.send_signal(signal.SIGKILL)
            job.wait()
        subprocess.run(command, env=environment, check=True, timeout=120)
    assert len(Collection.open(out)) == 40
    assert sum(server.asked.values()) <= 40 + 3 * 2  # what was in flight at each kill
