"""What is shown of a picture, and where."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.render.framing import (
    Cover,
    Fit,
    Subject,
    along,
    choose,
    contain,
    cover,
    covers,
    crop,
    fit,
)
from mock_server.render.geometry import Rect
from mock_server.render.motion import STYLES, Move
from mock_server.render.photo import Photo
from mock_server.render.plan import Shot, Source, Span
from mock_server.render.shots import PhotoScene
from mock_server.render.subject import find
from mock_server.render.yuv import Planes
from tests.mock_server.render.studio import scenery
from tests.mock_server.render.test_subject import scene

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FRAMES = [(1920, 1080), (1080, 1920), (1080, 1080), (1080, 1350)]
SIDES = st.integers(1, 30_000)


def inside(inner: Rect, outer: Rect, slack: float = 1e-6) -> bool:
    slack *= max(outer.w, outer.h)
    return (
        inner.x >= outer.x - slack
        and inner.y >= outer.y - slack
        and inner.right <= outer.right + slack
        and inner.bottom <= outer.bottom + slack
    )


@pytest.mark.parametrize(
    ("picture", "frame", "fills"),
    [
        ((4000, 3000), (1920, 1080), True),
        ((6000, 4000), (1080, 1080), True),
        ((3000, 4000), (1080, 1920), True),
        ((3000, 4000), (1920, 1080), False),
        ((4000, 3000), (1080, 1920), False),
        ((9000, 2000), (1920, 1080), False),
        ((1000, 1000), (1920, 1080), False),
    ],
)
def test_only_a_picture_near_the_frames_shape_fills_it(
    picture: tuple[int, int], frame: tuple[int, int], fills: bool
) -> None:
    assert covers(picture, frame) is fills


def test_a_portrait_loses_more_at_the_feet_than_at_the_head() -> None:
    part = crop((3000, 4000), (1080, 1080))
    above, below = part.y, 4000 - part.bottom
    assert above < below / 2
    assert part.w == 3000


@given(SIDES, SIDES, st.sampled_from(FRAMES), st.sampled_from(list(Move)), st.floats(0.1, 20))
def test_a_window_never_leaves_the_picture_and_has_the_frames_shape(
    width: int, height: int, frame: tuple[int, int], move: Move, seconds: float
) -> None:
    for style in STYLES.values():
        shown = cover((width, height), frame, move, style, seconds)
        for u in (0.0, 0.3, 0.7, 1.0):
            window = shown.path.at(u)
            assert inside(window, shown.stage)
            assert inside(window, Rect(0, 0, width, height))
            assert window.w / window.h == pytest.approx(frame[0] / frame[1])


@given(SIDES, SIDES, st.sampled_from(FRAMES), st.sampled_from(list(Move)), st.floats(0.1, 20))
def test_over_a_fill_the_whole_picture_is_seen_all_the_time(
    width: int, height: int, frame: tuple[int, int], move: Move, seconds: float
) -> None:
    for style in STYLES.values():
        shown = fit((width, height), frame, move, style, seconds)
        assert shown.picture.w / shown.picture.h == pytest.approx(width / height)
        for u in (0.0, 0.3, 0.7, 1.0):
            window = shown.path.at(u)
            assert inside(shown.picture, window)
            assert inside(window, Rect(0, 0, shown.width, shown.height))
            assert window.w / window.h == pytest.approx(frame[0] / frame[1])


@pytest.mark.parametrize(
    ("move", "axis", "sign"),
    [
        (Move.PAN_RIGHT, "x", 1),
        (Move.PAN_LEFT, "x", -1),
        (Move.PAN_DOWN, "y", 1),
        (Move.PAN_UP, "y", -1),
        (Move.ZOOM_IN, "w", -1),
        (Move.ZOOM_OUT, "w", 1),
    ],
)
def test_a_move_goes_where_its_name_says(move: Move, axis: str, sign: int) -> None:
    path = cover((4000, 3000), (1920, 1080), move, STYLES["smooth"], 4).path
    way = getattr(path.end, axis) - getattr(path.start, axis)
    assert way * sign > 40


def test_a_pan_uses_the_room_beside_the_crop_before_it_comes_nearer() -> None:
    path = cover((4000, 3000), (1920, 1080), Move.PAN_DOWN, STYLES["smooth"], 4).path
    assert path.start.w == path.end.w == 4000


def test_contain_is_as_large_as_fits_and_in_the_middle() -> None:
    assert contain((100, 200), Rect(10, 10, 300, 100)) == Rect(135, 10, 50, 100)


SHARES = st.floats(0.01, 1.0)
PLACES = st.floats(0.0, 1.0)


@given(
    st.integers(200, 6000),
    st.integers(200, 6000),
    SHARES,
    SHARES,
    PLACES,
    PLACES,
    st.sampled_from(FRAMES),
    st.sampled_from(list(Move)),
    st.booleans(),
)
def test_the_subject_is_in_the_frame_at_every_moment(
    width: int,
    height: int,
    wide: float,
    high: float,
    across: float,
    down: float,
    frame: tuple[int, int],
    move: Move,
    faces: bool,
) -> None:
    if max(width, height) >= 2 * min(width, height):
        height = width  # panoramas are told of below
    w, h = wide * width, high * height
    box = Rect(across * (width - w), down * (height - h), w, h)
    filling = not faces and covers((width, height), frame)
    kept = box.shrunk(0.75, 0.5, 0.2) if filling else box
    for style in STYLES.values():
        shown = choose((width, height), frame, move, style, 4.0, Subject(box, faces))
        for u in (0.0, 0.2, 0.5, 0.8, 1.0):
            window = shown.path.at(u)
            if isinstance(shown, Cover):
                assert inside(kept, window)
                assert inside(window, Rect(0, 0, width, height))
            else:
                assert inside(shown.picture, window)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("turned", [False, True], ids=["landscape", "portrait"])
@pytest.mark.parametrize("x", [0.2, 0.5, 0.8])
def test_a_face_stays_in_every_frame_of_portraits_and_landscapes(
    frame: tuple[int, int], turned: bool, x: float
) -> None:
    picture = scene((44, 512 * x, 110))
    if turned:
        left = int(min(max(512 * x - 107, 0), 512 - 214))
        picture = picture[:, left : left + 214]
    size = (picture.shape[1] * 8, picture.shape[0] * 8)
    subject = find(np.ascontiguousarray(picture), size)
    assert subject is not None
    assert subject.faces
    for move in Move:
        for style in STYLES.values():
            shown = choose(size, frame, move, style, 3.0, subject)
            assert isinstance(shown, Cover)
            for n in range(91):
                assert inside(subject.box, shown.path.at(n / 90))


def test_a_wide_picture_fills_an_upright_frame_about_what_stands_out() -> None:
    subject = Subject(Rect(3000, 1000, 500, 700), faces=False)
    shown = choose((4000, 2400), (1080, 1920), Move.ZOOM_IN, STYLES["smooth"], 3, subject)
    assert isinstance(shown, Cover)
    assert shown.path.start.x + shown.path.start.w / 2 == pytest.approx(3250)


@pytest.mark.parametrize(("faces", "kind"), [(True, Cover), (False, Fit)])
def test_only_faces_let_a_wide_frame_cut_an_upright_picture(
    faces: bool, kind: type[Cover | Fit]
) -> None:
    """What merely stands out may be the shirt of somebody whose head was not seen as one."""
    subject = Subject(Rect(1000, 800, 600, 700), faces)
    shown = choose((3000, 4000), (1920, 1080), Move.ZOOM_IN, STYLES["smooth"], 3, subject)
    assert isinstance(shown, kind)


@pytest.mark.parametrize(("faces", "kind"), [(False, Cover), (True, Fit)])
def test_what_nearly_fills_a_picture_may_lose_its_rim_but_no_head(
    faces: bool, kind: type[Cover | Fit]
) -> None:
    box = Rect(900, 180, 1300, 1700)
    shown = choose(
        (3000, 2000), (1920, 1080), Move.ZOOM_IN, STYLES["smooth"], 4.0, Subject(box, faces)
    )
    assert isinstance(shown, kind)
    if isinstance(shown, Cover):
        end = shown.path.end
        assert end.w < shown.path.start.w
        assert inside(box.shrunk(0.9, 0.5, 0.2), end)


def test_what_stands_out_leaves_a_picture_of_nearly_the_frames_shape_as_it_is() -> None:
    size, frame = (3000, 2000), (1920, 1080)
    plain = choose(size, frame, Move.ZOOM_IN, STYLES["smooth"], 4.0)
    for box in (Rect(1400, 900, 300, 400), Rect(1400, 1500, 300, 400)):
        shown = choose(size, frame, Move.ZOOM_IN, STYLES["smooth"], 4.0, Subject(box, False))
        assert isinstance(plain, Cover)
        assert isinstance(shown, Cover)
        moved = max(0.0, box.bottom - plain.path.end.bottom)
        assert shown.path.end.y == pytest.approx(plain.path.end.y + moved)


def test_a_group_too_wide_for_the_frame_stands_whole_over_a_fill() -> None:
    group = Subject(Rect(400, 800, 3200, 500), faces=True)
    shown = choose((4000, 2400), (1080, 1920), Move.ZOOM_IN, STYLES["smooth"], 3, group)
    assert isinstance(shown, Fit)


def test_a_zoom_goes_to_the_subject() -> None:
    box = Rect(3200, 300, 400, 400)
    path = cover((4000, 2250), (1920, 1080), Move.ZOOM_IN, STYLES["smooth"], 4, box).path
    assert path.end.right == pytest.approx(4000)
    assert path.end.y == pytest.approx(0)


PANORAMAS = [
    ((8000, 2000), (1920, 1080)),
    ((8000, 2000), (1080, 1920)),
    ((1000, 6000), (1080, 1080)),
]


@pytest.mark.parametrize("move", list(Move))
@pytest.mark.parametrize(("picture", "frame"), PANORAMAS)
@pytest.mark.parametrize("seconds", [2.0, 6.0, 60.0])
def test_a_panorama_is_passed_along_its_length_without_haste(
    picture: tuple[int, int], frame: tuple[int, int], move: Move, seconds: float
) -> None:
    shown = choose(picture, frame, move, STYLES["upbeat"], seconds)
    assert isinstance(shown, Cover)
    count = 400
    windows = [shown.path.at(n / count) for n in range(count + 1)]
    level = picture[0] > picture[1]
    middles = [w.x + w.w / 2 if level else w.y + w.h / 2 for w in windows]
    sides = [w.w if level else w.h for w in windows]
    steps = [(b - a) / side for (a, b), side in zip(pairwise(middles), sides, strict=False)]
    assert abs(sum(steps)) > min(0.4, 0.15 * seconds)
    assert max(map(abs, steps)) * count / seconds <= 0.35  # sides of the frame a second
    assert min(steps) >= 0 or max(steps) <= 0
    assert shown.stage.w * shown.stage.h <= 6 * max(w.w * w.h for w in windows)


def test_the_way_along_a_panorama_ends_on_its_subject() -> None:
    box = Rect(5000, 800, 400, 500)
    subject = Subject(box, faces=False)
    for move in Move:
        shown = choose((8000, 2000), (1080, 1920), move, STYLES["smooth"], 4, subject)
        assert inside(box, shown.path.at(1))
        assert not inside(box, shown.path.at(0))


@pytest.mark.parametrize(("move", "sign"), [(Move.PAN_LEFT, -1), (Move.PAN_RIGHT, 1)])
def test_a_panorama_is_passed_the_way_the_draft_says(move: Move, sign: int) -> None:
    for box in (None, Rect(4000, 800, 400, 500)):
        path = along((8000, 2000), (1920, 1080), move, STYLES["smooth"], 4, box).path
        assert (path.end.x - path.start.x) * sign > 1000


def test_where_there_is_no_way_to_the_subject_from_one_side_it_is_reached_from_the_other() -> None:
    box = Rect(0, 800, 400, 500)
    path = along((8000, 2000), (1920, 1080), Move.PAN_RIGHT, STYLES["smooth"], 4, box).path
    assert path.end.x == pytest.approx(0)
    assert path.start.x > 1000


def test_a_still_panorama_stands_whole() -> None:
    shown = choose((8000, 2000), (1920, 1080), Move.PAN_LEFT, STYLES["still"], 4)
    assert isinstance(shown, Fit)


@pytest.mark.parametrize("picture", [(4000, 3000), (3000, 4000), (8000, 2000), (2000, 8000)])
@pytest.mark.parametrize("frame", FRAMES)
def test_six_moves_stay_six_whatever_the_picture(
    picture: tuple[int, int], frame: tuple[int, int]
) -> None:
    """Neighbours that differ in the draft differ in the video."""
    style = STYLES["smooth"]
    paths = [choose(picture, frame, move, style, 4).path for move in Move]
    assert len({(path.start, path.end) for path in paths}) == 6


class Watched(Photo):
    """`read` is the (width, height) of every part that was asked for."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(path, name)
        self.read: list[tuple[int, int]] = []

    def part(self, box: Rect, size: tuple[int, int]) -> NDArray[np.uint8]:
        self.read.append(size)
        return super().part(box, size)


@pytest.mark.parametrize("size", [(30_000, 20), (20, 30_000), (1, 1), (2, 1)])
def test_the_strangest_shapes_are_drawn_from_small_planes(
    size: tuple[int, int], tmp_path: Path
) -> None:
    scenery(*size).save(tmp_path / "a.png")
    for frame in ((320, 180), (180, 320)):
        shot = Shot(Span(0, 90), Source("a", "a"), "smooth", "pan_right", "cut", 0)
        photo = Watched(tmp_path / "a.png", "a")
        made = PhotoScene(photo, shot, frame, 30)
        for number in (0, 89):
            made.draw(number, Planes.empty(*frame))
        assert all(w * h <= 4 * frame[0] * frame[1] for w, h in photo.read)
