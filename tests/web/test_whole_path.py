"""The page on a real collection, a real log and real strategies, over HTTP."""

import csv
import io
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from tests.web.conftest import BASE, OWN
from tests.web.fakes import FakeCollection
from tuningfork.collection import create_collection
from tuningfork.labelling import open_session
from tuningfork.web import create_app


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    folder = tmp_path_factory.mktemp("galaxies")
    made = FakeCollection(n=60)
    (folder / "images").mkdir()
    for row in range(60):
        kind = "round" if row % 4 == 0 else "flat"
        cv2.imwrite(str(folder / "images" / f"{kind}-{row:02d}.png"), made.pixels([row])[0])
    collection = create_collection(folder / "images", folder / "collection", quiet=True).collection
    rng = np.random.default_rng(0)
    kinds = np.array([str(i).startswith("round") for i in collection.ids()])
    vectors = (rng.normal(size=(60, 8)) + 3 * kinds[:, None]).astype(np.float32)
    facts = {"encoder": "made", "created": datetime.now(UTC).isoformat()}
    collection.vector_table("made-0000").append([str(i) for i in collection.ids()], vectors, facts)
    return collection


def test_from_start_to_a_table(collection):
    app = create_app(collection, port=8701, token="once")
    client = app.test_client()
    client.get("/enter?token=once", base_url=BASE)
    names = app.extensions["tuningfork-bench"].identifiers

    def post(path, **body):
        reply = client.post(f"/api{path}", base_url=BASE, headers=OWN, json=body)
        assert reply.status_code == 200, reply.text
        return reply.json

    offered = client.get("/api/ids?like=round", base_url=BASE).json["ids"]
    examples = [{"galaxy": offered[0]["id"]}, {"galaxy": offered[1]["id"]}]
    near = post("/nearest", examples=examples, n=5)["galaxies"]
    assert all(names.resolve(name)[1].startswith("round") for name in near)
    session = post("/sessions", name="round one", question="Is it round?", examples=examples)["session"]
    path, seq, asked = f"/sessions/{session}", 0, []
    for _ in range(5):
        page = post(f"{path}/pages", client="tab", held=asked, n=6)["galaxies"]
        assert not set(page) & set(asked)
        asked += page
        for galaxy in page:
            answer = "yes" if names.resolve(galaxy)[1].startswith("round") else "no"
            item = {"seq": seq, "galaxy": galaxy, "position": 0}
            event = {"kind": "answer", "seq": seq, "answer": answer, "items": [item]}
            assert "error" not in post(f"{path}/events", client="tab", events=[event])["results"][0]
            seq += 1
    post(f"{path}/events", client="tab", events=[{"kind": "undo", "seq": seq}])
    assert app.extensions["tuningfork-bench"].loop(session).refits.wait(30)
    progress = client.get(f"/api{path}/progress", base_url=BASE).json
    assert progress["answers"] == 29
    assert progress["found"] >= 11  # of the 13 that are left beside the examples: the ranking works
    assert all(b["found"] for b in progress["best"])
    for kind in ("csv", "parquet", "fits", "vot"):
        assert client.get(f"/api{path}/export/{kind}", base_url=BASE).status_code == 200, kind
    rows = list(csv.DictReader(io.StringIO(client.get(f"/api{path}/export/csv", base_url=BASE).text)))
    assert len(rows) == 31
    assert {row["label"] for row in rows} == {"yes", "no"}
    kept = open_session(collection, session)
    assert len(kept.labels()) == 31
    assert {event.shown.get("stream") for event in kept.events()} >= {"example", "hunt"}


def test_pictures_come_from_the_collection(collection):
    app = create_app(collection, port=8701, token="once")
    client = app.test_client()
    client.get("/enter?token=once", base_url=BASE)
    state = client.get("/api/state", base_url=BASE).json
    name = client.get("/api/gallery?n=1", base_url=BASE).json["galaxies"][0]
    reply = client.get(f"{state['pictures']}{name}/96/asinh", base_url=BASE)
    assert cv2.imdecode(np.frombuffer(reply.data, np.uint8), cv2.IMREAD_COLOR).shape == (48, 48, 3)


def test_a_collection_without_vectors_says_what_to_run(tmp_path):
    (tmp_path / "images").mkdir()
    for row in range(3):
        cv2.imwrite(str(tmp_path / "images" / f"{row}.png"), FakeCollection().pixels([row])[0])
    bare = create_collection(tmp_path / "images", tmp_path / "collection", quiet=True).collection
    client = create_app(bare, port=8701, token="once").test_client()
    client.get("/enter?token=once", base_url=BASE)
    galaxy = client.get("/api/gallery?n=1", base_url=BASE).json["galaxies"][0]
    body = {"examples": [{"galaxy": galaxy}]}
    reply = client.post("/api/nearest", base_url=BASE, headers=OWN, json=body)
    assert reply.status_code == 422
    assert "tuningfork embed" in reply.json["error"]
