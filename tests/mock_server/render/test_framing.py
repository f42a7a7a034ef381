"""What is shown of a picture, and where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.render.framing import contain, cover, covers, crop, fit
from mock_server.render.geometry import Rect
from mock_server.render.motion import STYLES, Move

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
