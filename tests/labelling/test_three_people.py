"""Three people at two openings of one session, whatever they do in whatever order, against a plain model."""

import random
from collections import Counter

import pytest

from tests.labelling.conftest import FakeCollection
from tests.labelling.test_team import Model
from tuningfork.labelling import create_session, open_session
from tuningfork.labelling.people.team import Team
from tuningfork.labelling.streams.settings import Streams

PEOPLE = ("ann", "bob", "eve")
STREAMS = Streams(audit=0.2, gold=0.1, repeat=0.15, audit_from=8, audit_size=16, inside=20, repeat_after=5)
LEASE, BEHIND = 600.0, 5.0
MEANT = ("gold", "repeat")  # what is asked of a person whatever others said


class Three(Model):
    """`Model`, with skips, second looks and last words: pairs are (galaxy, (answer, look))."""

    def live(self):
        """{galaxy: {person: {look: (moment, answer)}}} of all that counts."""
        told = {}
        for moment, who, pairs in sorted(a for stack in self.done.values() for a in stack):
            if moment not in self.revoked:
                for k, (galaxy, (answer, look)) in enumerate(pairs):
                    told.setdefault(galaxy, {}).setdefault(who, {})[look] = (moment, k, answer)
        return told

    def labels(self):
        return {galaxy: stands(said) for galaxy, said in self.live().items()}


def stands(said):
    """The answer of one galaxy from {person: {look: (moment, place, answer)}}."""
    if "last" in said.get("judge", ()):
        return said["judge"]["last"][2]
    words = {}
    for person, looks in said.items():
        spoken = {look: w for look, w in looks.items() if w[2] != "skip"}
        changing = [w for look, w in spoken.items() if look is not True]  # a repeat changes no answer
        words[person] = max(changing or spoken.values() or looks.values())
    told = [w for w in words.values() if w[2] != "skip"] or list(words.values())
    most = Counter(w[2] for w in told)
    return max(w for w in told if most[w[2]] == max(most.values()))[2]


def spoke(said):
    """Who said anything but skip."""
    return {who for who, looks in said.items() if any(w[2] != "skip" for w in looks.values())}


class Team3:
    """The people, their pages, the two openings of the session and the model beside them."""

    def __init__(self, folder, seed, overlap, *, steps=100, database=None):
        self.rng, self.overlap, self.now = random.Random(seed), overlap, 10_000.0
        self.steps, self.database = steps, database
        self.collection = FakeCollection(folder, n=100, seed=seed)
        team = Team(overlap=overlap, overlap_audit=overlap, lease_seconds=LEASE)
        asked = {"question": "Is it rare?", "streams": STREAMS, "team": team, "database": database}
        made = create_session(self.collection, name="t", **asked)
        self.rare = sorted(self.collection.rare)
        made.add_examples(self.rare[:1], annotator="judge")
        made.team.add_gold(["g90", "g91", "g92"], "no", by="judge")
        self.gold = {"g90", "g91", "g92"}
        self.model = Three()
        self.model.act("judge", [(self.rare[0], ("yes", False))])
        self.model.act("judge", [])  # the planting
        self.sessions = [made, None]
        self.reopen(1), self.at(made, 0.0)
        self.pages = {(who, page): [] for who in PEOPLE for page in "12"}
        self.held = {}  # (galaxy, who, page) -> until when
        self.seq, self.sent, self.revocations = 0, {}, []

    def at(self, session, skew):
        session.team.leases._clock = lambda: self.now - skew

    def reopen(self, k):
        if self.sessions[k] is not None:
            self.sessions[k].close()
        self.sessions[k] = open_session(self.collection, "t", database=self.database)
        self.at(self.sessions[k], BEHIND * k)

    def pick(self):
        return self.rng.choice(self.sessions), self.rng.choice(PEOPLE), self.rng.choice("12")

    def number(self, n=1):
        self.seq += n
        return {"client_id": "c", "client_seq": self.seq - n}

    # --- what they do -------------------------------------------------------------------------------------

    def take(self):
        session, who, page = self.pick()
        live = self.model.live()
        mine = {i for i, said in live.items() if who in said}
        got = session.lease(
            self.rng.randrange(1, 7),
            client_id=who + page,
            annotator=who,
            exclude=[c.id for c in self.pages[who, page]],
        )
        assert len({c.id for c in got}) == len(got)
        for choice in got:
            self.check_choice(session, choice, who, page, live.get(choice.id, {}), mine)
            self.held[choice.id, who, page] = self.now + LEASE
        self.pages[who, page] += got

    def check_choice(self, session, choice, who, page, said, mine):
        holders = {w: p for (i, w, p), end in self.held.items() if i == choice.id and end > self.now + BEHIND}
        assert who not in holders or holders[who] == page, "on another page of the same person"
        if choice.stream == "repeat":
            assert choice.id in mine
            assert True not in said[who], "a second look is asked once"
            return
        assert choice.id not in mine, "asked twice"
        if choice.stream == "gold":
            assert choice.id in self.gold
            return
        assert "last" not in said.get("judge", ()), "after the last word"
        others = (spoke(said) | set(holders)) - {who}
        assert len(others) < self.overlap, "enough people have it"
        if choice.stream == "audit":
            plan = {p.galaxy_id: p for p in session.book.plan(choice.design)}
            assert choice.design == session.book.designs()[-1].number
            assert choice.probability == plan[choice.id].probability

    def answer(self, most=4):
        session, who, page = self.pick()
        up = self.pages[who, page]
        chosen = [
            up.pop(self.rng.randrange(len(up))) for _ in range(min(len(up), self.rng.randrange(1, most)))
        ]
        if not chosen:
            return
        answer = self.rng.choice(["yes", "no", "no", "skip", "maybe"])
        first = self.number(len(chosen))["client_seq"]
        new = [
            {"galaxy_id": c.id, "answer": answer, "client_seq": first + k, "shown": c.shown()}
            for k, c in enumerate(chosen)
        ]
        self.send(session, who, new)
        if self.rng.random() < 0.2:  # the reply was lost: again, at the other one
            again = self.rng.choice(self.sessions).answer_many(new, client_id="c", annotator=who)
            assert all(ack.duplicate for ack in again)
            assert [a.event_id for a in again] == [self.sent["c", n["client_seq"]][0] for n in new]

    def send(self, session, who, new):
        acks = session.answer_many(new, client_id="c", annotator=who)
        self.sent |= {
            ("c", n["client_seq"]): (a.event_id, n["galaxy_id"], n["answer"], who)
            for n, a in zip(new, acks, strict=True)
        }
        looks = [(n["galaxy_id"], (n["answer"], n["shown"]["stream"] == "repeat")) for n in new]
        self.model.act(who, looks)

    def turn(self):
        session, who, _ = self.pick()
        name = self.rng.choice(["undo", "undo", "redo"])
        told = getattr(session, name)(**self.number(), annotator=who)
        stacks = (self.model.done, self.model.undone)
        expected = self.model.turn(*(stacks if name == "undo" else stacks[::-1]), who)
        assert (told is not None) == expected

    def revoke(self):
        session, who, _ = self.pick()
        if self.revocations and self.rng.random() < 0.6:
            name = self.revocations.pop()
            if name in {r["name"] for r in session.team.revoked()}:
                session.team.restore(name, by="judge")
                self.model.revoked = {a: by for a, by in self.model.revoked.items() if by != name}
            return
        name = session.team.revoke(who, by="judge")
        self.model.revoke(name, who, ())
        self.revocations.append(name)

    def judge(self):
        session = self.rng.choice(self.sessions)
        disputes = sorted(session.team.disputes())
        if disputes:
            galaxy, answer = self.rng.choice(disputes), self.rng.choice(["yes", "no", "junk"])
            session.team.adjudicate(galaxy, answer, by="judge")
            self.model.act("judge", [(galaxy, (answer, "last"))])

    def leave(self):
        session, who, page = self.pick()
        if self.rng.random() < 0.5:
            session.team.leases.give_back(who, who + page)
            self.pages[who, page] = []
            self.held = {key: end for key, end in self.held.items() if key[1:] != (who, page)}
        else:
            self.now += self.rng.choice([1, 20, 400, -2, 700])

    # --- what must be true --------------------------------------------------------------------------------

    def check(self):
        events = {(e.client_id, e.client_seq): e for e in self.sessions[0].events()}
        told = {
            k: (e.event_id, e.galaxy_id, e.answer, e.annotator) for k, e in events.items() if k in self.sent
        }
        assert told == self.sent
        for session in self.sessions:
            assert session.labels() == self.model.labels()
        share = self.sessions[0].estimate()["whole"]
        if share is not None:
            total = share["total"]
            assert share["found"] <= total["low"] <= (total["value"] or total["high"]) <= total["high"]

    def finish(self):
        """Everybody goes on until nothing is asked any more: then nothing was withheld."""
        self.now += 3 * LEASE
        for _ in range(40):
            asked = 0
            for who in PEOPLE:
                page = self.rng.choice(self.sessions).lease(20, client_id=who + "last", annotator=who)
                new = [
                    {"galaxy_id": c.id, "answer": "yes" if c.id in self.rare else "no", "shown": c.shown()}
                    | {"client_seq": self.number()["client_seq"]}
                    for c in page
                ]
                if new:
                    self.send(self.rng.choice(self.sessions), who, new)
                asked += sum(c.stream not in MEANT for c in page)
            if not asked:
                break
        live = self.model.live()
        for galaxy in self.collection.ids():
            judged = "last" in live.get(galaxy, {}).get("judge", {})
            skipped = {w for w, looks in live.get(galaxy, {}).items() if looks} - spoke(live.get(galaxy, {}))
            enough = min(self.overlap, len(PEOPLE) - len(skipped))
            said = spoke(live.get(galaxy, {}))
            assert judged or galaxy in self.gold or len(said) >= enough, galaxy
        for session in self.sessions:
            assert session._desk.open_plan() == []

    def live_through(self):
        acts = [self.take] * 5 + [self.answer] * 8 + [self.turn] * 3 + [self.revoke, self.judge, self.leave]
        for step in range(self.steps):
            self.rng.choice(acts)()
            if step % 20 == 19:
                self.check()
                self.reopen(self.rng.randrange(2))
        self.finish()
        self.check()
        kinds = Counter(e.stream for e in self.sessions[0].events())
        assert min(kinds[stream] for stream in ("hunt", "audit", "gold", "repeat")) > 0
        for session in self.sessions:
            session.close()


@pytest.mark.parametrize(("seed", "overlap"), [(1, 1), (3, 2)])
def test_whatever_three_people_do(tmp_path, seed, overlap):
    Team3(tmp_path / "galaxies", seed, overlap).live_through()
