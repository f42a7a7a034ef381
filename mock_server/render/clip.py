"""A moving picture from a file: a video, an animated GIF. Frames in order, upright, as RGB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from .errors import RenderError
from .media import upright

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray


class Clip:
    """An opened clip; `name` is what errors call it. Time only goes forward."""

    def __init__(self, path: Path, name: str) -> None:
        self._name = name
        self._reformatter = VideoReformatter()
        try:
            self._container = av.open(path)
        except (av.FFmpegError, UnicodeDecodeError) as error:
            raise RenderError(f"{name}: cannot be read as a video") from error
        try:
            if not self._container.streams.video:
                raise RenderError(f"{name}: has no picture")
            stream = self._container.streams.video[0]
            stream.thread_type = "AUTO"
            self._frames = self._decoded(stream)
            first = next(self._frames, None)
            if first is None:
                raise RenderError(f"{name}: has no picture that can be decoded")
        except BaseException:
            self._container.close()
            raise
        self._now: av.VideoFrame = first
        self._next = next(self._frames, None)
        self._origin = first.time or 0.0
        self.size = upright(first)

    def at(self, seconds: float, size: tuple[int, int]) -> NDArray[np.uint8]:
        """The frame that is on at `seconds`, the last one after the end: (height, width, 3) sRGB
        of that size, which has to be of the clip's shape."""
        while self._next is not None and (self._next.time or 0.0) - self._origin <= seconds + 1e-4:
            self._now, self._next = self._next, next(self._frames, None)
        frame = self._now
        turns = frame.rotation // 90
        width, height = size[::-1] if turns % 2 else size
        rgb = self._reformatter.reformat(
            frame,
            width,
            height,
            "rgb24",
            src_colorspace=_matrix(frame),
            dst_color_range=ColorRange.JPEG,
            interpolation="BICUBIC",
        ).to_ndarray()
        return np.ascontiguousarray(np.rot90(rgb, turns))

    def close(self) -> None:
        self._container.close()

    def _decoded(self, stream: av.VideoStream) -> Iterator[av.VideoFrame]:
        try:
            yield from self._container.decode(stream)
        except av.FFmpegError as error:
            # What was decoded so far is shown, as players do; a clip without any is refused.
            if not isinstance(error, av.InvalidDataError):
                raise RenderError(f"{self._name}: {error.strerror}") from error


def _matrix(frame: av.VideoFrame) -> int:
    """The colour matrix the frame names, or the one that its size stands for."""
    if frame.colorspace in (Colorspace.ITU709, Colorspace.BT2020, Colorspace.SMPTE240M):
        return int(frame.colorspace)
    unnamed = frame.colorspace == 2  # AVCOL_SPC_UNSPECIFIED
    return int(Colorspace.ITU709 if unnamed and frame.height >= 720 else Colorspace.ITU601)
