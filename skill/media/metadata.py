"""What a file carries beside its picture, found and left out without touching a pixel."""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from skill.i18n import say
from skill.media import bitmaps
from skill.media.boxes import MAX_INDEX, MAX_TABLE, Box, Boxes
from skill.media.container import BLOCK, Contents, CutOffError, Reader, Stripping
from skill.media.mp4 import check_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_CLIPS = ("video/mp4", "video/x-m4v", "video/quicktime", "audio/mp4")


def read(file: BinaryIO, size: int, mime: str) -> Contents:
    """Walk a file of that many bytes. Raises ValueError with the reason where it is no
    picture that could be shown; a clip or sound that is not understood stays whole."""
    whole = Contents((range(size),))
    walk = _WALKS.get(mime)
    if walk is None:
        return whole
    strip = Stripping(Reader(file, size))
    try:
        contents = walk(strip)
    except CutOffError:
        raise
    except (ValueError, LookupError, struct.error) as error:
        if mime in _CLIPS:
            return whole
        if isinstance(error, ValueError):
            raise
        raise ValueError(say("it is cut off")) from error
    mended = strip.mended(whole.pieces) if strip.broken else ()
    if not strip.private:
        return replace(contents, pieces=mended or whole.pieces, mended=mended)
    return replace(
        contents, pieces=contents.pieces or strip.mended(strip.pieces), private=True,
        located=strip.located, mended=mended,
    )  # fmt: skip


def check_clip(file: BinaryIO, size: int, mime: str) -> None:
    """Raises CutOffError where part of a clip or sound is missing."""
    if mime in _CLIPS:
        check_whole(Boxes(Reader(file, size)))


def copy(source: BinaryIO, pieces: Sequence[range | bytes], target: BinaryIO) -> None:
    """Write the pieces of a file. Raises ValueError where it has become shorter meanwhile."""
    for piece in pieces:
        if isinstance(piece, bytes):
            target.write(piece)
            continue
        source.seek(piece.start)
        left = len(piece)
        while left:
            block = source.read(min(left, BLOCK))
            if not block:
                raise ValueError(say("it was cut off meanwhile"))
            target.write(block)
            left -= len(block)


# ---------------------------------------------------------------- MP4, QuickTime and HEIF: which
# boxes and items are private, and what a HEIF says of its picture. All raise ValueError where it is
# not to be understood; LookupError or struct.error where the file is cut off.

_MAX_DESCRIPTIONS = 8  # items of a HEIF that are looked into for metadata

# MP4 and QuickTime: what tells that a box is private, wherever in it. 3GPP TS 26.244, 8.3 (loci);
# QuickTime File Format, "User data atoms" and "Metadata"; XMP part 3, 1.1.6.
_PLACE = re.compile(rb"\xa9xyz|(?s:\0\0..loci)|quicktime\.location|GPSL(?:atitude|ongitude)|GPMF")
_PRIVATE = re.compile(
    _PLACE.pattern + rb"|\xa9mak|\xa9mod|XMP_|x:xmpmeta|quicktime\.(?:make|model|author)"
)
_CONTAINERS = (b"moov", b"trak", b"mdia", b"minf")
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def clip(strip: Stripping) -> Contents:
    """Blank the private boxes of a clip, so that nothing else in it moves."""
    boxes = Boxes(strip.reader)
    if (longer := _told_longer(boxes)) is not None:
        size = boxes.size - longer.at
        if boxes.read(longer.at, 4) == b"\0\0\0\1":
            strip.patch(longer.at + 8, size.to_bytes(8, "big"))
        else:
            strip.patch(longer.at, size.to_bytes(4, "big"))
    at = 0
    for box in boxes.search((b"udta", b"meta", b"uuid"), _CONTAINERS):
        if box.end - box.start > MAX_INDEX:
            continue
        body = boxes.body(box, MAX_INDEX)
        if not (body.startswith(_XMP) if box.kind == b"uuid" else _PRIVATE.search(body)):
            continue
        strip.keep(at, box.at + 4)
        strip.drop(box.at + 4, box.at + 8, b"free")
        strip.keep(box.at + 8, box.start)
        strip.drop(box.start, box.end, bytes(box.end - box.start))
        strip.located = strip.located or bool(_PLACE.search(body))
        at = box.end
    strip.keep(at, boxes.size)
    return Contents(())


def _told_longer(boxes: Boxes) -> Box | None:
    try:
        return check_whole(boxes)
    except CutOffError:  # which is not for who strips to judge
        return None


# HEIF, ISO/IEC 23008-12 and 14496-12, 8.11: items in a `meta` box, and what refers to what.
_ABOUT_ITEMS = (b"pitm", b"iinf", b"iprp", b"iref", b"iloc")
_PICTURE_ITEMS = (b"hvc1", b"grid", b"iden", b"iovl", b"av01", b"jpeg", b"unci", b"avc1")


def heif(strip: Stripping) -> Contents:
    """Measure the primary picture, and read the metadata that goes once it is converted."""
    boxes = Boxes(strip.reader)
    *_, end = (0, *(box.end for box in boxes.up_to_damage(0, boxes.size)))
    if boxes.read(end + 4, 4) == b"mdat":
        raise CutOffError
    meta = _first(boxes, b"meta", 0, boxes.size)
    about = {
        box.kind: box
        for box in boxes.up_to_damage(meta.start + 4, meta.end)
        if box.kind in _ABOUT_ITEMS
    }
    items = dict(_items(boxes, about[b"iinf"]))
    width, height = _size(boxes, about[b"iprp"], _primary(boxes, about[b"pitm"]))
    pages = {
        item for item, (kind, hidden) in items.items() if kind in _PICTURE_ITEMS and not hidden
    }
    if b"iref" in about:
        pages -= _parts(boxes, about[b"iref"])
    exif = b""
    described = [item for item, (kind, _) in items.items() if kind in (b"Exif", b"mime")]
    strip.private = strip.private or bool(described)
    for item in described[:_MAX_DESCRIPTIONS]:
        body = _item(boxes, about[b"iloc"], item)
        if items[item][0] == b"Exif" and not exif:
            exif = strip.exif(body[4 + int.from_bytes(body[:4], "big") :])
        strip.located = strip.located or b"GPSLatitude" in body
    return Contents((range(boxes.size),), width, height, exif, pages=max(1, len(pages)))


def _first(boxes: Boxes, kind: bytes, start: int, end: int) -> Box:
    for box in boxes.up_to_damage(start, end):
        if box.kind == kind:
            return box
    raise ValueError(say("it has no picture"))


def _items(boxes: Boxes, iinf: Box) -> Iterator[tuple[int, tuple[bytes, bool]]]:
    """Number → kind, and whether it is hidden: `infe` of version 2 or 3."""
    wide = boxes.body(iinf, 1)[0] > 0
    for entry in boxes.up_to_damage(iinf.start + (8 if wide else 6), iinf.end):
        body = boxes.body(entry, 16)
        at = 8 if body[0] >= 3 else 6
        number = int.from_bytes(body[4:at], "big")
        yield number, (body[at + 2 : at + 6], bool(body[3] & 1))


def _primary(boxes: Boxes, pitm: Box) -> int:
    body = boxes.body(pitm, 8)
    return int.from_bytes(body[4 : 8 if body[0] else 6], "big")


def _size(boxes: Boxes, iprp: Box, item: int) -> tuple[int, int]:
    """Width and height of an item: the `ispe` among its properties."""
    ipco = _first(boxes, b"ipco", iprp.start, iprp.end)
    properties = list(boxes.up_to_damage(ipco.start, ipco.end))
    for box in boxes.up_to_damage(iprp.start, iprp.end):
        if box.kind != b"ipma":
            continue
        for found, index in _associations(boxes.body(box, MAX_TABLE)):
            entry = properties[index - 1] if 0 < index <= len(properties) else None
            if found == item and entry is not None and entry.kind == b"ispe":
                width, height = struct.unpack_from(">II", boxes.body(entry), 4)
                return width, height
    raise ValueError(say("it has no picture"))


def _associations(ipma: bytes) -> Iterator[tuple[int, int]]:
    """Which item has which property, by its place from 1: 8.11.14."""
    number, step = (4 if ipma[0] else 2), (2 if ipma[3] & 1 else 1)
    essential = 0x7FFF if step == 2 else 0x7F
    at = 8
    for _ in range(int.from_bytes(ipma[4:8], "big")):
        item, count = int.from_bytes(ipma[at : at + number], "big"), ipma[at + number]
        at += number + 1
        for link in range(at, at + count * step, step):
            yield item, int.from_bytes(ipma[link : link + step], "big") & essential
        at += count * step


def _parts(boxes: Boxes, iref: Box) -> set[int]:
    """The items that are no pictures of their own: previews, masks, and tiles."""
    parts: set[int] = set()
    width = 4 if boxes.body(iref, 1)[0] else 2
    for entry in boxes.up_to_damage(iref.start + 4, iref.end):
        body = boxes.body(entry, MAX_TABLE)
        numbers = [
            int.from_bytes(body[at : at + width], "big")
            for at in (0, *range(width + 2, len(body), width))
        ]
        if entry.kind in (b"thmb", b"auxl"):
            parts.add(numbers[0])
        elif entry.kind == b"dimg":
            parts.update(numbers[1:])
    return parts


def _item(boxes: Boxes, iloc: Box, item: int) -> bytes:
    """Read an item, where it lies in the file itself; empty where it does not."""
    whole = b""
    for start, length in _extents(boxes.body(iloc, MAX_TABLE), item):
        whole += boxes.read(start, min(length, MAX_TABLE - len(whole)))
    return whole


def _extents(iloc: bytes, item: int) -> list[tuple[int, int]]:
    """Where an item lies in the file, and how many bytes of it there: 8.11.3."""
    version = iloc[0]
    offset_size, length_size, base_size = iloc[4] >> 4, iloc[4] & 15, iloc[5] >> 4
    index_size = iloc[5] & 15 if version else 0
    if not offset_size + length_size:
        raise ValueError(say("its index is damaged"))
    at = 6

    def take(count: int) -> int:
        nonlocal at
        at += count
        if at > len(iloc):
            raise ValueError(say("its index is damaged"))
        return int.from_bytes(iloc[at - count : at], "big")

    number_size = 4 if version > 1 else 2
    for _ in range(take(number_size)):
        found = take(number_size)
        method = take(2) & 15 if version else 0  # 0: counted from the file's begin
        take(2)
        base = take(base_size)
        extents = []
        for _ in range(take(2)):
            take(index_size)
            offset = base + take(offset_size)
            extents.append((offset, take(length_size)))
        if found == item and method == 0:
            return extents
    return []


_WALKS: dict[str, Callable[[Stripping], Contents]] = {
    "image/jpeg": bitmaps.jpeg,
    "image/png": bitmaps.png,
    "image/apng": bitmaps.png,
    "image/webp": bitmaps.webp,
    "image/gif": bitmaps.gif,
    "image/heic": heif,
    **dict.fromkeys(_CLIPS, clip),
}
