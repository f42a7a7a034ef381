"""Which part of a picture is shown, and where it stands in the frame. Pure: sizes in, sizes out.

What matters in a picture, its subject, stays in the frame. A picture fills the frame if the subject
is inside at every moment of the move, or, without a subject, if little is lost. A panorama is passed
along its length. Any other picture is shown whole, over a fill made of itself: a head cut off is
worse than a border.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .geometry import Rect
from .motion import STYLES, MotionStyle, Move, Path

MAX_LOSS = 0.34
"""Most of a picture without a subject that filling the frame may cut away: 3:2 in a square is just
within it."""

PANORAMA = 2.0
"""A picture is a panorama if one side is this many times the other."""

_PACE = 0.22  # sides of the frame that a panorama passes in a second, on the average
LONGEST = 3.0  # sides of the frame that it passes in one shot: all of them are in memory
_INSTEAD = {
    Move.PAN_LEFT: Move.ZOOM_IN,
    Move.PAN_UP: Move.ZOOM_IN,
    Move.PAN_RIGHT: Move.ZOOM_OUT,
    Move.PAN_DOWN: Move.ZOOM_OUT,
}
_ELBOW_ROOM = 0.04  # the least room for a move that a subject has to leave to fit the frame
_HEART = 0.75  # part of its box that is enough of what fills a picture of nearly the frame's shape


@dataclass(frozen=True)
class Subject:
    """What has to stay in the frame, in picture pixels: `faces`, and what else must not be cut at
    all, or what stands out."""

    box: Rect
    faces: bool


@dataclass(frozen=True)
class Cover:
    """The picture fills the frame. `path` runs in picture pixels; `stage` is all it passes; `keep`
    what has to stay inside where it ends, if anything has to."""

    path: Path
    stage: Rect
    keep: Rect | None = None


@dataclass(frozen=True)
class Fit:
    """The whole picture over a fill. In frame pixels: the window's `path`, the `width` × `height`
    of the stage it runs on, and the place of the `picture` on it, seen whole all the time."""

    path: Path
    width: float
    height: float
    picture: Rect


def choose(
    picture: tuple[int, int],
    frame: tuple[int, int],
    move: Move,
    style: MotionStyle,
    seconds: float,
    subject: Subject | None = None,
) -> Cover | Fit:
    """How a picture is shown. Sizes are (width, height).

    The way along a panorama ends on its subject. What merely stands out is no reason to cut an
    upright picture for a wide frame: there may be a head that was not seen as one. Nor is it one to
    leave a border about a picture of nearly the frame's shape that it fills: its heart is enough;
    nor to show such a picture otherwise than without a subject, but for keeping it inside.
    """
    near = covers(picture, frame)
    box = subject.box if subject else None
    as_it_is = near and subject is not None and not subject.faces
    if as_it_is and box is not None:
        box = _heart(box, crop(picture, frame))
    if not near and style.rate > 0 and max(picture) >= PANORAMA * min(picture):
        return along(picture, frame, move, style, seconds, box)
    if subject is None or box is None:
        fills = near
    else:
        wider = picture[0] * frame[1] > picture[1] * frame[0]
        fits = _leeway(crop(picture, frame, box), box) >= _ELBOW_ROOM
        fills = fits and (near or wider or subject.faces)
    if fills:
        return cover(picture, frame, move, style, seconds, box, as_it_is)
    return fit(picture, frame, move, style, seconds)


def covers(picture: tuple[int, int], frame: tuple[int, int]) -> bool:
    """Whether a picture of this (width, height) without a subject fills the frame."""
    a, b = picture[0] / picture[1], frame[0] / frame[1]
    return 1 - min(a / b, b / a) <= MAX_LOSS


def crop(
    picture: tuple[int, int],
    frame: tuple[int, int],
    subject: Rect | None = None,
    as_it_is: bool = False,
) -> Rect:
    """The largest part of the picture with the frame's shape.

    About the subject, as near to its middle as the picture allows. Without one in the middle
    across; downwards nearer to the top, where heads are: more so upright, as portraits are mostly
    upright. `as_it_is`: there too, moved no more than brings the subject inside.
    """
    width, height = picture
    aspect = frame[0] / frame[1]
    w = min(width, height * aspect)
    h = w / aspect
    room = Rect(0, 0, width, height)
    bias = 0.28 if height > width else 0.42
    usual = Rect((width - w) / 2, (height - h) * bias, w, h)
    if subject is None:
        return usual
    return _holding(usual, subject, room) if as_it_is else _about(usual, subject, room)


def contain(picture: tuple[int, int], box: Rect) -> Rect:
    """The largest place for the whole picture in the middle of `box`."""
    scale = min(box.w / picture[0], box.h / picture[1])
    w, h = picture[0] * scale, picture[1] * scale
    return Rect(box.x + (box.w - w) / 2, box.y + (box.h - h) / 2, w, h)


def cover(
    picture: tuple[int, int],
    frame: tuple[int, int],
    move: Move,
    style: MotionStyle,
    seconds: float,
    subject: Rect | None = None,
    as_it_is: bool = False,
) -> Cover:
    """The picture fills the frame. A zoom goes to the subject, or `as_it_is` where it went without
    one; a pan is as long as keeps it inside, and where it is too near to the picture's edge for a
    pan there is a zoom instead."""
    base = crop(picture, frame, subject, as_it_is)
    room = Rect(0, 0, *picture)
    amount = style.amount(seconds)
    if subject is not None:
        amount = min(amount, max(0.0, _leeway(base, subject)))
    start, end = _windows(base, room, move, amount, subject, as_it_is)
    if subject is not None and move in _INSTEAD and _way(start, end, base) < amount / 4:
        start, end = _windows(base, room, _INSTEAD[move], amount, subject, as_it_is)
    start = whole_pairs(start, end, frame)
    return Cover(Path(start, end, style.ease), start.union(end), subject)


def along(
    picture: tuple[int, int],
    frame: tuple[int, int],
    move: Move,
    style: MotionStyle,
    seconds: float,
    subject: Rect | None = None,
) -> Cover:
    """As much of a panorama as can be passed in the time without haste, ending on the subject; the
    middle of it without one. A move across the panorama, or a zoom, is made on the way."""
    room = Rect(0, 0, *picture)
    base = crop(picture, frame, subject)
    level = picture[0] * frame[1] > picture[1] * frame[0]
    side, length = (base.w, room.w) if level else (base.h, room.h)
    travel = min(min(_PACE * seconds, LONGEST) * side, length - side)
    goal = base.x if level else base.y
    back = move in (Move.PAN_LEFT, Move.PAN_UP, Move.ZOOM_OUT)
    if subject is None:
        low = (length - side - travel) / 2
    else:
        before, after = goal, length - side - goal
        if (after if back else before) < travel / 2:
            back = not back
        low = goal if back else goal - travel
    low = _between(low, 0, length - side - travel)
    first, last = (
        base.shifted(at - base.x, 0) if level else base.shifted(0, at - base.y)
        for at in ((low + travel, low) if back else (low, low + travel))
    )
    if move in ((Move.PAN_LEFT, Move.PAN_RIGHT) if level else (Move.PAN_UP, Move.PAN_DOWN)):
        start, end = first, last
    else:
        amount = style.amount(seconds)
        start = _windows(first, first, move, amount)[0]
        end = _windows(last, last, move, amount)[1]
    start = whole_pairs(start, end, frame)
    return Cover(Path(start, end, STYLES["smooth"].ease), start.union(end), subject)


def fit(
    picture: tuple[int, int], frame: tuple[int, int], move: Move, style: MotionStyle, seconds: float
) -> Fit:
    """The whole picture over a fill, smaller by what the move needs."""
    width, height = frame
    amount = min(style.amount(seconds), 0.08)
    if move in (Move.ZOOM_IN, Move.ZOOM_OUT):
        stage = Rect(0, 0, width * (1 + amount), height * (1 + amount))
        start, end = _windows(stage, stage, move, amount, focus=(0.5, 0.5))
    else:
        near = Rect(0, 0, width, height)
        room = Rect(0, 0, width * (1 + amount), height * (1 + amount))
        start, end = _windows(near, room, move, amount, focus=(0.5, 0.5))
        start = whole_pairs(start, end, frame)
        stage = start.union(end)
        start, end = (at.shifted(-stage.x, -stage.y) for at in (start, end))
    place = contain(picture, start.overlap(end))
    return Fit(Path(start, end, style.ease), stage.w, stage.h, place)


def _windows(
    base: Rect,
    room: Rect,
    move: Move,
    amount: float,
    keep: Rect | None = None,
    as_it_is: bool = False,
    focus: tuple[float, float] = (0.5, 0.42),
) -> tuple[Rect, Rect]:
    """Where the window starts and ends. Pans use what `room` has beside `base`, and come nearer
    only for what is missing. `keep`, if `amount` is within its leeway, is inside all the way."""
    place = _holding if as_it_is else _about
    if move in (Move.ZOOM_IN, Move.ZOOM_OUT):
        near = base.shrunk(1 / (1 + amount), *focus)
        if keep is not None:
            near = place(near, keep, base)
        return (base, near) if move == Move.ZOOM_IN else (near, base)
    across = move in (Move.PAN_LEFT, Move.PAN_RIGHT)
    if not across:
        amount *= 0.5  # up and down, what leaves the picture is heads and feet
    side, space = (base.w, room.w) if across else (base.h, room.h)
    missing = max(0.0, amount - (space - side) / side)
    window = base.shrunk(1 / (1 + missing), *focus)
    if keep is not None:
        window = place(window, keep, room)
    travel = amount * side / (1 + missing)
    if across:
        low, high = _reach(room.x, room.right, window.w, (keep.x, keep.right) if keep else None)
        travel = min(travel, high - low)
        low = _between(window.x - travel / 2, low, high - travel)
        first, last = window.shifted(low - window.x, 0), window.shifted(low + travel - window.x, 0)
    else:
        low, high = _reach(room.y, room.bottom, window.h, (keep.y, keep.bottom) if keep else None)
        travel = min(travel, high - low)
        low = _between(window.y - travel / 2, low, high - travel)
        first, last = window.shifted(0, low - window.y), window.shifted(0, low + travel - window.y)
    return (last, first) if move in (Move.PAN_LEFT, Move.PAN_UP) else (first, last)


def _leeway(base: Rect, keep: Rect) -> float:
    """How much nearer the window may come with `keep` inside; below 0 if it is too large already."""
    return min(base.w / keep.w, base.h / keep.h) - 1


def _heart(box: Rect, base: Rect) -> Rect:
    """As much of a box as leaves room for a move within `base`, more of its top than of its foot;
    all of it if it is too large."""
    share = (1 + _leeway(base, box)) / (1 + 2 * _ELBOW_ROOM)
    return box.shrunk(share, 0.5, 0.2) if _HEART <= share < 1 else box


def _way(start: Rect, end: Rect, base: Rect) -> float:
    return max(abs(end.x - start.x) / base.w, abs(end.y - start.y) / base.h)


def _about(window: Rect, keep: Rect, room: Rect) -> Rect:
    """The window inside `room` with `keep` in its middle, a little above, as far as there is room,
    and in any case inside if it is small enough."""
    x = keep.x + keep.w / 2 - window.w / 2
    y = keep.y + keep.h / 2 - window.h * 0.45
    return _holding(Rect(x, y, window.w, window.h), keep, room)


def _holding(window: Rect, keep: Rect, room: Rect) -> Rect:
    """The window moved into `room`, and no more than has `keep` inside if it is small enough."""
    return Rect(
        _between(window.x, *_reach(room.x, room.right, window.w, (keep.x, keep.right))),
        _between(window.y, *_reach(room.y, room.bottom, window.h, (keep.y, keep.bottom))),
        window.w,
        window.h,
    )


def _reach(
    start: float, end: float, side: float, keep: tuple[float, float] | None
) -> tuple[float, float]:
    """Where a window's `side` may begin between `start` and `end`, with `keep` inside if it fits."""
    low, high = start, max(start, end - side)
    if keep is None or keep[1] - keep[0] > side * (1 + 1e-9):
        return low, high
    return _between(keep[1] - side, low, high), _between(keep[0], low, high)


def whole_pairs(start: Rect, end: Rect, frame: tuple[int, int]) -> Rect:
    """The `start` of a pan that goes by whole pairs of frame pixels: what it passes is drawn once,
    at a size that has to be even, and then moved without being scaled. A zoom is as it was."""
    if not math.isclose(start.w, end.w, rel_tol=1e-9):
        return start
    pair = 2 * end.w / frame[0]
    across, down = ((now - was) / pair for now, was in ((end.x, start.x), (end.y, start.y)))
    return end.shifted(-math.trunc(across) * pair, -math.trunc(down) * pair)


def _between(value: float, low: float, high: float) -> float:
    return min(max(value, low), max(low, high))
