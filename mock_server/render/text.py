"""Titles and captions: text set once, with a shadow, and laid over frame after frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from .motion import ease
from .yuv import BLACK, NEUTRAL, Planes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .plan import Title
    from .typeset import Setting

WIDTH = 0.84
"""Part of the frame's width that text may take: inside the title-safe area (SMPTE ST 2046-1)."""

SAFE_TOP, SAFE_BOTTOM = 0.08, 0.90

_SIZES = {"large": 0.105, "small": 0.052}
"""Height of the letters' em, as a part of the frame's shorter side."""

_UPRIGHT = 1.35
"""How much larger a caption is in an upright frame, which is looked at on a phone."""

_FADE = 0.45
_RIM, _SHADOW, _PLATE = 0.62, 0.42, 0.6
"""How much of what is behind them the rim of letters, the wide shadow of a title and the plate of
a caption take away."""
_GAP = 0.03
"""Between two texts that are shown at once, as a part of the frame's shorter side."""


class Titles:
    """The texts of a video, ready to be laid over its frames of `size` (width, height).

    One is set when it is first shown. It has its place for as long as it is on, and none that
    another text has at any of that time.
    """

    def __init__(self, titles: Sequence[Title], size: tuple[int, int], fps: int) -> None:
        self._titles = sorted(titles, key=lambda title: title.span.first)
        self._size, self._fps = size, fps
        self._taken: dict[int, tuple[int, int]] = {}
        self._open: dict[int, Caption] = {}

    @property
    def places(self) -> list[tuple[int, int]]:
        """Top and bottom, in pixels, of each text that has been on so far."""
        return [*self._taken.values()]

    def draw(self, number: int, out: Planes) -> None:
        """Lay what is on at frame `number` of the video over `out`; frames come in order."""
        for key, title in enumerate(self._titles):
            if number in title.span:
                if key not in self._open:
                    self._open[key] = self._set(key)
                self._open[key].draw(number - title.span.first, out)
            elif key in self._open:
                del self._open[key]

    def _set(self, key: int) -> Caption:
        from . import fonts, typeset  # which take a while, and not every video has a text

        title = self._titles[key]
        width, height = self._size
        safe = (round(height * SAFE_TOP), round(height * SAFE_BOTTOM))
        text = fonts.writable(title.text)
        size = _SIZES.get(title.size, _SIZES["large"])
        if title.size == "small" and height > width:
            size *= _UPRIGHT
        em = max(8, round(min(self._size) * size))

        def fitted(room: float) -> Setting | None:
            return typeset.fitted(text, em, width * WIDTH, room)

        setting = fitted((safe[1] - safe[0]) / self._together(title))
        if setting is None:
            return Caption([], title.span.frames, self._fps)
        bands = sorted(self._free(key, safe), key=lambda band: _away(band, title.position, height))
        band = next((band for band in bands if band[1] - band[0] >= setting.height), None)
        if band is None:
            band = max(bands, key=lambda band: band[1] - band[0], default=safe)
            setting = fitted(band[1] - band[0]) or setting
        top = _top(setting, band, title.position, height)
        self._taken[key] = (top, top + setting.height)
        layers = _layers(setting, top, self._size, on_plate=title.size == "small")
        return Caption(layers, title.span.frames, self._fps)

    def _together(self, title: Title) -> int:
        """How many texts are on at once at most while one is."""
        met = [other.span for other in self._titles if _meet(title, other)]
        return max(sum(span.first in other for other in met) for span in met)

    def _free(self, key: int, safe: tuple[int, int]) -> list[tuple[int, int]]:
        """(top, bottom) of where nothing else is while the text is on."""
        title = self._titles[key]
        gap = round(min(self._size) * _GAP)
        bands = []
        top = safe[0]
        taken = (box for other, box in self._taken.items() if _meet(title, self._titles[other]))
        for start, end in sorted(taken):
            bands.append((top, start - gap))
            top = max(top, end + gap)
        return [(a, b) for a, b in [*bands, (top, safe[1])] if a < b]


def _meet(one: Title, other: Title) -> bool:
    return one.span.first < other.span.end and other.span.first < one.span.end


def _away(band: tuple[int, int], position: str, height: int) -> int:
    """How far a band is from where a text wants to be."""
    if position == "top":
        return band[0]
    if position == "bottom":
        return -band[1]
    return max(band[0] - height // 2, height // 2 - band[1], 0)


def _top(setting: Setting, band: tuple[int, int], position: str, height: int) -> int:
    lowest = max(band[0], band[1] - setting.height)
    if position == "top":
        return band[0]
    if position == "bottom":
        return lowest
    return min(max(round(height / 2 - setting.middle), band[0]), lowest)


class Caption:
    """A text over `frames` frames, which fades in and out: its layers for y, u and v, if any."""

    def __init__(self, layers: Sequence[_Layer], frames: int, fps: int) -> None:
        self._layers, self._frames = layers, frames
        self._fade = max(1, min(round(_FADE * fps), frames // 3))

    def draw(self, frame: int, out: Planes) -> None:
        """Lay the text's `frame`-th picture, from 0, over `out`."""
        part = min(frame + 1, self._frames - frame) / (self._fade + 1)
        opacity = ease(min(1.0, part))
        for plane, layer in zip((out.y, out.u, out.v), self._layers, strict=False):
            layer.lay(plane, opacity)


class _Layer:
    """What shows through of a plane at (x, y), of 255, and what is added to that."""

    def __init__(self, x: int, y: int, keep: NDArray[np.uint8], add: NDArray[np.uint8]) -> None:
        self._rows, self._columns = slice(y, y + keep.shape[0]), slice(x, x + keep.shape[1])
        self._keep, self._add = keep, add
        self._under = np.empty_like(keep)

    def lay(self, plane: NDArray[np.uint8], opacity: float) -> None:
        part = plane[self._rows, self._columns]
        whole = part if opacity >= 1 else self._under
        cv2.multiply(part, self._keep, dst=whole, scale=1 / 255)
        cv2.add(whole, self._add, dst=whole)
        if opacity < 1:
            cv2.addWeighted(part, 1 - opacity, whole, opacity, 0, dst=part)


def _layers(setting: Setting, top: int, size: tuple[int, int], on_plate: bool) -> list[_Layer]:
    """For y, u and v."""
    frame_width, frame_height = size
    margin = setting.em
    width = min(frame_width, int(setting.width) + 2 * margin)
    width += (frame_width - width) % 4  # so that its left is even
    x, y = (frame_width - width) // 2, (top - margin) // 2 * 2
    height = (top + setting.height + margin - y + 1) // 2 * 2
    letters, colours = setting.draw((width, height), top - y)
    ink, light = letters, np.repeat(letters[..., None], 3, axis=2)
    if colours is not None:  # they lie where no letters are
        ink, light = np.maximum(ink, colours[..., 3]), np.maximum(light, colours[..., :3])
    plate = _plate(setting, (width, height), top - y) if on_plate else None
    # Ink and shadow cover what is under them: 1 - (1 - ink)(1 - shadow).
    cover = 255 - _product(255 - ink, 255 - _shade(ink, setting.em, plate))
    seen = slice(max(0, -y), height - max(0, y + height - frame_height))
    light, cover = np.ascontiguousarray(light[seen]), np.ascontiguousarray(cover[seen])
    y = max(0, y)
    planes = Planes.from_rgb(light)
    half = _bytes(cv2.resize(cover, planes.u.shape[::-1], interpolation=cv2.INTER_AREA))
    return [
        _Layer(x, y, 255 - cover, _added(planes.y, cover, BLACK)),
        _Layer(x // 2, y // 2, 255 - half, _added(planes.u, half, NEUTRAL)),
        _Layer(x // 2, y // 2, 255 - half, _added(planes.v, half, NEUTRAL)),
    ]


def _added(plane: NDArray[np.uint8], cover: NDArray[np.uint8], black: int) -> NDArray[np.uint8]:
    """What ink on a shadow adds: `plane` is the ink on black, which is there only by `cover`."""
    return _bytes(cv2.addWeighted(plane, 1, cover, black / 255, -black))


def _shade(ink: NDArray[np.uint8], em: int, plate: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    """How dark it is about the ink: a rim that parts it from what is as light as itself, and a
    plate or else a wide soft shadow that takes the unrest out of what is behind."""
    reach = max(1, round(em * 0.05))
    rim = cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2))
    rim = _bytes(cv2.GaussianBlur(rim, (0, 0), max(0.6, em * 0.05)))
    if plate is None:
        wide = np.minimum(_part(_blurred(ink, em * 0.26), 1.3), round(255 * _SHADOW))
    else:
        wide = _part(plate, _PLATE)
    return 255 - _product(255 - _part(rim, _RIM), 255 - wide)


def _plate(setting: Setting, size: tuple[int, int], top: int) -> NDArray[np.uint8]:
    """A plate behind each line, those that touch grown together, with round corners."""
    plate = np.zeros(size[::-1], np.uint8)
    em = setting.em
    for left, upper, right, lower in setting.boxes(size[0], top):
        upper, lower = upper - round(0.26 * em), lower + round(0.1 * em)
        plate[max(0, upper) : lower, max(0, left - round(0.5 * em)) : right + round(0.5 * em)] = 255
    # What is blurred and made sharp again has round corners.
    levels = (np.arange(256) - 112) * max(1.0, 0.15 * em) + 128
    soft = cv2.GaussianBlur(plate, (0, 0), max(1.0, 0.14 * em))
    return _bytes(cv2.LUT(soft, np.clip(levels, 0, 255).astype(np.uint8)))


def _blurred(image: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
    """A wide blur, made on a smaller picture."""
    step = max(1, int(sigma / 4))
    size = (image.shape[1], image.shape[0])
    small = cv2.resize(
        image, (-(-size[0] // step), -(-size[1] // step)), interpolation=cv2.INTER_AREA
    )
    small = cv2.GaussianBlur(small, (0, 0), sigma / step)
    return _bytes(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC))


def _product(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Of two planes of shares, 255 being all."""
    return _bytes(cv2.multiply(a, b, scale=1 / 255))


def _part(plane: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    return _bytes(cv2.convertScaleAbs(plane, alpha=share))


def _bytes(values: Any) -> NDArray[np.uint8]:
    """What OpenCV gives back for bytes, which its stubs do not know to be bytes."""
    return np.asarray(values, np.uint8)
