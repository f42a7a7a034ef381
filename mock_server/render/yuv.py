"""Pictures as BT.709 limited-range 4:2:0 planes, the form in which they are moved and mixed.

Converting a photo once and then moving its planes costs half of what moving RGB and converting
every frame does. Matrix and ranges: ITU-R BT.709-6, 3.2 to 3.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import av
    from numpy.typing import NDArray

    from .geometry import Rect

KR, KB = 0.2126, 0.0722
BLACK, WHITE, NEUTRAL = 16, 235, 128


def _matrix(kr: float, kb: float) -> NDArray[np.float64]:
    """RGB → y, pb, pr."""
    light = np.array([kr, 1 - kr - kb, kb])
    blue, red = np.array([0, 0, 1]) - light, np.array([1, 0, 0]) - light
    return np.array([light, blue / (2 - 2 * kb), red / (2 - 2 * kr)])


_LUMA = np.column_stack([_matrix(KR, KB)[:1] * (219 / 255), [BLACK]])
_CHROMA = np.column_stack([_matrix(KR, KB)[1:] * (224 / 255), [NEUTRAL, NEUTRAL]])


def _change(*, of_601: bool, full: bool) -> NDArray[np.float64]:
    """u and v, as they are → what to add to y, from 128 on, and u and v as BT.709 has them."""
    ours = _matrix(KR, KB)
    change = ours @ np.linalg.inv(_matrix(0.299, 0.114) if of_601 else ours)
    colours = change[:, 1:] * np.array([[219], [224], [224]]) / (255 if full else 224)
    return np.column_stack([colours, NEUTRAL - NEUTRAL * colours.sum(axis=1)])


@dataclass(frozen=True)
class Planes:
    """y (h, w), u and v (h/2, w/2), uint8; h and w even. Pictures have their colour samples in
    the middle of four pixels, frames where H.264 has them: in the middle of two, on the left."""

    y: NDArray[np.uint8]
    u: NDArray[np.uint8]
    v: NDArray[np.uint8]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)"""
        return self.y.shape[1], self.y.shape[0]

    @classmethod
    def empty(cls, width: int, height: int) -> Planes:
        half = (height // 2, width // 2)
        return cls(
            np.empty((height, width), np.uint8), np.empty(half, np.uint8), np.empty(half, np.uint8)
        )

    @classmethod
    def within(cls, frame: av.VideoFrame) -> Planes:
        """The planes of a yuv420p (or yuva420p) frame themselves, to be written to: not a copy."""
        y, u, v = (
            np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
            for plane in frame.planes[:3]
        )
        half = frame.width // 2
        return cls(y[:, : frame.width], u[:, :half], v[:, :half])

    @classmethod
    def from_rgb(cls, rgb: NDArray[np.uint8]) -> Planes:
        """From (h, w, 3) sRGB, h and w even."""
        height, width = rgb.shape[:2]
        half = cv2.resize(rgb, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        uv = cv2.transform(half, _CHROMA)
        return cls(
            np.asarray(cv2.transform(rgb, _LUMA), np.uint8).reshape(height, width),
            np.ascontiguousarray(uv[..., 0]),
            np.ascontiguousarray(uv[..., 1]),
        )

    def in_709(self, *, of_601: bool, full: bool) -> Planes:
        """As BT.709 in limited range, what these are in another matrix or range; rounded once."""
        if not of_601 and not full:
            return self
        mixed = cv2.transform(cv2.merge((self.u, self.v)), _change(of_601=of_601, full=full))
        shift = cv2.resize(
            np.ascontiguousarray(mixed[..., 0]), self.size, interpolation=cv2.INTER_LINEAR
        )
        light, black = (219 / 255, BLACK) if full else (1, 0)
        return Planes(
            np.asarray(cv2.addWeighted(self.y, light, shift, 1, black - NEUTRAL), np.uint8),
            np.ascontiguousarray(mixed[..., 1]),
            np.ascontiguousarray(mixed[..., 2]),
        )

    def black(self) -> None:
        self.y[:] = BLACK
        self.u[:] = NEUTRAL
        self.v[:] = NEUTRAL

    def fill(self, colour: tuple[int, int, int]) -> None:
        """With one sRGB colour."""
        one = Planes.from_rgb(np.full((2, 2, 3), colour, np.uint8))
        self.y[:], self.u[:], self.v[:] = one.y[0, 0], one.u[0, 0], one.v[0, 0]

    def part(self, x: int, y: int, width: int, height: int) -> Planes:
        """A part of the planes themselves, not a copy; all of it even."""
        low, right = slice(y // 2, (y + height) // 2), slice(x // 2, (x + width) // 2)
        return Planes(self.y[y : y + height, x : x + width], self.u[low, right], self.v[low, right])

    def copy_to(self, out: Planes) -> None:
        out.y[:] = self.y
        out.u[:] = self.u
        out.v[:] = self.v

    def sample(self, window: Rect, out: Planes, *, frame: bool = False) -> None:
        """Fill `out`, a frame, with what the window shows, resampled to a fraction of a pixel;
        `frame` if this is one too."""
        width, height = out.size
        ax, ay = window.w / width, window.h / height
        # A sample's place p (edges of pixels count whole) is (p * a + window.x) in this picture.
        # Pixel i has its place at i + 1/2; colour sample j of a frame at 2j + 1/2 across, 2j + 1
        # down; colour sample k of this picture at 2k + 1 both ways, or as in a frame.
        x, y = window.x, window.y
        _warp(self.y, (ax, x + ax / 2 - 0.5), (ay, y + ay / 2 - 0.5), out.y)
        for source, target in ((self.u, out.u), (self.v, out.v)):
            _warp(
                source,
                (ax, x / 2 + ax / 4 - (0.25 if frame else 0.5)),
                (ay, y / 2 + ay / 2 - 0.5),
                target,
            )


def _warp(
    source: NDArray[np.uint8],
    across: tuple[float, float],
    down: tuple[float, float],
    out: NDArray[np.uint8],
) -> None:
    """Sample `i` of a row of `out` from place `scale * i + start` of the source; so for columns."""
    height, width = out.shape
    if max(abs(across[0] - 1), abs(down[0] - 1)) < 1e-9:
        # warpAffine of OpenCV 4 knows 1/32 of a pixel: in a zoom that evens out, in a pan all of
        # the frame is off together. This knows all fractions, and takes an eighth of the time.
        middle = (across[1] + (width - 1) / 2, down[1] + (height - 1) / 2)
        cv2.getRectSubPix(source, (width, height), middle, out)
        return
    cv2.warpAffine(
        source,
        np.array([[across[0], 0, across[1]], [0, down[0], down[1]]]),
        (width, height),
        dst=out,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
