"""The values that a video's settings can have; the command line and programs offer the same.

Cheap to import: every command reads its words against them.
"""

from __future__ import annotations

from typing import Literal, get_args

Aspect = Literal["16:9", "9:16", "1:1", "4:5"]
Resolution = Literal["480p", "720p", "1080p"]
Fps = Literal[24, 25, 30, 60]
Look = Literal["warm", "cool", "mono", "none"]
Format = Literal["mp4", "gif", "webp"]
Music = Literal["lofi", "ambient", "upbeat", "cinematic", "none"] | str
"""A style by name; the cloud takes others too, in words."""

ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
RESOLUTIONS: tuple[Resolution, ...] = get_args(Resolution)
FPS: tuple[Fps, ...] = get_args(Fps)
LOOKS: tuple[Look, ...] = get_args(Look)
FORMATS: tuple[Format, ...] = get_args(Format)

MAX_SECONDS = 1_000_000


def is_seconds(value: object) -> bool:
    """Whether it is a length of time that can be asked for, in seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 < value < MAX_SECONDS  # which NaN is not
