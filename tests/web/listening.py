"""A real server on a real port, plain or with TLS, and a client that sends whatever bytes one likes."""

import contextlib
import datetime
import ipaddress
import re
import socket
import ssl
import threading
from pathlib import Path

from tuningfork.web import create_app
from tuningfork.web.address import settled_address
from tuningfork.web.plain_server import plain_server
from tuningfork.web.start_routes import LARGEST_REQUEST
from tuningfork.web.tls_server import TlsServer, tls_context

__all__ = ["Place", "Reply", "certificate", "listening"]


def certificate(folder: Path, *names: str) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tuningfork test")])
    now = datetime.datetime.now(datetime.UTC)
    known = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), *map(x509.DNSName, names)]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(known), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return files


class Reply:
    """What came back, byte for byte; ``status`` 0 when the connection was closed without a word."""

    def __init__(self, data: bytes):
        self.data = data
        head, _, self.body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        told = re.match(r"HTTP/1\.[01] (\d{3})", lines[0])
        self.status = int(told[1]) if told else 0
        self.headers = [tuple(line.split(": ", 1)) for line in lines[1:] if ": " in line]

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Place:
    """Where a server listens, and what one can send there."""

    def __init__(self, app, port: int, secure: bool):
        self.app, self.port, self.secure = app, port, secure
        self.door = app.extensions["tuningfork-door"]
        self.host = f"127.0.0.1:{port}"

    def connect(self, *, handshake: bool = True, timeout: float = 10) -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        if not (self.secure and handshake):
            return plain
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(plain)

    def send(self, data: bytes) -> Reply:
        """Send bytes on a fresh connection, and read until the other side has no more to say."""
        with self.connect() as connection:
            with contextlib.suppress(OSError):
                connection.sendall(data)
            got = b""
            with contextlib.suppress(OSError):
                while part := connection.recv(65536):
                    got += part
            return Reply(got)

    def ask(self, path: str, *, method: str = "GET", body: bytes = b"", **headers: str) -> Reply:
        """One request; headers by name, ``_`` for ``-``."""
        lines = {"Host": self.host, "Connection": "close"} | {
            k.replace("_", "-"): v for k, v in headers.items()
        }
        if body:
            lines["Content-Length"] = str(len(body))
        head = "".join(f"{k}: {v}\r\n" for k, v in lines.items())
        return self.send(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body)

    def enter(self, **headers: str) -> str:
        """The cookie of a host who came in by a fresh link."""
        reply = self.ask(f"/enter?token={self.door.new_token()}", **headers)
        return reply.header("Set-Cookie").partition(";")[0]


@contextlib.contextmanager
def listening(target, folder: Path, *, tls: bool, proxied: str | None = None, **settings):
    """Serve a target; yields its `Place`."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    port = listener.getsockname()[1]
    at = settled_address("127.0.0.1", port, tls=tls, behind_proxy=proxied is not None, address=proxied)
    app = create_app(target, port=port, address=at, **settings)
    if tls:
        context = tls_context(*certificate(folder))
        server = TlsServer(app, listener, context, largest=LARGEST_REQUEST)
    else:
        server = plain_server(app, listener, largest=LARGEST_REQUEST, proxied=proxied is not None)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield Place(app, port, tls)
    finally:
        if not tls:
            server.task_dispatcher.shutdown(timeout=5)
        server.close()
        thread.join(5)
