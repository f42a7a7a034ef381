"""A video from a file: its frames in order, upright, as the planes the frame is made of."""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import TYPE_CHECKING

import av
import numpy as np
from av.video.reformatter import (
    ColorPrimaries,
    ColorRange,
    Colorspace,
    ColorTrc,
    Interpolation,
    VideoReformatter,
)

from . import colour
from .errors import RenderError
from .media import upright
from .yuv import Planes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from numpy.typing import NDArray

_SCALING = Interpolation.BICUBIC | Interpolation.ACCURATE_RND
_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""The decoders that see the alpha which WebM keeps beside the picture; the usual ones do not."""


class Clip:
    """An opened video; `name` is what errors call it. Time only goes forward.

    `ground` is the colour that what is transparent is seen over; None where nothing is.
    """

    def __init__(self, path: Path, name: str) -> None:
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
            self._frames = self._timed(stream)
            first = next(self._frames, None)
            if first is None:
                raise RenderError(f"{name}: has no picture that can be decoded")
        except BaseException:
            self._container.close()
            raise
        self._origin, self._now = first
        self._next = next(self._frames, None)
        self._shown: tuple[av.VideoFrame, Planes] | None = None
        self._turn = _Turn.of(self._now)  # once: a frame whose side data was looked at stays long
        self.size = upright(self._now, stream.sample_aspect_ratio)
        self._alpha = any(part.is_alpha for part in self._now.format.components)
        self.ground = self._ground() if self._alpha else None

    def at(self, seconds: float, size: tuple[int, int]) -> Planes:
        """The frame that is on at `seconds`, the last one after the end, at an even (width,
        height); the same object for as long as it is on."""
        while self._next is not None and self._next[0] - self._origin <= seconds + 1e-4:
            self._now, self._next = self._next[1], next(self._frames, None)
        if self._shown is None or self._shown[0] is not self._now or self._shown[1].size != size:
            self._shown = self._now, self._planes(size)
        return self._shown[1]

    @property
    def over(self) -> bool:
        """Whether its last frame is on."""
        return self._next is None

    def close(self) -> None:
        self._container.close()

    def _planes(self, size: tuple[int, int]) -> Planes:
        frame, turn = self._now, self._turn
        width, height = size[::-1] if turn.transposed else size
        form = "yuva420p" if self._alpha else "yuv420p"
        matrix, span = matrix_of(frame), _range(frame)
        if frame.format.is_rgb or matrix not in (Colorspace.ITU601, Colorspace.ITU709):
            frame = self._scaled(width, height, form, Colorspace.ITU709, ColorRange.MPEG)
            planes = Planes.within(frame)
        else:  # to have it only scaled, and the rest done here, is quicker and more exact
            frame = self._scaled(width, height, form, matrix, span)
            planes = Planes.within(frame).in_709(
                of_601=matrix == Colorspace.ITU601, full=span == ColorRange.JPEG
            )
        if self._alpha and self.ground:
            planes = _laid(planes, _alpha_of(frame), self.ground)
        return Planes(turn(planes.y), turn(planes.u), turn(planes.v))

    def _ground(self) -> colour.Colour | None:
        small = self._scaled(48, 48, "rgba", matrix_of(self._now), ColorRange.JPEG)
        return colour.ground(np.asarray(small.to_ndarray(), np.uint8))

    def _scaled(
        self, width: int, height: int, form: str, matrix: int, span: ColorRange
    ) -> av.VideoFrame:
        """The frame that is on, in that form."""
        frame = self._now
        # Wide colours and HDR are brought to BT.709; what is brighter than its white is cut off.
        wide: dict[str, Any] = {}
        if frame.color_primaries in (ColorPrimaries.BT2020, ColorPrimaries.SMPTE432) or (
            frame.color_trc in (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)
        ):
            wide = {
                "dst_color_primaries": ColorPrimaries.BT709,
                "dst_color_trc": ColorTrc.BT709,
            }
        return self._reformatter.reformat(
            frame,
            width,
            height,
            form,
            src_colorspace=matrix_of(frame),
            dst_colorspace=matrix,
            src_color_range=_range(frame),
            dst_color_range=span,
            interpolation=_SCALING,
            **wide,
        )

    def _timed(self, stream: av.VideoStream) -> Iterator[tuple[float, av.VideoFrame]]:
        """Each frame and the second it comes at: as the file says, as long as that goes forward
        (H.264 in AVI does not), then at its rate."""
        step = float(1 / (stream.average_rate or stream.base_rate or 25))
        before: float | None = None
        for frame in self._decoded(stream):
            at = frame.time if frame.pts is not None else None
            if at is None or (before is not None and at <= before):
                at = 0.0 if before is None else before + step
            yield at, frame
            before = at

    def _decoded(self, stream: av.VideoStream) -> Iterator[av.VideoFrame]:
        """What can be decoded; what is damaged is passed over, as players do."""
        decoder = stream.codec_context
        if stream.metadata.get("alpha_mode") == "1" and decoder.name in _WITH_ALPHA:
            other = av.CodecContext.create(_WITH_ALPHA[decoder.name], "r")
            assert isinstance(other, av.VideoCodecContext)
            decoder = other
        with suppress(av.FFmpegError):  # as far as it can be read
            for packet in self._container.demux(stream):
                try:
                    frames = decoder.decode(packet)
                except av.FFmpegError:
                    continue
                yield from frames


class _Turn:
    """What brings a frame's planes upright: a quarter turn is a transposition and a mirroring."""

    def __init__(self, *, transposed: bool, across: bool, down: bool) -> None:
        self.transposed = transposed
        self._steps = slice(None, None, -1 if down else 1), slice(None, None, -1 if across else 1)

    @classmethod
    def of(cls, frame: av.VideoFrame) -> _Turn:
        """From the display matrix (ISO/IEC 14496-12, 6.2.2): x' = ax + cy, y' = bx + dy."""
        data: Any = frame.side_data.get("DISPLAYMATRIX")
        if data is None:
            return cls(transposed=False, across=False, down=False)
        a, b, _, c, d = struct.unpack_from("=5i", bytes(data))
        if abs(b) > abs(a):
            return cls(transposed=True, across=c < 0, down=b < 0)
        return cls(transposed=False, across=a < 0, down=d < 0)

    def __call__(self, plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return (plane.T if self.transposed else plane)[self._steps]


def _alpha_of(frame: av.VideoFrame) -> NDArray[np.uint8]:
    plane = frame.planes[3]
    pixels = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return pixels[:, : plane.width]


def _laid(planes: Planes, alpha: NDArray[np.uint8], ground: colour.Colour) -> Planes:
    """New planes: the picture on one colour."""
    under = Planes.empty(2, 2)
    under.fill(ground)

    def mixed(plane: NDArray[np.uint8], level: int, part: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.asarray(level + ((plane.astype(np.int32) - level) * part + 127) // 255, np.uint8)

    fine, coarse = alpha, alpha[::2, ::2]
    return Planes(
        mixed(planes.y, int(under.y[0, 0]), fine),
        mixed(planes.u, int(under.u[0, 0]), coarse),
        mixed(planes.v, int(under.v[0, 0]), coarse),
    )


def matrix_of(frame: av.VideoFrame) -> int:
    """The colour matrix the frame names, or the one that its size stands for."""
    named = {1: Colorspace.ITU709, 7: Colorspace.SMPTE240M, 9: Colorspace.BT2020}
    if frame.colorspace in named:
        return int(named[frame.colorspace])
    unnamed = frame.colorspace == 2  # AVCOL_SPC_UNSPECIFIED
    return int(Colorspace.ITU709 if unnamed and frame.height >= 720 else Colorspace.ITU601)


def _range(frame: av.VideoFrame) -> ColorRange:
    full = frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")
    return ColorRange.JPEG if full or frame.format.is_rgb else ColorRange.MPEG
