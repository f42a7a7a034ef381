"""Videos and animations in the timeline: upright, at their own speed, in their own colours."""

from __future__ import annotations

import struct
from contextlib import closing
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw

from mock_server.render import UnusableError, inspect
from mock_server.render.animation import Animation
from mock_server.render.clip import Clip
from mock_server.render.yuv import Planes
from tests.mock_server.render.studio import error, likeness, scenery
from tests.video import encode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.mock_server.render.studio import Studio

LEVELS = (40, 90, 140, 190, 240)


def grey(level: int, size: tuple[int, int] = (160, 90)) -> Image.Image:
    return Image.new("RGB", size, (level,) * 3)


def turned(path: Path, matrix: tuple[int, int, int, int]) -> None:
    """Write a, b, c, d into the display matrix of an MP4's track (ISO/IEC 14496-12, 8.3.2)."""
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4 + 4 + 20 + 16
    a, b, c, d = (value << 16 for value in matrix)
    data[start : start + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)


def light(planes: Planes) -> float:
    """Of 255."""
    return float((planes.y.astype(float).mean() - 16) * 255 / 219)


def lights(clip: Clip | Animation, times: Sequence[float]) -> list[float]:
    """How light it is at those times."""
    with closing(clip):
        return [light(clip.at(at, (32, 18))) for at in times]


def rgb(planes: Planes) -> NDArray[np.uint8]:
    whole = av.VideoFrame(*planes.size, "yuv420p")
    planes.copy_to(Planes.within(whole))
    shown = whole.reformat(format="rgb24", src_colorspace=1, src_color_range=1, dst_color_range=2)
    return np.asarray(shown.to_ndarray(), np.uint8)


# ---------------------------------------------------------------- time


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "libx264"),
        ("a.mov", "libx264"),
        ("a.mkv", "libx264"),
        ("a.webm", "libvpx"),
        ("a.avi", "mpeg4"),
    ],
)
def test_a_video_plays_at_its_speed_and_holds_its_last_frame(
    tmp_path: Path, name: str, codec: str
) -> None:
    path = encode(tmp_path / name, [grey(level) for level in LEVELS], codec=codec)
    shown = lights(Clip(path, name), [0.05, 0.15, 0.25, 0.35, 0.45, 3.0])
    assert shown == pytest.approx([*LEVELS, LEVELS[-1]], abs=4)


def test_frames_of_uneven_length_are_on_as_long_as_they_say(tmp_path: Path) -> None:
    pictures = [grey(level) for level in (40, 140, 240)]
    path = encode(tmp_path / "a.mkv", pictures, rate=100, times=[0, 7, 60])
    assert lights(Clip(path, "a"), [0.05, 0.08, 0.59, 0.61]) == pytest.approx(
        [40, 140, 140, 240], abs=4
    )


def test_a_video_that_starts_late_starts_at_once(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mkv", [grey(40), grey(240)], times=[50, 60])
    assert lights(Clip(path, "a"), [0.0, 0.9, 1.05]) == pytest.approx([40, 40, 240], abs=4)


def test_a_video_whose_times_go_back_and_forth_plays_at_its_rate(tmp_path: Path) -> None:
    """AVI tells no time of presentation: what is made of H.264's B-frames there is out of order."""
    options = {"bf": "2", "b-adapt": "0", "preset": "medium"}
    path = encode(tmp_path / "a.avi", [grey(level) for level in LEVELS * 3], options=options)
    with av.open(path) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times != sorted(times)
    shown = lights(Clip(path, "a"), [0.05 + number / 10 for number in range(14)])
    assert shown[2:] == pytest.approx((LEVELS * 3)[1:13], abs=4)  # one is late before it shows


def test_what_lies_behind_a_damage_is_still_played(tmp_path: Path) -> None:
    pictures = [scenery(160, 90, seed) for seed in range(10)]
    path = encode(tmp_path / "a.mp4", pictures, codec="mpeg4", options={"g": "1"})
    with av.open(path) as container:
        packets = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    at, size = packets[4]
    assert at is not None
    data[at : at + size] = bytes(size)
    path.write_bytes(data)
    clip = Clip(path, "a")
    assert likeness(rgb(clip.at(0.25, (160, 90))), np.asarray(pictures[2])) > 0.9
    assert likeness(rgb(clip.at(0.85, (160, 90))), np.asarray(pictures[8])) > 0.9


def test_a_video_that_is_cut_off_is_played_as_far_as_it_goes(tmp_path: Path) -> None:
    pictures = [scenery(160, 90, seed) for seed in range(10)]
    path = encode(tmp_path / "a.mkv", pictures, codec="mpeg4", options={"g": "1"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    clip = Clip(path, "a")
    assert likeness(rgb(clip.at(0.05, (160, 90))), np.asarray(pictures[0])) > 0.9
    assert likeness(rgb(clip.at(0.25, (160, 90))), np.asarray(pictures[2])) > 0.9
    assert clip.at(5.0, (160, 90)) is clip.at(9.0, (160, 90))


# ---------------------------------------------------------------- shape


@pytest.mark.parametrize(
    ("matrix", "back"),
    [
        ((0, 1, -1, 0), Image.Transpose.ROTATE_90),
        ((-1, 0, 0, -1), Image.Transpose.ROTATE_180),
        ((0, -1, 1, 0), Image.Transpose.ROTATE_270),
        ((-1, 0, 0, 1), Image.Transpose.FLIP_LEFT_RIGHT),
        ((1, 0, 0, -1), Image.Transpose.FLIP_TOP_BOTTOM),
        ((0, 1, 1, 0), Image.Transpose.TRANSPOSE),
    ],
)
def test_a_turned_or_mirrored_video_is_brought_upright(
    tmp_path: Path, matrix: tuple[int, int, int, int], back: Image.Transpose
) -> None:
    upright = scenery(160, 96)
    path = encode(tmp_path / "a.mp4", [upright.transpose(back)] * 3)
    turned(path, matrix)
    clip, info = Clip(path, "a"), inspect(path)
    assert clip.size == (info.width, info.height) == (160, 96)
    assert likeness(rgb(clip.at(0, (160, 96))), np.asarray(upright)) > 0.99


def test_pixels_that_are_not_square_are_shown_as_wide_as_they_are(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mkv", [scenery(96, 90)] * 2, pixel=Fraction(5, 3))
    info = inspect(path)
    assert Clip(path, "a").size == (info.width, info.height) == (160, 90)


def test_odd_sizes_are_taken(studio: Studio) -> None:
    encode(studio.file("odd.mp4"), [scenery(161, 91)] * 3, form="yuv444p")
    studio.duration = 100
    studio.shoot("odd.mp4")
    expected = np.asarray(scenery(161, 91).resize((320, 180)))
    assert likeness(studio.frames()[0], expected) > 0.98


@pytest.mark.parametrize("frame", [(320, 180), (180, 320)])
def test_an_upright_video_is_whole_over_a_darker_fill(
    studio: Studio, frame: tuple[int, int]
) -> None:
    studio.width, studio.height = frame
    size = (90, 160) if frame == (320, 180) else (160, 90)
    image = scenery(*size)
    encode(studio.file("a.mp4"), [image] * 3)
    studio.duration = 100
    studio.shoot("a.mp4")
    shown = studio.frames()[0]
    if frame == (320, 180):
        middle, side = shown[:, 110:210], shown[:, :100]
    else:
        middle, side = shown[110:210], shown[:100]
    expected = image.resize((middle.shape[1], middle.shape[0]))
    assert likeness(middle, np.asarray(expected)) > 0.97
    assert 10 < side.mean() < 0.8 * middle.mean()


# ---------------------------------------------------------------- depth and alpha


def test_ten_bits_are_shown_in_eight(tmp_path: Path) -> None:
    pictures = [grey(level) for level in LEVELS]
    path = encode(tmp_path / "a.mkv", pictures, form="yuv420p10le")
    shown = lights(Clip(path, "a"), [0.05, 0.15, 0.25, 0.35, 0.45])
    assert shown == pytest.approx(LEVELS, abs=3)


@pytest.mark.parametrize(
    ("transfer", "code"), [("arib-std-b67", 721), ("smpte2084", 569)], ids=["HLG", "PQ"]
)
def test_the_white_of_hdr_is_bright_and_its_greys_are_in_order(
    tmp_path: Path, transfer: str, code: int
) -> None:
    """`code`: that of reference white, 203 cd/m² (ITU-R BT.2408, 2.1), of ten bits."""
    tags = f"colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"
    path = tmp_path / "a.mkv"
    with av.open(path, "w") as out:
        stream = out.add_stream("libx264", rate=10, options={"x264-params": tags})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p10le"
        for number, level in enumerate((64, code // 2, code * 3 // 4, code)):
            frame = av.VideoFrame(64, 48, "yuv420p10le")
            for plane, value in zip(frame.planes, (level, 512, 512), strict=True):
                np.frombuffer(memoryview(plane), np.uint16)[:] = value
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    clip = Clip(path, "a")
    shown = [clip.at(at, (64, 48)) for at in (0.05, 0.15, 0.25, 0.35)]
    levels = [light(planes) for planes in shown]
    assert levels[0] == pytest.approx(0, abs=3)
    assert levels == sorted(levels)
    assert min(np.diff(levels)) > 20
    assert levels[-1] > 200
    assert all(np.abs(planes.u.astype(int) - 128).max() <= 2 for planes in shown)


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
def test_the_alpha_of_webm_is_over_a_ground(studio: Studio, codec: str) -> None:
    image = Image.new("RGBA", (320, 180), (0, 0, 0, 0))
    image.paste((250, 220, 40, 255), (100, 50, 220, 130))
    options = {"auto-alt-ref": "0", "crf": "10", "b": "2M"}
    encode(studio.file("a.webm"), [image] * 3, codec=codec, form="yuva420p", options=options)
    studio.duration = 200
    studio.shoot("a.webm")
    frame = studio.frames()[3].astype(float)
    assert frame[90, 160] == pytest.approx([250, 220, 40], abs=8)
    assert frame[10, 10].mean() < 60
    assert np.abs(frame[:40] - frame[10, 10]).max() < 12


# ---------------------------------------------------------------- animations

FORMS = ["gif", "webp", "png"]


def animation(path: Path, pictures: Sequence[Image.Image], **options: Any) -> Path:
    first, *rest = pictures
    if path.suffix == ".webp":
        options["lossless"] = True
    first.save(path, save_all=True, append_images=rest, **options)
    return path


@pytest.mark.parametrize("form", FORMS)
def test_an_animation_plays_again_and_again_each_frame_as_long_as_it_says(
    tmp_path: Path, form: str
) -> None:
    pictures = [grey(level) for level in (40, 140, 240)]
    path = animation(tmp_path / f"a.{form}", pictures, duration=[100, 300, 200])
    info = inspect(path)
    assert (info.type, info.format, info.duration) == ("image", form, 0.6)
    times = [0.05, 0.15, 0.35, 0.45, 0.59, 0.61, 0.75, 1.1, 1.25]
    expected = [40, 140, 140, 240, 240, 40, 140, 240, 40]
    assert lights(Animation(path, "a"), times) == pytest.approx(expected, abs=3)


@pytest.mark.parametrize("form", FORMS)
def test_an_animation_of_a_second_fills_a_longer_shot(studio: Studio, form: str) -> None:
    pictures = [Image.new("RGB", (320, 180), c) for c in ("#c02020", "#2020c0")]
    animation(studio.file(f"a.{form}"), pictures, duration=200)
    studio.shoot(f"a.{form}")
    frames = [frame.mean(axis=(0, 1)) for frame in studio.frames()]
    for number, seen in enumerate(frames):
        red = number * 1000 // 30 // 200 % 2 == 0
        assert seen == pytest.approx([192, 32, 32] if red else [32, 32, 192], abs=6)


def test_a_frame_in_a_hurry_is_shown_for_a_tenth_of_a_second(tmp_path: Path) -> None:
    path = animation(tmp_path / "a.gif", [grey(40), grey(240)], duration=0)
    assert inspect(path).duration == 0.2
    assert lights(Animation(path, "a"), [0.05, 0.15, 0.25]) == pytest.approx([40, 240, 40], abs=3)


def test_what_a_frame_leaves_stays_or_goes_as_it_says(tmp_path: Path) -> None:
    """Disposal 1 leaves a frame where it is, 2 clears its place (GIF89a, 23)."""
    places = ((0, 0, 40, 90), (120, 0, 160, 90))
    for disposal, left in ((1, 255), (2, 0)):
        pictures = []
        for place in places:
            image = Image.new("RGBA", (160, 90), (0, 0, 0, 0))
            image.paste((255, 0, 0, 255), place)
            pictures.append(image)
        path = animation(tmp_path / f"{disposal}.gif", pictures, duration=100, disposal=disposal)
        with closing(Animation(path, "a")) as clip:
            clip.at(0.05, (160, 90))
            second = rgb(clip.at(0.15, (160, 90)))
        assert second[45, 140, 0] > 230
        assert (second[45, 20, 1] < 30) == (left == 255)


@pytest.mark.parametrize("form", FORMS)
def test_frames_too_large_to_be_held_are_refused_where_a_still_is_not(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mock_server.render.animation.MAX_PIXELS", 160 * 90 - 1)
    path = animation(tmp_path / f"a.{form}", [grey(40), grey(240)], duration=100)
    with pytest.raises(UnusableError, match="160 x 90 pixels: more than 0 megapixels that move"):
        inspect(path)
    grey(40).save(tmp_path / f"still.{form}")
    assert inspect(tmp_path / f"still.{form}").width == 160


def test_an_animation_that_is_cut_off_plays_what_there_is(tmp_path: Path) -> None:
    pictures = [scenery(160, 90, seed) for seed in range(6)]
    path = animation(tmp_path / "a.gif", pictures, duration=100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    with closing(Animation(path, "a")) as clip:
        shown = [rgb(clip.at(0.05 + tenth / 10, (160, 90))) for tenth in range(12)]
    seen = [max(range(6), key=lambda n: likeness(one, np.asarray(pictures[n]))) for one in shown]
    assert seen[:3] == [0, 1, 2]
    assert 5 not in seen
    assert seen.count(0) > 1


def test_the_still_before_an_animated_png_is_not_shown(tmp_path: Path) -> None:
    pictures = [grey(0), grey(140), grey(240)]
    path = animation(tmp_path / "a.png", pictures, duration=100, default_image=True)
    assert inspect(path).duration == 0.2
    assert lights(Animation(path, "a"), [0.05, 0.15, 0.25]) == pytest.approx([140, 240, 140], abs=3)


def test_a_transparent_animation_is_over_one_ground(studio: Studio) -> None:
    pictures = []
    for x in (40, 120):
        image = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
        ImageDraw.Draw(image).ellipse((x, 60, x + 40, 140), (200, 30, 30, 255))
        pictures.append(image)
    animation(studio.file("a.webp"), pictures, duration=100)
    studio.duration = 200
    studio.shoot("a.webp")
    frames = studio.frames()
    assert error(frames[0][:20], frames[5][:20]) < 1
    assert np.ptp(frames[1][:20].reshape(-1, 3).astype(int), axis=0).max() <= 3
    assert error(frames[0], frames[5]) > 3
