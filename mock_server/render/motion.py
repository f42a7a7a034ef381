"""How the window moves over a picture while a shot is on. Pure: no pixels here.

A window is the part of the picture that fills the frame. A path leads it from one rectangle to
another, in one direction, eased, and never backwards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .geometry import Rect

if TYPE_CHECKING:
    from collections.abc import Callable


class Move(StrEnum):
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"
    PAN_LEFT = "pan_left"
    PAN_RIGHT = "pan_right"
    PAN_UP = "pan_up"
    PAN_DOWN = "pan_down"


def ease(u: float) -> float:
    """0 → 1, at rest at both ends."""
    return u * u * (3 - 2 * u)


def _gentle(u: float) -> float:
    """Slow at both ends, where a transition covers it, but never quite at rest."""
    return 0.4 * u + 0.6 * ease(u)


def _punchy(u: float) -> float:
    """Sets off at once and then drifts: the start of a shot falls on the beat."""
    return 0.35 * u + 0.65 * (1.0 - (1.0 - u) ** 3)


@dataclass(frozen=True)
class MotionStyle:
    """`rate`: part of the frame moved in a second, kept between `least` and `most` for a shot."""

    rate: float
    least: float
    most: float
    ease: Callable[[float], float]

    def amount(self, seconds: float) -> float:
        return min(max(self.rate * seconds, self.least), self.most)


STYLES = {
    "smooth": MotionStyle(0.024, 0.05, 0.14, _gentle),
    "upbeat": MotionStyle(0.05, 0.09, 0.18, _punchy),
    "still": MotionStyle(0.0, 0.0, 0.0, _gentle),
}


def style(name: str) -> MotionStyle:
    """The style of that name; an unknown one moves smoothly."""
    return STYLES.get(name, STYLES["smooth"])


def move(name: str) -> Move:
    """The move of that name; an unknown one zooms in."""
    return Move(name) if name in set(Move) else Move.ZOOM_IN


@dataclass(frozen=True)
class Path:
    """From `start` to `end`, two windows of the same shape."""

    start: Rect
    end: Rect
    ease: Callable[[float], float]

    def at(self, u: float) -> Rect:
        """The window at `u`, 0 the first frame of the shot and 1 the last.

        A zoom grows by the same factor in the same time (an even change of width would seem to
        slow down), and the point it goes to stands still on the way.
        """
        eased = self.ease(min(max(u, 0.0), 1.0))
        a, b = self.start, self.end
        if math.isclose(a.w, b.w, rel_tol=1e-9):
            along, w = eased, a.w
        else:
            w = a.w * (b.w / a.w) ** eased
            along = (w - a.w) / (b.w - a.w)
        return Rect(a.x + (b.x - a.x) * along, a.y + (b.y - a.y) * along, w, w * a.h / a.w)
