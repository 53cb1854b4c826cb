"""A PostgreSQL server of one's own on loopback, for the tests: started empty, removed at the end."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["missing", "server"]


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


@contextmanager
def server() -> Iterator[str]:
    """The URL of a running server with an empty database."""
    programs, folder = _programs(), Path(tempfile.mkdtemp(prefix="tf-pg-"))
    assert programs is not None
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)

    def call(*words: str, check: bool = True) -> None:
        """Its output goes to a file: a server that inherited a pipe would keep it open."""
        with (folder / "words").open("w+") as told:
            done = subprocess.run(
                words,
                user=user,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
                timeout=120,
                check=False,
            )
            told.seek(0)
            assert not check or done.returncode == 0, told.read()

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data, control = str(folder / "data"), str(programs / "pg_ctl")
    try:
        call(str(programs / "initdb"), "-A", "trust", "-U", "postgres", "-N", "-D", data)
        options = f"-p {port} -k {folder} -h 127.0.0.1"
        call(control, "-D", data, "-l", str(folder / "data" / "log"), "-o", options, "-w", "start")
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
    finally:
        call(control, "-D", data, "-m", "immediate", "stop", check=False)
        shutil.rmtree(folder, ignore_errors=True)
