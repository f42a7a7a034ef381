"""Colour looks: a grade of the planes of a photo or clip, once for each picture that is made ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from .yuv import BLACK, NEUTRAL, WHITE, Planes

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
        shares = 4 * y * (1 - y) * (1 - look.white) + look.white * y
        self._colours = [_table(level - NEUTRAL, shares, look.colour, cast) for cast in look.cast]

    def __call__(self, picture: Planes, out: Planes | None = None) -> Planes:
        """The picture in this look, in new planes or in `out`, of its size."""
        out = out or Planes.empty(*picture.size)
        half = cv2.resize(picture.y, picture.u.shape[::-1], interpolation=cv2.INTER_AREA)
        for plane, table, made in zip(
            (picture.u, picture.v), self._colours, (out.u, out.v), strict=True
        ):
            sample = cv2.merge((plane, half)).view("<u2")[..., 0]
            table.take(sample, out=made, mode="wrap")  # any is in the table: nothing to check
        cv2.LUT(picture.y, self._light, dst=out.y)
        return out


def grade(name: str) -> Grade | None:
    """The grade of a look; None for one that leaves the colours as they are."""
    return Grade(LOOKS[name]) if name in LOOKS else None


def _table(
    away: NDArray[np.float64], shares: NDArray[np.float64], stronger: float, cast: float
) -> NDArray[np.uint8]:
    """What becomes of every sample: under 256 times its lightness, plus itself. `away` is how far
    from neutral each is, `shares` how much of the cast each lightness has."""
    near = np.clip(1 - np.abs(away) / 112, 0, 1) if stronger > -1 else 1
    room = np.clip(1 - 0.85 * away * np.sign(cast) / _FULL, 0.15, 1)
    sample = NEUTRAL + away * (1 + stronger * near) + np.outer(shares, cast * room)
    return np.clip(np.round(sample), 0, 255).astype(np.uint8).ravel()
