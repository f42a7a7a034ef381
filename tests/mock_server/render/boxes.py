"""The boxes of an MP4 (ISO/IEC 14496-12), for looking at what a demuxer does not tell."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HOLDERS = frozenset(b"moov trak mdia minf stbl edts dinf udta".split())
_SAMPLE_ENTRIES = {b"avc1": 78, b"mp4a": 28}  # bytes before the boxes in them


@dataclass(frozen=True)
class Box:
    """`at` is where it begins in the file; `body` without its head."""

    kind: str
    at: int
    body: bytes
    inner: tuple[Box, ...] = ()

    def all(self, *path: str) -> list[Box]:
        """The boxes at that path of kinds."""
        found = [self]
        for kind in path:
            found = [box for one in found for box in one.inner if box.kind == kind]
        return found

    def one(self, *path: str) -> Box:
        (found,) = self.all(*path)
        return found

    def numbers(self, form: str, at: int = 0) -> tuple[int, ...]:
        """Big-endian numbers in the body, as `struct` has them."""
        return struct.unpack_from(">" + form, self.body, at)

    def table(self, form: str) -> list[tuple[int, ...]]:
        """The rows of a full box that is a count and a table."""
        (count,) = self.numbers("I", 4)
        width = struct.calcsize(">" + form)
        return [self.numbers(form, 8 + row * width) for row in range(count)]


def read(path: Path) -> Box:
    """The whole file, as a box that holds the others."""
    data = path.read_bytes()
    return Box("file", 0, data, tuple(_boxes(data, 0, len(data))))


def _boxes(data: bytes, at: int, end: int) -> Iterator[Box]:
    while at < end:
        size, kind = struct.unpack_from(">I4s", data, at)
        assert 8 <= size <= end - at, kind
        skip = 0
        if kind == b"stsd":
            skip = 8
        elif kind in _SAMPLE_ENTRIES:
            skip = _SAMPLE_ENTRIES[kind]
        elif kind not in _HOLDERS:
            skip = size - 8
        inner = tuple(_boxes(data, at + 8 + skip, at + size)) if skip < size - 8 else ()
        yield Box(kind.decode("latin-1"), at, data[at + 8 : at + size], inner)
        at += size


class Bits:
    """The bits of an H.264 parameter set (ITU-T H.264, 7.2 and 9.1), without its header byte."""

    def __init__(self, nal: bytes) -> None:
        raw = nal[1:].replace(b"\0\0\3", b"\0\0")
        self._bits = "".join(f"{byte:08b}" for byte in raw)
        self._at = 0

    def u(self, count: int) -> int:
        self._at += count
        return int(self._bits[self._at - count : self._at], 2)

    def ue(self) -> int:
        zeros = 0
        while not self.u(1):
            zeros += 1
        return (1 << zeros) - 1 + (self.u(zeros) if zeros else 0)


@dataclass(frozen=True)
class Vui:
    """What the bitstream itself says (H.264, 7.3.2.1.1 and E.1.1). `colours`: primaries, transfer,
    matrix. `rate` in frames a second. `reorder`: frames a decoder has to hold back."""

    profile: int
    level: int
    limited_range: bool
    colours: tuple[int, int, int]
    rate: Fraction
    fixed_rate: bool
    reorder: int


def vui(avcc: Box) -> Vui:
    """Of the first sequence parameter set in an avcC box (ISO/IEC 14496-15, 5.3.3.1)."""
    (length,) = avcc.numbers("H", 6)
    bits = Bits(avcc.body[8 : 8 + length])
    profile, _, level = bits.u(8), bits.u(8), bits.u(8)
    bits.ue()
    assert (bits.ue(), bits.ue(), bits.ue()) == (1, 0, 0)  # 4:2:0, 8 bits of both
    assert bits.u(2) == 0  # no lossless bypass, no scaling matrix
    bits.ue()
    order = bits.ue()
    assert order in (0, 2)
    if order == 0:
        bits.ue()
    bits.ue(), bits.u(1), bits.ue(), bits.ue()
    assert bits.u(1) == 1  # frames, no fields
    bits.u(1)
    if bits.u(1):
        bits.ue(), bits.ue(), bits.ue(), bits.ue()  # cropping
    assert bits.u(1) == 1  # there is a VUI
    if bits.u(1):
        assert bits.u(8) == 1  # square samples
    if bits.u(1):
        bits.u(1)
    assert bits.u(1) == 1
    bits.u(3)
    full = bits.u(1)
    assert bits.u(1) == 1
    colours = (bits.u(8), bits.u(8), bits.u(8))
    if bits.u(1):
        bits.ue(), bits.ue()
    assert bits.u(1) == 1
    tick, scale, fixed = bits.u(32), bits.u(32), bits.u(1)
    assert bits.u(2) == 0  # no HRD
    bits.u(1)
    assert bits.u(1) == 1
    bits.u(1), bits.ue(), bits.ue(), bits.ue(), bits.ue()
    rate = Fraction(scale, 2 * tick)
    return Vui(profile, level, not full, colours, rate, bool(fixed), bits.ue())
