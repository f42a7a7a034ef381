"""JPEG, PNG, WebP and GIF, walked segment by segment: what is needed to show the picture stays,
byte for byte; the rest (EXIF, XMP, comments, a second picture behind the first) goes.

A mark, sum or length that is missing or wrong, though no pixel is, is put right. All raise
ValueError where there is no whole picture; LookupError or struct.error where the file is cut off.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import TYPE_CHECKING

from skill.i18n import say
from skill.media.container import BLOCK, Contents, CutOffError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skill.media.container import Reader, Stripping

# JPEG, ITU-T T.81 annex B. In coded pixels 0xFF is followed by zero or a restart marker.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
_END_OF_JPEG = b"\xff\xd9"


def jpeg(strip: Stripping) -> Contents:
    reader = strip.reader
    frame, exif, at, scanned = b"", b"", 2, False
    scans: list[bytes] = []
    whole = 0  # where what is complete ends, as long as there is no end mark
    strip.keep(0, 2)
    while at < reader.size:
        head = reader.read(at, 16)
        if not _MARKER.match(head):
            following = reader.find(_MARKER, at)
            if scanned or not reader.read(at, min(following - at, BLOCK)).strip(
                b"\xff"
            ):  # fill bytes
                strip.keep(at, following)
            else:
                strip.drop(at, following)
            at = following
            continue
        code = head[1]
        if code == 0xD9:
            strip.keep(at, at + 2)
            if at + 2 < reader.size:  # a second picture, or the clip of a moving one
                strip.drop(at + 2, reader.size)
            whole = 0
            break
        if code in (0x01, 0xD8):
            strip.keep(at, at + 2)
            at += 2
            continue
        end = at + 2 + int.from_bytes(head[2:4], "big")
        if len(head) < 4 or end < at + 4 or end > reader.size:
            break
        if _shows_jpeg(code, head[4:]):
            strip.keep(at, end)
        else:
            body = strip.drop(at, end)[4:]
            if code == 0xE1 and body.startswith(b"Exif\0") and not exif:
                exif = strip.exif(body)
        if code in _FRAMES and not frame:
            frame = head[1:2] + reader.read(at + 4, end - at - 4)
        at = end
        if code == 0xDA:
            scanned = True
            scans.append(head[4:])
            whole = following = reader.find(_MARKER, at)
            strip.keep(at, following)
            at = following
    if not scanned or len(frame) < 7:
        raise ValueError(say("it ends before the picture"))
    if whole:
        if not _all_scanned(frame, scans):
            raise CutOffError
        _end_jpeg(strip, whole)
    _, _, height, width, channels = struct.unpack_from(">BBHHB", frame)
    return Contents(
        (), width, height, exif, unusual="CMYK" if channels == 4 else "", lossless=False
    )


def _end_jpeg(strip: Stripping, end: int) -> None:
    """Put an end mark behind coded pixels, which end in no zero but that behind 0xFF; a file with
    room for more may."""
    reader = strip.reader
    last = reader.trimmed(reader.trimmed(end, b"\xff"), b"\0")
    last += last < end and reader.read(last - 1, 2) == b"\xff\0"
    strip.end(last, _END_OF_JPEG)


def _all_scanned(frame: bytes, scans: Sequence[bytes]) -> bool:
    """Whether the scans, of which there may be one for each bit of each frequency, hold the whole
    picture: `frame` is that segment from its code on, `scans` those segments without theirs."""
    frequencies = range(64) if frame[0] in _PROGRESSIVE else range(1)
    due = {(component, k) for component in frame[7::3] for k in frequencies}
    for scan in scans:
        count = scan[0]
        first, last, bits = struct.unpack_from(">3B", scan, 1 + 2 * count)
        if bits & 15 == 0:  # down to the last bit
            due -= {(component, k) for component in scan[1 : 1 + 2 * count : 2]
                    for k in range(first, last + 1)}  # fmt: skip
    return not due


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


_END_OF_PNG = bytes(4) + b"IEND" + zlib.crc32(b"IEND").to_bytes(4, "big")
_PIXELS = {b"IDAT": 8, b"fdAT": 12}  # where in their chunks pixels begin


def png(strip: Stripping) -> Contents:
    reader = strip.reader
    head = reader.read(8, 17)
    length, kind, width, height, depth = struct.unpack(">I4sIIB", head)
    if kind != b"IHDR" or length != 13:
        raise ValueError(say("it has no header"))
    if not (width and height):
        raise ValueError(say("it has no picture"))
    strip.keep(0, 8)
    exif, pixels, at, ended, wrong = b"", False, 8, False, False
    frames = due = 0
    packed: list[range] = []  # the pixels of the picture or frame that was walked last
    while at < reader.size and not ended:
        head = reader.read(at, 12)
        kind = head[4:8]
        following = at + 12 + int.from_bytes(head[:4], "big")
        if following > reader.size:
            packed += _end_png(strip, at, following)
            break
        wrong = not _check_sum(strip, at, following) or wrong
        if not kind[0] & 0x20 or kind in _PNG_SHOWS:
            strip.keep(at, following)
            pixels = pixels or kind == b"IDAT"
            if kind == b"acTL":
                due = int.from_bytes(head[8:12], "big")
            elif kind == b"fcTL":
                frames += 1
                packed = packed if frames == 1 else []
            elif kind in _PIXELS:
                packed.append(range(at + _PIXELS[kind], following - 4))
        else:
            body = strip.drop(at, following)
            if kind == b"eXIf":
                exif = strip.exif(body[8:])
        at = following
        ended = kind == b"IEND"
    if ended and at < reader.size:
        strip.drop(at, reader.size)
    if not ended and strip.until is None:
        strip.end(at, _END_OF_PNG)
    if not (pixels or packed):
        raise ValueError(say("it ends before the picture"))
    if strip.broken and (frames < due or not _unpacks(reader, packed)):
        raise ValueError(say("it is damaged")) if wrong else CutOffError
    return Contents(
        (), width, height, exif, moving=due > 1, unusual="16-bit" if depth == 16 else ""
    )


def _sum(reader: Reader, start: int, end: int) -> bytes:
    """The sum of a chunk whose kind and data are these bytes."""
    total = 0
    for at in range(start, end, BLOCK):
        total = zlib.crc32(reader.read(at, min(BLOCK, end - at)), total)
    return total.to_bytes(4, "big")


def _check_sum(strip: Stripping, at: int, following: int) -> bool:
    """Whether the sum of a chunk is right. Puts a wrong one right, where what is in it is only
    about the picture or can be told to be whole; raises ValueError where it is neither."""
    right = _sum(strip.reader, at + 4, following - 4)
    if strip.reader.read(following - 4, 4) == right:
        return True
    kind = strip.reader.read(at + 4, 4)
    if kind == b"fdAT" or (not kind[0] & 0x20 and kind not in (b"IDAT", b"IEND")):
        raise ValueError(say("it is damaged"))
    strip.patch(following - 4, right)
    return False


def _end_png(strip: Stripping, at: int, following: int) -> list[range]:
    """Put an end behind a chunk that the file ends in; returns where there are pixels in it. One
    that is not about pixels is left out."""
    reader = strip.reader
    end = min(reader.size, following - 4)
    length = end - at - 8
    if length > 0 and not reader.read(at + 4, 4).isalpha():
        raise ValueError(say("it is damaged"))
    if reader.read(at + 4, 4) != b"IDAT" or length <= 0:
        strip.end(at, _END_OF_PNG)
        return []
    strip.keep(at, end)
    strip.patch(at, length.to_bytes(4, "big"))
    strip.end(end, _sum(reader, at + 4, end) + _END_OF_PNG)
    return [range(at + 8, end)]


def _unpacks(reader: Reader, packed: Sequence[range]) -> bool:
    """Whether the pixels in these spans are all there. Raises ValueError where they are damaged."""
    stream = zlib.decompressobj()
    try:
        for span in packed:
            for at in range(span.start, span.stop, BLOCK):
                data = reader.read(at, min(BLOCK, span.stop - at))
                while data and not stream.eof:
                    stream.decompress(data, 16 * BLOCK)
                    data = stream.unconsumed_tail
    except zlib.error as error:
        raise ValueError(say("it is damaged")) from error
    return stream.eof


# WebP, RFC 9649, 2.7: the chunks that are pixels or tell how to show them, and the flags that
# announce EXIF and XMP.
_WEBP_SHOWS = frozenset(b"VP8X,ICCP,ANIM,ANMF,ALPH,VP8 ,VP8L".split(b","))
_WEBP_TOLD = 0x08 | 0x04


def webp(strip: Stripping) -> Contents:
    reader = strip.reader
    told = 8 + int.from_bytes(reader.read(4, 4), "little")
    end = min(told, reader.size)
    width = height = 0
    exif, moving, lossless, pixels, at = b"", False, False, False, 12
    while at + 1 < end:  # one byte alone fills the chunk before up to an even length
        head = reader.read(at, 18)
        kind, length = head[:4], int.from_bytes(head[4:8], "little")
        whole = at + 8 + length
        following = whole + length % 2
        if whole > reader.size:
            raise CutOffError
        if kind not in _WEBP_SHOWS:
            body = strip.drop(at, min(following, reader.size))
            if kind == b"EXIF":
                exif = strip.exif(body[8:])
        elif kind == b"VP8X" and len(head) == 18:
            width, height = (int.from_bytes(head[i : i + 3], "little") + 1 for i in (12, 15))
            moving = bool(head[8] & 0x02)
            if head[8] & _WEBP_TOLD:
                flags = bytes([head[8] & ~_WEBP_TOLD])
                strip.drop(at, following, head[:8] + flags)
                strip.keep(at + 9, following)
            else:
                strip.keep(at, following)
        else:
            strip.keep(at, min(following, reader.size))
            if kind in (b"VP8 ", b"VP8L") and not width:
                width, height = _webp_size(kind, head[8:])
            lossless = lossless or kind == b"VP8L"
            pixels = pixels or kind in (b"VP8 ", b"VP8L", b"ANMF")
        at = following
    if at < reader.size:
        strip.drop(at, reader.size)
    if not (width and pixels):
        raise ValueError(say("it ends before the picture"))
    if moving and told > at + 8:  # a frame more: there is none without a head
        raise CutOffError
    if at > reader.size:
        strip.end(reader.size, b"\0")
    if at != told:
        strip.patch(4, (at - 8).to_bytes(4, "little"))
    kept = strip.mended(strip.pieces)
    size = 4 + sum(map(len, kept))
    riff = b"RIFF" + size.to_bytes(4, "little") + b"WEBP"
    return Contents((riff, *kept), width, height, exif, moving=moving, lossless=lossless)


def _webp_size(kind: bytes, body: bytes) -> tuple[int, int]:
    """Of the first frame: RFC 6386, 9.1, and RFC 9649, 3.4."""
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", body[6:10])
    return width & 0x3FFF, height & 0x3FFF


# GIF89a, 20 to 26. Of the application extensions these repeat the animation or are its colours.
_END_OF_GIF = b";"
_GIF_SHOWS = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")


def gif(strip: Stripping) -> Contents:
    reader = strip.reader
    width, height, flags = struct.unpack("<HHB", reader.read(6, 5))
    at = 13 + _colours(flags)
    strip.keep(0, at)
    pictures, ended = 0, False
    while at < reader.size:
        head = reader.read(at, 14)
        if head[0] == 0x21 and len(head) > 1:
            end = _blocks(reader, at + 2)
            if end > reader.size:
                break
            if head[1] == 0xFE or (head[1] == 0xFF and head[3:] not in _GIF_SHOWS):
                strip.drop(at, end)
            else:
                strip.keep(at, end)
        elif head[0] == 0x2C and len(head) > 10:
            end = _blocks(reader, at + 10 + _colours(head[9]) + 1)
            if end > reader.size + 1:
                raise CutOffError
            strip.keep(at, end)
            pictures += 1
        else:
            ended = head[0] == 0x3B
            if ended:
                strip.keep(at, at + 1)
                at += 1
            if at < reader.size:
                strip.drop(at, reader.size)
            break
        at = end
    if not pictures:
        raise ValueError(say("it ends before the picture"))
    if not ended:
        strip.end(min(at, reader.size), b"\0" * (at > reader.size) + _END_OF_GIF)
    return Contents((), width, height, moving=pictures > 1)


def _colours(flags: int) -> int:
    """Bytes of a colour table."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _blocks(reader: Reader, at: int) -> int:
    """The end of data in blocks, each led by its length; behind the file where some of it is
    missing, and one byte behind it where that is only the last block, which is empty."""
    while at < reader.size:
        length = reader.read(at, 1)[0]
        at += 1 + length
        if not length:
            return at
    return at + 1
