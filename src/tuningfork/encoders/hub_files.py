"""Files of a repository of the Hugging Face hub: from its cache or a folder, and only then from afar."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from tuningfork.errors import UsageError, WeightsError

__all__ = ["HubRepo", "find_repo", "quiet_hub"]

_CONFIG, _WEIGHTS = "config.json", "model.safetensors"
_NAME = re.compile(r"(?P<repo>[\w.-]{1,96}/[\w.-]{1,96})(@(?P<revision>[\w][\w./-]{0,120}))?")
_PICKLES = (".bin", ".pth", ".pt", ".ckpt", ".pkl")
_YES = ("1", "true", "yes", "on")


@dataclass(frozen=True)
class HubRepo:
    """What an encoder of the hub is made of.

    Attributes
    ----------
    name : str
        ``OWNER/NAME@COMMIT``, or the folder's path.
    title : str
        NAME alone, or the folder's name.
    config, weights : Path
        ``config.json`` and ``model.safetensors``.
    revision : str
        The commit; empty for a folder, which has none.
    """

    name: str
    title: str
    config: Path
    weights: Path
    revision: str = ""


def find_repo(name: str) -> HubRepo:
    """Look where the files are already, then ask the hub.

    Parameters
    ----------
    name : str
        ``OWNER/NAME``, ``OWNER/NAME@REVISION`` (branch, tag, commit, ``refs/pr/1``), or a folder: ``./path``.

    Raises
    ------
    UsageError
        For a name that is neither.
    WeightsError
        When the files cannot be had, or the weights are there as a pickle only.
    """
    if name.startswith((".", "/", "~")):
        return _in_folder(Path(name).expanduser().resolve())
    fits = _NAME.fullmatch(name)
    if not fits or ".." in name:
        raise UsageError(
            f"'{name}' is no repository of the hub",
            remedy="Write hf-hub:OWNER/NAME[@REVISION] or hf-hub:./folder",
        )
    repo, revision = fits["repo"], fits["revision"]
    config = _fetched(repo, _CONFIG, revision)
    commit = config.parent.name
    weights = _fetched(repo, _WEIGHTS, commit, beside=config.parent)
    return HubRepo(f"{repo}@{commit}", repo.rpartition("/")[2], config, weights, commit)


def _in_folder(folder: Path) -> HubRepo:
    for file in (_CONFIG, _WEIGHTS):
        if not (folder / file).is_file():
            raise _lacking(str(folder), file, folder)
    return HubRepo(str(folder), folder.name, folder / _CONFIG, folder / _WEIGHTS)


def _fetched(repo: str, file: str, revision: str | None, beside: Path | None = None) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    cache = _cache()
    try:
        return Path(hf_hub_download(repo, file, revision=revision, cache_dir=cache, local_files_only=True))
    except (EntryNotFoundError, LocalEntryNotFoundError):
        pass
    where = f"hf-hub:{repo}"
    if _is_offline():
        raise _lacking(where, file, beside) from None
    quiet_hub()
    try:
        return Path(hf_hub_download(repo, file, revision=revision, cache_dir=cache))
    except LocalEntryNotFoundError as error:  # the hub could not be reached
        raise _lacking(where, file, beside) from error
    except EntryNotFoundError as error:
        raise WeightsError(
            f"the repository has no {file}",
            where=where,
            remedy="Weights are read from safetensors only; the hub's converter offers them as @refs/pr/1",
        ) from error
    except Exception as error:  # the client raises whatever its transport raises
        raise WeightsError(f"the hub refuses ({type(error).__name__})", where=where) from error


def _lacking(where: str, file: str, folder: Path | None) -> WeightsError:
    """What to say of a file that is not here, with the reason when only a pickle is."""
    pickles = (
        sorted(f.name for f in folder.iterdir() if f.suffix in _PICKLES) if folder and folder.is_dir() else []
    )
    if file == _WEIGHTS and pickles:
        return WeightsError(
            f"its weights are a pickle ({pickles[0]}): reading one runs what is in it, so it is not read",
            where=where,
            remedy="Take a revision with model.safetensors; the hub's own converter offers one as @refs/pr/1",
        )
    return WeightsError(
        f"{file} is neither here nor to be had now",
        where=where,
        remedy=f"Fill the cache once where there is a network: hf download {where.removeprefix('hf-hub:')}",
    )


def _cache() -> str | None:
    """The cache's folder, read from the environment now; None for the client's own."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if os.environ.get(name):
            return os.environ[name]
    home = os.environ.get("HF_HOME")
    return str(Path(home) / "hub") if home else None


def _is_offline() -> bool:
    return any(
        os.environ.get(name, "").lower() in _YES for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    )


def quiet_hub() -> None:
    """Our own error says what is wrong; the client's twelve warnings about retries do not help."""
    from huggingface_hub.utils import logging

    logging.set_verbosity_error()
