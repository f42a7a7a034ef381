"""Drafts into MP4s, looked at with a real decoder."""

from __future__ import annotations

import itertools
import struct
import threading
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from PIL import Image

from mock_server.render import RenderCancelled, RenderError, shots
from mock_server.render.cast import Cast
from mock_server.render.compose import frames
from mock_server.render.framing import crop
from mock_server.render.plan import read
from mock_server.render.shots import PhotoScene
from tests.mock_server.render.studio import (
    HEIGHT,
    WIDTH,
    error,
    likeness,
    pictures,
    scenery,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.mock_server.render.studio import Studio

STILL: dict[str, Any] = {"motion": {"style": "still", "move": "zoom_in"}}
MUSIC: dict[str, Any] = {
    "s": 0,
    "d": 2000,
    "v": 0.5,
    "src": {"type": "music", "style": "lofi", "seed": 1},
}


def boxes(path: Path) -> list[str]:
    """The names of an MP4's top-level boxes (ISO 14496-12, 4.2), in order."""
    data, at, names = path.read_bytes(), 0, []
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        names.append(name.decode())
        at += size
    return names


def test_the_file_is_what_players_everywhere_take(studio: Studio) -> None:
    studio.shoot(studio.photo("a.jpg", scenery(640, 360)))
    studio.sounds = [MUSIC]
    result = studio.render()
    assert (result.width, result.height, result.duration) == (WIDTH, HEIGHT, 1.0)
    assert result.path == studio.target
    assert result.size == studio.target.stat().st_size
    names = boxes(studio.target)
    assert names.index("moov") < names.index("mdat")
    with av.open(studio.target) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec.name, video.profile) == ("h264", "High")
        assert (video.width, video.height) == (WIDTH, HEIGHT)
        assert (video.frames, float(video.average_rate or 0)) == (30, 30.0)
        assert float((video.duration or 0) * (video.time_base or 0)) == 1.0
        assert audio.codec.name == "aac"
        assert float((audio.duration or 0) * (audio.time_base or 0)) == pytest.approx(1, abs=1e-3)
        frame = next(container.decode(video))
        assert frame.format.name == "yuv420p"
        assert (frame.colorspace, frame.color_range) == (1, 1)  # BT.709, limited
        assert (frame.color_primaries, frame.color_trc) == (1, 1)


@pytest.mark.parametrize(
    ("asked", "made"),
    [((320, 180), (320, 180)), ((180, 320), (180, 320)), ((181, 227), (180, 226))],
)
def test_sizes_are_those_of_the_draft_made_even(
    studio: Studio, asked: tuple[int, int], made: tuple[int, int]
) -> None:
    studio.width, studio.height = asked
    studio.duration = 100
    studio.shoot(studio.photo("a.png", scenery(333, 251)))
    assert pictures(studio.render().path)[0].shape == (made[1], made[0], 3)


@pytest.mark.parametrize("milliseconds", [33, 500, 1017])
def test_the_length_is_the_drafts_to_a_frame(studio: Studio, milliseconds: int) -> None:
    studio.duration = milliseconds
    studio.shoot(studio.photo("a.png", scenery(320, 180)))
    result = studio.render()
    assert len(pictures(result.path)) == round(milliseconds * 30 / 1000)
    assert result.duration == round(milliseconds * 30 / 1000) / 30


def test_frames_show_the_photo_and_move(studio: Studio) -> None:
    image = scenery(640, 400)
    studio.shoot(studio.photo("a.png", image), motion={"style": "upbeat", "move": "zoom_in"})
    frames = studio.frames()
    part = crop(image.size, (WIDTH, HEIGHT))
    box = (part.x, part.y, part.right, part.bottom)
    shown = image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS, box)
    assert likeness(frames[0], np.asarray(shown)) > 0.995
    steps = [error(a, b) for a, b in itertools.pairwise(frames)]
    assert min(steps) > 0.05
    assert error(frames[0], frames[-1]) > 10 * min(steps)


def test_still_frames_are_still(studio: Studio) -> None:
    studio.shoot(studio.photo("a.png", scenery(640, 360)), **STILL)
    frames = studio.frames()
    assert error(frames[5], frames[-1]) < 0.5


@pytest.mark.parametrize("size", [(320, 180), (180, 320)])
def test_colours_survive(studio: Studio, size: tuple[int, int]) -> None:
    patches = [(255, 255, 255), (0, 0, 0), (200, 30, 40), (30, 180, 60), (40, 60, 200), (128,) * 3]
    studio.width, studio.height = size
    studio.duration = 200
    image = Image.new("RGB", size)
    w, h = size[0] // 3, size[1] // 2
    for n, colour in enumerate(patches):
        image.paste(colour, (n % 3 * w, n // 3 * h, n % 3 * w + w, n // 3 * h + h))
    studio.shoot(studio.photo("a.png", image), **STILL)
    frame = studio.frames()[0]
    for n, colour in enumerate(patches):
        x, y = n % 3 * w + w // 2, n // 3 * h + h // 2
        seen = frame[y - 10 : y + 10, x - 10 : x + 10].mean(axis=(0, 1))
        assert np.abs(seen - colour).max() <= 2, (colour, seen)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_exif_orientation_is_honoured(studio: Studio, orientation: int) -> None:
    upright = scenery(360, 240)
    turn = {
        3: Image.Transpose.ROTATE_180,
        6: Image.Transpose.ROTATE_90,
        8: Image.Transpose.ROTATE_270,
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    studio.width, studio.height, studio.duration = 240, 160, 100
    stored = upright.transpose(turn[orientation])
    studio.shoot(studio.photo("a.jpg", stored, exif=exif, quality=95), **STILL)
    assert likeness(studio.frames()[0], np.asarray(upright.resize((240, 160)))) > 0.99


def test_an_upright_photo_is_whole_in_a_wide_frame_over_a_darker_fill(studio: Studio) -> None:
    image = scenery(240, 360)
    studio.duration = 100
    studio.shoot(studio.photo("a.png", image), **STILL)
    frame = studio.frames()[0]
    left = (WIDTH - 120) // 2
    middle = frame[:, left : left + 120]
    assert likeness(middle, np.asarray(image.resize((120, HEIGHT)))) > 0.99
    sides = np.concatenate([frame[:, : left - 4], frame[:, left + 124 :]], axis=1)
    assert 10 < sides.mean() < 0.8 * middle.mean()
    assert np.abs(np.diff(sides[:, : left - 8].astype(int), axis=1)).max() < 12  # blurred


@pytest.mark.parametrize(
    ("mode", "name"), [("L", "g.jpg"), ("CMYK", "c.jpg"), ("P", "p.gif"), ("LA", "la.png")]
)
def test_pictures_of_every_kind_look_like_themselves(studio: Studio, mode: str, name: str) -> None:
    image = scenery(320, 180).convert(mode)
    studio.duration = 100
    studio.shoot(studio.photo(name, image), **STILL)
    assert likeness(studio.frames()[0], np.asarray(image.convert("RGB"))) > 0.95  # GIF: 256 colours


def test_a_16_bit_grey_picture_keeps_its_greys(studio: Studio) -> None:
    ramp = np.tile(np.linspace(0, 65535, 320).astype(np.uint16), (180, 1))
    studio.duration = 100
    studio.shoot(studio.photo("deep.png", Image.fromarray(ramp)), **STILL)
    assert error(studio.frames()[0][..., 0], ramp >> 8) < 3


def test_a_crossfade_goes_from_one_to_the_other_without_a_jump(studio: Studio) -> None:
    studio.photo("black.png", Image.new("RGB", (320, 180), "black"))
    studio.photo("white.png", Image.new("RGB", (320, 180), "white"))
    studio.shoot("black.png", 0, 700)
    studio.shoot("white.png", 300, 700, tr={"type": "crossfade", "d": 400})
    light = [float(frame.mean()) for frame in studio.frames()]
    assert light[8] < 2
    assert light[21] > 253
    steps = np.diff(light)
    assert steps.min() > -1
    assert steps.max() < 45
    assert light[15] == pytest.approx(128, abs=25)


def test_a_dip_passes_through_black_and_a_cut_through_nothing(studio: Studio) -> None:
    studio.photo("red.png", Image.new("RGB", (320, 180), (200, 40, 40)))
    studio.photo("blue.png", Image.new("RGB", (320, 180), (40, 40, 200)))
    studio.shoot("red.png", 0, 400)
    studio.shoot("blue.png", 200, 500, tr={"type": "dip", "d": 200})
    studio.shoot("red.png", 600, 400, tr={"type": "cut"})
    frames = studio.frames()
    assert min(frame.mean() for frame in frames[6:12]) < 20
    assert frames[12].mean(axis=(0, 1)) == pytest.approx([40, 40, 200], abs=4)
    assert frames[17].mean(axis=(0, 1)) == pytest.approx([40, 40, 200], abs=4)
    assert frames[18].mean(axis=(0, 1)) == pytest.approx([200, 40, 40], abs=4)


def test_where_no_picture_is_on_the_frame_is_black(studio: Studio) -> None:
    studio.shoot(studio.photo("a.png", scenery(320, 180)), 0, 500)
    frames = studio.frames()
    assert frames[14].mean() > 50
    assert frames[15].max() < 8


def test_a_video_is_a_clip_that_holds_its_last_frame(studio: Studio, tmp_path: Path) -> None:
    with av.open(studio.file("clip.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for level in (0, 60, 120, 180, 240):
            image = np.full((90, 160, 3), level, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    studio.shoot("clip.mp4", 0, 1000)
    light = [float(frame.mean()) for frame in studio.frames()]
    assert [light[n] for n in (1, 4, 7, 10, 13)] == pytest.approx([0, 60, 120, 180, 240], abs=4)
    assert light[29] == pytest.approx(240, abs=4)


def test_an_animated_gif_plays(studio: Studio) -> None:
    first, second = (Image.new("RGB", (320, 180), c) for c in ("#c02020", "#2020c0"))
    first.save(studio.file("a.gif"), save_all=True, append_images=[second], duration=200)
    studio.shoot("a.gif", 0, 1000)
    frames = studio.frames()
    assert frames[2].mean(axis=(0, 1)) == pytest.approx([192, 32, 32], abs=5)
    assert frames[20].mean(axis=(0, 1)) == pytest.approx([32, 32, 192], abs=5)


def test_progress_only_grows_and_ends_at_one(studio: Studio) -> None:
    told: list[float] = []
    studio.shoot(studio.photo("a.png", scenery(320, 180)))
    studio.render(progress=told.append)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)
    assert len(told) > 20


def test_cancelled_at_once_and_nothing_is_left(studio: Studio) -> None:
    studio.duration = 60_000
    studio.shoot(studio.photo("a.png", scenery(320, 180)))
    before = set(studio.folder.iterdir())
    asked = iter([False] * 5 + [True])
    with pytest.raises(RenderCancelled):
        studio.render(cancelled=lambda: next(asked))
    assert set(studio.folder.iterdir()) == before
    assert not [thread for thread in threading.enumerate() if thread.name == "render-frames"]


def test_a_file_that_was_not_uploaded_is_named_before_anything_is_made(studio: Studio) -> None:
    studio.shoot("lost.jpg")
    told: list[float] = []
    with pytest.raises(RenderError, match=r"lost\.jpg: the file was not uploaded"):
        studio.render(progress=told.append)
    assert told == []


def test_an_old_result_stays_when_the_new_one_fails(studio: Studio) -> None:
    studio.target.write_bytes(b"old")
    studio.file("broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    studio.shoot("broken.jpg")
    with pytest.raises(RenderError, match="broken"):
        studio.render()
    assert studio.target.read_bytes() == b"old"


def test_a_folder_that_does_not_exist_is_one_clear_error(studio: Studio) -> None:
    studio.shoot(studio.photo("a.png", scenery(320, 180)))
    studio.folder = studio.folder / "nowhere"
    with pytest.raises(RenderError, match=r"out\.mp4: cannot be written"):
        studio.render()


def test_photos_are_opened_when_they_come_and_let_go_when_they_are_over(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[PhotoScene] = []
    most = 0

    class Counted(PhotoScene):
        def __init__(self, *args: Any) -> None:
            nonlocal most
            super().__init__(*args)
            opened.append(self)
            most = max(most, len(opened))

        def close(self) -> None:
            opened.remove(self)

    monkeypatch.setattr(shots, "PhotoScene", Counted)
    for n in range(8):
        name = studio.photo(f"{n}.png", scenery(320, 180, n))
        studio.shoot(name, n * 100, 200, tr={"type": "crossfade", "d": 100})
    studio.render()
    assert most == 2
    assert opened == []


def test_the_same_draft_gives_the_same_frames(studio: Studio) -> None:
    studio.duration = 300
    studio.shoot(studio.photo("a.png", scenery(400, 180)))
    studio.titles = [{"s": 0, "d": 300, "text": "Again"}]
    plan = read(studio.draft())
    first, again = ([f.to_ndarray() for f in frames(Cast(plan, studio.media))] for _ in range(2))
    assert np.array_equal(first, again)
