"""What a caller is told when something goes wrong: one plain line, never a stack trace."""

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from tuningfork.errors import BusyError, DataError, TuningforkError, UnknownNameError, UsageError
from tuningfork.web.attempts import Attempts
from tuningfork.web.gate import RoleError

__all__ = ["register_mishaps"]

_WORDS = {
    401: "This page opens with the newest link from the terminal",
    403: "Refused: the request did not come from this page",
    404: "There is nothing here",
    405: "This address cannot be used that way",
    413: "Too large",
    415: "Writes must be sent as application/json",
    429: "Too many wrong tries; wait a minute and try again",
}
_STATUS: list[tuple[type[TuningforkError], int]] = [
    (UnknownNameError, 404),
    (UsageError, 400),
    (DataError, 422),
    (BusyError, 409),
]


def register_mishaps(app: Flask) -> None:
    """Answer every error in the caller's form: JSON under /api, a calm page elsewhere."""

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException):
        status = error.code or 500
        if isinstance(error, RoleError):
            return _reply(str(error.description), status)
        reply = make_response(_reply(_WORDS.get(status, error.name), status))
        if status == 429:
            reply.headers["Retry-After"] = str(Attempts.SECONDS)
        return reply

    @app.errorhandler(TuningforkError)
    def known(error: TuningforkError):
        status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
        return _reply(str(error), status)

    @app.errorhandler(Exception)
    def unknown(error: Exception):
        current_app.logger.error("%s %s failed", request.method, request.path, exc_info=error)
        return _reply("Something went wrong on the server; the terminal says what", 500)


def _reply(text: str, status: int) -> tuple[Response, int] | tuple[str, int]:
    if request.path.startswith("/api/"):
        return jsonify(error=text), status
    return render_template("mishap.html", text=text, status=status), status
