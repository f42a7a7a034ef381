"""A shot that is longer than its move: it goes on from there, and the seam is not seen."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mock_server.render import plan as plans
from mock_server.render.cast import Cast
from mock_server.render.compose import frames
from mock_server.render.framing import Cover, Subject, choose
from mock_server.render.geometry import Rect
from mock_server.render.motion import STYLES, MotionStyle, Move
from mock_server.render.onward import go_on, standing
from tests.mock_server.render.studio import Studio, scenery

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from mock_server.render.onward import Onward

MOVING = [STYLES["smooth"], STYLES["upbeat"]]
SHAPES = [
    ((1600, 900), (1280, 720), None),
    ((1600, 1200), (1280, 720), None),
    ((1600, 1200), (720, 720), None),
    ((900, 1600), (1280, 720), None),
    ((4800, 1200), (1280, 720), None),
    ((1600, 1200), (1280, 720), Subject(Rect(500, 200, 400, 500), faces=True)),
    ((1600, 1200), (720, 1280), Subject(Rect(900, 100, 300, 900), faces=True)),
]
SECONDS, FPS = 3.0, 30


def windows(
    shape: tuple[tuple[int, int], tuple[int, int], Subject | None], move: Move, style: MotionStyle
) -> tuple[Cover | None, list[Rect], Onward]:
    """The window in every frame of a shot of 3 s that goes on for 60 s."""
    picture, frame, subject = shape
    shown = choose(picture, frame, move, style, SECONDS, subject)
    onward = go_on(shown, picture, frame, SECONDS)
    count = round(SECONDS * FPS)
    before = [shown.path.at(n / count) for n in range(count + 1)]
    after = [onward.at(n / FPS) for n in range(1, 60 * FPS)]
    return shown if isinstance(shown, Cover) else None, before + after, onward


def step(a: Rect, b: Rect) -> float:
    """The mean way of the frame's nine places between two frames, in sides of the frame."""
    ways = []
    for u, v in itertools.product((0.1, 0.5, 0.9), repeat=2):
        across = (a.x + u * a.w - b.x) / b.w - u
        down = (a.y + v * a.h - b.y) / b.h - v
        ways.append(np.hypot(across, down))
    return float(np.mean(ways))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("move", list(Move))
@pytest.mark.parametrize("style", MOVING)
def test_the_window_goes_on_as_fast_as_it_went_and_never_leaves_the_photo(
    shape: tuple[tuple[int, int], tuple[int, int], Subject | None], move: Move, style: MotionStyle
) -> None:
    covered, way, onward = windows(shape, move, style)
    steps = [step(a, b) for a, b in itertools.pairwise(way)]
    seam = round(SECONDS * FPS)
    assert steps[seam] <= 1.15 * max(steps[seam - 1], steps[seam + 1])
    assert max(steps[seam:]) <= max(steps[:seam])
    assert max(abs(b - a) for a, b in itertools.pairwise(steps[seam + 1 :])) < 0.1 * max(steps)
    if onward.seconds:  # it had room: no stop
        assert steps[seam] >= 0.85 * steps[seam - 1]
    if covered is not None:
        room = Rect(0, 0, *shape[0])
        assert all(window.x >= -1e-6 and window.y >= -1e-6 for window in way)
        assert all(window.right <= room.right + 1e-6 for window in way)
        assert all(window.bottom <= room.bottom + 1e-6 for window in way)
        assert min(window.w for window in way) >= 0.75 * shape[0][1] * 0.5


def test_only_a_zoom_that_ends_with_all_of_the_picture_has_to_turn_at_once() -> None:
    stops = {
        (shape[0], move)
        for shape, move in itertools.product(SHAPES, Move)
        if not windows(shape, move, STYLES["smooth"])[2].seconds
    }
    assert stops
    for size, move in stops:
        path = choose(size, (1280, 720), move, STYLES["smooth"], SECONDS).path
        assert move in (Move.ZOOM_OUT, Move.PAN_DOWN, Move.PAN_RIGHT), path


def test_a_panorama_is_passed_on() -> None:
    shown = choose((6400, 800), (1280, 720), Move.PAN_RIGHT, STYLES["smooth"], SECONDS)
    goal = go_on(shown, (6400, 800), (1280, 720), SECONDS).on.end
    assert goal.w == pytest.approx(shown.path.end.w)
    assert goal.right == pytest.approx(6400, abs=4)


def test_still_stays_still() -> None:
    shown = choose((1600, 900), (1280, 720), Move.ZOOM_IN, STYLES["still"], SECONDS)
    onward = go_on(shown, (1600, 900), (1280, 720), SECONDS)
    assert {onward.at(t) for t in (0.0, 1.0, 9.0, 40.0)} == {shown.path.end}


def test_what_stands_sets_off_from_rest() -> None:
    onward = standing((1280, 720))
    assert onward.at(0) == Rect(0, 0, 1280, 720)
    assert step(onward.at(0), onward.at(1 / 30)) < 1e-4
    assert onward.at(12).w < 1200


def planes(studio: Studio) -> list[NDArray[np.int16]]:
    """What is drawn: light, and below it the colours."""
    drawn = frames(Cast(plans.read(studio.draft()), studio.media))
    return [frame.to_ndarray().astype(np.int16) for frame in drawn]


def steps_of(pictures: list[NDArray[np.int16]]) -> list[float]:
    return [float(np.abs(b - a).mean()) for a, b in itertools.pairwise(pictures)]


@pytest.mark.parametrize("size", [(960, 540), (540, 960), (2000, 400)])
@pytest.mark.parametrize("move", ["zoom_in", "pan_left", "pan_right"])
def test_in_the_frames_of_a_photo_the_seam_is_not_seen(
    tmp_path: Path, size: tuple[int, int], move: str
) -> None:
    studio = Studio(tmp_path, duration=4000)
    photo = studio.photo("a.png", scenery(*size))
    studio.shoot(photo, motion={"style": "smooth", "move": move, "d": 3000})
    long = planes(studio)
    steps = steps_of(long)
    assert steps[89] <= 1.15 * max(steps[88], steps[90]) + 0.05
    assert max(steps[89:]) <= max(steps[:89])
    alone = Studio(tmp_path, duration=3000, media=studio.media)
    alone.shoot(photo, motion={"style": "smooth", "move": move})
    for was, now in zip(planes(alone), long, strict=False):
        assert np.abs(was - now).mean() < 0.5  # what was there before is as it was


def test_the_last_frame_of_a_clip_stands_and_comes_nearer(tmp_path: Path) -> None:
    clip = panned(tmp_path)
    studio = Studio(tmp_path, duration=7000, media={"film.mp4": clip})
    source = {"type": "video", "hash": "film.mp4", "name": "film.mp4"}
    studio.shots.append({"s": 0, "d": 7000, "src": source, "motion": {"d": 1000}})
    pictures = planes(studio)
    steps = steps_of(pictures)
    assert min(steps[:29]) > 0.3
    assert max(steps[29:]) < 0.2 * min(steps[:29])
    assert np.abs(pictures[31] - pictures[29]).max() <= 1
    assert np.abs(pictures[-1] - pictures[29]).mean() > 2


def test_a_clip_that_is_not_over_plays_on(tmp_path: Path) -> None:
    clip = panned(tmp_path)
    studio = Studio(tmp_path, duration=900, media={"film.mp4": clip})
    source = {"type": "video", "hash": "film.mp4", "name": "film.mp4"}
    studio.shots.append({"s": 0, "d": 900, "src": source, "motion": {"d": 400}})
    assert min(steps_of(planes(studio))) > 0.3


def panned(folder: Path) -> Path:
    """A second of a picture that moves."""
    studio = Studio(folder, duration=1000)
    studio.shoot(
        studio.photo("wide.png", scenery(2400, 300)),
        motion={"style": "smooth", "move": "pan_right"},
    )
    return studio.render().path.rename(folder / "film.mp4")
