"""Small stand-ins for a collection and a session, in memory, with the same methods."""

import dataclasses
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa

from tuningfork.embeddings import GalaxyMap
from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.labelling import Choice, LabelLog, Question
from tuningfork.labelling.acts import new_answer, with_path
from tuningfork.labelling.people.room import TeamRoom
from tuningfork.labelling.people.team import Team, closed_for
from tuningfork.labelling.review import Review
from tuningfork.labelling.streams.settings import Streams
from tuningfork.web.workbench import Library

VECTORS = ("made-00000000", "other-11111111")


class FakeCollection:
    """Made galaxies: Gaussian blobs whose size and colour follow their row."""

    def __init__(self, ids=None, *, n=60, path="made", size=48):
        self._ids = np.array(
            [f"galaxy-{i:04d}" for i in range(n)] if ids is None else list(ids), dtype=object
        )
        self.path, self.name, self.size = Path(path), "made galaxies", size
        self.shown, self.stretch, self.bands, self.pixel_scale = (), None, ("b", "g", "r"), 0.4
        self.manifest = SimpleNamespace(source="made", pixels="encoded")

    def __len__(self):
        return len(self._ids)

    def ids(self, rows=None):
        return self._ids if rows is None else self._ids[np.asarray(rows, dtype=np.int64)]

    def id_column(self):
        return pa.array(list(self._ids), pa.large_string())

    def rows_of(self, ids):
        rows = {galaxy_id: row for row, galaxy_id in enumerate(self._ids)}
        for galaxy_id in ids:
            if galaxy_id not in rows:
                raise UnknownNameError("galaxy", galaxy_id, rows)
        return np.array([rows[i] for i in ids], np.int64)

    def fingerprint(self):
        return "made-00000000"

    def vector_keys(self):
        return []

    def catalogue(self, columns, rows):
        facts = {"ra": 150.0, "dec": 2.0, "pixel_scale": None, "height": self.size, "width": self.size}
        facts |= {"source": "made.png"}
        return pa.Table.from_pylist([{name: facts[name] for name in columns} for _ in rows])

    def pixels(self, rows, *, shortest=None):
        return [self._draw(int(row)) for row in rows]

    def _draw(self, row):
        y, x = np.mgrid[: self.size, : self.size] - self.size / 2
        angle, axis = row * 0.7, 1 + row % 4
        u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        blob = np.exp(-((u / (5 + row % 5)) ** 2 + (v * axis / (5 + row % 5)) ** 2))
        colour = np.array([0.5 + 0.5 * np.sin(row), 0.8, 0.5 + 0.5 * np.cos(row)])
        return (255 * blob[..., None] * colour).astype(np.uint8)


class FakeSession:
    """Asks row after row (or back to front once refitted, so that the order visibly changes); its log and its
    team are real ones.
    """

    def __init__(self, collection, *, name="made", question=None, overlap=1):
        self.collection, self.name, self.question = collection, name, question or Question("Is it a merger?")
        self.strategy_name, self.head_name, self.encoder = "greedy", "logistic", "made-00000000"
        self.encoder_keys = (self.encoder,)
        self.settings = SimpleNamespace(
            annotator="me",
            team=Team(overlap=overlap),
            question=self.question,
            created="2026-01-01T00:00:00",
            streams=Streams(),
        )
        self.events, self.refitted, self.examples, self.to_review = [], 0, [], Review()
        self.closing, self.offer = None, None
        self._folder = tempfile.TemporaryDirectory(prefix="tuningfork-fake-")
        place = Path(self._folder.name) / "labels.sqlite"
        self.log = LabelLog(place, session=name, question=self.question.text)
        self.team = TeamRoom(self.log, self.settings, lambda i: self.collection.rows_of([i]))
        self._lock = threading.RLock()

    def row_numbers(self):
        ids = self.collection.ids()
        return ids, {galaxy_id: row for row, galaxy_id in enumerate(ids)}

    def add_examples(self, ids=(), images=(), *, answer=None):
        self.examples += [*ids, *images]

    def _closed(self, who, held):
        with self.log.view() as state:
            return closed_for(state, who, self.settings.team, positive="yes", audited=set(), held=held)

    def next_batch(self, n, *, exclude=(), annotator="me", client_id=None, wait=True):
        with self._lock:
            held = self.team.leases.held(annotator, client_id)
            out = {*exclude, *self._closed(annotator, held)} | {i for i, who in held.items() if "" in who}
            out |= {e for e in self.examples if isinstance(e, str)}
            rows = [r for r, i in enumerate(self.collection.ids()) if i not in out]
            return [self._choice(row) for row in (rows[::-1] if self.refitted else rows)[:n]]

    def lease(self, n, *, client_id, annotator="me", exclude=(), wait=True):
        with self._lock:
            self.team.members.require(annotator, "annotator")
            chosen = self.next_batch(n, exclude=exclude, annotator=annotator, client_id=client_id)
            return self.team.leases.claim(
                chosen,
                person=annotator,
                client_id=client_id,
                closed=lambda held: self._closed(annotator, held),
            )

    def similar(self, galaxy_id, n):
        row = int(self.collection.rows_of([galaxy_id])[0])
        rows = sorted(range(len(self.collection)), key=lambda r: abs(r - row))
        return [self._choice(r, "similar") for r in rows[1 : n + 1]]

    def compare(self, galaxy_id, n, *, annotator="me", unanswered):
        if galaxy_id not in self.labels() and not unanswered:
            raise UsageError("it is compared after the answer")
        own = {a: [i for i, said in self.labels().items() if said == a] for a in self.question.answers}
        return {
            a: [
                self._choice(r, "similar")
                for r in self.collection.rows_of([i for i in ids if i != galaxy_id])
            ][:n]
            for a, ids in own.items()
        }

    def best(self, n):
        return [
            self._choice(self.collection.rows_of([i])[0], "best")
            for i, a in self.labels().items()
            if a == "yes"
        ][:n]

    def answer_many(self, answers, *, client_id, annotator="me"):
        self.team.members.require(annotator, "annotator")
        with self._lock:
            read = [self.question.read(a["answer"]) for a in answers]
            new = [with_path(new_answer(a), *said) for a, said in zip(answers, read, strict=True)]
            acks = self.log.append(new, client_id=client_id, annotator=annotator)
            told = [
                {**a, "answer": answer, "path": path} for a, (answer, path) in zip(answers, read, strict=True)
            ]
            self.events += [a for a, ack in zip(told, acks, strict=True) if not ack.duplicate]
            return acks

    def undo(self, **act):
        return self.log.undo(**act)

    def redo(self, **act):
        return self.log.redo(**act)

    def labels(self):
        return {i: str(event.answer) for i, event in self.log.current().items()}

    def current_events(self):
        return self.log.current()

    def review(self, annotator):
        return self.to_review

    def estimate(self):
        empty = dict.fromkeys(("inside", "whole", "confirmed", "eye"))
        words = {"sentences": ["Nothing yet."], "notes": ["A note"]}
        empty |= {"closing": self.closing, "running": self.closing, "shown": None, "offer": self.offer}
        empty |= {"audits": [], "audit": {"share": 0.1, "from": 50}, "blind": words, **words}
        left = len(self.collection) - len(self.labels())
        return {**empty, "galaxies": len(self.collection), "found": 0, "unanswered": left}

    def begin_closing(self, completeness, *, annotator):
        self.team.members.require(annotator, "owner")
        if self.closing is None:
            self.offer, self.closing = None, {"state": "running", "answered": 0, "planned": 26}
            self.closing |= {"looks": 20, "inside": 40, "completeness": completeness}
        return SimpleNamespace(looks=20, inside=40, completeness=completeness)

    def call_off_closing(self, *, annotator):
        self.team.members.require(annotator, "owner")
        called, self.closing = self.closing, None
        return called

    def foresight(self):
        return len(self.labels()) >= 30  # of the log: the list above grows a moment later

    def expected_finds(self, ahead, *, by):
        return (2, 9) if by else None

    def refit(self):
        self.refitted += 1

    def ranking(self):
        return FakeRanking(np.arange(1, len(self.collection) + 1))

    def set_strategy(self, name, **settings):
        self.strategy_name = name

    def set_team(self, team):
        self.settings.team = team

    def set_streams(self, streams):
        self.settings.streams = streams

    def set_head(self, name):
        self.head_name = name

    def set_encoder(self, keys):
        self.encoder_keys = tuple(keys)

    def export(self, path, all_rows=False):
        lines = ["id,label", *(f"{i},{a}" for i, a in self.labels().items())]
        Path(path).write_text("\n".join(lines) + "\n")

    def _choice(self, row, stream="hunt"):
        galaxy_id = str(self.collection.ids([row])[0])
        return Choice(galaxy_id, int(row), stream, self.strategy_name, int(row) + 1, 0.5, "made", "v1", None)


@dataclasses.dataclass
class FakeRanking:
    rank: np.ndarray


@dataclasses.dataclass
class FakeNeighbours:
    rows: np.ndarray


class FakeLibrary(Library):
    """Start screen calls on fakes; ``places`` are those of the map, in row order."""

    def __init__(self, places=None):
        self.made, self.places = {}, places

    def vectors_of(self, collection, encoder):
        return encoder or "made-00000000"

    def vectors(self, collection):
        facts = {"numbers": 8, "galaxies": len(collection), "made": "2026-01-01T00:00:00+00:00"}
        return [{"key": key, "name": key.rpartition("-")[0], **facts} for key in VECTORS]

    def keys_of(self, collection, encoder):
        return [encoder or VECTORS[0]]

    def list_maps(self, collection):
        return [] if self.places is None else ["made-00000000-pca"]

    def load_map(self, collection, encoder, method):
        return GalaxyMap(collection.ids(), np.asarray(self.places, np.float32), {"method": method}, False)

    def make_map(self, collection, encoder, on_progress):
        on_progress(len(collection), len(collection))
        self.places = grid_places(len(collection))

    def create_session(self, collection, **settings):
        session = FakeSession(collection, name=settings["name"], question=settings["question"])
        session.encoder_keys = tuple((settings.get("encoder") or session.encoder).split(" + "))
        self.made[session.name] = session
        return session

    def open_session(self, collection, name):
        return self.made[name]

    def gave_out(self, collection, name, secret):
        return name in self.made

    def list_sessions(self, collection):
        return list(self.made)

    def overview(self, collection, name):
        question = self.made[name].question.text if name in self.made else "Is it a merger?"
        return {"name": name, "question": question, "created": "2026-01-01T00:00:00+00:00", "used": ""}

    def search(self, collection, *, ids=(), images=(), encoder=None, k=20):
        start = int(collection.rows_of(ids)[0]) if ids else 0
        return FakeNeighbours((np.arange(1, k + 1) + start) % len(collection))

    def strategies(self):
        return {
            "greedy": "The highest scores first.",
            "alpha": "The alpha rule.",
            "uncertainty": "The least sure first.",
            "random": "At random.",
        }

    def heads(self):
        return {"logistic": "Logistic regression.", "mlp": "One hidden layer."}


def grid_places(n, across=10):
    """Places of galaxies on a map: line after line, ten in each, from the left and from below."""
    return np.stack([np.arange(n) % across, np.arange(n) // across], axis=1).astype(np.float32)
