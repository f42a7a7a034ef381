"""An animated GIF, WebP or PNG: its frames in order, again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from . import colour
from .errors import RenderError, UnusableError
from .geometry import Rect
from .photo import BROKEN, opened
from .yuv import Planes

if TYPE_CHECKING:
    from pathlib import Path

_HASTY, _CALM = 0.010, 0.100
"""Seconds: a frame that asks for no more than the first is shown for the second, as browsers do."""


MAX_PIXELS = 50_000_000
"""More in a frame is refused: some are in memory at once, and a few bytes can claim them."""


def frame_numbers(image: Image.Image) -> range:
    """Which frames are of the animation: a PNG may have a still before it for who can't play it.

    Raises UnusableError if they have more than MAX_PIXELS.
    """
    first = 1 if getattr(image, "default_image", False) else 0
    numbers = range(first, getattr(image, "n_frames", 1))
    if len(numbers) > 1 and image.width * image.height > MAX_PIXELS:
        size = f"{image.width} x {image.height} pixels"
        raise UnusableError(f"{size}: more than {MAX_PIXELS // 10**6} megapixels that move")
    return numbers


def seconds_shown(image: Image.Image) -> float:
    """How long the frame that was loaded last is on."""
    seconds = float(image.info.get("duration", 0)) / 1000
    return _CALM if seconds <= _HASTY else seconds


class Animation:
    """An opened animation; `name` is what errors call it. Time only goes forward.

    `ground` is the colour that what is transparent is seen over; None where nothing is. It is never
    `over`.
    """

    def __init__(self, path: Path, name: str) -> None:
        try:
            self._image = opened(path)
        except BROKEN as error:
            raise RenderError(f"{name}: cannot be read as a picture") from error
        try:
            numbers = frame_numbers(self._image)
            self._first, self._end = numbers.start, numbers.stop
            self._frame = self._read(self._first)
        except BROKEN as error:
            self._image.close()
            raise RenderError(f"{name}: is damaged ({error})") from error
        self._number = self._first
        self._over_at = seconds_shown(self._image)
        self._drawn: Planes | None = None
        self.size = self._image.size
        self.over = False
        small = self._frame.resize((48, 48)).convert("RGBA")
        self.ground = colour.ground(np.asarray(small))

    def at(self, seconds: float, size: tuple[int, int]) -> Planes:
        """The frame that is on at `seconds`, at an even (width, height) that is the same each
        time; the same object for as long as it is on."""
        while self._over_at <= seconds + 1e-4:
            self._advance()
        if self._drawn is None or self._drawn.size != size:
            self._drawn = Planes.empty(*size)
            frame = self._frame
            if frame.mode == "RGBA":
                frame = colour.over(frame, self.ground)
            rgb = frame.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
            Planes.from_rgb(np.asarray(rgb)).sample(Rect(0, 0, *size), self._drawn)
        return self._drawn

    def close(self) -> None:
        self._image.close()

    def _advance(self) -> None:
        following = self._number + 1 if self._number + 1 < self._end else self._first
        try:
            frame = self._read(following)
        except BROKEN:
            self._end = following  # what came so far is all there is
            following = self._first
            frame = self._read(following)
        if self._end - self._first > 1:
            self._frame, self._number, self._drawn = frame, following, None
        self._over_at += seconds_shown(self._image)

    def _read(self, number: int) -> Image.Image:
        self._image.seek(number)
        clear = self._image.mode in ("LA", "PA", "RGBA") or "transparency" in self._image.info
        return self._image.convert("RGBA" if clear else "RGB")
