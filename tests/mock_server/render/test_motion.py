"""The window's way over a picture: eased, one way only, and exact to a few thousandths of a pixel."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mock_server.render.framing import cover
from mock_server.render.geometry import Rect
from mock_server.render.motion import STYLES, Move, Path, Style, move, style
from mock_server.render.yuv import Planes

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


@pytest.mark.parametrize("which", [Move.ZOOM_IN, Move.PAN_LEFT, Move.PAN_DOWN])
def test_what_is_drawn_is_where_the_path_says(which: Move) -> None:
    """A grid of soft dots under the moving window: each dot's centre of mass against the path."""
    picture = Planes.empty(704, 400)
    places = [(x + 0.37, y + 0.21) for x in range(60, 660, 48) for y in range(60, 350, 48)]
    ys, xs = np.mgrid[0:400, 0:704] + 0.5
    light = sum(np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * 4.0**2)) for x, y in places)
    picture.y[:] = np.round(20 + 200 * np.clip(light, 0, 1))
    true = _centres(picture.y, places)
    path = cover((704, 400), (640, 360), which, style("smooth"), 2.0).path
    frame = Planes.empty(640, 360)
    offsets = []
    for u in np.linspace(0, 1, 31):
        window = path.at(u)
        picture.sample(window, frame)
        scale = 640 / window.w
        ideal = [((x - window.x) * scale, (y - window.y) * scale) for x, y in true]
        seen = [p for p in ideal if 24 < p[0] < 616 and 24 < p[1] < 336]
        found = _centres(frame.y, seen)
        offsets.append(np.mean(np.array(found) - np.array(seen), axis=0))
    rms = float(np.sqrt(np.mean(np.square(offsets))))
    assert rms <= 0.005, f"{which}: {rms:.4f} px"


def _centres(y: np.ndarray, near: list[tuple[float, float]]) -> list[tuple[float, float]]:
    centres = []
    for x0, y0 in near:
        left, top = int(x0) - 17, int(y0) - 17
        part = y[top : top + 36, left : left + 36].astype(float) - 20
        m = cv2.moments(part)
        centres.append((left + m["m10"] / m["m00"] + 0.5, top + m["m01"] / m["m00"] + 0.5))
    return centres
