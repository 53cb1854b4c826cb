"""How the page's map does with a million galaxies: first paint, pan, zoom, lasso.

Real server and headless Chromium on made points (no pictures, no vectors); the map is read from a stored file
like any other::

    python benchmarks/map_points.py --points 1000000
    python benchmarks/map_points.py --json --screenshot map.png

Targets at 1,000,000: first paint within 3 s of the key that asks for the map, pan at 30 frames a second.
Headless Chromium draws WebGL in software (SwiftShader) on the same cores: a graphics card is faster. Where
others use the machine, the processor time of a frame says more than the clock. ``--core 1`` keeps server and
browser on one core, from the first picture of the map on: SwiftShader stands still for a second at a time if
there is only one core at its start.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from _browsing import opened_page
from _measuring import machine
from million import KEY, make

SOFTWARE = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
CANVAS = "document.querySelector('.map-canvas')"
# one move of the pointer a frame for some seconds: how often the map was drawn, and the times between
PAN = """async ([seconds, step]) => {
  const canvas = document.querySelector('.map-canvas'), box = canvas.getBoundingClientRect();
  const began = performance.now(), first = canvas.map.frames, times = [];
  let x = box.x + box.width / 2, last = began, i = 0;
  while (performance.now() - began < 1000 * seconds) {
    x += Math.floor(i++ / 40) % 2 ? -step : step;
    const at = {clientX: x, clientY: box.y + box.height / 2, pointerId: 1};
    canvas.dispatchEvent(new PointerEvent('pointermove', at));
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - last);
    last = performance.now();
  }
  return {frames: canvas.map.frames - first, seconds: (performance.now() - began) / 1000, times};
}"""

# what this browser can do at all on this machine at this moment: a canvas of that size that is only cleared
EMPTY = """async (seconds) => {
  const map = document.querySelector('.map-canvas').map, began = performance.now();
  const { gl } = map;
  let frames = 0;
  for (; performance.now() - began < 1000 * seconds; frames++) {
    gl.clearColor(0, 0, (frames % 9) / 90, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    await new Promise(requestAnimationFrame);
  }
  map.draw();
  return frames / seconds;
}"""


def main() -> None:
    """Measure and print."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        session = _session(Path(folder) / "made", options.points)
        result = _measure(session, options.screenshot, options.seconds, options.core)
        result |= {"points": options.points, "core": options.core}
    result["conditions"] = machine()
    print(json.dumps(result) if options.json else _told(result))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each pan")
    parser.add_argument("--core", type=int, help="the only one that is used, once the map was drawn")
    parser.add_argument("--screenshot", type=Path, help="also save a picture of the map")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _session(folder: Path, n: int):
    """A session on a made collection with a stored map of 60 clumps, in which 2,000 galaxies are answered."""
    from tuningfork.collection import Collection
    from tuningfork.labelling import create_session

    make(folder, n, width=8)
    rng = np.random.default_rng(0)
    clump, middle = rng.integers(0, 60, n), 6 * rng.normal(size=(60, 2))
    places = middle[clump] + rng.normal(size=(n, 2)) * rng.uniform(0.2, 1.5, (60, 2))[clump]
    collection = Collection.open(folder)
    ids = pa.array([str(name) for name in collection.ids()], pa.string())
    table = pa.table({"id": ids, "x": places[:, 0], "y": places[:, 1]})
    told = {"key": KEY, "method": "umap", "sample": n, "seed": 0, "vectors": n}
    (folder / "maps").mkdir()
    pq.write_table(
        table.replace_schema_metadata({"tuningfork": json.dumps(told)}),
        folder / "maps" / f"{KEY}-umap.parquet",
        compression="zstd",
    )
    session = create_session(collection, name="made", question="Is it one?")
    rows = rng.choice(n, min(2000, n // 2), replace=False)
    given = rng.choice(["yes", "no", "no", "no", "maybe"], len(rows)).tolist()
    answers = [
        {"galaxy_id": str(name), "answer": answer, "client_seq": number}
        for number, (name, answer) in enumerate(zip(collection.ids(rows), given, strict=True))
    ]
    session.answer_many(answers, client_id="bench")
    session.refit()
    return session


def _measure(session, screenshot: Path | None, seconds: float, core: int | None) -> dict:
    with opened_page(session, (1440, 900), flags=SOFTWARE) as page:
        page.locator(".end, .tile").first.wait_for()
        result = {"first_paint": _first_paint(page)}  # the server reads the stored map for the first time
        page.goto(page.url.split("#")[0] + "?again#/session/made")
        page.locator(".end, .tile").first.wait_for()
        result["first_paint_again"] = _first_paint(page)
        if core is not None:
            page.wait_for_timeout(300)
            _keep_on(core)
        result["renderer"] = page.evaluate(f"{CANVAS}.map.gl.getParameter({CANVAS}.map.gl.VERSION)")
        if screenshot:
            page.wait_for_timeout(300)
            page.screenshot(path=screenshot)
        before, rate = _processor_seconds(), page.evaluate(EMPTY, seconds)
        spent = 1000 * (_processor_seconds() - before) / (seconds * rate)
        result["empty_canvas"] = {"frames_a_second": round(rate, 1), "processor_ms_a_frame": round(spent, 1)}
        result["pan_whole"] = _pan(page, seconds)
        for i in range(8):
            page.get_by_role("button", name="Zoom in").click()
            page.wait_for_timeout(400)
            if i in (2, 4, 7):
                result[f"pan_x{1.5 ** (i + 1):.0f}"] = _pan(page, seconds)
        page.get_by_role("button", name="Whole map").click()
        result["lasso_s"], result["lasso"] = _lasso(page)
    return result


def _first_paint(page) -> dict[str, float]:
    page.wait_for_timeout(300)  # keys do nothing in the moment after a page has changed
    began, used = time.perf_counter(), _processor_seconds() + time.process_time()
    page.keyboard.press("m")
    while not page.evaluate(f"{CANVAS}?.map?.frames > 0"):
        if time.perf_counter() - began > 60:
            raise SystemExit(f"the map was not drawn within a minute: {page.locator('.room').text_content()}")
        page.wait_for_timeout(10)
    page.evaluate("new Promise(requestAnimationFrame)")
    spent = time.perf_counter() - began
    used = _processor_seconds() + time.process_time() - used  # of browser and server
    return {"s": round(spent, 2), "processor_s": round(used, 2)}


def _pan(page, seconds: float) -> dict:
    box = page.locator(".map-canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.evaluate(PAN, [0.5, 4])  # textures of this zoom are made
    before = _processor_seconds()
    told = page.evaluate(PAN, [seconds, 4])
    spent = 1000 * (_processor_seconds() - before) / max(told["frames"], 1)
    page.mouse.up()
    points = page.evaluate(f"{CANVAS}.map.points.within({CANVAS}.map.look().region)")
    slow = round(float(np.percentile(told["times"], 95)), 1)
    return {
        "frames_a_second": round(told["frames"] / told["seconds"], 1),
        "slowest_5_percent_ms": slow,
        "processor_ms_a_frame": round(spent, 1),
        "in_view": points,
    }


def _processor_seconds() -> float:
    """What the browser's processes have used so far: tells more than the clock where others use the cores."""
    parents, used = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
        used[int(stat.parent.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return sum(used.get(p, 0) for p in _ours(parents) - {os.getpid()})


def _ours(parents: dict[int, int]) -> set[int]:
    """This process and all below it, given the parent of each."""
    ours = {os.getpid()}
    while grown := {p for p, parent in parents.items() if parent in ours} - ours:
        ours |= grown
    return ours


def _keep_on(core: int) -> None:
    """Server and browser, thread by thread, on one core from now on."""
    stats = {int(stat.parent.name): stat.read_text() for stat in Path("/proc").glob("[0-9]*/stat")}
    for process in _ours({p: int(text.rpartition(")")[2].split()[1]) for p, text in stats.items()}):
        for thread in Path(f"/proc/{process}/task").glob("*"):
            os.sched_setaffinity(int(thread.name), {core})


def _lasso(page) -> tuple[float, str]:
    box = page.locator(".map-canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.get_by_role("button", name="Lasso").click()
    page.mouse.move(x + 200, y)
    page.mouse.down()
    for angle in np.linspace(0, 2 * np.pi, 60):
        page.mouse.move(x + 200 * np.cos(angle), y + 160 * np.sin(angle))
    began = time.perf_counter()
    page.mouse.up()
    page.locator(".map-chosen strong").wait_for()
    return round(time.perf_counter() - began, 2), page.locator(".map-chosen strong").text_content() or ""


def _told(result: dict) -> str:
    lines = [f"{result['points']:,} points; {result['conditions']}", f"renderer: {result['renderer']}"]
    lines.append(f"an empty canvas, the most there can be: {result['empty_canvas']}")
    for name in ("first_paint", "first_paint_again"):
        told = result[name]
        lines.append(f"{name} {told['s']} s (target 3), processor {told['processor_s']} s")
    for name, told in result.items():
        if name.startswith("pan_"):
            lines.append(
                f"{name:12} {told['frames_a_second']:6.1f} frames a second (target 30), slowest 5 % "
                f"{told['slowest_5_percent_ms']:6.1f} ms, "
                f"processor {told['processor_ms_a_frame']:5.1f} ms a frame, {told['in_view']:,} in view"
            )
    lines.append(f"lasso of {result['lasso']}: {result['lasso_s']} s to the counts")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
