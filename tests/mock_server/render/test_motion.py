"""The window's way over a picture: eased, one way only, and exact to a few thousandths of a pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image

from mock_server.render import subject
from mock_server.render.framing import Fit, choose, cover
from mock_server.render.geometry import Rect
from mock_server.render.motion import STYLES, MotionStyle, Move, Path, move, style
from mock_server.render.photo import Photo
from mock_server.render.plan import Shot, Source, Span
from mock_server.render.shots import PhotoScene
from mock_server.render.yuv import Planes

if TYPE_CHECKING:
    from pathlib import Path as FilePath

    from numpy.typing import NDArray

STEPS = [n / 400 for n in range(401)]
MOVING = [STYLES["smooth"], STYLES["upbeat"]]


@pytest.mark.parametrize("moving", MOVING)
@pytest.mark.parametrize("which", list(Move))
def test_a_path_never_turns_back(which: Move, moving: MotionStyle) -> None:
    path = cover((1600, 1100), (1280, 720), which, moving, 4.0).path
    windows = [path.at(u) for u in STEPS]
    for value in ("x", "y", "w"):
        series = np.array([getattr(window, value) for window in windows])
        steps = np.diff(series)
        assert (steps >= -1e-9).all() or (steps <= 1e-9).all(), value


@pytest.mark.parametrize("moving", MOVING)
def test_a_path_starts_and_ends_where_it_should_and_is_never_at_rest(moving: MotionStyle) -> None:
    ease = moving.ease
    assert (ease(0.0), ease(1.0)) == (0.0, 1.0)
    assert min(np.diff([ease(u) for u in STEPS])) > 0


def test_a_zoom_grows_by_the_same_factor_and_its_goal_stands_still() -> None:
    path = Path(Rect(0, 0, 200, 100), Rect(0, 0, 200, 100).shrunk(0.5, 0.3, 0.7), lambda u: u)
    widths = [path.at(u).w for u in STEPS]
    factors = np.array(widths[1:]) / np.array(widths[:-1])
    assert np.ptp(factors) < 1e-12
    for u in STEPS:
        window = path.at(u)
        assert (60 - window.x) / window.w == pytest.approx(0.3)
        assert (70 - window.y) / window.h == pytest.approx(0.7)


def test_outside_its_time_a_path_stays_at_its_ends() -> None:
    path = Path(Rect(0, 0, 100, 50), Rect(10, 5, 80, 40), lambda u: u)
    assert path.at(-1) == path.start
    assert path.at(2).w == pytest.approx(path.end.w)


def test_still_does_not_move() -> None:
    path = cover((1600, 1100), (1280, 720), Move.ZOOM_IN, style("still"), 4.0).path
    assert path.at(0.0) == path.at(0.5) == path.at(1.0)


def test_unknown_names_mean_a_smooth_zoom() -> None:
    assert style("wobbly") is STYLES["smooth"]
    assert move("spiral") is Move.ZOOM_IN


SHAPES = {
    "fills a wide frame": ((1440, 900), (640, 360)),
    "fills an upright frame": ((900, 1440), (360, 640)),
    "panorama": ((2400, 720), (640, 360)),
    "panorama in an upright frame": ((2800, 1280), (360, 640)),
}
WHOLE = {
    "whole in a wide frame": ((720, 960), (640, 360)),
    "whole in an upright frame": ((960, 720), (360, 640)),
}
RADIUS = 7.0
"""Of the dots, in frame pixels: larger ones have less steep sides and suffer more from 8 bits."""


@pytest.fixture
def unframed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures have no subject: a dot on an empty ground would be one."""
    monkeypatch.setattr(subject, "find", lambda *_: None)


@pytest.mark.usefixtures("unframed")
@pytest.mark.parametrize("moving", ["smooth", "upbeat"])
@pytest.mark.parametrize("which", list(Move))
@pytest.mark.parametrize(("size", "frame"), SHAPES.values(), ids=SHAPES)
def test_what_is_drawn_is_where_the_path_says(
    size: tuple[int, int], frame: tuple[int, int], which: Move, moving: str, tmp_path: FilePath
) -> None:
    """A grid of dots in a photo: where they are in the frames, against the path. The frame as a
    whole, and each dot; in a zoom a dot is known to 1/32 of a pixel, which evens out."""
    grid = Grid(size, frame, which, moving, tmp_path / "dots.png")
    offsets, single = [], []
    for number in range(FRAMES):
        seen = grid.seen(number)
        ideal = [grid.ideal(number, place) for place in seen]
        assert len(seen) >= 6
        away = np.array(list(seen.values())) - np.array(ideal)
        offsets.append(away.mean(axis=0))
        single.append(np.square(away).mean())
    rms, each = (float(np.sqrt(np.mean(squares))) for squares in (np.square(offsets), single))
    zooms = grid.window(0).w != pytest.approx(grid.window(FRAMES - 1).w)
    assert rms <= 0.005, f"{rms:.4f} px"
    assert each <= (0.0125 if zooms else 0.005), f"{each:.4f} px"


@pytest.mark.usefixtures("unframed")
@pytest.mark.parametrize("moving", ["smooth", "upbeat"])
@pytest.mark.parametrize("which", list(Move))
@pytest.mark.parametrize(("size", "frame"), WHOLE.values(), ids=WHOLE)
def test_over_a_fill_a_picture_moves_as_the_path_says(
    size: tuple[int, int], frame: tuple[int, int], which: Move, moving: str, tmp_path: FilePath
) -> None:
    """Where a picture lies is rounded to pixels. On its stage it lies still, then."""
    grid = Grid(size, frame, which, moving, tmp_path / "dots.png")
    seen = [grid.seen(number) for number in range(FRAMES)]
    kept = sorted(set.intersection(*(set(places) for places in seen)))
    factors = np.array([frame[0] / grid.window(n).w for n in range(FRAMES)])[:, None, None]
    corners = np.array([[(grid.window(n).x, grid.window(n).y)] for n in range(FRAMES)])
    found = np.array([[places[place] for place in kept] for places in seen])
    stage = corners + found / factors
    offsets = ((stage - stage.mean(axis=0)) * factors).mean(axis=1)
    rms = float(np.sqrt(np.mean(np.square(offsets))))
    assert len(kept) >= 6
    assert rms <= 0.005, f"{rms:.4f} px"


@pytest.mark.usefixtures("unframed")
@pytest.mark.parametrize("which", list(Move))
@pytest.mark.parametrize(("size", "frame"), (SHAPES | WHOLE).values(), ids=SHAPES | WHOLE)
def test_no_dot_ever_steps_back(
    size: tuple[int, int], frame: tuple[int, int], which: Move, tmp_path: FilePath
) -> None:
    grid = Grid(size, frame, which, "smooth", tmp_path / "dots.png")
    ways: dict[tuple[float, float], list[tuple[float, float]]] = {}
    for number in range(FRAMES):
        for place, found in grid.seen(number).items():
            ways.setdefault(place, []).append(found)
    assert len(ways) >= 6
    for way in ways.values():
        steps = np.diff(np.array(way), axis=0)
        back, forth = (steps < -BLUR).any(axis=0), (steps > BLUR).any(axis=0)
        assert not (back & forth).any()


FRAMES = 40
BLUR = 0.05
"""What one dot's place is known to, in pixels, from 8 bits."""


class Grid:
    """A photo with dots on a lattice as its scene. Places are in photo pixels."""

    def __init__(
        self,
        size: tuple[int, int],
        frame: tuple[int, int],
        which: Move,
        moving: str,
        path: FilePath,
    ) -> None:
        self._size, self._frame = size, frame
        self._shown = choose(size, frame, which, style(moving), FRAMES / 30)
        scale = frame[0] / self._shown.path.start.w
        if isinstance(self._shown, Fit):
            scale *= self._shown.picture.w / size[0]
        radius = RADIUS / scale
        gap = int(5.5 * radius)
        self._places = [
            (x + 0.37 + 0.013 * (x % 7), y + 0.21 + 0.017 * (y % 5))
            for x in range(gap // 2, size[0] - gap // 2, gap)
            for y in range(gap // 2, size[1] - gap // 2, gap)
        ]
        picture = np.full(size[::-1], 20.0)
        reach = int(radius) + 2
        for x, y in self._places:
            left, top = int(x) - reach, int(y) - reach
            ys, xs = np.mgrid[top : top + 2 * reach + 1, left : left + 2 * reach + 1] + 0.5
            near = np.minimum(np.hypot(xs - x, ys - y) / radius, 1)
            part = picture[top : top + 2 * reach + 1, left : left + 2 * reach + 1]
            part += 110 * (1 + np.cos(np.pi * near))
        Image.fromarray(np.round(picture).astype(np.uint8)).save(path, compress_level=1)
        shot = Shot(Span(0, FRAMES), Source("a", "a"), moving, which, "cut", 0)
        self._scene = PhotoScene(Photo(path, "a"), shot, frame, 30)

    def window(self, number: int) -> Rect:
        return self._shown.path.at(number / (FRAMES - 1))

    def ideal(self, number: int, place: tuple[float, float]) -> tuple[float, float]:
        """Where a place is in a frame; over a fill to a pixel or two."""
        x, y = place
        if isinstance(self._shown, Fit):
            box = self._shown.picture
            x, y = box.x + x * box.w / self._size[0], box.y + y * box.h / self._size[1]
        window = self.window(number)
        factor = self._frame[0] / window.w
        return (x - window.x) * factor, (y - window.y) * factor

    def seen(self, number: int) -> dict[tuple[float, float], tuple[float, float]]:
        """The dots that are whole in a frame → their centres of mass there."""
        out = Planes.empty(*self._frame)
        self._scene.draw(number, out)
        room = 2 * RADIUS
        result = {}
        for place in self._places:
            x, y = self.ideal(number, place)
            if room < x < self._frame[0] - room and room < y < self._frame[1] - room:
                result[place] = _centre(out.y, x, y)
        return result


def _centre(luma: NDArray[np.uint8], x: float, y: float) -> tuple[float, float]:
    reach = int(1.6 * RADIUS)
    left, top = int(x) - reach, int(y) - reach
    part = luma[top : top + 2 * reach + 1, left : left + 2 * reach + 1].astype(float)
    m = cv2.moments(part - part[0, 0])  # a corner is the ground
    return left + m["m10"] / m["m00"] + 0.5, top + m["m01"] / m["m00"] + 0.5
