"""Which part of a picture is shown, and where it stands in the frame. Pure: sizes in, sizes out.

A picture near enough to the frame's shape fills it. Any other is shown whole, over a fill made of
itself: a head cut off is worse than a border.
"""

from __future__ import annotations

from dataclasses import dataclass

from .geometry import Rect
from .motion import Move, Path, Style

MAX_LOSS = 0.34
"""Most of a picture that filling the frame may cut away: 3:2 in a square is just within it."""


@dataclass(frozen=True)
class Cover:
    """The picture fills the frame. `path` runs in picture pixels; `stage` is all it passes."""

    path: Path
    stage: Rect


@dataclass(frozen=True)
class Fit:
    """The whole picture over a fill. In frame pixels: the window's `path`, the `width` × `height`
    of the stage it runs on, and the place of the `picture` on it, seen whole all the time."""

    path: Path
    width: float
    height: float
    picture: Rect


def covers(picture: tuple[int, int], frame: tuple[int, int]) -> bool:
    """Whether a picture of this (width, height) fills the frame, or is shown whole over a fill."""
    a, b = picture[0] / picture[1], frame[0] / frame[1]
    return 1 - min(a / b, b / a) <= MAX_LOSS


def crop(picture: tuple[int, int], frame: tuple[int, int]) -> Rect:
    """The largest part of the picture with the frame's shape.

    In the middle across; downwards nearer to the top, where heads are: more so upright, as
    portraits are mostly upright.
    """
    width, height = picture
    aspect = frame[0] / frame[1]
    w = min(width, height * aspect)
    h = w / aspect
    bias = 0.28 if height > width else 0.42
    return Rect((width - w) / 2, (height - h) * bias, w, h)


def contain(picture: tuple[int, int], box: Rect) -> Rect:
    """The largest place for the whole picture in the middle of `box`."""
    scale = min(box.w / picture[0], box.h / picture[1])
    w, h = picture[0] * scale, picture[1] * scale
    return Rect(box.x + (box.w - w) / 2, box.y + (box.h - h) / 2, w, h)


def cover(
    picture: tuple[int, int], frame: tuple[int, int], move: Move, style: Style, seconds: float
) -> Cover:
    base = crop(picture, frame)
    room = Rect(0, 0, *picture)
    start, end = _windows(base, room, move, style.amount(seconds))
    return Cover(Path(start, end, style.ease), start.union(end))


def fit(
    picture: tuple[int, int], frame: tuple[int, int], move: Move, style: Style, seconds: float
) -> Fit:
    width, height = frame
    amount = min(style.amount(seconds), 0.08)
    upright = picture[0] / picture[1] < width / height
    # A pan along the side that the picture fills would need a gap on that side: zoom instead.
    if upright and move in (Move.PAN_UP, Move.PAN_DOWN):
        move = Move.ZOOM_IN if move == Move.PAN_UP else Move.ZOOM_OUT
    elif not upright and move in (Move.PAN_LEFT, Move.PAN_RIGHT):
        move = Move.ZOOM_IN if move == Move.PAN_LEFT else Move.ZOOM_OUT
    if move in (Move.ZOOM_IN, Move.ZOOM_OUT):
        stage = Rect(0, 0, width * (1 + amount), height * (1 + amount))
        base = stage
    else:
        across = move in (Move.PAN_LEFT, Move.PAN_RIGHT)
        stage = Rect(0, 0, width * (1 + amount * across), height * (1 + amount * (not across)))
        base = Rect((stage.w - width) / 2, (stage.h - height) / 2, width, height)
    start, end = _windows(base, stage, move, amount, focus=(0.5, 0.5))
    place = contain(picture, start.overlap(end))
    return Fit(Path(start, end, style.ease), stage.w, stage.h, place)


def _windows(
    base: Rect, room: Rect, move: Move, amount: float, focus: tuple[float, float] = (0.5, 0.42)
) -> tuple[Rect, Rect]:
    """Where the window starts and ends. Pans use what `room` has beside `base`, and come nearer
    only for what is missing."""
    if move in (Move.ZOOM_IN, Move.ZOOM_OUT):
        near = base.shrunk(1 / (1 + amount), *focus)
        return (base, near) if move == Move.ZOOM_IN else (near, base)
    across = move in (Move.PAN_LEFT, Move.PAN_RIGHT)
    if not across:
        amount *= 0.5  # up and down, what leaves the picture is heads and feet
    side, space = (base.w, room.w) if across else (base.h, room.h)
    missing = max(0.0, amount - (space - side) / side)
    window = base.shrunk(1 / (1 + missing), *focus)
    travel = amount * side / (1 + missing)
    if across:
        low = min(max(window.x - travel / 2, room.x), room.right - window.w - travel)
        first, last = window.shifted(low - window.x, 0), window.shifted(low + travel - window.x, 0)
    else:
        low = min(max(window.y - travel / 2, room.y), room.bottom - window.h - travel)
        first, last = window.shifted(0, low - window.y), window.shifted(0, low + travel - window.y)
    return (last, first) if move in (Move.PAN_LEFT, Move.PAN_UP) else (first, last)
