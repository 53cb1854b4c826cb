"""Messages from a cell, answered by the routes of the page inside this process: nothing listens on a port."""

import json
import re
from typing import Any

from werkzeug.test import TestResponse

from tuningfork.web.app import create_app
from tuningfork.web.notebook.files import cell_style, modules
from tuningfork.web.start_routes import LARGEST_REQUEST

__all__ = ["Bridge"]

_PORT = 1  # part of a name only
_OWN = f"http://127.0.0.1:{_PORT}"
_PATH = re.compile(r"/(?:api|pictures)/[\x21-\x7e]{0,2000}")
_KEPT = ("Content-Type", "Content-Disposition")


class Bridge:
    """The page's application for one widget, and the host's way in.

    Requests go through the gate like those of a browser: roles, sizes and forms are checked by the same code.

    Parameters
    ----------
    target : Session or Collection
    settings
        Of `tuningfork.web.create_app`.
    """

    def __init__(self, target: Any, **settings: Any):
        app = create_app(target, port=_PORT, **settings)
        app.config["PROPAGATE_EXCEPTIONS"] = False
        self.app, self._client = app, app.test_client()
        door = app.extensions["tuningfork-door"]
        self._client.get(f"/enter?token={door.first_token}", base_url=_OWN)

    def answer(self, message: Any) -> tuple[dict[str, Any], list[bytes]] | None:
        """The reply to a message of the cell, and its bytes; None for what is no message of ours."""
        if not isinstance(message, dict) or message.get("kind") != "request":
            return None
        name = message.get("id")
        if not isinstance(name, str) or len(name) > 60:
            return None
        if message.get("path") == "files":
            files = {"modules": modules(), "style": cell_style()}
            return _reply(name, 200, {"Content-Type": "application/json"}, json.dumps(files).encode())
        got = self._request(message.get("method"), message.get("path"), message.get("body"))
        if isinstance(got, int):
            return _reply(name, got, {}, b"")
        headers = {key: got.headers[key] for key in _KEPT if key in got.headers}
        return _reply(name, got.status_code, headers, got.data)

    def _request(self, method: Any, path: Any, body: Any) -> TestResponse | int:
        """What the page's routes say; a status alone for what would not be sent by the page."""
        if method not in ("GET", "POST") or not isinstance(path, str) or not _PATH.fullmatch(path):
            return 404
        if method == "GET":
            return self._client.get(path, base_url=_OWN)
        if not isinstance(body, str) or len(body) > LARGEST_REQUEST:
            return 413
        headers = {"Origin": _OWN, "Content-Type": "application/json"}
        return self._client.post(path, base_url=_OWN, headers=headers, data=body.encode("utf-8", "replace"))


def _reply(
    name: str, status: int, headers: dict[str, str], data: bytes
) -> tuple[dict[str, Any], list[bytes]]:
    return {"kind": "reply", "id": name, "status": status, "headers": headers}, [data]
