"""The machine, looked at piece by piece; a piece that fails says why and never stops the others."""

import importlib
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

from tuningfork.extras import install_command

__all__ = ["Finding", "examine"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Parameters
    ----------
    name : str
        What was looked at.
    works : bool
        Whether it is there and does its work.
    detail : str
        A version, a size, or what went wrong.
    remedy : str
        What to do when it does not work.
    needed : bool
        Whether the path from images to a sample needs it.
    """

    name: str
    works: bool
    detail: str
    remedy: str = ""
    needed: bool = True


def examine() -> list[Finding]:
    """Look at Python, the engines, the processor, weights, disk, memory and what the tests need."""
    anew = install_command()
    looks: list[tuple[Callable[[], Finding], str, str, bool]] = [
        (_python, "python", "Install Python 3.11 or newer", True),
        (_torch, "torch", anew, True),
        (_processor, "processor", "", True),
        (_bf16, "bf16", "", False),
        (_torchvision, "torchvision", anew, True),
        *[(lambda m=m, d=d: _library(m, d), d, anew, True) for m, d in _LIBRARIES],
        (_weights, "weights", "tuningfork weights verify", True),
        (_memory, "memory", "", False),
        (_disk, "disk", "Free some space", False),
        (_extra_train, "training extra", install_command("train"), False),
        (_chromium, "chromium", "apt-get install chromium", False),
    ]
    return [_safely(*look) for look in looks]


_LIBRARIES = [
    ("timm", "timm"),
    ("lance", "pylance"),
    ("cv2", "opencv-python-headless"),
    ("astropy", "astropy"),
    ("photutils", "photutils"),
    ("sklearn", "scikit-learn"),
    ("skimage", "scikit-image"),
    ("sqlalchemy", "SQLAlchemy"),
    ("flask", "Flask"),
    ("waitress", "waitress"),
]


def _safely(look: Callable[[], Finding], name: str, remedy: str, needed: bool) -> Finding:
    try:
        found = look()
        return replace(found, remedy="") if found.works else found  # no advice where nothing is wrong
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        return Finding(name, False, f"{type(error).__name__}: {said}", remedy, needed)


def _python() -> Finding:
    new_enough = sys.version_info >= (3, 11)
    machine = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Finding("python", new_enough, machine)


def _torch() -> Finding:
    import torch

    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    float((torch.ones(8, 8) @ torch.ones(8, 8)).sum())
    return Finding("torch", True, f"{torch.__version__}, {device}")


def _processor() -> Finding:
    import torch

    return Finding("processor", True, f"{os.cpu_count()} cores, torch uses {torch.get_num_threads()} threads")


def _bf16() -> Finding:
    import torch

    if torch.cuda.is_available():
        return Finding("bf16", torch.cuda.is_bf16_supported(), "on the GPU", needed=False)
    native = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    detail = "in the processor" if native else "not in this processor; fp32 is used"
    return Finding("bf16", native, detail, needed=False)


def _torchvision() -> Finding:
    from tuningfork.vision_ops import ensure_vision_ops

    stand_ins = ensure_vision_ops()
    import torchvision

    operators = "stand-in operators" if stand_ins else "compiled operators"
    return Finding("torchvision", True, f"{torchvision.__version__}, {operators}")


def _library(module: str, distribution: str) -> Finding:
    from tuningfork.vision_ops import ensure_vision_ops

    ensure_vision_ops()
    importlib.import_module(module)
    return Finding(distribution, True, importlib.metadata.version(distribution))


def _weights() -> Finding:
    from tuningfork.encoders import load_encoder

    spec = load_encoder("lvm-tiny").spec
    return Finding("weights", True, f"{spec.key}, {spec.dim} numbers a galaxy")


def _memory() -> Finding:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return Finding("memory", total >= 4, f"{total:.0f} GiB", "4 GiB or more are advised", needed=False)


def _disk() -> Finding:
    free = shutil.disk_usage(".").free / 2**30
    return Finding("disk", free >= 1, f"{free:.0f} GiB free here", "Free some space", needed=False)


def _extra_train() -> Finding:
    names = ("lightning", "lightly")
    if absent := [name for name in names if importlib.util.find_spec(name) is None]:
        detail = f"without {' and '.join(absent)}; trainings of networks need it"
        return Finding("training extra", False, detail, install_command("train"), needed=False)
    versions = [f"{name} {importlib.metadata.version(name)}" for name in names]
    return Finding("training extra", True, ", ".join(versions), needed=False)


def _chromium() -> Finding:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    detail = found or "only the page's own tests need it"
    return Finding("chromium", found is not None, detail, "apt-get install chromium", needed=False)
