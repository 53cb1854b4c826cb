"""Take the manual's pictures of the page, on the Hubble Deep Field that comes with scikit-image (NASA/ESA).

``python docs/images/take_screenshots.py DIR`` where DIR is the collection of ``make demo``. The answers
are given by a rule on the catalogue (elongated and not tiny), so that the pictures can be taken again.
"""

import contextlib
import shutil
import socket
import sys
import threading
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tuningfork.collection import Collection
from tuningfork.web import create_app

HERE = Path(__file__).parent
EXAMPLES = ("src_00047", "src_00079", "src_00171", "src_00051")
ANSWERS = 62


@contextlib.contextmanager
def served(collection):
    """Serve the page; yields its one-time link."""
    from waitress.server import create_server

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    app = create_app(collection, port=listener.getsockname()[1])
    server = create_server(app, sockets=[listener], threads=8)
    threading.Thread(target=server.run, daemon=True).start()
    yield app, app.extensions["tuningfork-door"]
    server.close()


def take(page: Page, name: str) -> None:
    """Wait until nothing changes any more, then take the picture."""
    page.mouse.move(640, 3)
    page.wait_for_timeout(2500)
    page.screenshot(path=HERE / f"{name}.png")


def start(page: Page) -> None:
    """Name the class, give examples by id and by click, and begin."""
    page.locator(".pick img").first.wait_for(timeout=60_000)
    page.get_by_label("Name of the class").fill("edge-on galaxy")
    for galaxy in EXAMPLES:
        page.get_by_label("By id").fill(galaxy)
        page.get_by_role("button", name="Add").click()
        page.wait_for_timeout(1500)
    page.locator(".near-room .pick img").first.wait_for(timeout=60_000)
    take(page, "start")
    page.get_by_role("button", name="Start looking").click()
    page.locator(".tile img").first.wait_for(timeout=60_000)


def answer(page: Page, rule, answers: int) -> None:
    """Answer as the rule says, at the pace of a fast person."""
    for _ in range(answers):
        page.locator(".tile.here img").wait_for(timeout=30_000)
        galaxy = page.locator(".tile.here").get_attribute("data-galaxy")
        page.keyboard.press(rule(galaxy))
        page.wait_for_timeout(200)
    page.locator(".outbox", has_text="saved").wait_for()


def main() -> None:
    """All pictures."""
    collection = Collection.open(sys.argv[1])
    facts = collection.catalogue(["area", "elongation"])
    area, elongation = facts["area"].to_pylist(), facts["elongation"].to_pylist()
    for old in (collection.path / "sessions").glob("edge-on-galaxy*"):
        shutil.rmtree(old)
    with served(collection) as (app, door), sync_playwright() as playwright:
        names = app.extensions["tuningfork-bench"].identifiers

        def rule(galaxy: str) -> str:
            row, _ = names.resolve(galaxy)
            if elongation[row] > 1.8 and area[row] > 90:
                return "f"
            return "Space" if elongation[row] > 1.75 and area[row] > 70 else "j"

        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="dark")
        page.goto(door.link(door.first_token))
        start(page)
        answer(page, rule, ANSWERS)
        take(page, "grid")
        shown = [tile.get_attribute("data-galaxy") for tile in page.locator(".tile").all()]
        largest = max(shown, key=lambda galaxy: area[names.resolve(galaxy)[0]])
        page.locator(f'.tile[data-galaxy="{largest}"]').click()
        page.keyboard.press("g")
        page.locator(".one img").wait_for()
        take(page, "stream")
        browser.close()


if __name__ == "__main__":
    main()
