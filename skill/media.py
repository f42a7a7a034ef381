"""A file on disk → what may be sent: its type by content, its size, its hash."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO

from skill.errors import FileRefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from skill.listings import Listing

# MIME type by content → (extension, kind): what the backend takes; anything else is a 4001.
ACCEPTED: dict[str, tuple[str, str]] = {
    "image/jpeg": ("jpg", "image"),
    "image/png": ("png", "image"),
    "image/apng": ("png", "image"),
    "image/gif": ("gif", "image"),
    "image/webp": ("webp", "image"),
    "video/mp4": ("mp4", "video"),
    "video/x-m4v": ("mp4", "video"),
    "video/quicktime": ("mov", "video"),
    "video/x-msvideo": ("avi", "video"),
    "video/webm": ("webm", "video"),
    "video/x-matroska": ("mkv", "video"),
    "audio/mpeg": ("mp3", "audio"),
    "audio/x-wav": ("wav", "audio"),
    "audio/mp4": ("m4a", "audio"),
    "audio/aac": ("aac", "audio"),
}
_SAME_KIND = {"jpeg": "jpg", "m4v": "mp4"}
FORMATS = "mp4 mov avi webm mkv · jpg png gif webp · mp3 wav m4a aac"


@dataclass(frozen=True)
class LocalFile:
    """A file that may be sent. `name` is the one it is sent under: its extension is the
    content's, whatever the file on disk calls itself. `size` in bytes."""

    path: Path
    name: str
    mime: str
    kind: str
    size: int

    @cached_property
    def sha256(self) -> str:
        """Of the content, in hex. Reads the whole file, so it is asked for only where it
        matters. Raises UsageError where the file cannot be read any more."""
        with _readable(self.path), self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def inspect(path: Path, listing: Listing) -> LocalFile:
    """Look into one file. Raises UsageError where it cannot be read and FileRefusedError
    where it is of a kind or size that is not taken."""
    import filetype

    shown = _shown(path)
    with _readable(path):
        if path.is_dir():
            raise UsageError(
                f"{shown} is a folder.", hint="Name the photos in it, for example folder/*.jpg"
            )
        if path.exists() and not path.is_file():
            raise UsageError(f"{shown} is not a file.", hint="Name a photo.")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(8192)
    if size == 0:
        raise UsageError(f"{shown} is empty.", hint="Name a file with a picture in it.")
    kind = filetype.guess(head)
    mime = kind.mime if kind is not None else ""
    if mime not in ACCEPTED:
        found = (
            f"is a {kind.extension.upper()} file"
            if kind is not None
            else "is no picture, video or sound"
        )
        raise FileRefusedError(
            f"{shown} {found}, which the backend does not take.",
            hint=f"Convert it to JPG or PNG. Taken are: {FORMATS}.",
        )
    if size > listing.max_bytes:
        raise FileRefusedError(
            f"{shown} is {size / 1048576:.0f} MB; the limit is {listing.max_bytes // 1048576} MB.",
            hint="Make the picture smaller, or compress or trim the clip.",
        )
    extension, sort = ACCEPTED[mime]
    return LocalFile(path, _sent_name(path, extension), mime, sort, size)


def inspect_all(paths: Sequence[Path], listing: Listing) -> list[LocalFile]:
    """Look into every file before anything is sent; each content is taken once, and no two
    are sent under the same name."""
    files: list[LocalFile] = []
    names: set[str] = set()
    for path in paths:
        file = inspect(path, listing)
        if any(file.size == other.size and file.sha256 == other.sha256 for other in files):
            continue
        stem, _, extension = file.name.rpartition(".")
        number = 2
        while file.name in names:
            file = replace(file, name=f"{stem}-{number}.{extension}")
            number += 1
        names.add(file.name)
        files.append(file)
    return files


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file that was inspected, to be sent. Raises UsageError where it is gone meanwhile, or
    fails under way."""
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise UsageError(
            f"{_shown(path)} can no longer be read: {error.strerror or error}.",
            hint="Put it back, then try again.",
        ) from error


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """What goes wrong at reading the file is the user's to mend."""
    shown = _shown(path)
    try:
        yield
    except FileNotFoundError as error:
        broken = " (a link to a file that is gone)" if path.is_symlink() else ""
        raise UsageError(f"{shown} is not there{broken}.", hint="Check the path.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"{shown} cannot be read: {reason}.", hint="Check the path and its rights."
        ) from error


def _shown(path: Path) -> str:
    from skill.sanitize import clean_line

    return clean_line(str(path), 200)


def _sent_name(path: Path, extension: str) -> str:
    stem, dot, suffix = path.name.rpartition(".")
    if not dot or not stem:
        stem, suffix = path.name, ""
    suffix = suffix.lower()
    if _SAME_KIND.get(suffix, suffix) == extension:
        extension = suffix
    stem = "".join(c for c in stem if unicodedata.category(c)[0] != "C" and c not in '"\\/').strip(
        ". "
    )
    return f"{stem[:100] or 'file'}.{extension}"
