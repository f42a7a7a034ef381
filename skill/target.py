"""Where a clip will stand: a name that may be written to, settled before anything is sent."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from skill.errors import UsageError
from skill.language import say
from skill.sanitize import clean_line

if TYPE_CHECKING:
    from pathlib import Path


def check_target(target: Path, *, force: bool) -> None:
    """Whether a file may be put there; asked before anything is sent. Raises UsageError."""
    try:
        if target.is_dir():
            raise UsageError(
                say("{target} is a folder.", target=target),
                hint=say("Name a file: -o {target}", target=target / "video.mp4"),
            )
        if (
            target.suffix.lower() not in (".mp4", ".m4v")
            or not str(target.absolute()).isprintable()
        ):
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


def free_name(target: Path) -> Path:
    """`target`, or one beside it that is not taken: name-2.mp4, name-3.mp4, …"""
    number = 2
    free = target
    while free.exists():
        free = target.with_name(f"{target.stem}-{number}{target.suffix}")
        number += 1
    return free
