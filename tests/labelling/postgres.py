"""A PostgreSQL server of one's own on loopback, for the tests: started empty, removed at the end."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["Server", "missing", "server"]


def _programs() -> Path | None:
    """Where initdb and pg_ctl are: on the path, or where Debian puts them."""
    on_path = shutil.which("initdb")
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)
    candidates = [Path(on_path).parent] if on_path else []
    return next(
        (p for p in [*candidates, *places] if (p / "initdb").exists() and (p / "pg_ctl").exists()), None
    )


def missing() -> str | None:
    """Why there can be no server here, or None."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed (tuningfork[postgres])"
    if _programs() is None:
        return "no PostgreSQL server is installed"
    if os.geteuid() == 0 and not any(entry.pw_name == "postgres" for entry in pwd.getpwall()):
        return "PostgreSQL does not run as root, and there is no user 'postgres'"
    return None


class Server:
    """A running server with an empty database; ``url`` is where."""

    def __init__(self):
        programs = _programs()
        assert programs is not None
        self.folder = Path(tempfile.mkdtemp(prefix="tf-pg-"))
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self.folder, self._user)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._data, self._control = str(self.folder / "data"), str(programs / "pg_ctl")
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/postgres"
        try:
            self._call(str(programs / "initdb"), "-A", "trust", "-U", "postgres", "-N", "-D", self._data)
            self.start()
        except BaseException:
            self.remove()
            raise

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        options = f"-p {self._port} -k {self.folder} -h 127.0.0.1"
        log = str(self.folder / "data" / "log")
        self._call(self._control, "-D", self._data, "-l", log, "-o", options, "-w", "start")

    def kill(self) -> None:
        """SIGKILL to the server and to each of its processes, as when the power goes."""
        first = int((Path(self._data) / "postmaster.pid").read_text().split()[0])
        os.kill(first, signal.SIGSTOP)  # it would start children anew
        family = [first, *(int(p.name) for p in Path("/proc").iterdir() if _parent(p) == first)]
        for process in family:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        until = time.monotonic() + 20
        while any(Path(f"/proc/{p}/cmdline").exists() and _lives(p) for p in family):
            assert time.monotonic() < until, "a killed server lives"
            time.sleep(0.02)
        # a restarted machine knows no process of that number; here a zombie may still bear it
        for lock in (Path(self._data) / "postmaster.pid", self.folder / f".s.PGSQL.{self._port}.lock"):
            lock.unlink(missing_ok=True)

    def remove(self) -> None:
        """End it, and remove what it wrote."""
        self._call(self._control, "-D", self._data, "-m", "immediate", "stop", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _call(self, *words: str, check: bool = True) -> None:
        """Its output goes to a file: a server that inherited a pipe would keep it open."""
        with (self.folder / "words").open("w+") as told:
            done = subprocess.run(
                words,
                user=self._user,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
                timeout=120,
                check=False,
            )
            told.seek(0)
            assert not check or done.returncode == 0, told.read()


def _parent(process: Path) -> int | None:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return None


def _lives(process: int) -> bool:
    """A zombie does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def server() -> Iterator[str]:
    """The URL of a running server with an empty database."""
    running = Server()
    try:
        yield running.url
    finally:
        running.remove()
