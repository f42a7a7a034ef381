"""A picture is made ready to be sent: converted, turned, shrunk, and nothing private on it."""

from __future__ import annotations

import io
import json
import logging
import os
import random
import stat
import struct
import subprocess
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps, TiffImagePlugin

from skill import interpreter
from skill.errors import FileRefusedError, SkillError, UsageError
from skill.media import draw, picture_file, pixels
from skill.media.formats import ACCEPTED
from skill.media.inspect import Change, inspect, prepare, shrunk
from skill.settings.listings import LISTINGS, MIB
from tests.skill import samples
from tests.skill.samples import SECRET
from tests.waiting import HANGS

if TYPE_CHECKING:
    from pathlib import Path

FREE = LISTINGS["image-to-video-in-free"]
_, CONVERT, TURN, SHRINK, STRIP = Change


def tight(max_bytes: int) -> Any:
    return replace(FREE, max_bytes=max_bytes)


def edged(longest_edge: int) -> Any:
    return replace(FREE, longest_edge=longest_edge)


@pytest.fixture(autouse=True)
def here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn in this process, but where the other one is what is tested."""
    if request.cls is not TestTheOtherProcess:
        monkeypatch.setattr(draw, "draw", pixels.draw)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "ready"


def on_disk(tmp_path: Path, name: str, data: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def shown(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image


def near(a: Image.Image, b: Image.Image, *, by: float = 6) -> bool:
    """Whether two pictures look the same: no channel is off by more, on the whole."""
    if a.size != b.size:
        return False
    pairs = list(zip(a.convert("RGB").tobytes(), b.convert("RGB").tobytes(), strict=True))
    return sum(abs(x - y) for x, y in pairs) / len(pairs) <= by


def heic(image: Image.Image, **settings: Any) -> bytes:
    import pillow_heif

    file = io.BytesIO()
    pillow_heif.from_pillow(image).save(file, quality=95, chroma=444, **settings)
    return file.getvalue()


def noise(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    """What no format can make small."""
    channels = len(mode)
    return Image.frombytes(mode, size, random.Random(1).randbytes(size[0] * size[1] * channels))


class TestConverting:
    @pytest.mark.parametrize(
        ("name", "make", "label", "becomes"),
        [
            ("a.heic", lambda: heic(samples.scene()), "HEIC", "a.jpg"),
            ("a.heic", lambda: heic(samples.scene("RGBA")), "HEIC", "a.jpg"),
            ("a.avif", lambda: samples.saved(samples.scene(), "AVIF", quality=95), "AVIF", "a.jpg"),
            ("a.jp2", lambda: samples.saved(samples.scene(), "JPEG2000"), "JPEG 2000", "a.jpg"),
            (
                "a.j2k",
                lambda: samples.saved(samples.scene(), "JPEG2000", no_jp2=True),
                "JPEG 2000",
                "a.jpg",
            ),
            ("a.bmp", lambda: samples.saved(samples.scene(), "BMP"), "BMP", "a.png"),
            ("a.tif", lambda: samples.saved(samples.scene(), "TIFF"), "TIFF", "a.png"),
            (
                "a.tif",
                lambda: samples.saved(samples.scene(), "TIFF", big_tiff=True),
                "TIFF",
                "a.png",
            ),
            ("a.ico", lambda: samples.saved(samples.scene(), "ICO"), "ICO", "a.png"),
            ("a.jpg", lambda: samples.saved(samples.scene("CMYK"), "JPEG"), "CMYK JPG", "a.jpg"),
        ],
    )
    def test_what_is_not_taken_becomes_what_is(
        self, tmp_path: Path, out: Path, name: str, make: Any, label: str, becomes: str
    ) -> None:
        file = inspect(on_disk(tmp_path, name, make()), FREE)
        assert (file.format, file.changes, file.kind) == (label, (CONVERT,), "image")
        ready = prepare(file, out)
        assert (ready.name, ready.done, ready.changes) == (becomes, (CONVERT,), ())
        assert ready.origin == file
        assert (ready.mime in ACCEPTED, ready.size) == (True, ready.path.stat().st_size)
        assert near(shown(ready.path).resize((48, 32)), samples.scene())
        assert inspect(ready.path, FREE).changes == ()

    def test_of_a_heic_previews_masks_and_depth_are_no_pictures(
        self, tmp_path: Path, out: Path
    ) -> None:
        import pillow_heif

        several = pillow_heif.from_pillow(samples.scene(size=(480, 320)))
        several.add_from_pillow(samples.scene(size=(480, 320)).rotate(180))
        body = io.BytesIO()
        several.save(body, quality=95, chroma=444, primary_index=1)
        file = inspect(on_disk(tmp_path, "two.heic", body.getvalue()), FREE)
        assert file.pages == 2
        assert near(shown(prepare(file, out).path), samples.scene(size=(480, 320)).rotate(180))
        alpha = heic(samples.scene("RGBA", size=(480, 320)), thumbnails=[64])
        assert inspect(on_disk(tmp_path, "one.heic", alpha), FREE).pages == 1

    def test_a_heic_of_ten_bits(self, tmp_path: Path, out: Path) -> None:
        import pillow_heif

        body = io.BytesIO()
        pillow_heif.encode("RGB;16", (64, 64), b"\x40\x9c" * (64 * 64 * 3), body)
        assert body.getvalue()[8:12] == b"heix"
        ready = prepare(inspect(on_disk(tmp_path, "deep.heic", body.getvalue()), FREE), out)
        assert near(shown(ready.path), Image.new("RGB", (64, 64), (0x9C,) * 3), by=1)

    def test_a_photoshop_file_is_read_whole_and_not_as_layers(
        self, tmp_path: Path, out: Path
    ) -> None:
        head = b"8BPS\0\1" + bytes(6) + b"\0\3" + b"\0\0\0\2\0\0\0\2" + b"\0\x08\0\3"
        path = on_disk(tmp_path, "a.psd", head + bytes(12) + b"\0\0" + b"\xff" * 4 + bytes(8))
        file = inspect(path, FREE)
        assert (file.format, file.pages) == ("PSD", 1)
        assert shown(prepare(file, out).path).getpixel((0, 0)) == (255, 0, 0)

    def test_alpha_is_kept(self, tmp_path: Path, out: Path) -> None:
        image = samples.scene("RGBA")
        image.putalpha(Image.linear_gradient("L").resize(image.size))
        for number, data in enumerate(
            (
                heic(image),
                samples.saved(image, "AVIF"),
                samples.saved(image, "TIFF"),
                samples.saved(image.convert("LA"), "TIFF"),
            )
        ):
            ready = prepare(inspect(on_disk(tmp_path, f"{number}.x", data), FREE), out)
            assert ready.name == f"{number}.png"
            assert near(shown(ready.path).getchannel("A"), image.getchannel("A"), by=2)

    @pytest.mark.parametrize(
        ("form", "mode"), [("TIFF", "I;16"), ("PNG", "I;16"), ("TIFF", "I;16B")]
    )
    def test_sixteen_bits_of_grey_are_scaled(
        self, tmp_path: Path, out: Path, form: str, mode: str
    ) -> None:
        image = Image.new("I;16", (256, 1))
        for x in range(256):
            image.putpixel((x, 0), x * 257)
        if mode == "I;16B":
            body = b"".join((x * 257).to_bytes(2, "big") for x in range(256))
            image = Image.frombytes("I;16B", (256, 1), body)
        ready = prepare(inspect(on_disk(tmp_path, "x", samples.saved(image, form)), FREE), out)
        assert ready.done == (CONVERT,)
        assert shown(ready.path).mode == "L"
        assert shown(ready.path).tobytes() == bytes(range(256))

    def test_sixteen_bits_of_colour_are_scaled(self, tmp_path: Path, out: Path) -> None:
        rows = b"".join(
            b"\0" + b"".join((x * 256 + 0x23).to_bytes(2, "big") * 3 for x in range(256))
            for _ in range(2)
        )
        png = b"\x89PNG\r\n\x1a\n" + b"".join(
            (
                samples.chunk(b"IHDR", struct.pack(">IIBBBBB", 256, 2, 16, 2, 0, 0, 0)),
                samples.chunk(b"tRNS", struct.pack(">HHH", *[0x4123] * 3)),
                samples.chunk(b"IDAT", zlib.compress(rows)),
                samples.chunk(b"IEND", b""),
            )
        )
        file = inspect(on_disk(tmp_path, "deep.png", png), FREE)
        assert (file.format, file.changes) == ("16-bit PNG", (CONVERT,))
        image = shown(prepare(file, out).path)
        assert image.convert("RGB").tobytes()[: 256 * 3] == bytes(
            x for x in range(256) for _ in "rgb"
        )
        assert image.convert("RGBA").getpixel((0x41, 0)) == (0x41, 0x41, 0x41, 0)
        assert image.convert("RGBA").getpixel((0x23, 0)) == (0x23, 0x23, 0x23, 255)

    def test_so_is_the_grey_that_stands_for_nothing(self, tmp_path: Path, out: Path) -> None:
        data = samples.saved(Image.new("I;16", (4, 3), 0xAB00), "PNG", transparency=0xAB00)
        ready = prepare(inspect(on_disk(tmp_path, "deep.png", data), FREE), out)
        assert ready.name == "deep.png"
        assert shown(ready.path).convert("LA").getpixel((1, 1)) == (0xAA, 0)

    @pytest.mark.parametrize(
        ("mode", "values", "white"),
        [
            ("I", (0, 65535), 65535),
            ("I", (0, 255), 255),
            ("F", (0.0, 1.0), 1),
            ("F", (0, 9e9), 9e9),
        ],
    )
    def test_numbers_of_32_bits_are_scaled(
        self, tmp_path: Path, out: Path, mode: str, values: tuple[float, float], white: float
    ) -> None:
        image = Image.new(mode, (3, 1), values[0])
        image.putpixel((1, 0), values[1] / 2 if mode == "F" else int(values[1] / 2))
        image.putpixel((2, 0), values[1])
        path = on_disk(tmp_path, "x.tif", samples.saved(image, "TIFF"))
        black, grey, brightest = shown(prepare(inspect(path, FREE), out).path).tobytes()
        assert (black, brightest) == (0, 255)
        assert 126 <= grey <= 128

    def test_a_profile_is_applied_and_gone(self, tmp_path: Path, out: Path) -> None:
        """Red and green changed places in the profile, so that applying it shows."""
        swapped = swap_red_and_green(samples.SRGB)
        image = Image.new("RGB", (8, 8), (200, 30, 40))
        for form in ("TIFF", "AVIF"):
            data = samples.saved(image, form, icc_profile=swapped)
            ready = prepare(inspect(on_disk(tmp_path, "x", data), FREE), out)
            red, green, _ = shown(ready.path).getpixel((4, 4))  # type: ignore[misc]
            assert green > red
            assert "icc_profile" not in shown(ready.path).info

    def test_a_profile_that_is_none_is_passed_over(self, tmp_path: Path, out: Path) -> None:
        for number, profile in enumerate((b"junk", samples.SRGB[:200])):
            data = samples.saved(samples.scene("CMYK"), "TIFF", icc_profile=profile)
            ready = prepare(inspect(on_disk(tmp_path, f"{number}.tif", data), FREE), out)
            assert ready.name == f"{number}.jpg"
            assert near(shown(ready.path), samples.scene())

    def test_of_several_pictures_the_first_and_that_is_told(
        self, tmp_path: Path, out: Path
    ) -> None:
        first, second = samples.scene(), samples.scene().rotate(180)
        for form in ("TIFF", "AVIF"):
            data = samples.saved(first, form, save_all=True, append_images=[second])
            file = inspect(on_disk(tmp_path, "x", data), FREE)
            assert file.pages == 2
            assert near(shown(prepare(file, out).path), first)

    def test_a_camera_s_raw_file_is_not_its_thumbnail(self, tmp_path: Path) -> None:
        for number, tag in enumerate((0xFE, 0xC612)):
            tags = TiffImagePlugin.ImageFileDirectory_v2()
            tags[tag] = 1 if tag == 0xFE else b"\1\4\0\0"
            path = on_disk(
                tmp_path, f"{number}.dng", samples.saved(samples.scene(), "TIFF", tiffinfo=tags)
            )
            with pytest.raises(FileRefusedError, match="is a camera's raw file"):
                inspect(path, FREE)

    def test_a_lossless_picture_that_would_be_too_large_as_png_becomes_a_jpeg(
        self, tmp_path: Path, out: Path
    ) -> None:
        image = noise((300, 200))
        data = samples.saved(image, "TIFF", compression="tiff_lzw")
        file = inspect(on_disk(tmp_path, "x.tif", data), tight(len(data)))
        assert prepare(file, out).name == "x.png"
        file = inspect(file.path, tight(len(samples.saved(image, "PNG")) - 1))
        ready = prepare(file, out)
        assert (ready.name, shown(ready.path).size) == ("x.jpg", (300, 200))


def swap_red_and_green(profile: bytes) -> bytes:
    """An ICC profile in which the entries of the two colourants have changed names (ICC.1, 7.3)."""
    table = bytearray(profile)
    for at in range(132, 132 + 12 * int.from_bytes(profile[128:132], "big"), 12):
        name = bytes(table[at : at + 4])
        table[at : at + 4] = {b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"}.get(name, name)
    return bytes(table)


class TestTurning:
    @pytest.mark.parametrize("orientation", range(2, 9))
    @pytest.mark.parametrize(("form", "by"), [("JPEG", 3), ("PNG", 0), ("WEBP", 0)])
    def test_a_sideways_photo_comes_out_upright(
        self, tmp_path: Path, out: Path, orientation: int, form: str, by: int
    ) -> None:
        make = {"JPEG": samples.jpeg, "PNG": samples.png, "WEBP": samples.webp}[form]
        path = on_disk(tmp_path, "x", make(orientation))
        file = inspect(path, FREE)
        assert file.changes == (TURN, STRIP)
        ready = prepare(file, out)
        assert ready.done == (TURN, STRIP)
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image)
        assert near(shown(ready.path), upright, by=by)
        assert SECRET not in ready.path.read_bytes()
        assert shown(ready.path).getexif() == {}
        assert shown(ready.path).info["icc_profile"] == samples.SRGB

    def test_lossy_webp_stays_lossy(self, tmp_path: Path, out: Path) -> None:
        path = on_disk(tmp_path, "x.webp", samples.webp(6, lossless=False, quality=90))
        ready = prepare(inspect(path, FREE), out)
        assert b"VP8L" not in ready.path.read_bytes()
        assert ready.name == "x.webp"

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_a_heic_is_turned_once(self, tmp_path: Path, out: Path, orientation: int) -> None:
        """The encoder writes EXIF's orientation as HEIF's own rotation and keeps neither."""
        path = on_disk(
            tmp_path, "x.heic", heic(samples.scene(), exif=b"Exif\0\0" + samples.exif(orientation))
        )
        file = inspect(path, FREE)
        assert file.changes == (CONVERT, STRIP)
        assert file.located
        assert near(shown(prepare(file, out).path), expected(orientation))

    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("form", ["AVIF", "TIFF"])
    def test_so_are_the_others(
        self, tmp_path: Path, out: Path, orientation: int, form: str
    ) -> None:
        tags = Image.Exif()
        tags[0x0112] = orientation
        path = on_disk(tmp_path, "x", samples.saved(samples.scene(), form, exif=tags))
        ready = prepare(inspect(path, FREE), out)
        assert near(shown(ready.path), expected(orientation))

    def test_what_moves_is_not_turned(self, tmp_path: Path) -> None:
        moving = samples.webp(6, save_all=True, append_images=[samples.scene().rotate(180)])
        assert inspect(on_disk(tmp_path, "x.webp", moving), FREE).changes == (STRIP,)


def expected(orientation: int) -> Image.Image:
    image = samples.scene()
    tags = image.getexif()
    tags[0x0112] = orientation
    return ImageOps.exif_transpose(image)


class TestStripping:
    @pytest.mark.parametrize(
        ("name", "make"),
        [
            ("x.jpeg", samples.jpeg),
            ("x.png", samples.png),
            ("x.webp", samples.webp),
            ("x.gif", samples.gif),
        ],
    )
    def test_private_data_goes_and_pixels_stay(
        self, tmp_path: Path, out: Path, name: str, make: Any
    ) -> None:
        path = on_disk(tmp_path, name, make())
        file = inspect(path, FREE)
        assert (file.changes, file.located) == ((STRIP,), True)
        ready = prepare(file, out)
        assert (ready.name, ready.done, ready.located) == (name, (STRIP,), True)
        assert SECRET not in ready.path.read_bytes()
        assert shown(ready.path).tobytes() == shown(path).tobytes()

    def test_of_a_clip_too(self, tmp_path: Path, out: Path, clip: bytes) -> None:
        path = on_disk(tmp_path, "x.mp4", samples.mov(clip, samples.KEYS))
        ready = prepare(inspect(path, FREE), out)
        assert (ready.kind, ready.done, ready.size) == ("video", (STRIP,), path.stat().st_size)
        assert SECRET not in ready.path.read_bytes()

    def test_a_clean_file_is_sent_as_it_is(self, tmp_path: Path, out: Path) -> None:
        file = inspect(on_disk(tmp_path, "x.png", samples.saved(samples.scene(), "PNG")), FREE)
        assert file.changes == ()
        assert prepare(file, out) is file
        assert not out.exists()

    def test_a_place_is_told_only_where_there_is_one(self, tmp_path: Path) -> None:
        data = samples.saved(samples.scene(), "JPEG", exif=b"Exif\0\0" + samples.exif(place=False))
        file = inspect(on_disk(tmp_path, "x.jpg", data), FREE)
        assert (file.changes, file.located) == ((STRIP,), False)


class TestKeepingMetadata:
    @pytest.mark.parametrize("make", [samples.jpeg, samples.png, samples.webp, samples.gif])
    def test_nothing_is_stripped(self, tmp_path: Path, make: Any) -> None:
        file = inspect(on_disk(tmp_path, "x", make()), FREE, keep_metadata=True)
        assert (file.changes, file.located) == ((), False)

    @pytest.mark.parametrize(
        "make",
        [
            lambda: samples.jpeg(6),
            lambda: samples.png(6),
            lambda: samples.webp(6),
            lambda: heic(samples.scene(), exif=b"Exif\0\0" + samples.exif(6)),
            lambda: samples.saved(samples.scene(), "AVIF", exif=samples.exif(6)),
        ],
        ids=["jpeg", "png", "webp", "heic", "avif"],
    )
    def test_exif_is_carried_over_upright(self, tmp_path: Path, out: Path, make: Any) -> None:
        file = inspect(on_disk(tmp_path, "x", make()), FREE, keep_metadata=True)
        assert STRIP not in file.changes
        image = shown(prepare(file, out).path)
        tags = image.getexif()
        assert image.size == (32, 48)
        assert tags[0x010F] == SECRET.decode()
        assert tags.get(0x0112, 1) == 1
        assert tags.get_ifd(0x8825)[2] == (52.0, 31.0, 12.0)

    def test_exif_that_a_jpeg_cannot_hold_is_left_out(self, tmp_path: Path, out: Path) -> None:
        tags = Image.Exif()
        tags[0x010E] = "x" * 70_000
        path = on_disk(tmp_path, "x.heic", heic(samples.scene(), exif=tags.tobytes()))
        ready = prepare(inspect(path, FREE, keep_metadata=True), out)
        assert shown(ready.path).getexif() == {}

    def test_of_a_tiff_what_tells_of_the_picture(self, tmp_path: Path, out: Path) -> None:
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[0x010F] = SECRET.decode()
        tags[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0)}
        path = on_disk(tmp_path, "x.tif", samples.saved(samples.scene(), "TIFF", tiffinfo=tags))
        file = inspect(path, FREE)
        assert (file.changes, file.located) == ((CONVERT, STRIP), True)
        assert SECRET not in prepare(file, out).path.read_bytes()
        kept = shown(prepare(inspect(path, FREE, keep_metadata=True), out).path).getexif()
        assert kept[0x010F] == SECRET.decode()
        assert kept.get_ifd(0x8825)[2] == (52.0, 31.0, 12.0)
        assert 0x0111 not in kept


class TestShrinking:
    @pytest.mark.parametrize(
        ("form", "mode", "becomes"),
        [
            ("JPEG", "RGB", "jpg"),
            ("JPEG", "CMYK", "jpg"),
            ("PNG", "RGB", "jpg"),
            ("PNG", "RGBA", "png"),
            ("PNG", "LA", "png"),
            ("WEBP", "RGBA", "webp"),
            ("TIFF", "RGBA", "png"),
            ("GIF", "P", "jpg"),
            ("BMP", "RGB", "jpg"),
        ],
    )
    def test_until_it_fits(
        self, tmp_path: Path, out: Path, form: str, mode: str, becomes: str
    ) -> None:
        image = noise((240, 160), mode if mode != "P" else "L").convert(mode)
        exact: dict[str, dict[str, Any]] = {"JPEG": {"quality": 100}, "WEBP": {"lossless": True}}
        path = on_disk(tmp_path, "x", samples.saved(image, form, **exact.get(form, {})))
        limit = path.stat().st_size // 5
        file = inspect(path, tight(limit))
        assert SHRINK in file.changes
        ready = prepare(file, out)
        assert SHRINK in ready.done
        assert ready.size <= limit
        assert ready.name == f"x.{becomes}"
        width, height = shown(ready.path).size
        assert width / height == pytest.approx(1.5, rel=0.05)

    @pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
    def test_to_an_edge(self, tmp_path: Path, out: Path, form: str) -> None:
        path = on_disk(tmp_path, "x", samples.saved(samples.scene(size=(1200, 800)), form))
        assert inspect(path, edged(1200)).changes in ((), (CONVERT,))
        file = inspect(path, edged(300))
        assert SHRINK in file.changes
        ready = prepare(file, out)
        assert near(shown(ready.path), samples.scene(size=(300, 200)), by=3)

    def test_what_a_format_cannot_hold_is_shrunk_to_what_it_can(
        self, tmp_path: Path, out: Path
    ) -> None:
        wide = noise((66_000, 4))
        path = on_disk(tmp_path, "wide.tif", samples.saved(wide, "TIFF", compression="tiff_lzw"))
        limit = len(samples.saved(wide, "PNG")) - 1
        ready = prepare(inspect(path, tight(limit)), out)
        assert ready.name == "wide.jpg"
        assert 50_000 < shown(ready.path).width <= 65_500
        assert SHRINK in ready.done

    def test_a_file_is_stripped_before_it_is_found_too_large(self, tmp_path: Path) -> None:
        path = on_disk(tmp_path, "x.png", samples.saved(samples.scene(), "PNG") + bytes(9000))
        assert inspect(path, tight(5000)).changes == (STRIP,)
        assert inspect(path, tight(5000), keep_metadata=True).changes == (SHRINK,)

    @pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
    def test_what_moves_cannot_be_shrunk(self, tmp_path: Path, form: str) -> None:
        moving = {"save_all": True, "append_images": [noise((48, 32))], "lossless": True}
        path = on_disk(tmp_path, "x", samples.saved(samples.scene(), form, **moving))
        with pytest.raises(FileRefusedError) as caught:
            inspect(path, tight(900))
        assert "stop its motion" in caught.value.hint
        assert SHRINK not in inspect(path, edged(20)).changes

    def test_nobody_is_made_to_shrink(self, tmp_path: Path, out: Path) -> None:
        path = on_disk(tmp_path, "x.png", samples.saved(noise((900, 900)), "PNG"))
        with pytest.raises(FileRefusedError, match=r"x.png is 2.4 MB; the limit is 1 MB") as caught:
            inspect(path, tight(MIB), shrink=False)
        assert "--shrink" in caught.value.hint
        assert inspect(path, edged(300), shrink=False).changes == ()
        heavy = on_disk(tmp_path, "x.avif", samples.saved(noise((300, 300)), "AVIF", quality=30))
        file = inspect(heavy, tight(heavy.stat().st_size), shrink=False)
        with pytest.raises(FileRefusedError, match="is over the limit once it is made ready"):
            prepare(file, out)
        assert list(out.iterdir()) == []

    def test_a_picture_that_cannot_be_made_to_fit(self, tmp_path: Path, out: Path) -> None:
        path = on_disk(tmp_path, "x.png", samples.saved(noise((300, 200)), "PNG"))
        with pytest.raises(FileRefusedError, match="is over the limit"):
            prepare(inspect(path, tight(100)), out)

    def test_once_more_when_the_backend_says_so(self, tmp_path: Path, out: Path) -> None:
        path = on_disk(tmp_path, "x.heic", heic(noise((300, 200))))
        file = inspect(path, FREE)
        ready = prepare(file, out)
        for source in (file, ready):
            again = shrunk(source, out, ready.size // 3)
            assert again.size <= ready.size // 3
            assert (again.name, again.done) == ("x.jpg", (CONVERT, SHRINK))
            assert again.origin is not None
            assert again.origin.path == path
        with pytest.raises(FileRefusedError, match="the limit is"):
            shrunk(inspect(on_disk(tmp_path, "x.gif", samples.gif()), FREE), out, 200)


class TestTheFileThatIsMade:
    @pytest.mark.parametrize(
        ("name", "make"),
        [
            ("a.jpg", samples.jpeg),
            ("a.jpg", lambda: samples.jpeg(6)),
            ("a.webp", lambda: samples.webp(6)),
            ("a.heic", lambda: heic(samples.scene())),
            ("a.tif", lambda: samples.saved(noise((90, 60)), "TIFF")),
            ("a.bmp", lambda: samples.saved(noise((90, 60)), "TIFF", icc_profile=samples.SRGB)),
        ],
    )
    def test_the_same_file_comes_out_the_same(
        self, tmp_path: Path, out: Path, name: str, make: Any
    ) -> None:
        file = inspect(on_disk(tmp_path, name, make()), FREE)
        first, second = prepare(file, out), prepare(file, tmp_path / "elsewhere")
        assert first.path.name == second.path.name
        assert first.path.read_bytes() == second.path.read_bytes()
        assert prepare(file, out) == first

    @pytest.mark.parametrize("make", [samples.jpeg, lambda: samples.jpeg(6)])
    def test_it_is_its_owner_s_alone_and_alone(self, tmp_path: Path, out: Path, make: Any) -> None:
        ready = prepare(inspect(on_disk(tmp_path, "a.jpg", make()), FREE), out)
        assert stat.S_IMODE(ready.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(out.stat().st_mode) == 0o700
        assert list(out.iterdir()) == [ready.path]

    @pytest.mark.parametrize(
        ("name", "make"),
        [
            ("a.jpg", lambda: samples.jpeg(6)[:900]),
            ("a.png", lambda: samples.png(6).replace(b"IDAT", b"IDAT\xff")),
            ("a.tif", lambda: samples.saved(samples.scene(), "TIFF")[:-2000]),
            ("a.avif", lambda: samples.saved(noise((64, 64)), "AVIF")[:-500]),
        ],
    )
    def test_what_is_found_broken_is_one_line_and_leaves_nothing(
        self, tmp_path: Path, out: Path, name: str, make: Any
    ) -> None:
        path = on_disk(tmp_path, name, make())
        with pytest.raises(FileRefusedError, match=f"{name} cannot be read: ") as caught:
            prepare(inspect(path, FREE), out)
        assert "\n" not in caught.value.message
        assert not out.exists() or list(out.iterdir()) == []

    def test_a_source_that_goes_meanwhile(self, tmp_path: Path, out: Path) -> None:
        file = inspect(on_disk(tmp_path, "a.jpg", samples.jpeg()), FREE)
        file.path.unlink()
        with pytest.raises(UsageError, match=r"a\.jpg is not there"):
            prepare(file, out)

    def test_a_disk_that_fails(
        self, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*arguments: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("skill.media.metadata.copy", full)
        file = inspect(on_disk(tmp_path, "a.jpg", samples.jpeg()), FREE)
        with pytest.raises(
            UsageError, match="cannot be made ready: No space left on device"
        ) as caught:
            prepare(file, out)
        assert str(out) in caught.value.hint
        assert list(out.iterdir()) == []

    def test_a_program_s_own_bound_on_pixels_stays(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 12345)
        inspect(on_disk(tmp_path, "a.bmp", samples.saved(samples.scene(), "BMP")), FREE)
        assert Image.MAX_IMAGE_PIXELS == 12345


class TestTheOtherProcess:
    """Where the pixels are drawn: a decoder that dies takes nothing else with it."""

    @settings(max_examples=12)
    @given(at=st.integers(40, 1000), junk=st.binary(min_size=1, max_size=30))
    def test_a_damaged_heic_is_made_ready_or_refused(
        self, tmp_path_factory: pytest.TempPathFactory, at: int, junk: bytes
    ) -> None:
        folder = tmp_path_factory.getbasetemp()
        data = heic(samples.scene(), exif=b"Exif\0\0" + samples.exif(6))
        path = on_disk(folder, "damaged.heic", data[:at] + junk + data[at + len(junk) :])
        with suppress(SkillError):
            assert prepare(inspect(path, FREE), folder / "damaged").size

    def test_it_draws_the_same(
        self, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data = heic(samples.scene(), exif=b"Exif\0\0" + samples.exif(6))
        file = inspect(on_disk(tmp_path, "名 🎬.heic", data), FREE, keep_metadata=True)
        there = prepare(file, out)
        monkeypatch.setattr(draw, "draw", pixels.draw)
        assert prepare(file, out) == there

    def test_a_decoder_that_dies_is_one_line(
        self, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = inspect(on_disk(tmp_path, "a.jpg", samples.jpeg(6)), FREE)
        monkeypatch.setattr(draw, "_PROGRAM", "import os; os.abort()")
        with pytest.raises(FileRefusedError, match=r"a\.jpg cannot be read: it is damaged"):
            prepare(file, out)
        assert list(out.iterdir()) == []

    @pytest.mark.parametrize(
        ("program", "said"),
        [
            (
                "import os; os.kill(os.getpid(), 9)",
                "its process died, as it does where memory runs out",
            ),
            ("import sys; sys.exit(1)", "its process died, as it does where memory runs out"),
            (
                (
                    "from skill.media import draw; "
                    "draw.pixels.draw = lambda *_: bytearray(1 << 62); draw.answer()"
                ),
                "there is not enough memory for it",
            ),
        ],
        ids=["killed", "could not begin", "told so"],
    )
    def test_where_memory_runs_out_the_file_is_not_to_blame(
        self,
        tmp_path: Path,
        out: Path,
        monkeypatch: pytest.MonkeyPatch,
        program: str,
        said: str,
    ) -> None:
        file = inspect(on_disk(tmp_path, "a.jpg", samples.jpeg(6)), FREE)
        monkeypatch.setattr(draw, "_PROGRAM", program)
        with pytest.raises(UsageError, match=rf"a\.jpg cannot be made ready: {said}\.") as caught:
            prepare(file, out)
        assert caught.value.hint.startswith("The file may be whole.")
        assert list(out.iterdir()) == []

    def test_it_takes_no_library_from_the_current_folder(
        self, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = inspect(on_disk(tmp_path, "a.bmp", samples.saved(samples.scene(), "BMP")), FREE)
        for name in ("json", "struct", "PIL", "pi_heif", "subprocess"):
            (tmp_path / f"{name}.py").write_text("import os; os._exit(7)")
        monkeypatch.chdir(tmp_path)
        assert prepare(file, out).size

    def test_it_does_not_know_the_token(
        self, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_abcdefgh")
        told = "{'kind': 'ValueError', 'reason': str('NEMO_TOKEN' in os.environ)}"
        program = f"import os, json; print(json.dumps({told}), flush=True)"
        monkeypatch.setattr(draw, "_PROGRAM", program)
        file = inspect(on_disk(tmp_path, "a.jpg", samples.jpeg(6)), FREE)
        with pytest.raises(FileRefusedError, match="cannot be read: False"):
            prepare(file, out)

    def test_it_stops_when_it_is_told_to(
        self, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = inspect(on_disk(tmp_path, "a.jpg", samples.jpeg(6)), FREE)
        monkeypatch.setattr(draw, "_PROGRAM", "import threading; threading.Event().wait()")
        ours, others = draw.Drawing(), draw.Drawing()
        with ThreadPoolExecutor() as pool:
            made = pool.submit(ours.run, lambda: prepare(file, out))
            while ours._child is None:
                assert not made.done()
            others.stop()
            ours.stop()
            assert isinstance(made.exception(timeout=HANGS), draw.StoppedDrawingError)
        assert list(out.iterdir()) == []

    def test_what_was_stopped_before_it_began_does_not_begin(
        self, tmp_path: Path, out: Path
    ) -> None:
        file = inspect(on_disk(tmp_path, "a.jpg", samples.jpeg(6)), FREE)
        drawing = draw.Drawing()
        drawing.stop()
        with pytest.raises(draw.StoppedDrawingError):
            drawing.run(lambda: prepare(file, out))
        assert not out.exists() or list(out.iterdir()) == []

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
    def test_it_ends_with_whoever_asked(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "never")
        order = {
            "source": str(tmp_path / "never"),
            "target": "",
            "task": {**vars(pixels.Task("BMP", 1)), "exif": ""},
        }
        child = subprocess.Popen(interpreter.command(draw._PROGRAM), stdin=subprocess.PIPE)
        assert child.stdin is not None
        child.stdin.write(json.dumps(order).encode() + b"\n")
        child.stdin.close()
        assert child.wait(HANGS) == 1

    def test_one_that_does_not_come_to_an_end_is_one_too(
        self, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = inspect(on_disk(tmp_path, "a.jpg", samples.jpeg(6)), FREE)
        monkeypatch.setattr(draw, "_PROGRAM", "import threading; threading.Event().wait()")
        monkeypatch.setattr(draw, "_PATIENCE", 0.2)
        with pytest.raises(FileRefusedError, match="it takes too long"):
            prepare(file, out)

    @pytest.mark.parametrize(
        ("make", "said"),
        [
            (lambda: samples.png(6).replace(b"IDAT", b"IDAT\xff"), "it is damaged"),
            (lambda: heic(noise((64, 64)))[:-2000], "it is cut off"),
            (lambda: samples.saved(noise((64, 64)), "BMP")[:-2000], "it is cut off"),
            (lambda: samples.saved(noise((64, 64)), "AVIF")[:-200], "it is damaged"),
        ],
    )
    def test_what_is_broken(self, tmp_path: Path, out: Path, make: Any, said: str) -> None:
        with pytest.raises(FileRefusedError, match=f"cannot be read: {said}"):
            prepare(inspect(on_disk(tmp_path, "a", make()), FREE), out)

    def test_what_does_not_fit(self, tmp_path: Path, out: Path) -> None:
        path = on_disk(tmp_path, "x.png", samples.saved(noise((300, 200)), "PNG"))
        with pytest.raises(FileRefusedError, match="is over the limit"):
            prepare(inspect(path, tight(100)), out)

    def test_a_disk_that_fails(
        self, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            draw, "_PROGRAM", 'print(\'{"errno": 28, "reason": "No space left on device"}\')'
        )
        file = inspect(on_disk(tmp_path, "a.jpg", samples.jpeg(6)), FREE)
        with pytest.raises(UsageError, match="cannot be made ready: No space left on device"):
            prepare(file, out)

    @pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
    def test_a_disk_that_is_full(
        self, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Half a JPEG is none."""
        limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500)); "
        monkeypatch.setattr(draw, "_PROGRAM", limit + draw._PROGRAM)
        file = inspect(on_disk(tmp_path, "a.jpg", samples.jpeg(6)), FREE)
        with pytest.raises(UsageError, match="cannot be made ready: File too large"):
            prepare(file, out)
        assert list(out.iterdir()) == []


def test_where_there_is_no_decoder_a_heic_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = on_disk(tmp_path, "a.heic", heic(samples.scene()))
    monkeypatch.setattr(picture_file, "find_spec", lambda name: None)
    with pytest.raises(FileRefusedError, match="nothing that reads its format is installed"):
        inspect(path, FREE)


def test_a_bomb_is_one_line(tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers that claim to hold more than is in the file, or is meant to be decoded."""
    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    body = samples.chunk(b"IHDR", head) + samples.chunk(b"IDAT", b"") + samples.chunk(b"IEND", b"")
    bombs = {"a.png": b"\x89PNG\r\n\x1a\n" + body}
    for name, form, edge in (("a.bmp", "BMP", 50_000), ("b.bmp", "BMP", 17_000)):
        bmp = samples.saved(samples.scene(), form)
        bombs[name] = bmp[:18] + struct.pack("<ii", edge, edge) + bmp[26:]
    frame = bombs["a.png"]
    entry = struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, len(frame), 22)
    bombs["a.ico"] = struct.pack("<HHH", 0, 1, 1) + entry + frame
    for name, data in bombs.items():
        with pytest.raises(FileRefusedError, match="has more than 250 megapixels"):
            inspect(on_disk(tmp_path, name, data), FREE)
    monkeypatch.setattr(picture_file, "MAX_PIXELS", 48 * 32 - 1)
    heavy = on_disk(tmp_path, "a.heic", heic(samples.scene()))
    with pytest.raises(FileRefusedError, match="megapixels"):
        inspect(heavy, FREE)


def test_a_picture_over_the_bound_of_pillow_and_under_ours_is_read(
    tmp_path: Path, out: Path
) -> None:
    path = on_disk(tmp_path, "wide.tif", samples.saved(Image.new("1", (90_000, 1000)), "TIFF"))
    ready = prepare(inspect(path, FREE), out)
    assert (ready.name, ready.done) == ("wide.png", (CONVERT,))


def test_what_pillow_logs_is_no_line_of_ours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inspect(on_disk(tmp_path, "a.tif", samples.saved(samples.scene(), "TIFF")), FREE)
    logging.getLogger("PIL.TiffImagePlugin").error("More samples per pixel than can be decoded")
    assert capsys.readouterr().err == ""


def test_a_picture_without_pixels_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    data = bytearray(samples.saved(samples.scene(), "PNG"))
    data[16:20] = bytes(4)
    with pytest.raises(FileRefusedError, match=r"a\.png cannot be read: it has no picture"):
        inspect(on_disk(tmp_path, "a.png", bytes(data)), FREE)


def test_sixteen_bits_of_which_zero_is_white(tmp_path: Path, out: Path) -> None:
    """TIFF 6.0, PhotometricInterpretation 0: as scanners write it."""
    ramp = Image.linear_gradient("L").resize((64, 64))
    deep = ramp.convert("I").point(lambda value: value * 257).convert("I;16")
    dark = on_disk(tmp_path, "dark.tif", samples.saved(deep, "TIFF"))
    data = bytearray(dark.read_bytes())
    tag = data.index(struct.pack("<HHIH", 262, 3, 1, 1))
    data[tag + 8] = 0
    dark.write_bytes(data)
    made = shown(prepare(inspect(dark, FREE), out).path)
    assert near(made.convert("L"), ImageOps.invert(ramp), by=2)


def test_what_pillow_warns_of_is_nobody_s_concern(tmp_path: Path) -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[0x8298] = SECRET.decode()
    data = samples.saved(samples.scene(), "TIFF", tiffinfo=tags)
    at = data.index(struct.pack("<HH", 0x8298, 2))
    path = on_disk(tmp_path, "odd.tif", data[: at + 8] + b"\xff\xff\xff\0" + data[at + 12 :])
    with pytest.warns(UserWarning, match="[Cc]orrupt|Truncated"), Image.open(path) as image:
        image.getexif().get(0x8298)
    assert inspect(path, FREE).changes[0] == CONVERT


_CUT: dict[str, bytes] = {
    "jpg": samples.jpeg(6),
    "png": samples.png(6),
    "webp": samples.webp(6),
    "avif": samples.saved(samples.scene(), "AVIF"),
    "tif": samples.saved(samples.scene(), "TIFF"),
    "bmp": samples.saved(samples.scene(), "BMP"),
    "ico": samples.saved(samples.scene(), "ICO"),
    "jp2": samples.saved(samples.scene(), "JPEG2000"),
}


@settings(max_examples=150)
@given(st.sampled_from(sorted(_CUT)), st.integers(0, 3000), st.binary(max_size=30), st.booleans())
def test_a_damaged_picture_is_made_ready_or_refused(
    tmp_path_factory: pytest.TempPathFactory, kind: str, at: int, junk: bytes, cut: bool
) -> None:
    folder = tmp_path_factory.getbasetemp()
    data = _CUT[kind]
    at = min(at, len(data))
    path = on_disk(folder, f"damaged.{kind}", data[:at] + junk + (b"" if cut else data[at:]))
    with suppress(SkillError):
        assert prepare(inspect(path, FREE), folder / "damaged").size
