"""A listing over archives: members read where they lie, packed tars from front to back in blocks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from tuningfork.collection.readers.archives.members import Member
from tuningfork.collection.readers.archives.shards import Shard
from tuningfork.collection.readers.listing import Listing
from tuningfork.collection.readers.source import Entry, Part, Rejected, Source
from tuningfork.collection.stamps import Stamp, stamp_of
from tuningfork.errors import ImageError

__all__ = ["StreamedListing"]

_PART = 1_000
_BLOCK = 16 << 20  # bytes: several blocks wait at once for the threads that decode them


@dataclass(frozen=True)
class StreamedListing(Listing):
    """A listing whose files are members of archives: ``places`` tells where each is.

    When one of the archives is packed, the galaxies come in the order of the members: a packed archive can
    only be read from front to back.
    """

    places: dict[str, tuple[Shard, Member]] = field(default_factory=dict, repr=False)

    def __post_init__(self):
        if self._is_packed():
            self.entries.sort(key=self._order)

    def parts(self) -> Iterator[Part]:
        """The entries archive by archive; what was refused comes with the first part."""
        rejected: Sequence[Rejected] = self.rejected
        for shard, run in groupby(self.entries, key=lambda entry: self.places[entry.file][0]):
            entries = list(run)
            for members, read in (
                self._in_blocks(shard, entries) if shard.is_packed else self._pieces(entries)
            ):
                extra = None if self.extra is None else self.extra.take([entry.row for entry in members])
                yield Part(members, read, extra, rejected)
                rejected = ()
        if rejected:
            yield Part([], self._read, None, rejected)

    def sample(self, count: int) -> Iterator[tuple[Entry, Callable[[Entry], Stamp]]]:
        """Entries from all over the listing; the first ones when getting at others would cost much."""
        if self._is_packed():
            return Source.sample(self, count)
        return ((entry, self._read) for entry, _ in super().sample(count))

    def _is_packed(self) -> bool:
        return any(shard.is_packed for shard, _ in self.places.values())

    def _order(self, entry: Entry) -> tuple[str, int]:
        shard, member = self.places[entry.file]
        return shard.name, member.offset

    def _read(self, entry: Entry) -> Stamp:
        shard, member = self.places[entry.file]
        return stamp_of(shard.bytes_of(member), name=entry.file)

    def _pieces(self, entries: list[Entry]) -> Iterator[tuple[list[Entry], Callable]]:
        for start in range(0, len(entries), _PART):
            yield entries[start : start + _PART], self._read

    def _in_blocks(self, shard: Shard, wanted: list[Entry]) -> Iterator[tuple[list[Entry], Callable]]:
        members = [self.places[entry.file][1] for entry in wanted]
        held: list[Entry] = []
        block: dict[str, bytes | ImageError] = {}
        size = 0
        for entry, data in zip(wanted, shard.in_order(members), strict=True):
            held.append(entry)
            block[entry.file] = data
            size += 0 if isinstance(data, ImageError) else len(data)
            if size >= _BLOCK or len(held) >= _PART:
                yield held, _reader(block)
                held, block, size = [], {}, 0
        if held:
            yield held, _reader(block)


def _reader(block: dict[str, bytes | ImageError]) -> Callable[[Entry], Stamp]:
    """Read from a block; what was read is let go."""

    def read(entry: Entry) -> Stamp:
        data = block.pop(entry.file)
        if isinstance(data, ImageError):
            raise data
        return stamp_of(data, name=entry.file)

    return read
