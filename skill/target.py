"""Where a clip will stand: a name that may be written to, settled before anything is sent."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from skill.errors import UsageError
from skill.sanitize import clean_line

if TYPE_CHECKING:
    from pathlib import Path


def check_target(target: Path, *, force: bool) -> None:
    """Whether a file may be put there; asked before anything is sent. Raises UsageError."""
    try:
        if target.is_dir():
            raise UsageError(
                f"{target} is a folder.", hint=f"Name a file: -o {target / 'video.mp4'}"
            )
        if (
            target.suffix.lower() not in (".mp4", ".m4v")
            or not str(target.absolute()).isprintable()
        ):
            raise UsageError(
                f"{clean_line(target.name, 80)} is not the name of an MP4.",
                hint="For example -o video.mp4",
            )
        if not target.parent.is_dir():
            raise UsageError(
                f"The folder {target.parent} is not there.", hint="Make it first, or name another."
            )
        if not os.access(target.parent, os.W_OK):
            raise UsageError(
                f"The folder {target.parent} cannot be written to.", hint="Name another with -o."
            )
        if target.exists() and not force:
            raise UsageError(
                f"{target} is already there.", hint="Name another with -o, or add --force."
            )
    except OSError as error:
        raise UsageError(
            f"{clean_line(str(target), 80)} cannot be written: {error.strerror or error}.",
            hint="Name another with -o.",
        ) from error


def free_name(target: Path) -> Path:
    """`target`, or one beside it that is not taken: name-2.mp4, name-3.mp4, …"""
    number = 2
    free = target
    while free.exists():
        free = target.with_name(f"{target.stem}-{number}{target.suffix}")
        number += 1
    return free
