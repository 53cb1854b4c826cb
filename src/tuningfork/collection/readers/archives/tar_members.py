"""The members of a tar, one after another as they come, from a file or from what a packed file unpacks to.

The standard library's reader is not used for the walk: it takes a damaged header for the end of the archive,
and believes a header that announces gigabytes of names.
"""

import tarfile
from collections.abc import Callable, Iterator
from typing import BinaryIO

from tuningfork.collection.readers.archives.members import MAX_NAME, Contents, Member, refusal
from tuningfork.errors import ImageError

__all__ = [
    "PACKED",
    "DamagedError",
    "is_packed_name",
    "is_tar_name",
    "list_tar",
    "open_tar",
    "read_member",
    "walk_tar",
]

_BLOCK = 512
_STEP = 1 << 20
_MAX_HEADER = 1 << 20
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
_KINDS = {
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.LNKTYPE: "a link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
}

# Suffix -> how it is packed.
PACKED = {
    ".tar.gz": "gzip",
    ".tgz": "gzip",
    ".tar.bz2": "bz2",
    ".tbz2": "bz2",
    ".tbz": "bz2",
    ".tar.xz": "lzma",
    ".txz": "lzma",
}


class DamagedError(Exception):
    """The archive is cut off, or not what it should be, from here on."""


def is_tar_name(name: str) -> bool:
    """True for a name with the suffix of a tar, packed or not."""
    return name.lower().endswith((".tar", *PACKED))


def open_tar(path) -> BinaryIO:
    """The bytes of a tar, unpacked as they are read."""
    name = path.name.lower()
    kind = next((kind for suffix, kind in PACKED.items() if name.endswith(suffix)), None)
    if kind is None:
        return path.open("rb")
    from importlib import import_module

    return import_module(kind).open(path, "rb")


def is_packed_name(name: str) -> bool:
    """True for a tar that can only be read from its front."""
    return name.lower().endswith(tuple(PACKED))


def list_tar(
    stream: BinaryIO, *, seekable: bool, keep: Callable[[Member, BinaryIO], None] | None = None
) -> Contents:
    """All members of a tar; what comes before damage is kept.

    ``keep`` is called for each while the stream stands at its bytes, which it may read.
    """
    contents = Contents()
    try:
        for member in walk_tar(stream, contents, seekable=seekable):
            if keep is not None:
                keep(member, stream)
            contents.members.append(member)
    except DamagedError as error:
        contents.damage = str(error)
    return contents


def walk_tar(stream: BinaryIO, contents: Contents | None = None, *, seekable: bool) -> Iterator[Member]:
    """Yield the ordinary files of a tar; the caller may read at most ``member.size`` bytes before the next.

    Refused members go to ``contents``. Raises `DamagedError` where the archive breaks off.
    """
    contents = contents or Contents()
    tape = _Tape(stream, seekable)
    for kind, name, size in _described(tape, contents):
        is_file = kind in _FILES
        begin, length = tape.position, size if is_file or kind not in (*_KINDS, tarfile.DIRTYPE) else 0
        if name and kind != tarfile.DIRTYPE and not name.endswith("/"):
            what = None if is_file else _KINDS.get(kind, "of an unknown kind")
            reason = f"it is {what}, not a file" if what else refusal(name, size)
            if reason:
                contents.refuse(name[:MAX_NAME], reason)
            else:
                yield Member(name.removeprefix("./"), begin, size, size)
        tape.go_to(begin + length)
        tape.go_to(begin + _padded(length), padding=True)


def _described(tape: "_Tape", contents: Contents) -> Iterator[tuple[bytes, str, int]]:
    """Kind, name and size of every member, with what headers before its own say of it."""
    name: str | None = None
    size: str | None = None
    while (header := tape.header()) is not None:
        if header.type == tarfile.GNUTYPE_LONGNAME:
            name = tape.read(header.size).split(b"\0")[0].decode("utf-8", "replace")
        elif header.type in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
            told = _records(tape.read(header.size))
            name, size = told.get("path", name), told.get("size", size)
            if any(key.startswith("GNU.sparse") for key in told):
                contents.refuse(told.get("GNU.sparse.name", header.name), "it is a sparse file, not a file")
                name = ""  # refused: what follows has no name
        elif header.type in (tarfile.XGLTYPE, tarfile.GNUTYPE_LONGLINK):
            tape.read(header.size)
        else:
            yield header.type, header.name if name is None else name, _number(size, header.size)
            name = size = None


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


class _Tape:
    """A stream with a position that only grows, whose troubles are all `DamagedError`."""

    def __init__(self, stream: BinaryIO, seekable: bool):
        self._stream = stream
        self.position = 0
        self._end = stream.seek(0, 2) if seekable else None
        if seekable:
            stream.seek(0)

    def header(self) -> tarfile.TarInfo | None:
        """The next header; None at the end of the archive."""
        block = self._bytes(_BLOCK)
        if not block:
            raise DamagedError("it has no end mark, so its end may be missing")
        if len(block) < _BLOCK:
            raise DamagedError("it is truncated")
        if not block.strip(b"\0"):
            return None
        try:
            header = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
        except (tarfile.HeaderError, ValueError) as error:
            raise DamagedError("it is damaged: what follows is no header of a tar") from error
        if header.size < 0:
            raise DamagedError("it is damaged: a size below zero")
        return header

    def read(self, size: int) -> bytes:
        """The body of a header that tells of the next one."""
        if size > _MAX_HEADER:
            raise DamagedError(f"it is damaged: a name of {size:,} bytes")
        data = self._bytes(_padded(size))
        if len(data) < size:
            raise DamagedError("it is truncated")
        return data[:size]

    def go_to(self, position: int, *, padding: bool = False) -> None:
        """Leave out what lies before ``position``."""
        self.position = self._stream.tell()  # the caller may have moved it by reading a member
        if self._end is not None:
            if position > self._end and not padding:
                raise DamagedError("it is truncated")
            self._stream.seek(min(position, self._end))
            self.position = min(position, self._end)
            return
        while self.position < position:
            if not self._bytes(min(_STEP, position - self.position)):
                if padding:
                    return
                raise DamagedError("it is truncated")

    def _bytes(self, size: int) -> bytes:
        try:
            data = self._stream.read(size)
        except Exception as error:  # each packer has its own family of exceptions
            raise DamagedError(f"it is truncated or damaged ({_first_words(error)})") from error
        self.position = self._stream.tell()
        return data


def read_member(stream: BinaryIO, member: Member) -> bytes:
    """The bytes of the member at which the stream is; `ImageError` when they break off."""
    try:
        data = stream.read(member.size)
    except Exception as error:
        raise ImageError("the archive is truncated inside this member", where=member.name) from error
    if len(data) < member.size:
        raise ImageError("the archive is truncated inside this member", where=member.name)
    return data


def _records(data: bytes) -> dict[str, str]:
    """Keywords of a PAX header, ``length key=value`` each; what is not of that form ends them."""
    told: dict[str, str] = {}
    while data:
        digits, blank, _ = data.partition(b" ")
        length = int(digits) if blank and len(digits) < 9 and digits.isdigit() else 0
        if not len(digits) < length <= len(data):
            break
        record, data = data[len(digits) + 1 : length], data[length:]
        key, _, value = record.rstrip(b"\n").partition(b"=")
        told[key.decode("utf-8", "replace")] = value.decode("utf-8", "replace")
    return told


def _number(text: str | None, otherwise: int) -> int:
    known = text is not None and len(text) < 19 and text.isascii() and text.isdigit()
    return int(text) if known else otherwise


def _first_words(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:100]
