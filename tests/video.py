"""Videos of given pictures."""

from __future__ import annotations

from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import av
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

Target = TypeVar("Target", Path, BytesIO)

_FORMATS = {"RGB": "rgb24", "RGBA": "rgba"}


def shades(width: int, height: int) -> list[Image.Image]:
    """Ten greys, from black on."""
    return [Image.new("RGB", (width, height), (20 * number,) * 3) for number in range(10)]


def encode(
    target: Target,
    pictures: Sequence[Image.Image],
    *,
    kind: str | None = None,
    codec: str = "libx264",
    form: str = "yuv420p",
    rate: int = 10,
    times: Sequence[int] = (),
    pixel: Fraction | None = None,
    options: dict[str, str] | None = None,
    container: dict[str, str] | None = None,
    silence: bool = False,
) -> Target:
    """Write a video of the pictures, 1/`rate` s each, and return where. `kind`: of file, else by the name of `target`; `times` in 1/`rate` s,
    `pixel` the shape of one; `silence`: with a soundtrack in which nothing is heard."""
    with av.open(target, "w", format=kind, options=container or {}) as out:
        stream = out.add_stream(codec, rate=rate, options=options or {})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = pictures[0].size
        stream.pix_fmt = form
        stream.time_base = Fraction(1, rate)
        if pixel is not None:
            stream.sample_aspect_ratio = pixel
        track: Any = out.add_stream("aac", rate=44_100) if silence else None
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.asarray(picture), format=_FORMATS[picture.mode])
            frame.pts = times[number] if times else number
            frame.time_base = Fraction(1, rate)
            out.mux(stream.encode(frame))
            if track is not None:
                samples = np.zeros((1, 44_100 // rate), np.float32)
                sound = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
                sound.rate, sound.pts = 44_100, number * samples.shape[1]
                out.mux(track.encode(sound))
        out.mux(stream.encode())
        if track is not None:
            out.mux(track.encode(None))
    return target
