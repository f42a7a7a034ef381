"""A file as a container of segments: read within bounds, since it may be made to harm, and sorted
into what shows the picture and what is private."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from skill.i18n import say
from skill.media.exif import located

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable
    from typing import BinaryIO

BLOCK = 1024 * 1024  # bytes in memory at once while a file is copied or searched
MAX_READS = 4_000_000  # of one file: a GIF of 200 MB in blocks of 255 bytes takes a quarter
_MAX_SEARCHED = 1024 * 1024  # bytes of what goes that are searched for a place


class CutOffError(ValueError):
    """Part of the picture, or of the clip, is missing."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason or say("it is cut off: part of it is missing"))


class Reader:
    """Reads from anywhere in a file of `size` bytes. Raises ValueError after MAX_READS reads."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size = size
        self._file = file
        self._reads = 0

    def read(self, at: int, count: int) -> bytes:
        """Read up to `count` bytes; fewer where the file ends."""
        self._reads += 1
        if self._reads > MAX_READS:
            raise ValueError(say("it has too many parts"))
        self._file.seek(at)
        return self._file.read(max(0, min(count, self.size - at)))

    def trimmed(self, end: int, filling: bytes) -> int:
        """Where the bytes before `end` stop to be `filling`."""
        while end and (block := self.read(max(0, end - BLOCK), min(end, BLOCK))):
            left = len(block.rstrip(filling))
            end -= len(block) - left
            if left:
                break
        return end

    def find(self, pattern: re.Pattern[bytes], at: int) -> int:
        """Find a pattern of two bytes from `at` on; returns the file's end where there is none."""
        last = b""
        while block := self.read(at, BLOCK):
            if found := pattern.search(last + block):
                return at - len(last) + found.start()
            at += len(block)
            last = block[-1:]
        return self.size


@dataclass(frozen=True)
class Contents:
    """A container, walked. `pieces` is what stays, in order: spans of the file, or bytes that
    stand in their place. `width` and `height` in pixels as stored, 0 for clips and sounds.
    `exif` is a TIFF structure. `private`: something is left out; `located`: it says where.
    `moving`: more than one picture, shown in turn. `unusual`: a kind of pixels that many
    programs show wrong, "CMYK" or "16-bit". `lossless`: the pixels are stored exactly. `pages`: pictures beside
    each other. `mended`: where a mark, sum or length of the container was missing or wrong, what the
    whole file is with it put right; empty where nothing was. In `pieces` it is put right too."""

    pieces: tuple[range | bytes, ...]
    width: int = 0
    height: int = 0
    exif: bytes = b""
    private: bool = False
    located: bool = False
    moving: bool = False
    unusual: str = ""
    lossless: bool = True
    pages: int = 1
    mended: tuple[range | bytes, ...] = ()

    @property
    def length(self) -> int:
        """Bytes of what stays."""
        return sum(map(len, self.pieces))


@dataclass
class Stripping:
    """Collects what of a file stays and what goes, while the file is walked, and what of the
    container has to be put right: `patches`, spans of the file in order and what stands there
    instead, and an `ending` for all that comes from `until` on."""

    reader: Reader
    pieces: list[range | bytes] = field(default_factory=list)
    private: bool = False
    located: bool = False
    patches: list[tuple[range, bytes]] = field(default_factory=list)
    until: int | None = None
    ending: bytes = b""

    @property
    def broken(self) -> bool:
        return bool(self.patches) or self.until is not None

    def patch(self, start: int, instead: bytes) -> None:
        """Put right as many bytes as stand there instead."""
        self.patches.append((range(start, start + len(instead)), instead))

    def end(self, until: int, ending: bytes) -> None:
        """Put right what stands from `until` on."""
        self.until, self.ending = until, ending

    def mended(self, pieces: Iterable[range | bytes]) -> tuple[range | bytes, ...]:
        """Pieces of the file with all that put right."""
        until = self.reader.size if self.until is None else self.until
        right: list[range | bytes] = []
        for piece in pieces:
            if isinstance(piece, bytes):
                right.append(piece)
                continue
            at, stop = piece.start, min(piece.stop, until)
            for span, instead in self.patches:
                if at <= span.start and span.stop <= stop:
                    right += [range(at, span.start), instead]
                    at = span.stop
            right.append(range(at, max(at, stop)))
        return (*filter(len, right), *filter(len, [self.ending]))

    def keep(self, start: int, end: int) -> None:
        last = self.pieces[-1] if self.pieces else None
        if isinstance(last, range) and last.stop == start:
            self.pieces[-1] = range(last.start, end)
        elif start < end:
            self.pieces.append(range(start, end))

    def drop(self, start: int, end: int, instead: bytes = b"") -> bytes:
        """The beginning of what goes."""
        body = self.reader.read(start, min(end - start, _MAX_SEARCHED))
        self.private = True
        self.located = self.located or b"GPSLatitude" in body  # as XMP has it
        if instead:
            self.pieces.append(instead)
        return body

    def exif(self, body: bytes) -> bytes:
        """EXIF that goes: as it came from a segment, some with a head of six bytes."""
        body = body[6:] if body.startswith(b"Exif\0") else body
        self.located = self.located or located(body)
        return body
