"""Where a clip, and what is made of it, will stand: names that may be written to, settled before
anything is sent."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from skill.errors import UsageError
from skill.i18n import say
from skill.sanitize import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_VIDEOS = (".mp4", ".m4v")


def check_target(target: Path, *, force: bool, suffixes: tuple[str, ...] = _VIDEOS) -> None:
    """Whether a file may be put there; asked before anything is sent. Raises UsageError."""
    try:
        if target.is_dir():
            raise UsageError(
                say("{target} is a folder.", target=target),
                hint=say("Name a file: -o {target}", target=target / "video.mp4"),
            )
        if target.suffix.lower() not in suffixes or not str(target.absolute()).isprintable():
            raise UsageError(
                say("{name} is not the name of an MP4.", name=clean_line(target.name, 80)),
                hint=say("For example -o video.mp4"),
            )
        if not target.parent.is_dir():
            raise UsageError(
                say("The folder {folder} is not there.", folder=target.parent),
                hint=say("Make it first, or name another."),
            )
        if not os.access(target.parent, os.W_OK):
            raise UsageError(
                say("The folder {folder} cannot be written to.", folder=target.parent),
                hint=say("Name another with -o."),
            )
        if target.exists() and not force:
            raise UsageError(
                say("{target} is already there.", target=target),
                hint=say("Name another with -o, or add --force."),
            )
    except OSError as error:
        raise UsageError(
            say(
                "{target} cannot be written: {reason}.",
                target=clean_line(str(target), 80),
                reason=error.strerror or error,
            ),
            hint=say("Name another with -o."),
        ) from error


def beside(target: Path, ending: str) -> Path:
    """Where what is made of a clip stands: trip.mp4 → trip.gif, trip-poster.jpg."""
    return target.with_name(target.stem + ending)


def free_name(target: Path, endings: Iterable[str] = ()) -> Path:
    """`target`, or one like it that is not taken, nor what stands beside it: name-2.mp4, …"""
    endings = list(endings)
    number = 2
    free = target
    while free.exists() or any(beside(free, ending).exists() for ending in endings):
        free = target.with_name(f"{target.stem}-{number}{target.suffix}")
        number += 1
    return free
