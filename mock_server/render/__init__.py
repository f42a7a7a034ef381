"""Draft + media → MP4, and what is shown beside it. Imports nothing of the house but `beats`.

It also tells what an uploaded file really is. Needs numpy, OpenCV, PyAV, Pillow, HarfBuzz and fonts:
the `local` extra.
"""

from __future__ import annotations

import secrets
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av
import cv2

from . import plan as plans
from .cast import Cast
from .compose import frames
from .encode import Mp4
from .errors import RenderCancelled, RenderError, UnusableError
from .media import MediaInfo, inspect
from .memory import keep_little, small_pages
from .prefetch import prefetched
from .sound import mix

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = [
    "MediaInfo",
    "RenderCancelled",
    "RenderError",
    "Rendered",
    "UnusableError",
    "inspect",
    "render",
]

_AHEAD = 6
"""Frames made before they are encoded: enough to open the next photo meanwhile."""


@dataclass(frozen=True)
class Rendered:
    """A finished MP4: frame size in pixels, duration in seconds, size in bytes, and the names of
    the files it had to be made without."""

    path: Path
    width: int
    height: int
    duration: float
    size: int
    left_out: tuple[str, ...] = ()


def render(
    draft: Mapping[str, Any],
    media: Mapping[str, Path],
    target: Path,
    *,
    progress: Callable[[float], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Rendered:
    """Make the video of a draft.

    `media` leads from the hash of an upload to its file. `progress` is told 0..1, never less than
    before; `cancelled` is asked before each frame. Blocks until the file is whole at `target`;
    until then, and after RenderError or RenderCancelled, nothing is there. A file that turns out
    to be damaged is left out and named in a warning, as long as another picture remains.
    """
    keep_little()
    cast = Cast(plans.read(draft), media)
    plan = cast.plan
    cv2.setNumThreads(1)  # the encoder has the other cores
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        _write(cast, media, part, progress, cancelled)
        size = part.stat().st_size
        part.replace(target)
        progress(1.0)
    except av.FFmpegError as error:
        raise RenderError(f"{target.name}: cannot be written ({error.strerror})") from error
    except OSError as error:
        raise RenderError(f"{target.name}: cannot be written ({error.strerror})") from error
    finally:
        part.unlink(missing_ok=True)
    return Rendered(target, plan.width, plan.height, plan.duration, size, cast.left_out)


def _write(
    cast: Cast,
    media: Mapping[str, Path],
    path: Path,
    progress: Callable[[float], None],
    cancelled: Callable[[], bool],
) -> None:
    plan = cast.plan
    progress(0.0)
    if plan.frugal:
        small_pages()
    made = frames(cast)
    drawn = closing(made) if plan.frugal else prefetched(made, _AHEAD)
    with Mp4(path, plan) as mp4, drawn as pictures:
        sounds = mix(plan, media) if plan.sounds else iter(())
        for number, picture in enumerate(pictures):
            if cancelled():
                raise RenderCancelled
            mp4.picture(picture)
            # Sound goes in beside the picture it belongs to, so that players need not seek.
            while mp4.heard < (number + 1) / plan.fps:
                chunk = next(sounds, None)
                if chunk is None:
                    break
                mp4.sound(chunk)
            progress((number + 1) / (plan.frames + 1))
