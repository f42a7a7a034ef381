"""A renderer and an inspector that take no time: tests of what happens around a video need none.

The video is one dark frame of real H.264, shown for as long as the draft lasts. What is looked into
are a file's first bytes, and a picture's size. Neither loads OpenCV or PyAV.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NOMINAL_SECONDS = 10.0
"""How long every sound and every clip is taken to be."""


@dataclass(frozen=True)
class InstantVideo:
    """What was written: frame size in pixels, duration in seconds, size in bytes."""

    duration: float
    size: int
    width: int = 320
    height: int = 180


@dataclass(frozen=True)
class Glance:
    """What can be told of a file at a glance; sizes in pixels, duration in seconds."""

    type: str
    format: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    fps: float | None = None
    sound: bool = False


def render(
    draft: dict[str, Any],
    media: Mapping[str, Path],
    target: Path,
    *,
    progress: Callable[[float], None] = lambda share: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> InstantVideo:
    """An MP4 of 320 x 180 that lasts as long as the draft (its `d`; a second, if it has none)."""
    length = draft.get("d")
    known = isinstance(length, int | float) and 0 < length < 2**31
    milliseconds = int(length) if known else 1000  # type: ignore[arg-type]
    video = bytearray(base64.b64decode(_FRAME))
    # ISO/IEC 14496-12: where each of these boxes (version 0) keeps its duration; all in ms here.
    for box, offset in (
        (b"mvhd", 24),
        (b"tkhd", 28),
        (b"elst", 16),
        (b"mdhd", 24),
        (b"stts", 20),
    ):
        place = video.index(box) - 4 + offset
        video[place : place + 4] = milliseconds.to_bytes(4, "big")
    target.write_bytes(video)
    return InstantVideo(milliseconds / 1000, len(video))


def inspect(path: Path) -> Glance:
    """What a file is, by its first bytes. Raises ValueError if that cannot be told, or if a picture
    cannot be opened."""
    import filetype

    kind = filetype.guess(path)
    if kind is None:
        raise ValueError("neither a picture, a clip nor a sound")
    what, _, _ = kind.mime.partition("/")
    if what != "image":
        if what not in ("audio", "video"):
            raise ValueError(f"its content is {kind.mime}")
        return Glance(what, kind.extension, duration=NOMINAL_SECONDS, sound=True)
    from PIL import Image

    with Image.open(path) as picture:
        return Glance("image", kind.extension, *picture.size)


_FRAME = """
AAAAIGZ0eXBpc29tAAACAGlzb21pc28yYXZjMW1wNDEAAAKnbW9vdgAAAGxtdmhkAAAAAAAAAAAAAAAAAAAD6AAAA+gA
AQAAAQAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
AAAAAAAAAAAAAgAAAjN0cmFrAAAAXHRraGQAAAADAAAAAAAAAAAAAAABAAAAAAAAA+gAAAAAAAAAAAAAAAAAAAAAAAEA
AAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAABAAAAAAUAAAAC0AAAAAAAkZWR0cwAAABxlbHN0AAAAAAAAAAEAAAPo
AAAAAAABAAAAAAGrbWRpYQAAACBtZGhkAAAAAAAAAAAAAAAAAAAD6AAAQABVxAAAAAAALWhkbHIAAAAAAAAAAHZpZGUA
AAAAAAAAAAAAAABWaWRlb0hhbmRsZXIAAAABVm1pbmYAAAAUdm1oZAAAAAEAAAAAAAAAAAAAACRkaW5mAAAAHGRyZWYA
AAAAAAAAAQAAAAx1cmwgAAAAAQAAARZzdGJsAAAAsnN0c2QAAAAAAAAAAQAAAKJhdmMxAAAAAAAAAAEAAAAAAAAAAAAA
AAAAAAAAAUAAtABIAAAASAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAGP//AAAAOGF2Y0MB
ZAAV/+EAGmdkABWscgRBQZ+eEAAAAwAQAAADACDxYthGAQAHaOhDg5LIsP34+AAAAAAUYnRydAAAAAAAABi4AAAAAAAA
ABhzdHRzAAAAAAAAAAEAAAABAABAAAAAABxzdHNjAAAAAAAAAAEAAAABAAAAAQAAAAEAAAAUc3RzegAAAAAAAABpAAAA
AQAAABRzdGNvAAAAAAAAAAEAAALPAAAAcW1kYXQAAAAwZYiBAAK3//7x3PApiIx2THZISKO1hGGEowdeEwAAzJUv2HfJ
9nLogMWAAC0C9AW9AAAAMWUDyIgQACt//vHc8CmIjHZMdkhIo7WEYYSjB14TAADMlS/Yd8n2cuiAxYAALQL0Bb0=
"""
