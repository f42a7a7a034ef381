"""A small studio: photos that are drawn here, drafts of them, and a real decoder for the results."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
from PIL import Image

from mock_server.render import render

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from mock_server.render import Rendered
    from mock_server.render.yuv import Planes

WIDTH, HEIGHT = 320, 180


def scenery(width: int, height: int, seed: int = 0) -> Image.Image:
    """Smooth blobs of colour: something with a place for everything and no repetition."""
    random = np.random.default_rng(seed)
    small = random.uniform(0, 255, (max(2, height // 24), max(2, width // 24), 3))
    smooth = cv2.resize(small.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return Image.fromarray(np.clip(smooth, 0, 255).astype(np.uint8))


@dataclass
class Studio:
    """`shots`, `titles`, `sounds` are put into a draft's tracks; `media` fills as files are added."""

    folder: Path
    width: int = WIDTH
    height: int = HEIGHT
    duration: int = 1000
    fps: int = 30
    shots: list[dict[str, Any]] = field(default_factory=list)
    titles: list[dict[str, Any]] = field(default_factory=list)
    sounds: list[dict[str, Any]] = field(default_factory=list)
    media: dict[str, Path] = field(default_factory=dict)

    @property
    def target(self) -> Path:
        return self.folder / "out.mp4"

    def file(self, name: str) -> Path:
        """A path for a new upload, known to the drafts by its name."""
        path = self.folder / name
        self.media[name] = path
        return path

    def photo(self, name: str, image: Image.Image, **options: Any) -> str:
        image.save(self.file(name), **options)
        return name

    def shoot(self, name: str, start: int = 0, length: int | None = None, **more: Any) -> None:
        source = {"type": "image", "hash": name, "name": name}
        self.shots.append({"s": start, "d": length or self.duration, "src": source, **more})

    def draft(self) -> dict[str, Any]:
        return {
            "d": self.duration,
            "fps": self.fps,
            "m": {"width": self.width, "height": self.height},
            "t": [
                {"tt": 0, "sg": self.shots},
                {"tt": 1, "sg": self.sounds},
                {"tt": 7, "sg": self.titles},
            ],
        }

    def render(self, **options: Any) -> Rendered:
        return render(self.draft(), self.media, self.target, **options)

    def frames(self, **options: Any) -> list[NDArray[np.uint8]]:
        """The finished video as (h, w, 3) sRGB frames."""
        return pictures(self.render(**options).path)


def video_segment(name: str, **more: Any) -> dict[str, Any]:
    """A second of a clip in a draft, from the beginning, unless told otherwise."""
    return {"s": 0, "d": 1000, "src": {"type": "video", "hash": name, "name": name}, **more}


def pictures(path: Path) -> list[NDArray[np.uint8]]:
    """The frames as (h, w, 3) sRGB, by the book: BT.709, limited range, colour samples on the left
    (H.264, E.2.1). Most converters put them in the middle, which moves colours by half a pixel."""
    with av.open(path) as container:
        return [_rgb(frame.to_ndarray()) for frame in container.decode(video=0)]


def _rgb(planes: NDArray[Any]) -> NDArray[np.uint8]:
    width, height = planes.shape[1], planes.shape[0] * 2 // 3
    y = (planes[:height].astype(np.float32) - 16) / 219
    colours = planes[height:].reshape(2, height // 2, width // 2).astype(np.float32)
    enlarge = np.array([[0.5, 0, 0], [0, 0.5, -0.25]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    pb, pr = (
        (cv2.warpAffine(c, enlarge, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE))
        for c in (colours - 128) / 224
    )
    red, blue = y + 1.5748 * pr, y + 1.8556 * pb
    green = (y - 0.2126 * red - 0.0722 * blue) / 0.7152
    rgb = np.stack([red, green, blue], axis=2) * 255
    return np.asarray(np.clip(rgb + 0.5, 0, 255), np.uint8)


def seen(frame: Planes) -> NDArray[np.uint8]:
    """A frame that is not in a file yet, as (h, w, 3) sRGB."""
    colours = np.concatenate([frame.u.ravel(), frame.v.ravel()]).reshape(-1, frame.y.shape[1])
    return _rgb(np.concatenate([frame.y, colours]))


def hearing(path: Path) -> NDArray[np.float32]:
    """The sound of a file as (2, n) at 48 kHz."""
    with av.open(path) as container:
        parts = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.concatenate(parts, axis=1).astype(np.float32)


def ebur128(samples: NDArray[np.float32]) -> tuple[float, float]:
    """Integrated loudness in LUFS and true peak in dBTP of (2, n) samples, by FFmpeg's meter."""
    graph = av.filter.Graph()
    chain = [
        graph.add_abuffer(
            sample_rate=48_000, format="fltp", layout="stereo", time_base=Fraction(1, 48_000)
        ),
        graph.add("ebur128", "metadata=1:peak=true"),
        graph.add("abuffersink"),
    ]
    graph.link_nodes(*chain).configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", "stereo")
    frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
    graph.push(frame)
    graph.push(None)
    loudness, peak = -70.0, 0.0
    with contextlib.suppress(av.EOFError, av.BlockingIOError):
        while True:
            told = graph.pull().metadata
            loudness = float(told.get("lavfi.r128.I", loudness))
            peak = max(peak, float(told.get("lavfi.r128.true_peak", 0)))
    return loudness, 20 * math.log10(max(peak, 1e-9))


def likeness(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Correlation of two pictures, 1 for the same."""
    return float(np.corrcoef(a.ravel().astype(float), b.ravel().astype(float))[0, 1])


def error(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Mean difference of two pictures, of 255."""
    return float(np.abs(a.astype(float) - b.astype(float)).mean())
