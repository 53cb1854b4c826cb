"""How long a person waits: key press to the next picture painted, and to the answer on the disk.

Real server, real label log, headless Chromium on a collection of 5,000 or more galaxies::

    python benchmarks/page_latency.py --answers 200
    python benchmarks/page_latency.py --collection DIR --json

Without ``--collection`` galaxies are drawn, 6,000 or ``--galaxies``, and given made vectors of 384 numbers:
what is measured is the page and the log, not the encoder. Targets (95th percentile): 50 ms to the picture,
20 ms to disk.
"""

import argparse
import json
import os
import shutil
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from _browsing import opened_page
from _measuring import machine

PACE = 0.25  # seconds between two keys: a fast person
WATCH = """() => {
  window.waits = [];
  const room = () => document.querySelector('.room');
  const shown = () => { const i = document.querySelector('.one img'); return i && i.complete ? i : null; };
  addEventListener('keydown', (event) => {
    const before = shown(), began = event.timeStamp;
    const look = () => requestAnimationFrame(() => {
      if (shown() === null || shown() === before) return look();
      const channel = new MessageChannel();  // runs after this frame is painted
      channel.port1.onmessage = () => window.waits.push(performance.now() - began);
      channel.port2.postMessage(0);
    });
    look();
  }, true);
  performance.setResourceTimingBufferSize(100000);
}"""
TRIPS = (
    "performance.getEntriesByType('resource').filter(e => e.name.endsWith('/events')).map(e => e.duration)"
)


def main() -> None:
    """Measure and print."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        collection = _collection(options.collection, options.galaxies, Path(folder))
        session, durable = _session(collection)
        result = _measure(session, options.answers)
        result |= {
            "answers": options.answers,
            "galaxies": len(collection),
            "durable_ms": _spread(durable[1:]),
        }
        shutil.rmtree(session.folder, ignore_errors=True)
    result["conditions"] = machine() | {"seconds_between_keys": PACE}
    print(json.dumps(result) if options.json else _told(result))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--collection", type=Path, help="a collection with embeddings; a made one by default")
    parser.add_argument("--galaxies", type=int, default=6_000, help="of the made one")
    parser.add_argument("--answers", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _collection(path: Path | None, galaxies: int, folder: Path):
    from tuningfork.collection import Collection, create_collection

    if path is not None:
        return Collection.open(path)
    import cv2

    rng = np.random.default_rng(0)
    images = folder / "images"
    images.mkdir()
    y, x = np.mgrid[:132, :132] - 66
    for i in range(galaxies):
        blob = np.exp(-((x / rng.uniform(4, 20)) ** 2) - (y / rng.uniform(4, 20)) ** 2)
        stamp = 230 * blob[..., None] * rng.uniform(0.5, 1, 3) + rng.normal(8, 4, (132, 132, 3))
        cv2.imwrite(str(images / f"g{i:05d}.jpg"), stamp.clip(0, 255).astype(np.uint8))
    collection = create_collection(images, folder / "collection", quiet=True).collection
    vectors = rng.normal(size=(len(collection), 384)).astype(np.float32)
    facts = {"encoder": "made", "created": datetime.now(UTC).isoformat()}
    collection.vector_table("made-00000000").append([str(i) for i in collection.ids()], vectors, facts)
    return collection


def _session(collection):
    """A session that has three examples, and the list of how long each answer took to be durable."""
    from tuningfork.labelling import create_session

    name = f"latency-{os.getpid()}"
    session = create_session(collection, name=name, question="Is it one of those?")
    session.add_examples([str(i) for i in collection.ids([0, 1, 2])])
    session.refit()
    durable: list[float] = []
    write = session.answer_many

    def timed(*args, **settings):
        began = time.perf_counter()
        acks = write(*args, **settings)
        durable.append(1000 * (time.perf_counter() - began))
        return acks

    session.answer_many = timed
    return session, durable


def _measure(session, answers: int) -> dict:
    with opened_page(session, (1280, 800)) as page:
        page.locator(".tile img").first.wait_for()
        page.wait_for_timeout(1000 * PACE)  # the page takes no key just after a picture came
        page.keyboard.press("g")
        page.locator(".one img").wait_for()
        page.wait_for_timeout(2000)
        page.evaluate(WATCH)
        for i in range(answers):
            page.keyboard.press("j" if i % 4 else "f")
            page.wait_for_timeout(1000 * PACE)
        page.locator(".outbox", has_text="saved").wait_for()
        page.wait_for_timeout(500)
        waits, trips = page.evaluate("window.waits"), page.evaluate(TRIPS)
    return {"painted_ms": _spread(waits), "acknowledged_ms": _spread(trips), "painted": len(waits)}


def _spread(values) -> dict[str, float]:
    return {f"p{p}": round(float(np.percentile(values, p)), 1) for p in (50, 95, 99)}


def _told(result: dict) -> str:
    rows = [
        ("key to next picture painted", "painted_ms", "50"),
        ("answer durable in the log", "durable_ms", "20"),
        ("answer acknowledged to the page", "acknowledged_ms", "-"),
    ]
    counts = f"{result['painted']} of {result['answers']} answers painted, {result['galaxies']:,} galaxies"
    lines = [counts, f"conditions: {result['conditions']}"]
    lines.append(f"{'milliseconds':34}{'p50':>8}{'p95':>8}{'p99':>8}{'target p95':>12}")
    for words, key, target in rows:
        numbers = "".join(f"{result[key][p]:8.1f}" for p in ("p50", "p95", "p99"))
        lines.append(f"{words:34}{numbers}{target:>12}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
