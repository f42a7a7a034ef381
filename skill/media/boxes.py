"""The boxes that MP4, QuickTime and HEIF files are made of (ISO/IEC 14496-12, 4.2), with the
bounds on what is read of them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from skill.i18n import say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from skill.media.container import Reader

MAX_BOXES = 1_000_000  # of one file
MAX_DEPTH = 4  # boxes within boxes that are searched
MAX_BODY = 64 * 1024  # bytes of a box that is no table
MAX_TABLE = 1024 * 1024  # bytes of a table that is read whole
MAX_INDEX = 64 * 1024 * 1024  # bytes of one `moov`, `moof` or `udta`
MAX_ROWS = 20_000_000  # of all tables that are read row by row: days of video
_ROWS_AT_ONCE = 8192


class Box(NamedTuple):
    """Where a box begins, and its body from `start` to before `end`."""

    kind: bytes
    at: int
    start: int
    end: int


def brands(head: bytes) -> list[bytes]:
    """The brands that the head of a file names in its `ftyp` box; none where it has no such box."""
    if head[4:8] != b"ftyp":
        return []
    length = min(int.from_bytes(head[:4], "big"), len(head))
    return [head[at : at + 4] for at in (8, *range(16, length, 4))]


class Boxes:
    """A file as boxes. Raises ValueError with the reason where it has more than a sane one."""

    def __init__(self, reader: Reader) -> None:
        self.size = reader.size
        self.read = reader.read
        self._seen = 0
        self._rows_read = 0

    def within(self, start: int, end: int) -> Iterator[Box]:
        """Yield the boxes from `start` to `end`. Raises ValueError where they do not fill it."""
        for box in self.up_to_damage(start, end):
            yield box
            start = box.end
        if start < end:
            raise ValueError(say("it is cut off"))

    def up_to_damage(self, start: int, end: int) -> Iterator[Box]:
        """Yield the boxes from `start` to `end`, or to the first that is damaged."""
        while start < end and (box := self._box(start, end)) is not None:
            yield box
            start = box.end

    def _box(self, at: int, end: int) -> Box | None:
        self._seen += 1
        if self._seen > MAX_BOXES:
            raise ValueError(say("it has too many boxes"))
        head = self.read(at, min(16, end - at))
        size, start = int.from_bytes(head[:4], "big"), at + 8
        if size == 1:
            size, start = int.from_bytes(head[8:16], "big"), at + 16
        elif size == 0:
            size = end - at
        whole = start - at <= len(head) and start - at <= size <= end - at
        return Box(head[4:8], at, start, at + size) if whole else None

    def inside(self, box: Box, kinds: Collection[bytes]) -> dict[bytes, Box]:
        """The boxes of these kinds in a box; of several of a kind the first."""
        found: dict[bytes, Box] = {}
        for inner in self.within(box.start, box.end):
            if inner.kind in kinds:
                found.setdefault(inner.kind, inner)
        return found

    def search(self, kinds: Collection[bytes], containers: Collection[bytes]) -> Iterator[Box]:
        """Yield the boxes of these kinds in the order of the file, also those in `containers`,
        as far as it is not damaged."""

        def search(start: int, end: int, depth: int) -> Iterator[Box]:
            for box in self.up_to_damage(start, end):
                if box.kind in containers and depth < MAX_DEPTH:
                    yield from search(box.start, box.end, depth + 1)
                elif box.kind in kinds:
                    yield box

        return search(0, self.size, 0)

    def index(self, box: Box) -> Box:
        """The box, if it is small enough to be searched. Raises ValueError where it is not."""
        if box.end - box.start > MAX_INDEX:
            raise ValueError(say("its index is too large"))
        return box

    def body(self, box: Box, most: int = MAX_BODY) -> bytes:
        """The first `most` bytes in a box."""
        return self.read(box.start, min(box.end - box.start, most))

    def rows(self, table: Box, skip: int, count: int, form: str) -> Iterator[tuple[int, ...]]:
        """Read `count` rows, each a struct `form`, of a table that begins `skip` bytes into its
        box; a block of them at a time."""
        width = struct.calcsize(form)
        at = table.start + skip
        if at + count * width > table.end:
            raise ValueError(say("its index is damaged"))
        self._rows_read += count
        if self._rows_read > MAX_ROWS:
            raise ValueError(say("its index is too large"))
        return self._blocks(at, count, form, width)

    def _blocks(self, at: int, count: int, form: str, width: int) -> Iterator[tuple[int, ...]]:
        while count:
            some = min(count, _ROWS_AT_ONCE)
            yield from struct.iter_unpack(form, self.read(at, some * width))
            at += some * width
            count -= some
