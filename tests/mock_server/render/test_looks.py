"""Looks, measured on pictures: what becomes of white, black, skin and grey, and what stays."""

from __future__ import annotations

import av
import numpy as np
import pytest
from PIL import Image

from mock_server.render.looks import LOOKS, grade
from mock_server.render.yuv import Planes
from tests.mock_server.render.studio import Studio, scenery, seen

SKIN = [(241, 194, 165), (198, 134, 94), (141, 85, 54), (74, 44, 29)]  # light to dark


def graded(look: str, colour: tuple[int, int, int]) -> tuple[float, float, float]:
    """What becomes of an even colour, in sRGB."""
    made = grade(look)
    assert made is not None
    pixels = np.full((16, 16, 3), colour, np.uint8)
    red, green, blue = seen(made(Planes.from_rgb(pixels)))[8, 8].astype(float)
    return red, green, blue


def hue(colour: tuple[float, float, float]) -> float:
    """Degrees in the plane of Pb and Pr: skin lies about 123."""
    red, green, blue = colour
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return float(np.degrees(np.arctan2((red - light) / 1.5748, (blue - light) / 1.8556)) % 360)


class TestWarm:
    def test_grey_becomes_golden_and_lighter(self) -> None:
        red, green, blue = graded("warm", (128, 128, 128))
        assert red > green > blue
        assert red - blue > 15
        assert green > 128

    def test_white_stays_white_with_a_touch_of_cream(self) -> None:
        red, green, blue = graded("warm", (255, 255, 255))
        assert min(red, green) >= 252
        assert 240 <= blue <= 251

    def test_black_is_lifted_a_little_and_has_no_colour(self) -> None:
        values = graded("warm", (0, 0, 0))
        assert min(values) >= 2
        assert max(values) <= 8
        assert max(values) - min(values) <= 2

    @pytest.mark.parametrize("skin", SKIN)
    def test_skin_keeps_its_hue_and_is_not_orange(self, skin: tuple[int, int, int]) -> None:
        after = graded("warm", skin)
        assert abs(hue(after) - hue(skin)) < 5
        before = max(skin) - min(skin)
        assert before < max(after) - min(after) < before + 22

    def test_a_strong_colour_hardly_changes(self) -> None:
        after = graded("warm", (230, 90, 20))
        assert max(abs(a - b) for a, b in zip(after, (230, 90, 20), strict=True)) < 16


def test_the_cool_look_is_bluer_and_skin_is_not_grey() -> None:
    red, _, blue = graded("cool", (128, 128, 128))
    assert blue - red > 12
    red, green, blue = graded("cool", SKIN[0])
    assert red > green > blue


def test_black_and_white_has_no_colour_and_all_of_the_light() -> None:
    made = grade("mono")
    assert made is not None
    after = made(Planes.from_rgb(np.asarray(scenery(64, 64))))
    assert np.all(after.u == 128)
    assert np.all(after.v == 128)
    assert graded("mono", (255, 255, 255)) == (255, 255, 255)


@pytest.mark.parametrize("look", LOOKS)
def test_lighter_stays_lighter(look: str) -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2).repeat(4, axis=0)
    made = grade(look)
    assert made is not None
    light = made(Planes.from_rgb(ramp)).y[0].astype(int)
    assert np.all(np.diff(light) >= 0)
    assert (light[0] < 22, light[-1]) == (True, 235)


def test_any_other_name_leaves_the_colours_as_they_are(studio: Studio) -> None:
    assert grade("") is grade("natural") is None
    studio.shoot(studio.photo("a.jpg", scenery(640, 360)))
    plain = studio.render().path.read_bytes()
    draft = studio.draft()
    draft["m"]["look"] = "natural"
    studio.draft = lambda: draft  # type: ignore[method-assign]
    assert studio.render().path.read_bytes() == plain


class TestInAVideo:
    GREY = (128, 128, 128)

    def warm(self, studio: Studio) -> list[np.ndarray]:
        draft = studio.draft()
        draft["m"]["look"] = "warm"
        studio.draft = lambda: draft  # type: ignore[method-assign]
        return studio.frames()

    def test_a_photo_has_it_and_its_captions_plate_and_ink_do_not(self, studio: Studio) -> None:
        studio.shoot(studio.photo("grey.png", Image.new("RGB", (320, 180), self.GREY)))
        style = {"size": "small", "position": "bottom"}
        studio.titles.append({"s": 0, "d": 1000, "text": "HHHHHHHH", "style": style})
        frame = self.warm(studio)[15].astype(int)
        assert frame[20, 20, 0] - frame[20, 20, 2] > 15
        ink = frame[frame.min(axis=2) > 240]
        assert len(ink) > 50
        assert (ink[:, 0] - ink[:, 2]).mean() < 6  # a white that is graded has 9
        plate = frame[frame.max(axis=2) < 60]
        assert (plate[:, 0] - plate[:, 2]).mean() < 12

    def test_so_has_the_fill_about_it_and_the_ground_of_a_transparent_one(
        self, studio: Studio
    ) -> None:
        studio.shoot(studio.photo("tall.png", Image.new("RGB", (90, 400), self.GREY)), 0, 500)
        drop = Image.new("RGBA", (320, 180), (0, 0, 0, 0))
        drop.paste((90, 90, 90, 255), (120, 60, 200, 120))
        studio.shoot(studio.photo("drop.png", drop), 500, 500)
        frames = self.warm(studio)
        for frame, place in ((frames[7], (90, 10)), (frames[22], (10, 10))):
            pixel = frame[place].astype(int)
            assert pixel[0] > pixel[2] + 4

    @pytest.mark.parametrize("size", [(320, 180), (120, 180)], ids=["covering", "on a fill"])
    def test_a_clip_has_it_in_every_frame(self, studio: Studio, size: tuple[int, int]) -> None:
        with av.open(studio.file("clip.mp4"), "w") as container:
            stream = container.add_stream("libx264", rate=10, options={"crf": "1"})
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            for number in range(10):
                pixels = np.full((size[1], size[0], 3), 80 + 10 * number, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
            container.mux(stream.encode(None))
        source = {"type": "video", "hash": "clip.mp4", "name": "clip.mp4"}
        studio.shots.append({"s": 0, "d": 1000, "src": source})
        middles = [frame[90, 160].astype(int) for frame in self.warm(studio)]
        assert all(red - blue > 12 for red, _, blue in middles)
        assert middles[-1][1] > middles[0][1] + 60
