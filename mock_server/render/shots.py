"""A shot on its way to the frame: its picture is opened, drawn frame by frame, and let go."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from . import framing, motion, onward, subject
from .animation import Animation
from .clip import Clip
from .errors import RenderError
from .geometry import Rect
from .photo import Photo
from .yuv import BLACK, NEUTRAL, Planes

if TYPE_CHECKING:
    from pathlib import Path

    from .colour import Colour
    from .looks import Grade
    from .media import MediaInfo
    from .plan import Shot


_NEAREST = 1.2
"""How much larger than it fills the frame a photo is seen, at most: the most that a style moves."""


class Scene(Protocol):
    """What is drawn of a shot."""

    def draw(self, frame: int, out: Planes) -> None:
        """The shot's `frame`-th picture, from 0, onto the whole of `out`."""

    def close(self) -> None: ...


def open_scene(
    shot: Shot,
    path: Path,
    info: MediaInfo,
    size: tuple[int, int],
    fps: int,
    *,
    grade: Grade | None = None,
    frugal: bool = False,
) -> Scene:
    """The shot's file, of which `info` tells, opened: `size` is the frame's (width, height),
    `grade` what its colours go through; `frugal`: in little memory."""
    if info.type == "audio":
        raise RenderError(f"{shot.source.name}: has no picture")
    if info.type == "video":
        return ClipScene(Clip(path, shot.source.name), shot, size, fps, grade)
    if info.duration is not None:
        return ClipScene(Animation(path, shot.source.name), shot, size, fps, grade)
    photo = Photo(path, shot.source.name, frugal=frugal)
    return PhotoScene(photo, shot, size, fps, grade)


class PhotoScene:
    """A photo under a moving window. In memory: the planes of what the window passes, no larger
    than the frame shows of it."""

    def __init__(
        self, photo: Photo, shot: Shot, size: tuple[int, int], fps: int, grade: Grade | None = None
    ) -> None:
        moves = shot.moves or shot.span.frames
        self._last, self._fps = max(1, moves - 1), fps
        style, move = motion.style(shot.style), motion.move(shot.move)
        largest = _NEAREST * max(size[0] / photo.size[0], size[1] / photo.size[1])
        photo.decode(photo.size[0] * largest, photo.size[1] * largest)
        shown = framing.choose(photo.size, size, move, style, moves / fps, _subject_of(photo))
        path = shown.path
        self._onward = onward.go_on(shown, photo.size, size, self._last / fps)
        if isinstance(shown, framing.Cover):
            stage = shown.stage.union(self._onward.on.end) if shot.moves else shown.stage
            scale = size[0] / min(path.start.w, path.end.w)
            part = photo.part(stage, (_even(stage.w * scale), _even(stage.h * scale)))
            photo.let_go()
            self._planes = Planes.from_rgb(part)
        else:
            stage, place = Rect(0, 0, shown.width, shown.height), shown.picture
            whole = (_even(stage.w), _even(stage.h))
            inside = (min(whole[0], _even(place.w)), min(whole[1], _even(place.h)))
            part = photo.part(Rect(0, 0, *photo.size), inside)
            photo.let_go()
            picture = Planes.from_rgb(part)
            self._planes = on_backdrop(picture, whole, place.x, place.y, photo.ground)
        if grade is not None:
            self._planes = grade(self._planes)
        self._path = path
        self._stage = stage

    def draw(self, frame: int, out: Planes) -> None:
        window = (
            self._path.at(frame / self._last)
            if frame <= self._last
            else self._onward.at((frame - self._last) / self._fps)
        )
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
    """A clip, as large as fills the frame or whole over a fill, with no motion but its own. Where the
    shot goes on when the clip is over, its last frame stands and comes slowly nearer."""

    def __init__(
        self,
        clip: Clip | Animation,
        shot: Shot,
        size: tuple[int, int],
        fps: int,
        grade: Grade | None = None,
    ) -> None:
        self._clip, self._size, self._fps, self._grade = clip, size, fps, grade
        self._moves = shot.moves
        self._onward = onward.standing(size)
        self._stands: tuple[int, Planes] | None = None
        self._covers = framing.covers(clip.size, size)
        if self._covers:
            crop = framing.crop(clip.size, size)
            scale = size[0] / crop.w
            self._scaled = (
                max(size[0], _even(clip.size[0] * scale)),
                max(size[1], _even(clip.size[1] * scale)),
            )
            self._at = (
                min(_nearest_even(crop.x * scale), self._scaled[0] - size[0]),
                min(_nearest_even(crop.y * scale), self._scaled[1] - size[1]),
            )
        else:
            place = framing.contain(clip.size, Rect(0, 0, *size))
            self._scaled = (min(size[0], _even(place.w)), min(size[1], _even(place.h)))
            self._at = (_nearest_even(place.x), _nearest_even(place.y))
        self._shown: tuple[Planes, Planes] | None = None

    def draw(self, frame: int, out: Planes) -> None:
        if self._stands is None:
            self._draw(frame, out)
            if 0 < self._moves <= frame + 1 and self._clip.over:
                self._stands = frame, Planes.empty(*self._size)
                out.copy_to(self._stands[1])
            return
        since, last = self._stands
        last.sample(self._onward.at((frame - since) / self._fps), out, frame=True)

    def _draw(self, frame: int, out: Planes) -> None:
        picture = self._clip.at(frame / self._fps, self._scaled)
        if self._shown is None or self._shown[0] is not picture:
            self._shown = picture, self._staged(picture)
        self._shown[1].copy_to(out)

    def _staged(self, picture: Planes) -> Planes:
        if self._covers:
            stage = picture.part(*self._at, *self._size)
        else:
            stage = on_backdrop(picture, self._size, *self._at, self._clip.ground)
        return stage if self._grade is None else self._grade(stage, self._shown and self._shown[1])

    def close(self) -> None:
        self._clip.close()


def on_backdrop(
    picture: Planes, size: tuple[int, int], x: float, y: float, ground: Colour | None
) -> Planes:
    """`picture` at about (x, y) on a stage of `size` (width, height), both even. The rest is
    filled with the picture itself: enlarged, blurred, darker, with a soft shadow about the picture;
    or with its `ground`, into which a transparent picture runs without an edge."""
    width, height = size
    w, h = picture.size
    left = min(max(0, _nearest_even(x)), width - w)
    top = min(max(0, _nearest_even(y)), height - h)
    stage = Planes.empty(width, height)
    if ground is None:
        _fill(stage, picture, Rect(left, top, w, h))
    else:
        stage.fill(ground)
    picture.copy_to(stage.part(left, top, w, h))
    return stage


def _fill(stage: Planes, picture: Planes, place: Rect) -> None:
    width, height = stage.size
    # All that is blurred is small: a twelfth of the stage holds everything a blur leaves.
    small = (max(8, width // 12), max(8, height // 12))
    crop = framing.crop(picture.size, stage.size)
    fx, fy = small[0] / width, small[1] / height
    shade = np.zeros(small[::-1], np.float32)
    shade[
        round(place.y * fy) : max(round(place.y * fy) + 1, round(place.bottom * fy)),
        round(place.x * fx) : max(round(place.x * fx) + 1, round(place.right * fx)),
    ] = 1
    cv2.GaussianBlur(shade, (0, 0), max(small) * 0.018, dst=shade)
    light = 0.6 * (1 - 0.45 * shade)
    for source, out, share, zero, strength in (
        (picture.y, stage.y, 1, BLACK, light),
        (picture.u, stage.u, 2, NEUTRAL, light * 1.15),
        (picture.v, stage.v, 2, NEUTRAL, light * 1.15),
    ):
        part = source[
            int(crop.y / share) : max(int(crop.y / share) + 1, math.ceil(crop.bottom / share)),
            int(crop.x / share) : max(int(crop.x / share) + 1, math.ceil(crop.right / share)),
        ]
        tiny = np.asarray(cv2.resize(part, small, interpolation=cv2.INTER_AREA), np.float32)
        sigma = max(small) * 0.055
        cv2.GaussianBlur(tiny, (0, 0), sigma, dst=tiny, borderType=cv2.BORDER_REFLECT_101)
        blurred = np.asarray((tiny - zero) * strength + (zero + 0.5), np.uint8)
        cv2.resize(blurred, out.shape[::-1], dst=out, interpolation=cv2.INTER_LINEAR)


def _nearest_even(length: float) -> int:
    return round(length / 2) * 2


def _even(length: float) -> int:
    return max(2, _nearest_even(length))


def _subject_of(photo: Photo) -> framing.Subject | None:
    width, height = photo.size
    scale = min(1.0, subject.SIDE / max(width, height))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    copy = photo.part(Rect(0, 0, width, height), small)
    if photo.drawn is not None:  # a drawing, or who was cut out: none of it is cut off
        return framing.Subject(photo.drawn, faces=True)
    return subject.find(copy, photo.size)
