"""What a collection of a million galaxies costs: to open, to look at, to name, to search, to start labelling.

The collection is made by the house's own append path from distinct JPEG pieces of the Hubble Deep Field
(about 4 KB each), in fragments of the size that an import commits. Every question is asked in a process of
its own, so that its memory is its own. Pictures are drawn as the page draws them. Files are read from the
machine's memory where they fit: they were written a moment before.

    python benchmarks/million.py [--rows 1000000] [--width 256] [--keep FOLDER] [--json]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _measuring import machine

DISTINCT = 16_000  # fewer would be compressed away: Lance stores a stamp that repeats nearby only once
SIDE = 96
KEY = "made-0"


def make(folder: Path, rows: int, width: int) -> dict:
    """A collection of ``rows`` galaxies with vectors ``[rows, width]``, by the calls that an import makes."""
    from tuningfork.collection.engine import compact
    from tuningfork.collection.galaxies import GalaxyTable
    from tuningfork.collection.manifest import Manifest, write_manifest
    from tuningfork.collection.vectors import VectorTable

    folder.mkdir(parents=True)
    write_manifest(folder, Manifest("million", ("blue", "green", "red"), str(folder)))
    began = time.perf_counter()
    galaxies = GalaxyTable(folder / "galaxies.lance")
    pieces = distinct_rows(min(rows, DISTINCT))
    step = 16_000
    for start in range(0, rows, step):
        galaxies.append(piece_of(pieces, start, min(step, rows - start)))
    compact(galaxies.path)
    stamps = time.perf_counter() - began
    write_manifest(folder, Manifest("million", ("blue", "green", "red"), str(folder), complete=True))
    table, chance = VectorTable(folder / "embeddings" / f"{KEY}.lance", KEY), np.random.default_rng(0)
    began = time.perf_counter()
    for start in range(0, rows, 65_536):
        count = min(65_536, rows - start)
        ids = [f"galaxy_{k:09d}" for k in range(start, start + count)]
        told = {"encoder": "made", "name": "made", "precision": "fp32", "views": "1"}
        table.append(ids, chance.standard_normal((count, width), np.float32), told)
    return {
        "stamps_per_s": round(rows / stamps),
        "vectors_per_s": round(rows / (time.perf_counter() - began)),
    }


def distinct_rows(count: int) -> list[dict]:
    """Rows of our columns for the distinct pieces, without their ids."""
    import cv2
    from skimage.data import hubble_deep_field

    from tuningfork.collection.stamps import stamp_of

    field, chance = hubble_deep_field()[..., ::-1], np.random.default_rng(0)
    rows = []
    for _ in range(count):
        y, x = (chance.integers(0, n - SIDE) for n in field.shape[:2])
        done, data = cv2.imencode(".jpg", field[y : y + SIDE, x : x + SIDE], [cv2.IMWRITE_JPEG_QUALITY, 85])
        assert done
        rows.append(stamp_of(data.tobytes(), name="piece").row())
    return rows


def piece_of(pieces: list[dict], start: int, count: int):
    """Galaxies ``start`` and on as an import hands them over."""
    from tuningfork.collection.schema import galaxy_table

    named = range(start, start + count)
    return galaxy_table(
        [
            {**pieces[k % len(pieces)], "id": f"galaxy_{k:09d}", "source": f"{k // 1000:05d}/{k:09d}.jpg"}
            for k in named
        ]
    )


def opened(folder: str) -> dict:
    """``Collection.open`` and ``info``, in a process that begins with the imports."""
    began = time.perf_counter()
    from tuningfork.collection import Collection

    collection = Collection.open(folder)
    facts = collection.info()
    return {"s": time.perf_counter() - began, "galaxies": facts["galaxies"], "bytes": facts["bytes"]}


def thumbnails(folder: str) -> dict:
    """Pages of 100 random galaxies, drawn as the page draws them, by as many threads as the page has."""
    from concurrent.futures import ThreadPoolExecutor

    from tuningfork.collection import Collection
    from tuningfork.images.look import look_of
    from tuningfork.web.pictures import PictureRoom

    collection, chance, times = Collection.open(folder), np.random.default_rng(1), []
    room, look = PictureRoom(collection, most_bytes=1), look_of("as-is")
    threads = os.cpu_count() or 2
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(60):
            rows = chance.integers(0, len(collection), 100)
            began = time.perf_counter()
            list(pool.map(lambda row: room.galaxy(int(row), 160, look), rows))
            times.append(1000 * (time.perf_counter() - began))
    return {
        "ms_first": times[0],
        "ms_median": float(np.median(times[5:])),
        "ms_p95": float(np.percentile(times[5:], 95)),
        "threads": threads,
    }


def naming(folder: str) -> dict:
    """Rows of ids, ids of rows, an id that is not there, flags, the fingerprint."""
    from tuningfork.collection import Collection
    from tuningfork.errors import UnknownNameError

    collection, took = Collection.open(folder), {}
    rows = np.random.default_rng(2).integers(0, len(collection), 1000)

    def timed(name: str, work) -> object:
        began = time.perf_counter()
        result = work()
        took[f"{name}_ms"] = 1000 * (time.perf_counter() - began)
        return result

    def unknown() -> None:
        try:
            collection.rows_of(["galaxy_00000O042"])
        except UnknownNameError as error:
            took["said"] = str(error)[:90]

    timed("first_id", lambda: collection.ids([5]))
    ids = timed("ids_of_1000", lambda: collection.ids(rows))
    timed("rows_of_1", lambda: collection.rows_of(ids[:1]))
    back = timed("rows_of_1000", lambda: collection.rows_of(ids))
    assert np.array_equal(back, rows)
    timed("unknown_id", unknown)
    timed("flagged", collection.flagged)
    timed("fingerprint", collection.fingerprint)
    return took


def searching(folder: str) -> dict:
    """`load_embeddings` and one exact search, then a second with the vectors read again."""
    from tuningfork.collection import Collection
    from tuningfork.embeddings import load_embeddings, search

    collection = Collection.open(folder)
    began = time.perf_counter()
    load_embeddings(collection)
    loaded = time.perf_counter() - began
    began = time.perf_counter()
    search(collection, ids=["galaxy_000000042"], k=100)
    return {"load_s": loaded, "search_s": time.perf_counter() - began}


def labelling(folder: str) -> dict:
    """Start a session, give it two examples, ask for the first page and for the page after 24 answers."""
    from tuningfork.collection import Collection
    from tuningfork.labelling import create_session

    collection = Collection.open(folder)
    began = time.perf_counter()
    session = create_session(collection, name=f"s{os.getpid()}", question="is it round?")
    started = time.perf_counter()
    session.add_examples(ids=["galaxy_000000042", "galaxy_000000043"])
    page = session.next_batch(24)
    shown = time.perf_counter()
    for number, choice in enumerate(page):
        session.answer(choice.id, "yes" if number % 3 else "no", client_id="bench", client_seq=number)
    answered = time.perf_counter()
    session.next_batch(24)
    return {
        "start_s": started - began,
        "first_page_s": shown - started,
        "24_answers_s": answered - shown,
        "next_page_s": time.perf_counter() - answered,
    }


QUESTIONS = {
    "open and info": opened,
    "page of 100": thumbnails,
    "names": naming,
    "search": searching,
    "label": labelling,
}


def peak_megabytes() -> float:
    """The most memory this process held since it began (Linux's ``ru_maxrss`` counts the parent's, too)."""
    line = next(
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")
    )
    return int(line.split()[1]) / 1024


def ask(name: str, folder: Path) -> dict:
    """One question in a process of its own, with the most memory that it held."""
    done = subprocess.run(
        [sys.executable, __file__, "--ask", name, str(folder)], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def told(value: object) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--keep", type=Path, help="make the collection here, or use the one that is here")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", choices=list(QUESTIONS), help="ask one question")
    parser.add_argument("--ask", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.ask:
        name, folder = chosen.ask
        result = QUESTIONS[name](folder)
        most = peak_megabytes()
        print(json.dumps({**result, "peak_MB": round(most)}))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.keep or Path(scratch) / "million"
        report: dict = {"of": {"rows": chosen.rows, "width": chosen.width, **machine()}}
        if not folder.is_dir():
            report["made"] = make(folder, chosen.rows, chosen.width)
        for name in [chosen.only] if chosen.only else QUESTIONS:
            report[name] = ask(name, folder)
    if chosen.json:
        print(json.dumps(report))
        return
    for name, value in report.items():
        print(f"{name:14} {', '.join(f'{k} {told(v)}' for k, v in value.items())}")


if __name__ == "__main__":
    main()
