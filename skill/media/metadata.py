"""What a file carries beside its picture, found and left out without touching a pixel.

A container is walked segment by segment. What is needed to show the picture stays, byte for
byte; the rest (EXIF, XMP, comments, a second picture behind the first) is named for removal.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_BLOCK = 1024 * 1024  # bytes in memory at once while a file is copied or searched
_MAX_READS = 4_000_000  # segments of one file: far more than a sane one has
_MAX_LOOK = 1024 * 1024  # bytes of a segment that are looked into
_MOST_DESCRIBED = 8  # items of a HEIF that are looked into for metadata
_MAX_BODY = 64 * 1024 * 1024  # bytes of a clip's metadata that are read


@dataclass(frozen=True)
class Contents:
    """A container, walked. `pieces` is what stays, in order: spans of the file, or bytes that
    stand in their place. `width` and `height` in pixels as stored, 0 for clips and sounds.
    `exif` is a TIFF structure. `private`: something is left out; `located`: it says where.
    `moving`: more than one picture, shown in turn. `unusual`: a kind of pixels that many
    programs show wrong, "CMYK" or "16-bit". `lossless`: the pixels are stored exactly. `pages`: pictures beside
    each other."""

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

    @property
    def length(self) -> int:
        """Bytes of what stays."""
        return sum(map(len, self.pieces))


def read(file: BinaryIO, size: int, mime: str) -> Contents:
    """Walk a file of that many bytes. Raises ValueError with the reason where it is no
    picture that could be shown; a clip or sound that is not understood stays whole."""
    whole = Contents((range(size),))
    walk = _WALKS.get(mime)
    if walk is None:
        return whole
    sorted_ = _Sorted(_Source(file, size))
    try:
        contents = walk(sorted_)
    except (ValueError, LookupError, struct.error) as error:
        if mime in _CLIPS:
            return whole
        raise ValueError(
            str(error) if isinstance(error, ValueError) else "it is cut off"
        ) from error
    if not sorted_.private:
        return replace(contents, pieces=whole.pieces)
    return replace(
        contents, pieces=contents.pieces or tuple(sorted_.pieces), private=True,
        located=sorted_.located,
    )  # fmt: skip


def copy(source: BinaryIO, pieces: Sequence[range | bytes], target: BinaryIO) -> None:
    """Write the pieces of a file. Raises ValueError where it has become shorter meanwhile."""
    for piece in pieces:
        if isinstance(piece, bytes):
            target.write(piece)
            continue
        source.seek(piece.start)
        left = len(piece)
        while left:
            block = source.read(min(left, _BLOCK))
            if not block:
                raise ValueError("it was cut off meanwhile")
            target.write(block)
            left -= len(block)


def orientation(exif: bytes) -> int:
    """How the picture has to be turned to be upright: 1 to 8, EXIF 2.32, 4.6.4. 1 is upright."""
    at = _orientation_at(exif)
    return _number(exif, at) if at is not None else 1


def upright(exif: bytes) -> bytes:
    """The same EXIF for a picture that was turned."""
    at = _orientation_at(exif)
    if at is None:
        return exif
    one = struct.pack(_order(exif) + "H", 1)
    return exif[:at] + one + exif[at + 2 :]


def located(exif: bytes) -> bool:
    """Whether it says where the picture was taken."""
    entry = _entries(exif, 4).get(_GPS)
    if entry is None:
        return False
    at = struct.unpack_from(_order(exif) + "I", exif, entry + 8)[0]
    return _LATITUDE in _entries(exif, at, direct=True)


_ORIENTATION, _GPS, _LATITUDE = 0x0112, 0x8825, 2


def _order(exif: bytes) -> str:
    return {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4], "")


def _entries(exif: bytes, at: int, *, direct: bool = False) -> dict[int, int]:
    """Tag → where its 12 bytes begin, of the directory that is pointed to from `at`, or
    `direct`ly begins there. What is damaged is not there."""
    order = _order(exif)
    try:
        if not order:
            return {}
        if not direct:
            (at,) = struct.unpack_from(order + "I", exif, at)
        (count,) = struct.unpack_from(order + "H", exif, at)
        starts = range(at + 2, min(at + 2 + count * 12, len(exif) - 11), 12)
        return {struct.unpack_from(order + "H", exif, start)[0]: start for start in starts}
    except struct.error:
        return {}


def _orientation_at(exif: bytes) -> int | None:
    """Where a number that turns the picture stands."""
    entry = _entries(exif, 4).get(_ORIENTATION)
    if entry is None:
        return None
    kind: int = struct.unpack_from(_order(exif) + "H", exif, entry + 2)[0]
    at = entry + 8 + (2 if kind == 4 and exif[:2] == b"MM" else 0)  # SHORT as it should be, or LONG
    return at if kind in (3, 4) and 2 <= _number(exif, at) <= 8 else None


def _number(exif: bytes, at: int) -> int:
    number: int = struct.unpack_from(_order(exif) + "H", exif, at)[0]
    return number


class _Source:
    """A file of which no more segments are read than a sane one has."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size = size
        self._file = file
        self._reads = 0

    def read(self, at: int, count: int) -> bytes:
        """Up to `count` bytes; fewer where the file ends."""
        self._reads += 1
        if self._reads > _MAX_READS:
            raise ValueError("it has too many parts")
        self._file.seek(at)
        return self._file.read(max(0, min(count, self.size - at)))

    def find(self, pattern: re.Pattern[bytes], at: int) -> int:
        """Where a pattern of two bytes is found next; the file's end where it is not."""
        last = b""
        while block := self.read(at, _BLOCK):
            if found := pattern.search(last + block):
                return at - len(last) + found.start()
            at += len(block)
            last = block[-1:]
        return self.size


@dataclass
class _Sorted:
    """What stays and what goes, as the walk comes by it."""

    source: _Source
    pieces: list[range | bytes] = field(default_factory=list)
    private: bool = False
    located: bool = False

    def keep(self, start: int, end: int) -> None:
        last = self.pieces[-1] if self.pieces else None
        if isinstance(last, range) and last.stop == start:
            self.pieces[-1] = range(last.start, end)
        elif start < end:
            self.pieces.append(range(start, end))

    def drop(self, start: int, end: int, instead: bytes = b"") -> bytes:
        """The beginning of what goes."""
        body = self.source.read(start, min(end - start, _MAX_LOOK))
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


# JPEG, ITU-T T.81 annex B. In coded pixels 0xFF is followed by zero or a restart marker.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _jpeg(sorted_: _Sorted) -> Contents:
    source = sorted_.source
    frame, exif, at, scanned = b"", b"", 2, False
    sorted_.keep(0, 2)
    while at < source.size:
        head = source.read(at, 16)
        if not _MARKER.match(head):
            following = source.find(_MARKER, at)
            if scanned or not source.read(at, min(following - at, _BLOCK)).strip(
                b"\xff"
            ):  # fill bytes
                sorted_.keep(at, following)
            else:
                sorted_.drop(at, following)
            at = following
            continue
        code = head[1]
        if code == 0xD9:
            sorted_.keep(at, at + 2)
            if at + 2 < source.size:  # a second picture, or the clip of a moving one
                sorted_.drop(at + 2, source.size)
            break
        if code in (0x01, 0xD8):
            sorted_.keep(at, at + 2)
            at += 2
            continue
        end = at + 2 + int.from_bytes(head[2:4], "big")
        if len(head) < 4 or end < at + 4 or end > source.size:
            if not scanned:
                break
            end = source.size
        if _shows_jpeg(code, head[4:]):
            sorted_.keep(at, end)
        else:
            body = sorted_.drop(at, end)[4:]
            if code == 0xE1 and body.startswith(b"Exif\0") and not exif:
                exif = sorted_.exif(body)
        if code in _FRAMES and not frame:
            frame = head[4:10]
        at = end
        if code == 0xDA:
            scanned = True
            following = source.find(_MARKER, at)
            sorted_.keep(at, following)
            at = following
    if not scanned or len(frame) < 6:
        raise ValueError("it ends before the picture")
    _, height, width, channels = struct.unpack(">BHHB", frame)
    return Contents(
        (), width, height, exif, unusual="CMYK" if channels == 4 else "", lossless=False
    )


def _shows_jpeg(code: int, body: bytes) -> bool:
    """Whether a segment is needed to show the picture: JFIF 1.02, ICC.1 annex B.4, and the
    colour transform of Adobe's Technical Note 5116."""
    if 0xE0 <= code <= 0xEF:
        return body.startswith(
            {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}.get(code, b"-none-")
        )
    return code != 0xFE


# PNG, third edition, 11: the chunks that tell how to show it, and those of an animation.
_PNG_SHOWS = frozenset(
    b"tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV mDCv cLLI cLLi bKGD hIST pHYs sPLT sTER acTL fcTL"
    b" fdAT".split()
)


def _png(sorted_: _Sorted) -> Contents:
    source = sorted_.source
    head = source.read(8, 17)
    length, kind, width, height, depth = struct.unpack(">I4sIIB", head)
    if kind != b"IHDR" or length != 13:
        raise ValueError("it has no header")
    sorted_.keep(0, 8)
    exif, moving, pixels, at = b"", False, False, 8
    while at < source.size:
        head = source.read(at, 12)
        kind = head[4:8]
        end = min(at + 12 + int.from_bytes(head[:4], "big"), source.size)
        if (len(kind) == 4 and not kind[0] & 0x20) or kind in _PNG_SHOWS:
            sorted_.keep(at, end)
            pixels = pixels or kind == b"IDAT"
            moving = moving or (kind == b"acTL" and head[8:12] > b"\0\0\0\1")
        else:
            body = sorted_.drop(at, end)
            if kind == b"eXIf":
                exif = sorted_.exif(body[8:])
        at = end
        if kind == b"IEND" and at < source.size:
            sorted_.drop(at, source.size)
            break
    if not pixels:
        raise ValueError("it ends before the picture")
    return Contents((), width, height, exif, moving=moving, unusual="16-bit" if depth == 16 else "")


# WebP, RFC 9649, 2.7: the chunks that are pixels or tell how to show them, and the flags that
# announce EXIF and XMP.
_WEBP_SHOWS = frozenset(b"VP8X,ICCP,ANIM,ANMF,ALPH,VP8 ,VP8L".split(b","))
_WEBP_TOLD = 0x08 | 0x04


def _webp(sorted_: _Sorted) -> Contents:
    source = sorted_.source
    end = min(8 + int.from_bytes(source.read(4, 4), "little"), source.size)
    width = height = 0
    exif, moving, lossless, at = b"", False, False, 12
    while at < end:
        head = source.read(at, 18)
        kind, length = head[:4], int.from_bytes(head[4:8], "little")
        following = min(at + 8 + length + length % 2, end)
        if kind not in _WEBP_SHOWS:
            body = sorted_.drop(at, following)
            if kind == b"EXIF":
                exif = sorted_.exif(body[8:])
        elif kind == b"VP8X" and len(head) == 18:
            width, height = (int.from_bytes(head[i : i + 3], "little") + 1 for i in (12, 15))
            moving = bool(head[8] & 0x02)
            if head[8] & _WEBP_TOLD:
                flags = bytes([head[8] & ~_WEBP_TOLD])
                sorted_.drop(at, following, head[:8] + flags)
                sorted_.keep(at + 9, following)
            else:
                sorted_.keep(at, following)
        else:
            sorted_.keep(at, following)
            if kind in (b"VP8 ", b"VP8L") and not width:
                width, height = _webp_size(kind, head[8:])
            lossless = lossless or kind == b"VP8L"
        at = following
    if end < source.size:
        sorted_.drop(end, source.size)
    if not width:
        raise ValueError("it ends before the picture")
    size = 4 + sum(map(len, sorted_.pieces))
    riff = b"RIFF" + size.to_bytes(4, "little") + b"WEBP"
    return Contents(
        (riff, *sorted_.pieces), width, height, exif, moving=moving, lossless=lossless
    )  # fmt: skip


def _webp_size(kind: bytes, body: bytes) -> tuple[int, int]:
    """Of the first frame: RFC 6386, 9.1, and RFC 9649, 3.4."""
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", body[6:10])
    return width & 0x3FFF, height & 0x3FFF


# GIF89a, 20 to 26. Of the application extensions these repeat the animation or are its colours.
_GIF_SHOWS = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")


def _gif(sorted_: _Sorted) -> Contents:
    source = sorted_.source
    width, height, flags = struct.unpack("<HHB", source.read(6, 5))
    at = 13 + _colours(flags)
    sorted_.keep(0, at)
    pictures = 0
    while at < source.size:
        head = source.read(at, 14)
        if head[0] == 0x21 and len(head) > 1:
            end = _blocks(source, at + 2)
            if head[1] == 0xFE or (head[1] == 0xFF and head[3:] not in _GIF_SHOWS):
                sorted_.drop(at, end)
            else:
                sorted_.keep(at, end)
        elif head[0] == 0x2C and len(head) > 10:
            end = _blocks(source, at + 10 + _colours(head[9]) + 1)
            sorted_.keep(at, end)
            pictures += 1
        else:
            if head[0] == 0x3B:
                sorted_.keep(at, at + 1)
                at += 1
            if at < source.size:
                sorted_.drop(at, source.size)
            break
        at = end
    if not pictures:
        raise ValueError("it ends before the picture")
    return Contents((), width, height, moving=pictures > 1)


def _colours(flags: int) -> int:
    """Bytes of a colour table."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _blocks(source: _Source, at: int) -> int:
    """The end of data in blocks, each led by its length."""
    while at < source.size:
        length = source.read(at, 1)[0]
        at += 1 + length
        if not length:
            break
    return min(at, source.size)


# MP4 and QuickTime: what tells that a box is private, wherever in it. 3GPP TS 26.244, 8.3 (loci);
# QuickTime File Format, "User data atoms" and "Metadata"; XMP part 3, 1.1.6.
_PLACE = re.compile(rb"\xa9xyz|(?s:\0\0..loci)|quicktime\.location|GPSL(?:atitude|ongitude)|GPMF")
_PRIVATE = re.compile(
    _PLACE.pattern + rb"|\xa9mak|\xa9mod|XMP_|x:xmpmeta|quicktime\.(?:make|model|author)"
)
_CONTAINERS = (b"moov", b"trak", b"mdia", b"minf")
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


class _Box(NamedTuple):
    """Where a box begins, and its body from `start` to before `end`."""

    kind: bytes
    at: int
    start: int
    end: int


def _movie(sorted_: _Sorted) -> Contents:
    source = sorted_.source
    at = 0
    for box in _candidates(source):
        if not _is_private(source, box):
            continue
        sorted_.keep(at, box.at + 4)
        sorted_.drop(box.at + 4, box.at + 8, b"free")
        sorted_.keep(box.at + 8, box.start)
        sorted_.drop(box.start, box.end, bytes(box.end - box.start))
        sorted_.located = sorted_.located or _tells_place(source, box)
        at = box.end
    sorted_.keep(at, source.size)
    return Contents(())


def _candidates(source: _Source) -> Iterator[_Box]:
    """The boxes that may be metadata, in the order of the file."""

    def within(start: int, end: int, depth: int = 0) -> Iterator[_Box]:
        for box in _boxes(source, start, end):
            if box.kind in _CONTAINERS and depth < len(_CONTAINERS):
                yield from within(box.start, box.end, depth + 1)
            elif box.kind in (b"udta", b"meta", b"uuid"):
                yield box

    return within(0, source.size)


def _is_private(source: _Source, box: _Box) -> bool:
    if box.end - box.start > _MAX_BODY:
        return False
    if box.kind == b"uuid":
        return source.read(box.start, 16) == _XMP
    return bool(_PRIVATE.search(_body(source, box)))


def _tells_place(source: _Source, box: _Box) -> bool:
    return bool(_PLACE.search(_body(source, box)))


def _body(source: _Source, box: _Box) -> bytes:
    return source.read(box.start, box.end - box.start)


def _boxes(source: _Source, at: int, end: int) -> Iterator[_Box]:
    """The boxes that stand there, up to one that is damaged."""
    while at + 8 <= end:
        head = source.read(at, 16)
        size, start = int.from_bytes(head[:4], "big"), at + 8
        if size == 1:
            size, start = int.from_bytes(head[8:16], "big"), at + 16
        elif size == 0:
            size = end - at
        if size < start - at or at + size > end:
            return
        yield _Box(head[4:8], at, start, at + size)
        at += size


# HEIF, ISO/IEC 23008-12 and 14496-12, 8.11: items in a `meta` box, and what refers to what.
_PICTURE_ITEMS = (b"hvc1", b"grid", b"iden", b"iovl", b"av01", b"jpeg", b"unci", b"avc1")


def _heif(sorted_: _Sorted) -> Contents:
    source = sorted_.source
    meta = _first(source, b"meta", 0, source.size)
    boxes = {box.kind: box for box in _boxes(source, meta.start + 4, meta.end)}
    items = dict(_items(source, boxes[b"iinf"]))
    primary = _primary(source, boxes[b"pitm"])
    width, height = _extent(source, boxes[b"iprp"], primary)
    parts = _parts(source, boxes[b"iref"]) if b"iref" in boxes else set()
    pages = [
        item for item, (kind, hidden) in items.items() if kind in _PICTURE_ITEMS and not hidden
    ]
    exif = b""
    described = [item for item, (kind, _) in items.items() if kind in (b"Exif", b"mime")]
    sorted_.private = sorted_.private or bool(described)
    for item in described[:_MOST_DESCRIBED]:
        body = _item(source, boxes[b"iloc"], item)
        if items[item][0] == b"Exif" and not exif:
            exif = sorted_.exif(body[4 + int.from_bytes(body[:4], "big") :])
        sorted_.located = sorted_.located or b"GPSLatitude" in body
    return Contents(
        (range(source.size),), width, height, exif, pages=max(1, len(set(pages) - parts))
    )


def _first(source: _Source, kind: bytes, start: int, end: int) -> _Box:
    for box in _boxes(source, start, end):
        if box.kind == kind:
            return box
    raise ValueError("it has no picture")


def _items(source: _Source, box: _Box) -> Iterator[tuple[int, tuple[bytes, bool]]]:
    """Number → kind, and whether it is hidden: `infe` of version 2 or 3."""
    wide = source.read(box.start, 1)[0] > 0
    for entry in _boxes(source, box.start + (8 if wide else 6), box.end):
        body = source.read(entry.start, 16)
        long = body[0] >= 3
        at = 8 if long else 6
        number = int.from_bytes(body[4:at], "big")
        yield number, (body[at + 2 : at + 6], bool(body[3] & 1))


def _primary(source: _Source, box: _Box) -> int:
    body = source.read(box.start, 8)
    return int.from_bytes(body[4 : 8 if body[0] else 6], "big")


def _extent(source: _Source, box: _Box, item: int) -> tuple[int, int]:
    """Width and height of an item: the `ispe` among its properties."""
    container = _first(source, b"ipco", box.start, box.end)
    properties = list(_boxes(source, container.start, container.end))
    for links in _boxes(source, box.start, box.end):
        if links.kind != b"ipma":
            continue
        body = source.read(links.start, min(links.end - links.start, _MAX_LOOK))
        number, step = (4 if body[0] else 2), (2 if body[3] & 1 else 1)
        at = 8
        for _ in range(int.from_bytes(body[4:8], "big")):
            found, count = int.from_bytes(body[at : at + number], "big"), body[at + number]
            at += number + 1
            for link in range(at, at + count * step, step):
                index = int.from_bytes(body[link : link + step], "big") & (
                    0x7FFF if step == 2 else 0x7F
                )
                entry = properties[index - 1] if 0 < index <= len(properties) else None
                if found == item and entry is not None and entry.kind == b"ispe":
                    width, height = struct.unpack(">II", source.read(entry.start + 4, 8))
                    return width, height
            at += count * step
    raise ValueError("it has no picture")


def _parts(source: _Source, box: _Box) -> set[int]:
    """The items that are no pictures of their own: previews, masks, and tiles."""
    parts: set[int] = set()
    width = 4 if source.read(box.start, 1)[0] else 2
    for entry in _boxes(source, box.start + 4, box.end):
        body = source.read(entry.start, min(entry.end - entry.start, _MAX_LOOK))
        numbers = [
            int.from_bytes(body[at : at + width], "big")
            for at in (0, *range(width + 2, len(body), width))
        ]
        if entry.kind in (b"thmb", b"auxl"):
            parts.add(numbers[0])
        elif entry.kind == b"dimg":
            parts.update(numbers[1:])
    return parts


def _item(source: _Source, box: _Box, item: int) -> bytes:
    """An item's bytes, where they lie in the file: `iloc`, 8.11.3."""
    body = source.read(box.start, min(box.end - box.start, _MAX_LOOK))
    version = body[0]
    sizes = (body[4] >> 4, body[4] & 15, body[5] >> 4, body[5] & 15 if version else 0)
    if not sizes[0] + sizes[1]:
        raise ValueError("its index is damaged")
    at = 6
    number = 4 if version > 1 else 2

    def take(count: int) -> int:
        nonlocal at
        at += count
        if at > len(body):
            raise ValueError("its index is damaged")
        return int.from_bytes(body[at - count : at], "big")

    for _ in range(take(number)):
        found = take(number)
        within = take(2) & 15 if version else 0
        take(2)
        base = take(sizes[2])
        pieces = []
        for _ in range(take(2)):
            take(sizes[3])
            offset, length = take(sizes[0]), take(sizes[1])
            pieces.append((base + offset, length))
        if found == item and within == 0:
            whole = b""
            for start, length in pieces:
                whole += source.read(start, min(length, _MAX_LOOK - len(whole)))
            return whole
    return b""


_CLIPS = ("video/mp4", "video/x-m4v", "video/quicktime", "audio/mp4")
_WALKS: dict[str, Callable[[_Sorted], Contents]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/apng": _png,
    "image/webp": _webp,
    "image/gif": _gif,
    "image/heic": _heif,
    **dict.fromkeys(_CLIPS, _movie),
}
