"""Archives as one set of named files, each readable by itself where the archive allows it."""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from tuningfork.collection.readers.archives.members import Contents, Member, unpacked
from tuningfork.collection.readers.archives.side_files import MAX_SIDE_FILE, SIDE_SUFFIXES
from tuningfork.collection.readers.archives.tar_members import (
    DamagedError,
    is_packed_name,
    is_tar_name,
    list_tar,
    open_tar,
    read_member,
)
from tuningfork.collection.readers.archives.zip_members import is_zip_name, list_zip, stored_bytes
from tuningfork.collection.readers.catalogue import is_table_name
from tuningfork.collection.readers.files import is_image_name, is_wanted, stem_of
from tuningfork.collection.readers.source import Rejected
from tuningfork.errors import CollectionError, ImageError

__all__ = ["Shard", "Shards", "find_shards", "is_archive_name"]

_MAX_SIDES = 512 << 20  # bytes of side files of packed tars, which are kept until they are columns


def is_archive_name(name: str) -> bool:
    """True for a name with the suffix of a tar, packed or not, or of a ZIP; hidden files excepted."""
    return (is_tar_name(name) or is_zip_name(name)) and not name.startswith(".")


def find_shards(path: Path) -> list[Path]:
    """The archive itself, or those in a folder and the folders in it, sorted."""
    if path.is_file():
        return [path] if is_archive_name(path.name) else []
    found = [p for p in (*path.glob("*"), *path.glob("*/*")) if is_archive_name(p.name) and p.is_file()]
    root = path.resolve()
    return sorted(p for p in found if not p.parent.name.startswith(".") and p.resolve().is_relative_to(root))


class Shard:
    """One archive, its members of use listed at once.

    Attributes
    ----------
    path : Path
    name : str
        As it is called in the source.
    is_packed : bool
        It can be read from the front only.
    contents : Contents
    """

    def __init__(self, path: Path, name: str):
        self.path, self.name = path, name
        self.is_packed = is_packed_name(path.name)
        self._sides: dict[str, bytes] = {}
        self._bytes_kept = 0
        try:
            self.contents = self._listed()
        except OSError as error:
            self.contents = Contents(damage=f"it cannot be read ({error.strerror})")

    def bytes_of(self, member: Member) -> bytes:
        """The bytes of a member; slow in a packed archive. Raises `ImageError`."""
        if member.name in self._sides:
            return self._sides[member.name]
        try:
            return self._read(member)
        except OSError as error:
            raise ImageError(f"cannot be read ({error.strerror})", where=self.name) from error

    def in_order(self, members: list[Member]) -> Iterator[bytes | ImageError]:
        """The bytes of some members, which are sorted by their offsets, in one walk through the archive."""
        with open_tar(self.path) as stream:
            for member in members:
                try:
                    stream.seek(member.offset)
                except Exception:  # each packer has its own family of exceptions for damaged files
                    yield ImageError("the archive is damaged before this member", where=member.name)
                    continue
                try:
                    yield read_member(stream, member)
                except ImageError as error:
                    yield error

    def _listed(self) -> Contents:
        if is_zip_name(self.path.name):
            contents = list_zip(self.path)
        else:
            with open_tar(self.path) as stream:
                keep = self._keep_side if self.is_packed else None
                contents = list_tar(stream, seekable=not self.is_packed, keep=keep)
        contents.members = [m for m in contents.members if not _is_hidden(m.name) and _is_of_use(m.name)]
        return contents

    def _keep_side(self, member: Member, stream) -> None:
        """Side files of a packed tar are read in passing: there is no way back to them."""
        if not member.name.lower().endswith(SIDE_SUFFIXES) or member.size > MAX_SIDE_FILE:
            return
        try:
            self._sides[member.name] = read_member(stream, member)
        except ImageError as error:
            raise DamagedError("it is truncated") from error
        self._bytes_kept += member.size
        if self._bytes_kept > _MAX_SIDES:
            raise CollectionError(
                "its side files are too large to be kept in memory",
                where=self.name,
                remedy="Unpack the outer compression: a plain .tar is read without this limit",
            )

    def _read(self, member: Member) -> bytes:
        if self.is_packed:
            found = next(self.in_order([member]))
            if isinstance(found, ImageError):
                raise found
            return found
        with self.path.open("rb") as file:
            if is_zip_name(self.path.name):
                return unpacked(member, stored_bytes(file, member))
            file.seek(member.offset)
            return unpacked(member, file.read(member.size))


class Shards:
    """The files of some archives by name, as `tuningfork.collection.readers.files.Files`.

    A file is named as in its archive, without the folder that all files have in common; when two archives
    hold files of one name, all are called after their archive too. Of the images those are listed whose names
    are of the patterns ``only``.
    """

    def __init__(self, shards: list[Shard], only: Sequence[str] = ()):
        self.shards, self.only = shards, only
        self.refused = [
            Rejected(f"{shard.name}/{r.file}", r.row, r.reason)
            for shard in shards
            for r in shard.contents.refused
            if not _is_hidden(r.file)
        ]
        for shard in shards:
            if shard.contents.damage:
                reason = f"{shard.contents.damage}; what comes before is kept"
                self.refused.append(Rejected(shard.name, None, reason))
        self._at: dict[str, tuple[Shard, Member]] = {}
        self._name_all()

    def images(self) -> Iterator[str]:
        """Names of the images that are asked for, in the order of the archives."""
        return (name for name in self.all_images() if self.takes(name))

    def all_images(self) -> Iterator[str]:
        """Names of all images."""
        return (name for name in self._at if is_image_name(name))

    def takes(self, name: str) -> bool:
        """Whether a file of this name is asked for."""
        return is_wanted(name, self.only)

    def tables(self) -> list[str]:
        """Names of the tables that are in as few folders as any."""
        found = [name for name in self._at if is_table_name(name)]
        least = min((name.count("/") for name in found), default=0)
        return sorted(name for name in found if name.count("/") == least)

    def has(self, name: str) -> bool:
        """True when there is a file of this name."""
        return name in self._at

    def at(self, name: str) -> tuple[Shard, Member]:
        """The archive and the member that bear this name."""
        return self._at[name]

    def full_name(self, name: str) -> str:
        """Archive and member, which no other file is called."""
        shard, member = self._at[name]
        return f"{shard.name}/{member.name}"

    def bytes_of(self, name: str) -> bytes:
        """The bytes of a file; `ImageError` when they cannot be read."""
        shard, member = self._at[name]
        return shard.bytes_of(member)

    def reason_against(self, name: str) -> str | None:
        """Why no file of this name can be read, or None."""
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            return f"the file name '{name}' leaves the archive"
        if not self.takes(name):
            return f"'{name}' is not of the names that are asked for"
        return None if name in self._at else f"there is no file '{name}'"

    def stem_of(self, name: str) -> str:
        """File name without folder and image suffixes."""
        return stem_of(name)

    def _name_all(self) -> None:
        all_members = [(shard, member) for shard in self.shards for member in shard.contents.members]
        common = _common_folder(member.name for _, member in all_members)
        names = [member.name.removeprefix(common) for _, member in all_members]
        per_shard = len(self.shards) > 1 and len(set(names)) < len(names)
        for (shard, member), short in zip(all_members, names, strict=True):
            name = f"{shard.name}/{short}" if per_shard else short
            if name in self._at:
                reason = "the archive holds another file of this name before it"
                self.refused.append(Rejected(f"{shard.name}/{member.name}", None, reason))
            else:
                self._at[name] = (shard, member)


def _common_folder(names) -> str:
    """The folder, with ``/`` behind, in which all these files are."""
    common: list[str] | None = None
    for name in names:
        folders = name.split("/")[:-1]
        if common is None:
            common = folders
        while common and common != folders[: len(common)]:
            common = common[:-1]
        if not common:
            return ""
    return "".join(f"{folder}/" for folder in common or [])


def _is_hidden(name: str) -> bool:
    """True for what desktops leave in archives."""
    parts = [part for part in name.split("/") if part not in (".", "..")]
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _is_of_use(name: str) -> bool:
    return is_image_name(name) or is_table_name(name) or name.lower().endswith(SIDE_SUFFIXES)
