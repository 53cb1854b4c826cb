"""What lies in an archive: its members by name, place and size, and why some may not be read."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from tuningfork.collection.readers.source import Rejected
from tuningfork.errors import ImageError

__all__ = ["MAX_MEMBER", "MAX_NAME", "Contents", "Member", "refusal", "unpacked"]

MAX_MEMBER = 1 << 30  # bytes of one image or table, unpacked
MAX_NAME = 4096


@dataclass(frozen=True, slots=True)
class Member:
    """An ordinary file in an archive.

    Attributes
    ----------
    name : str
        With ``/``, as it is called in the archive.
    offset : int
        Where its bytes begin: in the archive's file, or in what a packed tar unpacks to.
    stored, size : int
        Its bytes there, and unpacked, as the archive says.
    method : int
        How ZIP has packed it; 0 is not at all.
    checksum : int or None
        CRC-32 of its bytes, where ZIP says it.
    """

    name: str
    offset: int
    stored: int
    size: int
    method: int = 0
    checksum: int | None = None


@dataclass
class Contents:
    """The members of one archive that may be read, in their order there, and what was refused."""

    members: list[Member] = field(default_factory=list)
    refused: list[Rejected] = field(default_factory=list)
    damage: str = ""  # why the archive ends before its end, or empty

    def refuse(self, name: str, reason: str) -> None:
        """Keep the reason against a member."""
        self.refused.append(Rejected(name, None, reason))


def refusal(name: str, size: int, *, largest: int = MAX_MEMBER) -> str | None:
    """Why a member of this name and declared size must not be read, or None."""
    path = PurePosixPath(name.replace("\\", "/"))
    if not name.strip("/ ") or "\0" in name or not name.isprintable():
        return "a member's name is empty or not printable"
    if path.is_absolute() or ".." in path.parts or name[1:2] == ":":
        return f"the member's name '{name}' leaves the archive"
    if size > largest:
        return f"a member of {size:,} bytes is larger than the {largest:,} allowed"
    return None


def unpacked(member: Member, stored: bytes, *, largest: int = MAX_MEMBER) -> bytes:
    """The bytes of a member, never more than it declared and than is allowed; `ImageError` otherwise."""
    if len(stored) < member.stored:
        raise ImageError("the archive is truncated inside this member", where=member.name)
    limit = min(member.size, largest)
    unpack = _METHODS.get(member.method)
    if unpack is None:
        raise ImageError(f"packed in a way that is not read (ZIP method {member.method})", where=member.name)
    try:
        data = unpack(stored, limit + 1)
    except (zlib.error, OSError, EOFError) as error:
        raise ImageError("the packed data are damaged", where=member.name) from error
    if len(data) != member.size:
        told = "more" if len(data) > member.size else "less"
        raise ImageError(
            f"it unpacks to {told} than the {member.size:,} bytes it declares", where=member.name
        )
    if member.checksum is not None and zlib.crc32(data) != member.checksum:
        raise ImageError("its bytes do not have their checksum", where=member.name)
    return data


def _inflated(stored: bytes, limit: int) -> bytes:
    return zlib.decompressobj(-15).decompress(stored, limit)


def _bunzipped(stored: bytes, limit: int) -> bytes:
    import bz2

    return bz2.BZ2Decompressor().decompress(stored, limit)


def _as_stored(stored: bytes, limit: int) -> bytes:
    return stored[:limit]


_METHODS: dict[int, Callable[[bytes, int], bytes]] = {0: _as_stored, 8: _inflated, 12: _bunzipped}
