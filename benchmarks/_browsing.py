"""A page of a session in a headless Chromium, with a real server behind it."""

import shutil
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

__all__ = ["FLAGS", "opened_page"]

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
)


@contextmanager
def opened_page(session: Any, size: tuple[int, int], *, flags: Sequence[str] = ()) -> Iterator[Any]:
    """The page of a session at its start, ``size`` wide and high, as a page of Playwright."""
    from playwright.sync_api import sync_playwright
    from waitress.server import create_server

    from tuningfork.web import create_app

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    app = create_app(session, port=listener.getsockname()[1])
    server = create_server(app, sockets=[listener], threads=8)
    threading.Thread(target=server.run, daemon=True).start()
    door = app.extensions["tuningfork-door"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*FLAGS, *flags])
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        page.goto(door.link(door.first_token))
        yield page
        browser.close()
    server.close()
