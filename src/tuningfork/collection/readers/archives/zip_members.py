"""The members of a ZIP, from its directory; where that is missing, from what stands before each member."""

import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tuningfork.collection.readers.archives.members import Contents, Member, refusal

__all__ = ["is_zip_name", "list_zip", "stored_bytes"]

_LOCAL = struct.Struct("<4s5H3L2H")  # what stands before each member
_ENCRYPTED, _SIZES_COME_LATER = 0x1, 0x8
_LINK, _FILE = 0o120000, 0o100000
_UNKNOWN = 0xFFFFFFFF


def is_zip_name(name: str) -> bool:
    """True for a name with the suffix of a ZIP."""
    return name.lower().endswith(".zip")


def list_zip(path: Path) -> Contents:
    """All members of a ZIP; of one that was cut off, those before the cut."""
    contents = Contents()
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except Exception as error:  # damaged directories give many kinds of exception
        contents.damage = f"its directory is missing or damaged ({str(error)[:80]})"
        _salvage(path, contents)
        return contents
    for info in infos:
        if not info.is_dir():
            _take(info, contents)
    contents.members.sort(key=lambda member: member.offset)
    return contents


def stored_bytes(file: BinaryIO, member: Member) -> bytes:
    """The packed bytes of a member of an open ZIP."""
    file.seek(member.offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size or header[:4] != b"PK\3\4":
        return b""
    *_, name_length, extra_length = _LOCAL.unpack(header)
    file.seek(name_length + extra_length, 1)
    return file.read(member.stored)


def _take(info: zipfile.ZipInfo, contents: Contents) -> None:
    mode = info.external_attr >> 16 & 0o170000
    if info.flag_bits & _ENCRYPTED:
        reason = "it is encrypted"
    elif mode not in (0, _FILE):
        reason = f"it is {'a symbolic link' if mode == _LINK else 'a device or pipe'}, not a file"
    else:
        reason = refusal(info.filename, max(info.file_size, info.compress_size))
    if reason:
        contents.refuse(info.filename, reason)
        return
    member = Member(
        info.filename.removeprefix("./"),
        info.header_offset,
        info.compress_size,
        info.file_size,
        info.compress_type,
        info.CRC,
    )
    contents.members.append(member)


def _salvage(path: Path, contents: Contents) -> None:
    """Take the members in a row from the first, as far as their headers tell their sizes."""
    with path.open("rb") as file:
        end = file.seek(0, 2)
        for info, following in _local_headers(file):
            if following <= end and not info.is_dir():
                _take(info, contents)


def _local_headers(file: BinaryIO) -> Iterator[tuple[zipfile.ZipInfo, int]]:
    position = 0
    while True:
        file.seek(position)
        header = file.read(_LOCAL.size)
        if len(header) < _LOCAL.size or header[:4] != b"PK\3\4":
            return
        _, _, flags, method, _, _, crc, stored, size, name_length, extra_length = _LOCAL.unpack(header)
        name = file.read(name_length).decode("utf-8" if flags & 0x800 else "cp437", "replace")
        if (flags & _SIZES_COME_LATER and not stored) or _UNKNOWN in (stored, size):
            return
        info = zipfile.ZipInfo(name.replace("\0", "?"))
        info.flag_bits, info.compress_type, info.CRC = flags, method, crc
        info.compress_size, info.file_size, info.header_offset = stored, size, position
        position += _LOCAL.size + name_length + extra_length + stored
        yield info, position
