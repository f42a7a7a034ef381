"""What an upload really is, by its content: names and extensions are not believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import filetype
from PIL import UnidentifiedImageError

from .animation import frame_numbers, seconds_shown
from .errors import UnusableError
from .loudness import RATE
from .memory import keep_little
from .photo import BROKEN, opened, upright_size

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from av.container import InputContainer
    from PIL import Image

_CONTAINERS = {
    "mov,mp4,m4a,3gp,3g2,mj2": "mp4",
    "matroska,webm": "mkv",
    "avi": "avi",
    "mp3": "mp3",
    "wav": "wav",
    "aac": "aac",
}
"""libavformat's demuxers, for what the backend takes; mov, m4a and webm are told apart below."""


_LAST = {"jpg": b"\xff\xd9", "png": b"IEND"}
_TAIL = 64
"""How many bytes before its end a file may have been closed."""

_QUICK_PIXELS = 6_000_000
"""Up to so many, decoding takes no more than a fifth of a second in any format."""


@dataclass(frozen=True)
class MediaInfo:
    """`type` is image, video or audio; `format` its usual extension. Width and height are as seen
    (orientation applied), in pixels; duration in seconds, None for a still picture; `sound`:
    whether there is any."""

    type: str
    format: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    fps: float | None = None
    sound: bool = False


def inspect(path: Path, *, decode: bool = True) -> MediaInfo:
    """What the file is. UnusableError if it is none of the formats the backend takes, or a picture
    that is not whole: it would be refused by every render.

    mp4 mov avi webm mkv · jpg png gif webp · mp3 wav m4a aac

    Without `decode` a still picture is believed to be whole when its end is there: a tenth of the
    time, for one that is decoded soon after.
    """
    keep_little()
    info = _image(path, decode) or _stream(path)
    if info is None:
        raise UnusableError("its content cannot be read")
    return info


def _image(path: Path, decode: bool) -> MediaInfo | None:
    try:
        with opened(path) as image:
            width, height = upright_size(image)
            kind = {"JPEG": "jpg", "MPO": "jpg"}.get(str(image.format), str(image.format).lower())
            numbers = frame_numbers(image) if kind != "jpg" else range(1)
            seconds = _length_of_frames(image, numbers) if len(numbers) > 1 else None
        if seconds is None and (decode or not _ends(path, kind)):
            _check(path, kind)
    except UnidentifiedImageError:
        return None
    except BROKEN as error:
        raise UnusableError("the picture is damaged or cut off") from error
    rate = len(numbers) / seconds if seconds else None
    return MediaInfo("image", kind, width, height, seconds, rate)


def _ends(path: Path, kind: str) -> bool:
    """Whether the mark is there that closes such a file (ITU-T T.81, B.1.1.3; PNG, 11.2.5)."""
    mark = _LAST.get(kind)
    if mark is None:
        return False
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        return mark in file.read()


def _check(path: Path, kind: str) -> None:
    """Raise what is in BROKEN if a picture is not whole. What takes long to decode is believed when
    its container is whole: a PNG's checksums, the lengths in a WebP, which to open it looks at."""
    if kind == "png":
        with opened(path) as image:
            image.verify()
    with opened(path) as image:
        if kind in ("jpg", "gif") or image.width * image.height <= _QUICK_PIXELS:
            image.draft(None, (1, 1))  # a JPEG is decoded at an eighth
            image.load()


def _length_of_frames(image: Image.Image, numbers: range) -> float:
    total = 0.0
    for number in numbers:
        image.seek(number)
        image.load()  # WebP tells a frame's length only then
        total += seconds_shown(image)
    return round(total, 3)


def _stream(path: Path) -> MediaInfo | None:
    try:
        with av.open(path) as container:
            kind = _CONTAINERS.get(container.format.name)
            if kind is None or _is_picture(path):
                return None
            cover = av.stream.Disposition.attached_pic
            moving = [s for s in container.streams.video if not s.disposition & cover]
            kind = _told_apart(path, kind, container.metadata.get("major_brand", ""), bool(moving))
            length = container.duration / av.time_base if container.duration else None
            if moving:
                frame = next(container.decode(moving[0]))
                rate = moving[0].average_rate
                size = upright(frame, moving[0].sample_aspect_ratio)
                sound = bool(audible(container))
                return MediaInfo("video", kind, *size, length, float(rate) if rate else None, sound)
            # Chance makes mp3 headers out of noise, and nobody mixes 64 channels: hear some of it.
            heard = next(container.decode(audible(container)[0]))
            av.AudioResampler("fltp", "stereo", RATE).resample(heard)
            return MediaInfo("audio", kind, duration=length, sound=True)
    except (av.FFmpegError, StopIteration, IndexError, UnicodeDecodeError):
        return None


def audible(container: InputContainer) -> list[av.AudioStream]:
    """The sounds in a file that there is a decoder for."""
    return [stream for stream in container.streams.audio if stream.codec_context is not None]


def upright(frame: av.VideoFrame, pixel: Fraction | None) -> tuple[int, int]:
    """(width, height) of a decoded frame once it is turned as its file says, and its pixels, which
    are `pixel` times as wide as they are high, are square."""
    size = (max(1, round(frame.width * (pixel or 1))), frame.height)
    return size[::-1] if frame.rotation % 180 else size


def _is_picture(path: Path) -> bool:
    """HEIC and AVIF lie in the same boxes as MP4, and libavformat reads them as such."""
    kind = filetype.guess(path)
    return kind is not None and str(kind.mime).startswith("image/")


def _told_apart(path: Path, kind: str, brand: str, moving: bool) -> str:
    if kind == "mp4":
        if not moving:
            return "m4a"
        return "mov" if brand.strip() == "qt" else "mp4"
    if kind == "mkv":
        guess = filetype.guess(path)
        return "webm" if guess is not None and guess.extension == "webm" else "mkv"
    return kind
