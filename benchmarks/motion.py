"""How evenly a picture moves, side by side with FFmpeg's zoompan in one run.

    python benchmarks/motion.py

A grid of dots is zoomed and panned through both, 640 x 360, four seconds at 30 frames a second; the
same straight way for both. Per frame the mean place of the dots against where they should be:
`rms` over the frames after the constant part is taken away, as programs count pixel middles
differently; `worst` is the largest; `back` counts frames in which a dot steps back by more than a
hundredth of a pixel. zoompan keeps its window on whole pixels of the picture: users enlarge the
picture first to hide that, so it is shown as it is and enlarged four times. `ms` is processor
time a frame. Needs [local].
"""

from __future__ import annotations

import time
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

import av
import av.filter
import cv2
import numpy as np

from mock_server.render.geometry import Rect
from mock_server.render.motion import Path
from mock_server.render.yuv import Planes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

WIDTH, HEIGHT, COUNT = 640, 360, 120
LARGE = (704, 396)  # the picture: a tenth more than the frame
GROUND, RADIUS = 36, 7.0

Drawn = tuple[list["NDArray[np.uint8]"], float]

WAYS = {
    "zoom in 10 %": (Rect(0, 0, *LARGE), Rect(32, 18, WIDTH, HEIGHT)),
    "pan right 30 px": (Rect(10, 18, WIDTH, HEIGHT), Rect(40, 18, WIDTH, HEIGHT)),
}


def main() -> None:
    cv2.setNumThreads(1)
    places = [(x + 0.37, y + 0.21) for x in range(70, 640, 44) for y in range(60, 350, 44)]
    picture = dots(places)
    print(f"{'':18}{'':22}{'rms px':>9}{'worst px':>10}{'back':>6}{'ms':>8}")
    for name, (start, end) in WAYS.items():
        path = Path(start, end, lambda u: u)
        windows = [path.at(n / (COUNT - 1)) for n in range(COUNT)]
        drawers: dict[str, Callable[[], Drawn]] = {
            "here": partial(ours, picture, windows),
            "zoompan": partial(zoompan, picture, windows, 1),
            "zoompan, 4 x": partial(zoompan, picture, windows, 4),
        }
        for drawer, draw in drawers.items():
            frames, ms = draw()
            rms, worst, back = judged(frames, windows, places)
            print(f"{name:18}{drawer:22}{rms:>9.4f}{worst:>10.4f}{back:>6}{ms:>8.2f}")


def dots(places: list[tuple[float, float]]) -> NDArray[np.uint8]:
    picture = np.full(LARGE[::-1], float(GROUND))
    ys, xs = np.mgrid[0 : LARGE[1], 0 : LARGE[0]] + 0.5
    for x, y in places:
        near = np.minimum(np.hypot(xs - x, ys - y) / RADIUS, 1)
        picture += 95 * (1 + np.cos(np.pi * near))
    return np.round(picture).astype(np.uint8)


def ours(picture: NDArray[np.uint8], windows: list[Rect]) -> Drawn:
    half = np.full((LARGE[1] // 2, LARGE[0] // 2), 128, np.uint8)
    planes = Planes(picture, half, half)
    frames = []
    begun = time.process_time()
    for window in windows:
        frame = Planes.empty(WIDTH, HEIGHT)
        planes.sample(window, frame)
        frames.append(frame.y)
    return frames, (time.process_time() - begun) * 1000 / len(windows)


def zoompan(picture: NDArray[np.uint8], windows: list[Rect], factor: int) -> Drawn:
    """`factor`: how many times the picture is enlarged beforehand."""
    width, height = LARGE[0] * factor, LARGE[1] * factor
    first, last = windows[0], windows[-1]
    u = f"on/{COUNT - 1}"
    zoom = f"{LARGE[0] / first.w}*pow({first.w / last.w},{u})"
    # Where the window is goes with its width in a zoom, with time in a pan.
    if first.w == last.w:
        x = f"({first.x}+{last.x - first.x}*{u})*{factor}"
        y = f"({first.y}+{last.y - first.y}*{u})*{factor}"
    else:
        along = f"({first.w}-iw/{factor}/zoom)/{first.w - last.w}"
        x = f"({first.x}+{last.x - first.x}*{along})*{factor}"
        y = f"({first.y}+{last.y - first.y}*{along})*{factor}"
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=LARGE[0], height=LARGE[1], format=av.VideoFormat("yuv420p"), time_base=Fraction(1, 30)
    )
    scale = graph.add("scale", f"{width}:{height}:flags=bicubic")
    pan = graph.add("zoompan", f"z='{zoom}':x='{x}':y='{y}':d={COUNT}:s={WIDTH}x{HEIGHT}:fps=30")
    sink = graph.add("buffersink")
    source.link_to(scale)
    scale.link_to(pan)
    pan.link_to(sink)
    graph.configure()
    planes = np.concatenate([picture.ravel(), np.full(picture.size // 2, 128, np.uint8)])
    begun = time.process_time()
    frame = av.VideoFrame.from_ndarray(planes.reshape(-1, LARGE[0]), format="yuv420p")
    frame.pts = 0
    graph.push(frame)
    graph.push(None)
    frames = []
    for _ in range(COUNT):
        made = graph.pull()
        assert isinstance(made, av.VideoFrame)
        frames.append(np.asarray(made.to_ndarray()[:HEIGHT], np.uint8))
    return frames, (time.process_time() - begun) * 1000 / COUNT


def judged(
    frames: list[NDArray[np.uint8]], windows: list[Rect], places: list[tuple[float, float]]
) -> tuple[float, float, int]:
    """(rms, worst) in pixels, and how many steps go back."""
    room = 2 * RADIUS
    kept = [
        (x, y)
        for x, y in places
        if all(
            room < (x - w.x) * WIDTH / w.w < WIDTH - room
            and room < (y - w.y) * WIDTH / w.w < HEIGHT - room
            for w in windows
        )
    ]
    ideal = np.array(
        [[((x - w.x) * WIDTH / w.w, (y - w.y) * WIDTH / w.w) for x, y in kept] for w in windows]
    )
    found = np.array([[centre(f, *p) for p in row] for f, row in zip(frames, ideal, strict=True)])
    off = (found - ideal).mean(axis=1)
    off -= off.mean(axis=0)
    way = np.sign((ideal[-1] - ideal[0]).round(6))
    back = ((np.diff(found, axis=0) * way).min(axis=(1, 2)) < -0.01).sum()
    return float(np.sqrt(np.mean(np.square(off)))), float(np.abs(off).max()), int(back)


def centre(frame: NDArray[np.uint8], x: float, y: float) -> tuple[float, float]:
    reach = int(1.4 * RADIUS)
    left, top = int(x) - reach, int(y) - reach
    part = frame[top : top + 2 * reach + 1, left : left + 2 * reach + 1].astype(float)
    m = cv2.moments(part - GROUND)
    return left + m["m10"] / m["m00"] + 0.5, top + m["m01"] / m["m00"] + 0.5


if __name__ == "__main__":
    main()
