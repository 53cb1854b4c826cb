"""A stand-in for a cut-out service on this machine, with everything that goes wrong at real ones."""

import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np


def jpeg(side, seed):
    rng = np.random.default_rng(seed)
    return cv2.imencode(".jpg", rng.integers(0, 255, (side, side, 3), np.uint8))[1].tobytes()


def fits_cube(side, bands, seed):
    from astropy.io import fits

    header = fits.Header({f"BAND{n}": band for n, band in enumerate(bands)})
    flux = np.random.default_rng(seed).normal(0, 1, (len(bands), side, side)).astype(">f4")
    out = BytesIO()
    fits.PrimaryHDU(flux, header).writeto(out)
    return out.getvalue()


class SkyServer:
    """Answers by declination: ``faults[round(dec)]`` is the kind of trouble there; else a good image.

    Kinds: ``html``, ``empty``, ``half``, ``cut`` (half an image whose length fits), ``blank``, ``small``,
    ``slow``, ``away`` (redirect to another host), ``file`` (redirect to a file), ``huge``, ``reset``, a
    status code, or a list of these for one request after another.
    """

    def __init__(self, faults=None, delay=0.0):
        self.faults, self.delay = dict(faults or {}), delay
        self.asked, self.at = Counter(), []
        self.agents, self.queries = set(), []
        self._lock, self._flying, self.most_flying = threading.Lock(), 0, 0
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                owner.answer(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/viewer"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler):
        address = urlsplit(handler.path)
        query = {key: values[0] for key, values in parse_qs(address.query).items()}
        place = round(float(query["dec"]))
        with self._lock:
            self._flying += 1
            self.most_flying = max(self.most_flying, self._flying)
            number, self.asked[place] = self.asked[place], self.asked[place] + 1
            self.at.append(time.monotonic())
            self.agents.add(handler.headers["User-Agent"])
            self.queries.append({"path": address.path, **query})
        fault = self.faults.get(place)
        if isinstance(fault, list):
            fault = fault[number] if number < len(fault) else None
        try:
            time.sleep(self.delay)
            self._send(handler, fault, query, address.path)
        finally:
            with self._lock:
                self._flying -= 1

    def _send(self, handler, fault, query, path):
        side, seed = int(query["size"]), round(float(query["dec"]) * 1000 + float(query["ra"]))
        good = fits_cube(side, query["bands"], seed) if path.endswith("fits") else jpeg(side, seed % 2**31)
        status, headers, body = 200, {}, good
        if isinstance(fault, int):
            status, body = fault, b"<html>busy</html>"
            headers = {"Retry-After": "1"} if fault == 429 else {}
        elif fault in ("away", "file"):
            status, body = 302, b""
            headers = {"Location": "file:///etc/hostname" if fault == "file" else "http://localhost:1/x.jpg"}
        elif fault == "slow":
            time.sleep(1.5)
        else:
            body = {
                "html": b"<!DOCTYPE html><html>Sorry</html>",
                "empty": b"",
                "cut": good[: len(good) // 2],
                "blank": cv2.imencode(".jpg", np.zeros((side, side, 3), np.uint8))[1].tobytes(),
                "small": jpeg(side // 2, 1),
                "huge": good + bytes(20_000_000),
            }.get(fault, good)
        if fault == "reset":
            handler.connection.close()
            return
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        try:
            handler.wfile.write(body[: len(body) // 2] if fault == "half" else body)
        except OSError:  # they did not want all of it
            return
        if fault == "half":
            handler.connection.close()
