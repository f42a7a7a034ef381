"""Titles and captions: text set once, with a soft shadow, and laid over frame after frame."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from . import fonts
from .yuv import BLACK, NEUTRAL, WHITE, Planes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .plan import Title

WIDTH = 0.84
"""Part of the frame's width that text may take: inside the title-safe area (SMPTE ST 2046-1)."""

SAFE_TOP, SAFE_BOTTOM = 0.08, 0.90

_SIZES = {"large": 0.105, "small": 0.052}
"""Height of the letters' em, as a part of the frame's shorter side."""

_LEADING = 1.24
_FADE = 0.45


class Caption:
    """A title ready to be laid over frames of `size` (width, height)."""

    def __init__(self, title: Title, size: tuple[int, int], fps: int) -> None:
        self._frames = title.span.frames
        self._fade = max(1, min(round(_FADE * fps), self._frames // 3))
        mask, shade, self._x, self._y = _drawn(title, size)
        # What shows through, and what is added to it: white letters on a black shadow.
        cover = 1 - (1 - mask) * (1 - shade)
        self._keep = _bytes((1 - cover) * 255)
        self._add = _bytes(WHITE * mask + BLACK * (cover - mask))
        small = (mask.shape[1] // 2, mask.shape[0] // 2)
        cover_small = cv2.resize(cover, small, interpolation=cv2.INTER_AREA)
        self._keep_colour = _bytes((1 - cover_small) * 255)
        self._add_colour = _bytes(NEUTRAL * cover_small)

    def draw(self, frame: int, out: Planes) -> None:
        """Lay the text's `frame`-th picture, from 0, over `out`."""
        part = min(frame + 1, self._frames - frame) / (self._fade + 1)
        opacity = min(1.0, part)
        opacity = opacity * opacity * (3 - 2 * opacity)
        x, y = self._x, self._y
        _lay(out.y, x, y, self._keep, self._add, opacity)
        for plane in (out.u, out.v):
            _lay(plane, x // 2, y // 2, self._keep_colour, self._add_colour, opacity)


def _lay(
    plane: NDArray[np.uint8],
    x: int,
    y: int,
    keep: NDArray[np.uint8],
    add: NDArray[np.uint8],
    opacity: float,
) -> None:
    if opacity < 1:
        keep = cv2.convertScaleAbs(keep, alpha=opacity, beta=255 * (1 - opacity))  # type: ignore[assignment]
        add = cv2.convertScaleAbs(add, alpha=opacity)  # type: ignore[assignment]
    part = plane[y : y + keep.shape[0], x : x + keep.shape[1]]
    cv2.multiply(part, keep, dst=part, scale=1 / 255)
    cv2.add(part, add, dst=part)


def _drawn(
    title: Title, size: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32], int, int]:
    """Letters and shadow, each (h, w) of 0..1, h and w even, and where they lie on the frame."""
    width, height = size
    kind = title.size if title.size in _SIZES else "large"
    em, lines = _set(
        fonts.writable(title.text, "title" if kind == "large" else "caption"), kind, size
    )
    leading = round(em * _LEADING)
    # The shadow needs room about the letters; beyond the frame it is not needed.
    margin = em
    block = leading * len(lines)
    image = Image.new("L", (width, block + 2 * margin + em % 2), 0)
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        pieces = fonts.runs(line, em)
        x = (width - sum(font.getlength(piece) for font, piece in pieces)) / 2
        baseline = margin + number * leading + (leading + em * 0.7) / 2
        for font, piece in pieces:
            pen.text((x, baseline), piece, fill=255, font=font, anchor="ls")
            x += font.getlength(piece)
    near = image.filter(ImageFilter.GaussianBlur(em * 0.06))
    far = image.filter(ImageFilter.GaussianBlur(em * 0.28))
    mask = _shares(image)
    shade = 1 - (1 - np.clip(_shares(near) * 0.9, 0, 0.6)) * (
        1 - np.clip(_shares(far) * 1.3, 0, 0.55)
    )
    top = _top(title.position, height, block) - margin
    return _within_frame(mask, shade, top, height)


def _shares(image: Image.Image) -> NDArray[np.float32]:
    return np.asarray(image).astype(np.float32) / np.float32(255)


def _within_frame(
    mask: NDArray[np.float32], shade: NDArray[np.float32], top: int, height: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], int, int]:
    """Cut to what lies on the frame and is not empty, on even pixels."""
    rows = np.flatnonzero(shade.max(axis=1) > 0.004)
    columns = np.flatnonzero(shade.max(axis=0) > 0.004)
    if not len(rows):
        empty = np.zeros((2, 2), np.float32)
        return empty, empty, 0, 0
    top -= top % 2
    y0 = max(int(rows[0]) // 2 * 2, -top)
    y1 = min((int(rows[-1]) // 2 + 1) * 2, mask.shape[0] // 2 * 2, height - top)
    x0, x1 = int(columns[0]) // 2 * 2, (int(columns[-1]) // 2 + 1) * 2
    return mask[y0:y1, x0:x1], shade[y0:y1, x0:x1], x0, top + y0


def _top(position: str, height: int, block: int) -> int:
    if position == "top":
        return round(height * SAFE_TOP)
    if position == "bottom":
        return max(0, round(height * SAFE_BOTTOM) - block)
    return round((height - block) / 2)


def _set(text: str, kind: str, size: tuple[int, int]) -> tuple[int, list[str]]:
    """The em and the lines: two lines rather than larger letters, more lines rather than tiny
    ones, and always within the safe area."""
    width, height = size
    full = max(8, round(min(size) * _SIZES[kind]))
    for most, least in ((2, 0.72), (4, 0.5), (100, 0.0)):
        em = full
        while em >= max(8, round(full * least)):
            lines = _wrap(text, em, width * WIDTH)
            wide = max((_length(line, em) for line in lines), default=0.0)
            tall = em * _LEADING * len(lines)
            fits = wide <= width * WIDTH and tall <= height * (SAFE_BOTTOM - SAFE_TOP)
            if fits and len(lines) <= most:
                return em, lines
            em = int(em * 0.94)
    return 8, _wrap(text, 8, width * WIDTH)


def _wrap(text: str, em: int, width: float) -> list[str]:
    """As few lines as `width` allows, broken where they are most nearly equal."""
    lines: list[str] = []
    for paragraph in text.strip().splitlines():
        words = _words(paragraph)
        best = _fill(words, em, width)
        low, high = 0.0, width
        while len(best) > 1 and high - low > em / 4:
            middle = (low + high) / 2
            narrow = _fill(words, em, middle)
            if len(narrow) == len(best) and max(_length(w, em) for w in narrow) <= middle:
                best, high = narrow, middle
            else:
                low = middle
        lines.extend(best)
    return lines


def _fill(words: list[str], em: int, width: float) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and _length((lines[-1] + word).rstrip(), em) <= width:
            lines[-1] += word
        else:
            lines.append(word)
    return [line.strip() for line in lines if line.strip()]


def _words(text: str) -> list[str]:
    """Where a line may break: after a space, and on either side of a wide (CJK) sign unless that
    would put punctuation at the start of a line."""
    words: list[str] = []
    for char in " ".join(text.split()):
        wide = unicodedata.east_asian_width(char) in ("W", "F")
        mark = unicodedata.category(char).startswith(("P", "M"))
        after = not words or words[-1].endswith(" ")
        after = after or (not mark and unicodedata.east_asian_width(words[-1][-1]) in ("W", "F"))
        if after or (wide and not mark):
            words.append(char)
        else:
            words[-1] += char
    return words


def _length(text: str, em: int) -> float:
    return sum(font.getlength(piece) for font, piece in fonts.runs(text, em))


def _bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    return np.asarray(np.clip(values + 0.5, 0, 255), np.uint8)
