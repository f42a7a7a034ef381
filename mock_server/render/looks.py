"""Colour looks: a grade of the planes of a photo or clip, once for each picture that is made ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from .yuv import BLACK, NEUTRAL, WHITE, Planes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Curve = NDArray[np.float32]

_FULL = 36
"""How far from neutral a colour sample is that a cast adds hardly anything to: what is warm already,
skin above all, is not made orange."""


@dataclass(frozen=True)
class Look:
    """`lift` of the darkest, `glow` of the middle and `contrast` about it, as parts of white;
    `colour` is how much stronger faint colours become, -1 for none at all. `cast` is what u and v
    are shifted by in the middle, and by the part `white` of it in white; black stays black."""

    lift: float = 0.0
    glow: float = 0.0
    contrast: float = 0.0
    colour: float = 0.0
    cast: tuple[float, float] = (0.0, 0.0)
    white: float = 0.0


LOOKS = {
    # Along the line on which all skin lies (about 123 degrees in a vectorscope), and more to yellow.
    "warm": Look(lift=0.018, glow=0.02, colour=0.1, cast=(-8.5, 5.5), white=0.4),
    "cool": Look(glow=0.008, contrast=0.1, colour=-0.06, cast=(6.5, -5.0), white=0.35),
    "mono": Look(lift=0.01, contrast=0.22, colour=-1.0),
}
"""By the name a draft has for it; any other leaves the colours as they are."""


class Grade:
    """A look, ready to be given to pictures."""

    def __init__(self, look: Look) -> None:
        level = np.arange(256, dtype=np.float64)
        y = np.clip((level - BLACK) / (WHITE - BLACK), 0, 1)
        bent = y - look.contrast * np.sin(2 * np.pi * y) / (2 * np.pi)
        bent += look.lift * (1 - y) ** 4 + look.glow * 4 * y * (1 - y)
        self._light = np.round(BLACK + (WHITE - BLACK) * np.clip(bent, 0, 1)).astype(np.uint8)
        self._grey = look.colour <= -1
        self._shares = (4 * y * (1 - y) * (1 - look.white) + look.white * y).astype(np.float32)
        self._colours = [_colours(level - NEUTRAL, look.colour, cast) for cast in look.cast]

    def __call__(self, picture: Planes) -> Planes:
        """New planes: the picture in this look."""
        y = np.asarray(cv2.LUT(picture.y, self._light), np.uint8)
        if self._grey:
            grey = np.full_like(picture.u, NEUTRAL)
            return Planes(y, grey, grey)
        half = cv2.resize(picture.y, picture.u.shape[::-1], interpolation=cv2.INTER_AREA)
        shares = cv2.LUT(half, self._shares)
        u, v = (
            np.asarray(
                cv2.add(
                    cv2.LUT(plane, strength),
                    cv2.multiply(cv2.LUT(plane, room), shares),
                    dtype=cv2.CV_8U,
                ),
                np.uint8,
            )
            for plane, (strength, room) in zip((picture.u, picture.v), self._colours, strict=True)
        )
        return Planes(y, u, v)


def grade(name: str) -> Grade | None:
    """The grade of a look; None for one that leaves the colours as they are."""
    return Grade(LOOKS[name]) if name in LOOKS else None


def _colours(away: NDArray[np.float64], stronger: float, cast: float) -> tuple[Curve, Curve]:
    """Of samples so far from neutral: what they become, and what a whole cast adds to them."""
    near = np.clip(1 - np.abs(away) / 112, 0, 1)
    strength = NEUTRAL + away * (1 + stronger * near)
    room = cast * np.clip(1 - 0.85 * away * np.sign(cast) / _FULL, 0.15, 1)
    return strength.astype(np.float32), room.astype(np.float32)
