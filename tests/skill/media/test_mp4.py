"""What an MP4 says of itself, and whether all of it is there."""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING, Any

import av
import pytest

from skill.media import boxes
from skill.media.mp4 import Mp4, probe
from tests.video import encode, shades

if TYPE_CHECKING:
    from pathlib import Path


def test_a_whole_file(tmp_path: Path, clip: bytes) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip)
    assert probe(path) == Mp4(duration=1.0, width=64, height=36)


def test_a_file_cut_anywhere_is_found_out(tmp_path: Path, clip: bytes) -> None:
    path = tmp_path / "cut.mp4"
    for size in range(len(clip)):
        path.write_bytes(clip[:size])
        with pytest.raises(ValueError, match=r"^it"):
            probe(path)


def test_what_is_no_mp4(tmp_path: Path) -> None:
    path = tmp_path / "page.mp4"
    path.write_bytes(b"<html>not found</html>" * 10)
    with pytest.raises(ValueError, match="cut off"):
        probe(path)


# ------------------------------------------------------------ as other programs write it

LAYOUTS: dict[str, dict[str, str]] = {
    "index last": {},
    "index first": {"movflags": "faststart"},
    "fragments": {"movflags": "frag_keyframe+empty_moov"},
    "fragments after an index": {"movflags": "frag_keyframe"},
    "fragments from their own begin": {"movflags": "frag_keyframe+empty_moov+default_base_moof"},
    "fragments of one frame": {"movflags": "frag_every_frame+empty_moov"},
    "cmaf": {"movflags": "cmaf+frag_keyframe"},
}


def written(path: Path, layout: dict[str, str], *, silence: bool = False) -> bytes:
    """One second, 64 x 36, a key frame every third frame."""
    key = {"g": "3"}
    encode(path, shades(64, 36), options=key, container=layout, silence=silence)
    return path.read_bytes()


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest, tmp_path: Path) -> bytes:
    return written(tmp_path / "film.mp4", LAYOUTS[request.param])


@pytest.mark.parametrize("sound", [False, True])
@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_is_read(tmp_path: Path, name: str, sound: bool) -> None:
    path = tmp_path / "film.mp4"
    written(path, LAYOUTS[name], silence=sound)
    found = probe(path)
    assert found.duration == pytest.approx(1.0, abs=0.1)
    assert (found.width, found.height) == (64, 36)


def test_what_is_accepted_a_decoder_opens(tmp_path: Path, layout: bytes) -> None:
    path = tmp_path / "cut.mp4"
    accepted = 0
    for size in range(len(layout) + 1):
        path.write_bytes(layout[:size])
        try:
            probe(path)
        except ValueError:
            continue
        accepted += 1
        with av.open(str(path)) as container:
            assert sum(1 for _ in container.decode(video=0)) >= 1
    assert accepted >= 1
    assert accepted <= 11  # the whole, and cuts between fragments


def test_the_media_reach_to_the_end_of_the_file_and_are_cut(tmp_path: Path) -> None:
    """A size of 0 is "to the end": only the tables know what is missing."""
    path = tmp_path / "film.mp4"
    whole = written(path, LAYOUTS["index first"])
    at = whole.index(b"mdat") - 4
    endless = whole[:at] + bytes(4) + whole[at + 4 :]
    path.write_bytes(endless)
    assert probe(path).duration == 1.0
    for size in range(at + 8, len(endless)):
        path.write_bytes(endless[:size])
        with pytest.raises(ValueError, match="pictures or sound are cut off"):
            probe(path)


def test_whatever_is_damaged_nothing_but_a_value_error_comes_out(
    tmp_path: Path, layout: bytes
) -> None:
    path = tmp_path / "broken.mp4"
    chance = random.Random(1)

    def look(content: bytes | bytearray) -> None:
        path.write_bytes(content)
        try:
            found = probe(path)
        except ValueError:
            return
        assert found.duration > 0
        assert min(found.width, found.height) > 0

    for place in range(len(layout)):
        broken = bytearray(layout)
        broken[place] ^= chance.choice((1, 0x40, 0x80, 0xFF))
        look(broken)
    for _ in range(500):
        broken = bytearray(layout)
        for _ in range(chance.randint(1, 8)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        if chance.random() < 0.3:
            start = chance.randrange(len(broken))
            del broken[start : start + chance.randrange(1, 60)]
        look(broken)


# ------------------------------------------------------------ one thing wrong


def changed(content: bytes, kind: bytes, offset: int, form: str, *values: int) -> bytes:
    """The file with other numbers, `offset` bytes after a box's name."""
    at = content.index(kind) + 4 + offset
    return content[:at] + struct.pack(form, *values) + content[at + struct.calcsize(form) :]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((b"stco", 8, ">I", 10**6), "pictures or sound are cut off"),
        ((b"stco", 4, ">I", 0), "index is not whole"),
        ((b"stco", 4, ">I", 2**32 - 1), "index is damaged"),
        ((b"stsz", 12, ">I", 10**6), "pictures or sound are cut off"),
        ((b"stsz", 4, ">II", 2**32 - 1, 2**32 - 1), "pictures or sound are cut off"),
        ((b"stsz", 4, ">II", 1, 2**32 - 1), "index is not whole"),
        ((b"stsz", 8, ">I", 2**32 - 1), "index is damaged"),
        ((b"stsz", 8, ">I", 0), "no frames"),
        ((b"stsc", 4, ">I", 2**32 - 1), "index is damaged"),
        ((b"stsc", 8, ">I", 2), "index is not whole"),
        ((b"stsc", 12, ">I", 1), "index is not whole"),
        ((b"stsd", 4, ">I", 0), "not described"),
        ((b"stsd", 12, ">4s", b"encv"), "encrypted"),
        ((b"avcC", -4, ">4s", b"none"), "not described"),
        ((b"avcC", 5, ">B", 0xE0), "not described"),
        ((b"avcC", 6, ">H", 500), "not described"),
        ((b"hdlr", 8, ">4s", b"soun"), "no picture"),
        ((b"minf", -4, ">4s", b"none"), "no `minf` box"),
        ((b"stbl", -4, ">4s", b"none"), "no `stbl` box"),
        ((b"stsc", -4, ">4s", b"none"), "index is not whole"),
    ],
)
def test_what_a_decoder_needs(
    tmp_path: Path, clip: bytes, change: tuple[Any, ...], said: str
) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(changed(clip, *change))
    with pytest.raises(ValueError, match=said):
        probe(path)


def test_a_fragment_that_points_beyond_the_file(tmp_path: Path) -> None:
    whole = written(tmp_path / "film.mp4", LAYOUTS["fragments from their own begin"])
    path = tmp_path / "broken.mp4"
    for number in (10**6, -(10**6)):
        path.write_bytes(changed(whole, b"trun", 8, ">i", number))
        with pytest.raises(ValueError, match="cut off"):
            probe(path)
    path.write_bytes(changed(whole, b"tfhd", 4, ">I", 77))
    with pytest.raises(ValueError, match="damaged"):
        probe(path)


def test_small_tables(tmp_path: Path, clip: bytes) -> None:
    """stz2: sizes in 4, 8 or 16 bits. In 4 they do not fit, but are then at least all read."""
    path = tmp_path / "small.mp4"
    at = clip.index(b"stsz")
    (count,) = struct.unpack_from(">I", clip, at + 12)
    sizes = struct.unpack_from(f">{count}I", clip, at + 16)
    for bits, packed in (
        (16, struct.pack(f">{count}H", *sizes)),
        (8, bytes(min(size, 255) for size in sizes)),
        (4, bytes((count + 1) // 2)),
    ):
        table = struct.pack(">4x3xBI", bits, count) + packed
        box = b"stz2" + table.ljust(8 + 4 + 4 * count, b"\0")
        path.write_bytes(clip[:at] + box + clip[at + len(box) :])
        assert probe(path) == Mp4(1.0, 64, 36)
    path.write_bytes(clip[:at] + b"stz2" + struct.pack(">4x3xBI", 5, count) + clip[at + 16 :])
    with pytest.raises(ValueError, match="index is not whole"):
        probe(path)


def test_it_is_turned_and_its_index_may_be_silent_on_its_size(tmp_path: Path, clip: bytes) -> None:
    path = tmp_path / "turned.mp4"
    turned = changed(clip, b"tkhd", 40, ">9i", 0, 65536, 0, -65536, 0, 0, 0, 0, 2**30)
    path.write_bytes(turned)
    assert (probe(path).width, probe(path).height) == (36, 64)
    path.write_bytes(changed(clip, b"tkhd", 76, ">II", 0, 0))
    assert (probe(path).width, probe(path).height) == (64, 36)


def test_a_duration_that_is_told_elsewhere(tmp_path: Path, clip: bytes) -> None:
    path = tmp_path / "clip.mp4"
    for unknown in (0, 2**32 - 1):
        silent = changed(clip, b"mvhd", 16, ">I", unknown)
        path.write_bytes(silent)
        assert probe(path).duration == 1.0
        path.write_bytes(changed(silent, b"mdhd", 16, ">I", unknown))
        with pytest.raises(ValueError, match="no duration"):
            probe(path)


def test_no_more_is_read_than_a_sane_file_has(
    tmp_path: Path, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "many.mp4"
    monkeypatch.setattr(boxes, "MAX_BOXES", 1000)
    path.write_bytes(clip + struct.pack(">I4s", 8, b"free") * 1000)
    with pytest.raises(ValueError, match="too many boxes"):
        probe(path)
    path.write_bytes(clip)
    monkeypatch.setattr(boxes, "MAX_ROWS", 11)
    with pytest.raises(ValueError, match="too large"):
        probe(path)
    monkeypatch.setattr(boxes, "MAX_INDEX", 100)
    with pytest.raises(ValueError, match="too large"):
        probe(path)
