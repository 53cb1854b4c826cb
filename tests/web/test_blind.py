"""What a page gets is the same whatever stream a galaxy belongs to."""

import re

import pytest

from tests.labelling.conftest import FakeCollection
from tests.web.conftest import BASE, OWN
from tuningfork.labelling import create_session
from tuningfork.labelling.streams.settings import Streams
from tuningfork.web import create_app


class Hand:
    """Works through pages as the scripts do, and keeps every JSON that came by stream."""

    def __init__(self, tmp_path):
        self.collection = FakeCollection(tmp_path / "galaxies")
        shares = Streams(
            audit=0.15, gold=0.1, repeat=0.2, audit_from=10, audit_size=24, inside=40, repeat_after=5
        )
        self.session = create_session(self.collection, name="blind", annotator="ann", streams=shares)
        self.collection.fingerprint = lambda: "made"
        self.session.add_examples(sorted(self.collection.rare)[:3])
        self.session.team.add_gold(sorted(self.collection.rare)[-3:], "yes", by="ann")
        self.app = create_app(self.session, port=8701, token="once")
        self.client = self.app.test_client()
        self.client.get("/enter?token=once", base_url=BASE)
        self.loop = self.app.extensions["tuningfork-bench"].loop("blind")
        self.seq, self.roll, self.told = 0, [], {}

    def post(self, path, **body):
        reply = self.client.post(f"/api/sessions/blind{path}", base_url=BASE, headers=OWN, json=body)
        assert reply.status_code == 200, reply.text
        return reply.json

    def get(self, path):
        return self.client.get(f"/api/sessions/blind{path}", base_url=BASE).json

    def send(self, kind="answer", **more):
        event = {"kind": kind, "seq": self.seq, **more}
        self.seq += 1
        return self.post("/events", client="tab", events=[event])["results"][0]

    def answer(self, name):
        galaxy_id = self.loop._names.resolve(name)[1]
        answer = "yes" if galaxy_id in self.collection.rare else "no"
        item = {"seq": self.seq, "galaxy": name, "position": 0}
        return answer, self.send(answer=answer, items=[item], seconds=2.0)

    def work(self, pages):
        for _ in range(pages):
            page = self.post("/pages", client="tab", held=self.roll[-400:], n=6)
            assert not set(page["galaxies"]) & set(self.roll)
            self.roll += page["galaxies"]
            for name in page["galaxies"]:
                asked = {"galaxy": name, "n": 2, "reveal": False}
                where = "/api/sessions/blind/compare"
                assert self.client.post(where, base_url=BASE, headers=OWN, json=asked).status_code == 400
                before = self.get("/progress")
                answer, result = self.answer(name)
                after = self.get("/progress")
                undone = self.send("undo")
                redone = self.send("redo")
                act = self.get("/history?last=1")["acts"][0]
                said = [e for e in self.session.events() if e.kind == "answer"]
                stream = max(said, key=lambda e: e.event_id).stream
                told = {
                    "page": sorted(page),
                    "answers": self.post("/answers", galaxies=[name])["answers"] == {name: answer},
                    "result": sorted(result),
                    "undone": undone["galaxies"] == [{"id": name, "answer": None}],
                    "redone": redone["galaxies"] == [{"id": name, "answer": answer}],
                    "act": {k: v if k in ("kind", "state", "count") else "" for k, v in act.items()},
                    "same galaxy in history": act["galaxies"] == [{"id": name, "answer": answer}],
                    "keys": sorted(after),
                    "answers moved": after["answers"] - before["answers"],
                }
                self.told.setdefault(stream, []).append(told)


@pytest.fixture(scope="module")
def hand(tmp_path_factory):
    hand = Hand(tmp_path_factory.mktemp("blind"))
    hand.work(20)
    return hand


def test_every_stream_came_and_none_looks_different(hand):
    assert {"hunt", "audit", "gold", "repeat"} <= hand.told.keys()
    told = [t for stream in hand.told.values() for t in stream]
    assert [t for t in told if t != hand.told["hunt"][0]] == []


def test_a_repeat_bears_another_name_and_is_logged_as_one(hand):
    by_galaxy = {}
    for name in hand.roll:
        by_galaxy.setdefault(hand.loop._names.resolve(name)[1], []).append(name)
    again = {i: names for i, names in by_galaxy.items() if len(names) > 1}
    assert len(again) == len(hand.told["repeat"])
    assert all(len(set(names)) == 2 for names in again.values())
    events = [e for e in hand.session.events() if e.stream == "repeat"]
    assert {e.galaxy_id for e in events} == again.keys()
    assert all(e.shown["look"] == 1 for e in events)


def test_audits_are_counted_under_their_design(hand):
    planned = {p.galaxy_id: p for d in hand.session.book.designs() for p in hand.session.book.plan(d.number)}
    asked = [e for e in hand.session.current_events().values() if e.stream == "audit"]
    assert asked
    assert all(e.probability == planned[e.galaxy_id].probability for e in asked)


def test_nothing_names_a_stream(hand):
    texts = [
        hand.client.get(f"/api/sessions/blind{path}", base_url=BASE).text
        for path in ("/progress", "/history?last=100", "/review")
    ]
    opened, team = dict(hand.get("")), dict(hand.get("/team"))
    assert opened.pop("shares").keys() == {"audit", "gold", "repeat"}  # for the owner, and of no galaxy
    assert "overlap_audit" in team.pop("overlap")
    texts += [str(opened), str(team)]
    texts.append(str(hand.post("/pages", client="tab", held=hand.roll[-400:], n=6)))
    for text in texts:
        for word in ("audit", "gold", "repeat", "hunt", "probability", "design", "score", "rank"):
            assert word not in text, (word, text[:200])


def test_estimates_do_not_follow_single_answers(hand):
    hand.get("/estimates")
    assert hand.loop.claims.wait(60)
    first = hand.get("/estimates")
    assert first["rows"]
    assert first["sentences"]
    hand.work(1)
    seen = []
    for _ in range(2):
        seen.append(str(hand.get("/estimates")))
        assert hand.loop.claims.wait(60)
    assert seen == 2 * [str(first)]  # 18 events of six galaxies answered, undone, redone: fewer than a block


def test_a_repeat_after_a_restart_is_still_one(hand):
    held = []
    for _ in range(12):
        page = hand.post("/pages", client="tab", held=held, n=6)["galaxies"]
        held += page
        again = [name for name in page if hand.loop._names.read(name)[2]]
        if again:
            break
    hand.loop._handed._contexts.clear()
    hand.answer(again[0])
    assert max(hand.session.events(), key=lambda e: e.event_id).stream == "repeat"


def test_how_large_the_streams_are_is_told_to_owners_and_adjudicators_alone(hand):
    """The session, its estimates, and the guess after an answer, as a member of each role gets them."""
    shares, counts, guesses = {}, {}, {}
    for role in ("viewer", "annotator", "adjudicator", "owner"):
        link = hand.post("/invitations", role=role)["link"].rpartition("#")[2]
        client, told = hand.app.test_client(), dict(zip(("session", "token"), link.split("/"), strict=True))
        client.post("/api/join", base_url=BASE, headers=OWN, json={**told, "name": f"a {role}"})
        here = "/api/sessions/blind"
        shares[role] = client.get(here, base_url=BASE).json.get("shares")
        client.get(f"{here}/estimates", base_url=BASE)
        assert hand.loop.claims.wait(60)
        text = client.get(f"{here}/estimates", base_url=BASE).text
        counts[role] = bool(
            re.search(r"An audit of|frozen draw|\d+ of \d+ (audited|known|finds)|--audit", text)
        )
        page = client.post(
            f"{here}/pages", base_url=BASE, headers=OWN, json={"client": role, "held": [], "n": 1}
        )
        for galaxy in page.json.get("galaxies", []):
            item = {"seq": 0, "galaxy": galaxy, "position": 0}
            event = {"kind": "answer", "seq": 0, "answer": "no", "items": [item]}
            body = {"client": role, "events": [event], "reveal": True}
            result = client.post(f"{here}/events", base_url=BASE, headers=OWN, json=body).json["results"][0]
            guesses[role] = set(result["reveal"])
    assert [role for role, told in shares.items() if told] == ["adjudicator", "owner"]
    assert [role for role, told in counts.items() if told] == ["adjudicator", "owner"]
    assert guesses["annotator"] == {"name", "score", "head_version"}
    assert {"stream", "reason", "probability"} <= guesses["adjudicator"]
