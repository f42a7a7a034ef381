"""Draft + media → MP4, and what an uploaded file really is. The only package that needs numpy,
OpenCV, PyAV and Pillow."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av
import cv2

from . import plan as plans
from .compose import find, frames
from .encode import Mp4
from .errors import RenderCancelled, RenderError, UnusableError
from .media import MediaInfo, inspect
from .prefetch import prefetched
from .sound import audible, mix

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .plan import Plan

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
    """A finished MP4: frame size in pixels, duration in seconds, size in bytes."""

    path: Path
    width: int
    height: int
    duration: float
    size: int


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
    until then, and after RenderError or RenderCancelled, nothing is there.
    """
    plan = plans.read(draft)
    for source in plan.sources:
        find(media, source)
    plan = audible(plan, media)
    cv2.setNumThreads(1)  # the encoder has the other cores
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        _write(plan, media, part, progress, cancelled)
        size = part.stat().st_size
        part.replace(target)
        progress(1.0)
    except av.FFmpegError as error:
        raise RenderError(f"{target.name}: cannot be written ({error.strerror})") from error
    except OSError as error:
        raise RenderError(f"{target.name}: cannot be written ({error.strerror})") from error
    finally:
        part.unlink(missing_ok=True)
    return Rendered(target, plan.width, plan.height, plan.duration, size)


def _write(
    plan: Plan,
    media: Mapping[str, Path],
    path: Path,
    progress: Callable[[float], None],
    cancelled: Callable[[], bool],
) -> None:
    progress(0.0)
    with Mp4(path, plan) as mp4, prefetched(frames(plan, media), _AHEAD) as pictures:
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
