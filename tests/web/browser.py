"""A headless Chromium and a real server for it."""

import contextlib
import os
import shutil
import socket
import threading

import pytest

from tuningfork.web import create_app

CALM = 150  # ms: a little more than the page's own pause after a picture change
FLAGS = [
    f"--{flag}"
    for flag in (
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        "disable-gpu-rasterization",
        "in-process-gpu",
        "disable-extensions",
    )
]


def chromium_path():
    """Where Chromium is; skips without it, but fails in CI."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse("no chromium program: install the system's chromium package")
    return path


@contextlib.contextmanager
def served(target, **settings):
    """Serve the page on a free port; yields its app and a function that makes a fresh link."""
    from tuningfork.web.plain_server import plain_server

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    app = create_app(target, port=listener.getsockname()[1], **settings)
    server = plain_server(app, listener, largest=40_000_000)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    door = app.extensions["tuningfork-door"]
    try:
        yield app, lambda: door.link(door.new_token())
    finally:
        server.task_dispatcher.shutdown(timeout=5)
        server.close()
        thread.join(5)


def open_page(browser, link, *, width=1280, height=800, **context):
    """A page in its own browser profile, with every error of its scripts collected in ``page.errors``."""
    page = browser.new_context(viewport={"width": width, "height": height}, **context).new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.goto(link)
    return page


def settled(page, text="saved"):
    """Wait until the server has everything."""
    page.locator(".outbox", has_text=text).wait_for(timeout=10_000)
