"""A shot on its way to the frame: its picture is opened, drawn frame by frame, and let go."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from . import framing, motion, subject
from .clip import Clip
from .errors import RenderError
from .geometry import Rect
from .media import inspect
from .photo import Photo
from .yuv import Planes

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .plan import Shot


class Scene(Protocol):
    """What is drawn of a shot."""

    def draw(self, frame: int, out: Planes) -> None:
        """The shot's `frame`-th picture, from 0, onto the whole of `out`."""

    def close(self) -> None: ...


def open_scene(shot: Shot, path: Path, size: tuple[int, int], fps: int) -> Scene:
    """The shot's file, opened: `size` is the frame's (width, height)."""
    try:
        info = inspect(path)
    except RenderError as error:
        raise RenderError(f"{shot.source.name}: cannot be read as a picture or a video") from error
    if info.type == "video" or (info.format == "gif" and info.duration is not None):
        return ClipScene(Clip(path, shot.source.name), size, fps)
    return PhotoScene(Photo(path, shot.source.name), shot, size, fps)


class PhotoScene:
    """A photo under a moving window. In memory: the planes of what the window passes, no larger
    than the frame shows of it."""

    def __init__(self, photo: Photo, shot: Shot, size: tuple[int, int], fps: int) -> None:
        self._last = max(1, shot.span.frames - 1)
        style, move = motion.style(shot.style), motion.move(shot.move)
        shown = framing.choose(
            photo.size, size, move, style, shot.span.frames / fps, _subject_of(photo)
        )
        path = shown.path
        if isinstance(shown, framing.Cover):
            stage = shown.stage
            scale = size[0] / min(path.start.w, path.end.w)
            rgb = photo.part(stage, (_even(stage.w * scale), _even(stage.h * scale)))
        else:
            stage, place = Rect(0, 0, shown.width, shown.height), shown.picture
            picture = photo.part(
                Rect(0, 0, *photo.size), (max(1, round(place.w)), max(1, round(place.h)))
            )
            rgb = on_backdrop(picture, (_even(stage.w), _even(stage.h)), place.x, place.y)
        self._planes = Planes.from_rgb(rgb)
        self._path = path
        self._stage = stage

    def draw(self, frame: int, out: Planes) -> None:
        window = self._path.at(frame / self._last)
        width, height = self._planes.size
        fx, fy = width / self._stage.w, height / self._stage.h
        self._planes.sample(
            Rect(
                (window.x - self._stage.x) * fx,
                (window.y - self._stage.y) * fy,
                window.w * fx,
                window.h * fy,
            ),
            out,
        )

    def close(self) -> None:
        """Nothing is held but memory."""


class ClipScene:
    """A clip, as large as fills the frame or whole over a fill, with no motion but its own."""

    def __init__(self, clip: Clip, size: tuple[int, int], fps: int) -> None:
        self._clip, self._size, self._fps = clip, size, fps
        self._covers = framing.covers(clip.size, size)
        if self._covers:
            crop = framing.crop(clip.size, size)
            scale = size[0] / crop.w
            self._scaled = (
                max(size[0], round(clip.size[0] * scale)),
                max(size[1], round(clip.size[1] * scale)),
            )
            self._at = (
                min(round(crop.x * scale), self._scaled[0] - size[0]),
                min(round(crop.y * scale), self._scaled[1] - size[1]),
            )
        else:
            place = framing.contain(clip.size, Rect(0, 0, *size))
            self._scaled = (max(1, round(place.w)), max(1, round(place.h)))
            self._at = (round(place.x), round(place.y))

    def draw(self, frame: int, out: Planes) -> None:
        rgb = self._clip.at(frame / self._fps, self._scaled)
        width, height = self._size
        x, y = self._at
        if self._covers:
            rgb = np.ascontiguousarray(rgb[y : y + height, x : x + width])
        else:
            rgb = on_backdrop(rgb, self._size, x, y)
        Planes.from_rgb(rgb).copy_to(out)

    def close(self) -> None:
        self._clip.close()


def on_backdrop(
    picture: NDArray[np.uint8], size: tuple[int, int], x: float, y: float
) -> NDArray[np.uint8]:
    """`picture` at (x, y) on a stage of `size` (width, height), the rest filled with the picture
    itself: enlarged, blurred, darker, with a soft shadow about the picture."""
    width, height = size
    h, w = picture.shape[:2]
    left, top = min(max(0, round(x)), width - w), min(max(0, round(y)), height - h)
    # All that is blurred is small: a twelfth of the stage holds everything a blur leaves.
    small = (max(8, width // 12), max(8, height // 12))
    crop = framing.crop((w, h), size)
    part = picture[
        int(crop.y) : max(int(crop.y) + 1, math.ceil(crop.bottom)),
        int(crop.x) : max(int(crop.x) + 1, math.ceil(crop.right)),
    ]
    tiny = cv2.resize(part, small, interpolation=cv2.INTER_AREA)
    sigma = max(small) * 0.055
    fill = np.asarray(tiny, np.float32)
    cv2.GaussianBlur(fill, (0, 0), sigma, dst=fill, borderType=cv2.BORDER_REFLECT_101)
    grey = fill.mean(axis=2, keepdims=True)
    fill = (grey + (fill - grey) * 1.15) * 0.6
    shade = np.zeros(small[::-1], np.float32)
    fx, fy = small[0] / width, small[1] / height
    shade[
        round(top * fy) : max(round(top * fy) + 1, round((top + h) * fy)),
        round(left * fx) : max(round(left * fx) + 1, round((left + w) * fx)),
    ] = 1
    cv2.GaussianBlur(shade, (0, 0), max(small) * 0.018, dst=shade)
    fill *= 1 - 0.45 * shade[..., None]
    stage = cv2.resize(fill, size, interpolation=cv2.INTER_CUBIC)
    result = np.asarray(np.clip(stage + 0.5, 0, 255), np.uint8)
    result[top : top + h, left : left + w] = picture
    return result


def _subject_of(photo: Photo) -> framing.Subject | None:
    width, height = photo.size
    scale = min(1.0, subject.SIDE / max(width, height))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    return subject.find(photo.part(Rect(0, 0, width, height), small), photo.size)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
