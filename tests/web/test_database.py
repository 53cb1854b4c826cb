"""Sessions of the page whose answers lie in a database: made there, found again, invitations too."""

from tests.labelling.conftest import FakeCollection
from tests.web.conftest import BASE, OWN
from tests.web.test_team_routes import joined
from tuningfork.labelling import open_session
from tuningfork.web import create_app


def test_the_page_makes_and_opens_sessions_in_a_database(tmp_path):
    collection = FakeCollection(tmp_path / "galaxies")
    collection.fingerprint = lambda: "made"
    database = f"sqlite:///{tmp_path / 'logs.db'}"
    app = create_app(collection, port=8701, token="once", database=database)
    bench = app.extensions["tuningfork-bench"]
    session = bench.library.create_session(collection, name="made")
    session.add_examples(sorted(collection.rare)[:1])
    session.close()
    host = app.test_client()
    host.get("/enter?token=once", base_url=BASE)
    bob = joined(app, host, "annotator", "bob")
    held = {"client": "tab", "held": [], "n": 1}
    page = bob.post("/api/sessions/made/pages", base_url=BASE, headers=OWN, json=held).json
    item = {"seq": 0, "galaxy": page["galaxies"][0], "position": 0}
    event = {"kind": "answer", "seq": 0, "answer": "no", "items": [item]}
    sent = {"client": "tab", "events": [event]}
    assert bob.post("/api/sessions/made/events", base_url=BASE, headers=OWN, json=sent).status_code == 200
    cookies = [c for c in bob._cookies.values()]
    bench.loop("made").session.close()

    assert not (collection.path / "sessions" / "made" / "labels.sqlite").exists()
    again = create_app(collection, port=8701, token="twice", database=database)
    returned = again.test_client()
    for cookie in cookies:
        returned.set_cookie(cookie.key, cookie.value, domain="127.0.0.1")
    assert returned.get("/api/sessions/made", base_url=BASE).json["me"] == {
        "name": "bob",
        "role": "annotator",
    }
    log = open_session(collection, "made", database=database)
    assert sorted(log.labels().values()) == ["no", "yes"]
    log.close()
