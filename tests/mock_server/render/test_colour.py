"""Flat patches through the renderer, beside what ffmpeg makes of them when it is told what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from av.video.reformatter import (
    ColorPrimaries,
    ColorRange,
    Colorspace,
    ColorTrc,
    Interpolation,
    VideoReformatter,
)
from PIL import Image

from mock_server.render import colour
from mock_server.render.encode import X264
from tests.mock_server.render.studio import pictures
from tests.mock_server.render.test_photo import P3, srgb_light

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.mock_server.render.studio import Studio

STILL: dict[str, Any] = {"motion": {"style": "still", "move": "zoom_in"}}
SIDE, ACROSS, DOWN = 64, 6, 4
WIDTH, HEIGHT = SIDE * ACROSS, SIDE * DOWN
EXACT = Interpolation(
    Interpolation.BICUBIC
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.FULL_CHR_H_INT
)

PATCHES = [
    *((255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 255, 255), (255, 0, 255), (255, 255, 0)),
    # The ColorChecker's skins, sky, foliage, flowers and fruit, in sRGB.
    *((115, 82, 68), (194, 150, 130), (98, 122, 157), (87, 108, 67), (133, 128, 177)),
    *((103, 189, 170), (214, 126, 44), (80, 91, 166), (193, 90, 99), (94, 60, 108)),
    *((157, 188, 64), (224, 163, 46)),
    *((243, 243, 242), (200, 200, 200), (160, 160, 160), (122, 122, 121), (85, 85, 85), (8, 8, 8)),
]


def chart(patches: list[tuple[int, int, int]]) -> NDArray[np.uint8]:
    tiles = np.array(patches, np.uint8).reshape(DOWN, ACROSS, 3)
    return tiles.repeat(SIDE, axis=0).repeat(SIDE, axis=1)


def read_off(frame: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(24, 3): the colours in the middle of the patches, as whole numbers."""
    tiles = frame.reshape(DOWN, SIDE, ACROSS, SIDE, 3)[:, 20:44, :, 20:44]
    return np.asarray(tiles.mean(axis=(1, 3)).reshape(-1, 3).round(), np.float64)


def by_ffmpeg(frame: av.VideoFrame, path: Path) -> NDArray[np.float64]:
    """What it makes of a frame that is tagged: BT.709, limited, encoded as the renderer does."""
    ready = VideoReformatter().reformat(
        frame,
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
        interpolation=EXACT,
    )
    with av.open(path, "w") as out:
        stream = out.add_stream("libx264", rate=30, options=dict(X264))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(6):
            ready.pts = number
            out.mux(stream.encode(ready))
        out.mux(stream.encode())
    return read_off(pictures(path)[2])


def tagged(rgb: NDArray[np.uint8]) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
    frame.color_range = ColorRange.JPEG
    return frame


def rendered(studio: Studio, name: str) -> NDArray[np.float64]:
    studio.width, studio.height, studio.duration = WIDTH, HEIGHT, 200
    studio.shoot(name, **STILL)
    return read_off(studio.frames()[2])


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
def test_photos_in_srgb_have_the_colours_that_ffmpeg_gives_them(
    studio: Studio, tmp_path: Path, name: str
) -> None:
    rgb = chart(PATCHES)
    options = {"quality": 95, "subsampling": 0} if name == "a.jpg" else {}
    if name == "a.webp":
        options = {"lossless": True}
    Image.fromarray(rgb).save(studio.file(name), **options)  # type: ignore[arg-type]
    expected = by_ffmpeg(tagged(rgb), tmp_path / "expected.mp4")
    assert np.abs(rendered(studio, name) - expected).max() <= 2


def test_photos_in_display_p3_have_the_colours_that_ffmpeg_gives_them(
    studio: Studio, tmp_path: Path
) -> None:
    """Its conversion of a frame tagged P3 to sRGB, and ours through the profile."""
    wide = np.array([_in_p3(patch) for patch in PATCHES])
    rgb = chart([tuple(row) for row in wide.tolist()])
    profile = colour.profile(P3, colour.D65, srgb_light())
    Image.fromarray(rgb).save(studio.file("a.png"), icc_profile=profile)
    frame = tagged(rgb)
    frame.color_primaries = ColorPrimaries.SMPTE432
    frame.color_trc = ColorTrc.IEC61966_2_1
    narrow = VideoReformatter().reformat(
        frame,
        format="rgb24",
        dst_color_primaries=ColorPrimaries.BT709,
        dst_color_trc=ColorTrc.IEC61966_2_1,
        interpolation=EXACT,
    )
    expected = by_ffmpeg(tagged(np.asarray(narrow.to_ndarray(), np.uint8)), tmp_path / "e.mp4")
    seen = rendered(studio, "a.png")
    assert np.abs(seen - expected)[6:].max() <= 2
    assert np.abs(seen - PATCHES).max() <= 4  # also at the edge of sRGB, where ffmpeg yields first


@pytest.mark.parametrize(
    ("matrix", "code", "full", "form"),
    [
        (Colorspace.ITU601, 6, False, "yuv420p"),
        (Colorspace.ITU709, 1, False, "yuv420p"),
        (Colorspace.ITU709, 1, True, "yuv420p"),
        (Colorspace.ITU601, 6, True, "yuv420p"),
        (Colorspace.ITU601, 6, True, "yuvj420p"),
        (Colorspace.ITU601, 2, False, "yuv420p"),  # untagged and small: BT.601
        (Colorspace.ITU709, 1, False, "yuv420p10le"),
        (Colorspace.ITU709, 1, False, "yuv444p"),
    ],
    ids=["601", "709", "709-full", "601-full", "jpeg", "untagged", "ten bits", "444"],
)
def test_clips_have_the_colours_that_ffmpeg_gives_them(
    studio: Studio, matrix: Colorspace, code: int, full: bool, form: str
) -> None:
    """The colours in which it shows the clip itself."""
    span = ColorRange.JPEG if full else ColorRange.MPEG
    frame = VideoReformatter().reformat(
        tagged(chart(PATCHES)),
        format=form,
        dst_colorspace=matrix,
        dst_color_range=span,
        interpolation=EXACT,
    )
    frame.colorspace, frame.color_range = code, span
    with av.open(studio.file("a.mkv"), "w") as out:
        stream = out.add_stream("libx264", rate=30, options={"crf": "1"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, form
        stream.codec_context.colorspace, stream.codec_context.color_range = code, span
        for number in range(8):
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    with av.open(studio.media["a.mkv"]) as container:
        clip = next(container.decode(video=0))
        clip.colorspace = code if code != 2 else 6
        assert clip.color_range == span or not full
        shown = VideoReformatter().reformat(
            clip, format="rgb24", dst_color_range=ColorRange.JPEG, interpolation=EXACT
        )
    expected = read_off(np.asarray(shown.to_ndarray(), np.uint8))
    assert np.abs(rendered(studio, "a.mkv") - expected).max() <= 2
    assert np.abs(expected - PATCHES).max() <= 6


def _in_p3(patch: tuple[int, int, int]) -> list[int]:
    """An sRGB colour in Display P3's numbers (CSS Color 4, 10.2)."""
    matrix = np.array([[0.8225, 0.1774, 0.0], [0.0332, 0.9669, 0.0], [0.0171, 0.0724, 0.9108]])
    value = np.array(patch) / 255
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    wide = np.clip(matrix @ light, 0, 1)
    again = np.where(wide <= 0.0031308, wide * 12.92, 1.055 * wide ** (1 / 2.4) - 0.055)
    return [round(float(v) * 255) for v in again]
