"""What matters in a picture: its faces, else the region that stands out, else nothing.

Faces are found by the Haar cascades that OpenCV 4 carries in its wheel (5 dropped them). Found by
one cascade, confirmed by another, and redder than they are green, as skin is and leaves are not.
What stands out differs in colour from the picture's border and is sharp.
"""

from __future__ import annotations

from functools import cache, reduce
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from .framing import Subject
from .geometry import Rect

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 512
"""The long side, in pixels, of the copy that `find` is made for."""

_LEAST = 20  # pixels: what the cascades were trained on
_CLARITY = 2.8  # times as strong as the rest, on the average, is a region that stands out
_OPPONENT = np.array([[0.12, 0.23, 0.04], [0.5, -0.5, 0.0], [0.25, 0.25, -0.5]])
"""Lightness, red against green, yellow against blue, at about the steps of CIELAB: OpenCV's own
takes a tenth of a second to make its tables."""

_LARGEST = 0.5  # part of the picture: a larger one is the picture


def find(rgb: NDArray[np.uint8], size: tuple[int, int]) -> Subject | None:
    """What has to stay in the picture, heads with room about them: from a copy of it, (h, w, 3)
    sRGB, best at SIDE, in pixels of the picture itself, which has that (width, height).

    The same picture always gives the same box.
    """
    boxes = faces(rgb)
    found = _heads(boxes) if boxes else salient(rgb)
    if found is None:
        return None
    height, width = rgb.shape[:2]
    seen = found.overlap(Rect(0, 0, width, height))
    fx, fy = size[0] / width, size[1] / height
    return Subject(Rect(seen.x * fx, seen.y * fy, seen.w * fx, seen.h * fy), faces=bool(boxes))


def faces(rgb: NDArray[np.uint8]) -> list[Rect]:
    """Faces that look at the camera, from brow to chin, in pixels."""
    height, width = rgb.shape[:2]
    scale = SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    grey = cv2.resize(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), size, interpolation=way)
    seen = _stretched(np.asarray(grey, np.uint8))
    found = _cascade("frontalface_alt").detectMultiScale(seen, 1.3, 1, minSize=(_LEAST, _LEAST))
    result = []
    for x, y, side, _ in found:
        if _confirmed(seen, int(x), int(y), int(side)):
            face = Rect(int(x) / scale, int(y) / scale, int(side) / scale, int(side) / scale)
            if _like_skin(rgb, face):
                result.append(face)
    return result


def _heads(boxes: list[Rect]) -> Rect:
    """One box about all: hair above, chin below, ears at the sides."""
    heads = [Rect(f.x - 0.25 * f.w, f.y - 0.6 * f.h, 1.5 * f.w, 1.85 * f.h) for f in boxes]
    return reduce(Rect.union, heads)


@cache
def _cascade(name: str) -> cv2.CascadeClassifier:
    folder = Path(cv2.__file__).with_name("data")
    return cv2.CascadeClassifier(str(folder / f"haarcascade_{name}.xml"))


def _stretched(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """From black to white, as the cascades see too little in what is dark."""
    parts = np.cumsum(np.bincount(grey.ravel(), minlength=256)) / grey.size
    low, high = np.searchsorted(parts, (0.01, 0.99))
    table = (np.arange(256) - low) * (255 / max(high - low, 24))
    return np.asarray(cv2.LUT(grey, np.clip(table, 0, 255).astype(np.uint8)), np.uint8)


def _confirmed(grey: NDArray[np.uint8], x: int, y: int, side: int) -> bool:
    """Whether the second cascade sees a face there too, at a size that suits it."""
    room = round(side * 0.3)
    part = grey[max(0, y - room) : y + side + room, max(0, x - room) : x + side + room]
    scale = 64 / side
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    part = np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=way), np.uint8)
    found = _cascade("frontalface_alt2").detectMultiScale(part, 1.1, 3, minSize=(38, 38))
    return len(found) > 0


def _like_skin(rgb: NDArray[np.uint8], face: Rect) -> bool:
    inner = face.shrunk(0.5, 0.5, 0.5)
    part = rgb[
        max(0, int(inner.y)) : int(inner.bottom) + 1, max(0, int(inner.x)) : int(inner.right) + 1
    ].astype(np.int16)
    return part.size > 0 and float(np.median(part[..., 0] - part[..., 1])) >= -2


def salient(rgb: NDArray[np.uint8]) -> Rect | None:
    """The region that stands out, in pixels with a margin; None if none does clearly."""
    height, width = rgb.shape[:2]
    scale = 128 / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if min(size) < 16:
        return None  # a strip has no middle that differs from its border
    strength = _strength(rgb, size)
    peak = float(strength.max())
    if peak < 0.01:
        return None
    count, labels = cv2.connectedComponents((strength > 0.38 * peak).astype(np.uint8))
    masses = np.bincount(labels.ravel(), weights=strength.ravel(), minlength=count)
    masses[0] = 0
    region = np.where(labels == int(masses.argmax()), strength, 0)
    left, right = _span(region.sum(axis=0))
    top, bottom = _span(region.sum(axis=1))
    area = (right - left) * (bottom - top)
    inside = float(strength[top:bottom, left:right].sum())
    outside = float(strength.sum()) - inside
    clear = inside / area > _CLARITY * outside / max(1, strength.size - area)
    across = right - left > 0.8 * size[0]  # a horizon
    if not clear or across or area > _LARGEST * strength.size:
        return None
    x, y = left * width / size[0], top * height / size[1]
    w, h = (right - left) * width / size[0], (bottom - top) * height / size[1]
    return Rect(x, y, w, h).shrunk(1.1, 0.5, 0.5).overlap(Rect(0, 0, width, height))


def _strength(rgb: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float64]:
    """How much each place stands out, (h, w) at `size`: colour far from the border's by the
    border's own spread (Mahalanobis), times sharpness, less towards the edges."""
    width, height = size
    tiny = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    colours = cv2.GaussianBlur(cv2.transform(tiny, _OPPONENT), (0, 0), 1.28)
    band = 5
    rim = np.ones((height, width), bool)
    rim[band:-band, band:-band] = False
    border = colours[rim].astype(np.float64)
    away = colours - border.mean(axis=0)
    spread = cv2.invert(np.cov(border.T) + np.eye(3) * 30)[1]
    colour = np.sqrt((cv2.transform(away, spread) * away).sum(axis=2))
    grey = cv2.cvtColor(cv2.resize(rgb, (width * 3, height * 3)), cv2.COLOR_RGB2GRAY)
    slopes = cv2.magnitude(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    detail = cv2.GaussianBlur(cv2.resize(slopes, size, interpolation=cv2.INTER_AREA), (0, 0), 4)
    product = _graded(colour, 0.5) * (0.15 + _graded(np.asarray(detail, np.float64), 4.0))
    y, x = np.mgrid[0:height, 0:width]
    middle = np.exp(-(((x / width - 0.5) / 0.65) ** 2) - ((y / height - 0.48) / 0.65) ** 2)
    return np.asarray(cv2.GaussianBlur(product, (0, 0), 3.2) * middle, np.float64)


def _graded(values: NDArray[np.float64], least: float) -> NDArray[np.float64]:
    """From 0 to 1; a range smaller than `least` is noise and stays small."""
    low, high = np.percentile(values, (5, 99))
    return np.asarray(np.clip((values - low) / max(float(high - low), least), 0, 1), np.float64)


def _span(profile: NDArray[np.float64]) -> tuple[int, int]:
    parts = np.cumsum(profile) / profile.sum()
    return int(np.searchsorted(parts, 0.02)), int(np.searchsorted(parts, 0.98)) + 1
