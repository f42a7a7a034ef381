"""The window's way over a picture: eased, one way only, and exact to a few thousandths of a pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image

from mock_server.render import subject
from mock_server.render.framing import Cover, Fit, choose, cover
from mock_server.render.geometry import Rect
from mock_server.render.motion import STYLES, Move, Path, Style, move, style
from mock_server.render.photo import Photo
from mock_server.render.plan import Shot, Source, Span
from mock_server.render.shots import PhotoScene
from mock_server.render.yuv import Planes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path as FilePath

    from numpy.typing import NDArray

STEPS = [n / 400 for n in range(401)]
MOVING = [STYLES["smooth"], STYLES["upbeat"]]


@pytest.mark.parametrize("moving", MOVING)
@pytest.mark.parametrize("which", list(Move))
def test_a_path_never_turns_back(which: Move, moving: Style) -> None:
    path = cover((1600, 1100), (1280, 720), which, moving, 4.0).path
    windows = [path.at(u) for u in STEPS]
    for value in ("x", "y", "w"):
        series = np.array([getattr(window, value) for window in windows])
        steps = np.diff(series)
        assert (steps >= -1e-9).all() or (steps <= 1e-9).all(), value


@pytest.mark.parametrize("moving", MOVING)
def test_a_path_starts_and_ends_where_it_should_and_is_never_at_rest(moving: Style) -> None:
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
    """A grid of dots in a photo: where they are in the frames, against the path."""
    offsets = _offsets(size, frame, which, moving, tmp_path / "dots.png")
    rms = float(np.sqrt(np.mean(np.square(offsets))))
    assert rms <= 0.005, f"{rms:.4f} px"


@pytest.mark.usefixtures("unframed")
@pytest.mark.parametrize("which", list(Move))
@pytest.mark.parametrize(("size", "frame"), SHAPES.values(), ids=SHAPES)
def test_no_dot_ever_steps_back(
    size: tuple[int, int], frame: tuple[int, int], which: Move, tmp_path: FilePath
) -> None:
    middle = (size[0] / 2, size[1] / 2)
    scene, window = _scene(size, frame, which, "smooth", [middle], tmp_path / "dot.png")
    out = Planes.empty(*frame)
    places = []
    for number in range(FRAMES):
        scene.draw(number, out)
        near = window(number)(*middle)
        if 1.5 * RADIUS < near[0] < frame[0] - 1.5 * RADIUS:
            places.append(_centre(out.y, near, 1.4 * RADIUS))
    steps = np.diff(np.array(places), axis=0)
    assert len(steps) > 5
    for axis in (0, 1):
        along = steps[:, axis]
        assert along.min() >= -0.01 or along.max() <= 0.01


FRAMES = 40


def _scene(
    size: tuple[int, int],
    frame: tuple[int, int],
    which: Move,
    moving: str,
    places: list[tuple[float, float]],
    path: FilePath,
) -> tuple[PhotoScene, Callable[[int], Callable[[float, float], tuple[float, float]]]]:
    """A photo with dots as its scene, and what leads from a place in it to one in a frame."""
    shown = choose(size, frame, which, style(moving), FRAMES / 30)
    picture = np.full(size[::-1], 20.0)
    radius = RADIUS / _scale(size, frame, shown)
    reach = int(radius) + 2
    for x, y in places:
        left, top = int(x) - reach, int(y) - reach
        ys, xs = np.mgrid[top : top + 2 * reach + 1, left : left + 2 * reach + 1] + 0.5
        near = np.minimum(np.hypot(xs - x, ys - y) / radius, 1)
        picture[top : top + 2 * reach + 1, left : left + 2 * reach + 1] += 110 * (
            1 + np.cos(np.pi * near)
        )
    Image.fromarray(np.round(picture).astype(np.uint8)).save(path, compress_level=1)
    shot = Shot(Span(0, FRAMES), Source("a", "a"), moving, which, "cut", 0)
    scene = PhotoScene(Photo(path, "a"), shot, frame, 30)

    def at(number: int) -> Callable[[float, float], tuple[float, float]]:
        window = shown.path.at(number / (FRAMES - 1))
        factor = frame[0] / window.w

        def place(x: float, y: float) -> tuple[float, float]:
            if isinstance(shown, Fit):  # the picture lies on whole pixels of an even stage
                box = shown.picture
                x = round(box.x) + x * round(box.w) / size[0]
                y = round(box.y) + y * round(box.h) / size[1]
                x *= shown.width / (round(shown.width / 2) * 2)
                y *= shown.height / (round(shown.height / 2) * 2)
            return (x - window.x) * factor, (y - window.y) * factor

        return place

    return scene, at


def _scale(size: tuple[int, int], frame: tuple[int, int], shown: Cover | Fit) -> float:
    """Frame pixels for a pixel of the picture, at the start."""
    scale = frame[0] / shown.path.start.w
    return scale * shown.picture.w / size[0] if isinstance(shown, Fit) else scale


def _offsets(
    size: tuple[int, int], frame: tuple[int, int], which: Move, moving: str, path: FilePath
) -> NDArray[np.float64]:
    """(frames, 2): how far the dots of each frame are, on the average, from where they should."""
    gap = int(
        5.5 * RADIUS / _scale(size, frame, choose(size, frame, which, style(moving), FRAMES / 30))
    )
    places = [
        (x + 0.37 + 0.013 * (x % 7), y + 0.21 + 0.017 * (y % 5))
        for x in range(gap // 2, size[0] - gap // 2, gap)
        for y in range(gap // 2, size[1] - gap // 2, gap)
    ]
    scene, at = _scene(size, frame, which, moving, places, path)
    out = Planes.empty(*frame)
    offsets = []
    for number in range(FRAMES):
        scene.draw(number, out)
        ideal = [at(number)(x, y) for x, y in places]
        room = 1.5 * RADIUS
        seen = [p for p in ideal if room < p[0] < frame[0] - room and room < p[1] < frame[1] - room]
        assert len(seen) >= 6
        found = [_centre(out.y, p, 1.4 * RADIUS) for p in seen]
        offsets.append(np.mean(np.array(found) - np.array(seen), axis=0))
    return np.array(offsets)


def _centre(y: NDArray[np.uint8], near: tuple[float, float], reach: float) -> tuple[float, float]:
    """The centre of mass of a dot within `reach` of a place; the ground is what a corner has."""
    side = int(reach)
    left, top = max(0, int(near[0]) - side), max(0, int(near[1]) - side)
    part = y[top : top + 2 * side + 1, left : left + 2 * side + 1].astype(float)
    m = cv2.moments(part - part[0, 0])
    return left + m["m10"] / m["m00"] + 0.5, top + m["m01"] / m["m00"] + 0.5
