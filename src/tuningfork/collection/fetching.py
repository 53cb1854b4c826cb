"""Fetch from a web service with manners: slowly, again after a failure, never more than asked for."""

import random
import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import TypeVar
from urllib import request
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from tuningfork.collection.services import CutoutService
from tuningfork.errors import ImageError, TuningforkError

__all__ = ["Fetcher", "ServiceStoppedError"]

T = TypeVar("T")

_AGAIN = {408, 425, 429, 500, 502, 503, 504}
_NO_SUCH = {400, 404, 410}  # an answer about this position, and not about the service
_ELSEWHERE = "the service sends us to another place, which is not followed"
_LONGEST_ORDERED = 600.0  # seconds; who is told to wait longer comes back another day


class ServiceStoppedError(TuningforkError):
    """The service does not answer; what was fetched is kept."""


class _TryAgainError(Exception):
    def __init__(self, reason: str, wait: float | None = None):
        super().__init__(reason)
        self.wait = wait


class _RefusedError(Exception):
    """An answer that will not become better."""


class Fetcher:
    """Gets bytes from one service for several threads, and stops the job when the service is down."""

    def __init__(self, service: CutoutService):
        self._service = service
        self._opener = _opener()
        self._slots = threading.Semaphore(service.in_flight)
        self._lock = threading.Lock()
        self._next = 0.0  # time of the next request, on the monotonic clock
        self._failed = 0
        self._stopped: str | None = None

    def get(self, url: str, *, name: str, most: int, accept: Callable[[bytes], T]) -> T:
        """What ``accept`` makes of the body at an address.

        The address is tried again after a timeout, a broken connection, half a body, or an answer 408, 425,
        429, 500, 502, 503 or 504, and once when ``accept`` raises `ImageError` for a body that is no image.

        Raises
        ------
        ImageError
            When there is nothing to be had for this address, with the reason.
        ServiceStoppedError
            When so many failed one after another that it is the service.
        """
        reason, useless = "", 0
        for attempt in range(self._service.tries):
            if useless > 1:  # a page in place of an image may be a passing trouble, twice it is an answer
                break
            if attempt:
                self._wait_before(attempt)
            try:
                found = accept(self._body(url, most))
            except ImageError as error:
                useless += 1
                reason = f"the service sent no image that can be used ({error.what})"
            except _TryAgainError as error:
                reason = str(error)
                self._hold(error.wait)
            except _RefusedError as error:
                raise ImageError(str(error), where=name) from None
            else:
                self._count(failed=False)
                return found
        self._count(failed=True, reason=reason)
        raise ImageError(reason, where=name)

    def _body(self, url: str, most: int) -> bytes:
        with self._slots:
            self._take_turn()
            try:
                with self._opener.open(_asked(url), timeout=self._service.timeout) as answer:
                    return self._read(answer, most)
            except HTTPError as error:
                self._judge(error)
                raise _RefusedError(f"the service answered {error.code}") from None
            except (URLError, HTTPException, OSError) as error:  # no address, refused, reset, timed out
                cause = getattr(error, "reason", None) or error
                what = "no answer in time" if isinstance(cause, TimeoutError) else str(cause)[:80]
                raise _TryAgainError(f"the service cannot be reached ({what})") from None

    def _read(self, answer, most: int) -> bytes:
        length = answer.headers.get("Content-Length", "")
        wanted = int(length) if length.isdecimal() else None
        if wanted is not None and wanted > most:
            raise _RefusedError(f"the service sent {wanted:,} bytes, more than such an image can have")
        until, body = time.monotonic() + 4 * self._service.timeout, bytearray()
        while block := answer.read(1 << 16):
            body += block
            if len(body) > most:
                raise _RefusedError(f"the service sent more than {most:,} bytes")
            if time.monotonic() > until:
                raise _TryAgainError("the service sends too slowly")
        if wanted is not None and len(body) < wanted:
            raise _TryAgainError(f"the service broke off after {len(body):,} of {wanted:,} bytes")
        if not body:
            raise _TryAgainError("the service sent nothing")
        return bytes(body)

    def _judge(self, error: HTTPError) -> None:
        """Raise what an answer that is none calls for; return for an answer about this position only."""
        with error:
            if error.code in _AGAIN:
                raise _TryAgainError(
                    f"the service answered {error.code}", _ordered(error.headers.get("Retry-After"))
                )
        if 300 <= error.code < 400:  # urllib's own refusal, of a redirect to what is not the web
            raise _RefusedError(_ELSEWHERE)
        if error.code not in _NO_SUCH:
            self._count(failed=True, reason=f"the service answered {error.code}")

    def _take_turn(self) -> None:
        with self._lock:
            self._check()
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + 1 / self._service.rate
        time.sleep(turn - now)

    def _wait_before(self, attempt: int) -> None:
        """Exponential back-off with full jitter between half and all of it."""
        longest = min(self._service.first_wait * 2 ** (attempt - 1), self._service.longest_wait)
        until = time.monotonic() + longest * random.uniform(0.5, 1)  # noqa: S311 # nosec B311 # no secret
        while (left := until - time.monotonic()) > 0:
            with self._lock:
                self._check()
            time.sleep(min(left, 0.5))

    def _hold(self, wait: float | None) -> None:
        """Nobody asks before the service wants to be asked again."""
        if wait is None:
            return
        with self._lock:
            if wait > _LONGEST_ORDERED:
                self._stopped = f"the service asks to be left alone for {wait:,.0f} seconds"
                self._check()
            self._next = max(self._next, time.monotonic() + wait)

    def _count(self, *, failed: bool, reason: str = "") -> None:
        with self._lock:
            self._failed = self._failed + 1 if failed else 0
            if self._failed >= self._service.give_up_after and not self._stopped:
                self._stopped = f"{self._failed} positions in a row failed, the last one because {reason}"
            self._check()

    def _check(self) -> None:
        if self._stopped:
            raise ServiceStoppedError(
                self._stopped,
                where=f"cut-out service {self._service.name}",
                remedy="What came is kept; run the same command again later",
            )


class _SameHost(request.HTTPRedirectHandler):
    """Follow a redirect to the same host only, or from http to https on it."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if new.scheme not in ("http", "https") or new.hostname != old.hostname:
            raise _RefusedError(_ELSEWHERE)
        if old.scheme == "https" and new.scheme != "https":
            raise _RefusedError("the service sends us from https to http, which is not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> request.OpenerDirector:
    """Web only: `urllib.request.build_opener` would also open files and FTP."""
    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(),
        request.HTTPDefaultErrorHandler(),
        request.HTTPErrorProcessor(),
        _SameHost(),
    ):
        opener.add_handler(handler)
    return opener


def _asked(url: str) -> request.Request:
    from tuningfork import __version__

    agent = f"tuningfork/{__version__} (+https://tuningfork.readthedocs.io)"
    return request.Request(url, headers={"User-Agent": agent, "Accept-Encoding": "identity"})  # noqa: S310


def _ordered(value: str | None) -> float | None:
    """Seconds of a ``Retry-After`` header, which is a number or a date."""
    if not value:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
