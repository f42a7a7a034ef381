"""Photos of every make: modes, alpha, depth, profiles, orientation, shapes."""

from __future__ import annotations

import io
import itertools
import logging
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from mock_server.render import colour, photo
from mock_server.render.geometry import Rect
from mock_server.render.photo import Photo
from tests.mock_server.render.studio import error, likeness, scenery

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.mock_server.render.studio import Studio

STILL: dict[str, Any] = {"motion": {"style": "still", "move": "zoom_in"}}
P3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
"""SMPTE EG 432-1."""


def srgb_light(steps: int = 1024) -> NDArray[np.float64]:
    """IEC 61966-2-1, 5.2: the light of the values from 0 to 1."""
    value = np.linspace(0, 1, steps)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def png(path: Path, pixels: NDArray[Any], *chunks: tuple[bytes, bytes], kind: int) -> Path:
    """A PNG with 8 or 16 bits a channel (11.2.1: `kind` 0 grey, 2 RGB, 4 grey with alpha, 6 RGBA),
    its `chunks` before the pixels."""
    height, width = pixels.shape[:2]
    depth = 16 if pixels.dtype == np.uint16 else 8
    rows = pixels.astype(">u2" if depth == 16 else np.uint8).reshape(height, -1)
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    whole = ((b"IHDR", head), *chunks, (b"IDAT", zlib.compress(data)), (b"IEND", b""))
    out = b"\x89PNG\r\n\x1a\n"
    for name, body in whole:
        out += struct.pack(">I", len(body)) + name + body
        out += struct.pack(">I", zlib.crc32(name + body))
    path.write_bytes(out)
    return path


def seen(path: Path, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """The whole photo, at its own size unless said otherwise."""
    whole = Photo(path, path.name)
    return whole.part(Rect(0, 0, *whole.size), size or whole.size)


# ---------------------------------------------------------------- modes and depths


@pytest.mark.parametrize(
    ("mode", "name"),
    [
        ("1", "a.png"),
        ("L", "a.png"),
        ("L", "a.jpg"),
        ("LA", "a.png"),
        ("P", "a.png"),
        ("P", "a.gif"),
        ("RGB", "a.jpg"),
        ("RGB", "a.webp"),
        ("RGBA", "a.png"),
        ("RGBA", "a.webp"),
        ("CMYK", "a.jpg"),
        ("YCbCr", "a.jpg"),
    ],
)
def test_a_picture_of_every_mode_looks_like_itself(tmp_path: Path, mode: str, name: str) -> None:
    image = scenery(96, 64).convert(mode)
    image.save(tmp_path / name)
    assert error(seen(tmp_path / name), np.asarray(image.convert("RGB"))) < 6


@pytest.mark.parametrize("kind", [0, 2, 4, 6])
def test_16_bits_are_shown_in_8(tmp_path: Path, kind: int) -> None:
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[kind]
    pixels = np.tile(np.linspace(0, 65535, 64).astype(np.uint16)[None, :, None], (16, 1, channels))
    if kind in (4, 6):
        pixels[..., -1] = 65535
    path = png(tmp_path / "deep.png", pixels, kind=kind)
    assert np.abs(seen(path)[..., 1].astype(int) - (pixels[..., 0] >> 8)).max() <= 1


def test_a_grey_named_transparent_in_16_bits_is(tmp_path: Path) -> None:
    pixels = np.full((16, 16, 1), 20_000, np.uint16)
    pixels[4:12, 4:12] = 40_000
    path = png(tmp_path / "a.png", pixels, (b"tRNS", struct.pack(">H", 20_000)), kind=0)
    whole = Photo(path, "a.png")
    shown = whole.part(Rect(0, 0, 16, 16), (16, 16))
    assert whole.ground is not None
    assert tuple(shown[0, 0]) == whole.ground
    assert tuple(shown[8, 8]) == (156, 156, 156)


def test_a_cmyk_jpeg_as_adobe_writes_it_is_not_negative(tmp_path: Path) -> None:
    Image.new("CMYK", (32, 32), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=95)
    assert b"Adobe" in (tmp_path / "a.jpg").read_bytes()[:200]
    assert seen(tmp_path / "a.jpg")[16, 16].astype(float) == pytest.approx([255, 0, 0], abs=4)


# ---------------------------------------------------------------- alpha


def logo(mode: str, ink: tuple[int, ...]) -> Image.Image:
    """Ink in the middle, nothing about it."""
    image = Image.new(mode, (320, 180), (0,) * len(ink))
    image.paste(ink, (100, 50, 220, 130))
    return image


@pytest.mark.parametrize(
    ("ink", "light"),
    [((20, 20, 30, 255), 242), ((250, 250, 250, 255), 28), ((200, 0, 0, 255), 242)],
)
def test_behind_what_is_transparent_is_a_colour_that_it_stands_out_from(
    studio: Studio, ink: tuple[int, ...], light: int
) -> None:
    studio.duration = 100
    studio.shoot(studio.photo("logo.png", logo("RGBA", ink)), **STILL)
    frame = studio.frames()[0]
    assert frame[90, 160].astype(float) == pytest.approx(ink[:3], abs=4)
    assert frame[5, 5].astype(float) @ [0.2126, 0.7152, 0.0722] == pytest.approx(light, abs=3)


def test_a_logo_in_black_and_white_is_seen_before_grey(tmp_path: Path) -> None:
    image = logo("RGBA", (0, 0, 0, 255))
    image.paste((255, 255, 255, 255), (160, 50, 220, 130))
    image.save(tmp_path / "a.png")
    assert seen(tmp_path / "a.png")[0, 0].astype(float) == pytest.approx([128] * 3, abs=2)


@pytest.mark.parametrize("size", [(90, 160), (400, 60)])
def test_a_transparent_picture_has_no_edge_where_it_ends(
    studio: Studio, size: tuple[int, int]
) -> None:
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    w, h = size
    image.paste((30, 90, 160, 255), (w // 3, h // 3, w * 2 // 3, h * 2 // 3))
    studio.duration = 100
    studio.shoot(studio.photo("logo.png", image), **STILL)
    frame = studio.frames()[0].astype(int)
    rows = np.concatenate([frame[:20], frame[-20:]])
    assert np.abs(rows - frame[0, 0]).max() <= 3
    assert np.abs(frame[:, :20] - frame[0, 0]).max() <= 3


def test_a_full_alpha_channel_hides_nothing_and_changes_nothing(studio: Studio) -> None:
    image = scenery(120, 180)
    studio.duration = 200
    studio.photo("with.png", image.convert("RGBA"))
    studio.photo("without.png", image)
    studio.shoot("with.png", 0, 100, **STILL)
    studio.shoot("without.png", 100, 100, **STILL)
    frames = studio.frames()
    assert error(frames[0], frames[5]) < 1


@pytest.mark.parametrize("mode", ["LA", "RGBA", "P"])
def test_hidden_colours_do_not_shine_through_where_a_picture_is_made_smaller(
    tmp_path: Path, mode: str
) -> None:
    image = Image.new("RGBA", (256, 256), (255, 255, 255, 0))
    image.paste((0, 0, 0, 255), (64, 64, 192, 192))
    if mode == "P":
        image = image.quantize(4)
    image.convert(mode).save(tmp_path / "a.png")
    whole = Photo(tmp_path / "a.png", "a.png")
    shown = whole.part(Rect(0, 0, 256, 256), (21, 21))
    assert whole.ground is not None
    assert shown.max() <= max(whole.ground) + 1


# ---------------------------------------------------------------- colours


def test_a_profile_that_is_made_says_what_it_should(tmp_path: Path) -> None:
    data = colour.profile(colour.SRGB, colour.D65, srgb_light())
    made = ImageCms.ImageCmsProfile(io.BytesIO(data))
    image = scenery(64, 48)
    same = ImageCms.profileToProfile(image, made, ImageCms.createProfile("sRGB"))
    assert same is not None
    assert np.abs(np.asarray(same).astype(int) - np.asarray(image)).max() <= 1


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_display_p3_comes_out_as_the_srgb_it_stands_for(tmp_path: Path, mode: str) -> None:
    data = colour.profile(P3, colour.D65, srgb_light())
    image = Image.new("RGB", (16, 16), (234, 51, 35)).convert(mode)  # CSS Color 4: sRGB's red in P3
    image.save(tmp_path / "a.png", icc_profile=data)
    assert seen(tmp_path / "a.png")[8, 8].astype(float) == pytest.approx([255, 0, 0], abs=2)


def test_a_grey_photo_has_the_curve_its_profile_tells_of(tmp_path: Path) -> None:
    table = np.round(np.linspace(0, 1, 256) * 65535).astype(">u2").tobytes()  # light itself
    curve = b"curv" + bytes(4) + struct.pack(">I", 256) + table
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    start = 128 + 4 + 24
    tags = struct.pack(">I4sII4sII", 2, b"wtpt", start, 20, b"kTRC", start + 20, len(curve))
    size = start + 20 + len(curve)
    head = struct.pack(">I4xI", size, 0x02400000) + b"mntrGRAYXYZ " + bytes(12) + b"acsp"
    head = (head + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)).ljust(128, b"\0")
    data = head + tags + white + curve
    Image.new("L", (16, 16), 55).save(tmp_path / "a.png", icc_profile=data)
    assert seen(tmp_path / "a.png")[8, 8].astype(float) == pytest.approx([128] * 3, abs=2)


def test_a_png_that_tells_its_gamma_is_shown_by_it(tmp_path: Path) -> None:
    pixels = np.full((8, 8, 3), 55, np.uint8)
    linear = png(tmp_path / "a.png", pixels, (b"gAMA", struct.pack(">I", 100_000)), kind=2)
    usual = png(tmp_path / "b.png", pixels, (b"gAMA", struct.pack(">I", 45_455)), kind=2)
    assert seen(linear)[4, 4].astype(float) == pytest.approx([128] * 3, abs=1)
    assert tuple(seen(usual)[4, 4]) == (55, 55, 55)


def test_the_darkest_a_profile_has_is_black(tmp_path: Path) -> None:
    """As on paper, whose black still gives light back."""
    data = colour.profile(colour.SRGB, colour.D65, 0.05 + 0.95 * srgb_light())
    Image.new("RGB", (16, 16), (0, 0, 0)).save(tmp_path / "a.png", icc_profile=data)
    assert seen(tmp_path / "a.png").max() <= 3


def test_a_broken_profile_is_noted_and_the_photo_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    image = scenery(64, 48)
    image.save(tmp_path / "a.png", icc_profile=b"this is no profile" * 20)
    with caplog.at_level(logging.INFO):
        assert error(seen(tmp_path / "a.png"), np.asarray(image)) < 1
    assert "a.png: its colour profile is not used" in caplog.text


def test_a_profile_whose_head_is_damaged_is_not_used(tmp_path: Path) -> None:
    image = scenery(64, 48)
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    at = data.index(b"s\0R\0G\0B")
    data[at : at + 2] = b"\0x"  # not by its name the usual one
    data[16:20] = b"RG\x91 "  # its colour space
    image.save(tmp_path / "a.png", icc_profile=bytes(data))
    assert error(seen(tmp_path / "a.png"), np.asarray(image)) < 1


# ---------------------------------------------------------------- orientation


@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_every_orientation_is_brought_upright(tmp_path: Path, kind: str, turn: int) -> None:
    upright = scenery(96, 64)
    back = {0: None, 5: 5, 6: 8, 7: 7, 8: 6}.get(turn, turn)  # what undoes it
    exif = Image.Exif()
    exif[0x0112] = turn
    stored = upright.transpose(photo._TURNS[back]) if back in photo._TURNS else upright
    stored.save(tmp_path / f"a.{kind}", exif=exif, quality=95)
    whole = Photo(tmp_path / f"a.{kind}", "a")
    assert whole.size == (96, 64)
    corner = whole.part(Rect(48, 0, 48, 32), (48, 32))
    assert likeness(corner, np.asarray(upright)[:32, 48:]) > 0.97


@pytest.mark.parametrize("value", [0, 9, 4711])
def test_an_orientation_that_is_none_changes_nothing(tmp_path: Path, value: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = value
    scenery(96, 64).save(tmp_path / "a.jpg", exif=exif)
    assert Photo(tmp_path / "a.jpg", "a").size == (96, 64)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # as it is where the renderer runs
def test_damaged_exif_is_no_reason_to_refuse_a_photo(tmp_path: Path) -> None:
    scenery(96, 64).save(tmp_path / "a.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + bytes(20))
    assert seen(tmp_path / "a.jpg").shape == (64, 96, 3)


# ---------------------------------------------------------------- sizes


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_a_part_of_a_large_photo_is_the_same_in_strips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    scenery(700, 500).convert(mode).save(tmp_path / "a.png")
    box, size = Rect(31.5, 47.25, 600, 400), (90, 60)
    at_once = Photo(tmp_path / "a.png", "a").part(box, size)
    monkeypatch.setattr(photo, "_STRIP", 5000)
    in_strips = Photo(tmp_path / "a.png", "a").part(box, size)
    assert np.array_equal(at_once, in_strips)
    frugal = Photo(tmp_path / "a.png", "a", frugal=True).part(box, size)
    assert np.abs(at_once.astype(int) - frugal).max() <= 2
    exact = (
        scenery(700, 500)
        .convert(mode)
        .convert("RGB")
        .resize(size, Image.Resampling.LANCZOS, (31.5, 47.25, 631.5, 447.25))
    )
    assert error(at_once, np.asarray(exact)) < 1


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 1000), (1000, 1), (3, 5), (641, 359), (30_000, 20), (20, 30_000)]
)
@pytest.mark.parametrize("frame", [(320, 180), (180, 320), (180, 180)])
def test_no_shape_is_too_odd(studio: Studio, size: tuple[int, int], frame: tuple[int, int]) -> None:
    studio.width, studio.height = frame
    studio.duration = 100
    studio.shoot(studio.photo("odd.png", Image.new("RGB", size, (200, 120, 60))))
    shown = studio.frames()[0]
    assert shown.shape == (frame[1], frame[0], 3)
    x, y = frame[0] // 2, frame[1] // 2
    middle = shown[y - 3 : y + 4, x - 3 : x + 4].reshape(-1, 3)
    brightest = middle[middle.sum(axis=1).argmax()]  # of a line two pixels wide, which moves
    assert np.abs(brightest - [200, 120, 60]).max() <= 42
    assert 40 < shown[2, 2, 0] <= 206  # the fill is made of the picture, not black


# ---------------------------------------------------------------- grounds


def test_the_ground_is_as_far_from_the_picture_as_it_can_be() -> None:
    pixels = np.zeros((4, 4, 4), np.uint8)
    told = {}
    for level in (0, 60, 128, 200, 255):
        pixels[1:3, 1:3] = (level, level, level, 255)
        ground = colour.ground(pixels)
        assert ground is not None
        told[level] = ground[0]
    assert [told[level] > level for level in (0, 60, 128)] == [True] * 3
    assert [told[level] < level for level in (200, 255)] == [True] * 2
    assert all(abs(ground - level) >= 90 for level, ground in told.items())
    assert colour.ground(np.full((2, 2, 4), 255, np.uint8)) is None
    assert colour.ground(np.zeros((2, 2, 4), np.uint8)) is not None
    assert len(set(itertools.chain(told.values()))) > 1


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_large_webp_looks_like_a_small_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    image = scenery(200, 120).convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.linear_gradient("L").resize((200, 120)))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "a.webp", lossless=True, exact=True, exif=exif)
    small = seen(tmp_path / "a.webp", (60, 100))
    monkeypatch.setattr(photo, "_LARGE", 1000)
    assert np.array_equal(seen(tmp_path / "a.webp", (60, 100)), small)
