"""What an MP4 says of itself, and whether all of it is there (ISO/IEC 14496-12 boxes).

The index is read, not believed: each track's tables have to place every sample inside the
file. The pictures themselves are not decoded.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from skill.i18n import say
from skill.media.boxes import Box, Boxes
from skill.media.container import CutOffError, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_READ = frozenset(
    b"ftyp moov mdat mvhd mvex tkhd mdia mdhd hdlr minf stbl stsd stsz stz2 stsc stco co64"
    b" tfhd tfdt".split()
)
_VISUAL_ENTRY = 78  # bytes before the boxes in a VisualSampleEntry, 12.1.3
# What a decoder cannot begin without: ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1.
_SETUP = {b"avc1": b"avcC", b"hvc1": b"hvcC"}


@dataclass(frozen=True)
class Mp4:
    """Duration in seconds, size in pixels as it is shown."""

    duration: float
    width: int
    height: int


def probe(path: Path) -> Mp4:
    """Read the file's boxes; fragments (`moof`) too. Raises ValueError with the reason where
    it is no whole MP4 with a picture."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            return _movie(Boxes(Reader(file, size)))
    except struct.error as error:
        raise ValueError(say("its boxes are damaged")) from error


def check_whole(boxes: Boxes) -> Box | None:
    """Returns the last box where the file says that it is longer than it is, though nothing is
    missing in it. Raises CutOffError where the index places a sample behind the end of the file, or
    is missing itself. A clip that is not understood counts as whole."""
    top = list(boxes.up_to_damage(0, boxes.size))
    kinds = {box.kind: box for box in reversed(top)}
    end = top[-1].end if top else 0
    last = Box(boxes.read(end + 4, 4), end, end + 8, boxes.size)
    cut = last.kind in (b"moov", b"moof", b"mdat")
    if cut and (b"moov" not in kinds or b"moof" in kinds):
        raise CutOffError
    try:
        if b"moov" in kinds:
            for box in boxes.within(*boxes.index(kinds[b"moov"])[2:]):
                if box.kind == b"trak":
                    _track(boxes, box)
    except CutOffError:
        raise
    except (ValueError, LookupError, struct.error):
        return None
    return last if cut else None


@dataclass
class _Track:
    """A track of the movie. `length`, `frames`: how long it lasts in its own units (`scale` in a
    second), and its samples; `width`, `height`: 0 where it is no picture; `default_*`: of a
    sample in a fragment that does not say; `since`, `until`: the time that its fragments fill."""

    number: int
    scale: int
    width: int
    height: int
    length: int
    frames: int
    default_duration: int = 0
    default_size: int = 0
    since: int | None = None
    until: int = 0


def _movie(boxes: Boxes) -> Mp4:
    top = boxes.inside(Box(b"", 0, 0, boxes.size), _READ)
    for kind in (b"ftyp", b"moov", b"mdat"):
        if kind not in top:
            raise ValueError(say("it has no `{kind}` box", kind=kind.decode()))
    moov = boxes.index(top[b"moov"])
    tracks = [
        _track(boxes, box) for box in boxes.within(moov.start, moov.end) if box.kind == b"trak"
    ]
    picture = next((track for track in tracks if track.width and track.height), None)
    if picture is None:
        raise ValueError(say("it has no picture"))
    inside = boxes.inside(moov, _READ)
    scale, length = _time(boxes.body(inside[b"mvhd"])) if b"mvhd" in inside else (0, 0)
    duration = length / scale if scale else 0.0
    if b"mvex" in inside:
        duration = _fragments(boxes, inside[b"mvex"], tracks, picture, scale) or duration
    if not picture.frames:
        raise ValueError(say("it has no frames"))
    if not duration and picture.scale:
        duration = picture.length / picture.scale
    if not duration:
        raise ValueError(say("it has no duration"))
    return Mp4(duration, picture.width, picture.height)


def _inner(boxes: Boxes, box: Box, *kinds: bytes) -> Box:
    """The box at the end of a path of kinds."""
    for kind in kinds:
        found = boxes.inside(box, _READ).get(kind)
        if found is None:
            raise ValueError(say("its index has no `{kind}` box", kind=kind.decode()))
        box = found
    return box


def _track(boxes: Boxes, trak: Box) -> _Track:
    mdia = _inner(boxes, trak, b"mdia")
    header = boxes.body(_inner(boxes, trak, b"tkhd"))
    at = 20 if header[:1] == b"\x01" else 12
    (number,) = struct.unpack_from(">I", header, at)
    scale, length = _time(boxes.body(_inner(boxes, mdia, b"mdhd")))
    picture = boxes.body(_inner(boxes, mdia, b"hdlr"))[8:12] == b"vide"
    stbl = _inner(boxes, mdia, b"minf", b"stbl")
    width, height = 0, 0
    if picture:
        described = _described(boxes, _inner(boxes, stbl, b"stsd"))
        width, height = _shown(header) or described
    return _Track(number, scale, width, height, length, _samples(boxes, stbl))


def _time(header: bytes) -> tuple[int, int]:
    """Units in a second, and how many of them (0 for unknown), of an mvhd or mdhd: 8.2.2, 8.4.2."""
    form, at, unknown = (">IQ", 20, 2**64 - 1) if header[:1] == b"\x01" else (">II", 12, 2**32 - 1)
    scale, length = struct.unpack_from(form, header, at)
    return scale, 0 if length == unknown else length


def _shown(tkhd: bytes) -> tuple[int, int] | None:
    at = 52 if tkhd[:1] == b"\x01" else 40
    matrix = struct.unpack_from(">9i", tkhd, at)
    width, height = (round(side / 65536) for side in struct.unpack_from(">II", tkhd, at + 36))
    if not width or not height:
        return None
    turned = matrix[0] == 0 and matrix[1] != 0
    return (height, width) if turned else (width, height)


def _described(boxes: Boxes, stsd: Box) -> tuple[int, int]:
    """Width and height of what the sample description describes; ValueError where there is
    nothing in it to decode by."""
    (count,) = struct.unpack_from(">I", boxes.body(stsd), 4)
    entry = next(boxes.within(stsd.start + 8, stsd.end), None)
    if not count or entry is None:
        raise ValueError(say("its pictures are not described"))
    if entry.kind == b"encv":
        raise ValueError(say("its pictures are encrypted"))
    width, height = struct.unpack_from(">HH", boxes.body(entry), 24)
    if kind := _SETUP.get(entry.kind):
        setup = next(
            (
                boxes.body(box)
                for box in boxes.within(entry.start + _VISUAL_ENTRY, entry.end)
                if box.kind == kind
            ),
            b"",
        )
        if not setup or (kind == b"avcC" and not _sets_parameters(setup)):
            raise ValueError(say("its pictures are not described"))
    return width, height


def _sets_parameters(avcc: bytes) -> bool:
    """Whether there is a whole sequence parameter set and a picture parameter set."""
    at = 5
    for mask in (0x1F, 0xFF):
        count = avcc[at] & mask if at < len(avcc) else 0
        at += 1
        for _ in range(count):
            if at + 2 > len(avcc):
                return False
            at += 2 + int.from_bytes(avcc[at : at + 2], "big")
        if not count or at > len(avcc):
            return False
    return True


# ------------------------------------------------------------ where the samples lie


def _samples(boxes: Boxes, stbl: Box) -> int:
    """How many samples a track's own tables have, each inside the file: 8.7."""
    tables = boxes.inside(stbl, _READ)
    sizes, uniform, left = _sizes(boxes, tables)
    count = left
    wide = b"co64" in tables
    offsets = tables.get(b"co64" if wide else b"stco")
    runs = tables.get(b"stsc")
    if offsets is None or runs is None:
        raise ValueError(say("its index is not whole"))
    (chunks,) = struct.unpack_from(">I", boxes.body(offsets), 4)
    (changes,) = struct.unpack_from(">I", boxes.body(runs), 4)
    change = boxes.rows(runs, 8, changes, ">III")
    first, size, _ = next(change, (0, 0, 0))
    each = 0
    places = boxes.rows(offsets, 8, chunks, ">Q" if wide else ">I")
    for chunk, (offset,) in enumerate(places, 1):
        if chunk == first:
            each = size
            first, size, _ = next(change, (0, 0, 0))
        taken = min(each, left)
        left -= taken
        length = taken * uniform if uniform else sum(size for (size,) in islice(sizes, taken))
        if offset + length > boxes.size:
            raise CutOffError(say("its pictures or sound are cut off"))
    if left:
        raise ValueError(say("its index is not whole"))
    return count


def _sizes(boxes: Boxes, tables: dict[bytes, Box]) -> tuple[Iterator[tuple[int, ...]], int, int]:
    """The sizes of the samples, or the one that all have, and how many samples there are."""
    if (box := tables.get(b"stsz")) is not None:
        uniform, count = struct.unpack_from(">II", boxes.body(box), 4)
        rows = boxes.rows(box, 12, 0 if uniform else count, ">I")
        return rows, uniform, count
    if (box := tables.get(b"stz2")) is not None:
        field, count = struct.unpack_from(">3xBI", boxes.body(box), 4)
        if field == 4:
            pairs = boxes.rows(box, 12, (count + 1) // 2, ">B")
            halves = ((half,) for (pair,) in pairs for half in (pair >> 4, pair & 15))
            return halves, 0, count
        if field in (8, 16):
            return boxes.rows(box, 12, count, ">B" if field == 8 else ">H"), 0, count
    raise ValueError(say("its index is not whole"))


# ------------------------------------------------------------ fragments


def _fragments(boxes: Boxes, mvex: Box, tracks: list[_Track], picture: _Track, scale: int) -> float:
    """Look through the fragments, and count their frames; returns the seconds they and the
    movie's own tables last, 0 where that is unknown. 8.8."""
    known = {track.number: track for track in tracks}
    announced = 0
    for box in boxes.within(mvex.start, mvex.end):
        if box.kind == b"trex":
            number, _, duration, size = struct.unpack_from(">4I", boxes.body(box), 4)
            if number in known:
                known[number].default_duration, known[number].default_size = duration, size
        elif box.kind == b"mehd":
            body = boxes.body(box)
            (announced,) = struct.unpack_from(">Q" if body[:1] == b"\x01" else ">I", body, 4)
    picture.until = picture.length if picture.frames else 0
    picture.since = 0 if picture.frames else None
    for box in boxes.within(0, boxes.size):
        if box.kind == b"moof":
            _fragment(boxes, boxes.index(box), known)
    if announced and scale:
        return float(announced) / scale
    lasting = max(0, picture.until - (picture.since or 0))
    return float(lasting) / picture.scale if picture.scale else 0.0


def _fragment(boxes: Boxes, moof: Box, known: dict[int, _Track]) -> None:
    """Check where one fragment's samples lie, and count them to their tracks."""
    end = moof.at
    for traf in boxes.within(moof.start, moof.end):
        if traf.kind != b"traf":
            continue
        inside = boxes.inside(traf, _READ)
        if b"tfhd" not in inside:
            raise ValueError(say("its index is damaged"))
        header = boxes.body(inside[b"tfhd"])
        flags, number = struct.unpack_from(">II", header)
        track = known.get(number)
        if track is None:
            raise ValueError(say("its index is damaged"))
        at = 8
        base = moof.at if flags & 0x20000 else end
        if flags & 0x1:
            (base,) = struct.unpack_from(">Q", header, at)
            at += 8
        at += 4 if flags & 0x2 else 0
        duration, size = track.default_duration, track.default_size
        if flags & 0x8:
            (duration,) = struct.unpack_from(">I", header, at)
            at += 4
        if flags & 0x10:
            (size,) = struct.unpack_from(">I", header, at)
        end, now = base, track.until
        if b"tfdt" in inside:
            body = boxes.body(inside[b"tfdt"])
            (now,) = struct.unpack_from(">Q" if body[:1] == b"\x01" else ">I", body, 4)
        if track.since is None:
            track.since = now
        for trun in boxes.within(traf.start, traf.end):
            if trun.kind == b"trun":
                count, units, end = _run(boxes, trun, base, end, duration, size)
                track.frames += count
                now += units
        track.until = max(track.until, now)


def _run(
    boxes: Boxes, trun: Box, base: int, after: int, duration: int, size: int
) -> tuple[int, int, int]:
    """A run's samples, how long they last, and where in the file they end: 8.8.8."""
    body = boxes.body(trun)
    flags, count = struct.unpack_from(">II", body)
    skip, start = 8, after
    if flags & 0x1:
        start = base + struct.unpack_from(">i", body, skip)[0]
        skip += 4
    skip += 4 if flags & 0x4 else 0
    fields = [flag for flag in (0x100, 0x200, 0x400, 0x800) if flags & flag]
    lasting, length = count * duration, count * size
    if fields:
        sums = [0] * len(fields)
        for row in boxes.rows(trun, skip, count, f">{len(fields)}I"):
            for place, number in enumerate(row):
                sums[place] += number
        told = dict(zip(fields, sums, strict=True))
        lasting, length = told.get(0x100, lasting), told.get(0x200, length)
    if start < 0 or start + length > boxes.size:
        raise CutOffError(say("its pictures or sound are cut off"))
    return count, lasting, start + length
