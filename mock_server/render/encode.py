"""Frames and sound → MP4: H.264 High, yuv420p tagged BT.709, AAC, the index at the front."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Self

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from .loudness import RATE
from .sound import CHUNK

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

    from .plan import Plan

X264 = {
    "preset": "superfast",
    "crf": "21",
    "profile": "high",
    "x264-params": ":".join(
        (
            "mbtree=1:rc-lookahead=20:aq-mode=2",
            "bframes=4:b-adapt=0:direct=temporal",
            "subme=1:weightp=1:partitions=i8x8",
            "threads=4:cpu-independent=1:force-cfr=1",
        )
    ),
}
"""superfast with macroblock trees, and B-frames in a fixed pattern that take their vectors from
the frames about them: photos in slow, even motion are what that foretells best. On photographs
this gives veryfast's SSIM at crf 20 in fewer bytes and 0.6 of its time (benchmarks/render.py).

The same frames give the same bytes, on any machine: how many threads there are changes them, and
what x264 has for AVX-512 does from one run to the next (seen in libx264 core 165 as in PyAV 18)."""

FRUGAL = {
    **X264,
    "crf": "22",
    "x264-params": ":".join(
        (
            "mbtree=0:rc-lookahead=0:aq-mode=2",
            "bframes=2:b-adapt=0:b-pyramid=none:direct=temporal",
            "subme=1:weightp=0:partitions=i8x8:ipratio=3:pbratio=2",
            "threads=1:cpu-independent=1:force-cfr=1",
        )
    ),
}
"""In a quarter of the memory: no frames are kept to look ahead in, and few to be foretold from. What
macroblock trees find out about slow, even motion is taken for granted: the frames that others come
from are made so much better. On photographs as like the original as the other, in a tenth more bytes."""

SEEK = 10  # s between two frames that stand on their own, at most
AUDIO_BITS = 160_000

# A third of the time of FFmpeg's usual coder; on music at this rate its error is no larger, and
# far smaller where the music is soft, so that peaks stay where the limiter put them.
AAC = {"aac_coder": "fast"}


class Mp4:
    """An MP4 being written. A context manager: leaving it in peace writes the index."""

    def __init__(self, path: Path, plan: Plan) -> None:
        self._container = av.open(path, "w", format="mp4", options={"movflags": "+faststart"})
        self._rate = plan.fps
        self._pictures = 0
        self._samples = 0
        options = dict(FRUGAL if plan.frugal else X264)
        stream = self._container.add_stream("libx264", rate=plan.fps, options=options)
        stream.width, stream.height, stream.pix_fmt = plan.width, plan.height, "yuv420p"
        stream.time_base = Fraction(1, plan.fps)
        context = stream.codec_context
        context.gop_size = min(250, SEEK * plan.fps)
        context.colorspace = Colorspace.ITU709
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
        context.color_range = ColorRange.MPEG
        self._video = stream
        self._audio: av.AudioStream | None = None
        if plan.sounds:
            self._audio = self._container.add_stream(
                "aac", rate=RATE, layout="stereo", options=dict(AAC)
            )
            self._audio.bit_rate = AUDIO_BITS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._container.mux(self._video.encode())
                if self._audio is not None:
                    self._container.mux(self._audio.encode())
        finally:
            self._container.close()

    @property
    def heard(self) -> float:
        """Seconds of sound written so far."""
        return self._samples / RATE

    def picture(self, frame: av.VideoFrame) -> None:
        """The next frame, yuv420p."""
        frame.pts = self._pictures
        frame.time_base = Fraction(1, self._rate)
        frame.colorspace = Colorspace.ITU709
        frame.color_range = ColorRange.MPEG
        frame.color_primaries = ColorPrimaries.BT709
        frame.color_trc = ColorTrc.BT709
        self._pictures += 1
        self._container.mux(self._video.encode(frame))

    def sound(self, samples: NDArray[np.float32]) -> None:
        """The next samples, (2, n) between -1 and 1; n is `CHUNK` until the last time."""
        assert self._audio is not None
        for start in range(0, samples.shape[1], CHUNK):
            part = np.ascontiguousarray(samples[:, start : start + CHUNK])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.sample_rate = RATE
            frame.pts = self._samples
            frame.time_base = Fraction(1, RATE)
            self._samples += part.shape[1]
            self._container.mux(self._audio.encode(frame))
