"""A finished video → what is shown beside it: a small loop (GIF, WebP), a poster, a contact sheet.

It is done in a process of its own (`run`), so that it can be stopped at any moment.
"""

from __future__ import annotations

import io
import math
import struct
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from os import _exit
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

import av
import cv2
import numpy as np
from av.filter import Graph
from av.video.reformatter import ColorRange, VideoReformatter
from PIL import Image, ImageDraw, ImageFont

from .clip import matrix_of
from .errors import RenderError
from .media import upright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from av.filter.context import FilterContext
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]
    Size = tuple[int, int]
    Tell = Callable[[float], None]

LOOP_BYTES = 8_000_000
"""The largest loop: small enough to be sent about."""

_LEAP = 10.0  # s forward from which on a seek is cheaper than decoding: keyframes lie closer


class _Rung(NamedTuple):
    """A way to make a loop: pixels of its long side, frames a second."""

    side: int
    rate: int

    @property
    def load(self) -> int:
        """What its size in bytes is about proportional to."""
        return self.side**2 * self.rate


_RUNGS = {
    "gif": [_Rung(*rung) for rung in ((480, 12), (480, 10), (400, 10), (320, 10), (240, 8), (160, 6))],
    "webp": [_Rung(*rung) for rung in ((480, 15), (400, 15), (400, 10), (320, 10), (240, 8), (160, 6))],
}  # fmt: skip


def make(kind: str, clip: Path, target: Path, tell: Tell = lambda _: None) -> None:
    """Make a `gif`, `webp`, `poster` or `sheet` of a video; `tell` is told 0..1.

    The same video gives the same file. A loop that would be larger than LOOP_BYTES is made with
    fewer frames a second and smaller, and in the end shorter. Raises RenderError.
    """
    try:
        with Film(clip) as film:
            if kind == "poster":
                _poster(film, target, tell)
            elif kind == "sheet":
                _sheet(film, target, tell)
            else:
                _loop(film, kind, target, tell)
    except (av.FFmpegError, OSError) as error:
        if isinstance(error, OSError) and error.filename != str(clip):
            raise RenderError(f"it cannot be written ({error.strerror})") from error
        raise RenderError(f"{clip.name}: {error.strerror}") from error


def run() -> None:
    """The process: KIND CLIP TARGET as its words. It writes how far it is, 0..1, a line each time,
    and at last `made` or why not. It ends when its input does: nobody waits for it any more."""
    threading.Thread(target=_end_with_the_input, daemon=True).start()
    kind, clip, target = sys.argv[1:]
    said = "made"
    try:
        make(kind, Path(clip), Path(target), lambda done: _say(f"{done:.3f}"))
    except RenderError as error:
        said = " ".join(str(error).split())
    except MemoryError:
        said = "there is not enough memory for it"
    _say(said)
    _exit(0)  # a thread may be reading still


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _end_with_the_input() -> None:
    sys.stdin.read()
    _exit(1)


class Film:
    """A video that is looked at. Duration in seconds, size in pixels as it is seen, frames a
    second. A context manager."""

    def __init__(self, path: Path) -> None:
        self._container = av.open(path)
        try:
            if not self._container.streams.video:
                raise RenderError(f"{path.name}: has no picture")
            self._stream = self._container.streams.video[0]
            self._stream.thread_type = "AUTO"
            first = next(self._container.decode(self._stream), None)
            if first is None:
                raise RenderError(f"{path.name}: has no picture that can be decoded")
        except BaseException:
            self._container.close()
            raise
        self._origin = first.time or 0.0
        self._scaler = VideoReformatter()
        length = (self._stream.duration or 0) * (self._stream.time_base or 0)
        self.duration = float(length or (self._container.duration or 0) / av.time_base)
        self.size = upright(first, self._stream.sample_aspect_ratio)
        self.rate = float(self._stream.average_rate or 25)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *what: object) -> None:
        self._container.close()

    def pictures(self, times: Iterable[float], size: Size) -> Iterator[Picture]:
        """The frame that is on at each of the times, which only grow: (height, width, 3) sRGB of
        that size, which has to be of the film's shape."""
        frames = self._from(0.0)
        now = next(frames)
        after = next(frames, None)
        for time in times:
            if time - self._time(now) > _LEAP:
                frames = self._from(time)
                now = next(frames, now)
                after = next(frames, None)
            while after is not None and self._time(after) <= time + 1e-4:
                now, after = after, next(frames, None)
            yield self._rgb(now, size)

    def _time(self, frame: av.VideoFrame) -> float:
        return (frame.time or 0.0) - self._origin

    def _from(self, seconds: float) -> Iterator[av.VideoFrame]:
        """The frames from the last keyframe before that time on."""
        unit = self._stream.time_base or Fraction(1, av.time_base)
        self._container.seek(math.floor((seconds + self._origin) / unit), stream=self._stream)
        return self._container.decode(self._stream)

    def _rgb(self, frame: av.VideoFrame, size: Size) -> Picture:
        turns = frame.rotation // 90
        width, height = size[::-1] if turns % 2 else size
        rgb = self._scaler.reformat(
            frame,
            width,
            height,
            "rgb24",
            src_colorspace=matrix_of(frame),
            dst_color_range=ColorRange.JPEG,
            interpolation="BICUBIC",
        ).to_ndarray()
        return np.ascontiguousarray(np.rot90(rgb, turns))


def _within(size: Size, side: int) -> Size:
    """That size made to fit a square, never larger than it is."""
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


# ---------------------------------------------------------------- loops


class _Reel(Protocol):
    """A moving picture being written. `bytes`: so far."""

    bytes: int

    def add(self, picture: Picture) -> None: ...
    def close(self) -> None: ...


def _loop(film: Film, kind: str, target: Path, tell: Tell) -> None:
    rungs = list(_RUNGS[kind])
    palette = _palette(film) if kind == "gif" else None
    while True:
        rung = rungs.pop(0)
        size = _within(film.size, rung.side)
        rate = min(float(rung.rate), film.rate)
        count = max(1, round(film.duration * rate))
        reel: _Reel
        reel = _Gif(target, size, rate, palette) if palette else _WebP(target, size, rate)
        done = 0
        try:
            for picture in film.pictures((n / rate for n in range(count)), size):
                reel.add(picture)
                done += 1
                tell(done / count)
                if reel.bytes > LOOP_BYTES * 0.98:  # a little for what is written at the end
                    break
        finally:
            reel.close()
        if done == count or not rungs:
            return
        # So much of this rung's load would have fitted.
        fits = rung.load * done / count
        while len(rungs) > 1 and rungs[0].load > 0.95 * fits:
            rungs.pop(0)


_PALETTE_SIDE, _PALETTE_FRAMES = 320, 100


def _palette(film: Film) -> av.VideoFrame:
    """The 256 colours that suit the whole film, as libavfilter's paletteuse takes them."""
    size = _within(film.size, _PALETTE_SIDE)
    made = _Filter(size, "palettegen", "reserve_transparent=1")
    count = max(1, min(_PALETTE_FRAMES, round(film.duration * 4)))
    times = ((n + 0.5) * film.duration / count for n in range(count))
    for number, picture in enumerate(film.pictures(times, size)):
        made.push(_frame(picture, number))
    made.push(None)
    return next(made.pull())


class _Filter:
    """A filter of libavfilter: RGB pictures go in; a palette may go in beside them."""

    def __init__(
        self, size: Size, name: str, words: str, palette: av.VideoFrame | None = None
    ) -> None:
        self._graph = Graph()  # its nodes do not keep it alive
        self._source = self._input(av.VideoFormat("rgb24", *size))
        wide = self._graph.add("format", "rgb32")
        named = self._graph.add(name, words)
        self._sink = self._graph.add("buffersink")
        self._source.link_to(wide)
        wide.link_to(named)
        named.link_to(self._sink)
        if palette is None:
            self._graph.configure()
            return
        beside = self._input(av.VideoFormat(palette.format.name, palette.width, palette.height))
        beside.link_to(named, 0, 1)
        self._graph.configure()
        palette.pts = 0
        beside.push(palette)
        beside.push(None)

    def _input(self, form: av.VideoFormat) -> FilterContext:
        return self._graph.add_buffer(
            width=form.width, height=form.height, format=form, time_base=Fraction(1, 100)
        )

    def push(self, frame: av.VideoFrame | None) -> None:
        """None: that was all."""
        self._source.push(frame)

    def pull(self) -> Iterator[av.VideoFrame]:
        """What has come out, until the filter wants more."""
        with suppress(BlockingIOError, EOFError):
            while True:
                frame = self._sink.pull()
                assert isinstance(frame, av.VideoFrame)
                yield frame


def _frame(picture: Picture, pts: int) -> av.VideoFrame:
    """In hundredths of a second, as GIF counts."""
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    frame.pts, frame.time_base = pts, Fraction(1, 100)
    return frame


class _Gif:
    """One palette, and ordered dither: it does not crawl from frame to frame, and a loop of
    three photos took 5.2 MB where an error-diffusing one took 7.4."""

    def __init__(self, path: Path, size: Size, rate: float, palette: av.VideoFrame) -> None:
        self.bytes = 0
        self._rate, self._count = rate, 0
        self._filter = _Filter(
            size, "paletteuse", "dither=bayer:bayer_scale=2:diff_mode=rectangle", palette
        )
        options = {"loop": "0", "final_delay": str(round(100 / rate))}
        self._container = av.open(path, "w", format="gif", options=options)
        self._stream = self._container.add_stream("gif", rate=100)
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "pal8"
        self._stream.time_base = Fraction(1, 100)

    def add(self, picture: Picture) -> None:
        self._filter.push(_frame(picture, round(self._count * 100 / self._rate)))
        self._count += 1
        self._drain()

    def close(self) -> None:
        try:
            self._filter.push(None)
            self._drain()
            self._mux(None)
        finally:
            self._container.close()

    def _drain(self) -> None:
        for frame in self._filter.pull():
            frame.time_base = Fraction(1, 100)
            self._mux(frame)

    def _mux(self, frame: av.VideoFrame | None) -> None:
        for packet in self._stream.encode(frame):
            self.bytes += packet.size
            self._container.mux(packet)


class _WebP:
    """Every frame whole, in boxes (RFC 9649, 2.7). Encoders that write what has changed alone
    smear slow motion, and Pillow's holds all pictures in memory."""

    def __init__(self, path: Path, size: Size, rate: float) -> None:
        self._path, self._size, self._rate = path, size, rate
        self._frames: list[bytes] = []
        self.bytes = 0

    def add(self, picture: Picture) -> None:
        still = io.BytesIO()
        Image.fromarray(picture).save(still, "WEBP", quality=75, method=4)
        number = len(self._frames)
        length = round((number + 1) * 1000 / self._rate) - round(number * 1000 / self._rate)
        head = bytes(6) + self._canvas() + struct.pack("<I", length)[:3] + b"\2"  # not blended
        self._frames.append(_box(b"ANMF", head + still.getvalue()[12:]))
        self.bytes += len(self._frames[-1])

    def close(self) -> None:
        head = _box(b"VP8X", b"\2\0\0\0" + self._canvas()) + _box(b"ANIM", bytes(6))
        body = b"WEBP" + head + b"".join(self._frames)
        self._path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)

    def _canvas(self) -> bytes:
        return b"".join(struct.pack("<I", side - 1)[:3] for side in self._size)


def _box(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


# ---------------------------------------------------------------- the poster

_CANDIDATES = 48
_LOOK = 0.2  # s before and after a frame: shorter than any transition
_SIDE = 320  # pixels at which candidates are compared
_CELLS = 24  # across the long side: so coarse that slow motion hardly shows, and a fade does


def _poster(film: Film, target: Path, tell: Tell) -> None:
    count = max(1, min(_CANDIDATES, round(film.duration * film.rate) // 2))
    times = [film.duration * (n + 0.5) / count for n in range(count)]
    looks = (time + step for time in times for step in (-_LOOK, 0.0, _LOOK))
    shown = film.pictures(_growing(looks), _within(film.size, _SIDE))
    seen: list[_Look] = []
    for number, (before, picture, after) in enumerate(zip(shown, shown, shown, strict=True)):
        seen.append(_Look.at(before, picture, after))
        tell(0.9 * (number + 1) / count)
    best = times[_best(seen)]
    image = Image.fromarray(next(film.pictures([best], film.size)))
    _write_jpeg(image, target, quality=92, subsampling=0, progressive=True)
    tell(1.0)


def _write_jpeg(image: Image.Image, target: Path, **how: Any) -> None:
    """Not by Pillow into the file: on a full disk it writes what there is room for, and says
    nothing."""
    file = io.BytesIO()
    image.save(file, "JPEG", optimize=True, **how)
    target.write_bytes(file.getbuffer())


def _growing(times: Iterable[float]) -> Iterator[float]:
    """Never before the one before: candidates may lie closer than a look."""
    last = 0.0
    for time in times:
        last = max(last, time)
        yield last


@dataclass(frozen=True)
class _Look:
    """What can be said of a frame: `light` and `contrast` of 255, `unrest` the most that a place
    of it changes meanwhile, `detail` how sharp it is."""

    light: float
    contrast: float
    unrest: float
    detail: float

    @classmethod
    def at(cls, before: Picture, picture: Picture, after: Picture) -> _Look:
        cells = [_cells(one) for one in (before, picture, after)]
        changes = [float(np.abs(cells[1] - cells[n]).max()) for n in (0, 2)]
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        return cls(
            light=float(grey.mean()),
            contrast=float(grey.std()),
            unrest=max(changes),
            detail=float(cv2.Laplacian(grey, cv2.CV_32F).std()),
        )


def _cells(picture: Picture) -> NDArray[np.float32]:
    size = _within((picture.shape[1], picture.shape[0]), _CELLS)
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)


def _best(seen: list[_Look]) -> int:
    """The sharpest of the frames that are calm and neither dark nor flat; where none is, of those
    that come nearest to it."""
    calm = float(np.quantile([look.unrest for look in seen], 0.5))

    def worth(look: _Look) -> float:
        fades = min(1.0, calm / max(look.unrest, 1.0)) ** 2
        lit = min(1.0, look.light / 40, (255 - look.light) / 25)
        return look.detail * min(look.contrast, 60.0) * fades * lit

    return max(range(len(seen)), key=lambda n: worth(seen[n]))


# ---------------------------------------------------------------- the contact sheet

_TILES = 12
_SHEET_WIDTH, _GAP, _LETTERS = 1600, 16, 20  # pixels
_PAPER, _INK = "#16181c", "#c9ccd2"


def _sheet(film: Film, target: Path, tell: Tell) -> None:
    count = max(1, min(_TILES, round(film.duration * film.rate)))
    columns = min(count, 6 if film.size[0] < 0.8 * film.size[1] else 4)
    rows = math.ceil(count / columns)
    wide = (_SHEET_WIDTH - _GAP * (columns + 1)) // columns
    tile = _within(film.size, round(wide * max(1, film.size[1] / film.size[0])))
    font = ImageFont.load_default(_LETTERS)
    across, down = tile[0] + _GAP, tile[1] + _GAP + _LETTERS * 3 // 2
    sheet = Image.new("RGB", (columns * across + _GAP, rows * down + _GAP), _PAPER)
    pen = ImageDraw.Draw(sheet)
    times = [film.duration * (n + 0.5) / count for n in range(count)]
    for number, picture in enumerate(film.pictures(times, tile)):
        x, y = _GAP + number % columns * across, _GAP + number // columns * down
        sheet.paste(Image.fromarray(picture), (x, y))
        stamp = _stamp(times[number], film.duration)
        pen.text((x, y + tile[1] + _LETTERS // 3), stamp, fill=_INK, font=font)
        tell((number + 1) / count)
    _write_jpeg(sheet, target, quality=88)


def _stamp(seconds: float, whole: float) -> str:
    """1:05, and 0:03.5 where the video is shorter than a minute."""
    if whole < 60:
        return f"0:{math.floor(seconds * 10) / 10:04.1f}"
    minutes, rest = divmod(math.floor(seconds), 60)
    return f"{minutes}:{rest:02d}"
