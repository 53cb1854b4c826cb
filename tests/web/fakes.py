"""Small stand-ins for a collection and a session, in memory, with the same methods."""

import dataclasses
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa

from tuningfork.embeddings import GalaxyMap
from tuningfork.errors import UnknownNameError
from tuningfork.labelling import Choice, Question
from tuningfork.web.workbench import Library


class FakeCollection:
    """Made galaxies: Gaussian blobs whose size and colour follow their row."""

    def __init__(self, ids=None, *, n=60, path="made", size=48):
        self._ids = np.array(
            [f"galaxy-{i:04d}" for i in range(n)] if ids is None else list(ids), dtype=object
        )
        self.path, self.name, self.size = Path(path), "made galaxies", size
        self.shown, self.stretch, self.bands, self.pixel_scale = (), None, ("b", "g", "r"), None

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
        return "made-1"

    def pixels(self, rows, *, shortest=None):
        return [self._draw(int(row)) for row in rows]

    def _draw(self, row):
        y, x = np.mgrid[: self.size, : self.size] - self.size / 2
        angle, axis = row * 0.7, 1 + row % 4
        u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        blob = np.exp(-((u / (5 + row % 5)) ** 2 + (v * axis / (5 + row % 5)) ** 2))
        colour = np.array([0.5 + 0.5 * np.sin(row), 0.8, 0.5 + 0.5 * np.cos(row)])
        return (255 * blob[..., None] * colour).astype(np.uint8)


@dataclasses.dataclass
class FakeAck:
    event_id: int
    duplicate: bool
    at: str = "2026-01-01T00:00:00+00:00"


@dataclasses.dataclass
class FakeUndone:
    answers: tuple


class FakeSession:
    """Asks row after row (or back to front once refitted, so that the order visibly changes)."""

    def __init__(self, collection, *, name="made", question=None):
        self.collection, self.name, self.question = collection, name, question or Question("Is it a merger?")
        self.strategy_name, self.head_name = "greedy", "logistic"
        self.events, self.refitted, self.examples = [], 0, []
        self._done, self._undone, self._seen, self._lock = [], [], {}, threading.RLock()

    def add_examples(self, ids=(), images=(), *, answer=None):
        self.examples += [*ids, *images]

    def next_batch(self, n, *, exclude=()):
        with self._lock:
            out = {*exclude, *self.labels(), *[e for e in self.examples if isinstance(e, str)]}
            rows = [r for r, i in enumerate(self.collection.ids()) if i not in out]
            return [self._choice(row) for row in (rows[::-1] if self.refitted else rows)[:n]]

    def similar(self, galaxy_id, n):
        row = int(self.collection.rows_of([galaxy_id])[0])
        rows = sorted(range(len(self.collection)), key=lambda r: abs(r - row))
        return [self._choice(r, "similar") for r in rows[1 : n + 1]]

    def best(self, n):
        return [
            self._choice(self.collection.rows_of([i])[0], "best")
            for i, a in self.labels().items()
            if a == "yes"
        ][:n]

    def answer_many(self, answers, *, client_id, annotator=None):
        with self._lock:
            acks, action = [], []
            for a in answers:
                self.question.check(a["answer"])
                key = (client_id, a["client_seq"])
                if key not in self._seen:
                    self.events.append(a)
                    action.append((a["galaxy_id"], a["answer"]))
                acks.append(
                    FakeAck(self._seen.setdefault(key, len(self.events)), key in self._seen and not action)
                )
            if action:
                self._done.append(action)
                self._undone.clear()
            return acks

    def undo(self, *, client_id, client_seq, annotator=None):
        return self._turn(self._done, self._undone)

    def redo(self, *, client_id, client_seq, annotator=None):
        return self._turn(self._undone, self._done)

    def _turn(self, source, target):
        with self._lock:
            if not source:
                return None
            target.append(source.pop())
            return FakeUndone(tuple(target[-1]))

    def labels(self):
        return {galaxy_id: answer for action in self._done for galaxy_id, answer in action}

    def progress(self):
        values = list(self.labels().values())
        found = np.cumsum([a == "yes" for a in values]).tolist()
        return {
            "answers": len(values),
            "found": sum(a == "yes" for a in values),
            "found_last_50": sum(a == "yes" for a in values[-50:]),
            "curve": [[0, 0], *([i + 1, f] for i, f in enumerate(found))],
            "seconds": 12.0 * len(values),
            "by_answer": {a: values.count(a) for a in set(values)},
        }

    def refit(self):
        self.refitted += 1

    def ranking(self):
        return FakeRanking(np.arange(1, len(self.collection) + 1))

    def set_strategy(self, name, **settings):
        self.strategy_name = name

    def set_head(self, name):
        self.head_name = name

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

    def list_maps(self, collection):
        return [] if self.places is None else ["made-00000000-pca"]

    def load_map(self, collection, encoder, method):
        return GalaxyMap(collection.ids(), np.asarray(self.places, np.float32), {"method": method}, False)

    def make_map(self, collection, encoder, on_progress):
        on_progress(len(collection), len(collection))
        self.places = grid_places(len(collection))

    def create_session(self, collection, **settings):
        session = FakeSession(collection, name=settings["name"], question=settings["question"])
        self.made[session.name] = session
        return session

    def open_session(self, collection, name):
        return self.made[name]

    def list_sessions(self, collection):
        return list(self.made)

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
