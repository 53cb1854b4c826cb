"""A folder that may lie on an object store: used like a `pathlib.Path`, as far as a collection needs it."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from tuningfork.errors import TuningforkError, UsageError

__all__ = ["Place", "as_place", "workspace"]

_URL = re.compile(r"([a-z][a-z0-9+.]+):/{1,2}(.*)")  # a `Path` made of a URL has lost one of the two slashes
_TRIES = 3  # what does not answer so often is away, and the user is told


class Place:
    """A folder or a file on an S3-compatible object store.

    A file there is written whole or not at all, so none needs to be renamed into place. Credentials, region
    and endpoint come from the usual environment (``AWS_ACCESS_KEY_ID``, ``AWS_REGION``,
    ``AWS_ENDPOINT_URL``, ...) or from ``options``, which are those of Lance (``aws_endpoint``,
    ``allow_http``, ...).

    Parameters
    ----------
    key : str
        Bucket and name, without the scheme.
    options : mapping, optional
        Storage options; they win over the environment.
    """

    def __init__(self, key: str, options: Mapping[str, str] | None = None):
        self.key = key.strip("/")
        self._given = dict(options or {})
        if not self.key or any(part in ("", ".", "..") for part in self.key.split("/")):
            raise UsageError(
                "this is no folder on an object store", where=str(self), remedy="Give s3://BUCKET/NAME"
            )

    def __str__(self) -> str:
        return f"s3://{self.key}"

    __repr__ = __str__

    def __truediv__(self, name: str) -> "Place":
        return Place(f"{self.key}/{name}", self._given)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Place) and other.key == self.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def name(self) -> str:
        """The last part of the name."""
        return self.key.rsplit("/", 1)[-1]

    @property
    def parent(self) -> "Place":
        """The folder this lies in."""
        return Place(self.key.rpartition("/")[0], self._given)

    def resolve(self) -> "Place":
        """Itself: it has one name only."""
        return self

    @property
    def options(self) -> dict[str, str]:
        """What Lance needs to reach it."""
        endpoint = self._endpoint
        ours = {"connect_timeout": "5s", "client_max_retries": str(_TRIES), "client_retry_timeout": "30"}
        if endpoint:
            ours["aws_endpoint"] = endpoint
        if endpoint and endpoint.startswith("http://"):
            ours["allow_http"] = "true"
        return {**ours, **self._given}

    @property
    def _endpoint(self) -> str | None:
        named = (self._given.get(name) for name in ("aws_endpoint", "endpoint", "aws_endpoint_url"))
        return (
            next(filter(None, named), None)
            or os.environ.get("AWS_ENDPOINT_URL")
            or os.environ.get("AWS_ENDPOINT")
        )

    # -- what lies there ---------------------------------------------------------------------------

    def exists(self) -> bool:
        """Whether there is a file, or a folder with something in it."""
        return self._kind() != "NotFound"

    def is_file(self) -> bool:
        """Whether it is a file."""
        return self._kind() == "File"

    def is_dir(self) -> bool:
        """Whether it is a folder with something in it."""
        return self._kind() == "Directory"

    def iterdir(self) -> Iterator["Place"]:
        """What lies in the folder, sorted."""
        return iter(sorted((self / info.base_name for info in self._below(recursive=False)), key=str))

    def mkdir(self, *, parents: bool = True, exist_ok: bool = True) -> None:
        """Nothing: an object store has no empty folders."""

    def total_bytes(self) -> int:
        """Bytes of all files under it."""
        return sum(info.size or 0 for info in self._below(recursive=True) if info.is_file)

    def read_bytes(self) -> bytes:
        """The whole file."""
        with self._reached(), self._system.open_input_stream(self.key) as stream:
            return stream.read()

    def write_bytes(self, data: bytes) -> None:
        """Put the whole file there, or leave what was there."""
        with self._reached(), self._system.open_output_stream(self.key) as stream:
            stream.write(data)

    # -- how it is reached -------------------------------------------------------------------------

    @cached_property
    def _system(self) -> Any:
        from pyarrow import fs

        names = {
            "access_key": "aws_access_key_id",
            "secret_key": "aws_secret_access_key",  # nosec B105 # names of settings
            "session_token": "aws_session_token",  # nosec B105 # names of settings
            "region": "aws_region",
        }
        settings = {ours: self._given[theirs] for ours, theirs in names.items() if theirs in self._given}
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if region:
            settings.setdefault("region", region)
        return fs.S3FileSystem(
            endpoint_override=self._endpoint,
            connect_timeout=5,
            request_timeout=30,
            retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_TRIES),
            **settings,
        )

    def _kind(self) -> str:
        with self._reached():
            return self._system.get_file_info(self.key).type.name

    def _below(self, *, recursive: bool) -> list[Any]:
        from pyarrow import fs

        with self._reached():
            return self._system.get_file_info(
                fs.FileSelector(self.key, allow_not_found=True, recursive=recursive)
            )

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise store_error(self, error) from error


def store_error(place: object, error: Exception) -> TuningforkError:
    """What an object store said when it did not do what was asked, as one line."""
    said = str(error).split("\n")[0]
    code = re.search(r"AWS Error (\w+)|\b(NoSuchBucket|AccessDenied|InvalidAccessKeyId)\b", said)
    short = next(filter(None, code.groups()), said[:160]) if code else said[:160]
    return TuningforkError(
        f"the object store does not answer as it should ({short})",
        where=str(place),
        remedy="See that it can be reached (AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, ...) and run this again",
    )


def as_place(path: "str | Path | Place", options: Mapping[str, str] | None = None) -> "Path | Place":
    """A local folder as `Path`, one on an object store as `Place`.

    Raises
    ------
    UsageError
        For a scheme other than ``s3://``.
    """
    if isinstance(path, Place):
        return path
    found = _URL.fullmatch(str(path)) if not Path(path).exists() else None
    if found is None:
        return Path(path)
    if found[1] != "s3":
        raise UsageError(
            f"{found[1]}:// is not known here",
            where=str(path),
            remedy="A collection is a folder or s3://BUCKET/NAME",
        )
    return Place(found[2], options)


def workspace(out: "Path | Place") -> Path:
    """A local folder for what an import keeps for itself: the collection's own or one in the user's cache."""
    if isinstance(out, Path):
        return out
    from hashlib import blake2b

    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "tuningfork" / "imports" / blake2b(str(out).encode(), digest_size=8).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
