"""Where the window goes once a shot's move is done and the shot is not over. Pure: no pixels here.

It goes on the way it went, from where it was and as fast, as far as there is picture, and comes to
rest. From there it goes back to where the move began, and there and back again, at rest at each
turn. A move that ended with the whole picture in the frame turns at once: it can't go on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from itertools import product

from .framing import LONGEST, Cover, Fit, whole_pairs
from .geometry import Rect
from .motion import Path, ease

NEARER = 0.12
"""By how much it comes nearer beyond where the move ended."""

_FARTHER = 0.06
"""By how much it goes away from a picture that stands whole: its fill goes on at the edges."""

_ROLL_OUT = 0.6
"""Seconds of the move's last speed that it needs to come to rest, also where what has to stay inside
is at the edge by then: it has some room about it."""

_CALM = 4.0
"""Seconds that going on takes at least, unless the move was in haste."""

_SWING = 6.0
"""Seconds that one way back, or there, takes at least."""

_PEAK = 1.5
"""How fast `ease` is at its height, of its mean: no swing is faster than the move was on the average."""

_MOMENT = 1e-4
"""Part of a way over which its speed is taken."""

_GRID = (0.1, 0.3, 0.5, 0.7, 0.9)


@dataclass(frozen=True)
class Onward:
    """Once over `on` in `seconds`, then back and forth over `swing`."""

    on: Path
    seconds: float
    swing: Path
    swings: float

    def at(self, seconds: float) -> Rect:
        """The window so many seconds after the move was done."""
        if seconds < self.seconds:
            return self.on.at(seconds / self.seconds)
        turn, u = divmod((seconds - self.seconds) / self.swings, 1)
        return self.swing.at(1 - u if turn % 2 else u)


def go_on(
    shown: Cover | Fit, picture: tuple[int, int], frame: tuple[int, int], seconds: float
) -> Onward:
    """How the move of a picture, which took so many seconds, goes on. Sizes are (width, height)."""
    path = shown.path
    speed = _flow(path.at(1 - _MOMENT), path.end) / (_MOMENT * seconds)
    goal = _goal(shown, picture, frame, speed * _ROLL_OUT)
    length = _flow(path.end, Path(path.end, goal, lambda u: u).at(_MOMENT)) / _MOMENT
    on, taken = Path(path.end, path.end, ease), 0.0
    if goal != path.end and speed > 0:
        slope = min(max(speed * _CALM / length, 1.0), 3.0)
        on, taken = Path(path.end, goal, partial(_settling, slope)), slope * length / speed
    swing = Path(on.end, path.start, ease)
    way = _flow(path.start, path.end)
    back = _flow(swing.start, swing.end) / way * seconds * _PEAK if way else 0.0
    return Onward(on, taken, swing, max(_SWING, back))


def standing(frame: tuple[int, int]) -> Onward:
    """The window over a picture of the frame's (width, height) that stands: it comes nearer from
    rest, and goes back."""
    box = Rect(0, 0, *frame)
    near = box.shrunk(1 / (1 + NEARER), 0.5, 0.42)
    return Onward(Path(box, box, ease), 0.0, Path(box, near, ease), 2 * _SWING)


def _goal(
    shown: Cover | Fit, picture: tuple[int, int], frame: tuple[int, int], roll_out: float
) -> Rect:
    """The window it comes to rest at; the one it is at where it can't go on. `roll_out` is the least
    way it needs, in sides of the frame."""
    start, end = shown.path.start, shown.path.end
    change = start.w - end.w
    level = abs(change) < 1e-9 * end.w
    if isinstance(shown, Fit):
        nearer = change > 0 and not level  # which would cut the picture
        fx, fy = _still(start, end, -1e-9 if level else change)
        return end.shrunk(1 - 2 * roll_out if nearer else 1 + _FARTHER, fx, fy)
    if change < 0 and not level:
        return end
    near = _nearer(shown, _still(start, end, 1e-9 if level else change), roll_out)
    if not level:
        return near
    along = whole_pairs(_farther_on(shown, Rect(0, 0, *picture), roll_out), end, frame)
    return max(near, along, key=lambda goal: _flow(end, goal))


def _nearer(shown: Cover, still: tuple[float, float], roll_out: float) -> Rect:
    """The end of the path come nearer about the point that stands still."""
    end, keep, (fx, fy) = shown.path.end, shown.keep, still
    less = end.w * NEARER / (1 + NEARER)
    if keep is not None:
        aspect = end.w / end.h
        for room, part in (
            (keep.x - end.x, fx),
            (end.right - keep.right, 1 - fx),
            ((keep.y - end.y) * aspect, fy),
            ((end.bottom - keep.bottom) * aspect, 1 - fy),
        ):
            if part > 0:
                less = min(less, max(room / part, 2 * roll_out * end.w))
    return end.shrunk(1 - less / end.w, fx, fy)


def _farther_on(shown: Cover, room: Rect, roll_out: float) -> Rect:
    """The end of a pan carried on to the picture's edge, or as far as can be in memory."""
    start, end, keep = shown.path.start, shown.path.end, shown.keep
    dx, dy = end.x - start.x, end.y - start.y
    right, down = room.right - end.right, room.bottom - end.bottom
    x = min(right if dx > 0 else end.x - room.x, LONGEST * end.w - abs(dx)) if dx else 0.0
    y = min(down if dy > 0 else end.y - room.y, LONGEST * end.h - abs(dy)) if dy else 0.0
    if keep is not None:
        inside = keep.x - end.x if dx > 0 else end.right - keep.right
        x = min(x, max(inside, roll_out * end.w))
        inside = keep.y - end.y if dy > 0 else end.bottom - keep.bottom
        y = min(y, max(inside, roll_out * end.h))
    x, y = max(0.0, x), max(0.0, y)
    return end.shifted(x if dx > 0 else -x, y if dy > 0 else -y)


def _still(start: Rect, end: Rect, change: float) -> tuple[float, float]:
    """The point of the window that stands still in a zoom; in a pan that of the edge it goes to,
    so that coming nearer there leads the eye on."""

    def along(way: float, by: float) -> float:
        return 0.5 if abs(way) < 1e-9 * end.w else min(max(way / by, 0.0), 1.0)

    return along(end.x - start.x, change), along(end.y - start.y, change * end.h / end.w)


def _flow(a: Rect, b: Rect) -> float:
    """How far what is in the frame moves from one window to the other, on the average, in sides of
    the frame."""
    total = 0.0
    for u, v in product(_GRID, _GRID):
        across = (a.x + u * a.w - b.x) / b.w - u
        down = (a.y + v * a.h - b.y) / b.h - v
        total += math.hypot(across, down)
    return total / len(_GRID) ** 2


def _settling(slope: float, u: float) -> float:
    """0 → 1, as fast at first as the slope (at most 3) says, at rest in the end."""
    return slope * u * (1 - u) ** 2 + ease(u)
