"""What each listing promises, in the videos that are made for it: a message of nothing but the wish
for a video, by its `X-Skill-Source`, and the file that comes of it, decoded."""

import io
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw

from mock_server import render
from tests.mock_server.api import MAKE, Api
from tests.mock_server.render.studio import hearing, scenery

FREE, LOW_VRAM = "image-to-video-in-free", "image-to-video-low-vram"
EXTENDER, JOY = "ai-image-to-video-extender", "joy-image-to-video"
SMALL = f"{MAKE} in 480p"

Make = Callable[..., "Video"]


@dataclass(frozen=True)
class Video:
    path: Path

    @cached_property
    def size(self) -> tuple[int, int]:
        with av.open(self.path) as container:
            video = container.streams.video[0]
            return video.width, video.height

    @cached_property
    def seconds(self) -> float:
        with av.open(self.path) as container:
            assert container.duration
            return container.duration / 1e6

    def light(self, rows: slice = slice(None)) -> list[np.ndarray]:
        """Those rows of every frame, (h, w)."""
        with av.open(self.path) as container:
            frames = container.decode(video=0)
            return [frame.to_ndarray()[: frame.height][rows].copy() for frame in frames]

    @property
    def steps(self) -> list[float]:
        """How much each frame differs from the one before, of 255."""
        small = (frame[::8, ::8].astype(np.int16) for frame in self.light())
        pairs = itertools.pairwise(small)
        return [float(np.abs(a - b).mean()) for a, b in pairs]

    def colours(self, number: int) -> np.ndarray:
        """A frame as (h, w, 3) sRGB."""
        with av.open(self.path) as container:
            frame = next(itertools.islice(container.decode(video=0), number, None))
            return frame.to_ndarray(format="rgb24").astype(int)


@pytest.fixture
def make(serve: Callable[..., Api], tmp_path: Path) -> Make:
    """The video of a listing, rendered: `make(JOY, *pictures)`."""

    def make(source: str, *images: Image.Image, words: str = MAKE) -> Video:
        api = serve(renderer=render.render, inspector=render.inspect)
        api.http.headers["X-Skill-Source"] = source
        api.start()
        for number, image in enumerate(images):
            file = io.BytesIO()
            image.save(file, "PNG")
            assert api.upload(f"{number}.png", contents=file.getvalue()).status_code == 200
        api.say(words)
        api.render()
        api.wait()
        path = tmp_path / f"{source}.mp4"
        path.write_bytes(api.http.get("/api/render/proxy/render_1/download").content)
        return Video(path)

    return make


def grey(level: int) -> Image.Image:
    return Image.new("RGB", (320, 180), (level,) * 3)


def far(light: np.ndarray) -> float:
    """Pixels between a dark spot on the left and one on the right."""
    dark, middle = np.clip(150.0 - light, 0, None), light.shape[1] // 2
    at = np.arange(light.shape[1])
    left, right = dark[:, :middle].sum(axis=0), dark[:, middle:].sum(axis=0)
    return float((right @ at[middle:]) / right.sum() - (left @ at[:middle]) / left.sum())


def brightness(path: Path) -> float:
    """The middle of the spectrum, in Hz: where half of what is heard is above."""
    samples = hearing(path).mean(axis=0)
    parts = samples[: len(samples) // 4096 * 4096].reshape(-1, 4096) * np.hanning(4096)
    strength = np.abs(np.fft.rfft(parts)).mean(axis=0)
    return float((strength * np.fft.rfftfreq(4096, 1 / 48_000)).sum() / strength.sum())


def test_free_is_full_hd(make: Make) -> None:
    video = make(FREE, *(scenery(320, 180, seed) for seed in range(2)))
    assert video.size == (1920, 1080)
    assert video.seconds == pytest.approx(6, abs=0.05)


def test_low_vram_is_720p_and_five_seconds_long(make: Make) -> None:
    video = make(LOW_VRAM, *(scenery(320, 180, seed) for seed in range(3)))
    assert video.size == (1280, 720)
    assert video.seconds == pytest.approx(5, abs=0.05)


def test_low_vram_shows_a_drawing_whole_with_clean_edges(make: Make) -> None:
    drawing = Image.new("RGBA", (640, 480), (255, 0, 255, 0))  # a colour behind what is clear
    pen = ImageDraw.Draw(drawing)
    pen.ellipse((170, 60, 470, 420), fill=(20, 40, 160, 255))
    for y, colour in ((8, (200, 30, 30, 255)), (452, (20, 120, 30, 255))):
        pen.rectangle((280, y, 360, y + 20), fill=colour)
    frame = make(LOW_VRAM, drawing).colours(75)
    ground = frame[0, 0]
    red, green, blue = frame.transpose(2, 0, 1)
    bars = [(red > green + 80) & (red > blue + 80), (green > red + 50) & (green > blue + 50)]
    assert all(bar.any() for bar in bars)  # nothing is cut off
    assert np.abs(frame[[0, -1]] - ground).max() < 12
    light = frame @ (0.2126, 0.7152, 0.0722)
    ink = light.min()
    assert 32 < ink < 60 < light[0, 0] == pytest.approx(light.max(), abs=12)  # no rim
    assert (np.minimum(red, blue) - green).max() < 40  # nothing of what is hidden


def test_the_extender_moves_smoothly_for_ten_seconds_without_a_cut(make: Make) -> None:
    photo = Image.new("L", (1920, 1080), 200)
    for x in (660, 1260):
        ImageDraw.Draw(photo).ellipse((x - 60, 480, x + 60, 600), fill=40)
    video = make(EXTENDER, photo)
    assert video.size == (1920, 1080)
    frames = video.light(slice(420, 660))
    assert len(frames) == 300
    shown = frames[:278]  # then it goes into black
    assert all(frame[[0, -1]].min() > 150 for frame in shown)  # the spots are whole
    apart = np.array([far(frame) for frame in shown])
    steps = np.diff(apart)
    assert steps.min() > 0  # it comes nearer in every frame
    assert np.abs(np.diff(steps)).max() < 0.25  # px


class TestJoy:
    def test_the_look_is_warm(self, make: Make) -> None:
        plain, warm = (
            make(source, grey(128), words=SMALL).colours(60)[200, 400] for source in (FREE, JOY)
        )
        assert np.ptp(plain) < 6
        red, green, blue = warm
        assert red > green > blue
        assert red - blue > 15
        natural = make(JOY, grey(128), words=f"{SMALL}, natural colours")
        assert np.ptp(natural.colours(60)[200, 400]) < 6

    def test_transitions_are_upbeat(self, make: Make) -> None:
        scenes = [scenery(320, 180, seed) for seed in range(4)]
        calm, lively = (make(source, *scenes, words=SMALL) for source in (FREE, JOY))
        assert lively.seconds / 4 < calm.seconds / 4  # photos change sooner
        # Calm ones change by and by, lively ones within a frame or a third of a second.
        assert max(lively.steps) > 5 * max(calm.steps)

    def test_music_is_bright_and_brisk(self, make: Make) -> None:
        photos = [grey(90), grey(120)]
        calm, bright = (
            brightness(make(source, *photos, words=SMALL).path) for source in (FREE, JOY)
        )
        assert bright > 2 * calm
