"""What goes wrong with a user's file, as errors that say what to do about it."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

from skill.errors import FileRefusedError, UsageError
from skill.i18n import say
from skill.media.container import CutOffError
from skill.media.picture_file import MAX_PIXELS, TooManyPixelsError
from skill.media.pixels import TooLargeError
from skill.sanitize import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file that was inspected, to send it. Raises UsageError where it is gone meanwhile, or
    fails under way."""
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise UsageError(
            say(
                "{path} can no longer be read: {reason}.",
                path=shown(path),
                reason=error.strerror or error,
            ),
            hint=say("Put it back, then try again."),
        ) from error


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Raise UsageError where the file cannot be read."""
    name = shown(path)
    try:
        yield
    except FileNotFoundError as error:
        gone = (
            say("{path} is a link to a file that is gone.", path=name)
            if path.is_symlink()
            else say("{path} is not there.", path=name)
        )
        raise UsageError(gone, hint=say("Check the path.")) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            say("{path} cannot be read: {reason}.", path=name, reason=reason),
            hint=_memory_hint(error) or say("Check the path and its rights."),
        ) from error


@contextmanager
def writable(path: Path, folder: Path) -> Iterator[None]:
    """Raise UsageError where what is made of the file cannot be written to `folder`."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            say(
                "{path} cannot be made ready: {reason}.",
                path=shown(path),
                reason=error.strerror or error,
            ),
            hint=_memory_hint(error)
            or say("Check the room on the disk and the rights of {folder}.", folder=shown(folder)),
        ) from error


def _memory_hint(error: Exception) -> str:
    """What to do where it is memory, or room for one more process, that is lacking."""
    if isinstance(error, OSError) and error.errno in (errno.ENOMEM, errno.EAGAIN):
        return say("The file may be whole. Close other programs, or make it smaller.")
    return ""


@contextmanager
def decodable(path: Path) -> Iterator[None]:
    """Raise FileRefusedError where the picture is broken, or larger than can be dealt with."""
    try:
        yield
    except TooManyPixelsError as error:
        raise FileRefusedError(
            say(
                "{path} has more than {most} megapixels.",
                path=shown(path),
                most=MAX_PIXELS // 1000000,
            ),
            hint=say("Make the picture smaller."),
        ) from error
    except TooLargeError as error:
        raise FileRefusedError(
            say("{path} is over the limit once it is made ready.", path=shown(path)),
            hint=say("Make the picture smaller, or have that done with --shrink."),
        ) from error
    except CutOffError as error:
        raise FileRefusedError(
            say("{path} cannot be read: {reason}.", path=shown(path), reason=error),
            hint=say("Take another copy of it: it may not have been copied to its end."),
        ) from error
    except ValueError as error:
        raise FileRefusedError(
            say("{path} cannot be read: {reason}.", path=shown(path), reason=error),
            hint=say("Save it anew as JPG or PNG, or take another copy of it."),
        ) from error


def shown(path: Path) -> str:
    """A path as it may be told: on one line, and not for ever."""
    return clean_line(str(path), 200)
