"""A team at work: 20 annotators, 5 answers a second in all, one server: who waits, and what is lost.

A server process of its own on a made collection; each annotator joins by an invitation and does what the page
does: takes pages, fetches the picture of each galaxy, answers, looks at the progress::

    python benchmarks/load_people.py --seconds 180
    python benchmarks/load_people.py --seconds 180 --galaxies 200000 --json
    python benchmarks/load_people.py --seconds 60 --estimates

With ``--estimates`` everybody has the panel *Estimates* open: as on the page, progress and estimates are
asked for 0.4 s after an answer, and estimates again when the server says so. ``own_numbers`` is how long each
person waited, from their first galaxies on, for what their own next page will hold.

Targets (95th percentile): 50 ms until an answer is acknowledged, which means that it is on the disk; nothing
lost, nothing twice, each person's answers in their order. Pages and pictures are timed while the head is
refitted behind them after every answer.
"""

import argparse
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from _measuring import machine

LOSSES = ("lost", "twice", "wrong", "asked_of_two")
SESSION, SIDE, DIM = "load", 24, 384
AHEAD = 12  # galaxies left on the page when the next ones are fetched
PAGE = 24
LOOK_UP = 15.0  # seconds between two looks at the progress
SETTLED = 0.4  # seconds after an answer until the page's panel asks
BEST = 24  # galaxies that the panel shows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--rate", type=float, default=5.0, help="answers a second in all")
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--galaxies", type=int, default=20_000)
    parser.add_argument("--estimates", action="store_true", help="everybody has the estimates open")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", nargs=2, metavar=("DIR", "PORT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return _serve(Path(options.serve[0]), int(options.serve[1]))
    with tempfile.TemporaryDirectory(prefix="tuningfork-load-") as folder:
        told = measure(
            Path(folder),
            people=options.people,
            rate=options.rate,
            seconds=options.seconds,
            galaxies=options.galaxies,
            estimates=options.estimates,
        )
    print(json.dumps(told) if options.json else _told(told))
    return None


def measure(
    folder: Path, *, people: int, rate: float, seconds: float, galaxies: int, estimates: bool = False
) -> dict:
    """Let people work for a while; times in milliseconds, and what became of their answers."""
    collection, tokens = made_session(folder, galaxies=galaxies, people=people)
    server = Server(collection)
    try:
        team = [Annotator(server.port, f"person {i}", token) for i, token in enumerate(tokens)]
        until = time.monotonic() + seconds
        tasks = [lambda a=a: a.work(until, people / rate) for a in team]
        if estimates:
            tasks += [lambda p=p: p.work(until) for p in [a.panel() for a in team]]
        work(tasks)
        left = server.cpu_seconds()
    finally:
        server.stop()
    times: dict[str, list[float]] = defaultdict(list)
    for annotator in team:
        for kind, values in annotator.times.items():
            times[kind] += values
    return {
        "people": people,
        "seconds": seconds,
        "galaxies": galaxies,
        "answers": sum(len(a.acknowledged) for a in team),
        "answers_a_second": round(sum(len(a.acknowledged) for a in team) / seconds, 2),
        "server_cpu_seconds": left,
        **audit(collection, team),
        "ms": {kind: _spread(values) for kind, values in sorted(times.items())},
        "conditions": machine(),
    }


# --- the server's side ----------------------------------------------------------------------------


def made_session(folder: Path, *, galaxies: int, people: int) -> tuple[Path, list[str]]:
    """A collection of made galaxies with vectors, a session on it with three examples, and invitations."""
    from tuningfork.collection import create_collection
    from tuningfork.labelling import create_session

    rng = np.random.default_rng(0)
    stamps = rng.integers(0, 60, (galaxies, SIDE, SIDE, 3), dtype=np.uint8)
    stamps[:, 8:16, 8:16] += rng.integers(40, 190, (galaxies, 1, 1, 3), dtype=np.uint8)
    np.save(folder / "stamps.npy", stamps)
    collection = create_collection(folder / "stamps.npy", folder / "collection", quiet=True).collection
    vectors = rng.normal(size=(len(collection), DIM)).astype(np.float32)
    facts = {"encoder": "made", "created": datetime.now(UTC).isoformat()}
    collection.vector_table("made-00000000").append([str(i) for i in collection.ids()], vectors, facts)
    session = create_session(collection, name=SESSION, question="Is it one of those?", annotator="owner")
    session.add_examples([str(i) for i in collection.ids([0, 1, 2])])
    tokens = [session.team.members.invite("annotator", by="owner") for _ in range(people)]
    session.close()
    return Path(collection.path), tokens


def _serve(collection: Path, port: int) -> None:
    from tuningfork.labelling import open_session
    from tuningfork.web import serve

    session = open_session(collection, SESSION)
    serve(session, port=port, open_browser=False, announce=lambda link: print("ready", flush=True))


class Server:
    """The page in a process of its own, which may be killed and started again on the same port."""

    def __init__(self, collection: Path):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._command = [sys.executable, __file__, "--serve", str(collection), str(self.port)]
        self.start()

    def start(self) -> None:
        """Start it, and wait until it takes requests."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        if self._process.stdout.readline() != "ready\n":
            raise RuntimeError("the server did not start")

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, nobody is told."""
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def stop(self) -> None:
        """End it for good."""
        if self._process.poll() is None:
            self.kill()

    def cpu_seconds(self) -> float | None:
        """How long the process computed; None where the system does not say."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return round((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), 1)


# --- the people's side ----------------------------------------------------------------------------


class Annotator:
    """One person's browser: joins, takes pages, answers in order, and sends again what was not acknowledged.

    Parameters
    ----------
    patient : float
        Seconds for which a server that is away is waited for.
    """

    def __init__(self, port: int, name: str, token: str, *, patient: float = 0.0):
        self.port, self.name, self.patient = port, name, patient
        self.client = f"page of {name}"
        self.times: dict[str, list[float]] = defaultdict(list)
        self.acknowledged: list[tuple[int, str, str]] = []  # number, galaxy, answer; in the order of the acts
        self._rng = random.Random(name)
        self._seq = 0
        self._panel: Panel | None = None
        self._line = Line(port, name, self.times, patient=patient)
        body = {"session": SESSION, "token": token, "name": name}
        reply = self._line.ask("join", "POST", "/api/join", body)
        self._line.cookie = reply.getheader("Set-Cookie").partition(";")[0]
        self._version = self._line.json("state", "GET", "/api/state")["pictures"]

    def panel(self) -> "Panel":
        """The estimates beside the galaxies, on a connection of their own."""
        self._panel = Panel(Line(self.port, self.name, self.times, cookie=self._line.cookie))
        return self._panel

    def work(self, until: float, pause: float) -> None:
        """Answer about every ``pause`` seconds until the time is up."""
        page: list[str] = []
        looked = time.monotonic()
        due = time.monotonic() + self._rng.uniform(0, pause)
        while due < until:
            if len(page) <= AHEAD:
                page += self.take(page)
                if not page:
                    return
                if self._panel is not None and not self.acknowledged:
                    self._panel.open()
            galaxy = page.pop(0)
            self.look(galaxy)
            time.sleep(max(0.0, due - time.monotonic()))
            self.answer(galaxy, "yes" if self._rng.random() < 0.1 else "no")
            due += self._rng.uniform(0.5, 1.5) * pause
            if self._panel is None and time.monotonic() - looked > LOOK_UP:
                looked = time.monotonic()
                self._line.json("progress", "GET", f"/api/sessions/{SESSION}/progress")

    def take(self, held: list[str]) -> list[str]:
        """The next galaxies."""
        body = {"client": self.client, "held": held, "n": PAGE}
        return self._line.json("page", "POST", f"/api/sessions/{SESSION}/pages", body)["galaxies"]

    def look(self, galaxy: str) -> None:
        """Fetch a picture."""
        self._line.ask("picture", "GET", f"{self._version}{galaxy}/96/as-is")

    def answer(self, galaxy: str, answer: str) -> None:
        """Answer, and note it down once the server has said that it is kept."""
        seq, self._seq = self._seq, self._seq + 1
        item = {"seq": seq, "galaxy": galaxy, "position": 0}
        event = {"kind": "answer", "seq": seq, "answer": answer, "items": [item], "view": "stream"}
        body = {"client": self.client, "events": [event]}
        told = self._line.json("answer", "POST", f"/api/sessions/{SESSION}/events", body)["results"][0]
        if "error" in told or "later" in told:
            raise RuntimeError(f"{self.name}: {told}")
        self.acknowledged.append((seq, galaxy, answer))
        if self._panel is not None:
            self._panel.soon()


class Panel:
    """The side panel with the estimates open: asks as `static/panel.js` and `static/estimates.js` do."""

    def __init__(self, line: "Line"):
        self._line = line
        self._due = float("inf")  # when progress and estimates are asked for
        self._opened = 0.0
        self._own = False

    def open(self) -> None:
        """Beside the first galaxies."""
        self._due, self._opened = time.monotonic(), time.perf_counter()

    def soon(self) -> None:
        """After an answer: many become one."""
        self._due = time.monotonic() + SETTLED

    def work(self, until: float) -> None:
        """Ask until the time is up."""
        again, asked = float("inf"), 0.0
        while (now := time.monotonic()) < until:
            if asked < self._due <= now:
                self._line.json("progress", "GET", f"/api/sessions/{SESSION}/progress?best={BEST}")
            elif again > now:
                time.sleep(0.05)
                continue
            asked = now
            told = self._line.json("estimates", "GET", f"/api/sessions/{SESSION}/estimates")
            again = time.monotonic() + told["again"] if told["again"] else float("inf")
            if "page" in told and not self._own:
                self._own = True
                self._line.times["own_numbers"].append(1000 * (time.perf_counter() - self._opened))


class Line:
    """A connection of somebody's browser; sends again what did not go through while the server is away."""

    def __init__(self, port: int, name: str, times: dict[str, list[float]], *, patient=0.0, cookie=""):
        self.port, self.name, self.times, self.patient, self.cookie = port, name, times, patient, cookie
        self._connection: http.client.HTTPConnection | None = None

    def json(self, kind: str, method: str, path: str, body: dict | None = None) -> dict:
        return json.loads(self.ask(kind, method, path, body).told)

    def ask(self, kind: str, method: str, path: str, body: dict | None = None):
        """One request, sent again while the server is away; its time counts when it went through at once."""
        tries, failed = 0, 0.0
        while True:
            began = time.perf_counter()
            try:
                reply = self._once(method, path, body)
            except (OSError, http.client.HTTPException):
                self._connection, tries = None, tries + 1
                failed = failed or time.monotonic()
                if time.monotonic() - failed >= self.patient:
                    raise
                time.sleep(0.05)
                continue
            if reply.status == 200:
                if not tries:
                    self.times[kind].append(1000 * (time.perf_counter() - began))
                return reply
            raise RuntimeError(f"{self.name}: {method} {path}: {reply.status} {reply.told[:200]!r}")

    def _once(self, method: str, path: str, body: dict | None):
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
            self._connection.connect()
            self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        headers = {"Origin": f"http://127.0.0.1:{self.port}", "Cookie": self.cookie}
        data = None if body is None else json.dumps(body)
        if data is not None:
            headers["Content-Type"] = "application/json"
        self._connection.request(method, path, data, headers)
        reply = self._connection.getresponse()
        reply.told = reply.read()
        return reply


def work(tasks: list[Callable[[], None]]) -> None:
    """Run all at once; raises what the first of them raised."""
    trouble: list[BaseException] = []

    def run(task: Callable[[], None]) -> None:
        try:
            task()
        except BaseException as error:
            trouble.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if trouble:
        raise trouble[0]


def audit(collection: Path, team: list[Annotator]) -> dict[str, int]:
    """What of the acknowledged answers is ``lost``, there ``twice``, changed or out of order (``wrong``)."""
    from tuningfork.labelling import open_session
    from tuningfork.web.identifiers import Identifiers

    session = open_session(collection, SESSION)
    names = Identifiers(session.collection, str(Path(session.collection.path).resolve()))
    kept: dict[str, list] = defaultdict(list)
    for event in session.log.events():
        kept[event.client_id].append(event)
    session.close()
    lost = twice = wrong = 0
    for annotator in team:
        events = kept[annotator.client]
        told = {e.client_seq: (e.galaxy_id, e.answer, e.annotator) for e in events}
        twice += len(events) - len(told)
        wrong += [e.client_seq for e in events] != sorted(told)
        for seq, galaxy, answer in annotator.acknowledged:
            if seq not in told:
                lost += 1
            elif told[seq] != (names.resolve(galaxy)[1], answer, annotator.name):
                wrong += 1
    given = [
        e.galaxy_id for events in kept.values() for e in events if e.kind == "answer" and e.stream == "hunt"
    ]
    return {"lost": lost, "twice": twice, "wrong": wrong, "asked_of_two": len(given) - len(set(given))}


def _spread(values: list[float]) -> dict[str, float]:
    told = {f"p{p}": round(float(np.percentile(values, p)), 1) for p in (50, 95, 99)}
    return told | {"max": round(max(values), 1), "n": len(values)}


def _told(told: dict) -> str:
    lines = [
        f"{told['people']} people, {told['answers']} answers in {told['seconds']:.0f} s",
        ", ".join(f"{name.replace('_', ' ')} {told[name]}" for name in ("galaxies", *LOSSES)),
        f"the server computed for {told['server_cpu_seconds']} s; conditions: {told['conditions']}",
        f"{'milliseconds':20}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>9}{'n':>7}",
    ]
    for kind, spread in told["ms"].items():
        lines.append(
            f"{kind:20}" + "".join(f"{spread[p]:{w}}" for p, w in zip(spread, (8, 8, 8, 9, 7), strict=True))
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
