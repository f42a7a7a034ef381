"""Files on disk: hashes, and putting a finished file under its name."""

from __future__ import annotations

import errno
import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def sha256(path: Path) -> str:
    """Hash a file; returns hex, or an empty string where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def put(part: Path, target: Path, *, force: bool) -> None:
    """Move a finished file to its name, atomically. Raises FileExistsError where, without
    `force`, something stands there."""
    if force:
        part.replace(target)
        return
    try:
        # A hard link is the one way to a name that fails where somebody has just taken it.
        target.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:  # no hard links on this file system
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        part.replace(target)
