"""A file on disk → what may be sent: its type by content, its size, its hash.

`inspect` says from the header alone what has to be done to a file first; `prepare` does it.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from skill.errors import FORMATS, FileRefusedError, UsageError
from skill.i18n import say, size_in_words
from skill.media import draw, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from skill.errors import SkillError
    from skill.media.metadata import Contents
    from skill.settings.listings import Listing

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


class _Format(NamedTuple):
    """Pillow's name of a format, the one people know it by, and its extension."""

    pillow: str
    label: str
    extension: str


# What is drawn anew before it is sent, and what only sometimes is.
_CONVERTED = {
    "image/avif": _Format("AVIF", "AVIF", "avif"),
    "image/bmp": _Format("BMP", "BMP", "bmp"),
    "image/heic": _Format("HEIF", "HEIC", "heic"),
    "image/jp2": _Format("JPEG2000", "JPEG 2000", "jp2"),
    "image/tiff": _Format("TIFF", "TIFF", "tiff"),
    "image/vnd.adobe.photoshop": _Format("PSD", "PSD", "psd"),
    "image/x-icon": _Format("ICO", "ICO", "ico"),
}
_DRAWN = {
    "image/apng": "PNG",
    "image/gif": "GIF",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
}
_MIMES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
# ISO/IEC 23008-12, annexes B to E.
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_SAME_KIND = {"jpeg": "jpg", "m4v": "mp4", "tif": "tiff", "heif": "heic", "j2k": "jp2"}


class Change(StrEnum):
    """What is done to a file before it is sent.

    CONVERT to a format that is taken, in eight bits of sRGB; TURN upright, as EXIF says;
    SHRINK to the limit; STRIP what is not needed to show it, the place where it was taken
    among it. A file that only has to be stripped keeps every pixel as it was stored.
    """

    CONVERT = "convert"
    TURN = "turn"
    SHRINK = "shrink"
    STRIP = "strip"


@dataclass(frozen=True)
class Limits:
    """What may be sent. Unless `shrink`, what is over `max_bytes` is refused; with it, a still
    picture is made to fit `longest_edge` pixels too, which is no limit: what cannot be is sent as it
    is. With `keep_metadata` nothing is stripped."""

    max_bytes: int
    longest_edge: int | None = None
    shrink: bool = True
    keep_metadata: bool = False


@dataclass(frozen=True)
class LocalFile:
    """A file that may be sent, once its `changes` are done. `name` is the one it is sent under:
    its extension is the content's, whatever the file on disk calls itself. `size` in bytes.

    `format` is what it is, for people: "HEIC", "CMYK JPG". `pages`: the pictures in it, of
    which converting takes the first. `located`: what is stripped says where it was taken.
    Of a file that was made ready, `origin` is the user's own and `done` what was done to it.
    """

    path: Path
    name: str
    mime: str
    kind: str
    size: int
    format: str
    limits: Limits
    changes: tuple[Change, ...] = ()
    pages: int = 1
    located: bool = False
    origin: LocalFile | None = None
    done: tuple[Change, ...] = ()

    @cached_property
    def sha256(self) -> str:
        """Of the content, in hex. Reads the whole file, so it is asked for only where it
        matters. Raises UsageError where the file cannot be read any more."""
        with _readable(self.path), self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def inspect(
    path: Path,
    listing: Listing,
    *,
    shrink: bool = True,
    keep_metadata: bool = False,
) -> LocalFile:
    """Look into one file; no pixel is decoded. Raises UsageError where it cannot be read and
    FileRefusedError where it is of a kind or size that is not taken, or broken."""
    return _inspect(path, _limits(listing, shrink, keep_metadata))


def inspect_all(
    paths: Sequence[Path],
    listing: Listing,
    *,
    shrink: bool = True,
    keep_metadata: bool = False,
    unusable: list[tuple[Path, SkillError]] | None = None,
) -> list[LocalFile]:
    """Look into every file before anything is sent; each content is taken once, and no two
    are sent under the same name, nor will be once they are made ready. Where there is a list of
    the `unusable`, a file that is there but cannot be sent goes onto it; else it is an error."""
    limits = _limits(listing, shrink, keep_metadata)
    files: list[LocalFile] = []
    names: set[str] = set()
    for path in paths:
        try:
            file = _inspect(path, limits)
        except (FileRefusedError, UsageError) as error:
            if unusable is None or not path.is_file():
                raise
            unusable.append((path, error))
            continue
        if any(file.size == other.size and file.sha256 == other.sha256 for other in files):
            continue
        while names & _claimed(file):
            file = replace(file, name=another_name(file.name))
        names |= _claimed(file)
        files.append(file)
    return files


def another_name(name: str) -> str:
    """The next for a file of that name: a.jpg, a-2.jpg, a-3.jpg …"""
    stem, _, extension = name.rpartition(".")
    numbered = re.fullmatch(r"(.*)-(\d{1,4})", stem)
    stem, number = (numbered[1], int(numbered[2]) + 1) if numbered else (stem, 2)
    return f"{stem}-{number}.{extension}"


def _claimed(file: LocalFile) -> set[str]:
    """The names it is, or may be, sent under."""
    stem = file.name.rpartition(".")[0]
    drawn = {Change.CONVERT, Change.TURN, Change.SHRINK} & set(file.changes)
    return {file.name} | ({f"{stem}.jpg", f"{stem}.png"} if drawn else set())


def prepare(file: LocalFile, out_dir: Path) -> LocalFile:
    """Do what `inspect` found, into a new file in `out_dir`, readable by its owner alone and
    there only once it is whole. The same file comes out the same. What needs nothing is
    returned as it is. Raises FileRefusedError where it is broken after all, or cannot be made
    to fit; UsageError where it is gone or the disk fails."""
    if not file.changes:
        return file
    with _readable(file.path), file.path.open("rb") as source, _writable(file.path):
        draw.current().go_on()
        out_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=out_dir) as folder:
            return _made(file, source, Path(folder), out_dir)


def shrunk(file: LocalFile, out_dir: Path, max_bytes: int) -> LocalFile:
    """The picture in at most `max_bytes`, for when the backend answers 4002 after all. Takes a
    file as it was inspected or as it was made ready. Raises what `prepare` does, and
    FileRefusedError where it is no picture, or moves."""
    limits = replace(file.limits, max_bytes=max_bytes, shrink=True)
    again = replace(_inspect(file.path, limits), name=file.name, origin=file.origin, done=file.done)
    return prepare(again, out_dir)


@dataclass(frozen=True)
class _Look:
    """What the header of a file says. `turn` is EXIF's; `weight` in bytes, once stripped."""

    format: str
    form: str
    convert: bool
    turn: int
    private: bool
    located: bool
    weight: int
    contents: Contents


def _limits(listing: Listing, shrink: bool, keep_metadata: bool) -> Limits:
    return Limits(listing.max_bytes, listing.longest_edge, shrink, keep_metadata)


def _inspect(path: Path, limits: Limits) -> LocalFile:
    shown = _shown(path)
    with _readable(path):
        if path.is_dir():
            raise UsageError(
                say("{path} is a folder.", path=shown),
                hint=say("Name the photos in it, for example folder/*.jpg"),
            )
        if path.exists() and not path.is_file():
            raise UsageError(say("{path} is not a file.", path=shown), hint=say("Name a photo."))
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                raise UsageError(
                    say("{path} is empty.", path=shown),
                    hint=say("Name a file with a picture in it."),
                )
            mime = _mime(path, file.read(8192))
            look = _look(path, file, mime, keep=limits.keep_metadata)
    extension, kind = ACCEPTED.get(mime) or (_CONVERTED[mime].extension, "image")
    large = look.weight > limits.max_bytes
    if large:
        _check_shrinkable(path, kind, look, limits)
    wide = (
        limits.longest_edge is not None
        and limits.shrink
        and kind == "image"
        and not look.contents.moving
        and max(look.contents.width, look.contents.height) > limits.longest_edge
    )
    wanted = {
        Change.CONVERT: look.convert,
        Change.TURN: look.turn != 1,
        Change.SHRINK: large or wide,
        Change.STRIP: look.private,
    }
    return LocalFile(
        path,
        _sent_name(path.name, extension),
        mime,
        kind,
        size,
        look.format,
        limits,
        tuple(change for change in Change if wanted[change]),
        look.contents.pages,
        look.located,
    )


def _mime(path: Path, head: bytes) -> str:
    """By content: what is taken, or can be made into it."""
    import filetype

    if head[4:8] == b"ftyp":
        length = min(int.from_bytes(head[:4], "big"), len(head))
        brands = [head[at : at + 4] for at in (8, *range(16, length, 4))]
        if b"avif" in brands or b"avis" in brands:
            return "image/avif"
        if any(brand in _HEIF_BRANDS for brand in brands):
            return "image/heic"
    if head.startswith((b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")):
        return "image/jp2"
    if head.startswith((b"II+\0", b"MM\0+")):  # BigTIFF
        return "image/tiff"
    guess = filetype.guess(head)
    mime = str(guess.mime) if guess is not None else ""
    if mime in ACCEPTED or mime in _CONVERTED:
        return mime
    raise FileRefusedError(
        say(
            "{path} is a {kind} file, which the backend does not take.",
            path=_shown(path),
            kind=guess.extension.upper(),
        )
        if guess is not None
        else say("{path} is no picture, video or sound.", path=_shown(path)),
        hint=say("Convert it to JPG or PNG. Taken are: {formats}.", formats=FORMATS),
    )


def _look(path: Path, file: BinaryIO, mime: str, *, keep: bool) -> _Look:
    """With `keep`, nothing is private."""
    size = os.fstat(file.fileno()).st_size
    form = _CONVERTED.get(mime)
    with _sound(path):
        if form is not None and form.pillow != "HEIF":
            header = draw.header(path, form.pillow)
            contents = metadata.Contents(
                (range(size),),
                header.width,
                header.height,
                header.exif,
                private=header.private,
                located=metadata.located(header.exif),
                pages=header.pages,
            )
        else:
            if form is not None:
                draw.check_heif()
            contents = metadata.read(file, size, mime)
        pixels = contents.width * contents.height
        if pixels > draw.PIXELS:
            raise draw.TooManyPixelsError
        if not pixels and (form is not None or mime in _DRAWN):
            raise ValueError("it has no picture")
    turned = form is not None and form.pillow == "HEIF"  # by its decoder, as the format has it
    return _Look(
        form.label if form else f"{contents.unusual} {ACCEPTED[mime][0].upper()}".strip(),
        form.pillow if form else _DRAWN.get(mime, ""),
        convert=form is not None or (bool(contents.unusual) and not contents.moving),
        turn=1 if turned or contents.moving else metadata.orientation(contents.exif),
        private=contents.private and not keep,
        located=contents.located and not keep,
        weight=size if keep else contents.length,
        contents=contents,
    )


def _check_shrinkable(path: Path, kind: str, look: _Look, limits: Limits) -> None:
    over = say(
        "{path} is {size}; the limit is {limit}.",
        path=_shown(path),
        size=size_in_words(look.weight),
        limit=size_in_words(limits.max_bytes),
    )
    if kind != "image":
        raise FileRefusedError(over, hint=say("Compress or trim it."))
    if look.contents.moving:
        raise FileRefusedError(
            over, hint=say("Shrinking would stop its motion: make it shorter, or an MP4 of it.")
        )
    if not limits.shrink:
        raise FileRefusedError(
            over, hint=say("Make the picture smaller, or have that done with --shrink.")
        )


def _made(file: LocalFile, source: BinaryIO, folder: Path, out_dir: Path) -> LocalFile:
    look = _look(file.path, source, file.mime, keep=file.limits.keep_metadata)
    path, stripped, ready = file.path, folder / "stripped", folder / "ready"
    changes, extension = set(file.changes), ""
    with _sound(file.path):
        if file.mime in ACCEPTED:
            stripped.touch(0o600)
            with stripped.open("wb") as target:
                metadata.copy(source, look.contents.pieces, target)
            path = stripped
        if changes == {Change.STRIP}:
            ready = stripped
        else:
            ready.touch(0o600)
            drawn = draw.draw(path, _task(file, look), ready)
            extension = drawn.extension
            changes |= {Change.SHRINK} if drawn.scaled else set()
    with ready.open("rb") as result:
        digest = hashlib.file_digest(result, "sha256").hexdigest()
        size = result.seek(0, os.SEEK_END)
    extension = extension or ACCEPTED[file.mime][0]
    final = out_dir / f"{digest[:32]}.{extension}"
    draw.current().go_on()
    ready.replace(final)
    return replace(
        file,
        path=final,
        name=_sent_name(file.name, extension),
        mime=_MIMES.get(extension, file.mime),
        size=size,
        format=extension.upper(),
        changes=(),
        origin=file.origin or file,
        done=tuple(change for change in Change if change in changes or change in file.done),
    )


def _task(file: LocalFile, look: _Look) -> draw.Task:
    limits = file.limits
    return draw.Task(
        look.form,
        limits.max_bytes,
        limits.longest_edge,
        plain=look.convert,
        turn=look.turn,
        lossless=look.contents.lossless,
        smaller=look.weight > limits.max_bytes,
        shrink=limits.shrink,
        exif=metadata.upright(look.contents.exif) if limits.keep_metadata else b"",
    )


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file that was inspected, to be sent. Raises UsageError where it is gone meanwhile, or
    fails under way."""
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise UsageError(
            say(
                "{path} can no longer be read: {reason}.",
                path=_shown(path),
                reason=error.strerror or error,
            ),
            hint=say("Put it back, then try again."),
        ) from error


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """What goes wrong at reading the file is the user's to mend."""
    shown = _shown(path)
    try:
        yield
    except FileNotFoundError as error:
        gone = (
            say("{path} is a link to a file that is gone.", path=shown)
            if path.is_symlink()
            else say("{path} is not there.", path=shown)
        )
        raise UsageError(gone, hint=say("Check the path.")) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            say("{path} cannot be read: {reason}.", path=shown, reason=reason),
            hint=say("Check the path and its rights."),
        ) from error


@contextmanager
def _writable(path: Path) -> Iterator[None]:
    """What goes wrong at writing is the disk's."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            say(
                "{path} cannot be made ready: {reason}.",
                path=_shown(path),
                reason=error.strerror or error,
            ),
            hint=say("Check the room on the disk and the rights of the folder."),
        ) from error


@contextmanager
def _sound(path: Path) -> Iterator[None]:
    """What is wrong with a picture, in one line."""
    try:
        yield
    except draw.TooManyPixelsError as error:
        raise FileRefusedError(
            say(
                "{path} has more than {most} megapixels.",
                path=_shown(path),
                most=draw.PIXELS // 1000000,
            ),
            hint=say("Make the picture smaller."),
        ) from error
    except draw.TooLargeError as error:
        raise FileRefusedError(
            say("{path} is over the limit once it is made ready.", path=_shown(path)),
            hint=say("Make the picture smaller, or have that done with --shrink."),
        ) from error
    except ValueError as error:
        raise FileRefusedError(
            say("{path} cannot be read: {reason}.", path=_shown(path), reason=say(str(error))),
            hint=say("Save it anew as JPG or PNG, or take another copy of it."),
        ) from error


def _shown(path: Path) -> str:
    from skill.sanitize import clean_line

    return clean_line(str(path), 200)


def _sent_name(name: str, extension: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    if not dot or not stem:
        stem, suffix = name, ""
    suffix = suffix.lower()
    if _SAME_KIND.get(suffix, suffix) == extension:
        extension = suffix
    stem = "".join(c for c in stem if unicodedata.category(c)[0] != "C" and c not in '"\\/').strip(
        ". "
    )
    return f"{stem[:100] or 'file'}.{extension}"
