"""What an MP4 says of itself, and whether all of it is there (ISO/IEC 14496-12 boxes)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MAX_MOOV = 64 * 1024 * 1024


@dataclass(frozen=True)
class Mp4:
    """Duration in seconds, size in pixels as it is shown."""

    duration: float
    width: int
    height: int


def probe(path: Path) -> Mp4:
    """Read the file's boxes. Raises ValueError with the reason where it is no whole MP4."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            boxes = {kind: (start, end) for kind, start, end in _boxes(file, 0, size)}
            for kind in (b"ftyp", b"moov", b"mdat"):
                if kind not in boxes:
                    raise ValueError(f"it has no `{kind.decode()}` box")
            start, end = boxes[b"moov"]
            if end - start > _MAX_MOOV:
                raise ValueError("its index is too large")
            return _movie(file, start, end)
    except struct.error as error:
        raise ValueError("its boxes are damaged") from error


def _movie(file: BinaryIO, start: int, end: int) -> Mp4:
    duration, width, height = 0.0, 0, 0
    for kind, inner, inner_end in _boxes(file, start, end):
        if kind == b"mvhd":
            duration = _duration(_body(file, inner, inner_end))
        elif kind == b"trak":
            parts = {k: (s, e) for k, s, e in _boxes(file, inner, inner_end)}
            if b"tkhd" in parts and not width:
                width, height = _track_size(_body(file, *parts[b"tkhd"]))
    if not width or not height:
        raise ValueError("it has no picture")
    if duration <= 0:
        raise ValueError("it has no duration")
    return Mp4(duration, width, height)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(type, start of body, end of body) of the boxes that tile start to end."""
    at = start
    while at < end:
        file.seek(at)
        size, kind = struct.unpack(">I4s", file.read(8))
        body = at + 8
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8))
            body += 8
        elif size == 0:
            size = end - at
        if size < body - at or at + size > end:
            raise ValueError("it is cut off")
        yield kind, body, at + size
        at += size


def _body(file: BinaryIO, start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(min(end - start, 4096))


def _duration(mvhd: bytes) -> float:
    form, at = (">IQ", 20) if mvhd[:1] == b"\x01" else (">II", 12)
    scale, length = struct.unpack_from(form, mvhd, at)
    return float(length) / scale if scale else 0.0


def _track_size(tkhd: bytes) -> tuple[int, int]:
    at = 52 if tkhd[:1] == b"\x01" else 40
    matrix = struct.unpack_from(">9i", tkhd, at)
    width, height = struct.unpack_from(">II", tkhd, at + 36)
    turned = matrix[0] == 0 and matrix[1] != 0
    size = (round(width / 65536), round(height / 65536))
    return size[::-1] if turned else size
