"""JPEG, PNG, WebP and GIF, walked segment by segment: what is needed to show the picture stays,
byte for byte; the rest (EXIF, XMP, comments, a second picture behind the first) goes.

All raise ValueError where there is no whole picture; LookupError or struct.error where the file
is cut off.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from skill.i18n import say
from skill.media.container import BLOCK, Contents

if TYPE_CHECKING:
    from skill.media.container import Reader, Stripping

# JPEG, ITU-T T.81 annex B. In coded pixels 0xFF is followed by zero or a restart marker.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def jpeg(strip: Stripping) -> Contents:
    reader = strip.reader
    frame, exif, at, scanned = b"", b"", 2, False
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
            break
        if code in (0x01, 0xD8):
            strip.keep(at, at + 2)
            at += 2
            continue
        end = at + 2 + int.from_bytes(head[2:4], "big")
        if len(head) < 4 or end < at + 4 or end > reader.size:
            if not scanned:
                break
            end = reader.size
        if _shows_jpeg(code, head[4:]):
            strip.keep(at, end)
        else:
            body = strip.drop(at, end)[4:]
            if code == 0xE1 and body.startswith(b"Exif\0") and not exif:
                exif = strip.exif(body)
        if code in _FRAMES and not frame:
            frame = head[4:10]
        at = end
        if code == 0xDA:
            scanned = True
            following = reader.find(_MARKER, at)
            strip.keep(at, following)
            at = following
    if not scanned or len(frame) < 6:
        raise ValueError(say("it ends before the picture"))
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


def png(strip: Stripping) -> Contents:
    reader = strip.reader
    head = reader.read(8, 17)
    length, kind, width, height, depth = struct.unpack(">I4sIIB", head)
    if kind != b"IHDR" or length != 13:
        raise ValueError(say("it has no header"))
    strip.keep(0, 8)
    exif, moving, pixels, at = b"", False, False, 8
    while at < reader.size:
        head = reader.read(at, 12)
        kind = head[4:8]
        end = min(at + 12 + int.from_bytes(head[:4], "big"), reader.size)
        if (len(kind) == 4 and not kind[0] & 0x20) or kind in _PNG_SHOWS:
            strip.keep(at, end)
            pixels = pixels or kind == b"IDAT"
            moving = moving or (kind == b"acTL" and head[8:12] > b"\0\0\0\1")
        else:
            body = strip.drop(at, end)
            if kind == b"eXIf":
                exif = strip.exif(body[8:])
        at = end
        if kind == b"IEND" and at < reader.size:
            strip.drop(at, reader.size)
            break
    if not pixels:
        raise ValueError(say("it ends before the picture"))
    return Contents((), width, height, exif, moving=moving, unusual="16-bit" if depth == 16 else "")


# WebP, RFC 9649, 2.7: the chunks that are pixels or tell how to show them, and the flags that
# announce EXIF and XMP.
_WEBP_SHOWS = frozenset(b"VP8X,ICCP,ANIM,ANMF,ALPH,VP8 ,VP8L".split(b","))
_WEBP_TOLD = 0x08 | 0x04


def webp(strip: Stripping) -> Contents:
    reader = strip.reader
    end = min(8 + int.from_bytes(reader.read(4, 4), "little"), reader.size)
    width = height = 0
    exif, moving, lossless, at = b"", False, False, 12
    while at < end:
        head = reader.read(at, 18)
        kind, length = head[:4], int.from_bytes(head[4:8], "little")
        following = min(at + 8 + length + length % 2, end)
        if kind not in _WEBP_SHOWS:
            body = strip.drop(at, following)
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
            strip.keep(at, following)
            if kind in (b"VP8 ", b"VP8L") and not width:
                width, height = _webp_size(kind, head[8:])
            lossless = lossless or kind == b"VP8L"
        at = following
    if end < reader.size:
        strip.drop(end, reader.size)
    if not width:
        raise ValueError(say("it ends before the picture"))
    size = 4 + sum(map(len, strip.pieces))
    riff = b"RIFF" + size.to_bytes(4, "little") + b"WEBP"
    return Contents(
        (riff, *strip.pieces), width, height, exif, moving=moving, lossless=lossless
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


def gif(strip: Stripping) -> Contents:
    reader = strip.reader
    width, height, flags = struct.unpack("<HHB", reader.read(6, 5))
    at = 13 + _colours(flags)
    strip.keep(0, at)
    pictures = 0
    while at < reader.size:
        head = reader.read(at, 14)
        if head[0] == 0x21 and len(head) > 1:
            end = _blocks(reader, at + 2)
            if head[1] == 0xFE or (head[1] == 0xFF and head[3:] not in _GIF_SHOWS):
                strip.drop(at, end)
            else:
                strip.keep(at, end)
        elif head[0] == 0x2C and len(head) > 10:
            end = _blocks(reader, at + 10 + _colours(head[9]) + 1)
            strip.keep(at, end)
            pictures += 1
        else:
            if head[0] == 0x3B:
                strip.keep(at, at + 1)
                at += 1
            if at < reader.size:
                strip.drop(at, reader.size)
            break
        at = end
    if not pictures:
        raise ValueError(say("it ends before the picture"))
    return Contents((), width, height, moving=pictures > 1)


def _colours(flags: int) -> int:
    """Bytes of a colour table."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _blocks(reader: Reader, at: int) -> int:
    """The end of data in blocks, each led by its length."""
    while at < reader.size:
        length = reader.read(at, 1)[0]
        at += 1 + length
        if not length:
            break
    return min(at, reader.size)
