"""What a file carries beside its picture goes; the picture stays, byte for byte."""

from __future__ import annotations

import io
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from skill.media import boxes, container, metadata
from tests.skill import samples
from tests.skill.samples import SECRET

if TYPE_CHECKING:
    from pathlib import Path

    from skill.media.container import Contents


def read(data: bytes, mime: str) -> Contents:
    return metadata.read(io.BytesIO(data), len(data), mime)


def stripped(data: bytes, mime: str) -> bytes:
    target = io.BytesIO()
    contents = read(data, mime)
    metadata.copy(io.BytesIO(data), contents.pieces, target)
    assert len(target.getvalue()) == contents.length
    return target.getvalue()


def frames(data: bytes) -> list[tuple[str, tuple[int, int], bytes, int]]:
    with Image.open(io.BytesIO(data)) as image:
        return [
            (frame.mode, frame.size, frame.tobytes(), int(frame.info.get("duration", 0)))
            for frame in ImageSequence.Iterator(image)
        ]


@pytest.mark.parametrize("mime", samples.PICTURES)
def test_nothing_private_is_left_and_no_pixel_is_touched(mime: str) -> None:
    data = samples.PICTURES[mime]()
    contents = read(data, mime)
    assert contents.private
    assert contents.located
    assert (contents.width, contents.height) == (48, 32)
    clean = stripped(data, mime)
    assert SECRET not in clean
    assert b"xmp" not in clean.lower()
    assert b"exif" not in clean.lower()
    first, *others = frames(data)
    assert frames(clean) == ([first] if mime == "image/jpeg" else [first, *others])


@pytest.mark.parametrize("mime", samples.PICTURES)
def test_what_is_clean_is_left_as_it_is(mime: str) -> None:
    clean = stripped(samples.PICTURES[mime](), mime)
    contents = read(clean, mime)
    assert not contents.private
    assert not contents.located
    assert contents.pieces == (range(len(clean)),)


def test_what_shows_the_picture_stays() -> None:
    for mime, make in samples.PICTURES.items():
        if mime != "image/gif":
            with Image.open(io.BytesIO(stripped(make(), mime))) as image:
                assert image.info["icc_profile"] == samples.SRGB, mime
    with Image.open(io.BytesIO(stripped(samples.gif(), "image/gif"))) as image:
        assert image.info["loop"] == 0
        assert getattr(image, "n_frames") == 3  # noqa: B009


def test_a_comment_between_the_scans_of_a_jpeg_goes_too() -> None:
    data = samples.jpeg(progressive=True)
    tables = data.index(b"\xff\xc4", data.index(b"\xff\xda"))
    comment = b"\xff\xfe" + struct.pack(">H", 2 + len(SECRET)) + SECRET
    clean = stripped(data[:tables] + comment + data[tables:], "image/jpeg")
    assert SECRET not in clean
    assert frames(clean) == frames(data)


def test_restart_markers_are_pixels() -> None:
    data = samples.jpeg(restart_marker_blocks=1)
    assert b"\xff\xd1" in data
    assert frames(stripped(data, "image/jpeg")) == frames(data)


def test_a_jpeg_within_a_clean_one_is_found_where_nothing_announces_it() -> None:
    clean = samples.saved(samples.scene(), "JPEG")
    assert not read(clean, "image/jpeg").private
    behind = clean + samples.saved(samples.scene(), "JPEG", exif=b"Exif\0\0" + samples.exif())
    assert stripped(behind, "image/jpeg") == clean


def test_of_two_pictures_in_one_jpeg_the_first_is_left() -> None:
    second = samples.scene().rotate(180)
    mpo = samples.saved(samples.scene(), "MPO", save_all=True, append_images=[second])
    clean = stripped(mpo, "image/jpeg")
    assert clean.count(b"\xff\xd8\xff") == 1
    assert b"MPF" not in clean
    assert frames(clean) == frames(mpo)[:1]


def test_cmyk_and_16_bit_are_told() -> None:
    cmyk = samples.saved(samples.scene("CMYK"), "JPEG")
    deep = samples.saved(Image.new("I;16", (4, 3), 40000), "PNG")
    assert (read(cmyk, "image/jpeg").unusual, read(deep, "image/png").unusual) == ("CMYK", "16-bit")


def test_what_moves_is_told() -> None:
    still, turned = samples.scene(), samples.scene().rotate(180)
    for form, mime in (("PNG", "image/apng"), ("WEBP", "image/webp"), ("GIF", "image/gif")):
        moving = samples.saved(still, form, save_all=True, append_images=[turned])
        assert read(moving, mime).moving, form
        assert not read(samples.saved(still, form), mime).moving, form
    apng = samples.saved(still, "PNG", save_all=True, append_images=[turned], exif=samples.exif())
    assert frames(stripped(apng, "image/apng")) == frames(apng)


def test_lossy_webp_is_told_and_measured() -> None:
    plain = samples.saved(samples.scene(), "WEBP", quality=80)
    exact = samples.saved(samples.scene(), "WEBP", lossless=True)
    assert not read(plain, "image/webp").lossless
    assert read(exact, "image/webp").lossless
    for data in (plain, exact, samples.saved(samples.scene("RGBA"), "WEBP")):
        assert (read(data, "image/webp").width, read(data, "image/webp").height) == (48, 32)


class TestClips:
    @pytest.mark.parametrize(
        "extra",
        [
            (samples.box(b"udta", samples.PLACE),),
            (samples.KEYS,),
            (samples.box(b"udta", samples.box(b"loci", bytes(6), SECRET)),),
            (samples.box(b"trak", samples.box(b"udta", samples.PLACE)),),
            (samples.box(b"trak", samples.box(b"mdia", samples.box(b"udta", samples.PLACE))),),
            (samples.box(b"trak", samples.box(b"meta", samples.box(b"xml ", samples.XMP))),),
            (
                samples.box(
                    b"udta", samples.box(b"meta", bytes(4), samples.box(b"ilst", samples.PLACE))
                ),
            ),
            (samples.UUID,),
            (struct.pack(">I4sQ", 1, b"udta", 16 + len(samples.PLACE)) + samples.PLACE,),
        ],
        ids=["place", "apple", "3gpp", "track", "media", "xml", "itunes", "xmp", "64-bit"],
    )
    def test_a_place_is_blanked_and_nothing_moves(
        self, clip: bytes, extra: tuple[bytes, ...]
    ) -> None:
        data = samples.mov(clip, *extra)
        contents = read(data, "video/mp4")
        assert contents.private
        assert contents.located
        clean = stripped(data, "video/mp4")
        assert SECRET not in clean
        assert b"+52.52" not in clean
        assert len(clean) == len(data)
        assert clean.count(b"free") == data.count(b"free") + 1
        assert clean[: clean.index(b"moov")] == data[: data.index(b"moov")]
        assert not read(clean, "video/mp4").private

    def test_boxes_in_boxes_without_end_are_no_reason_to_fail(self, clip: bytes) -> None:
        nest = b""
        for _ in range(1500):
            nest = samples.box(b"moov", nest)
        assert read(clip + nest, "video/mp4").pieces

    def test_it_plays_as_before(self, clip: bytes, tmp_path: Path) -> None:
        from skill.media.mp4 import probe

        path = tmp_path / "clip.mp4"
        path.write_bytes(stripped(samples.mov(clip, samples.KEYS, samples.UUID), "video/mp4"))
        shown = probe(path)
        assert (shown.width, shown.height, shown.duration) == (64, 36, 1.0)

    def test_the_name_of_a_song_is_nothing_private(self, clip: bytes) -> None:
        song = samples.box(b"udta", samples.box(b"\xa9nam", b"velocity"))
        for data in (clip, samples.mov(clip, song)):
            assert read(data, "audio/mp4").pieces == (range(len(data)),)

    def test_other_clips_and_sounds_stay_whole(self) -> None:
        assert read(SECRET, "video/webm").pieces == (range(len(SECRET)),)


def test_the_tiles_of_a_heic_are_no_pictures() -> None:
    """A grid of two tiles that nobody hid, and a picture beside it."""
    items = [
        samples.box(b"infe", b"\2\0\0\0", struct.pack(">HH4s", number, 0, kind), b"\0")
        for number, kind in ((1, b"grid"), (2, b"hvc1"), (3, b"hvc1"), (4, b"hvc1"))
    ]
    sizes = [samples.box(b"ispe", struct.pack(">III", 0, edge, edge)) for edge in (512, 1024)]
    data = samples.box(b"ftyp", b"heic\0\0\0\0mif1heic") + samples.box(
        b"meta",
        bytes(4),
        samples.box(b"pitm", bytes(4), struct.pack(">H", 1)),
        samples.box(b"iinf", bytes(4), struct.pack(">H", 4), *items),
        samples.box(b"iref", bytes(4), samples.box(b"dimg", struct.pack(">4H", 1, 2, 2, 3))),
        samples.box(
            b"iprp",
            samples.box(b"ipco", *sizes),
            samples.box(b"ipma", bytes(4), struct.pack(">IHBBHBB", 2, 2, 1, 0x81, 1, 1, 0x82)),
        ),
    )
    contents = read(data, "image/heic")
    assert (contents.width, contents.height, contents.pages) == (1024, 1024, 2)
    assert not contents.private
    for end in range(12, len(data)):
        sound(data[:end], "image/heic")


def sound(data: bytes, mime: str) -> None:
    """Walked to an end, or refused."""
    with suppress(ValueError):
        assert len(stripped(data, mime)) <= len(data)


@pytest.mark.parametrize("mime", samples.PICTURES)
def test_a_picture_cut_anywhere_is_refused_or_stripped(mime: str) -> None:
    data = samples.PICTURES[mime]()
    for end in range(12, len(data)):
        sound(data[:end], mime)


def test_a_clip_cut_anywhere_stays_as_long_as_it_is(clip: bytes) -> None:
    data = samples.mov(clip, samples.box(b"udta", samples.PLACE), samples.KEYS)
    for end in range(len(data) - 900, len(data)):
        assert len(stripped(data[:end], "video/mp4")) == end


@given(st.data())
def test_junk_is_refused_or_stripped(data: st.DataObject) -> None:
    mime = data.draw(st.sampled_from([*samples.PICTURES, "video/mp4"]))
    whole = samples.PICTURES.get(mime, lambda: samples.box(b"moov", samples.KEYS))()
    at = data.draw(st.integers(12, len(whole)))
    junk = data.draw(st.binary(max_size=60))
    sound(whole[:at] + junk + whole[at + len(junk) :], mime)
    sound(whole[:12] + junk, mime)


def test_a_file_of_nothing_but_parts_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "MAX_READS", 1000)
    with pytest.raises(ValueError, match="too many parts"):
        read(b"\xff\xd8" + b"\xff\x01" * 2000, "image/jpeg")


def test_a_clip_of_nothing_but_boxes_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    clip = samples.box(b"moov", samples.box(b"udta", samples.PLACE)) + samples.box(b"free") * 2000
    assert read(clip, "video/mp4").private
    monkeypatch.setattr(boxes, "MAX_BOXES", 1000)
    assert read(clip, "video/mp4").pieces == (range(len(clip)),)


def test_a_large_clip_is_copied_piece_by_piece() -> None:
    class Endless(io.RawIOBase):
        largest = 0

        def seek(self, offset: int, whence: int = 0) -> int:
            return offset

        def read(self, size: int = -1) -> bytes:
            self.largest = max(self.largest, size)
            return bytes(size)

    source, target = Endless(), io.BytesIO()
    metadata.copy(source, (range(5_000_000), b"free"), target)  # type: ignore[arg-type]
    assert len(target.getvalue()) == 5_000_004
    assert source.largest <= 1024 * 1024


def test_a_file_that_has_become_shorter_is_told() -> None:
    with pytest.raises(ValueError, match="cut off"):
        metadata.copy(io.BytesIO(b"short"), (range(50),), io.BytesIO())
